"""Ranks the entries of a FAQ for a question, by four signals that each lie between 0 and 1.

1. Words: for each word of the question, the entry's best match, exact or near in meaning, weighed as in
   BM25F (a translation model with the maximum instead of the sum, after Berger and Lafferty 1999).
2. Meaning: cosine of averaged word vectors, common words counting less and the common direction taken
   out (SIF; Arora, Liang and Ma 2017).
3. Expansion: the words that the shipped scenarios associate with such a question.
4. Reading: three characters of the reading in a row, for kana writing and wrong conversions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from bot.faq.analysis import Analysed, analyse, trigrams
from bot.faq.background import Background, lexical
from bot.faq.postings import Postings
from bot.faq.vectors import WordVectors

_NEAR = 0.3  # cosine below which two words have nothing to do with each other
_NEIGHBOURS = 120
_RESIDENTS = 0.5  # share of the residents' own word statistics in a word's weight
_COMMON = 1e-3  # SIF's a
_CACHED = 4000


@dataclass(frozen=True)
class Weights:
    """How much each signal counts; tuned in bench/faq, measured in docs/faq.md."""

    words: float = 1.0
    meaning: float = 0.2
    expansion: float = 0.7
    reading: float = 0.15
    near: bool = True

    def total(self) -> float:
        """Return what the weights add up to."""
        return self.words + self.meaning + self.expansion + self.reading


DEFAULT = Weights()


@dataclass(frozen=True)
class Index:
    """What is known of the entries; ``vectors`` has shape (entries, 300), unit length or 0."""

    words: Postings
    readings: Postings
    background: Background
    embedding: WordVectors
    frequency: np.ndarray
    vectors: np.ndarray
    common: np.ndarray


@dataclass
class Ranker:
    """Scores every entry of an index; one ranker serves one thread."""

    index: Index
    weights: Weights = DEFAULT
    _matches: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def score(self, question: str) -> np.ndarray:
        """Return the score of every entry, between 0 and 1, shape (entries,)."""
        asked, weights = analyse(question), self.weights
        total = weights.words * self._by_words(asked.terms)
        if weights.meaning:
            total += weights.meaning * self._by_meaning(asked.terms)
        if weights.expansion:
            total += weights.expansion * self._by_expansion(asked)
        if weights.reading:
            total += weights.reading * lexical(self.index.readings, trigrams(asked.reading))
        scores: np.ndarray = np.clip(total / weights.total(), 0.0, 1.0)
        return scores

    def _by_words(self, terms: Sequence[str]) -> np.ndarray:
        found, mass = np.zeros(self.index.words.size), 0.0
        for term, count in Counter(terms).items():
            rare = count * self._rarity(term)
            mass += rare
            texts, weights = self._match(term)
            found[texts] += rare * weights
        return found / (mass or 1.0)

    def _rarity(self, term: str) -> float:
        """Weigh a word by its rarity in the FAQ and in residents' questions.

        A FAQ rarely says いくら or どうやって; by its statistics alone they would weigh most.
        """
        place = self.index.words.place(term)
        most = self.index.words.most()
        here = most if place is None else float(self.index.words.rarity[place])
        return (1 - _RESIDENTS) * here + _RESIDENTS * most * self._residents.get(term, 1.0)

    @cached_property
    def _residents(self) -> dict[str, float]:
        return self.index.background.rarity()

    def _match(self, term: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the entries that hold the term or a word near to it, and how well."""
        if term not in self._matches:
            if len(self._matches) >= _CACHED:
                self._matches.clear()
            self._matches[term] = self._find_matches(term)
        return self._matches[term]

    def _find_matches(self, term: str) -> tuple[np.ndarray, np.ndarray]:
        words = self.index.words
        best = np.zeros(words.size, np.float32)
        for place, closeness in self._near(term) if self.weights.near else ():
            texts, weights = words.of_place(place)
            best[texts] = np.maximum(best[texts], closeness**2 * weights)
        exact = words.place(term)
        if exact is not None:
            texts, weights = words.of_place(exact)
            best[texts] = np.maximum(best[texts], weights)
        holding = np.flatnonzero(best)
        return holding, best[holding]

    def _near(self, term: str) -> list[tuple[int, float]]:
        row = int(self.index.embedding.rows_of([term])[0])
        if row < 0:
            return []
        used, rows = self._vocabulary
        likeness = _products(rows, self.index.embedding.table[row].astype(np.float32))[used]
        near = np.flatnonzero(likeness > _NEAR)
        near = near[np.argsort(-likeness[near], kind="stable")][:_NEIGHBOURS]
        return [(int(place), float(likeness[place])) for place in near]

    @cached_property
    def _vocabulary(self) -> tuple[np.ndarray, np.ndarray]:
        """Return, for each word of the FAQ, its place among the distinct rows, and these rows.

        Many words share a row; the last place is a row of zeros, for words without a vector.
        """
        rows = self.index.embedding.rows_of(self.index.words.terms)
        distinct = np.unique(rows[rows >= 0])
        places = np.where(rows >= 0, np.searchsorted(distinct, rows), len(distinct))
        table = self.index.embedding.table[distinct].astype(np.float32)
        return places, np.vstack([table, np.zeros((1, table.shape[1]), np.float32)])

    def _by_meaning(self, terms: Sequence[str]) -> np.ndarray:
        vector = average([terms], self.index.embedding, self.index.frequency)
        cosine = _products(self.index.vectors, without(vector, self.index.common)[0])
        similar: np.ndarray = np.clip(cosine, 0.0, 1.0)
        return similar

    def _by_expansion(self, asked: Analysed) -> np.ndarray:
        words = self.index.words
        found, mass = np.zeros(words.size), 0.0
        for term, weight in self.index.background.expand(asked).items():
            mass += weight * words.most()
            place = words.place(term)
            if place is not None:
                texts, weights = words.of_place(place)
                found[texts] += weight * words.rarity[place] * weights
        return found / (mass or 1.0)


def average(
    texts: Sequence[Sequence[str]], embedding: WordVectors, frequency: np.ndarray
) -> np.ndarray:
    """Return SIF averages, shape (texts, 300); ``frequency`` is each row's share of all words."""
    averages = np.zeros((len(texts), embedding.table.shape[1]), np.float32)
    for number, terms in enumerate(texts):
        rows = embedding.rows_of(terms)
        rows = rows[rows >= 0]
        shares = (_COMMON / (_COMMON + frequency[rows])).astype(np.float32)
        averages[number] = shares @ embedding.table[rows].astype(np.float32)
    return averages


def without(vectors: np.ndarray, common: np.ndarray) -> np.ndarray:
    """Take the common direction out and make unit length of what is left."""
    left = vectors - np.outer(vectors @ common, common)
    lengths = np.linalg.norm(left, axis=1, keepdims=True)
    unit: np.ndarray = np.where(lengths > 1e-6, left / np.maximum(lengths, 1e-6), 0.0)
    return unit.astype(np.float32)


def _products(rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Return each row times the vector.

    Not by BLAS: it wakes a thread for each core, and on a busy machine their waiting for each other
    took eight times as long as the sum itself.
    """
    products: np.ndarray = np.einsum("ij,j->i", rows, vector)
    return products
