"""Which of the options shown a typed message means: by its number, by where it stands, by a part of it.

Only the options of the last reply count. A message that says more than the name of one option is a
question of its own and is left to the understanding.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_DIGITS = {**{c: i for i, c in enumerate("一二三四五六七八九", 1)}, "両": 2}
_WORDS = {
    "ひと": 1,
    "ふた": 2,
    "みっ": 3,
    "よっ": 4,
    "いち": 1,
    "さん": 3,
    "よん": 4,
    "ろく": 6,
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "첫": 1,
    "두": 2,
    "세": 3,
    "네": 4,
    "일": 1,
    "이": 2,
    "삼": 3,
    "사": 4,
    "nhat": 1,
    "dau tien": 1,
    "mot": 1,
    "hai": 2,
    "ba": 3,
    "tu": 4,
    "bon": 4,
    "una": 1,
    "ikalawa": 2,
    "pangalawa": 2,
    "ikatlo": 3,
    "pangatlo": 3,
    "ikaapat": 4,
    "pang-apat": 4,
    "isa": 1,
    "dalawa": 2,
    "tatlo": 3,
    "apat": 4,
}
_NUMBER = (
    rf"(?P<number>\d{{1,2}}|[{''.join(_DIGITS)}]|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
)
_POLITE = (
    r"(?:の?(?:ほう|方|やつ|もの|こと|ボタン|選択肢)|の)?(?:が|を|は|に|で|について)?"
    r"(?:いい|よい|良い|知りたい|聞きたい|見たい|選ぶ|選びます|する|します|お願い|おねがい|頼む|頼みます|たのむ|"
    r"教えて|おしえて|ください|下さい)*"
    r"(?:です|だ|ます|します|いたします|ね|よ|かな|かも|と思います|だと思う|ください|下さい|かしら|けど|だけど|"
    r"ですけど|ですが)*"
)
_BY_NUMBER = (
    re.compile(
        rf"^(?:上から|番号|no\.?|num(?:ber)?|option|#|第|제|số|so|numero)?\s*[(（\[]?{_NUMBER}[)）\].、,]?"
        rf"\s*(?:番[目め]?|つ目?|つめ|ばん|ばんめ|個目|個|号|번째?|번|个|项|項|st|nd|rd|th)?{_POLITE}$"
    ),
    re.compile(
        rf"^(?:i want |i mean |i choose |choose |take )?(?:the )?{_NUMBER}(?: one| option)?(?: please)?$"
    ),
    re.compile(rf"^(?:我?[选選要])?第?{_NUMBER}(?:个|個|项|項|号|條|条)?(?:吧)?$"),
    re.compile(rf"^{_NUMBER}\s*(?:번째?|번)?\s*(?:거|것)?(?:요|으로요?|이요|으로 할게요)?$"),
    re.compile(
        rf"^(?:cai|muc|so|lua chon|cai thu|muc thu|thu)\s*(?:so |thu )?{_NUMBER}(?: a| nhe)?$"
    ),
    re.compile(rf"^(?:yung |ang )?(?:pang-?|ika-?|numero )?{_NUMBER}(?: po)?$"),
)
_UPPER = re.compile(rf"^(?:一番|いちばん)?(?:上|うえ|最初|先頭|はじめ|前者|左){_POLITE}$")
_LOWER = re.compile(rf"^(?:一番|いちばん)?(?:下|した|最後|さいご|後者|右|あと){_POLITE}$")
_MIDDLE = re.compile(rf"^(?:真ん中|まんなか|中央|真中|間){_POLITE}$")
_FROM_BELOW = re.compile(rf"^(?:下から|後ろから){_NUMBER}(?:番目?|つ目?|つめ)?{_POLITE}$")
_LAST_WORDS = {
    "last", "the last one", "last one", "the last", "最后一个", "最後一個", "最后", "最后的",
    "마지막", "마지막 거", "마지막거", "마지막이요", "cai cuoi", "cai cuoi cung",
    "muc cuoi", "yung huli", "huli", "panghuli", "ang huli",
}  # fmt: skip
_FIRST_WORDS = {
    "the top one", "top one", "最上面", "最上面的", "위에 거", "맨 위", "cai dau", "una", "yung una",
}  # fmt: skip
_LEAD = re.compile(
    r"^(?:じゃあ|では|それでは|それなら|えっと|えーと|あの|うん|はい|ええ|なら|ok|okay|so|then)[、,\s]*"
)
_TAIL = re.compile(
    r"(?:の?(?:ほう|方|やつ|もの|件|話)|のこと|について|に関して)?(?:が|を|は|に|で|の)?"
    r"(?:いい|よい|良い|知りたい|聞きたい|見たい|お願い|おねがい|頼みます|教えて|おしえて|ください|下さい|"
    r"します|する|です|だ|ます|ね|よ|かな|と思います)*$"
)
_MARKS = re.compile(r"[。．.!！?？、,・「」『』“”\"'’~〜ー…\s]+$|^[「『“\"'\s]+")
_MIN_PART = 2
_KEYCAP = dict.fromkeys(map(ord, "\ufe0e\ufe0f\u20e3"))
_ASIDE = ("menu", "phrase:person", "locale:ja-easy")


@dataclass(frozen=True)
class Option:
    """An option as it was shown, and every name under which a resident may know it."""

    payload: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class OutOfRange:
    """A number that no option has: the options are shown again."""


def pick(text: str, options: Sequence[Option], *, asked: bool) -> Option | OutOfRange | None:
    """Return the option that ``text`` means, or nothing if it is no choice at all.

    ``asked`` tells that the options answer a question of the bot's; only then a part in the middle of a
    name is enough.
    """
    if not options:
        return None
    said = _folded(text)
    place = _place(_LEAD.sub("", said), options)
    if place is None:
        return _named(said, options, asked)
    return options[place] if 0 <= place < len(options) else OutOfRange()


def _place(said: str, options: Sequence[Option]) -> int | None:
    """Return the place that was named, from 0; it may lie outside of what is there."""
    # Who says 「最後の」 means the last of the answers: the ways out that stand below have their own names.
    count = sum(option.payload not in _ASIDE for option in options) or len(options)
    if said in _FIRST_WORDS or _UPPER.match(said):
        return 0
    if said in _LAST_WORDS or _LOWER.match(said):
        return count - 1
    if _MIDDLE.match(said):
        return count // 2 if count % 2 else None
    below = _FROM_BELOW.match(said)
    if below:
        return count - _value(below["number"])
    return _numbered(said)


def _numbered(said: str) -> int | None:
    plain = _without_marks(said)
    for pattern in _BY_NUMBER:
        found = pattern.match(said) or pattern.match(plain)
        if found:
            return _value(found["number"]) - 1
    return None


def _value(number: str) -> int:
    return int(number) if number.isdecimal() else _DIGITS.get(number) or _WORDS[number]


def _named(said: str, options: Sequence[Option], asked: bool) -> Option | None:
    """Return the one option whose name the message is, or is a part of."""
    part = _TAIL.sub("", _LEAD.sub("", said)) or said
    names = [(option, [_folded(name) for name in option.names]) for option in options]
    for matches in (_equal, _begins, _contains)[: 3 if asked else 2]:
        found = [option for option, known in names if any(matches(part, name) for name in known)]
        if len(found) == 1:
            return found[0]
        if found and matches is _equal:
            return None
    return None


def _equal(part: str, name: str) -> bool:
    return part == name


def _begins(part: str, name: str) -> bool:
    return len(part) >= _MIN_PART and name.startswith(part)


def _contains(part: str, name: str) -> bool:
    if part.isascii():
        return len(part) > _MIN_PART and re.search(rf"\b{re.escape(part)}\b", name) is not None
    return len(part) >= _MIN_PART and part in name


def _folded(text: str) -> str:
    """Bring letters, digits and kana to one form; marks at the ends go."""
    plain = unicodedata.normalize("NFKC", text.translate(_KEYCAP)).strip().casefold()
    trimmed = _MARKS.sub("", _MARKS.sub("", plain))
    return trimmed or plain


def _without_marks(text: str) -> str:
    """Drop the tone marks of Vietnamese, which many leave out when they type."""
    apart = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join(c for c in apart if not unicodedata.combining(c) or c == "\u3099")


def all_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the different names among ``texts``, in order."""
    return tuple(dict.fromkeys(text for text in texts if text))
