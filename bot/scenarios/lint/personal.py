"""Rules on personal data: nothing in the files may point to a living person.

The shapes are those that masking covers in what residents write (``bot/dialogue/masking.py``); here they
are stricter, because every text was written by staff and nobody has to guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.scenarios.lint.findings import Remark
from bot.scenarios.lint.material import Material, Text
from bot.scenarios.lint.registry import rule

_URL = re.compile(r"https?://[!-~]+")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@([A-Za-z0-9.-]+\.[A-Za-z]{2,24})")
_NUMBERS = (
    ("個人番号（12桁）", re.compile(r"(?<![0-9])[0-9]{4}[- ]?[0-9]{4}[- ]?[0-9]{4}(?![0-9])")),
    ("カード番号", re.compile(r"(?<![0-9])(?:[0-9]{4}[- ]?){3}[0-9]{4}(?![0-9])")),
    ("在留カード番号", re.compile(r"(?<![A-Za-z])[A-Z]{2}[0-9]{8}[A-Z]{2}(?![A-Za-z])")),
    ("旅券番号", re.compile(r"(?<![A-Za-z])[A-Z]{2}[0-9]{7}(?![0-9])")),
    ("基礎年金番号", re.compile(r"(?<![0-9-])[1-9][0-9]{3}-[0-9]{6}(?![0-9-])")),
    ("7桁から11桁の番号", re.compile(r"(?<![0-9,.#-])[1-9][0-9]{6,10}(?![0-9,円])")),
)
_BIRTH = re.compile(
    r"(?:明治|大正|昭和|平成|令和|[MTSHR])?[0-9元]{1,4}[年./-][0-9]{1,2}[月./-][0-9]{1,2}日?(?:生まれ|生(?![ま後]))"
)
_ADDRESS = re.compile(r"(?:[0-9一二三四五六七八九十]+丁目)[0-9一二三四五六七八九十]+(?:番|-[0-9])")
_NAMED = "(?:さん|様|氏|です|と申します|といいます|と言います)"


@rule("LNT307", "error", "個人の番号")
def no_personal_numbers(material: Material) -> Iterator[Remark]:
    """No text holds a mail address or a number of the kind that belongs to one person."""
    for text in _all_texts(material):
        for offset, row in text.rows():
            shown = _URL.sub("", unicodedata.normalize("NFKC", row))
            found = next(_kinds(shown, material), None)
            if found:
                todo = "消すか、形だけの説明（12桁の番号など）に変えてください。"
                expected = "個人の番号やメールアドレスは書けません"
                yield Remark(text.place(offset), expected, found, todo)


def _kinds(row: str, material: Material) -> Iterator[str]:
    for mail in _MAIL.finditer(row):
        if not mail[1].endswith(tuple(material.settings.personal.mail_domains)):
            yield "メールアドレス"
    for kind, pattern in _NUMBERS:
        if pattern.search(row):
            yield kind


@rule("LNT308", "warning", "名前・生年月日・住所")
def nobody_named(material: Material) -> Iterator[Remark]:
    """No text holds somebody's name, date of birth or address."""
    surnames = "|".join(map(re.escape, material.settings.personal.surnames))
    kinds = [("生年月日", _BIRTH), ("番地までの住所", _ADDRESS)]
    if surnames:
        name = rf"(?<![一-鿿ァ-ヺー])(?:{surnames})[一-鿿]{{0,3}}{_NAMED}"
        kinds.append(("人の名前", re.compile(name)))
    for text in _all_texts(material):
        for offset, row in text.rows():
            for kind, pattern in kinds:
                found = pattern.search(unicodedata.normalize("NFKC", row))
                if found and "架空" not in row:
                    todo = "だれのことかわからない言い方に変えてください。"
                    expected = "だれかを指す名前・生年月日・住所は書けません"
                    yield Remark(text.place(offset), expected, f"{kind}「{found[0]}」", todo)


def _all_texts(material: Material) -> Iterator[Text]:
    yield from material.texts
    yield from (example.text for example in material.examples)
