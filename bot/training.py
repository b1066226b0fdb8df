"""When a model must be trained, and training it: plain ``rasa train`` in Rasa's own environment.

A model holds questions, not answers, so its name is a hash of the questions, the configuration and the
engine: editing an answer needs no training, and a model that fits is never trained twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO

from bot.lifeline import VARIABLE as LIFELINE
from bot.scenarios.model import Catalogue
from bot.scenarios.reading import read_catalogue

ROOT = Path(__file__).resolve().parents[1]
ENGINE_PYTHON = ROOT / ".venv-engine" / "bin" / "python"
RASA = [str(ENGINE_PYTHON), "-W", "ignore", "-m", "bot.engine.process"]
MODELS = ROOT / "models"
CHECKED = "MADOGUCHI_CHECKED"
"""As in ``bot/engine/importer.py``, which belongs to the other environment."""

_LOG = MODELS / "train.log"
_STEP_SECONDS = 5.0

Say = Callable[[str], None]
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


class TrainingFailed(Exception):
    """Rasa refused the data or ended with an error; the text holds its last lines."""


def model_path(catalogue: Catalogue) -> Path:
    """Return where the model for these questions is, or will be."""
    parts = [_questions(catalogue), (ROOT / "config.yml").read_bytes()]
    engine = [*(ROOT / "bot" / "engine").glob("*.py"), ROOT / "bot" / "scenarios" / "normalise.py"]
    parts += [file.read_bytes() for file in sorted(engine)]
    parts.append((ROOT / "requirements" / "engine.txt").read_bytes())
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()
    return MODELS / f"madoguchi-{digest[:16]}.tar.gz"


def _questions(catalogue: Catalogue) -> bytes:
    asked = {topic.key: topic.examples for topic in catalogue.topics()}
    said = {phrase.id: phrase.examples for phrase in catalogue.phrases.values()}
    wished = {kind.id: kind.examples for kind in catalogue.zones.kinds.values()}
    names = {
        scenario.id: [scenario.name, scenario.also] for scenario in catalogue.scenarios.values()
    }
    helps = [catalogue.labels, catalogue.lexicon, catalogue.background, catalogue.zones.blue]
    parts = [asked, said, wished, names, helps]
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, default=dict).encode()


def train_if_stale(
    data: Path,
    say: Say,
    *,
    force: bool = False,
    catalogue: Catalogue | None = None,
    variables: Mapping[str, str] = NO_VARIABLES,
) -> Path:
    """Return the model for ``data``, training it first where none fits.

    ``catalogue`` is what was read from ``data`` already; ``variables`` are added to Rasa's environment.

    Raises:
        ScenarioError: the scenario files cannot be read.
        TrainingFailed: Rasa did not make a model.

    """
    catalogue = catalogue or read_catalogue(data)
    with training(data, say, catalogue, variables, force=force) as trained:
        return trained()


@contextmanager
def training(
    data: Path, say: Say, catalogue: Catalogue, variables: Mapping[str, str], *, force: bool = False
) -> Iterator[Callable[[], Path]]:
    """Train where no model fits, beside the block; it gets what waits for the model and returns it.

    ``catalogue`` is what was read from ``data``, and checked; Rasa need not check it again.

    A block that ends without having waited ends the training. What waits raises ``TrainingFailed`` if
    Rasa did not make a model.
    """
    path = model_path(catalogue)
    if path.exists() and not force:
        yield lambda: path
        return
    say("モデルを学習しています（1分ほどかかることがあります）")
    started = time.monotonic()
    checked = {**variables, CHECKED: catalogue.revision}
    with _rasa_train(data, checked) as running:

        def trained() -> Path:
            _finish(*running, path, say)
            say(f"学習が終わりました（{time.monotonic() - started:.0f} 秒、{path.name}）")
            return path

        yield trained


@contextmanager
def _rasa_train(
    data: Path, variables: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """Train under another name, so that a half-written archive is never loaded.

    Yields the process and what it prints: two trainings at once must not write into one record.
    """
    MODELS.mkdir(exist_ok=True)
    command = [*RASA, "train", "--data", str(data), "--domain", str(data / "ward.yml")]
    command += ["--out", str(MODELS), "--fixed-model-name", _unfinished().name.split(".")[0]]
    # Rasa's validation takes longer than the training; the scenario check has covered all of it.
    # What has the same content has the same name and is not trained again, so Rasa need not compare.
    command += ["--skip-validation", "--force"]
    reading, writing = os.pipe()
    try:
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **variables, LIFELINE: str(reading)},
                pass_fds=[reading],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                yield process, output
            finally:
                process.kill()
                process.wait()
                _unfinished().unlink(missing_ok=True)
                _LOG.write_bytes(_printed(output))
    finally:
        os.close(reading)
        os.close(writing)


def _printed(output: IO[bytes]) -> bytes:
    output.seek(0)
    return output.read()


def _unfinished() -> Path:
    return MODELS / f"unfinished-{os.getpid()}.tar.gz"


def _finish(process: subprocess.Popen[bytes], output: IO[bytes], path: Path, say: Say) -> None:
    if _wait(process, say) != 0 or not _unfinished().exists():
        lines = _printed(output).decode("utf-8", "replace").splitlines()
        tail = "\n".join(lines[-15:])
        raise TrainingFailed(f"rasa train が失敗しました（記録は {_LOG}）：\n{tail}")
    _unfinished().replace(path)


def _wait(process: subprocess.Popen[bytes], say: Say) -> int:
    started = time.monotonic()
    while True:
        try:
            return process.wait(_STEP_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"学習中… {time.monotonic() - started:.0f} 秒")
