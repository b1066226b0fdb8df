"""Finds what identifies a person in a message and covers it before anything is stored or understood.

Numbers are masked on their pattern alone (recall first: the raw text stays sealed and erasable); a
check digit or a cue word only decides the type. All patterns run in linear time on the normalised text,
so full-width digits, 漢数字 and odd hyphens fall together, and spans are given in the original.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bot.scenarios.normalise import Normalised, normalise

_KANJI_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_HYPHENS = r"\-‐‑‒–—―−ーｰ－﹣~〜"
_GAP = rf"[ {_HYPHENS}・.]{{0,3}}"
_PHONE_GAP = rf"[ {_HYPHENS}・.()]{{0,3}}"
_NOT_AFTER = r"(?<![0-9])"
_NOT_BEFORE = r"(?![0-9])"
_LABEL = re.compile("【[^】]*】")

LABELS = {
    "my_number": "個人番号",
    "phone": "電話番号",
    "email": "メールアドレス",
    "credit_card": "カード番号",
    "bank_account": "口座番号",
    "passport": "旅券番号",
    "residence_card": "在留カード番号",
    "license": "免許証番号",
    "health_insurance": "保険証の番号",
    "pension_number": "基礎年金番号",
}


@dataclass(frozen=True)
class Span:
    """A covered stretch of the original text, in code points, end excluded."""

    start: int
    end: int
    type: str


@dataclass(frozen=True)
class Masked:
    """A message with its personal numbers covered, and where they stood.

    ``kept`` is the text as typed but for My Numbers, which may not be kept at all
    (番号法 第20条): it alone may be stored, sealed.
    """

    text: str
    spans: tuple[Span, ...]
    kept: str = field(default="", compare=False)

    @property
    def types(self) -> tuple[str, ...]:
        """Name the kinds that were found, each once."""
        return tuple(sorted({span.type for span in self.spans}))


@dataclass(frozen=True)
class _Kind:
    type: str
    pattern: re.Pattern[str]
    accepts: Callable[[str, str], bool] = lambda digits, around: True
    """Judges the digits by the words of the message; labels already put in do not count as words."""


def mask(text: str) -> Masked:
    """Cover every personal number of ``text`` with its kind, as in 【電話番号】."""
    spans = tuple(sorted(_found(normalise(text)), key=lambda span: span.start))
    my_numbers = [span for span in spans if span.type == "my_number"]
    return Masked(_covered(text, spans), spans, _covered(text, my_numbers))


def _covered(text: str, spans: Iterable[Span]) -> str:
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], f"【{LABELS[span.type]}】"]
        at = span.end
    return "".join([*pieces, text[at:]])


def _found(normalised: Normalised) -> Iterator[Span]:
    """Try the kinds in order of how much they tell; a character belongs to the first that takes it."""
    text = normalised.text.translate(_KANJI_DIGITS)
    words = _LABEL.sub("", text)
    taken = [False] * len(text)
    for label in _LABEL.finditer(text):
        taken[label.start() : label.end()] = [True] * (label.end() - label.start())
    for kind in _KINDS:
        for match in kind.pattern.finditer(text):
            start, end = match.span(1) if kind.pattern.groups else match.span()
            digits = re.sub(r"[^0-9]", "", match[0])
            if any(taken[match.start() : match.end()]) or not kind.accepts(digits, words):
                continue
            taken[start:end] = [True] * (end - start)
            yield Span(*normalised.span(start, end), kind.type)


def _digits(*groups: int) -> str:
    """Match digits in groups; within and between groups one space or hyphen may stand."""
    parts = [rf"[0-9](?:{_GAP}[0-9]){{{count - 1}}}" for count in groups]
    return _NOT_AFTER + _GAP.join(parts) + _NOT_BEFORE


def _cued(*words: str) -> Callable[[str, str], bool]:
    return lambda digits, around: any(word in around for word in words)


def has_my_number_check_digit(digits: str) -> bool:
    """Check 12 digits by 総務省令第85号 (2014), article 5: 11 less the weighted sum modulo 11."""
    if len(digits) != 12:
        return False
    weights = [n + 1 if n <= 6 else n - 5 for n in range(1, 12)]
    total = sum(int(d) * w for d, w in zip(reversed(digits[:11]), weights, strict=True))
    remainder = total % 11
    return int(digits[11]) == (0 if remainder <= 1 else 11 - remainder)


def has_luhn_check_digit(digits: str) -> bool:
    """Check a card number (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return bool(digits) and total % 10 == 0


def _is_phone(digits: str, around: str) -> bool:
    national = "0" + digits[2:] if digits.startswith("81") else digits
    return national.startswith("0") and not national.startswith("00") and len(national) in (10, 11)


def _is_license(digits: str, around: str) -> bool:
    return any(word in around for word in ("免許", "運転")) and "マイナンバー" not in around


_CARD = rf"(?<![a-z])[a-z]{{2}}{_GAP}[0-9]{{8}}{_GAP}[a-z]{{2}}(?![a-z])"
_PASSPORT = rf"(?<![a-z])[a-z]{{2}}{_GAP}[0-9]{{7}}{_NOT_BEFORE}"
_PHONE = rf"(?<![0-9])\+?\(?[0-9](?:{_PHONE_GAP}[0-9]){{9,11}}{_NOT_BEFORE}"
_ACCOUNT = rf"口座[^0-9]{{0,12}}([0-9](?:{_GAP}[0-9]){{5,7}}){_NOT_BEFORE}"
_SEVEN = r"(?<![0-9-])[0-9]{7}(?![0-9円-])"
_INSURANCE = rf"番号[^0-9]{{0,6}}([0-9](?:{_GAP}[0-9]){{2,9}}){_NOT_BEFORE}"
_BANK_WORDS = ("口座", "普通預金", "普通 ", "当座", "銀行", "支店", "信金", "ゆうちょ", "振込")
_INSURANCE_WORDS = ("保険証", "記号", "資格確認書", "被保険者")


def _is_card(digits: str, around: str) -> bool:
    return has_luhn_check_digit(digits)


def _is_amex(digits: str, around: str) -> bool:
    return digits[0] == "3" and has_luhn_check_digit(digits)


def _is_insured_person(digits: str, around: str) -> bool:
    is_day = digits[:2] in ("19", "20") and "01" <= digits[4:6] <= "12" and digits[6:] <= "31"
    return not is_day and any(word in around for word in ("保険者番号", *_INSURANCE_WORDS))


_KINDS = (
    _Kind("email", re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,255}\.[a-z]{2,24}")),
    _Kind("residence_card", re.compile(_CARD)),
    _Kind("credit_card", re.compile(_digits(16))),
    _Kind("credit_card", re.compile(_digits(15)), _is_amex),
    _Kind("license", re.compile(_digits(12)), _is_license),
    _Kind("my_number", re.compile(r"(?<!\+)" + _digits(12))),
    _Kind("phone", re.compile(_PHONE), _is_phone),
    _Kind("credit_card", re.compile(_digits(14)), _is_card),
    _Kind("pension_number", re.compile(_digits(4, 6)), _cued("年金")),
    _Kind("passport", re.compile(_PASSPORT)),
    _Kind("bank_account", re.compile(_ACCOUNT)),
    _Kind("bank_account", re.compile(_SEVEN), _cued(*_BANK_WORDS)),
    _Kind("health_insurance", re.compile(_digits(8)), _is_insured_person),
    _Kind("health_insurance", re.compile(_INSURANCE), _cued(*_INSURANCE_WORDS)),
)
