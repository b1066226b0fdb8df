"""Calibrated probabilities (Platt 1999).

That the best answer is right, that its service is, and that a message is none of the ward's business.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from bot.engine.arrays import save_arrays

EVIDENCE = 11
"""What a ranking is judged by: a constant; the log-odds of the best answer's share and of its service's;
the log-share of the best other service; the likeness to the service's examples; the share of known
characters; the logarithm of the length; the margins of the best service and of its lead over the next;
the share of kana (other languages are known by fewer examples); the margin of being none of the ward's
business.
"""
_OUTSIDE = (0, EVIDENCE - 1)  # what tells the latter: the constant and its own margin
_NEUTRAL = np.eye(3, EVIDENCE, 1)
_NEUTRAL[2] = 0.0
_NEUTRAL[2, list(_OUTSIDE)] = (0.0, 4.0)


class Confidence:
    """Three logistic models over the evidence of a ranking."""

    def __init__(self, weights: np.ndarray) -> None:
        """Take the weights, shape (3, evidence)."""
        self._weights = weights

    @classmethod
    def neutral(cls) -> Confidence:
        """Take the shares for the probabilities: nothing is known that was not learnt from."""
        return cls(_NEUTRAL)

    @classmethod
    def fit(cls, evidence: np.ndarray, truth: np.ndarray) -> Confidence:
        """Fit on evidence (messages, evidence) and what was true of each (messages, 3): see the module."""
        columns = (range(EVIDENCE), range(EVIDENCE), _OUTSIDE)
        parts = [_platt(evidence, truth[:, k], list(columns[k]), _NEUTRAL[k]) for k in range(3)]
        return cls(np.stack(parts))

    def of(self, evidence: np.ndarray) -> np.ndarray:
        """Return the three probabilities for each row of evidence, shape (messages, 3)."""
        odds = np.clip(evidence @ self._weights.T, -30, 30)
        return np.asarray(1 / (1 + np.exp(-odds)))

    def save(self, folder: Path) -> None:
        """Write ``confidence.npz``."""
        save_arrays(folder / "confidence.npz", weights=self._weights)

    @classmethod
    def load(cls, folder: Path) -> Confidence:
        """Read what :meth:`save` wrote."""
        with np.load(folder / "confidence.npz") as arrays:
            return cls(arrays["weights"])


def _platt(
    evidence: np.ndarray, true: np.ndarray, columns: list[int], neutral: np.ndarray
) -> np.ndarray:
    if true.all() or not true.any():
        return neutral
    model = LogisticRegression(fit_intercept=False, max_iter=3000).fit(evidence[:, columns], true)
    weights = np.zeros(EVIDENCE)
    weights[columns] = model.coef_[0]
    return weights
