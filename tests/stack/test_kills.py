"""Whatever is killed, whenever: what a resident was told is in the log, once, and as it was told.

`KILL_SEED=… pytest tests/stack/test_kills.py` draws the same kills and messages again; `KILLS` sets how
many parts of the quick run are killed.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from .journals import (
    as_shown,
    messages_in,
    replies_that_differ,
    times_logged,
    transcript_of,
    turns_counted,
)
from .product import ENGINE, FAKE_ENGINE, GATEWAY, SERVE, WITH_FAKE_ENGINE, Product
from .siege import SUPERVISOR, Outcome, besieged, compare_notes

pytestmark = pytest.mark.stack

SEED = os.environ.get("KILL_SEED") or secrets.token_hex(4)
KILLS = int(os.environ.get("KILLS", "100"))
QUICK = {FAKE_ENGINE: 4, GATEWAY: 3, SUPERVISOR: 2}
WITH_RASA = [ENGINE, ENGINE, GATEWAY, GATEWAY, SUPERVISOR]


@pytest.fixture(scope="module", params=["100 kills", "5 kills with Rasa"])
def outcome(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    compiled: Path,
    small_ward: Path,
) -> Iterator[Outcome]:
    """Run the product under kills, once with the fake engine and once with Rasa."""
    folder, is_quick = tmp_path_factory.mktemp("siege"), request.param == "100 kills"
    print(f"KILL_SEED={SEED} draws this run again")
    if is_quick:
        product = Product(folder, compiled, WITH_FAKE_ENGINE, MADOGUCHI_SCENARIOS=small_ward)
    else:
        product = Product(folder, compiled, SERVE)
    with besieged(product, SEED) as siege:
        siege.kill_any(QUICK, KILLS) if is_quick else siege.kill_each(WITH_RASA)
        outcome = compare_notes(siege)
    yield outcome
    outcome.log.close()
