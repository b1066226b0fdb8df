"""What a resident asks of the list of facilities, read from the words of a message.

Names and words come from the published tables. What is left of a message when all that is taken out
tells whether it asked for anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from bot.dialogue.facilities.numbers import (
    Remainder,
    read_classes,
    read_end,
    read_start,
    read_walk,
)
from bot.dialogue.facilities.search import Criteria
from bot.scenarios.facilities.model import CLASSES, Facilities
from bot.scenarios.normalise import normalise

_KANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ"))}
_KANJI = str.maketrans("〇零一二三四五六七八九", "00123456789")
_KANJI_NUMBER = re.compile(r"[〇零一二三四五六七八九](?=[歳才月年]|さい)")
_HYPHEN = re.compile(r"(?<=[a-z0-9])[-‐–](?=[a-z])")
_SPACE = re.compile(r"(?<=[\u2e80-\uffff]) +| +(?=[\u2e80-\uffff])")
_LATIN = re.compile(r"[a-z0-9\u00e0-\u024f\u1e00-\u1eff]")
_MARKS = re.compile(r"[\s、。．，,.!！?？・「」『』（）()：:；;〜~…ー*]+")
_EDGE = "a-z0-9\u00e0-\u024f\u1e00-\u1eff"

_SOME_PLACE = re.compile(
    r"(?:[一-龠々ァ-ヶ]{1,6}|[ぁ-ん]{2,8})(?:駅|えき(?![ぁ-ん]))|[一-龠々]{1,5}[町丁](?!会|内|目|村)"
)
_NO_PLACE = re.compile(
    r"^(?:最寄|最寄り|もより|各|同じ|近い|近くの|どの|この|その|乗換|地下鉄|電車の)駅?$|^(?:同じ|この|その|各|隣)町$"
)
_MIN_FUZZY, _MIN_PART = 5, 3
_MAX_FUZZY = 80  # longer messages tell a story, and comparing all of it would take too long


@dataclass(frozen=True)
class Asked:
    """What a message says about facilities, and how much it says about anything else."""

    criteria: Criteria
    service: str | None = None
    """The service of the kind, word or feature that was named."""
    is_facility: bool = False
    """Whether a kind, a name or a word for facilities stands in it."""
    has_kind: bool = False
    """Whether a kind, or a word for several, stands in it, not only a feature."""
    is_specific: bool = False
    """Whether it is more precise than a word for several kinds."""
    asks_list: bool = False
    asks_otherwise: bool = False
    is_near: bool = False
    has_unknown_place: bool = False
    rest: str = ""

    @property
    def is_plain(self) -> bool:
        """Tell whether the message is about nothing else."""
        return not self.asks_otherwise and len(self.rest) <= 2


def read_request(text: str, facilities: Facilities, day: date) -> Asked:
    """Read a message; ``day`` (JST) decides which class a child of some age is in."""
    reading = _Reading(fold(text), _vocabulary(facilities), facilities)
    reading.take_names()
    reading.take_numbers(day)
    reading.take_typos()
    reading.take_parts_of_names()
    return reading.asked()


def prepare(facilities: Facilities) -> None:
    """Compile the words ahead, so that no turn waits for it."""
    _vocabulary(facilities)


def fold(text: str) -> str:
    """Bring a text to one form: width, case, hiragana for katakana, no spaces beside Japanese."""
    plain = normalise(text).text.translate(_KANA)
    plain = _KANJI_NUMBER.sub(lambda m: m[0].translate(_KANJI), plain)
    plain = _HYPHEN.sub(" ", plain)
    return _SPACE.sub("", re.sub(r" {2,}", " ", plain)).strip()


@dataclass(frozen=True)
class _Vocabulary:
    pattern: re.Pattern[str]
    meanings: Mapping[str, tuple[tuple[str, str], ...]]
    typed: Mapping[str, tuple[tuple[str, str], ...]]
    """The words in which one wrong letter is forgiven."""
    names: Mapping[str, str]


@lru_cache(maxsize=4)
def _vocabulary(facilities: Facilities) -> _Vocabulary:
    meanings: dict[str, list[tuple[str, str]]] = {}
    for kind, name, word in _entries(facilities):
        entry = meanings.setdefault(fold(word), [])
        if (kind, name) not in entry:
            entry.append((kind, name))
    ordered = sorted(meanings, key=len, reverse=True)
    known = {word: _clear(entry) for word, entry in meanings.items()}
    typed = {
        word: entry
        for word, entry in known.items()
        if len(word) >= _MIN_FUZZY and re.fullmatch(r"[ぁ-んー]+|[a-z ]+", word)
        and entry[0][0] in {"area", "station", "kind", "family"}
    }  # fmt: skip
    names = {facility.id: fold(facility.name) for facility in facilities.every}
    pattern = re.compile("|".join(map(_bounded, ordered)) or r"(?!)")
    return _Vocabulary(pattern, known, typed, names)


def _clear(meanings: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """A word for a kind is not also the name of one facility of it."""
    is_kind = any(kind == "kind" for kind, _ in meanings)
    return tuple(meaning for meaning in meanings if not (is_kind and meaning[0] == "id"))


def _bounded(word: str) -> str:
    before = rf"(?<![{_EDGE}])" if _LATIN.match(word[0]) else ""
    after = rf"(?![{_EDGE}])" if _LATIN.match(word[-1]) else ""
    return f"{before}{re.escape(word)}{after}"


def _entries(facilities: Facilities) -> Iterable[tuple[str, str, str]]:
    words = facilities.words
    for facility in facilities.every:
        for name in _called(facility.name, facility.kana, facility.english):
            yield "id", facility.id, name
    for kind in ("kind", "family", "feature"):
        group: Mapping[str, Any] = {
            "kind": words.kinds, "family": words.families, "feature": words.features,
        }[kind]  # fmt: skip
        yield from ((kind, name, word) for name, entry in group.items() for word in entry.words)
    for kind, places in (("area", words.areas), ("station", words.stations)):
        for name, place in places.items():
            called = (name, place.kana, place.latin, *place.words)
            yield from ((kind, name, word) for word in called)
    yield from (("age", str(age), word) for age in CLASSES for word in _at(words.ages, age))
    for kind, said in (
        ("asking", words.asking),
        ("near", words.near),
        ("otherwise", words.otherwise),
    ):
        yield from ((kind, "", word) for word in said)


def _called(name: str, kana: str, english: str) -> Iterable[str]:
    """Name a facility as residents do: without the ward before it and the remark after it."""
    yield name
    bare = re.sub(r"（[^）]*）$", "", name)
    bare = re.sub(r"^\S*?区(?:立|総合)?(?=.{4,})|^(?:認証保育所|家庭的保育|病児保育室) ", "", bare)
    yield from {bare, kana, english, re.sub(r"^みなもくりつ", "", fold(kana))} - {""}


def _at(ages: tuple[tuple[str, ...], ...], age: int) -> tuple[str, ...]:
    return ages[age] if age < len(ages) else ()


class _Reading:
    """One message, from which what is understood is taken out step by step."""

    def __init__(self, text: str, known: _Vocabulary, facilities: Facilities) -> None:
        self._text, self._known, self._facilities = text, known, facilities
        self._found: dict[str, set[str]] = {}
        self._criteria = Criteria()

    def take_names(self) -> None:
        """Take out every known word, the longest at each place."""
        self._text = self._known.pattern.sub(self._take, self._text)

    def _take(self, match: re.Match[str]) -> str:
        self._add(self._known.meanings[match[0]])
        return "\n"

    def _add(self, meanings: Iterable[tuple[str, str]]) -> None:
        for kind, name in meanings:
            self._found.setdefault(kind, set()).add(name)

    def take_typos(self) -> None:
        """Take out a word that is one letter off, if no other word is as near."""
        if len(self._text) > _MAX_FUZZY:
            return
        if self._found.keys() & {"area", "station"} and self._found.keys() & {"kind", "family"}:
            return
        for piece in re.findall(r"[ぁ-んー]{4,}|[a-z][a-z ]{3,}", self._text):
            near = [w for w in self._known.typed if _holds_nearly(piece, w)]
            meanings = {self._known.typed[word] for word in near}
            if len(meanings) == 1:
                self._add(meanings.pop())
                self._text = self._text.replace(piece, "\n")

    def take_parts_of_names(self) -> None:
        """Take out a part of a facility's name: ひかり保育園 for みなもひかり保育園."""
        if self._found.keys() & {"id", "otherwise"} or not self._found.keys() & {"kind", "family"}:
            return
        for part in _left(self._text, self._facilities.words.fillers):
            named = [name for name, folded in self._known.names.items() if part in folded]
            if len(part) >= _MIN_PART and named:
                self._add(("id", name) for name in named)
                self._text = self._text.replace(part, "\n")

    def take_numbers(self, day: date) -> None:
        """Take out births, ages, distances and times."""
        named = {int(age) for age in self._found.pop("age", ())}
        rest = Remainder(self._text)
        self._criteria = replace(
            self._criteria,
            ages=frozenset(named) | read_classes(rest, day),
            closes_after=read_end(rest),
            opens_by=read_start(rest),
            within=read_walk(rest),
        )
        self._text = rest.text

    def asked(self) -> Asked:
        """Return what was found."""
        found, words = self._found, self._facilities.words
        places = [m[0] for m in _SOME_PLACE.finditer(self._text)]
        ids = frozenset(found.get("id", ()))
        features = frozenset(found.get("feature", ()))
        criteria = replace(
            self._criteria,
            kinds=self._kinds(),
            areas=frozenset(found.get("area", ())),
            stations=frozenset(found.get("station", ())),
            ids=ids,
            features=features,
        )
        return Asked(
            criteria=criteria,
            service=self._service(),
            is_facility=bool(
                found.keys() & {"kind", "family", "id"}
                or any(words.features[name].service for name in features - {"vacancy"})
                or (criteria.has_vacancy and criteria.ages)
            ),
            has_kind=bool(found.keys() & {"kind", "family", "id"}),
            is_specific=bool(found.get("kind") or ids or features & {"temporary", "sick"}),
            asks_list="asking" in found,
            asks_otherwise="otherwise" in found,
            is_near="near" in found,
            has_unknown_place=any(not _NO_PLACE.match(place) for place in places),
            rest="".join(_left(self._text, words.fillers)),
        )

    def _kinds(self) -> frozenset[str]:
        kinds = self._found.get("kind")
        if kinds:
            return frozenset(kinds)
        families = self._found.get("family", ())
        return frozenset(k for f in families for k in self._facilities.words.families[f].kinds)

    def _service(self) -> str | None:
        words, found = self._facilities.words, self._found
        features = sorted(found.get("feature", set()) - {"vacancy"})
        named = [words.features[name].service for name in features]
        named += [words.kinds[name].service for name in sorted(found.get("kind", ()))]
        named += [words.families[name].service for name in sorted(found.get("family", ()))]
        by_id = {f.id: f.kind for f in self._facilities.every} if found.get("id") else {}
        named += [words.kinds[by_id[name]].service for name in sorted(found.get("id", ()))]
        return next((service for service in named if service), None)


def _left(text: str, fillers: tuple[str, ...]) -> list[str]:
    """Return the stretches of a text that are more than a row of words which say nothing of their own."""
    known, longest = _folded(fillers)
    pieces = (re.sub(r"[0-9]", "", piece) for piece in _MARKS.split(text))
    return [rest for piece in pieces if (rest := _trimmed(piece, known, longest))]


@lru_cache(maxsize=4)
def _folded(fillers: tuple[str, ...]) -> tuple[frozenset[str], int]:
    known = frozenset(map(fold, fillers))
    return known, max(map(len, known), default=0)


def _trimmed(piece: str, known: frozenset[str], longest: int) -> str:
    """Drop the longest rows of fillers from both ends; all fillers leave nothing."""
    ahead = {0}
    for end in range(1, len(piece) + 1):
        if any(piece[start:end] in known for start in ahead if end - start <= longest):
            ahead.add(end)
    behind = {len(piece)}
    for start in range(len(piece) - 1, -1, -1):
        if any(piece[start:end] in known for end in behind if end - start <= longest):
            behind.add(start)
    return piece[max(ahead) : min(behind)] if max(ahead) < min(behind) else ""


def _holds_nearly(piece: str, word: str) -> bool:
    """Tell whether a stretch of ``piece`` is ``word`` but for one letter; its ends must be right."""
    for length in (len(word) - 1, len(word), len(word) + 1):
        for start in range(len(piece) - length + 1):
            part = piece[start : start + length]
            if part[0] == word[0] and part[-1] == word[-1] and _is_one_off(part, word):
                return True
    return False


def _is_one_off(one: str, other: str) -> bool:
    """Tell whether two words differ by one letter put in, left out or exchanged, or by two swapped."""
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) == len(other):
        swapped = one[:start] + one[start : start + 2][::-1] + one[start + 2 :]
        return one[start + 1 :] == other[start + 1 :] or swapped == other
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[:start] + longer[start + 1 :] == shorter
