"""Training both sides, once per content: the model and what it cost stay in the cache."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.servers import MADOGUCHI, STOCK_PYTHON, environment, memory, tail, wait_for_quiet
from bot.scenarios.reading import read_catalogue
from bot.training import ROOT, model_path

_SAMPLE_SECONDS = 1.0


class TrainingFailed(Exception):
    """A training ended with an error; the text holds the last lines of its log."""


class TooLong(Exception):
    """A training was ended because it took longer than it might."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"more than {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Training:
    """What one training from nothing cost; memory is the peak of the whole process tree."""

    wall_seconds: float
    cpu_seconds: float
    peak_rss_mb: float
    model_mb: float
    load_before: float


def train_madoguchi(data: Path, cache: Path) -> Training:
    """Have ``madoguchi train`` make the model for ``data`` where ``madoguchi serve`` will look for it."""
    model = model_path(read_catalogue(data))
    kept, record = cache / model.name, cache / f"{model.name}.json"
    if not (kept.exists() and record.exists()):
        command = [str(MADOGUCHI), "train", "--data", str(data), "--force"]
        with tempfile.TemporaryDirectory(dir=cache) as empty:
            cost = _train(command, ROOT, Path(empty), model, record.with_suffix(".log"))
        _write(record, cost)
        shutil.copy(model, kept)
    elif not model.exists():
        model.parent.mkdir(exist_ok=True)
        shutil.copy(kept, model)
    return _read(record)


def train_stock(project: Path, cache: Path, limit: float = math.inf) -> tuple[Path, Training]:
    """Have plain ``rasa train`` make the stock model; returns where it is.

    Without Rasa's own validation of the data, as Madoguchi trains too. Rasa's cache is kept, so that an
    edited answer does not train DIET again; what is recorded is the first training, from nothing.

    Raises:
        TooLong: it took more than ``limit`` seconds.

    """
    lock = ROOT / "requirements" / "bench.txt"
    asked = _short_hash(project / "config.yml", *sorted((project / "data").iterdir()), lock)
    name = f"stock-{asked}-{_short_hash(project / 'domain.yml')}"
    model, record = cache / f"{name}.tar.gz", cache / f"stock-{asked}.json"
    rasa_cache = cache / f"stock-{asked}.rasa"
    if not record.exists():
        shutil.rmtree(rasa_cache, ignore_errors=True)
        model.unlink(missing_ok=True)
    if not model.exists():
        command = [str(STOCK_PYTHON), "-W", "ignore", "-m", "rasa", "train", "--skip-validation"]
        command += ["--config", "config.yml", "--domain", "domain.yml", "--data", "data"]
        command += ["--out", str(cache), "--fixed-model-name", name]
        log = record.with_suffix(".log")
        cost = _train(command, project, rasa_cache, model, log, limit)
        if not record.exists():
            _write(record, cost)
    return model, _read(record)


def _short_hash(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _train(
    command: Sequence[str],
    folder: Path,
    rasa_cache: Path,
    model: Path,
    log: Path,
    limit: float = math.inf,
) -> Training:
    """Run one training to its end."""
    wait_for_quiet()
    load, started = os.getloadavg()[0], time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(RASA_CACHE_DIRECTORY=str(rasa_cache)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        cpu, peak = _watch(process, started + limit)
    wall = time.monotonic() - started
    if process.returncode != 0 or not model.exists():
        raise TrainingFailed(f"{' '.join(command)}\n{tail(log)}")
    size = model.stat().st_size / 2**20
    return Training(round(wall, 1), round(cpu, 1), round(peak, 1), round(size, 2), round(load, 2))


def _watch(process: subprocess.Popen[bytes], deadline: float) -> tuple[float, float]:
    """Wait for the end; returns the CPU seconds of the whole tree and its highest sum of RSS."""
    peak, started = 0.0, time.monotonic()
    try:
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                return usage.ru_utime + usage.ru_stime, peak
            if time.monotonic() > deadline:
                raise TooLong(round(time.monotonic() - started, 1))
            peak = max(peak, memory(process.pid).rss)
            time.sleep(_SAMPLE_SECONDS)
    except BaseException:
        process.terminate()
        process.wait()
        raise


def _write(record: Path, cost: Training) -> None:
    record.write_text(json.dumps(asdict(cost), indent=2), "utf-8")


def _read(record: Path) -> Training:
    return Training(**json.loads(record.read_text("utf-8")))
