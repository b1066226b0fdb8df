"""Started products: one with Rasa for the whole run, and as many others as a test asks for."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from .product import MADOGUCHI, PATIENCE, SERVE, WITH_FAKE_ENGINE, Product, environment
from .ward_files import write_small_ward

Launch = Callable[..., Product]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session", autouse=True)
def signals_reach_children() -> Iterator[None]:
    """Let Ctrl-C end what is started here, also where the tests run in the background.

    A signal that this process ignores is ignored by its children, one that it handles is not.
    """
    ignored = [n for n in (signal.SIGINT, signal.SIGHUP) if signal.getsignal(n) == signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda *_: None)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep compiled modules out of the tree, and each start but the first quick."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="session")
def small_ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a ward of seven services."""
    return write_small_ward(tmp_path_factory.mktemp("small-ward") / "data")


@pytest.fixture
def launch(tmp_path: Path, compiled: Path) -> Iterator[Launch]:
    """Start products that end with the test."""
    started: list[Product] = []

    def start(command: Sequence[str] = SERVE, **settings: object) -> Product:
        folder = tmp_path / f"product-{len(started)}"
        folder.mkdir()
        product = Product(folder, compiled, command, **settings)
        started.append(product)
        product.start()
        return product

    yield start
    for product in started:
        product.end()


@pytest.fixture
def launch_quickly(launch: Launch, small_ward: Path) -> Launch:
    """Start products with the fake engine and the small ward."""

    def start(**settings: object) -> Product:
        return launch(WITH_FAKE_ENGINE, MADOGUCHI_SCENARIOS=small_ward, **settings)

    return start


@pytest.fixture(scope="session")
def counter(tmp_path_factory: pytest.TempPathFactory, compiled: Path) -> Iterator[Product]:
    """Run `madoguchi serve` with Rasa for all tests that leave it as they found it."""
    folder = tmp_path_factory.mktemp("counter")
    # The longest that may be set, so that a busy machine's Rasa is not taken for a lost one.
    product = Product(folder, compiled, MADOGUCHI_WORKER_TIMEOUT=2.5)
    product.start()
    try:
        product.wait_until_ready()
        yield product
    finally:
        product.end()


@pytest.fixture
def madoguchi(tmp_path: Path, compiled: Path) -> Command:
    """Run one command of the command line to its end."""

    def run(
        *words: object, given: str = "", **settings: object
    ) -> subprocess.CompletedProcess[str]:
        own = {"DATA_DIR": tmp_path / "var", "PYTHONPYCACHEPREFIX": compiled}
        return subprocess.run(
            [MADOGUCHI, *map(str, words)],
            input=given,
            env=environment("command", **{**own, **settings}),
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )

    return run
