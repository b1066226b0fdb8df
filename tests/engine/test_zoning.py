"""What the counter must not answer by itself, and how likely that is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sparse

from bot.engine.zoning import NOT_ZONED, ZONES, Zoning

ZONE_OF = {"act": "red", "records": "red", "life": "emergency", "complaint": "yellow"}
KINDS = ["", "", "act", "records", "life", "complaint"] * 20
BESIDES = np.zeros((len(KINDS), 1))


@pytest.fixture(scope="module")
def rows() -> sparse.csr_matrix:
    """Return messages of which each kind has a column of its own, and all share one."""
    names = ["", *ZONE_OF]
    dense = np.zeros((len(KINDS), len(names) + 1), np.float32)
    dense[np.arange(len(KINDS)), [names.index(kind) for kind in KINDS]] = 1.0
    dense[::3, -1] = 0.4
    return sparse.csr_matrix(dense)


@pytest.fixture(scope="module")
def zoning(rows: sparse.csr_matrix) -> Zoning:
    """Return a fitted and calibrated zoning."""
    fitted = Zoning.fit(rows, KINDS, ZONE_OF)
    fitted.calibrate(rows, KINDS, BESIDES)
    return fitted


def test_each_example_has_its_zone_and_its_kind(rows: sparse.csr_matrix, zoning: Zoning) -> None:
    """The likeliest zone is the true one, and within it the kind."""
    for kind, zoned in zip(KINDS, zoning.judge(rows, BESIDES)):
        best = max(zoned.shares, key=lambda zone: zoned.shares[zone])
        assert best == ZONE_OF.get(kind, "blue")
        assert zoned.kinds.get(best, "") == kind


def test_the_probabilities_of_a_message_add_up(rows: sparse.csr_matrix, zoning: Zoning) -> None:
    """Whatever is thought of a message, it is of one zone."""
    for zoned in zoning.judge(rows, BESIDES):
        assert set(zoned.shares) == set(ZONES)
        assert sum(zoned.shares.values()) == pytest.approx(1.0, abs=1e-3)


def test_what_else_is_known_counts(rows: sparse.csr_matrix) -> None:
    """Where the words tell nothing, the evidence beside them does."""
    same = sparse.csr_matrix(np.ones((len(KINDS), 1), np.float32))
    besides = np.array([[1.0 if kind else -1.0] for kind in KINDS])
    fitted = Zoning.fit(same, KINDS, ZONE_OF)
    fitted.calibrate(same, KINDS, besides)
    blue = [zoned.shares["blue"] for zoned in fitted.judge(same, besides)]

    assert min(b for b, kind in zip(blue, KINDS) if not kind) > 0.5
    assert max(b for b, kind in zip(blue, KINDS) if kind) < 0.5


@pytest.mark.parametrize("kinds", [[""] * 120, ["act"] * 120], ids=["no kind", "nothing else"])
def test_without_examples_of_both_all_is_blue(rows: sparse.csr_matrix, kinds: list[str]) -> None:
    """A ward without examples of zones is left to its cues."""
    fitted = Zoning.fit(rows, kinds, ZONE_OF)
    fitted.calibrate(rows, kinds, BESIDES)

    assert fitted.judge(rows, BESIDES) == [NOT_ZONED] * len(KINDS)


def test_uncalibrated_margins_already_order_the_zones(rows: sparse.csr_matrix) -> None:
    """Before anything is calibrated the clear cases are clear."""
    zoned = Zoning.fit(rows, KINDS, ZONE_OF).judge(rows, BESIDES)

    assert all(z.shares[ZONE_OF.get(k, "blue")] > 0.5 for k, z in zip(KINDS, zoned))


@pytest.mark.parametrize("is_fitted", [True, False], ids=["fitted", "empty"])
def test_a_saved_zoning_judges_the_same(
    rows: sparse.csr_matrix, zoning: Zoning, tmp_path: Path, is_fitted: bool
) -> None:
    """The model carries it."""
    saved = zoning if is_fitted else Zoning.fit(rows, [""] * len(KINDS), {})
    saved.save(tmp_path)

    assert Zoning.load(tmp_path).judge(rows, BESIDES) == saved.judge(rows, BESIDES)
