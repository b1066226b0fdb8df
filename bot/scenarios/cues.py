"""Cues: words in which a request shows itself, written as data and found in linear time.

A cue is a row of parts that follow one another within a sentence, joined by ``…``. A part is written as
it is said; ``(a|b|)`` stands for one of several wordings, an empty one included, and ``{name}`` for one
word of a shared list. ``^`` and ``$`` tie a part to the beginning or the end of what was written. There is
nothing that repeats, so no text can make the search slow.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Tuple, Union

from bot.scenarios.normalise import normalise

GAP = "…"
_REACH = 40  # characters between two parts: further apart, two words rarely belong together
_LATIN = "a-z0-9à-öø-ɏḁ-ỹ"
_WIDE = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff00-\uffef、・「」『』"
_SPACE_BESIDE_WIDE = re.compile(rf" +(?=[{_WIDE}])|(?<=[{_WIDE}]) +")
_SENTENCE_END = re.compile(r"[。．！!？?]+|\.(?= |$)", re.MULTILINE)
_CLAUSE_END = re.compile(r"[。．！!？?\n、,，;；]+|\.(?= |$)", re.MULTILINE)
_BEGINNING = r"(?:(?<![\s\S])|(?<=[\n。．！!？?]))"
_ENDING = r"(?=[。．！!？?.、,ー〜~wW笑)）」 ]{0,12}(?:\n|\Z))"
_ERASED = "\x00"
_KATAKANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


Words = Mapping[str, Sequence[str]]
Choices = Tuple["Wording", ...]
Wording = Tuple[Union[str, "Choices"], ...]


class CueError(ValueError):
    """A cue that cannot be read; the text says why, in the words of whoever wrote it."""


@dataclass(frozen=True)
class Hit:
    """A cue that was found: its name, and the clauses (numbers) in which its parts stand."""

    name: str
    clauses: frozenset[int]


@dataclass(frozen=True)
class Folded:
    """A message in the form in which cues are searched; ``origins`` leads back to the original."""

    text: str
    origins: tuple[int, ...]


@dataclass(frozen=True)
class _Cue:
    name: str
    sources: tuple[str, ...]

    @property
    def parts(self) -> list[re.Pattern[str]]:
        """Return the parts as patterns; most cues are never tried, so each is compiled when it is."""
        return [_compiled(source) for source in self.sources]


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


def folded(message: str) -> Folded:
    """Fold what does not change the meaning: width, case, kana, and spaces inside Japanese or Korean."""
    letters: list[str] = []
    origins: list[int] = []
    at = 0
    for line in message.splitlines(keepends=True):
        normal = normalise(line.rstrip("\r\n"))
        kept = _kept(normal.text)
        letters += [normal.text[i].translate(_KATAKANA) for i in kept]
        origins += [at + normal.starts[i] for i in kept]
        at += len(line)
        letters.append("\n")
        origins.append(at - 1)
    return Folded("".join(letters), tuple(origins))


def _kept(line: str) -> list[int]:
    dropped = {i for m in _SPACE_BESIDE_WIDE.finditer(line) for i in range(*m.span())}
    return [i for i in range(len(line)) if i not in dropped]


class CueIndex:
    """Many cues, searched together: only those whose first letters stand in the text are tried."""

    def __init__(
        self, cues: Iterable[tuple[str, str]], words: Words = MappingProxyType({})
    ) -> None:
        """Take (name, cue) pairs and the shared word lists.

        Raises:
            CueError: a cue cannot be read.

        """
        self._by_letters: defaultdict[str, list[_Cue]] = defaultdict(list)
        self._order: dict[str, int] = {}
        for name, cue in cues:
            read = _Cue(name, tuple(_part(part, words) for part in cue.split(GAP)))
            self._order[name] = len(self._order)
            for letters in _first_letters(cue.split(GAP)[0], words):
                self._by_letters[letters].append(read)

    def search(self, message: Folded) -> list[Hit]:
        """Return every cue that stands in the message, in the order in which they were given."""
        text = message.text
        ends = [match.end() for match in _SENTENCE_END.finditer(text)]
        starts = [0, *ends]
        clauses = _clause_numbers(text)
        hits: dict[str, Hit] = {}
        for start, end in zip(starts, [*ends, len(text)], strict=True):
            for cue in self._possible(text[start:end]):
                places = None if cue.name in hits else _places(cue, text, start, end)
                if places is not None:
                    hits[cue.name] = Hit(cue.name, frozenset(clauses[at] for at in places))
        return sorted(hits.values(), key=lambda hit: self._order[hit.name])

    def _possible(self, sentence: str) -> Iterator[_Cue]:
        present = {sentence[i : i + 2] for i in range(len(sentence))} | set(sentence)
        for letters in sorted(present & self._by_letters.keys()):
            yield from self._by_letters[letters]

    def erase(self, message: Folded) -> Folded:
        """Blank out every place at which a one-part cue stands, so that no other cue is seen in it."""
        text = message.text
        for cue in {id(c): c for c in self._possible(text)}.values():
            text = cue.parts[0].sub(lambda m: _ERASED * len(m[0]), text)
        return Folded(text, message.origins)


def clauses_of(message: Folded, original: str) -> list[str]:
    """Return the clauses of a message as they were typed, in the numbering of :class:`Hit`."""
    ends = [match.end() for match in _CLAUSE_END.finditer(message.text)]
    bounds = [0, *(message.origins[end - 1] + 1 for end in ends), len(original)]
    return [original[a:b] for a, b in zip(bounds, bounds[1:])]


def _clause_numbers(text: str) -> list[int]:
    numbers, number, at = [], 0, 0
    for match in _CLAUSE_END.finditer(text):
        numbers += [number] * (match.end() - at)
        number, at = number + 1, match.end()
    return [*numbers, *[number] * (len(text) - at + 1)]


def _places(cue: _Cue, text: str, start: int, end: int) -> list[int] | None:
    """Return where the parts stand, each within reach of the one before it; None if they do not."""
    first, *rest = cue.parts
    for match in first.finditer(text, start, end):
        found = _following(rest, text, match.end(), end)
        if found is not None:
            return [match.start(), *found]
    return None


def _following(parts: Sequence[re.Pattern[str]], text: str, at: int, end: int) -> list[int] | None:
    if not parts:
        return []
    for match in parts[0].finditer(text, at, min(end, at + _REACH)):
        found = _following(parts[1:], text, match.end(), end)
        if found is not None:
            return [match.start(), *found]
    return None


def _part(part: str, words: Words) -> str:
    before = _BEGINNING if part.startswith("^") else rf"(?:(?<![{_LATIN}])|(?![{_LATIN}]))"
    after = rf"(?:(?![{_LATIN}])|(?<![{_LATIN}]))"
    return before + _pattern(_read(part.removeprefix("^"), words)) + after


def _pattern(sequence: Wording) -> str:
    """Return the pattern of a sequence; a star stands for the rest of a Latin word."""
    return "".join(
        re.escape(piece).replace(r"\*", rf"[{_LATIN}]*").replace(r"\$", _ENDING)
        if isinstance(piece, str)
        else f"(?:{'|'.join(map(_pattern, piece))})"
        for piece in sequence
    )


def _first_letters(part: str, words: Words) -> set[str]:
    """Return the first one or two letters of every wording of a part."""
    openings = _openings(_read(part.removeprefix("^"), words))
    if "" in openings:
        raise CueError(
            "最初の部分が、何もない言葉にも当てはまります（「|)」や「$」を確かめてください）"
        )
    return openings


def _openings(sequence: Wording) -> set[str]:
    openings = {""}
    for piece in sequence:
        choices = (
            {piece.replace("*", "").replace("$", "")}
            if isinstance(piece, str)
            else {o for choice in piece for o in _openings(choice)}
        )
        openings = {(a + b)[:2] if len(a) < 2 else a for a in openings for b in choices}
        if all(len(opening) == 2 for opening in openings):
            break
    return openings


def _read(part: str, words: Words) -> Wording:
    """Read a part into its pieces: a literal, or the choices of a bracket or of a word list."""
    sequence, at = _read_sequence(part, 0, words)
    if at != len(part):
        raise CueError(f"「{part}」の括弧が合っていません")
    if not sequence:
        raise CueError("言葉のない部分があります（「…」の前後を確かめてください）")
    return sequence


def _read_sequence(part: str, at: int, words: Words) -> tuple[Wording, int]:
    sequence: list[str | Choices] = []
    while at < len(part) and part[at] not in "|)":
        if part[at] == "(":
            choices, at = _read_choices(part, at + 1, words)
            sequence.append(choices)
        elif part[at] == "{":
            name, closed, _ = part[at + 1 :].partition("}")
            if not closed or name not in words:
                raise CueError(f"言葉の一覧「{name}」が words にありません")
            sequence.append(tuple(_read(word, {}) for word in words[name]))
            at += len(name) + 2
        else:
            end = next((i for i in range(at, len(part)) if part[i] in "(){|"), len(part))
            sequence.append(_folded_word(part[at:end]))
            at = end
    return tuple(sequence), at


def _read_choices(part: str, at: int, words: Words) -> tuple[Choices, int]:
    choices: list[Wording] = []
    while True:
        choice, at = _read_sequence(part, at, words)
        choices.append(choice)
        if at >= len(part):
            raise CueError(f"「{part}」の括弧が閉じていません")
        if part[at] == ")":
            return tuple(choices), at + 1
        at += 1


@cache
def _folded_word(word: str) -> str:
    """Fold a wording; a space at its edge stays, for it may part two words of an English cue."""
    normal = normalise(word).text.translate(_KATAKANA)
    return _SPACE_BESIDE_WIDE.sub("", normal)
