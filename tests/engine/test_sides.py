"""The sides of one service: told apart by its own words, untouched by other services'."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sparse

from bot.engine.sides import Sides

KEYS = ["a.amount", "a.deadline", "b.amount", "b.deadline", "b.online", "phrase:hello"]
OWNERS = np.array(["a", "a", "b", "b", "b", "phrase:hello"])
# 「いつ」 (column 0) asks for the amount of one service and for the deadline of the other.
EXAMPLES = {
    "a.amount": [[1, 0, 0, 0], [1, 0, 0, 0.1]],
    "a.deadline": [[0, 1, 0, 0], [0, 1, 0, 0.1]],
    "b.amount": [[0, 1, 0, 0], [0, 1, 0, 0.1]],
    "b.deadline": [[1, 0, 0, 0], [1, 0, 0, 0.1]],
    "b.online": [[0, 0, 1, 0], [0, 0, 1, 0.1]],
    "phrase:hello": [[0, 0, 0, 1]],
}
LABELS = [key for key in KEYS for _ in EXAMPLES[key]]
ROWS = sparse.csr_matrix([row for key in KEYS for row in EXAMPLES[key]], dtype=np.float32)


@pytest.fixture
def sides() -> Sides:
    """Two services with sides, and something that has none."""
    return Sides.fit(ROWS, LABELS, KEYS, OWNERS)


def _best(sides: Sides, row: list[float], service: str) -> str:
    (shares,) = sides.log_shares(sides.margins(sparse.csr_matrix([row], dtype=np.float32)))
    return max(
        (key for key in KEYS if key.startswith(service)), key=lambda k: shares[KEYS.index(k)]
    )


def test_the_same_word_names_another_side_in_another_service(sides: Sides) -> None:
    """What one service's residents mean by a word says nothing about another's."""
    assert _best(sides, [1, 0, 0, 0], "a.") == "a.amount"
    assert _best(sides, [1, 0, 0, 0], "b.") == "b.deadline"
    assert _best(sides, [0, 0, 1, 0], "b.") == "b.online"


def test_shares_add_up_to_one_within_each_service(sides: Sides) -> None:
    """Nothing is taken from one service for another; what has no sides has all of its own."""
    shares = np.exp(sides.log_shares(sides.margins(ROWS)))

    assert np.allclose(shares[:, :2].sum(axis=1), 1)
    assert np.allclose(shares[:, 2:5].sum(axis=1), 1)
    assert np.allclose(shares[:, 5], 1)


def test_an_example_left_out_is_less_sure_of_itself_and_of_nothing_else(sides: Sides) -> None:
    """The margin of its own side falls, and only sides of its own service move."""
    places = np.array([KEYS.index(label) for label in LABELS])
    fitted, left_out = sides.margins(ROWS), sides.margins_left_out(ROWS, places)
    own = np.arange(len(places)), places

    assert (left_out[own] <= fitted[own]).all()
    assert (left_out[own] < fitted[own]).any()
    assert (left_out[:2, 2:] == fitted[:2, 2:]).all()


def test_sides_are_the_same_after_a_rest_on_disk(sides: Sides, tmp_path: Path) -> None:
    """What was saved judges as what was fitted."""
    sides.save(tmp_path)

    assert (Sides.load(tmp_path).margins(ROWS) == sides.margins(ROWS)).all()


def test_services_of_one_side_need_no_weights(tmp_path: Path) -> None:
    """A list of questions and answers has no sides; nothing is learnt, and nothing breaks."""
    keys = ["faq:1", "faq:2"]
    sides = Sides.fit(ROWS[:2], keys, keys, np.array(keys))
    sides.save(tmp_path)

    assert (Sides.load(tmp_path).log_shares(sides.margins(ROWS)) == 0).all()
