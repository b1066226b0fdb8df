"""Starts the processes of the product, restarts what dies or hangs, and ends them all together."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

import httpx

from bot.lifeline import VARIABLE as LIFELINE
from bot.training import ENGINE_PYTHON, RASA, ROOT
from bot.warm import Door, is_answering
from bot.web.settings import Settings

_TICK = 0.1
_PROBE_SECONDS = 1.0
_HUNG_SECONDS = 10.0
_STARTING_SECONDS = 180.0
_STOP_SECONDS = 5.0
_BACKOFF = (0.0, 0.5, 1.0, 2.0, 5.0)
_STEADY_SECONDS = 60.0
_ATTEMPTS = 3
_NEEDED_MIB = 200
_TAIL_BYTES = 4096
_UNIX = "unix:"

Say = Callable[[str], None]


class CannotStart(Exception):
    """The product cannot start; the text says why and what to do."""


@dataclass
class Child:
    """One process of the product: how to start it, how to see that it lives."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    probe_url: str
    log_file: Path
    hands_down: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    alive_at: float = 0.0
    probed_at: float = 0.0
    has_been_alive: bool = False
    has_ever_been_alive: bool = False
    failures: int = 0
    refusals: int = 0
    start_after: float = 0.0
    log_start: int = 0

    def has_ended(self) -> bool:
        """Tell whether the process is gone."""
        return self.process is not None and self.process.poll() is not None

    def is_hung(self, now: float) -> bool:
        """Tell whether the process has not answered for too long."""
        patience = _HUNG_SECONDS if self.has_been_alive else _STARTING_SECONDS
        return self.process is not None and now - max(self.alive_at, self.started_at) > patience

    def last_words(self) -> str:
        """Return the last line that the process has printed since its start; empty if none can be had."""
        try:
            with self.log_file.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                start = self.log_start if self.log_start <= size else 0  # rotated meanwhile
                log.seek(max(start, size - _TAIL_BYTES))
                lines = log.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return next(filter(None, map(str.strip, reversed(lines))), "")


@dataclass
class Supervisor:
    """Runs the children until a signal comes; MUST run in the main thread."""

    children: list[Child]
    say: Say
    stopping: bool = False
    lifeline: tuple[int, int] = field(default_factory=os.pipe)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=1.0, trust_env=False))

    def run(self, on_ready: Callable[[], None], ready_url: str) -> None:
        """Start everything, keep it running, and end it all on SIGINT or SIGTERM.

        Raises:
            CannotStart: a process ended by itself, three times running, and never answered.

        """
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
            self._note_exit(child, now, child.process.returncode)
        elif now - child.probed_at > _PROBE_SECONDS:
            self._probe(child, now)

    def _start(self, child: Child, now: float) -> None:
        environment = {**os.environ, **child.environment, LIFELINE: str(self.lifeline[0])}
        child.started_at = child.probed_at = now
        child.has_been_alive = False
        try:
            child.log_file.parent.mkdir(parents=True, exist_ok=True)
            with child.log_file.open("ab") as log:
                child.log_start = log.tell()
                child.process = self._spawn(child, environment, log)
        except OSError as error:
            self._note_refusal(child, now, f"起動できません（{error.filename}：{error.strerror}）")

    def _spawn(
        self, child: Child, environment: Mapping[str, str], log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            child.command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[self.lifeline[0], *child.hands_down],
            # Ctrl-C reaches the supervisor alone, which then ends the children in order.
            start_new_session=True,
        )

    def _probe(self, child: Child, now: float) -> None:
        child.probed_at = now
        if self._answers(child.probe_url):
            child.alive_at = now
            child.has_been_alive = child.has_ever_been_alive = True
        elif child.is_hung(now) and child.process is not None:
            child.process.kill()
            child.process.wait()
            self._note_end(child, now, "応答がないため止めました")

    def _answers(self, url: str) -> bool:
        if url.startswith(_UNIX):
            return is_answering(url[len(_UNIX) :])
        try:
            return self.http.get(url).is_success
        except httpx.HTTPError:
            return False

    def _note_exit(self, child: Child, now: float, code: int) -> None:
        what = f"終了しました（コード {code}）"
        if code < 0:  # killed from outside, which says nothing about the next attempt
            self._note_end(child, now, what)
        else:
            reason = child.last_words().rstrip("。") or "理由の記録はありません"
            self._note_refusal(child, now, f"{what}：{reason}")

    def _note_refusal(self, child: Child, now: float, what: str) -> None:
        child.refusals += not child.has_ever_been_alive
        if child.refusals == _ATTEMPTS:
            raise CannotStart(f"{child.name}を起動できません。{what}（記録は {child.log_file}）")
        self._note_end(child, now, what)

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


def children_of(settings: Settings, model: Path, door: Door | None = None) -> list[Child]:
    """Describe the processes of the embedded default: one dialogue worker, one gateway.

    With a ``door`` there is a fork server behind it, which starts the worker in a moment.
    """
    port, token = free_port(), secrets.token_urlsafe(32)
    worker_url = f"http://127.0.0.1:{port}"
    shared = {
        "MADOGUCHI_WORKER_TOKEN": token,
        # The children work in the project's folder, whatever the supervisor was started from.
        "DATA_DIR": str(settings.data_dir.resolve()),
        "MADOGUCHI_SCENARIOS": str(settings.scenarios.resolve()),
    }
    if settings.clock_since is not None:
        shared["MADOGUCHI_CLOCK_SINCE"] = repr(settings.clock_since)
    logs = logs_of(settings)
    worker = Child(
        "対話エンジン",
        [*RASA, "run", "--model", str(model), "--port", str(port), "--interface", "127.0.0.1"]
        + ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml"],
        {**shared, **(door.variables if door else {})},
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
    return [worker, gateway, *([fork_server_of(door, logs)] if door else [])]


def fork_server_of(door: Door, logs: Path) -> Child:
    """Describe the process that has imported Rasa once and forks workers and trainings."""
    listener = door.listener.fileno()
    return Child(
        "対話エンジンの親プロセス",
        [str(ENGINE_PYTHON), "-W", "ignore", "-m", "bot.engine.forkserver", str(listener)],
        {},
        f"{_UNIX}{door.path}",
        logs / "engine.log",
        hands_down=(listener,),
    )


def logs_of(settings: Settings) -> Path:
    """Return where the processes print to."""
    return settings.data_dir / "logs"


def make_data_dir(settings: Settings, needed_mib: int = _NEEDED_MIB) -> None:
    """Make the data folder and find out whether it can be written.

    Raises:
        CannotStart: with the folder's path.

    """
    folder = settings.data_dir
    try:
        logs_of(settings).mkdir(parents=True, exist_ok=True)
        for place in (folder, logs_of(settings)):
            tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        raise CannotStart(
            f"DATA_DIR {folder} に書き込めません（{error.strerror}）。"
            f"書き込めるフォルダーを DATA_DIR に指定してください。"
        ) from error
    free = shutil.disk_usage(folder).free // 2**20
    if free < needed_mib:
        raise CannotStart(
            f"DATA_DIR {folder} の空き容量が足りません（必要 {needed_mib} MiB、空き {free} MiB）。"
            f"空けるか、別のフォルダーを DATA_DIR に指定してください。"
        )


def local_url(settings: Settings) -> str:
    """Return the address at which this machine reaches the gateway."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    return f"http://{host}:{settings.port}"


def check_port(settings: Settings) -> None:
    """Find out now, not after a minute of training, that the port cannot be had.

    Raises:
        CannotStart: with the port's number.

    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotStart(
                f"ポート {settings.port} を使えません（{error.strerror}）。"
                f"PORT=8001 のように別の番号を指定してください。"
            ) from error


def free_port() -> int:
    """Return a loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
