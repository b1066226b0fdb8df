"""What the shipped scenarios teach about residents: which everyday words go with which official ones.

A question is likened to the thousands of questions that the scenarios hold; the words of the services
that it resembles are then searched for as well (query expansion from an external collection, Diaz and
Metzler 2006). はんこのカード brings in 印鑑登録 this way, though the FAQ never says はんこ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.faq.analysis import Analysed, analyse, trigrams
from bot.faq.postings import Field, Postings
from bot.scenarios.model import Catalogue, Topic
from bot.scenarios.rendering import render

_NEAREST = 10
_EXPANSIONS = 15
_KEPT = 40  # terms of a topic
_NAME_TIMES = 5
_READING = 0.3


@dataclass(frozen=True)
class Background:
    """Questions of the scenarios by word and by reading, and the weighted terms of their topics.

    ``topic_of`` has shape (questions,); ``terms`` and ``shares`` have shape (topics, 40), where
    ``terms`` are places in ``vocabulary``.
    """

    words: Postings
    readings: Postings
    topic_of: np.ndarray
    vocabulary: tuple[str, ...]
    terms: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, catalogue: Catalogue, day: date) -> Background:
        """Learn from everything that is published on ``day``, Japanese only."""
        topics = list(catalogue.topics())
        questions = [
            (number, analyse(line))
            for number, topic in enumerate(topics)
            for line in topic.examples.get("ja", ())
        ]
        bags = [_bag(catalogue, topic, day) for topic in topics]
        for number, question in questions:
            bags[number].update(question.terms)
        vocabulary, terms, shares = _characteristic(bags)
        return cls(
            Postings.of([Field([asked.terms for _, asked in questions])]),
            Postings.of([Field([trigrams(asked.reading) for _, asked in questions])]),
            np.array([number for number, _ in questions], np.int32),
            vocabulary,
            terms,
            shares,
        )

    def expand(self, question: Analysed) -> dict[str, float]:
        """Return the terms to search for as well, the most telling with weight 1."""
        likeness = lexical(self.words, question.terms)
        likeness += _READING * lexical(self.readings, trigrams(question.reading))
        nearest = np.argsort(-likeness, kind="stable")[:_NEAREST]
        mass = likeness[nearest] ** 2
        if not mass.any():
            return {}
        weights = np.zeros(len(self.vocabulary))
        for topic, share in zip(self.topic_of[nearest], mass / mass.sum(), strict=True):
            np.add.at(weights, self.terms[topic], share * self.shares[topic])
        best = np.argsort(-weights, kind="stable")[:_EXPANSIONS]
        return {self.vocabulary[i]: float(weights[i] / weights[best[0]]) for i in best}

    def rarity(self) -> dict[str, float]:
        """Return how rare each word is among residents' questions, from 0 to 1."""
        shares = self.words.rarity / self.words.most()
        return dict(zip(self.words.terms, map(float, shares), strict=True))


def lexical(postings: Postings, terms: Iterable[str]) -> np.ndarray:
    """Return the share of the terms that each text holds, by rarity; shape (texts,), from 0 to 1."""
    found = np.zeros(postings.size)
    mass = 0.0
    for term, count in Counter(terms).items():
        place = postings.place(term)
        if place is None:
            mass += count * postings.most()
            continue
        rare = count * postings.rarity[place]
        mass += rare
        texts, weights = postings.of_place(place)
        found[texts] += rare * weights
    return found / (mass or 1.0)


def _bag(catalogue: Catalogue, topic: Topic, day: date) -> Counter[str]:
    scenario = catalogue.scenarios[topic.service]
    answer = topic.answer_on(day)
    bag = Counter[str]()
    name = render(scenario.name, "ja", catalogue.ward, day).text
    for text in (*[name] * _NAME_TIMES, *scenario.also):
        bag.update(analyse(text).terms)
    if answer:
        bag.update(analyse(render(answer.texts, "ja", catalogue.ward, day).text).terms)
    return bag


def _characteristic(
    bags: list[Counter[str]],
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return the terms that set each topic apart, by tf-idf over the topics."""
    spread = Counter(term for bag in bags for term in bag)
    vocabulary = tuple(sorted(spread))
    places: Mapping[str, int] = {term: place for place, term in enumerate(vocabulary)}
    terms = np.zeros((len(bags), _KEPT), np.int32)
    shares = np.zeros((len(bags), _KEPT), np.float32)
    for number, bag in enumerate(bags):
        total = bag.total() or 1
        weighed = {t: c / total * float(np.log1p(len(bags) / spread[t])) for t, c in bag.items()}
        best = sorted(weighed, key=lambda term: (-weighed[term], term))[:_KEPT]
        terms[number, : len(best)] = [places[term] for term in best]
        shares[number, : len(best)] = [weighed[term] for term in best]
    return vocabulary, terms, shares
