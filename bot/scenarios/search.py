"""Search over the published questions: what answers while the dialogue worker cannot.

Okapi BM25 (Robertson and Zaragoza 2009) over character bigrams of the normalised text: no dictionary, no
model file, a few milliseconds in plain Python, so it works whenever the gateway itself does.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.scenarios.model import Catalogue
from bot.scenarios.normalise import normalise

_K1, _B = 1.2, 0.5
_LIKE = 0.99  # the most that a message which merely resembles a question can score


@dataclass(frozen=True)
class Hit:
    """One possible answer; ``score`` is 1.0 for a message that is one of the answer's examples."""

    key: str
    score: float


class SearchIndex:
    """An index of (key, question) pairs; several questions may share a key."""

    def __init__(self, questions: Iterable[tuple[str, str]]) -> None:
        self._keys: list[str] = []
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._verbatim: dict[str, set[str]] = defaultdict(set)
        grams = []
        for key, question in questions:
            self._keys.append(key)
            self._verbatim[_letters(question)].add(key)
            grams.append(Counter(_grams(question)))
        mean = sum(map(Counter.total, grams)) / max(1, len(grams))
        for number, counts in enumerate(grams):
            norm = _K1 * (1 - _B + _B * counts.total() / (mean or 1))
            for gram, count in counts.items():
                self._postings[gram].append((number, count * (_K1 + 1) / (count + norm)))
        self._idf = {gram: self._weight(len(found)) for gram, found in self._postings.items()}

    def _weight(self, documents: int) -> float:
        return math.log1p((len(self._keys) - documents + 0.5) / (documents + 0.5))

    def search(self, text: str, top: int = 3) -> list[Hit]:
        """Return the best keys, best first; a text without any known gram gives none."""
        grams = set(_grams(text))
        totals: dict[int, float] = defaultdict(float)
        for gram in grams:
            for number, weight in self._postings.get(gram, ()):
                totals[number] += self._idf[gram] * weight
        unseen = math.log1p(2 * len(self._keys) + 1)
        ceiling = sum(self._idf.get(gram, unseen) for gram in grams) or 1.0
        best: dict[str, float] = {}
        for number, total in totals.items():
            key = self._keys[number]
            best[key] = max(best.get(key, 0.0), min(_LIKE, total / ceiling))
        best.update(dict.fromkeys(self._verbatim.get(_letters(text), ()), 1.0))
        return [Hit(k, s) for k, s in sorted(best.items(), key=lambda item: (-item[1], item[0]))][
            :top
        ]


def index_catalogue(catalogue: Catalogue) -> SearchIndex:
    """Index each topic's examples by its key, a phrase's by ``phrase:<id>``, a zone's by ``zone:<id>``."""
    questions = (_topic_questions, _phrase_questions, _zone_questions)
    return SearchIndex([entry for of in questions for entry in of(catalogue)])


def _topic_questions(catalogue: Catalogue) -> Iterable[tuple[str, str]]:
    for topic in catalogue.topics():
        for lines in topic.examples.values():
            yield from ((topic.key, line) for line in lines)


def _phrase_questions(catalogue: Catalogue) -> Iterable[tuple[str, str]]:
    for phrase in catalogue.phrases.values():
        for lines in phrase.examples.values():
            yield from ((f"phrase:{phrase.id}", line) for line in lines)


def _zone_questions(catalogue: Catalogue) -> Iterable[tuple[str, str]]:
    for kind in catalogue.zones.kinds.values():
        for lines in kind.examples.values():
            yield from ((f"zone:{kind.id}", line) for line in lines)


def _grams(text: str) -> Sequence[str]:
    framed = f"\x02{_letters(text)}\x03"
    return [framed[i : i + 2] for i in range(len(framed) - 1)]


def _letters(text: str) -> str:
    return "".join(normalise(text).text.split())
