"""Tells the ward's business from all else by one support vector machine of its own.

The classifier of services learns what they differ in; what they have in common, and a novel about a
library has not, is a question of its own.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from sklearn.svm import LinearSVC

from bot.engine.arrays import save_arrays

_COST = 0.3
_OUTSIDE_COUNTS = 5.0  # there are far more things outside than examples of them
_TOLERANCE = 0.1
_OWN_SHARE = 0.2  # how much of what an example speaks for itself must be taken off it


class Scope:
    """The margin by which a message is none of the ward's business; negative where it is."""

    def __init__(self, weights: np.ndarray, bias: float) -> None:
        """Take one weight per column and the bias."""
        self._weights, self._bias = weights, bias

    @classmethod
    def fit(cls, rows: sparse.csr_matrix, outside: np.ndarray) -> Scope:
        """Learn from examples and whether each is outside (bool); without both, all is inside."""
        if outside.all() or not outside.any():
            return cls(np.zeros(rows.shape[1], np.float32), -1.0)
        model = LinearSVC(
            C=_COST,
            class_weight={True: _OUTSIDE_COUNTS, False: 1.0},
            tol=_TOLERANCE,
            random_state=0,
        ).fit(rows, outside)
        return cls(model.coef_[0].astype(np.float32), float(model.intercept_[0]))

    def margins(self, rows: sparse.csr_matrix) -> np.ndarray:
        """Return the margin of each message, shape (messages,)."""
        return np.asarray(rows @ self._weights + self._bias)

    def margins_left_out(self, rows: sparse.csr_matrix, outside: np.ndarray) -> np.ndarray:
        """Return the margins of examples as if they had not been learnt from, see :class:`Linear`."""
        margins, signs = self.margins(rows), np.where(outside, 1.0, -1.0)
        costs = _COST * np.where(outside, _OUTSIDE_COUNTS, 1.0)
        duals = 2 * costs * np.maximum(0, 1 - signs * margins)
        squares = np.asarray(rows.multiply(rows).sum(axis=1)).ravel() + 1.0
        return np.asarray(margins - _OWN_SHARE * signs * duals * squares)

    def save(self, folder: Path) -> None:
        """Write ``scope.npz``."""
        save_arrays(folder / "scope.npz", weights=self._weights, bias=np.array(self._bias))

    @classmethod
    def load(cls, folder: Path) -> Scope:
        """Read what :meth:`save` wrote."""
        with np.load(folder / "scope.npz") as arrays:
            return cls(arrays["weights"], float(arrays["bias"]))
