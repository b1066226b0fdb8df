"""NFKC with a way back: every character of the normalised text knows where it came from.

Residents type half-width kana, full-width digits and composed or decomposed letters; all matching is
done on the normalised text, and offsets (tokens, masked spans) are given in the original.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_INVISIBLE = {"Cf", "Cc", "Cs"}
_HALF_WIDTH_MARKS = "\uff9e\uff9f"
_HANGUL_JAMO = range(0x1100, 0x1200)


@dataclass(frozen=True)
class Normalised:
    """A normalised text; character ``i`` stems from ``original[starts[i]:ends[i]]`` (code points)."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map the half-open span of the normalised text to one of the original."""
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else (self.ends or (0,))[-1]
            return at, at
        return self.starts[start], self.ends[end - 1]


def normalise(original: str) -> Normalised:
    """Apply NFKC and lower case; white space becomes one plain space, invisible characters vanish."""
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(original):
        for character in _normal_form(original[start:end]):
            text.append(character)
            starts.append(start)
            ends.append(end)
    return Normalised("".join(text), tuple(starts), tuple(ends))


def _normal_form(cluster: str) -> str:
    visible = "".join(
        c for c in cluster if c.isspace() or unicodedata.category(c) not in _INVISIBLE
    )
    folded = unicodedata.normalize("NFKC", visible).lower()
    # Lower case may decompose again (İ), and NFKC gives U+00B4 and others a leading space.
    composed = unicodedata.normalize("NFC", folded)
    return "".join(" " if c.isspace() else c for c in composed)


def _clusters(text: str) -> list[tuple[int, int]]:
    """Cut where NFKC cannot combine across: a base character with the marks that follow it."""
    cuts = [i for i in range(len(text)) if i == 0 or not _joins(text[i - 1], text[i])]
    return list(zip(cuts, [*cuts[1:], len(text)]))


def _joins(before: str, character: str) -> bool:
    if unicodedata.combining(character) or character in _HALF_WIDTH_MARKS:
        return True
    return ord(character) in _HANGUL_JAMO and ord(before) in _HANGUL_JAMO
