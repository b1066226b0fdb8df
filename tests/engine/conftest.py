"""The engine's tests run in Rasa's own environment: ``.venv-engine/bin/python -m pytest tests/engine``."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from . import commands
from .subset import copy_services

if TYPE_CHECKING:
    from .commands import Worker

ROOT = Path(__file__).resolve().parents[2]

settings.register_profile("untimed", deadline=None)  # a slow machine is no defect
settings.load_profile("untimed")

HAS_RASA = importlib.util.find_spec("rasa") is not None
if not HAS_RASA:
    collect_ignore_glob = ["test_*.py"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know the settings of the asyncio plugin, which this environment does not have."""
    if importlib.util.find_spec("pytest_asyncio") is None:
        for name in ("asyncio_mode", "asyncio_default_fixture_loop_scope"):
            parser.addini(name, "for tests in the other environment")


def pytest_configure(config: pytest.Config) -> None:
    """Let the libraries that Rasa pins warn about each other, but not about our own modules."""
    if not HAS_RASA:
        return
    config.addinivalue_line("filterwarnings", "ignore")
    for module in sorted((ROOT / "bot" / "engine").glob("[a-z]*.py")):
        config.addinivalue_line("filterwarnings", f"error:::bot.engine.{module.stem}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that other environments can leave them out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("engine")


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder of five real services with all their questions."""
    return copy_services(ROOT / "data", tmp_path_factory.mktemp("small") / "data")


@pytest.fixture(scope="session")
def model(small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train once, by plain ``rasa train`` from the root."""
    return commands.train(small_data, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def worker(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """Return the running dialogue worker, which logs all that it can."""
    with commands.running_worker(model, tmp_path_factory.mktemp("worker") / "log") as running:
        yield running
