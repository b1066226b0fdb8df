"""Which texts hold a term, and how much it says about each: BM25F without the idf, column by column.

Simple BM25 extension to multiple weighted fields (Robertson, Zaragoza and Taylor 2004).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

_K1 = 1.2


@dataclass(frozen=True)
class Field:
    """A part of every text: its terms, how much it counts, how far its length is evened out."""

    texts: Sequence[Sequence[str]]
    weight: float = 1.0
    evened: float = 0.5


@dataclass(frozen=True)
class Postings:
    """``texts[starts[i]:starts[i + 1]]`` hold term ``i``, with ``weights`` in (0, 1)."""

    terms: tuple[str, ...]
    starts: np.ndarray
    texts: np.ndarray
    weights: np.ndarray
    size: int

    @classmethod
    def of(cls, fields: Sequence[Field]) -> Postings:
        """Index the fields of the same texts."""
        size = len(fields[0].texts)
        found: dict[str, dict[int, float]] = {}
        for field in fields:
            mean = sum(map(len, field.texts)) / max(1, size) or 1.0
            for number, terms in enumerate(field.texts):
                share = field.weight / (1 - field.evened + field.evened * len(terms) / mean)
                for term, count in Counter(terms).items():
                    places = found.setdefault(term, {})
                    places[number] = places.get(number, 0.0) + share * count
        terms = sorted(found)
        lengths = [len(found[term]) for term in terms]
        total = sum(lengths)
        texts = np.fromiter((n for term in terms for n in sorted(found[term])), np.int32, total)
        counts = (found[term][n] for term in terms for n in sorted(found[term]))
        amounts = np.fromiter(counts, np.float32, total)
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return cls(tuple(terms), starts, texts, amounts / (_K1 + amounts), size)

    @cached_property
    def rarity(self) -> np.ndarray:
        """Return each term's idf, shape (terms,), never below 0 (Robertson and Zaragoza 2009)."""
        holding = np.diff(self.starts)
        return np.log1p((self.size - holding + 0.5) / (holding + 0.5)).astype(np.float32)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {term: place for place, term in enumerate(self.terms)}

    def place(self, term: str) -> int | None:
        """Return where a term stands, None for one that no text holds."""
        return self._places.get(term)

    def of_place(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the texts that hold the term at a place, and its weight in each."""
        span = slice(self.starts[place], self.starts[place + 1])
        return self.texts[span], self.weights[span]

    def most(self) -> float:
        """Return the idf of a term that no text holds."""
        return float(np.log1p((self.size + 0.5) / 0.5))
