"""Starts the processes of the product, restarts what dies or hangs, and ends them all together."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

import httpx

from bot.lifeline import VARIABLE as LIFELINE
from bot.training import RASA, ROOT
from bot.web.settings import Settings

_TICK = 0.1
_PROBE_SECONDS = 1.0
_HUNG_SECONDS = 10.0
_STARTING_SECONDS = 180.0
_STOP_SECONDS = 5.0
_BACKOFF = (0.0, 0.5, 1.0, 2.0, 5.0)
_STEADY_SECONDS = 60.0

Say = Callable[[str], None]


class PortTaken(Exception):
    """The public port is in use by another process."""


@dataclass
class Child:
    """One process of the product: how to start it, how to see that it lives."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    probe_url: str
    log_file: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    alive_at: float = 0.0
    probed_at: float = 0.0
    has_been_alive: bool = False
    failures: int = 0
    start_after: float = 0.0

    def has_ended(self) -> bool:
        """Tell whether the process is gone."""
        return self.process is not None and self.process.poll() is not None

    def is_hung(self, now: float) -> bool:
        """Tell whether the process has not answered for too long."""
        patience = _HUNG_SECONDS if self.has_been_alive else _STARTING_SECONDS
        return self.process is not None and now - max(self.alive_at, self.started_at) > patience


@dataclass
class Supervisor:
    """Runs the children until a signal comes; MUST run in the main thread."""

    children: list[Child]
    say: Say
    stopping: bool = False
    lifeline: tuple[int, int] = field(default_factory=os.pipe)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=1.0, trust_env=False))

    def run(self, on_ready: Callable[[], None], ready_url: str) -> None:
        """Start everything, keep it running, and end it all on SIGINT or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        announced = False
        try:
            while not self.stopping:
                for child in self.children:
                    self._tend(child)
                announced = announced or self._announce(ready_url, on_ready)
                time.sleep(_TICK)
        finally:
            self._stop()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _announce(self, ready_url: str, on_ready: Callable[[], None]) -> bool:
        if not all(child.has_been_alive for child in self.children) or not self._answers(ready_url):
            return False
        on_ready()
        return True

    def _tend(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_after:
                self._start(child, now)
        elif child.has_ended():
            self._note_end(child, now, f"終了しました（コード {child.process.returncode}）")
        elif now - child.probed_at > _PROBE_SECONDS:
            self._probe(child, now)

    def _start(self, child: Child, now: float) -> None:
        environment = {**os.environ, **child.environment, LIFELINE: str(self.lifeline[0])}
        with child.log_file.open("ab") as log:
            child.process = self._spawn(child.command, environment, log)
        child.started_at = child.probed_at = now
        child.has_been_alive = False

    def _spawn(
        self, command: Sequence[str], environment: Mapping[str, str], log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[self.lifeline[0]],
            # Ctrl-C reaches the supervisor alone, which then ends the children in order.
            start_new_session=True,
        )

    def _probe(self, child: Child, now: float) -> None:
        child.probed_at = now
        if self._answers(child.probe_url):
            child.alive_at, child.has_been_alive = now, True
        elif child.is_hung(now) and child.process is not None:
            child.process.kill()
            child.process.wait()
            self._note_end(child, now, "応答がないため止めました")

    def _answers(self, url: str) -> bool:
        try:
            return self.http.get(url).is_success
        except httpx.HTTPError:
            return False

    def _note_end(self, child: Child, now: float, what: str) -> None:
        lived = now - child.started_at
        child.failures = (
            0 if lived > _STEADY_SECONDS else min(child.failures + 1, len(_BACKOFF) - 1)
        )
        child.start_after = now + _BACKOFF[child.failures]
        child.process = None
        self.say(f"{child.name}：{what}。起動し直します")

    def _stop(self) -> None:
        running = [c.process for c in self.children if c.process and c.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def children_of(settings: Settings, model: Path) -> list[Child]:
    """Describe the processes of the embedded default: one gateway, one dialogue worker."""
    port, token = free_port(), secrets.token_urlsafe(32)
    worker_url = f"http://127.0.0.1:{port}"
    shared = {
        "MADOGUCHI_WORKER_TOKEN": token,
        # The children work in the project's folder, whatever the supervisor was started from.
        "DATA_DIR": str(settings.data_dir.resolve()),
        "MADOGUCHI_SCENARIOS": str(settings.scenarios.resolve()),
    }
    logs = settings.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    worker = Child(
        "対話エンジン",
        [*RASA, "run", "--model", str(model), "--port", str(port), "--interface", "127.0.0.1"]
        + ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml"],
        shared,
        f"{worker_url}/webhooks/madoguchi/health",
        logs / "engine.log",
    )
    gateway = Child(
        "ゲートウェイ",
        [sys.executable, "-m", "bot.web.gateway"],
        {**shared, "MADOGUCHI_WORKER_URL": worker_url},
        f"{local_url(settings)}/healthz",
        logs / "gateway.log",
    )
    return [worker, gateway]


def local_url(settings: Settings) -> str:
    """Return the address at which this machine reaches the gateway."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    return f"http://{host}:{settings.port}"


def check_port(settings: Settings) -> None:
    """Find out now, not after a minute of training, that the port cannot be had.

    Raises:
        PortTaken: with the port's number.

    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise PortTaken(
                f"ポート {settings.port} を使えません（{error.strerror}）。"
                f"PORT=8001 のように別の番号を指定してください。"
            ) from error


def free_port() -> int:
    """Return a loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
