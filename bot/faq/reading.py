"""A ward's FAQ file as entries: columns found by their names, bad rows named and left out."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from bot.faq.decoding import NotText, decode

_LONGEST_FIELD = 1_000_000
_SEPARATORS = ",\t;"
_NAMES = {
    "id": "id no no. 番号 faqid faq_id faq番号 管理番号 整理番号 通し番号 qid コード",
    "question": "question q 質問 問 問い 質問文 質問内容 設問 タイトル 表題 件名 見出し title",
    "answer": "answer a 回答 答 答え 解答 回答文 回答内容 本文 内容 text",
    "category": "category カテゴリ カテゴリー 分類 大分類 分野 ジャンル 区分 種別",
}
# What a longer name may contain; the order decides, so 質問番号 is an id and 回答者区分 no answer.
_PARTS = (
    ("id", ("番号",)),
    ("category", ("カテゴリ", "分類", "分野", "category")),
    ("question", ("質問", "question")),
    ("answer", ("回答", "答え", "answer")),
)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>|&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);")


@dataclass(frozen=True)
class Entry:
    """One question of the FAQ with its answer."""

    id: str
    question: str
    answer: str
    category: str = ""


@dataclass(frozen=True)
class Faq:
    """What was read: the usable entries, what was wrong by line, and how the file was understood."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]
    encoding: str
    columns: Mapping[str, str]


class NotFaq(Exception):
    """Nothing of the file can be used; the text says what is missing and what to do."""


def read_faq(path: Path) -> Faq:
    """Read a FAQ file.

    A file without an id column numbers its rows; one without questions is ranked by answers alone.

    Raises:
        NotFaq: it is no table, has no usable column names, or no usable row.
        OSError: it cannot be read.

    """
    try:
        text, encoding = decode(path.read_bytes())
    except NotText as error:
        raise NotFaq(f"{path}: {error}") from error
    rows = _records(text)
    header = next(rows, (0, list[str]()))[1]
    columns = find_columns(header)
    if "answer" not in columns:
        known = "id（番号）、question（質問）、answer（回答）、category（分類）"
        found = "、".join(name.strip() for name in header) if header else "なし"
        raise NotFaq(
            f"{path}: 1行目に回答の列が見つかりません。列の名前：{found}。使える名前：{known}"
        )
    faq = _collect(rows, columns, encoding, {key: header[at] for key, at in columns.items()})
    if not faq.entries:
        problems = "\n".join(faq.problems[:20]) or "質問と回答の行がありません"
        raise NotFaq(f"{path}: 使える行が1つもありません\n{problems}")
    return faq


def find_columns(header: Sequence[str]) -> dict[str, int]:
    """Tell which column is which, by whole names first, then by parts of names."""
    names = [_plain(name) for name in header]
    found: dict[str, int] = {}
    for key, known in _NAMES.items():
        for name in known.split():
            if key not in found and name in names:
                found[key] = names.index(name)
    for key, parts in _PARTS:
        for at, name in enumerate(names):
            if key not in found and at not in found.values() and any(p in name for p in parts):
                found[key] = at
    return found


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).lower().split()).strip("\ufeff")


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line on which it begins; a broken one is yielded without cells."""
    csv.field_size_limit(_LONGEST_FIELD)
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(
        io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=separator, strict=True
    )
    while True:
        begins = reader.line_num + 1
        try:
            yield begins, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield begins, []


def _collect(
    rows: Iterator[tuple[int, list[str]]],
    columns: Mapping[str, int],
    encoding: str,
    names: Mapping[str, str],
) -> Faq:
    records = [(line, cells) for line, cells in rows if not cells or any(c.strip() for c in cells)]
    read = [(line, _entry(line, cells, columns) if cells else None) for line, cells in records]
    asks = any(entry and entry.question for _, entry in read)
    entries: dict[str, Entry] = {}
    problems = []
    for line, entry in read:
        wrong = _wrong(entry, entries, asks)
        if wrong is None and entry is not None:
            entries[entry.id] = entry
        else:
            problems.append(f"{line} 行目： {wrong}")
    return Faq(tuple(entries.values()), tuple(problems), encoding, names)


def _entry(line: int, cells: Sequence[str], columns: Mapping[str, int]) -> Entry:
    def cell(key: str) -> str:
        at = columns.get(key, len(cells))
        return strip_html(cells[at]) if at < len(cells) else ""

    number = cell("id") if "id" in columns else str(line)
    return Entry(number, cell("question"), cell("answer"), cell("category"))


def _wrong(entry: Entry | None, seen: Mapping[str, Entry], asks: bool) -> str | None:
    if entry is None:
        return '引用符（"）が閉じていないか、余分にあります'
    if not entry.id:
        return "番号（id）がありません"
    if entry.id in seen:
        return f"番号（id）が前の行と同じです：{entry.id}"
    if not entry.answer:
        return "回答がありません"
    return "質問がありません" if asks and not entry.question else None


def strip_html(text: str) -> str:
    """Return what a reader of the page would see."""
    if not _TAG.search(text):
        return text.strip()
    page = _Page()
    page.feed(text)
    page.close()
    return re.sub(r"[ \t]*\n\s*", "\n", "".join(page.seen)).strip()


class _Page(HTMLParser):
    """Collects visible text; blocks and line breaks become new lines."""

    _HIDDEN = ("script", "style")
    _BREAKS = ("br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "dd", "dt", "table", "ul")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, or hide what follows."""
        self._hidden += tag in self._HIDDEN
        if tag in self._BREAKS:
            self.seen.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a line, or show again."""
        if tag in self._HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        if tag in self._BREAKS:
            self.seen.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if not self._hidden:
            self.seen.append(data)
