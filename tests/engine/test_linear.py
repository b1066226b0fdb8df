"""Classes that two classifiers have in common are learnt once and kept once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sparse

from bot.engine.linear import Linear

SERVICES = ["a", "a", "b", "b", "phrase:x", "phrase:x"] * 4
TOPICS = ["one", "two", "one", "two", "phrase:x", "phrase:x"] * 4


@pytest.fixture(scope="module")
def rows() -> sparse.csr_matrix:
    """Return rows in which service, topic and phrase each have a column of their own."""
    names = sorted({*SERVICES, *TOPICS})
    dense = np.zeros((len(SERVICES), len(names)), np.float32)
    for row, labels in enumerate(zip(SERVICES, TOPICS)):
        for label in labels:
            dense[row, names.index(label)] = 1.0
    return sparse.csr_matrix(dense)


def test_a_class_that_another_has_learnt_is_taken_from_there(rows: sparse.csr_matrix) -> None:
    """The phrase has the same margins in both; the topics are told apart as ever."""
    service = Linear.fit(rows, SERVICES)
    topic = Linear.fit(rows, TOPICS, service)
    same, margins = service.margins(rows), topic.margins(rows)
    (place,), (other,) = topic.columns_of(["phrase:x"]), service.columns_of(["phrase:x"])

    assert (margins[:, place] == same[:, other]).all()
    assert (margins.argmax(axis=1) == topic.columns_of(TOPICS)).all()


def test_shared_classes_are_written_once(rows: sparse.csr_matrix, tmp_path: Path) -> None:
    """What is read again has the same margins, and the file holds the own classes alone."""
    service = Linear.fit(rows, SERVICES)
    topic = Linear.fit(rows, TOPICS, service)
    service.save(tmp_path, "service")
    topic.save(tmp_path, "topic")
    read = Linear.load(tmp_path, "topic", Linear.load(tmp_path, "service"))

    assert (read.margins(rows) == topic.margins(rows)).all()
    with np.load(tmp_path / "topic.npz") as arrays:
        assert arrays["weights"].shape[1] == 2


def test_where_every_class_is_known_nothing_is_learnt(rows: sparse.csr_matrix) -> None:
    """The same labels again are the same classifier."""
    service = Linear.fit(rows, SERVICES)
    again = Linear.fit(rows, SERVICES, service)

    assert (again.margins(rows) == service.margins(rows)).all()


def test_one_class_alone_says_nothing(rows: sparse.csr_matrix) -> None:
    """There is nothing to tell it from."""
    assert not Linear.fit(rows, ["a"] * rows.shape[0]).margins(rows).any()
