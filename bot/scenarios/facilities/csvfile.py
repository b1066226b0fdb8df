"""A table as offices save it: whatever Excel makes of CSV, read into rows that know their line.

Open-data files come as UTF-8 with and without a mark, Shift_JIS and UTF-16, with commas or tabs, with
line breaks inside of cells, and now and then as a ZIP file that is only called CSV.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import unicodedata
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.scenarios.problems import Problem, ScenarioError

_MARKS = {BOM_UTF8: "utf-8-sig", BOM_UTF16_LE: "utf-16", BOM_UTF16_BE: "utf-16"}
_OTHER_FORMATS = {
    b"PK": "ZIP か Excel（.xlsx）",
    b"\xd0\xcf\x11\xe0": "Excel（.xls）",
    b"%PDF": "PDF",
}
# Control characters, and what Python's cp932 makes of bytes that no character has.
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\uf8f0-\uf8f3]")
_ALIASES = {
    "自治体コード": "全国地方公共団体コード",
    "所在地_連結標記": "所在地_連結表記",
    "許可等年月日": "認可等年月日",
}


@dataclass(frozen=True)
class Row:
    """One row: the line on which it starts (from 1) and its cells by column, trimmed."""

    line: int
    cells: Mapping[str, str]


def decode(raw: bytes, path: str) -> str:
    """Return the text of a table with plain line feeds.

    Raises:
        ScenarioError: FAC001, no known encoding fits or it is no text at all.

    """
    for start, name in _OTHER_FORMATS.items():
        if raw.startswith(start):
            wanted = (
                "中身は CSV ではありません。表計算ソフトで「CSV UTF-8」として保存し直してください。"
            )
            raise ScenarioError(
                [Problem(path, 0, "FAC001", f"{name} のファイルのようです。{wanted}")]
            )
    for encoding in _encodings(raw):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _NO_TEXT.search(text):
            return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    message = (
        "文字コードがわかりません（UTF-8、Shift_JIS、UTF-16 を試しました）。"
        "表計算ソフトで「CSV UTF-8」として保存し直してください。"
    )
    raise ScenarioError([Problem(path, 0, "FAC001", message)])


def _encodings(raw: bytes) -> Sequence[str]:
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return (encoding,)
    if b"\0" not in raw:
        return ("utf-8", "cp932")
    # Of two bytes of a Latin letter the first is zero in big-endian UTF-16, the second in little-endian.
    is_big = raw[::2].count(0) > raw[1::2].count(0)
    return ("utf-16-be",) if is_big else ("utf-16-le",)


def read_rows(text: str, path: str, columns: Sequence[str]) -> list[Row]:
    """Read a decoded table that has at least ``columns``.

    Raises:
        ScenarioError: FAC002 not readable as CSV, FAC003 a column is missing, FAC004 a column stands
            twice, FAC005 no row below the header.

    """
    header, rows, problems = _raw_rows(text, path)
    names = [_ALIASES.get(name, name) for name in map(_plain, header)]
    problems = [*_header_problems(names, path, columns), *problems]
    if not problems and not rows:
        problems.append(Problem(path, 1, "FAC005", "列の名前の下に、行が1つもありません。"))
    if problems:
        raise ScenarioError(problems)
    return [Row(line, dict(zip(names, map(str.strip, cells)))) for line, cells in rows]


def _raw_rows(text: str, path: str) -> tuple[list[str], list[tuple[int, list[str]]], list[Problem]]:
    first = text.split("\n", 1)[0]
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    problems: list[Problem] = []
    for line, cells in _lines(text, path, delimiter, problems):
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = cells
        elif len(cells) != len(header):
            message = (
                f"列の数が {len(cells)} です（1行目は {len(header)}）。"
                '「,」や改行を含む値を " で囲んでいるか確かめてください。'
            )
            problems.append(Problem(path, line, "FAC002", message))
        else:
            rows.append((line, cells))
    return header, rows, problems


def _lines(
    text: str, path: str, delimiter: str, problems: list[Problem]
) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line on which it starts; a cell may hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        message = (
            'ここから先を CSV として読めません。" の閉じ忘れや、値の途中の " を確かめてください。'
        )
        problems.append(Problem(path, start, "FAC002", message))


def _header_problems(names: Sequence[str], path: str, columns: Sequence[str]) -> Iterator[Problem]:
    for name in columns:
        if name not in names:
            unknown = [other for other in names if other not in columns]
            close = difflib.get_close_matches(name, unknown, n=1, cutoff=0.5)
            hint = (
                f"「{close[0]}」を「{name}」に直してください。"
                if close
                else (
                    "1行目に、標準の列の名前を書いてください（文字化けや題名の行がないかも確かめてください）。"
                )
            )
            yield Problem(path, 1, "FAC003", f"「{name}」の列がありません。{hint}")
    for name in dict.fromkeys(names):
        if name in columns and names.count(name) > 1:
            message = f"「{name}」の列が {names.count(name)} つあります。1つにしてください。"
            yield Problem(path, 1, "FAC004", message)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()
