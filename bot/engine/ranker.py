"""Ranks every answer for a message: which service, which side of it, and how sure.

A key is ``service.topic`` or ``<prefix>:<id>``. Two linear classifiers share what all services have in
common: one names the service, one the topic, so 「必要なものは」 is learnt once for all services; a third
tells the topics of one service apart. The likeness to the nearest examples rewards what was said before
in nearly the same words and shows when a message is unlike anything known. How the parts were chosen:
docs/understanding.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse as sparse

from bot.engine.confidence import Confidence
from bot.engine.features import Grams, Vectoriser, kana_share
from bot.engine.likeness import Likeness
from bot.engine.linear import Linear, log_shares
from bot.engine.names import OUT_OF_SCOPE, SUBJECT_MISSING
from bot.engine.scope import Scope
from bot.engine.sides import Sides
from bot.engine.vectors import WordVectors
from bot.engine.zoning import NO_ZONES, NOT_ZONED, Zoned, ZoneExamples, Zoning

PHRASE = "phrase:"
_ELLIPTIC = PHRASE + SUBJECT_MISSING  # asks for a side of some service without naming it
_OUTSIDE = PHRASE + OUT_OF_SCOPE

_VERBATIM = 0.999  # cosine from which a message is one of the examples
_CERTAIN = 10.0
_RECENT = 1.5  # log-odds by which the service just discussed is likelier than another
# How much of what an example speaks for itself must be taken off it: docs/understanding.md.
_OWN_SERVICE, _OWN_TOPIC = 0.2, 0.4
_OWN_WORDS = 0.6  # weight of what is known of one service's sides, beside what is known of all
_SHARP = 20.0  # of likeness, to tell apart services that are known by a few examples alone
_ENOUGH = 4000  # examples to fit some twenty weights on; with 2000 they differ from model to model


@dataclass(frozen=True)
class Ranked:
    """One answer; ``score`` is its share among all answers, 0 to 1."""

    key: str
    score: float


@dataclass(frozen=True)
class Ranking:
    """Answers, best first; the probabilities that the first one is right, and that its service is.

    ``subject`` is the share that says that the message itself names what it is about, ``outside`` the
    probability that it is none of the ward's business, ``likeness`` the cosine to the nearest example,
    ``known`` how much of its writing any example has; all 0 to 1. ``zone`` says what the counter must not
    answer by itself.
    """

    answers: tuple[Ranked, ...]
    confidence: float
    service_confidence: float
    likeness: float
    subject: float = 1.0
    outside: float = 0.0
    known: float = 1.0
    zone: Zoned = NOT_ZONED

    @property
    def has_subject(self) -> bool:
        """Tell whether the message names what it is about, rather than leaving that to what was said."""
        return self.subject >= 0.5


class _Judgement(NamedTuple):
    """Of one message: log-score and likeness per key, margin per class of service and of no business."""

    scores: np.ndarray
    margins: np.ndarray
    likeness: np.ndarray
    outside: float


_NOTHING = Ranking((), 0.0, 0.0, 0.0, subject=0.0, outside=0.0, known=0.0)


class Ranker:
    """A fitted ranking of all answers; :meth:`rank` is pure and thread safe."""

    def __init__(
        self,
        vectoriser: Vectoriser,
        likeness: Likeness,
        service: Linear,
        topic: Linear,
        sides: Sides,
        scope: Scope,
        confidence: Confidence,
        zoning: Zoning,
    ) -> None:
        """Take the parts; use :meth:`fit` or :meth:`load`."""
        self._vectoriser, self._likeness = vectoriser, likeness
        self._service, self._topic, self._sides = service, topic, sides
        self._scope, self._confidence, self._zoning = scope, confidence, zoning
        self._keys = self.keys = likeness.keys
        self._services = np.array([service_of(key) for key in self._keys])
        self._service_column = service.columns_of(self._services)
        self._topic_column = topic.columns_of([topic_of(key) for key in self._keys])
        self._few = self._service_column == service.rest
        self._elliptic = self._services == _ELLIPTIC
        self._outside = self._services == _OUTSIDE
        self._phrases = np.array([":" in key for key in self._keys]) & ~self._outside
        self._inside_columns = np.unique(self._service_column[~self._outside])

    @classmethod
    def fit(
        cls,
        messages: Sequence[Grams],
        keys: Sequence[str],
        meaning: WordVectors | None = None,
        zones: ZoneExamples = NO_ZONES,
    ) -> Ranker:
        """Fit on example messages and the key of each; without ``meaning`` on GiNZA's word vectors.

        ``zones`` are messages that no key answers: only the zoning learns from them.

        Raises:
            FileNotFoundError: GiNZA's word vectors are wanted and not installed.

        """
        meaning = WordVectors.of_ginza() if meaning is None else meaning
        # Those of a key together, as the index of likeness wants them.
        order = sorted(range(len(keys)), key=lambda place: keys[place])
        messages, keys = [messages[place] for place in order], [keys[place] for place in order]
        vectoriser, every = Vectoriser.fit([*messages, *zones.messages], meaning)
        rows = every[: len(keys)]
        left_out = np.arange(0, len(keys), 1 + len(keys) // _ENOUGH)
        with ThreadPoolExecutor(1) as other_core:
            likeness = Likeness.of(rows[:, : vectoriser.grams], keys)
            beside = other_core.submit(
                likeness.of_rows, rows[left_out, : vectoriser.grams], left_out=left_out
            )
            # How something is said tells no service, and costs the most there.
            service = Linear.fit(rows[:, : vectoriser.plain], [service_of(key) for key in keys])
            topic = Linear.fit(rows, [topic_of(key) for key in keys], service)
            owners = np.array([service_of(key) for key in likeness.keys])
            sides = Sides.fit(rows, keys, likeness.keys, owners)
            scope = Scope.fit(rows, np.array([key == _OUTSIDE for key in keys]))
            zoning = Zoning.fit(every, [*[""] * len(keys), *zones.kinds], zones.zone_of)
            nearest = beside.result()
        parts = vectoriser, likeness, service, topic, sides, scope
        ranker = cls(*parts, Confidence.neutral(), zoning)
        judged = ranker._calibrate(messages, rows, keys, left_out, nearest)
        ordinary = [messages[place] for place in left_out], rows[left_out], judged
        ranker._calibrate_zones(zones, every[len(keys) :], *ordinary)
        return ranker

    def rank(self, message: Grams, about: str | None = None, top: int = 10) -> Ranking:
        """Rank the answers for one message; ``about`` is the service that was just discussed.

        A message without a subject of its own is taken to be about that service, another one only if
        it says nothing against it.
        """
        return self.rank_all([message], about, top)[0]

    def rank_all(
        self, messages: Sequence[Grams], about: str | None = None, top: int = 10
    ) -> list[Ranking]:
        """Rank the answers for each message; a message without any known gram has none."""
        rows = self._vectoriser.transform(messages)
        judged = self._judged(rows)
        zones = self._zoning.judge(rows, self._besides(messages, judged))
        return [
            replace(
                self._ranking(message, judgement, about, top),
                # Word for word an ordinary example, it is none of a zone.
                zone=NOT_ZONED if judgement.likeness.max(initial=0.0) >= _VERBATIM else zone,
            )
            if grams
            else _NOTHING
            for message, grams, judgement, zone in zip(
                messages, np.diff(rows.indptr), judged, zones
            )
        ]

    def _judged(self, rows: sparse.csr_matrix) -> list[_Judgement]:
        service, topic = self._service.margins(rows), self._topic.margins(rows)
        likeness = self._likeness.of_rows(rows[:, : self._vectoriser.grams])
        scores = self._scores(service, topic, self._sides.margins(rows), likeness)
        scores += _CERTAIN * (likeness >= _VERBATIM)
        return list(map(_Judgement, scores, service, likeness, self._scope.margins(rows)))

    def _besides(
        self, messages: Sequence[Grams], judged: Sequence[_Judgement], *, are_examples: bool = False
    ) -> np.ndarray:
        """Return what else tells a zone, shape (messages, 8).

        How far a phrase of the bot was meant, and what is no business of the ward; how clearly a service
        is asked for, and how far before all others; how like the message is to any example, how much of
        its writing is known, how long it is, and how much of it is kana.
        """
        shares = [_softmax(judgement.scores) for judgement in judged]
        return np.array(
            [
                (
                    _log_odds(share[self._phrases].sum()),
                    judgement.outside,
                    *self._clearest(judgement.margins),
                    judgement.likeness.max(initial=0.0),
                    self._vectoriser.known_share(message, is_example=are_examples),
                    np.log1p(len(message.characters)),
                    kana_share(message),
                )
                for message, judgement, share in zip(messages, judged, shares)
            ]
        ).reshape(len(judged), 8)

    def _clearest(self, margins: np.ndarray) -> tuple[float, float]:
        """Return the greatest margin of a service, and how far it is before the next."""
        first, second = np.sort(np.append(margins[self._inside_columns], (-1.0, -1.0)))[:-3:-1]
        return first, first - second

    def _ranking(
        self, message: Grams, judgement: _Judgement, about: str | None, top: int
    ) -> Ranking:
        shares = _softmax(judgement.scores)
        subject = 1.0 - float(shares[self._elliptic].sum())
        shares = self._continued(judgement.scores, shares, about)
        best = np.argsort(-shares, kind="stable")[:top]
        known = self._vectoriser.known_share(message)
        evidence = self._evidence(message, shares, judgement, known)
        sure = self._confidence.of(evidence[None])[0]
        if len(best) and about and self._services[best[0]] == about:
            sure = _in_context(
                sure, 1.0 - subject, shares[best[0]], shares[self._services == about]
            )
        confidence, service_confidence, outside = sure.tolist()
        return Ranking(
            tuple(Ranked(self._keys[i], round(float(shares[i]), 4)) for i in best),
            confidence=round(confidence, 4),
            service_confidence=round(service_confidence, 4),
            likeness=round(float(judgement.likeness.max()), 4),
            subject=round(subject, 4),
            outside=round(outside, 4),
            known=round(known, 4),
        )

    def _continued(self, scores: np.ndarray, shares: np.ndarray, about: str | None) -> np.ndarray:
        """Return the shares when ``about`` was just discussed.

        What a message without a subject would get goes to the sides of that service, as they fit.
        """
        here = self._services == about if about else np.zeros(len(shares), dtype=bool)
        if not here.any():
            return shares
        elliptic = shares[self._elliptic].sum()
        shares = _softmax(np.where(self._elliptic, -np.inf, scores + _RECENT * here))
        sides = np.zeros_like(shares)
        sides[here] = _softmax(scores[here])
        return elliptic * sides + (1 - elliptic) * shares

    def _scores(
        self, service: np.ndarray, topic: np.ndarray, sides: np.ndarray, likeness: np.ndarray
    ) -> np.ndarray:
        """Return each answer's log-score from margins and likeness, shape (messages, keys).

        A service is as likely as its own class and its likeliest topic make it; within it, both what is
        known of topics and what is known of its sides decide.
        """
        topics = log_shares(topic)[:, self._topic_column]
        within = topics + _OWN_WORDS * self._sides.log_shares(sides)
        scores = log_shares(service)[:, self._service_column] + self._sides.highest(topics)
        scores += self._sides.normalised(within)
        if self._few.any():
            scores[:, self._few] += self._among_few(likeness[:, self._few])
        return np.asarray(scores)

    def _among_few(self, likeness: np.ndarray) -> np.ndarray:
        """Return the log-probabilities within the services that have too few examples for a class."""
        sharp = _SHARP * likeness
        highest = sharp.max(axis=1, keepdims=True)
        return np.asarray(sharp - highest - np.log(np.exp(sharp - highest).sum(1, keepdims=True)))

    def _evidence(
        self, message: Grams, shares: np.ndarray, judgement: _Judgement, known: float
    ) -> np.ndarray:
        """Return what speaks for the best answer and its service, see :data:`EVIDENCE`."""
        margins, likeness = judgement.margins, judgement.likeness
        best = int(np.argmax(shares))
        together = self._services == self._services[best]
        others = shares[~together & ~self._outside].max(initial=0.0)
        return np.array(
            [
                1.0,
                _log_odds(shares[best]),
                _log_odds(shares[together].sum()),
                np.log(max(others, 1e-6)),
                likeness[together].max(),
                known,
                np.log1p(len(message.characters)),
                *self._clearest(margins),
                kana_share(message),
                judgement.outside,
            ]
        )

    def _calibrate(
        self,
        messages: Sequence[Grams],
        rows: sparse.csr_matrix,
        keys: list[str],
        left_out: np.ndarray,
        nearest: np.ndarray,
    ) -> list[_Judgement]:
        """Fit the confidence on the examples at ``left_out`` as if they had not been learnt from."""
        rows, truth = rows[left_out], [keys[place] for place in left_out]
        plain = rows[:, : self._vectoriser.plain]
        service = self._service.margins_left_out(plain, map(service_of, truth), _OWN_SERVICE)
        topic = self._topic.margins_left_out(rows, map(topic_of, truth), _OWN_TOPIC)
        number = {key: place for place, key in enumerate(self._keys)}
        places = np.array([number[key] for key in truth])
        sides = self._sides.margins_left_out(rows, places)
        scores = self._scores(service, topic, sides, nearest)
        evidence, true = [], []
        outside = self._scope.margins_left_out(rows, np.array([key == _OUTSIDE for key in truth]))
        judged = list(map(_Judgement, scores, service, nearest, outside))
        for place, key, judgement in zip(left_out, truth, judged):
            shares = _softmax(judgement.scores)
            best = self._keys[int(np.argmax(shares))]
            known = self._vectoriser.known_share(messages[place], is_example=True)
            evidence.append(self._evidence(messages[place], shares, judgement, known))
            true.append((best == key, service_of(best) == service_of(key), key == _OUTSIDE))
        self._confidence = Confidence.fit(np.array(evidence), np.array(true))
        return judged

    def _calibrate_zones(
        self,
        zones: ZoneExamples,
        zoned: sparse.csr_matrix,
        messages: Sequence[Grams],
        rows: sparse.csr_matrix,
        judged: Sequence[_Judgement],
    ) -> None:
        """Fit the zones' probabilities on ordinary examples and on every few of those of the zones."""
        step = 1 + len(zones.messages) // _ENOUGH
        own, own_rows = zones.messages[::step], zoned[::step]
        if not own:
            return
        every = [*judged, *self._judged(own_rows)]
        besides = self._besides([*messages, *own], every, are_examples=True)
        kinds = [*[""] * len(messages), *zones.kinds[::step]]
        self._zoning.calibrate(sparse.vstack([rows, own_rows]).tocsr(), kinds, besides)

    def save(self, folder: Path) -> None:
        """Write everything below ``folder``, without pickles."""
        self._vectoriser.save(folder)
        self._likeness.save(folder)
        self._service.save(folder, "service")
        self._topic.save(folder, "topic")
        self._sides.save(folder)
        self._scope.save(folder)
        self._confidence.save(folder)
        self._zoning.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Ranker:
        """Read what :meth:`save` wrote."""
        service = Linear.load(folder, "service")
        return cls(
            Vectoriser.load(folder),
            Likeness.load(folder),
            service,
            Linear.load(folder, "topic", service),
            Sides.load(folder),
            Scope.load(folder),
            Confidence.load(folder),
            Zoning.load(folder),
        )


def service_of(key: str) -> str:
    """Return the service of a key; ``<prefix>:<id>`` is its own service."""
    return key if ":" in key else key.split(".")[0]


def topic_of(key: str) -> str:
    """Return the topic of a key; ``<prefix>:<id>`` is its own topic."""
    return key if ":" in key else key.split(".", 1)[1]


def _in_context(sure: np.ndarray, elliptic: float, side: float, service: np.ndarray) -> np.ndarray:
    """Return the probabilities when the best answer is one of the service just discussed.

    As far as the message is ``elliptic`` it is about that service, and each of its sides is as likely as
    its share; for the rest it means what it means by itself.
    """
    given = np.array([side / max(float(service.sum()), 1e-9), 1.0, 0.0])
    return np.asarray(elliptic * given + (1 - elliptic) * sure)


def _log_odds(share: float) -> float:
    return float(np.log(max(share, 1e-6) / max(1 - share, 1e-6)))


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum())
