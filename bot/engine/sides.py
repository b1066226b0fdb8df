"""Tells the sides of one service apart by what is said of that service alone.

What all services have in common is the topics' classifier's business. But 「いつもらえる」 asks for the days
of payment of one service and for the waiting time of another: that, only the service's own examples know.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from sklearn.svm import LinearSVC

from bot.engine.arrays import save_arrays

_COST = 0.5
_TOLERANCE = 0.1
_SHARPNESS = 4.0  # margins to log-odds
_OWN_SHARE = 0.3  # how much of what an example speaks for itself must be taken off it
_RARE = 2  # examples of a service that must have a gram before it says anything


class Sides:
    """For each key the margin against the other sides of its service, shape (columns, keys), sparse."""

    def __init__(self, weights: sparse.csr_matrix, bias: np.ndarray, starts: np.ndarray) -> None:
        """Take weights and bias per key (float32) and where the keys of each service begin (int)."""
        self._weights, self._bias, self._starts = weights, bias, starts
        lengths = np.diff(np.append(starts, len(bias)))
        self._group = np.repeat(np.arange(len(starts)), lengths)

    @classmethod
    def fit(
        cls, rows: sparse.csr_matrix, labels: Sequence[str], keys: Sequence[str], owners: np.ndarray
    ) -> Sides:
        """Learn from rows and the key of each; ``keys`` (sorted) have an owner each, its service.

        The rows of a key stand together, in the order of ``keys``.
        """
        starts = np.flatnonzero(np.append(True, owners[1:] != owners[:-1]))
        number = {key: place for place, key in enumerate(keys)}
        places = np.array([number[label] for label in labels])
        bounds = np.searchsorted(places, np.append(starts, len(keys)))
        parts, bias = [], np.zeros(len(keys), np.float32)
        for first, (begin, end) in zip(starts, pairwise(bounds)):
            sides = places[begin:end] - first
            if len(sides) == 0 or sides[0] == sides[-1]:
                continue
            columns, weights, offsets = _fitted(rows[begin:end], sides)
            bias[first : first + len(offsets)] = offsets
            row, side = np.nonzero(weights)
            parts.append((columns[row], side + first, weights[row, side]))
        row, column, value = (np.concatenate(part) for part in zip(*parts)) if parts else ([],) * 3
        shape = (rows.shape[1], len(keys))
        weights = sparse.csr_matrix((value, (row, column)), shape=shape, dtype=np.float32)
        return cls(weights, bias, starts)

    def margins(self, rows: sparse.csr_matrix) -> np.ndarray:
        """Return how far each message is on each key's side, shape (messages, keys)."""
        return np.asarray((rows @ self._weights).toarray() + self._bias)

    def margins_left_out(self, rows: sparse.csr_matrix, places: np.ndarray) -> np.ndarray:
        """Return the margins of examples as if they had not been learnt from, see :class:`Linear`.

        ``places`` are the numbers of their keys; they were learnt from within their own service only.
        """
        margins = self.margins(rows)
        together = self._group[None, :] == self._group[places][:, None]
        signs = np.full_like(margins, -1.0)
        signs[np.arange(len(places)), places] = 1.0
        duals = np.where(together, 2 * _COST * np.maximum(0, 1 - signs * margins), 0.0)
        squares = np.asarray(rows.multiply(rows).sum(axis=1)) + 1.0
        return np.asarray(margins - _OWN_SHARE * signs * duals * squares)

    def log_shares(self, margins: np.ndarray) -> np.ndarray:
        """Return the logarithm of each key's share within its service, shape (messages, keys)."""
        return self.normalised(_SHARPNESS * margins)

    def normalised(self, scores: np.ndarray) -> np.ndarray:
        """Return log-scores as those of shares that add up to 1 within each service."""
        highest = np.maximum.reduceat(scores, self._starts, axis=1)[:, self._group]
        raised = np.exp(scores - highest)
        total = np.add.reduceat(raised, self._starts, axis=1)[:, self._group]
        return np.asarray(scores - highest - np.log(total))

    def highest(self, scores: np.ndarray) -> np.ndarray:
        """Return for each key the highest score within its service."""
        return np.asarray(np.maximum.reduceat(scores, self._starts, axis=1)[:, self._group])

    def save(self, folder: Path) -> None:
        """Write ``sides.npz``."""
        save_arrays(
            folder / "sides.npz",
            **{name: getattr(self._weights, name) for name in ("data", "indices", "indptr")},
            shape=np.array(self._weights.shape),
            bias=self._bias,
            starts=self._starts,
        )

    @classmethod
    def load(cls, folder: Path) -> Sides:
        """Read what :meth:`save` wrote."""
        with np.load(folder / "sides.npz") as arrays:
            parts = arrays["data"], arrays["indices"], arrays["indptr"]
            weights = sparse.csr_matrix(parts, shape=tuple(arrays["shape"]))
            return cls(weights, arrays["bias"], arrays["starts"])


def _fitted(
    rows: sparse.csr_matrix, sides: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the columns that count, their weights (columns, sides), and a bias per side."""
    counts = np.bincount(rows.indices, minlength=rows.shape[1])
    columns = np.flatnonzero(counts >= _RARE)
    model = LinearSVC(C=_COST, tol=_TOLERANCE, random_state=0).fit(rows[:, columns], sides)
    weights, bias = model.coef_.T, model.intercept_
    if weights.shape[1] == 1:
        weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
    return columns, weights.astype(np.float32), bias.astype(np.float32)
