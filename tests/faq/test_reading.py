"""FAQ files as wards have them: encodings, separators, names of columns, HTML, and rows that are wrong."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.faq.decoding import NotText, decode
from bot.faq.reading import Entry, NotFaq, find_columns, read_faq, strip_html

ENTRIES = (
    Entry("1", "印鑑登録証をなくしました。", "亡失届を\n出してください。", "戸籍"),
    Entry("2", "ごみの日は、いつですか？", "「カレンダー」を見てください。", "ごみ, 環境"),
)
ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "cp932",
    "euc_jp",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "iso2022_jp",
)


def table(header: list[str], rows: list[list[str]], separator: str = ",", end: str = "\r\n") -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator=end)
    writer.writerows([header, *rows])
    return stream.getvalue()


def cells(entries: tuple[Entry, ...] = ENTRIES) -> list[list[str]]:
    return [[e.id, e.question, e.answer, e.category] for e in entries]


ENGLISH = ["id", "question", "answer", "category"]


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "faq.csv"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", [",", "\t", ";"], ids=["comma", "tab", "semicolon"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_every_way_of_writing_a_table_is_read_alike(
    tmp_path: Path, encoding: str, separator: str, end: str
) -> None:
    """Line breaks and separators within a cell stay what they are."""
    faq = read_faq(write(tmp_path, table(ENGLISH, cells(), separator, end), encoding))

    assert faq.entries == ENTRIES
    assert faq.problems == ()


japanese = st.text(st.sampled_from("あいうアイウ児童手当印鑑登録証明書、。「」ー0aA"), min_size=1)


@given(japanese, st.sampled_from(ENCODINGS))
def test_a_text_survives_its_encoding(text: str, encoding: str) -> None:
    """Where a heading tells Japanese from Japanese, any text comes back as it was."""
    whole = f"番号,質問,回答\n1,{text},届出をしてください\n"

    assert decode(whole.encode(encoding))[0].removeprefix("\ufeff") == whole


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["番号", "質問", "回答", "カテゴリ"], [0, 1, 2, 3]),
        (["No.", "問", "答", "分野"], [0, 1, 2, 3]),
        (["ＦＡＱ番号", "タイトル", "本文", "大分類"], [0, 1, 2, 3]),
        (["カテゴリー", "Ａ", "Ｑ", "ID"], [3, 2, 1, 0]),
        (["質問番号", "よくある質問", "市からの回答（HTML）", "分類1"], [0, 1, 2, 3]),
        (["Question", "Answer"], [None, 0, 1, None]),
    ],
    ids=lambda value: value[0] if isinstance(value[0], str) else "",
)
def test_columns_are_found_by_the_names_that_wards_use(
    header: list[str], expected: list[int | None]
) -> None:
    """In either language, any width, any order."""
    found = find_columns(header)

    assert [found.get(name) for name in ENGLISH] == expected


def test_wrong_rows_are_told_with_their_line_and_left_out(tmp_path: Path) -> None:
    """The others are used; blank rows are nothing."""
    rows = [
        ["1", "a", "よい\n回答", ""],
        ["1", "b", "同じ番号", ""],
        ["", "c", "番号なし", ""],
        ["", "", "", ""],
        ["4", "", "質問なし", ""],
        ["5", "e", " ", ""],
        ["6", "f"],
        ["7", "g", "よい", ""],
    ]

    faq = read_faq(write(tmp_path, table(ENGLISH, rows, end="\n")))

    assert [entry.id for entry in faq.entries] == ["1", "7"]
    assert faq.problems == (
        "4 行目： 番号（id）が前の行と同じです：1",
        "5 行目： 番号（id）がありません",
        "7 行目： 質問がありません",
        "8 行目： 回答がありません",
        "9 行目： 回答がありません",
    )


def test_a_quote_that_does_not_end_is_told_where_it_begins(tmp_path: Path) -> None:
    """What it swallows is not lost in silence."""
    faq = read_faq(write(tmp_path, 'id,question,answer\n1,a,b\n2,c,"d\n3,e,f\n'))

    assert [entry.id for entry in faq.entries] == ["1"]
    assert [problem[:4] for problem in faq.problems] == ["3 行目"]


def test_without_ids_the_lines_are_the_ids(tmp_path: Path) -> None:
    """As a spreadsheet shows them."""
    faq = read_faq(write(tmp_path, table(["質問", "回答"], [["a", "b"], ["c", "d"]])))

    assert [(entry.id, entry.answer) for entry in faq.entries] == [("2", "b"), ("3", "d")]


@pytest.mark.parametrize("header", [["id", "answer"], ["id", "answer", "question"]])
def test_answers_alone_make_a_faq(tmp_path: Path, header: list[str]) -> None:
    """A file in which no row asks anything is a collection of answers, not a broken one."""
    rows = [["1", "b", ""][: len(header)]]

    assert read_faq(write(tmp_path, table(header, rows))).entries == (Entry("1", "", "b"),)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"PK\x03\x04rest", "Excel ブック（.xlsx）か zip", id="zip"),
        pytest.param(b"\xd0\xcf\x11\xe0rest", "古い Excel", id="xls"),
        pytest.param(b"%PDF-1.7", "PDF", id="pdf"),
        pytest.param(b"\x80\xff\xfe\x00\x00\x01\x81", "文字コードがわかりません", id="bytes"),
        pytest.param(b"\x80\xff\x81", "文字コードがわかりません", id="no encoding"),
        pytest.param(b"", "列の名前：なし", id="empty"),
        pytest.param("名前,年齢\n山田,3\n".encode(), "列の名前：名前、年齢", id="other table"),
        pytest.param(b"id,question,answer\n", "使える行が1つもありません", id="heading only"),
        pytest.param(b"id,question,answer\n1,a,\n", "2 行目： 回答がありません", id="no good row"),
    ],
)
def test_what_is_no_faq_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    """With what came, and what to do."""
    file = tmp_path / "faq.csv"
    file.write_bytes(content)

    with pytest.raises(NotFaq, match=told):
        read_faq(file)


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("<p>一つ目。</p>\n<p>二つ&amp;目<br>三つ目</p>", "一つ目。\n二つ&目\n三つ目"),
        ('<a href="https://x.example">届出</a>を出す', "届出を出す"),
        ("<style>p {}</style><script>x()</script>本文<!-- 注 -->", "本文"),
        ("40歳<65歳で、3 > 2", "40歳<65歳で、3 > 2"),
        ("a&nbsp;b", "a\xa0b"),
        ("</script>見える", "見える"),
    ],
)
def test_html_becomes_what_a_reader_sees(html: str, plain: str) -> None:
    """A comparison sign is no tag."""
    assert strip_html(html) == plain


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    """No file makes the reader fail in another way."""
    try:
        text, _ = decode(content)
    except NotText:
        return
    assert "\0" not in text
