"""How alike two questions are, and all pairs that are, without comparing each with each.

Questions are sets of grams; two are as alike as their Jaccard index. The join is the prefix filter of
Bayardo, Ma and Srikant (Scaling up all pairs similarity search, WWW 2007): grams are ordered from rare
to common, and two sets that are alike enough must share one of their first few, so only those are
indexed. The cost follows the number of texts with a rare gram in common, not the square of all texts.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

_FIRST_KATAKANA, _LAST_KATAKANA, _TO_HIRAGANA = 0x30A1, 0x30F6, -0x60
_HIRAGANA = {c: c + _TO_HIRAGANA for c in range(_FIRST_KATAKANA, _LAST_KATAKANA + 1)}
_SPACED = ("en", "vi", "tl")


def fold(text: str, endings: Sequence[str] = ()) -> str:
    """Drop what makes no difference: width, case, kana script, punctuation, spaces, ``endings``."""
    plain = _plain(text)
    cut = True
    while cut:
        cut = False
        for ending in endings:
            if plain.endswith(ending) and len(plain) > len(ending):
                plain, cut = plain.removesuffix(ending), True
    return plain


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).lower().translate(_HIRAGANA)
    return "".join(c for c in folded if c.isalnum())


def same_key(text: str) -> str:
    """Return what two texts share that differ only in width, case or spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def grams(text: str, locale: str, endings: Sequence[str] = ()) -> frozenset[str]:
    """Return words and pairs of words where words are spaced, else pairs of characters."""
    if locale in _SPACED:
        words = [_plain(word) for word in text.split()]
        return frozenset(words) | {f"{a} {b}" for a, b in zip(words, words[1:])}
    letters = f"\x02{fold(text, endings)}\x03"
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of grams that two sets have in common, from 0 to 1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0


def alike_pairs(sets: Sequence[frozenset[str]], least: float) -> Iterator[tuple[int, int]]:
    """Yield the numbers ``(earlier, later)`` of all sets whose Jaccard index is ``least`` or more."""
    rank = _rarest_first(sets)
    index: dict[str, list[int]] = defaultdict(list)
    for number in sorted(range(len(sets)), key=lambda n: (len(sets[n]), n)):
        mine = sets[number]
        prefix = sorted(mine, key=rank.__getitem__)[: _prefix(len(mine), least)]
        near = {other for gram in prefix for other in index[gram]}
        for gram in prefix:
            index[gram].append(number)
        for other in near:
            long_enough = len(sets[other]) >= least * len(mine)
            if long_enough and jaccard(mine, sets[other]) >= least:
                yield min(number, other), max(number, other)


def _prefix(size: int, least: float) -> int:
    # The small subtraction keeps 0.8 * 5 = 4.000…1 from dropping a pair that is just alike enough.
    return size - math.ceil(least * size - 1e-9) + 1


def _rarest_first(sets: Sequence[frozenset[str]]) -> dict[str, int]:
    counts = Counter(gram for one in sets for gram in one)
    ordered = sorted(counts, key=lambda gram: (counts[gram], gram))
    return {gram: number for number, gram in enumerate(ordered)}
