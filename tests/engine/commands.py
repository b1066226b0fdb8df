"""The commands of Rasa and of the dialogue worker, run as people and the supervisor run them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RASA = [sys.executable, "-W", "ignore", "-m", "rasa"]
PROCESS = [sys.executable, "-W", "ignore", "-m", "bot.engine.process"]
TOKEN = "token-of-the-tests"


@dataclass(frozen=True)
class Worker:
    """A running dialogue worker and the file to which all of its output goes."""

    url: str
    log: Path

    def turn(self, token: str = TOKEN, **call: Any) -> tuple[int, Any]:
        """Post one turn; return status and body (the parsed JSON of a 200, else the text)."""
        return self.post(json.dumps(call).encode(), token)

    def post(self, body: bytes, token: str = TOKEN, to: str = "turn") -> tuple[int, Any]:
        """Post any bytes as a turn, or to another route."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return _open(urllib.request.Request(f"{self.url}/{to}", body, headers))

    def health(self) -> tuple[int, Any]:
        """Ask whether a model is loaded; status 0 while nobody listens."""
        try:
            return _open(urllib.request.Request(f"{self.url}/health"))
        except OSError:
            return 0, None


def _open(request: urllib.request.Request) -> tuple[int, Any]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=180) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def environment(**values: str) -> dict[str, str]:
    """Return the environment of a Rasa command: no telemetry, a cache of its own."""
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return {**os.environ, **quiet, **values}


LOOPBACK = ["--interface", "127.0.0.1"]


def train(data: Path, out: Path) -> Path:
    """Run ``rasa train`` from the root on another data folder; return the model."""
    command = [*RASA, "train", "--data", str(data), "--out", str(out)]
    command += ["--domain", str(data / "ward.yml"), "--fixed-model-name", "small"]
    cache = environment(RASA_CACHE_DIRECTORY=str(out / "cache"))
    done = subprocess.run(command, cwd=ROOT, env=cache, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return out / "small.tar.gz"


@contextmanager
def running_worker(model: Path, log: Path) -> Iterator[Worker]:
    """Start the worker as the supervisor does, wait until it is ready, and end it."""
    port, lifeline = free_port(), os.pipe()
    variables = {"LOG_LEVEL": "DEBUG", "PYTHONUNBUFFERED": "1", "MADOGUCHI_WORKER_TOKEN": TOKEN}
    command = [sys.executable, "-W", "ignore", "-m", "bot.engine.process", "run"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--model", str(model), "--port", str(port), *LOOPBACK],
            cwd=ROOT,
            env=environment(**variables, MADOGUCHI_LIFELINE=str(lifeline[0])),
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[lifeline[0]],
        )
    try:
        yield _when_ready(process, Worker(f"http://127.0.0.1:{port}/webhooks/madoguchi", log))
    finally:
        os.close(lifeline[1])  # the worker ends when its supervisor is gone
        process.wait(180)
        os.close(lifeline[0])


def _when_ready(process: subprocess.Popen[bytes], worker: Worker) -> Worker:
    while True:
        status, body = worker.health()
        if status == 200 and body["ready"]:
            return worker
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(
            f"the worker ended: {worker.log.read_text('utf-8', 'replace')[-4000:]}"
        )


def free_port() -> int:
    """Return a loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
