"""A one-vs-rest linear classifier that stays small: rare classes share one, rare grams have no weight."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from sklearn.base import clone
from sklearn.linear_model import PassiveAggressiveClassifier
from sklearn.svm import LinearSVC

from bot.engine.arrays import save_arrays
from bot.engine.features import fewest

_COST = 0.5
_EPOCHS = 4
_EXACT = LinearSVC(C=_COST, tol=0.05, random_state=0)
# Passive-aggressive updates (Crammer et al. 2006) come near the support vector machine in a third of its
# time, and on every core: liblinear's random numbers are one for all threads.
_NEAR = PassiveAggressiveClassifier(
    C=_COST,
    loss="squared_hinge",
    max_iter=_EPOCHS,
    tol=None,
    average=True,
    random_state=0,
    n_jobs=-1,
)
_SHARPNESS = 4.0  # margins to log-odds
_FEW = 15  # a class with fewer examples has none of its own once there are many classes
_MANY = 200
_REST = ""
_SHARED = "\0"


class Linear:
    """Classes and their weights, shape (columns with weights, classes)."""

    def __init__(
        self,
        names: list[str],
        columns: np.ndarray,
        weights: np.ndarray,
        bias: np.ndarray,
        shared: Linear | None = None,
    ) -> None:
        """Take the classes' names, the columns that have weights (int), weights and bias (float32).

        Classes of ``shared``, which has the same columns, stand behind them.
        """
        self._own = len(names)
        if shared:
            names = [*names, *shared._names]
            weights = np.hstack([weights, shared._weights])
            bias = np.append(bias, shared._bias)
        self._names: list[str] = names
        self._columns = columns
        self._weights: np.ndarray = weights
        self._bias: np.ndarray = bias
        self.rest = names.index(_REST) if _REST in names else -1
        """The number of the class that stands for all rare ones, -1 if there is none."""
        self._number = {name: number for number, name in enumerate(names)}
        self._place = np.zeros(0, np.int64)

    @classmethod
    def fit(
        cls,
        rows: sparse.csr_matrix,
        labels: Sequence[str],
        known: Linear | None = None,
        *,
        is_exact: bool = False,
    ) -> Linear:
        """Learn to name the label of a row; ``is_exact`` where there are few and each mistake is dear.

        A class that ``known`` has learnt from the same messages is taken from there: to tell it from all
        others is the same question, however the others are called. It may know fewer of the columns.
        """
        labels = _with_rest(labels)
        columns = _common_columns(rows)
        shared = known._only(set(labels) - {_REST}, columns) if known else None
        alike = set(shared._names) if shared else set()
        labels = [_SHARED if label in alike else label for label in labels]
        names = sorted(set(labels))
        weights, bias = _fitted(rows[:, columns], labels, names, is_exact)
        own = [place for place, name in enumerate(names) if name != _SHARED]
        weights = np.ascontiguousarray(weights[:, own], np.float32)
        return cls([names[place] for place in own], columns, weights, bias[own], shared)

    def _only(self, names: set[str], columns: np.ndarray) -> Linear:
        """Return the classes of these names, for columns that contain its own."""
        places = [place for place, name in enumerate(self._names) if name in names]
        found = [self._names[place] for place in places]
        weights = np.zeros((len(columns), len(places)), np.float32)
        weights[np.searchsorted(columns, self._columns)] = self._weights[:, places]
        return Linear(found, columns, weights, self._bias[places])

    def columns_of(self, labels: Iterable[str]) -> np.ndarray:
        """Return the number of the class that stands for each label."""
        return np.array([self._number.get(label, self.rest) for label in labels])

    def margins(self, rows: sparse.csr_matrix) -> np.ndarray:
        """Return how far each row is on each class' side, shape (messages, classes)."""
        return np.asarray(self._weighted(rows) + self._bias)

    def margins_left_out(
        self, rows: sparse.csr_matrix, labels: Iterable[str], share: float
    ) -> np.ndarray:
        """Return the margins that the model's own examples would have had it not learnt from them.

        The dual variable of an example times its squared length bounds by how much its margin would
        fall (Jaakkola and Haussler 1999); ``share`` is how far within the bound it falls, as measured.
        """
        margins = self.margins(rows)
        signs = np.full_like(margins, -1.0)
        signs[np.arange(len(signs)), self.columns_of(labels)] = 1.0
        duals = 2 * _COST * np.maximum(0, 1 - signs * margins)
        squares = np.asarray(rows.multiply(rows).sum(axis=1)) + 1.0
        return np.asarray(margins - share * signs * duals * squares)

    def _weighted(self, rows: sparse.csr_matrix) -> np.ndarray:
        if len(self._place) != rows.shape[1]:
            place = np.full(rows.shape[1], -1, np.int64)
            place[self._columns] = np.arange(len(self._columns))
            self._place = place
        places = self._place[rows.indices]
        values = np.where(places >= 0, rows.data, 0)
        shape = (rows.shape[0], len(self._columns))
        kept = sparse.csr_matrix((values, np.maximum(places, 0), rows.indptr), shape=shape)
        return np.asarray(kept @ self._weights)

    def save(self, folder: Path, name: str) -> None:
        """Write ``<name>.npz`` and ``<name>.json``; of shared classes only which they are."""
        names = {"own": self._names[: self._own], "shared": self._names[self._own :]}
        (folder / f"{name}.json").write_text(json.dumps(names, ensure_ascii=False), "utf-8")
        save_arrays(
            folder / f"{name}.npz",
            columns=self._columns,
            weights=self._weights[:, : self._own],
            bias=self._bias[: self._own],
        )

    @classmethod
    def load(cls, folder: Path, name: str, known: Linear | None = None) -> Linear:
        """Read what :meth:`save` wrote; ``known`` is what it was fitted with."""
        names = json.loads((folder / f"{name}.json").read_text("utf-8"))
        with np.load(folder / f"{name}.npz") as arrays:
            parts = (arrays["columns"], arrays["weights"], arrays["bias"])
        shared = known._only(set(names["shared"]), parts[0]) if known else None
        return cls(names["own"], *parts, shared)


def _fitted(
    rows: sparse.csr_matrix, labels: Sequence[str], names: list[str], is_exact: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights (columns, names) that tell each label from the others, and a bias for each."""
    if len(names) == 1:
        return np.zeros((rows.shape[1], 1)), np.zeros(1)
    number = {name: place for place, name in enumerate(names)}
    model = _EXACT if is_exact else _NEAR
    model = clone(model).fit(rows.astype(np.float64), [number[label] for label in labels])
    weights, bias = model.coef_.T, model.intercept_
    if len(names) == 2:
        weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
    return weights, bias


def _with_rest(labels: Sequence[str]) -> list[str]:
    """Put rare labels together if there are many: a class costs time and memory, each example little."""
    counts = Counter(labels)
    if len(counts) <= _MANY:
        return list(labels)
    return [label if counts[label] >= _FEW else _REST for label in labels]


def _common_columns(rows: sparse.csr_matrix) -> np.ndarray:
    """Leave out grams that few examples have, once there are thousands: nothing is learnt from them."""
    counts = np.bincount(rows.indices, minlength=rows.shape[1])
    return np.flatnonzero(counts >= fewest(rows.shape[0]))


def log_shares(margins: np.ndarray) -> np.ndarray:
    """Return the logarithm of each class' share of a message, shape (messages, classes)."""
    scores = _SHARPNESS * margins
    highest = scores.max(axis=1, keepdims=True)
    total = np.log(np.exp(scores - highest).sum(axis=1, keepdims=True))
    return np.asarray(scores - highest - total)
