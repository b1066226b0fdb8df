"""What Rasa's fingerprints miss: the modules that a component calls."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine.selector import ScenarioSelector
from bot.engine.sources import sources_hash
from bot.engine.tokenizer import SudachiTokenizer

from .conftest import ROOT


def hash_of(tree: Path) -> str:
    """Return the hash that a copy of the sources computes for itself."""
    command = [sys.executable, "-c", "from bot.engine.sources import *; print(sources_hash())"]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder with a copy of our package."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "bot", tmp_path / "bot", ignore=ignored)
    return tmp_path


@pytest.mark.parametrize(
    "file", ["engine/ranker.py", "engine/features.py", "scenarios/normalise.py"]
)
def test_a_change_in_any_module_of_the_understanding_is_seen(tree: Path, file: str) -> None:
    """A model is trained again when what computes it has changed."""
    before = hash_of(tree)
    with (tree / "bot" / file).open("a", encoding="utf-8") as source:
        source.write("\n# changed\n")

    assert before != hash_of(tree)


def test_equal_sources_have_one_hash_wherever_they_lie(tree: Path) -> None:
    """Neither the folder nor the process is part of the hash."""
    assert sources_hash() == hash_of(tree)


@pytest.mark.parametrize("component", [SudachiTokenizer, ScenarioSelector])
def test_components_put_the_hash_into_their_fingerprint(component: type) -> None:
    """Rasa asks each component for what it cannot see itself."""
    assert (component.fingerprint_addon({}) or "").startswith(sources_hash())
