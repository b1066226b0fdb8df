"""Starts the product as an administrator would, finds its processes, and ends all of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import httpx

from bot.supervisor import free_port

ROOT = Path(__file__).resolve().parents[2]
MADOGUCHI = str(Path(sys.executable).with_name("madoguchi"))
SERVE = (MADOGUCHI, "serve")
MAKE_RUN = ("make", "-C", str(ROOT), "run")
WITH_FAKE_ENGINE = (sys.executable, "-m", "tests.stack.serve_with_fake_engine")
GATEWAY, FORK_SERVER = "bot.web.gateway", "bot.engine.forkserver"
ENGINE = "forked by"  # what the fork server has forked bears its command line
FAKE_ENGINE = "tests.stack.fake_engine"

READY = "準備ができました"
_MARK = "MARK_OF_TEST"
PATIENCE = 180.0  # only a test that fails waits so long; a busy machine is no defect
_START_SECONDS = 900.0  # a stale model is trained first

Found = TypeVar("Found")


def until(condition: Callable[[], Found], what: str, seconds: float = PATIENCE) -> Found:
    """Return what ``condition`` returns as soon as it is true; fail if it never is."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.05)
    return found


def environment(mark: str, **settings: object) -> dict[str, str]:
    """Return this environment with ``settings`` and nothing else of the product's."""
    own = (*("PORT", "DATA_DIR", "PYTHONDONTWRITEBYTECODE"), _MARK)
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in own and not name.startswith("MADOGUCHI_")
    }
    return {**kept, **{name: str(value) for name, value in settings.items()}, _MARK: mark}


def marked(marks: Iterable[str]) -> dict[int, str]:
    """Return the running processes that were started under ``marks``, with their command lines."""
    wanted = {f"{_MARK}={mark}".encode() for mark in marks}
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue  # it ended meanwhile, or is not ours
        if not wanted.isdisjoint(variables):
            found[int(folder.name)] = command.replace(b"\0", b" ").decode()
    return {pid: _described(pid, line, found) for pid, line in found.items()}


def _described(pid: int, command: str, others: Mapping[int, str]) -> str:
    """Tell what was forked from who forked it; both have the same command line."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return command
    parent = int(status.rpartition(")")[2].split()[1])
    is_fork = FORK_SERVER in command and others.get(parent) == command
    return f"{ENGINE} {parent}" if is_fork else command


class Product:
    """One data folder and one port; ``start`` may be called again after the supervisor's end."""

    def __init__(
        self, folder: Path, compiled: Path, command: Sequence[str] = SERVE, **settings: object
    ) -> None:
        self.command = command
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = folder / "var"
        self._folder = folder
        self._settings = {
            "PORT": self.port,
            "DATA_DIR": self.data_dir,
            "MADOGUCHI_ADDRESS_RATE": 0,
            "PYTHONPYCACHEPREFIX": compiled,
            **settings,
        }
        self._marks: list[str] = []
        self._output = folder / "printed.txt"

    def start(self) -> None:
        """Start it in a group of its own, as a shell starts a command."""
        self._marks.append(uuid.uuid4().hex)
        with self._output.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self._folder,
                env=environment(self._marks[-1], **self._settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def printed(self) -> str:
        """Return all that it has printed."""
        return self._output.read_text("utf-8")

    def processes(self) -> dict[int, str]:
        """Return every process of every start that still runs."""
        return marked(self._marks)

    def pid_of(self, part: str) -> int | None:
        """Return the process of the latest start whose command line names ``part``."""
        return next((pid for pid, line in marked(self._marks[-1:]).items() if part in line), None)

    def wait_for(self, part: str, other_than: int | None = None, seconds: float = PATIENCE) -> int:
        """Wait until the part runs, as a process ``other_than`` a former one."""

        def found() -> int | None:
            pid = self.pid_of(part)
            return pid if pid != other_than else None

        return until(found, f"{part} runs, other than {other_than}", seconds)

    def get(self, path: str) -> httpx.Response | None:
        """Ask the gateway; None while nobody answers."""
        try:
            # Setting up TLS for a plain loopback address takes longer than the question itself.
            return httpx.get(f"{self.url}{path}", timeout=5.0, trust_env=False, verify=False)
        except httpx.TransportError:
            return None

    def is_complete(self) -> bool:
        """Tell whether the gateway is ready, and by the dialogue worker, not by search alone."""
        answer = self.get("/readyz")
        return answer is not None and answer.json().get("worker") == "ready"

    def wait_until_ready(self) -> None:
        """Wait until it says itself that it is ready; fail at once if it ends instead."""

        def announced() -> bool:
            assert self.process.poll() is None, self.printed
            return READY in self.printed

        until(announced, "it says that it is ready", _START_SECONDS)

    def wait_until_complete(self) -> None:
        """Wait until gateway and worker answer, whether for the first time or again."""
        until(self.is_complete, "gateway and worker answer", _START_SECONDS)

    def wait_until_gone(self, seconds: float = PATIENCE) -> None:
        """Wait until none of its processes is left."""
        until(lambda: not self.processes(), f"all of {self.processes()} have ended", seconds)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end as init does, or as a terminal does, and return the exit status."""
        if number == signal.SIGTERM:
            self.process.terminate()
        else:
            os.killpg(self.process.pid, number)
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        """End whatever is left, however the test went."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.wait_until_gone()
        self.process.wait(PATIENCE)
