"""Between the wish for a person and the first reply the gateway is killed: nothing lost, doubled, misdelivered.

``HANDOFF_RUNS=500 pytest tests/stack/test_handoff_kills.py`` makes as many runs; ``KILL_SEED`` repeats them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .handoffs import Ordeal, OtherDesk, wrongs
from .product import WITH_FAKE_ENGINE, Product

SEED = os.environ["KILL_SEED"]
RUNS = int(os.environ.get("HANDOFF_RUNS", "12"))

pytestmark = pytest.mark.stack


@pytest.fixture
def product(tmp_path: Path, compiled: Path, small_ward: Path) -> Iterator[Product]:
    """Run the product with the fake engine."""
    product = Product(tmp_path, compiled, WITH_FAKE_ENGINE, MADOGUCHI_SCENARIOS=small_ward)
    product.start()
    try:
        product.wait_until_complete()
        yield product
    finally:
        product.end()


@pytest.mark.parametrize("seed", [pytest.param(SEED, id=f"{RUNS}-runs-seed-{SEED}")])
def test_a_kill_between_wish_and_reply_loses_nothing(
    product: Product, small_ward: Path, seed: str
) -> None:
    """In each run the resident's and the person's words stand once, in order, and the bot is silent."""
    desk = OtherDesk(product.data_dir, small_ward)
    ordeal = Ordeal(product, desk)
    try:
        runs = ordeal.all([f"{seed}-{number}" for number in range(RUNS)])
        found = {run.seed: wrongs(run, desk.records(run.conversation)) for run in runs}
    finally:
        ordeal.close()
        desk.close()

    assert {seed: what for seed, what in found.items() if what} == {}
    assert len(found) == RUNS
    assert ordeal.kills > RUNS // 2
