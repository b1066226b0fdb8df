"""Two calibrated probabilities: that the best answer is right, and that its service is (Platt 1999)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

_NEUTRAL = np.array([[0.0, 1.0, 0, 0, 0, 0, 0, 0], [0.0, 0, 1.0, 0, 0, 0, 0, 0]])


class Confidence:
    """Two logistic models over the evidence of a ranking.

    The evidence is a constant, the log-odds of the answer's share, of its service's, the log-share of the
    best other service, the log-odds that the message is none of the ward's business, the likeness to
    the service's examples, the share of known characters, and the logarithm of the length.
    """

    def __init__(self, weights: np.ndarray) -> None:
        """Take the weights, shape (2, evidence)."""
        self._weights = weights

    @classmethod
    def neutral(cls) -> Confidence:
        """Take the shares for the probabilities: nothing is known that was not learnt from."""
        return cls(_NEUTRAL)

    @classmethod
    def fit(cls, evidence: np.ndarray, right: np.ndarray) -> Confidence:
        """Fit on evidence (messages, 8) and whether answer and service were right (messages, 2)."""
        return cls(np.stack([_platt(evidence, right[:, k], _NEUTRAL[k]) for k in range(2)]))

    def of(self, evidence: np.ndarray) -> np.ndarray:
        """Return both probabilities for each row of evidence, shape (messages, 2)."""
        odds = np.clip(evidence @ self._weights.T, -30, 30)
        return np.asarray(1 / (1 + np.exp(-odds)))

    def save(self, folder: Path) -> None:
        """Write ``confidence.npz``."""
        np.savez(folder / "confidence.npz", weights=self._weights)

    @classmethod
    def load(cls, folder: Path) -> Confidence:
        """Read what :meth:`save` wrote."""
        with np.load(folder / "confidence.npz") as arrays:
            return cls(arrays["weights"])


def _platt(evidence: np.ndarray, right: np.ndarray, neutral: np.ndarray) -> np.ndarray:
    if right.all() or not right.any():
        return neutral
    model = LogisticRegression(fit_intercept=False, C=1.0, max_iter=1000).fit(evidence, right)
    return np.asarray(model.coef_[0], dtype=np.float64)
