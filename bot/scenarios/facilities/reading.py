"""From ``data/facilities/`` to :class:`Facilities`, with a finding for each cell that cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from bot.scenarios.facilities import cells
from bot.scenarios.facilities.csvfile import Row, decode, read_rows
from bot.scenarios.facilities.model import CLASSES, Facilities, Facility, Figures, Table, Words
from bot.scenarios.facilities.words import WORDS_FILE, read_words
from bot.scenarios.problems import Problem, ScenarioError

CHILDCARE, PUBLIC, VACANCIES = "kosodate_shisetsu", "kokyo_shisetsu", "kosodate_aki"
_HEAD = ("ID", "名称", "種別", "所在地_連結表記", "所在地_町字")
_COMMON = (
    *_HEAD,
    *("名称_カナ", "名称_英字", "緯度", "経度", "アクセス方法", "電話番号"),
    *("利用可能曜日", "開始時間", "終了時間", "利用可能日時特記事項", "URL"),
)
_OF_CHILDCARE = ("収容定員", "受入年齢", "一時預かりの有無", "病児保育の有無")
_CAPACITY = tuple(f"定員_{age}歳" for age in CLASSES)
_VACANT = tuple(f"空き_{age}歳" for age in CLASSES)
COLUMNS = {
    CHILDCARE: (*_COMMON, *_OF_CHILDCARE),
    PUBLIC: _COMMON,
    VACANCIES: ("ID", "基準日", "入園月", *_CAPACITY, *_VACANT),
}
_FEATURES = {"temporary": "一時預かりの有無", "sick": "病児保育の有無"}

_Value = TypeVar("_Value")


@dataclass
class _Reader:
    """Reads cells of one table and collects what is wrong with them."""

    path: str
    problems: list[Problem] = field(default_factory=list)

    def report(self, row: Row, column: str, code: str, message: str) -> None:
        """Add a finding about a cell: its row, its column, what stands there, what to do."""
        came = row.cells.get(column, "").replace("\n", " ")
        shown = f"（いまは「{came[:30]}」）" if came else "（いまは空です）"
        found = f"「{column}」の列：{message}{shown}。"
        self.problems.append(Problem(self.path, row.line, code, found))

    def required(self, row: Row, column: str) -> str:
        """Return a cell that may not be empty."""
        if not row.cells[column]:
            self.report(row, column, "FAC006", "必ず書いてください")
        return row.cells[column]

    def value(
        self, row: Row, column: str, code: str, read: Callable[[str], _Value], instead: _Value
    ) -> _Value:
        """Return a cell as a value, or ``instead`` with a finding."""
        try:
            return read(row.cells[column])
        except ValueError as error:
            self.report(row, column, code, str(error))
            return instead


def facility_texts(data: Path) -> tuple[dict[str, str], list[Problem]]:
    """Decode the files below ``data/facilities`` that exist, by the path under which they are shown."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    names = [WORDS_FILE, *(f"{table}.csv" for table in COLUMNS)]
    for name in names:
        file, path = data / "facilities" / name, f"{data.name}/facilities/{name}"
        if not file.exists():
            continue
        try:
            texts[path] = decode(file.read_bytes(), path)
        except ScenarioError as error:
            problems.extend(error.problems)
    return texts, problems


def read_facilities(texts: Mapping[str, str]) -> tuple[Facilities, list[Problem]]:
    """Build the facilities from decoded files; a ward without any has none and nothing to report."""
    by_name = {path.rsplit("/", 1)[-1]: (path, text) for path, text in texts.items()}
    if not any(f"{table}.csv" in by_name for table in COLUMNS):
        return Facilities(), []
    folder = next(iter(texts)).rsplit("/", 1)[0]
    if WORDS_FILE not in by_name:
        message = "このファイルがありません。施設の表と一緒に置いてください。"
        return Facilities(), [Problem(f"{folder}/{WORDS_FILE}", 0, "FAC000", message)]
    words, tables, problems = read_words(*by_name[WORDS_FILE])
    if problems:
        return Facilities(), problems
    return _joined(by_name, words, tables)


def _joined(
    by_name: Mapping[str, tuple[str, str]], words: Words, tables: Mapping[str, Table]
) -> tuple[Facilities, list[Problem]]:
    every: dict[str, Facility] = {}
    problems: list[Problem] = []
    for table in (CHILDCARE, PUBLIC):
        rows, reader = _rows(by_name, table)
        for row in rows:
            _add(every, _facility(row, reader, words, table), row, reader)
        problems.extend(reader.problems)
    rows, reader = _rows(by_name, VACANCIES)
    month, as_of = _add_figures(every, rows, reader) if rows else ("", None)
    problems.extend(reader.problems)
    if as_of is not None and VACANCIES in tables:
        tables = {**tables, VACANCIES: replace(tables[VACANCIES], as_of=as_of)}
    return Facilities(tuple(every.values()), words, tables, month), problems


def _rows(by_name: Mapping[str, tuple[str, str]], table: str) -> tuple[list[Row], _Reader]:
    path, text = by_name.get(f"{table}.csv", ("", ""))
    reader = _Reader(path)
    if not path:
        return [], reader
    try:
        return read_rows(text, path, COLUMNS[table]), reader
    except ScenarioError as error:
        reader.problems.extend(error.problems)
        return [], reader


def _add(every: dict[str, Facility], facility: Facility, row: Row, reader: _Reader) -> None:
    if facility.id in every:
        message = "同じIDの施設がほかの行か、もう1つの一覧にあります。どちらかを直してください"
        reader.report(row, "ID", "FAC007", message)
    elif facility.id:
        every[facility.id] = facility


def _facility(row: Row, reader: _Reader, words: Words, table: str) -> Facility:
    text = row.cells
    for column in ("緯度", "経度"):
        reader.value(row, column, "FAC011", lambda cell: cells.coordinate(cell, column), None)  # noqa: B023
    read = Facility(
        id=reader.required(row, "ID"),
        name=reader.required(row, "名称"),
        kana=text["名称_カナ"],
        english=text["名称_英字"],
        kind=_kind(row, reader, words),
        town=_town(row, reader, words),
        address=reader.required(row, "所在地_連結表記"),
        phone=reader.value(row, "電話番号", "FAC013", cells.phone, ""),
        url=reader.value(row, "URL", "FAC013", cells.url, ""),
        walks=_walks(row, reader, words),
        days=reader.value(row, "利用可能曜日", "FAC012", cells.days, frozenset()),
        opens=reader.value(row, "開始時間", "FAC012", cells.minutes, None),
        closes=reader.value(row, "終了時間", "FAC012", cells.minutes, None),
        extended=reader.value(row, "利用可能日時特記事項", "FAC012", cells.extended, None),
    )
    return _with_childcare(read, row, reader) if table == CHILDCARE else read


def _with_childcare(read: Facility, row: Row, reader: _Reader) -> Facility:
    no_ages: cells.Ages = (frozenset(), None)
    classes, youngest = reader.value(row, "受入年齢", "FAC009", cells.ages, no_ages)
    features = {
        name
        for name, column in _FEATURES.items()
        if reader.value(row, column, "FAC012", cells.is_yes, False)
    }
    return replace(
        read,
        classes=classes,
        youngest=youngest,
        capacity=reader.value(row, "収容定員", "FAC010", cells.number, None),
        features=frozenset(features),
    )


def _kind(row: Row, reader: _Reader, words: Words) -> str:
    written = reader.required(row, "種別")
    for kind, known in words.kinds.items():
        if written in known.names:
            return kind
    if written:
        known_names = "、".join(name for kind in words.kinds.values() for name in kind.names)
        message = (
            f"{WORDS_FILE} の kinds にない種別です。"
            f"{known_names} のどれかにするか、kinds に足してください"
        )
        reader.report(row, "種別", "FAC008", message)
    return ""


def _town(row: Row, reader: _Reader, words: Words) -> str:
    town = reader.required(row, "所在地_町字")
    area = Facility("", "", "", "", "", town, "", "", "").area
    if town and area not in words.areas:
        message = f"{WORDS_FILE} の areas にない町です。名前を直すか、areas に読みがなと一緒に足してください"
        reader.report(row, "所在地_町字", "FAC008", message)
    return town


def _walks(row: Row, reader: _Reader, words: Words) -> tuple[Any, ...]:
    stations, found = frozenset(words.stations), []
    for written, minutes in cells.walks(row.cells["アクセス方法"]):
        walk = cells.walk(written, minutes, stations)
        if walk is None:
            message = f"「{written}」が {WORDS_FILE} の stations にありません。名前を直すか、足してください"
            reader.report(row, "アクセス方法", "FAC008", message)
        else:
            found.append(walk)
    return tuple(found)


def _add_figures(
    every: dict[str, Facility], rows: list[Row], reader: _Reader
) -> tuple[str, date | None]:
    """Give each facility its figures; returns the month and the day that all rows agree on."""
    month, as_of, seen = "", None, set()
    for row in rows:
        this_day = reader.value(row, "基準日", "FAC014", cells.day, None)
        this_month = reader.value(row, "入園月", "FAC014", cells.month, "")
        as_of, month = as_of or this_day, month or this_month
        if (this_day or as_of) != as_of or (this_month or month) != month:
            message = "ほかの行と日や月が違います。前の月の行が残っていないか確かめてください"
            reader.report(row, "基準日", "FAC014", message)
        key = reader.required(row, "ID")
        if key in seen:
            reader.report(row, "ID", "FAC007", "同じIDの行がもう1つあります。1つにしてください")
        elif key in every:
            every[key] = _with_figures(every[key], row, reader)
        elif key:
            message = f"{CHILDCARE}.csv にないIDです。IDを直すか、一覧に施設を足してください"
            reader.report(row, "ID", "FAC015", message)
        seen.add(key)
    return month, as_of


def _with_figures(facility: Facility, row: Row, reader: _Reader) -> Facility:
    capacity, vacant = {}, {}
    for age, places, free in zip(CLASSES, _CAPACITY, _VACANT):
        whole = reader.value(row, places, "FAC010", cells.class_number, None)
        open_now = reader.value(row, free, "FAC010", cells.class_number, None)
        if whole is None and open_now:
            reader.report(row, free, "FAC010", f"「{places}」が空なのに、空きの数があります")
        elif whole is not None and (open_now or 0) > whole:
            reader.report(row, free, "FAC010", f"定員（{whole}）より多い空きです")
        elif whole is not None and age not in facility.classes:
            reader.report(row, places, "FAC009", f"一覧の受入年齢に{age}歳がありません")
        elif whole is not None and open_now is not None:
            capacity[age], vacant[age] = whole, open_now
    return replace(facility, figures=Figures(capacity, vacant))
