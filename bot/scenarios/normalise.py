"""NFKC with a way back: every character of the normalised text knows where it came from.

Residents type half-width kana, full-width digits and composed or decomposed letters; all matching is
done on the normalised text, and offsets (tokens, masked spans) are given in the original.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_INVISIBLE = {"Cf", "Cc", "Cs"}
_HALF_WIDTH_MARKS = "\uff9e\uff9f"
# Letters that NFKC may join into one syllable: conjoining, compatibility and half-width jamo.
_JAMO = (range(0x1100, 0x1200), range(0x3131, 0x3190), range(0xFFA0, 0xFFE0))
_SYLLABLES = range(0xAC00, 0xD7A4)
# Nearly all that residents type: each of these characters becomes exactly one, whatever stands beside it.
_PLAIN = re.compile(
    "[\t\n\r\x20-\x7e\u3000-\u3002\u300c-\u300f\u3041-\u3096\u30a1-\u30fa\u30fc"
    "\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]*"
)
_TO_PLAIN = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_TO_PLAIN.update(dict.fromkeys(map(ord, "\t\n\r\u3000"), ord(" ")))


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
    if _PLAIN.fullmatch(original):
        places = range(len(original) + 1)
        return Normalised(
            original.translate(_TO_PLAIN).lower(), tuple(places[:-1]), tuple(places[1:])
        )
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster in _clusters(original):
        for character in _normal_form("".join(original[place] for place in cluster)):
            text.append(character)
            starts.append(cluster[0])
            ends.append(cluster[-1] + 1)
    return Normalised("".join(text), tuple(starts), tuple(ends))


def _normal_form(cluster: str) -> str:
    folded = unicodedata.normalize("NFKC", cluster).lower()
    # Lower case may decompose again (İ), and NFKC gives U+00B4 and others a leading space.
    composed = unicodedata.normalize("NFC", folded)
    return "".join(" " if c.isspace() else c for c in composed)


def _clusters(text: str) -> list[list[int]]:
    """Group the places of visible characters by what NFKC may combine: a base and what follows it."""
    clusters: list[list[int]] = []
    for place, character in enumerate(text):
        if not character.isspace() and unicodedata.category(character) in _INVISIBLE:
            continue
        if clusters and _joins(text[clusters[-1][-1]], character):
            clusters[-1].append(place)
        else:
            clusters.append([place])
    return clusters


def _joins(before: str, character: str) -> bool:
    if unicodedata.combining(character) or character in _HALF_WIDTH_MARKS:
        return True
    return _is_jamo(character) and (_is_jamo(before) or ord(before) in _SYLLABLES)


def _is_jamo(character: str) -> bool:
    return any(ord(character) in block for block in _JAMO)
