"""Search over the published questions: what answers while the dialogue worker cannot.

Okapi BM25 (Robertson and Zaragoza 2009) over character bigrams of the normalised text: no dictionary, no
model file, a few milliseconds in plain Python, so it works whenever the gateway itself does.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.scenarios.model import Catalogue
from bot.scenarios.normalise import normalise

_K1, _B = 1.2, 0.5
_LIKE = 0.99  # the most that a message which merely resembles a question can score
_PARTS = re.compile(r"[・、（）()の]|等")
_SHORT = 2  # letters: shorter names stand in other words, too
_TELLING_SHARE, _TELLING_COUNT = 0.6, 5  # of the questions with a gram: those about one service
_COMMON_SERVICES = 4  # so many are asked with a gram that tells none of them
_ELLIPTIC_LETTERS = 24  # a longer text hardly ever leaves out its subject
_MARKS = re.compile(r"[。、？！?!,.・「」…〜~ー]")
_LATIN = "[a-z\u00c0-\u024f\u1e00-\u1eff]"
_NO_GAP = re.compile(rf"(?<!{_LATIN})\s+|\s+(?!{_LATIN})")
_TELLING_GRAMS = 2  # so many grams name a service together

Postings = list[tuple[int, float]]


@dataclass(frozen=True)
class Hit:
    """One possible answer; ``score`` is 1.0 for a message that is one of the answer's examples."""

    key: str
    score: float


class SearchIndex:
    """An index of (key, question) pairs; several questions may share a key."""

    def __init__(
        self, questions: Iterable[tuple[str, str]], names: Mapping[str, str] | None = None
    ) -> None:
        """Take the questions, and names that mean one service each (name to service)."""
        self._names = dict(names or {})
        self._keys: list[str] = []
        self._postings: dict[str, Postings] = defaultdict(list)
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
        self._services = [key.split(".")[0] for key in self._keys]
        self._sizes = Counter(self._services)
        self._telling = self._telling_grams()
        self._common = self._common_grams()

    def search(self, text: str, top: int = 3, within: str | None = None) -> list[Hit]:
        """Return the best keys, best first; a text without any known gram gives none.

        ``within`` names a service: then only its own answers are looked at, and what stands in all of
        its questions, such as its name, tells nothing.
        """
        grams = set(_grams(text))
        postings = {gram: self._found(gram, within) for gram in grams}
        size = len(self._keys) if within is None else self._sizes[within]
        weights = {gram: _weight(len(found), size) for gram, found in postings.items() if found}
        totals: dict[int, float] = defaultdict(float)
        for gram, weight in weights.items():
            for number, amount in postings[gram]:
                totals[number] += weight * amount
        unseen = math.log1p(2 * size + 1)
        ceiling = sum(weights.get(gram, unseen) for gram in grams) or 1.0
        best: dict[str, float] = {}
        for number, total in totals.items():
            key = self._keys[number]
            best[key] = max(best.get(key, 0.0), min(_LIKE, total / ceiling))
        verbatim = self._verbatim.get(_letters(text), set())
        here = {key for key in verbatim if within is None or key.startswith(f"{within}.")}
        best.update(dict.fromkeys(here, 1.0))
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        return [Hit(key, score) for key, score in ranked[:top]]

    def keys_of(self, text: str) -> frozenset[str]:
        """Return the keys of which a text is a question, word for word."""
        return frozenset(self._verbatim.get(_letters(text), ()))

    def subject_of(self, text: str) -> str | None:
        """Return the service that a text names, or that hardly any other service is asked with."""
        plain = _letters(text)
        called = {self._names[name] for name in _longest(plain, self._names)}
        if called:
            return called.pop() if len(called) == 1 else None
        named = Counter(self._telling[gram] for gram in set(_grams(text)) if gram in self._telling)
        best = named.most_common(2)
        if not best or best[0][1] < _TELLING_GRAMS:
            return None
        return best[0][0] if len(best) == 1 or best[0][1] > best[1][1] else None

    def commonness(self, text: str) -> float:
        """Return how much of a text many services are asked with, 0 to 1; 0 where it names a service.

        A short text that is common through and through, such as 「いくらですか」, has no subject of its own.
        """
        letters = _MARKS.sub("", _letters(text))
        pairs = [letters[i : i + 2] for i in range(len(letters) - 1)]
        if not pairs or len(letters) > _ELLIPTIC_LETTERS or self.subject_of(text):
            return 0.0
        return sum(pair in self._common for pair in pairs) / len(pairs)

    def _common_grams(self) -> frozenset[str]:
        """Return the grams that stand in the questions of several services."""
        common = set()
        for gram, found in self._postings.items():
            services = {self._services[number] for number, _ in found}
            if sum(":" not in service for service in services) >= _COMMON_SERVICES:
                common.add(gram)
        return frozenset(common)

    def _found(self, gram: str, within: str | None) -> Postings:
        found = self._postings.get(gram, [])
        if within is None:
            return found
        return [entry for entry in found if self._services[entry[0]] == within]

    def _telling_grams(self) -> dict[str, str]:
        """Map each gram that tells a service to that service."""
        telling = {}
        for gram, found in self._postings.items():
            if len(found) < _TELLING_COUNT:
                continue
            asked = Counter(self._services[number] for number, _ in found)
            service, count = asked.most_common(1)[0]
            if count >= max(_TELLING_COUNT, _TELLING_SHARE * len(found)) and ":" not in service:
                telling[gram] = service
        return telling


def index_catalogue(catalogue: Catalogue) -> SearchIndex:
    """Index each topic's examples by its key, a phrase's by ``phrase:<id>``, a zone's by ``zone:<id>``."""
    questions = (_topic_questions, _phrase_questions, _zone_questions)
    return SearchIndex([e for of in questions for e in of(catalogue)], _names(catalogue))


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


def _names(catalogue: Catalogue) -> dict[str, str]:
    """Return the names, and their parts, that belong to one service alone."""
    owners: dict[str, set[str]] = defaultdict(set)
    for scenario in catalogue.scenarios.values():
        for name in (*_PARTS.split(scenario.name["ja"]), *scenario.also):
            owners[normalise(name).text].add(scenario.id)
    return {n: min(ids) for n, ids in owners.items() if len(ids) == 1 and len(n) > _SHORT}


def _longest(plain: str, names: Mapping[str, str]) -> list[str]:
    """Return the names in a text, without those that are only a part of a longer one there."""
    found = [name for name in names if name in plain]
    return [n for n in found if not any(n != other and n in other for other in found)]


def _weight(documents: int, size: int) -> float:
    return math.log1p((size - documents + 0.5) / (documents + 0.5))


def _letters(text: str) -> str:
    """Return a text without spaces, but for those that part words in Latin letters: "how we" has no "ww"."""
    return _NO_GAP.sub("", normalise(text).text)


def _grams(text: str) -> Sequence[str]:
    letters = f"\x02{_letters(text)}\x03"
    return [letters[i : i + 2] for i in range(len(letters) - 1)]
