"""Fixtures that most tests share. Imports stand inside: ``tests/engine`` runs in another environment."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bot.dialogue.published import Published
    from bot.scenarios.model import Catalogue
    from bot.web.settings import Settings
    from tests.support.fake_worker import FakeWorker
    from tests.support.ward import Ward

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure() -> None:
    """Draw the seed that stands in names of tests once: all processes of a run name the same tests."""
    os.environ.setdefault("KILL_SEED", secrets.token_hex(4))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Where ``CI=true``, take a skipped test for a failure: what CI does not run, nobody runs."""
    report = (yield).get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI must run it: {report.longrepr}"


@pytest.fixture(scope="session")
def published() -> Published:
    """The shipped data, read once."""
    from bot.dialogue.published import Published

    return Published.from_folder(ROOT / "data")


@pytest.fixture(scope="session")
def shipped(published: Published) -> Catalogue:
    """The shipped catalogue; reading it raises if there is any finding."""
    return published.catalogue


@pytest.fixture
def worker(published: Published) -> Iterator[FakeWorker]:
    """A dialogue worker that answers by search until it is told otherwise."""
    from tests.support.fake_worker import FakeWorker

    with FakeWorker(published.index) as running:
        yield running


@pytest.fixture(scope="session")
def _begun(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ward's folder after its first start: made once, because most tests need one to copy."""
    from tests.support.ward import begin_ward

    return begin_ward(tmp_path_factory.mktemp("begun"), published)


@pytest.fixture
def settings(tmp_path: Path, worker: FakeWorker, _begun: Path) -> Callable[..., Settings]:
    """Settings of a ward in a folder of its own, without a limit per address."""
    from bot.web.settings import Settings
    from tests.support.fake_worker import TOKEN

    shutil.copytree(_begun, tmp_path, dirs_exist_ok=True)

    def make(**values: Any) -> Settings:
        called = {"worker_url": worker.url, "worker_token": TOKEN, "worker_timeout": 2.5}
        return Settings(**{"data_dir": tmp_path, "address_rate": 0, **called, **values})

    return make


@pytest.fixture
async def ward(settings: Callable[..., Settings], published: Published) -> AsyncIterator[Ward]:
    """The running app with the shipped data."""
    from tests.support.ward import open_ward

    async with open_ward(settings(), published) as running:
        yield running


@pytest.fixture(scope="session")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The shipped data with translated errors and dated answers (``tests/support/edited.py``)."""
    from bot.dialogue.published import Published
    from tests.support.edited import edit_data

    return Published.from_folder(edit_data(ROOT / "data", tmp_path_factory.mktemp("ward") / "data"))
