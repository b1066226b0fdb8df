"""`madoguchi train`: when Rasa is called, and what is left when it fails or is interrupted.

Rasa itself is replaced by a module of the same name in front of it on the path: training takes a minute.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.scenarios.reading import read_catalogue
from bot.training import MODELS, model_path

from .conftest import Command, Launch
from .product import MADOGUCHI, PATIENCE, Product, until

pytestmark = pytest.mark.stack

# Each notes that it was called, and then does one thing that Rasa does.
NOTE = """
import os, pathlib, signal, sys
arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
with pathlib.Path(__file__).with_name("called").open("a") as called:
    called.write(f"{os.getpid()}\\n")
"""
FAIL = "print('line 1'); print('the reason'); sys.exit(1)"
MAKE_NOTHING = ""
MAKE_A_MODEL = """
name = arguments["--fixed-model-name"]
pathlib.Path(arguments["--out"], f"{name}.tar.gz").write_bytes(b"a model")
"""
TAKE_LONG = "signal.pause()"


class FakeRasa:
    """A module ``rasa`` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._package = folder / "rasa"
        self._package.mkdir()
        (self._package / "__init__.py").touch()

    @property
    def path(self) -> str:
        """Return the path on which it stands before Rasa."""
        return os.pathsep.join([str(self._folder), *filter(None, [os.environ.get("PYTHONPATH")])])

    def does(self, what: str) -> None:
        """Set what `python -m rasa train` does."""
        (self._package / "__main__.py").write_text(NOTE + what, "utf-8")

    def calls(self) -> list[int]:
        """Return the process of each call."""
        called = self._package / "called"
        return [int(line) for line in called.read_text().split()] if called.exists() else []


@pytest.fixture
def rasa(tmp_path: Path) -> FakeRasa:
    """Rasa's double for one test."""
    folder = tmp_path / "path"
    folder.mkdir()
    return FakeRasa(folder)


@pytest.fixture
def model(small_ward: Path) -> Iterator[Path]:
    """Where the small ward's model would be; nothing is there before or after the test."""
    path = model_path(read_catalogue(small_ward))
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def unfinished() -> list[Path]:
    """Return what was begun under another name by a process that has ended."""
    return [p for p in MODELS.glob("unfinished-*") if not Path("/proc", _process(p)).exists()]


def _process(file: Path) -> str:
    return file.name.split(".")[0].removeprefix("unfinished-")


def test_a_model_that_fits_is_not_trained_again(
    madoguchi: Command, counter: Product, rasa: FakeRasa
) -> None:
    """`train` prints the path of the model that the running counter uses, and does nothing else."""
    rasa.does(FAIL)

    result = madoguchi("train", PYTHONPATH=rasa.path)

    path = Path(result.stdout.removeprefix("モデル： ").rstrip())
    assert (result.returncode, rasa.calls(), path.is_file()) == (0, [], True)


def test_force_trains_a_model_that_fits(
    madoguchi: Command, counter: Product, rasa: FakeRasa
) -> None:
    """`train --force` calls Rasa all the same; its failure leaves the former model in place."""
    rasa.does(FAIL)

    result = madoguchi("train", "--force", PYTHONPATH=rasa.path)

    assert (result.returncode, len(rasa.calls())) == (1, 1)
    assert madoguchi("train", PYTHONPATH=rasa.path).returncode == 0


def test_a_trained_model_gets_its_name_at_the_end(
    madoguchi: Command, small_ward: Path, rasa: FakeRasa, model: Path
) -> None:
    """`train` says what it does, leaves the model under its name, and the next call finds it."""
    rasa.does(MAKE_A_MODEL)

    first, second = (
        madoguchi("train", "--data", small_ward, PYTHONPATH=rasa.path) for _ in range(2)
    )

    assert [first.returncode, second.returncode, len(rasa.calls())] == [0, 0, 1]
    assert first.stdout.startswith("モデルを学習しています")
    assert f"モデル： {model}\n" == second.stdout
    assert (model.read_bytes(), unfinished()) == (b"a model", [])


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        pytest.param(FAIL, "line 1\nthe reason", id="fails"),
        pytest.param(MAKE_NOTHING, "", id="makes-nothing"),
    ],
)
def test_a_failed_training_tells_the_reason(
    madoguchi: Command, small_ward: Path, rasa: FakeRasa, model: Path, what: str, reason: str
) -> None:
    """Status 1, where the record is, and Rasa's last lines; no model and no half of one is left."""
    rasa.does(what)

    result = madoguchi("train", "--data", small_ward, PYTHONPATH=rasa.path)

    first, _, rest = result.stderr.partition("\n")
    assert (result.returncode, model.exists(), unfinished()) == (1, False, [])
    assert first.startswith("madoguchi: rasa train が失敗しました（記録は ")
    assert reason == rest.rstrip("\n")


def test_ctrl_c_ends_a_training(
    launch: Launch, small_ward: Path, rasa: FakeRasa, model: Path
) -> None:
    """Ctrl-C during a training ends Rasa too, with a status other than 0."""
    rasa.does(TAKE_LONG)
    product = launch((MADOGUCHI, "train", "--data", str(small_ward)), PYTHONPATH=rasa.path)
    until(rasa.calls, "Rasa is called")

    status = product.stop(signal.SIGINT)

    assert status != 0
    assert product.processes() == {}


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="ctrl-c"),
        pytest.param(signal.SIGTERM, id="terminated"),
        pytest.param(signal.SIGHUP, id="terminal-closed"),
        pytest.param(signal.SIGKILL, id="killed"),
    ],
)
def test_a_training_ends_with_serve(
    launch: Launch, small_ward: Path, rasa: FakeRasa, model: Path, number: signal.Signals
) -> None:
    """`serve` that is ended while it trains leaves no `rasa train` behind."""
    rasa.does(TAKE_LONG)
    product = launch(MADOGUCHI_SCENARIOS=small_ward, PYTHONPATH=rasa.path)
    until(rasa.calls, "Rasa is called")

    product.process.send_signal(number)
    product.process.wait(PATIENCE)

    product.wait_until_gone()
