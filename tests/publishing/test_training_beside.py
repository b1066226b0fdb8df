"""A training beside other work: it ends with it, and leaves nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml

from bot.scenarios.problems import ScenarioError
from bot.scenarios.reading import read_catalogue
from bot.training import MODELS, NO_VARIABLES, training
from tests.publishing.conftest import FILE, ROOT, Desk

pytestmark = pytest.mark.slow


def children() -> set[str]:
    """Return the processes that this one has started and that still run."""
    here = Path("/proc/self/task")
    return {pid for task in here.iterdir() for pid in (task / "children").read_text().split()}


def test_a_block_that_does_not_wait_ends_the_training(desk: Desk) -> None:
    """No process, no half-written model and no model is left."""
    catalogue, before = read_catalogue(desk.data), children()
    said: list[str] = []
    with training(desk.data, said.append, catalogue, NO_VARIABLES, force=True):
        during = children()

    assert len(said) == 1
    assert len(during - before) == 1
    assert children() <= before
    assert not list(MODELS.glob(f"unfinished-{os.getpid()}*"))


def test_a_finding_of_the_linter_ends_the_training(desk: Desk) -> None:
    """What must not be published is not waited for."""
    desk.publish()
    for name in ("lint.yml", "catalog.yml"):
        shutil.copy(ROOT / "data" / name, desk.data)
    scenario = yaml.load((desk.data / FILE).read_text("utf-8"), Loader=yaml.BaseLoader)
    lines = scenario["topics"]["amount"]["examples"]["ja"]
    lines.append(lines[0])
    text = yaml.safe_dump(scenario, allow_unicode=True, sort_keys=False)
    (desk.data / FILE).write_text(text, "utf-8")
    gate, before = desk.gate(), children()
    with pytest.raises(ScenarioError, match="LNT202"):
        gate.candidate(desk.data)
    gate.close()

    assert any("学習しています" in line for line in desk.said)
    assert children() <= before
