"""Rules for やさしい日本語, after 在留支援のためのやさしい日本語ガイドライン (2020) of two agencies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.scenarios.lint.findings import Place, Remark
from bot.scenarios.lint.material import Material, Text
from bot.scenarios.lint.registry import rule
from bot.scenarios.rendering import PLACEHOLDER, RUBY

_URL = re.compile(r"https?://[!-~]+")
_SENTENCE_END = re.compile(r"(?<=[。！？：])(?![）」』])")
_EXPLANATION = re.compile(r"（[^（）]*）")
_KANJI = re.compile(r"[㐀-鿿々〆]+")
_PASSIVE = re.compile(
    r"(?:[かがさたなばまわ]れ|(?:[一-鿿]|[あかさたなまやわがざだば])られ)"
    r"(?:ます|まし|ませ|て|た|る|ない)"
)
_EXPLAINS = ("（", "とは", "は、", "というのは", "といいます", "と言います")
_ONE_LETTER_STEMS = "見来出着寝得居似煮"


@rule("LNT601", "warning", "やさしい日本語の文の長さ")
def short_sentences(material: Material) -> Iterator[Remark]:
    """A sentence is short; addresses and explanations in brackets do not count."""
    limit = material.settings.easy.sentence
    for text, offset, row in _rows(material):
        if text.kind == "ward":  # part of a sentence: measured where it is put in
            continue
        shown = _EXPLANATION.sub("", _URL.sub("", material.shown(row, "ja-easy")))
        for sentence in _SENTENCE_END.split(shown.strip("・- 　")):
            if len(sentence) > limit:
                todo = "2つの文に分けるか、箇条書きにしてください。"
                came = f"{len(sentence)} 字「{sentence[:20]}…」"
                expected = f"やさしい日本語の文は {limit} 字までです"
                yield Remark(text.place(offset), expected, came, todo)


@rule("LNT602", "error", "よみがな")
def readings_for_kanji(material: Material) -> Iterator[Remark]:
    """Every kanji has its reading, except those of the list."""
    known = set(material.settings.easy.kanji)
    for text, offset, row in _rows(material):
        bare = RUBY.sub("", PLACEHOLDER.sub("", row))
        found = [word for word in _KANJI.findall(bare) if set(word) - known]
        if found:
            todo = f"{{{found[0]}|よみかた}} のように、よみがなをつけてください。"
            expected = "やさしい日本語の漢字には、よみがなが要ります"
            yield Remark(text.place(offset), expected, f"「{'、'.join(found)}」", todo)


@rule("LNT603", "warning", "受け身")
def active_voice(material: Material) -> Iterator[Remark]:
    """No passive: who does what is said."""
    active = tuple(material.settings.easy.active)
    for text, offset, row in _rows(material):
        shown = RUBY.sub(r"\1", row)
        for found in _PASSIVE.finditer(shown):
            before = shown[max(0, found.start() - 4) : found.end()]
            if found[0][0] in _ONE_LETTER_STEMS or any(word in before for word in active):
                continue
            todo = "「区が送ります」のように、だれがするかを書いてください。"
            came = f"「{before}」"
            yield Remark(text.place(offset), "やさしい日本語では、受け身を使いません", came, todo)


@rule("LNT604", "warning", "二重の否定")
def plain_negation(material: Material) -> Iterator[Remark]:
    """No double negation."""
    for text, offset, row in _rows(material):
        shown = RUBY.sub(r"\1", row)
        for words in material.settings.easy.double_negation:
            if words in shown:
                todo = "「〜してください」「〜できます」のように、肯定の文にしてください。"
                expected = "やさしい日本語では、二重の否定を使いません"
                yield Remark(text.place(offset), expected, f"「{words}」", todo)


@rule("LNT605", "warning", "むずかしい言葉の説明")
def explained_terms(material: Material) -> Iterator[Remark]:
    """A term of the list is explained in brackets where an answer first uses it."""
    for text in material.texts:
        if text.locale != "ja-easy" or text.kind not in ("answer", "phrase"):
            continue
        for term in material.settings.easy.terms:
            place = _unexplained(text, term)
            if place:
                todo = "「世帯主（家族の代表の人）」のように、すぐ後にかっこで説明してください。"
                expected = "むずかしい言葉は、はじめに説明します"
                yield Remark(place, expected, f"「{term}」の説明がない", todo)


def _unexplained(text: Text, term: str) -> Place | None:
    for offset, row in text.rows():
        shown = RUBY.sub(r"\1", row)
        found = re.search(rf"(?<![一-鿿]){re.escape(term)}(?![一-鿿])", shown)
        if found:
            rest, before = shown[found.end() :].lstrip("」』"), shown[: found.start()]
            explained = rest.startswith(_EXPLAINS) or before.endswith("（")
            return None if explained else text.place(offset)
    return None


def _rows(material: Material) -> Iterator[tuple[Text, int, str]]:
    for text in material.texts:
        if text.locale == "ja-easy":
            yield from ((text, offset, row) for offset, row in text.rows())
