"""Tells what the counter must not answer by itself: emergency, red and yellow, and the kind within.

One linear classifier names the zone: all that services are asked is blue. Another names the kind, and is
asked only among those of a zone. What the ranking knows besides, such as that a greeting was meant or that
hardly a letter is known, joins the margins in one multinomial logistic model, which gives probabilities.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression

from bot.engine.arrays import save_arrays
from bot.engine.features import Grams
from bot.engine.linear import Linear

BLUE = "blue"
ZONES = (BLUE, "yellow", "red", "emergency")
_OWN_SHARE = (
    0.2  # how much of what an example speaks for itself must be taken off it: docs/zones.md
)
_MIDDLE = 3.0  # margins to log-odds while nothing else is known


@dataclass(frozen=True)
class Zoned:
    """The probability of each zone, and the likeliest kind of each zone but blue."""

    shares: Mapping[str, float]
    kinds: Mapping[str, str]


@dataclass(frozen=True)
class ZoneExamples:
    """Messages with the kind of each, empty where it only looks like one; and the zone of each kind."""

    messages: Sequence[Grams] = ()
    kinds: Sequence[str] = ()
    zone_of: Mapping[str, str] = field(default_factory=dict)


NO_ZONES = ZoneExamples()
NOT_ZONED = Zoned({BLUE: 1.0}, {})


class Zoning:
    """A fitted classifier of zones; without examples of any kind, all is blue."""

    def __init__(
        self, zone: Linear | None, kind: Linear | None, zone_of: Mapping[str, str], odds: np.ndarray
    ) -> None:
        """Take both classifiers, the zone of each kind, and the weights, shape (zones, evidence)."""
        self._zone, self._kind, self._zone_of, self._odds = zone, kind, zone_of, odds
        self._kinds = sorted(zone_of)
        if zone is not None and kind is not None:
            self._zone_columns = zone.columns_of(ZONES)
            self._kind_columns = kind.columns_of(self._kinds)

    @classmethod
    def fit(
        cls, rows: sparse.csr_matrix, kinds: Sequence[str], zone_of: Mapping[str, str]
    ) -> Zoning:
        """Learn from examples and the kind of each, empty where it is none; ``zone_of`` gives its zone."""
        zoned = np.array([bool(kind) for kind in kinds])
        if not zoned.any() or zoned.all():
            return cls(None, None, {}, np.zeros((len(ZONES), 0)))
        zone = Linear.fit(rows, [zone_of.get(kind, BLUE) for kind in kinds], is_exact=True)
        kind = Linear.fit(rows[zoned], [kind for kind in kinds if kind])
        return cls(zone, kind, dict(zone_of), np.zeros((len(ZONES), 0)))

    def calibrate(self, rows: sparse.csr_matrix, kinds: Sequence[str], besides: np.ndarray) -> None:
        """Fit the probabilities on examples as if they had not been learnt from.

        ``besides`` is what else is known of each, shape (examples, any).
        """
        if self._zone is None:
            return
        true = [self._zone_of.get(kind, BLUE) for kind in kinds]
        margins = self._zone.margins_left_out(rows, true, _OWN_SHARE)[:, self._zone_columns]
        model = LogisticRegression(max_iter=1000)
        model.fit(np.hstack([margins, besides]), [ZONES.index(zone) for zone in true])
        self._odds = np.zeros((len(ZONES), model.coef_.shape[1] + 1))
        self._odds[model.classes_] = np.hstack([model.coef_, model.intercept_[:, None]])

    def judge(self, rows: sparse.csr_matrix, besides: np.ndarray) -> list[Zoned]:
        """Return the zones of each message; ``besides`` as in :meth:`calibrate`."""
        if self._zone is None or self._kind is None:
            return [NOT_ZONED] * rows.shape[0]
        margins = self._zone.margins(rows)
        margins = np.where(self._zone_columns >= 0, margins[:, self._zone_columns], -1.0)
        if self._odds.shape[1]:
            odds = np.hstack([margins, besides, np.ones((len(besides), 1))]) @ self._odds.T
        else:
            odds = _MIDDLE * margins
        kinds = self._kind.margins(rows)[:, self._kind_columns]
        return [self._zoned(row, best) for row, best in zip(_softmax(odds), kinds)]

    def _zoned(self, shares: np.ndarray, margins: np.ndarray) -> Zoned:
        best: dict[str, str] = {}
        for place in np.argsort(margins):
            best[self._zone_of[self._kinds[place]]] = self._kinds[place]
        return Zoned({zone: round(float(s), 4) for zone, s in zip(ZONES, shares)}, best)

    def save(self, folder: Path) -> None:
        """Write ``zones.json``, ``zones.npz`` and both classifiers."""
        (folder / "zones.json").write_text(json.dumps(dict(self._zone_of)), "utf-8")
        save_arrays(folder / "zones.npz", odds=self._odds)
        if self._zone is not None and self._kind is not None:
            self._zone.save(folder, "zone")
            self._kind.save(folder, "kind")

    @classmethod
    def load(cls, folder: Path) -> Zoning:
        """Read what :meth:`save` wrote."""
        zone_of = json.loads((folder / "zones.json").read_text("utf-8"))
        names = ("zone", "kind") if zone_of else ()
        zone, kind = [Linear.load(folder, name) for name in names] or (None, None)
        with np.load(folder / "zones.npz") as arrays:
            return cls(zone, kind, zone_of, arrays["odds"])


def _softmax(odds: np.ndarray) -> np.ndarray:
    raised = np.exp(odds - odds.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
