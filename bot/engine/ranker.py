"""Ranks every answer for a message: which service, which side of it, and how sure.

A key is ``service.topic`` or ``phrase:<id>``. Two linear classifiers share what all services have in
common: one names the service, one the topic, so 「必要なものは」 is learnt once for all services. A third
score, the likeness to the nearest examples, rewards what was said before in nearly the same words and
shows when a message is unlike anything known. Whether the best answer is right is a probability of its
own, fitted on messages that the classifiers had not seen.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bot.engine.arrays import save_arrays
from bot.engine.features import Vectoriser

_COST = 0.5
_TOLERANCE = 0.1  # tighter costs a third more time and changes no answer
_SHARPNESS = 4.0  # margins of a linear SVM to log-odds
_LIKENESS = 3.0  # weight of the nearest examples beside the two log-probabilities
_NEAREST = np.array([0.6, 0.25, 0.15], dtype=np.float32)
_HELD_OUT = 5  # every fifth example of a key is kept back to fit the confidence
_HIDDEN = 8  # every eighth service is hidden while it is fitted: what the counter does not know
_UNKNOWN_SHARE = 0.1  # how much of the messages is taken to be about something unknown
_VERBATIM = 0.999  # cosine from which a message is one of the examples
_CERTAIN = 10.0
_PHRASE = "phrase:"
_NEUTRAL = np.array([[0.0, 1.0], [0.0, 1.0]])

Grams = tuple[list[str], ...]


@dataclass(frozen=True)
class Ranked:
    """One answer; ``score`` is its share among all answers, 0 to 1."""

    key: str
    score: float


@dataclass(frozen=True)
class Ranking:
    """Answers, best first; the probabilities that the first one is right, and that its service is."""

    answers: tuple[Ranked, ...]
    confidence: float
    service_confidence: float
    likeness: float


@dataclass(frozen=True)
class _Linear:
    """A one-vs-rest linear classifier: ``weights`` has shape (grams, classes)."""

    names: list[str]
    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def fit(cls, rows: sparse.csr_matrix, labels: list[str]) -> _Linear:
        names = sorted(set(labels))
        if len(names) == 1:
            return cls(names, np.zeros((rows.shape[1], 1), np.float32), np.zeros(1, np.float32))
        model = LinearSVC(C=_COST, tol=_TOLERANCE, random_state=0).fit(
            rows, [names.index(x) for x in labels]
        )
        weights, bias = model.coef_.T, model.intercept_
        if len(names) == 2:
            weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
        return cls(names, np.ascontiguousarray(weights, np.float32), bias.astype(np.float32))

    def log_probabilities(self, rows: sparse.csr_matrix) -> np.ndarray:
        scores = _SHARPNESS * (rows @ self.weights + self.bias)
        return scores - _log_sum_exp(scores)


class Ranker:
    """A fitted ranking of all answers; :meth:`rank` is pure and thread safe."""

    def __init__(
        self,
        vectoriser: Vectoriser,
        examples: sparse.csr_matrix,
        example_keys: list[str],
        service: _Linear,
        topic: _Linear,
        calibration: np.ndarray,
    ) -> None:
        """Take the parts; use :meth:`fit` or :meth:`load`."""
        self._vectoriser = vectoriser
        self._examples = examples
        # Gram by example: a message then touches only the columns of its own grams.
        self._grams_by_example = examples.T.tocsr()
        self._example_keys = example_keys
        self._service, self._topic = service, topic
        self._calibration = calibration
        self._keys = sorted(set(example_keys))
        number = {key: i for i, key in enumerate(self._keys)}
        self._of_example = np.array([number[key] for key in example_keys])
        self._service_column = np.array([service.names.index(service_of(k)) for k in self._keys])
        self._topic_column = np.array([topic.names.index(topic_of(k)) for k in self._keys])

    @classmethod
    def fit(cls, messages: Sequence[Grams], keys: Sequence[str]) -> Ranker:
        """Fit on example messages and the key of each."""
        calibration = _calibrate(messages, list(keys))
        return cls._fit_parts(messages, list(keys), calibration)

    @classmethod
    def _fit_parts(
        cls, messages: Sequence[Grams], keys: list[str], calibration: np.ndarray
    ) -> Ranker:
        vectoriser = Vectoriser.fit(messages)
        rows = vectoriser.transform(messages)
        service = _Linear.fit(rows, [service_of(key) for key in keys])
        topic = _Linear.fit(rows, [topic_of(key) for key in keys])
        return cls(vectoriser, rows, keys, service, topic, calibration)

    def rank(self, message: Grams, top: int = 10) -> Ranking:
        """Rank the answers for one message."""
        return self.rank_all([message], top)[0]

    def rank_all(self, messages: Sequence[Grams], top: int = 10) -> list[Ranking]:
        """Rank the answers for each message; a message without any known gram has none."""
        rankings = []
        for shares, likeness in zip(*self._judged(messages)):
            best = np.argsort(-shares)[:top] if likeness.any() else []
            answers = tuple(Ranked(self._keys[i], round(float(shares[i]), 4)) for i in best)
            odds = np.sum(self._calibration * self._evidence(shares), axis=1)
            sure = 1 / (1 + np.exp(-odds)) if answers else np.zeros(2)
            key_sure, service_sure = (round(float(p), 4) for p in sure)
            rankings.append(
                Ranking(answers, key_sure, service_sure, round(float(likeness.max()), 4))
            )
        return rankings

    def _evidence(self, shares: np.ndarray) -> np.ndarray:
        """Return what speaks for the best answer and for its service, shape (2, 2).

        Each row holds a constant and the log-odds of the share: of the answer, of all the service's.
        """
        best = int(np.argmax(shares))
        together = shares[self._service_column == self._service_column[best]].sum()
        both = np.clip(np.array([shares[best], together], np.float64), 1e-6, 1 - 1e-6)
        return np.stack([np.ones(2), np.log(both / (1 - both))], axis=1)

    def _judged(self, messages: Sequence[Grams]) -> tuple[np.ndarray, np.ndarray]:
        """Return each answer's share and likeness, both of shape (messages, keys)."""
        rows = self._vectoriser.transform(messages)
        near = [self._likeness(rows[i]) for i in range(rows.shape[0])]
        likeness = np.vstack([average for average, _ in near])
        verbatim = np.vstack([nearest for _, nearest in near]) >= _VERBATIM
        scores = (
            self._service.log_probabilities(rows)[:, self._service_column]
            + self._topic.log_probabilities(rows)[:, self._topic_column]
            + _LIKENESS * likeness
            + _CERTAIN * verbatim
        )
        return np.exp(scores - _log_sum_exp(scores)), likeness

    def _likeness(self, row: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
        """Return, per key, the weighted cosine of its three nearest examples, and the nearest one."""
        near = (row @ self._grams_by_example).tocoo()
        order = np.lexsort((-near.data, self._of_example[near.col]))
        groups, cosines = self._of_example[near.col][order], near.data[order]
        starts = np.searchsorted(groups, np.arange(len(self._keys)))
        sizes = np.diff(np.append(starts, len(groups)))
        sums = np.zeros(len(self._keys), np.float32)
        nearest = np.zeros(len(self._keys), np.float32)
        nearest[sizes > 0] = cosines[starts[sizes > 0]]
        for place, weight in enumerate(_NEAREST):
            there = sizes > place
            sums[there] += weight * cosines[starts[there] + place]
        return sums, nearest

    def save(self, folder: Path) -> None:
        """Write everything below ``folder``, without pickles."""
        self._vectoriser.save(folder)
        sparse.save_npz(folder / "examples.npz", self._examples)
        save_arrays(
            folder / "weights.npz",
            service=self._service.weights,
            service_bias=self._service.bias,
            topic=self._topic.weights,
            topic_bias=self._topic.bias,
            calibration=self._calibration,
        )
        names = {
            "examples": self._example_keys,
            "service": self._service.names,
            "topic": self._topic.names,
        }
        (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Ranker:
        """Read what :meth:`save` wrote."""
        names = json.loads((folder / "names.json").read_text("utf-8"))
        with np.load(folder / "weights.npz") as weights:
            return cls(
                Vectoriser.load(folder),
                sparse.load_npz(folder / "examples.npz"),
                names["examples"],
                _Linear(names["service"], weights["service"], weights["service_bias"]),
                _Linear(names["topic"], weights["topic"], weights["topic_bias"]),
                weights["calibration"],
            )


def service_of(key: str) -> str:
    """Return the service of a key; a phrase is its own service."""
    return key if key.startswith(_PHRASE) else key.split(".")[0]


def topic_of(key: str) -> str:
    """Return the topic of a key; a phrase is its own topic."""
    return key if key.startswith(_PHRASE) else key.split(".", 1)[1]


def _calibrate(messages: Sequence[Grams], keys: list[str]) -> np.ndarray:
    """Fit both confidences on held-out examples and hidden services (Platt 1999), shape (2, 2).

    An example of a hidden service stands for a message about something that the counter does not
    know: whatever it is answered is wrong.
    """
    hidden, held_out = _hidden_services(keys), _held_out(keys)
    unknown = np.array([service_of(key) in hidden for key in keys])
    inside, outside = np.flatnonzero(~held_out & ~unknown), np.flatnonzero(held_out)
    if len(outside) == 0:
        return _NEUTRAL
    fitted = Ranker._fit_parts([messages[i] for i in inside], [keys[i] for i in inside], _NEUTRAL)
    shares, _ = fitted._judged([messages[i] for i in outside])
    evidence = np.stack([fitted._evidence(row) for row in shares])
    best = [fitted._keys[i] for i in shares.argmax(axis=1)]
    truth = [keys[i] for i in outside]
    weights = _weights(unknown[outside])
    return np.stack(
        [
            _platt(evidence[:, 0], [b == t for b, t in zip(best, truth)], weights),
            _platt(
                evidence[:, 1],
                [service_of(b) == service_of(t) for b, t in zip(best, truth)],
                weights,
            ),
        ]
    )


def _weights(unknown: np.ndarray) -> np.ndarray:
    """Weigh messages about unknown things as they are taken to come in, whatever their number here."""
    shares = np.where(unknown, _UNKNOWN_SHARE, 1 - _UNKNOWN_SHARE)
    counts = np.where(unknown, unknown.sum(), (~unknown).sum())
    return shares / counts * len(unknown)


def _platt(evidence: np.ndarray, right: list[bool], weights: np.ndarray) -> np.ndarray:
    if len(set(right)) < 2:
        return _NEUTRAL[0]
    model = LogisticRegression(fit_intercept=False, C=10.0).fit(evidence, right, weights)
    return np.asarray(model.coef_[0], dtype=np.float64)


def _hidden_services(keys: list[str]) -> set[str]:
    services = sorted({service_of(key) for key in keys if not key.startswith(_PHRASE)})
    return set(services[_HIDDEN // 2 :: _HIDDEN])


def _held_out(keys: list[str]) -> np.ndarray:
    """Choose every fifth example of each key, never all of a key's examples."""
    seen: Counter[str] = Counter()
    chosen = np.zeros(len(keys), dtype=bool)
    for place, key in enumerate(keys):
        seen[key] += 1
        chosen[place] = seen[key] % _HELD_OUT == 0
    return chosen


def _log_sum_exp(scores: np.ndarray) -> np.ndarray:
    highest = scores.max(axis=1, keepdims=True)
    return highest + np.log(np.exp(scores - highest).sum(axis=1, keepdims=True))
