"""When a model must be trained, and training it: plain ``rasa train`` in Rasa's own environment.

A model holds questions, not answers, so its name is a hash of the questions, the configuration and the
engine: editing an answer needs no training, and a model that fits is never trained twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from bot.lifeline import VARIABLE as LIFELINE
from bot.scenarios.model import Catalogue
from bot.scenarios.reading import read_catalogue

ROOT = Path(__file__).resolve().parents[1]
ENGINE_PYTHON = ROOT / ".venv-engine" / "bin" / "python"
RASA = [str(ENGINE_PYTHON), "-W", "ignore", "-m", "bot.engine.process"]
MODELS = ROOT / "models"
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
    helps = [catalogue.labels, catalogue.lexicon, catalogue.background]
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
    path = model_path(catalogue or read_catalogue(data))
    if path.exists() and not force:
        return path
    say("モデルを学習しています（1分ほどかかることがあります）")
    started = time.monotonic()
    _run_rasa_train(path, data, say, variables)
    say(f"学習が終わりました（{time.monotonic() - started:.0f} 秒、{path.name}）")
    return path


def _run_rasa_train(path: Path, data: Path, say: Say, variables: Mapping[str, str]) -> None:
    """Train under another name and rename, so that a half-written archive is never loaded."""
    MODELS.mkdir(exist_ok=True)
    unfinished = f"unfinished-{os.getpid()}"
    command = [*RASA, "train", "--data", str(data), "--domain", str(data / "ward.yml")]
    command += ["--out", str(MODELS), "--fixed-model-name", unfinished]
    # Rasa's validation takes longer than the training; the scenario check has covered all of it.
    # What has the same content has the same name and is not trained again, so Rasa need not compare.
    command += ["--skip-validation", "--force"]
    log = MODELS / "train.log"
    reading, writing = os.pipe()
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **variables, LIFELINE: str(reading)},
                pass_fds=[reading],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        code = _wait(process, say)
    finally:
        os.close(reading)
        os.close(writing)
    if code != 0 or not (MODELS / f"{unfinished}.tar.gz").exists():
        tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
        raise TrainingFailed(f"rasa train が失敗しました（記録は {log}）：\n{tail}")
    (MODELS / f"{unfinished}.tar.gz").replace(path)


def _wait(process: subprocess.Popen[bytes], say: Say) -> int:
    started = time.monotonic()
    while True:
        try:
            return process.wait(_STEP_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"学習中… {time.monotonic() - started:.0f} 秒")
        except BaseException:
            process.kill()
            raise
