"""Rules on what residents read: short enough for a phone, finished, and with sound markup."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.scenarios.lint.findings import Remark
from bot.scenarios.lint.material import Material, Text
from bot.scenarios.lint.registry import rule
from bot.scenarios.rendering import PLACEHOLDER, RUBY

_BRACES = re.compile(r"[{}｛｝]")
_KANA = re.compile(r"[ぁ-ゖァ-ヺー・ 　]+\Z")
_KANJI = re.compile(r"[㐀-鿿々〆ヶ]")


@rule("LNT301", "error", "答えの長さ")
def fits_a_screen(material: Material) -> Iterator[Remark]:
    """An answer fits on one screen of a phone."""
    screen = material.settings.screen
    for text in material.texts:
        limit = screen.lines.get(text.locale)
        if text.kind != "answer" or limit is None:
            continue
        lines = screen_lines(material.shown(text.raw.strip(), text.locale), screen.columns)
        if lines > limit:
            expected = f"{text.locale} の答えは、スマートフォンの {limit} 行までです"
            todo = "大事なことを先に残し、ほかは別の項目に分けるか、出典のページに任せてください。"
            yield Remark(text.place(), expected, f"{lines} 行", todo)


def screen_lines(text: str, columns: int) -> int:
    """Count the lines of a text on a screen of ``columns`` half-width characters."""
    return sum(max(1, -(-_width(row) // columns)) for row in text.split("\n"))


def _width(row: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in row)


@rule("LNT302", "error", "かっこの形")
def sound_markup(material: Material) -> Iterator[Remark]:
    """Braces are ward values or readings ``{漢字|かんじ}``; nothing else would be shown as meant."""
    for text in material.texts:
        rest = RUBY.sub(_blank, PLACEHOLDER.sub(_blank, text.raw))
        found = _BRACES.search(rest)
        if found:
            came = f"「{rest[found.start() : found.start() + 12].splitlines()[0]}」"
            todo = "半角の { } で {漢字|かんじ} か {{ ward.name }} の形に直してください。"
            expected = "かっこ { } は、よみがなか区の値にだけ使います"
            yield Remark(text.place(found.start()), expected, came, todo)


@rule("LNT303", "error", "よみがなの形")
def sound_readings(material: Material) -> Iterator[Remark]:
    """A reading is kana, and its base begins and ends with what needs one."""
    for text in material.texts:
        for found in RUBY.finditer(text.raw):
            if not _KANA.match(found[2]) or _hangs_over(found[1], found[2]):
                expected = "よみがなは、漢字の部分にだけ、かなでつけます"
                todo = "{必要|ひつよう}なもの のように、かなを外に出してください。"
                yield Remark(text.place(found.start()), expected, f"「{found[0]}」", todo)


def _hangs_over(base: str, reading: str) -> bool:
    if not _KANJI.search(base):
        return False
    outer = (base[0], reading[0]), (base[-1], reading[-1])
    return any(_KANA.match(b) and b == r for b, r in outer)


@rule("LNT304", "error", "書きかけの印")
def finished_texts(material: Material) -> Iterator[Remark]:
    """No text is shown with a gap that somebody meant to fill."""
    for text in _all_texts(material):
        for word in material.settings.unfinished:
            at = text.raw.find(word)
            if at >= 0:
                todo = "決まった言葉か、区の値 {{ … }} に置きかえてください。"
                yield Remark(text.place(at), "書きかけの印は残せません", f"「{word}」", todo)


def _all_texts(material: Material) -> Iterator[Text]:
    yield from material.texts
    yield from (example.text for example in material.examples)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
