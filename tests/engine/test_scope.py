"""What is none of the ward's business, and how sure that is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sparse

from bot.engine.confidence import EVIDENCE, Confidence
from bot.engine.linear import Linear
from bot.engine.scope import Scope

OUTSIDE = np.array([True, False] * 30)


@pytest.fixture(scope="module")
def rows() -> sparse.csr_matrix:
    """Return sixty messages: what is outside has the first column, some share a third."""
    dense = np.zeros((60, 4), np.float32)
    dense[OUTSIDE, 0] = dense[~OUTSIDE, 1] = 1.0
    dense[::7, 2] = 0.5
    return sparse.csr_matrix(dense)


def test_outside_and_inside_are_told_apart(rows: sparse.csr_matrix) -> None:
    """The margin is positive for what is outside and negative for what is not."""
    margins = Scope.fit(rows, OUTSIDE).margins(rows)

    assert np.array_equal(margins > 0, OUTSIDE)


@pytest.mark.parametrize("outside", [np.zeros(60, bool), np.ones(60, bool)], ids=["none", "all"])
def test_without_an_example_of_both_all_is_inside(
    rows: sparse.csr_matrix, outside: np.ndarray
) -> None:
    """A ward without a background declines nothing for its sake."""
    assert np.all(Scope.fit(rows, outside).margins(rows) == -1.0)


def test_an_example_left_out_is_less_clear(rows: sparse.csr_matrix) -> None:
    """Had it not been learnt from, no example would lie further on its own side."""
    scope, linear = Scope.fit(rows, OUTSIDE), Linear.fit(rows, [str(o) for o in OUTSIDE])
    signs = np.where(OUTSIDE, 1, -1)
    own = np.where(OUTSIDE, 1, 0)
    labels = [str(o) for o in OUTSIDE]

    assert np.all(signs * scope.margins_left_out(rows, OUTSIDE) <= signs * scope.margins(rows))
    before, after = linear.margins(rows), linear.margins_left_out(rows, labels, 0.2)
    places = np.arange(60)
    assert np.all(after[places, own] <= before[places, own])
    assert np.all(after[places, 1 - own] >= before[places, 1 - own])


def test_a_saved_scope_tells_the_same(rows: sparse.csr_matrix, tmp_path: Path) -> None:
    """The model carries it."""
    scope = Scope.fit(rows, OUTSIDE)
    scope.save(tmp_path)

    assert np.array_equal(scope.margins(rows), Scope.load(tmp_path).margins(rows))


def test_confidence_is_right_as_often_as_it_says() -> None:
    """Stated and true shares agree where the evidence allows it."""
    chance = np.random.default_rng(0)
    evidence = chance.normal(size=(4000, EVIDENCE))
    evidence[:, 0] = 1.0
    true = chance.random((4000, 3)) < 1 / (1 + np.exp(-2 * evidence[:, [1, 2, EVIDENCE - 1]]))
    stated = Confidence.fit(evidence, true).of(evidence)

    for place in range(3):
        sure = stated[:, place] > 0.8
        assert stated[sure, place].mean() == pytest.approx(true[sure, place].mean(), abs=0.03)


@pytest.mark.parametrize("right", [True, False])
def test_nothing_is_fitted_on_what_is_always_so(right: bool) -> None:
    """A ranker that errs never, or always, keeps its shares for probabilities."""
    evidence = np.ones((5, EVIDENCE))
    fitted = Confidence.fit(evidence, np.full((5, 3), right))

    assert np.array_equal(fitted.of(evidence), Confidence.neutral().of(evidence))
