"""The servers under test: started, waited for and ended; and what their processes use, from ``/proc``."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.supervisor import free_port
from bot.training import ROOT

MADOGUCHI = ROOT / ".venv" / "bin" / "madoguchi"
STOCK_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
_START_SECONDS = 300.0
_STOP_SECONDS = 20.0
# Other people's work on the machine: waited for before a measurement, and never longer than this.
_QUIET_SHARE, _QUIET_SAMPLE, _QUIET_PATIENCE = 0.15, 2.0, 120.0
_TICK = os.sysconf("SC_CLK_TCK")
_RASA_QUIET = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}


class ServerFailed(Exception):
    """A server ended or did not answer in time; the text holds the last lines of its log."""


@dataclass(frozen=True)
class Memory:
    """Megabytes of a process tree.

    ``rss`` counts a page shared by two of its processes twice; ``pss`` shares it out among all processes of
    the machine that map it, so servers that run at the same time make each other's smaller.
    """

    rss: float
    pss: float


@dataclass(frozen=True)
class Server:
    """A running server: what it is, how it is spoken to, and its first process."""

    name: str
    kind: str
    url: str
    process: subprocess.Popen[bytes]


def environment(**ours: str) -> dict[str, str]:
    """Return this process's environment without what would configure the product, and with ``ours``."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MADOGUCHI_", "RASA_")) and name not in ("PORT", "DATA_DIR")
    }
    return {**others, **_RASA_QUIET, **ours}


@contextmanager
def running(
    data: Path, stock_project: Path, stock_model: Path, work: Path
) -> Iterator[dict[str, Server]]:
    """Run A, B and C until the block ends; nothing else is touched."""
    sql = ["--endpoints", "sql.yml"]
    with ExitStack() as stack:
        servers = [_start_madoguchi(data, work)]
        stack.callback(_stop, servers[-1].process)
        for name, options in (("B", []), ("C", sql)):
            servers.append(_start_stock(name, stock_project, stock_model, work, options))
            stack.callback(_stop, servers[-1].process)
        for server in servers:
            _wait_until_ready(server, work / f"{server.name}.log")
        yield {server.name: server for server in servers}


@contextmanager
def madoguchi(settings: Mapping[str, str], work: Path) -> Iterator[Server]:
    """Run Madoguchi alone until the block ends; ``settings`` name at least its ``PORT``."""
    server = _start(settings, work)
    try:
        _wait_until_ready(server, work / "A.log")
        yield server
    finally:
        _stop(server.process)


def _start_madoguchi(data: Path, work: Path) -> Server:
    settings = {
        "PORT": str(free_port()),
        "DATA_DIR": str(work / "madoguchi"),
        "MADOGUCHI_SCENARIOS": str(data),
        "MADOGUCHI_ADDRESS_RATE": "0",
    }
    return _start(settings, work)


def _start(settings: Mapping[str, str], work: Path) -> Server:
    process = _spawn([str(MADOGUCHI), "serve"], ROOT, settings, work / "A.log")
    return Server("A", "madoguchi", f"http://127.0.0.1:{settings['PORT']}", process)


def _start_stock(
    name: str, project: Path, model: Path, work: Path, options: Sequence[str]
) -> Server:
    port = free_port()
    command = [str(STOCK_PYTHON), "-W", "ignore", "-m", "rasa", "run", "--model", str(model)]
    command += ["--interface", "127.0.0.1", "--port", str(port)]
    command += ["--credentials", "credentials.yml", *options]
    process = _spawn(command, project, {}, work / f"{name}.log")
    return Server(name, "rest", f"http://127.0.0.1:{port}", process)


def _spawn(
    command: Sequence[str], folder: Path, settings: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_ready(server: Server, log: Path) -> None:
    url = f"{server.url}/readyz" if server.kind == "madoguchi" else server.url
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(timeout=2.0, trust_env=False) as http:
        while time.monotonic() < deadline and server.process.poll() is None:
            with suppress(httpx.HTTPError):
                if http.get(url).is_success:
                    return
            time.sleep(0.5)
    raise ServerFailed(f"{server.name} did not start:\n{tail(log)}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server, politely first; then what is left of exactly the processes that it started."""
    family = tree(process.pid)
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        for pid in family:
            with _gone_is_fine():
                os.kill(pid, signal.SIGKILL)
        process.wait()


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])


def tree(root: int) -> list[int]:
    """Return a process and all its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with _gone_is_fine():
                children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def cpu_seconds(root: int) -> float:
    """Return the CPU time, user and system, that a tree has used so far, ended children included."""
    ticks = 0
    for pid in tree(root):
        with _gone_is_fine():
            ticks += sum(map(int, _stat(pid)[11:15]))
    return ticks / _TICK


def processors() -> int:
    """Return how many processors the measured processes may use."""
    return len(os.sched_getaffinity(0))


def machine_cpu_seconds() -> float:
    """Return the CPU time that all processes of the machine have used since it started."""
    user, nice, system, _idle, _wait, irq, softirq, *_ = Path("/proc/stat").read_text().split()[1:]
    return sum(map(int, (user, nice, system, irq, softirq))) / _TICK


def wait_for_quiet() -> None:
    """Give other work on the machine a chance to end; go on anyway after a while."""
    deadline = time.monotonic() + _QUIET_PATIENCE
    while time.monotonic() < deadline and _busy_share() > _QUIET_SHARE:
        pass


def _busy_share() -> float:
    """Return how much of all processors is used just now, from 0 to 1."""
    before = machine_cpu_seconds()
    time.sleep(_QUIET_SAMPLE)
    return (machine_cpu_seconds() - before) / _QUIET_SAMPLE / processors()


def memory(root: int) -> Memory:
    """Return what a tree holds now."""
    rss = pss = 0
    for pid in tree(root):
        with _gone_is_fine():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                rss += int(line.split()[1]) if line.startswith("Rss:") else 0
                pss += int(line.split()[1]) if line.startswith("Pss:") else 0
    return Memory(rss / 1024, pss / 1024)


def _stat(pid: int) -> list[str]:
    """Return the fields of ``/proc/<pid>/stat`` from the state on (``man 5 proc``, field 3)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    """A process may end between being listed and being looked at."""
    with suppress(FileNotFoundError, ProcessLookupError):
        yield
