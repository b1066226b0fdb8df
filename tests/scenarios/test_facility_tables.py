"""Tables of facilities: what offices save is read, and what cannot be used is reported by row and column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.scenarios.facilities import cells
from bot.scenarios.facilities.model import CLASSES, Walk
from bot.scenarios.model import Catalogue
from bot.scenarios.problems import ScenarioError
from bot.scenarios.reading import read_catalogue

from .folders import DataFolder
from .tables import CHILDCARE, PUBLIC, VACANCIES, Tables


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    """Return valid tables that the test may change."""
    made = Tables(tmp_path / "data")
    made.write()
    return made


def test_valid_tables_are_read(tables: Tables) -> None:
    """Every column that is used becomes a value."""
    facilities, problems = tables.read()
    first = facilities.every[0]

    assert problems == []
    assert [f.id for f in facilities.every] == ["A1", "A2", "P1"]
    assert (first.opens, first.closes, first.extended) == (435, 1095, 1155)
    assert (first.classes, first.youngest) == (frozenset(CLASSES), (57, "days"))
    assert (first.walks, first.days) == ((Walk("水鏡駅", 5),), frozenset(range(6)))
    assert first.features == {"temporary"}
    assert first.figures is not None
    assert first.figures.vacancies == {0: 0, 1: 1, 2: 0, 3: 1, 4: 0, 5: 1}
    assert facilities.every[1].area == "中央"
    assert facilities.entry_month == "2026-12"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_every_encoding_and_line_end_gives_the_same(
    tables: Tables, encoding: str, line_end: str
) -> None:
    """UTF-8 with and without a mark, Shift_JIS and UTF-16, and any line end, are one content."""
    before = facility_dump(tables)
    for table in tables.rows:
        raw = tables.text(table).replace("\n", line_end).encode(encoding)
        (tables.folder / f"{table}.csv").write_bytes(raw)

    assert before == facility_dump(tables)


def facility_dump(tables: Tables) -> object:
    """Return what was read as a comparable value."""
    facilities, problems = tables.read()
    return facilities.every, facilities.entry_month, problems


def test_table_with_tabs_is_read(tables: Tables) -> None:
    """Excel's "Unicode text" is UTF-16 with tabs."""
    raw = tables.text(VACANCIES).replace(",", "\t").encode("utf-16")
    (tables.folder / f"{VACANCIES}.csv").write_bytes(raw)

    assert tables.read()[1] == []


def test_line_breaks_in_cells_keep_the_line_numbers_right(tables: Tables) -> None:
    """A finding names the line on which its row starts, as an editor shows it."""
    tables.rows[CHILDCARE][0]["利用可能日時特記事項"] = "一行目\n二行目\n三行目"
    tables.rows[CHILDCARE][1]["電話番号"] = "not a number"
    tables.write()
    problem = tables.problem()

    assert (problem.line, problem.code) == (5, "FAC013")
    assert "「電話番号」の列" in problem.message


def test_columns_in_another_order_with_others_between_are_read(tables: Tables) -> None:
    """Wards add columns of their own; what counts is the name."""
    lines = tables.text(PUBLIC).splitlines()
    mixed = [",".join(["区の列", *reversed(line.split(","))]) for line in lines]
    tables.write_text(f"{PUBLIC}.csv", "\n".join(mixed))

    assert tables.read()[1] == []


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        pytest.param(b"PK\x03\x04....", "ZIP", id="zip"),
        pytest.param(b"\xd0\xcf\x11\xe0....", ".xls", id="old Excel"),
        pytest.param(b"%PDF-1.7", "PDF", id="pdf"),
        pytest.param(b"\xff\xff\xff\xff", "UTF-8", id="no text"),
    ],
)
def test_file_that_is_no_text_is_refused(tables: Tables, raw: bytes, part: str) -> None:
    """A file that is only called CSV is told apart."""
    (tables.folder / f"{PUBLIC}.csv").write_bytes(raw)
    problem = tables.problem()

    assert (problem.code, problem.path) == ("FAC001", "data/facilities/kokyo_shisetsu.csv")
    assert part in problem.message


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "part"),
    [
        pytest.param("みずべ図書館", '"みずべ図書館', "FAC002", 2, "閉じ忘れ", id="open quote"),
        pytest.param("みずべ図書館", "みずべ,図書館", "FAC002", 2, "列の数", id="comma in a cell"),
        pytest.param("名称,", "施設の名称,", "FAC003", 1, "「施設の名称」を「名称」", id="renamed"),
        pytest.param("種別,", "ABC,", "FAC003", 1, "「種別」の列がありません", id="missing"),
        pytest.param("名称_英字", "名称_カナ", "FAC003", 1, "名称_英字", id="written over"),
    ],
)
def test_broken_table_is_refused(
    tables: Tables, old: str, new: str, code: str, line: int, part: str
) -> None:
    """What is wrong with a table as a whole is said with what to do."""
    text = tables.text(PUBLIC).replace(old, new, 1)
    tables.write_text(f"{PUBLIC}.csv", text)
    problem = next(p for p in tables.read()[1] if p.code == code)

    assert problem.line == line
    assert part in problem.message


def test_column_that_stands_twice_is_refused(tables: Tables) -> None:
    """Nobody guesses which of two columns is meant."""
    lines = [f"{line},{line.split(',')[0]}" for line in tables.text(PUBLIC).splitlines()]
    tables.write_text(f"{PUBLIC}.csv", "\n".join(lines))

    assert tables.problem().code == "FAC004"


def test_table_without_rows_is_refused(tables: Tables) -> None:
    """An export that lost its rows does not empty the list."""
    tables.write_text(f"{PUBLIC}.csv", tables.text(PUBLIC).splitlines()[0])

    assert tables.problem().code == "FAC005"


@pytest.mark.parametrize(
    ("table", "column", "value", "code"),
    [
        (CHILDCARE, "名称", "", "FAC006"),
        (CHILDCARE, "所在地_連結表記", " ", "FAC006"),
        (CHILDCARE, "種別", "保育", "FAC008"),
        (CHILDCARE, "所在地_町字", "存在しない町", "FAC008"),
        (CHILDCARE, "アクセス方法", "別の線遠い駅から徒歩3分", "FAC008"),
        (CHILDCARE, "受入年齢", "5歳～0歳", "FAC009"),
        (CHILDCARE, "受入年齢", "小さい子", "FAC009"),
        (CHILDCARE, "受入年齢", "12歳～15歳", "FAC009"),
        (CHILDCARE, "収容定員", "-5", "FAC010"),
        (CHILDCARE, "収容定員", "約60", "FAC010"),
        (CHILDCARE, "緯度", "139.87", "FAC011"),
        (CHILDCARE, "経度", "0", "FAC011"),
        (CHILDCARE, "経度", "東", "FAC011"),
        (CHILDCARE, "利用可能曜日", "毎週", "FAC012"),
        (CHILDCARE, "開始時間", "0.302083", "FAC012"),
        (CHILDCARE, "終了時間", "25:70", "FAC012"),
        (CHILDCARE, "一時預かりの有無", "たぶん", "FAC012"),
        (CHILDCARE, "電話番号", "300001001", "FAC013"),
        (CHILDCARE, "URL", "www.example.jp", "FAC013"),
        (VACANCIES, "空き_1歳", "-3", "FAC010"),
        (VACANCIES, "空き_1歳", "1.5", "FAC010"),
        (VACANCIES, "空き_1歳", "11", "FAC010"),
        (VACANCIES, "定員_1歳", "-", "FAC010"),
        (VACANCIES, "基準日", "2026-02-30", "FAC014"),
        (VACANCIES, "入園月", "来月", "FAC014"),
        (VACANCIES, "ID", "Z9", "FAC015"),
        (VACANCIES, "ID", "", "FAC006"),
    ],
)
def test_wrong_cell_is_reported_by_row_and_column(
    tables: Tables, table: str, column: str, value: str, code: str
) -> None:
    """Each finding names the file, the line, the column and what stands there."""
    tables.rows[table][1][column] = value
    if (column, value) == ("定員_1歳", "-"):
        tables.rows[table][1]["空き_1歳"] = "1"
    tables.write()
    problem = next(p for p in tables.read()[1] if p.code == code)

    assert (problem.path, problem.line) == (f"data/facilities/{table}.csv", 3)
    assert re.search("「(.+?)」の列：.+（いまは", problem.message)
    assert not value.strip() or value[:30] in problem.message or "定員_1歳" in problem.message


@pytest.mark.parametrize(
    ("table", "other"), [(CHILDCARE, CHILDCARE), (PUBLIC, CHILDCARE), (VACANCIES, VACANCIES)]
)
def test_id_that_stands_twice_is_reported(tables: Tables, table: str, other: str) -> None:
    """An id names one facility in both lists together, and one row of figures."""
    tables.rows[table][-1]["ID"] = tables.rows[other][0]["ID"]
    tables.write()

    assert "FAC007" in [p.code for p in tables.read()[1]]


def test_figures_of_two_months_in_one_table_are_reported(tables: Tables) -> None:
    """A row of the month before that was left standing is found."""
    tables.rows[VACANCIES][1]["基準日"] = "2026-10-01"
    tables.write()

    assert (tables.problem().code, tables.problem().line) == ("FAC014", 3)


def test_class_that_the_list_does_not_take_is_reported(tables: Tables) -> None:
    """The figures and the ages of the list must not contradict each other."""
    tables.rows[CHILDCARE][1]["受入年齢"] = "生後57日～2歳"
    tables.write()
    problems = tables.read()[1]

    assert [p.code for p in problems] == ["FAC009"] * 3


def test_every_finding_of_every_table_comes_at_once(tables: Tables) -> None:
    """One check is enough to mend a file."""
    for table, column in ((CHILDCARE, "電話番号"), (PUBLIC, "URL"), (VACANCIES, "空き_0歳")):
        tables.rows[table][0][column] = "×××"
    tables.write()

    assert sorted(p.code for p in tables.read()[1]) == ["FAC010", "FAC013", "FAC013"]


def test_tables_without_words_are_refused(tables: Tables) -> None:
    """The tables alone cannot be searched."""
    (tables.folder / "facilities.yml").unlink()

    assert tables.problem().code == "FAC000"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        pytest.param("kinds: [hiroba, jidokan]", "kinds: [hiroba, nowhere]", "FAC016", id="kind"),
        pytest.param("as_of: 2026-11-01}\n", "as_of: 2026-02-30}\n", "FAC014", id="date"),
        pytest.param("areas:\n", "towns:\n", "SCN001", id="schema"),
        pytest.param("ages: [[", "ages: [[[", "YML002", id="yaml"),
    ],
)
def test_broken_words_are_refused(tables: Tables, old: str, new: str, code: str) -> None:
    """The file of words is checked as every other file is."""
    words = (tables.folder / "facilities.yml").read_text()
    tables.write_text("facilities.yml", words.replace(old, new, 1))

    assert code in [p.code for p in tables.read()[1]]


def test_ward_without_tables_has_no_facilities(tmp_path: Path) -> None:
    """The tables are optional."""
    facilities, problems = Tables(tmp_path / "data").read()

    assert (bool(facilities), problems) == (False, [])


def test_malformed_table_keeps_the_catalogue_from_being_read(data: DataFolder) -> None:
    """With a finding nothing is published, so what is live stays as it is."""
    made = Tables(data.path / "elsewhere")
    made.rows[VACANCIES][0]["空き_0歳"] = "-1"
    made.write()
    made.folder.rename(data.path / "facilities")
    with pytest.raises(ScenarioError) as caught:
        read_catalogue(data.path)

    assert "data/facilities/kosodate_aki.csv:2: FAC010" in str(caught.value)


def test_needs_of_the_tables_in_other_files_are_checked(data: DataFolder) -> None:
    """Services and labels that the tables need must be there."""
    made = Tables(data.path / "elsewhere")
    made.write()
    made.folder.rename(data.path / "facilities")
    codes = {p.code for p in data.problems()}

    assert codes == {"FAC016", "FAC017"}


def test_tables_are_part_of_the_revision(shipped: Catalogue) -> None:
    """A new table is a new revision, and any past list can be shown from its own table."""
    assert shipped.files["data/facilities/kosodate_aki.csv"].startswith("ID,")
    assert "data/facilities/facilities.yml" in shipped.files


@pytest.mark.parametrize(
    ("cell", "classes", "youngest"),
    [
        ("生後57日～5歳", {0, 1, 2, 3, 4, 5}, (57, "days")),
        ("生後６か月〜２歳児", {0, 1, 2}, (6, "months")),
        ("0歳から2歳まで", {0, 1, 2}, None),
        ("1歳-5歳", {1, 2, 3, 4, 5}, None),
        ("満3歳～就学前", {3, 4, 5}, None),
        ("4歳", {4}, None),
        ("生後6か月～小学3年生", {0, 1, 2, 3, 4, 5}, (6, "months")),
        ("0歳～18歳", {0, 1, 2, 3, 4, 5}, None),
        ("", set(), None),
    ],
)
def test_ages_are_read_as_offices_write_them(
    cell: str, classes: set[int], youngest: tuple[int, str] | None
) -> None:
    """Width, wave dashes and words for "from" make no difference."""
    assert (frozenset(classes), youngest) == cells.ages(cell)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("月火水木金土", range(6)), ("月～金", range(5)), ("毎日", range(7)), ("土・日・祝", (5, 6))],
)
def test_days_are_read_as_offices_write_them(cell: str, expected: range | tuple[int, ...]) -> None:
    """Lists, ranges and every day."""
    assert frozenset(expected) == cells.days(cell)


def test_the_shipped_set_is_what_it_says(shipped: Catalogue) -> None:
    """At least eighty childcare facilities of all kinds, in all towns, and evidently fictional."""
    facilities = shipped.facilities
    childcare = [f for f in facilities.every if f.classes and f.kind != "hiroba"]
    kinds = {f.kind for f in facilities.every}

    assert len(childcare) >= 80
    assert kinds == set(facilities.words.kinds)
    assert {f.area for f in childcare} == set(facilities.words.areas)
    assert {w.station for f in childcare for w in f.walks} == set(facilities.words.stations)
    assert all(f.phone.startswith("03-0000-") for f in facilities.every)
    assert all(".example/" in f.url for f in facilities.every if f.url)
    assert any(f.figures and not any(f.figures.vacancies.values()) for f in childcare)


def test_the_shipped_set_agrees_with_the_ward(shipped: Catalogue) -> None:
    """The numbers of branch offices, libraries and playrooms are those that the answers tell."""
    count = {
        kind: sum(f.kind == kind for f in shipped.facilities.every)
        for kind in ("shutchojo", "toshokan", "hiroba", "korei", "jimusho")
    }
    ward = shipped.files["data/ward.yml"]

    assert count == {"shutchojo": 5, "toshokan": 8, "hiroba": 12, "korei": 8, "jimusho": 3}
    for said in (
        "区内5か所の出張所",
        "branches: 8 ",
        "区内の12か所",
        "区内8か所",
        "区内3か所の区民事務所",
    ):
        assert said in ward
