"""Rasa behind the fork server: the same commands, quickly; exchanged models; nothing left behind."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.engine.process import FORKSERVER, spare_collection

from .commands import LOOPBACK, PROCESS, ROOT, TOKEN, Worker, environment, free_port

KNOWN = "住民票の写しの手数料はいくらですか"
_PATIENCE = 120.0


class Server:
    """A fork server with a door and a lifeline of its own."""

    def __init__(self, folder: Path) -> None:
        self.door = folder / "s"
        self.log = folder / "log"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.door))
        listener.listen()
        reading, self.lifeline = os.pipe()
        command = [sys.executable, "-W", "ignore", "-m", "bot.engine.forkserver"]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, str(listener.fileno())],
                cwd=ROOT,
                env=environment(MADOGUCHI_LIFELINE=str(reading)),
                stdout=output,
                stderr=output,
                pass_fds=[listener.fileno(), reading],
            )
        listener.close()
        os.close(reading)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a command that finds the server."""
        variables = environment(**{FORKSERVER: str(self.door), "MADOGUCHI_WORKER_TOKEN": TOKEN})
        return subprocess.Popen([*PROCESS, *arguments], cwd=ROOT, env=variables, **options)

    def jobs(self) -> list[int]:
        """Return what it has forked and what still runs."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []

    def threads(self) -> int:
        """Return how many threads it has."""
        return len(os.listdir(f"/proc/{self.process.pid}/task"))


def until(condition: Callable[[], Any], what: str) -> Any:
    """Return what the condition returns as soon as it is true."""
    end = time.monotonic() + _PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, what
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One fork server for the tests that leave it running."""
    folder = Path("/tmp") / f"madoguchi-test-{os.getpid()}"  # a socket's path must be short
    folder.mkdir(mode=0o700)
    running = Server(folder)
    yield running
    os.close(running.lifeline)
    running.process.wait(30)
    shutil.rmtree(folder)


@pytest.fixture
def worker(server: Server, model: Path) -> Iterator[tuple[Worker, subprocess.Popen[bytes]]]:
    """A worker that the fork server has started."""
    port = free_port()
    with server.start("run", "--model", str(model), "--port", str(port), *LOOPBACK) as process:
        running = Worker(f"http://127.0.0.1:{port}/webhooks/madoguchi", server.log)
        until(lambda: (running.health()[1] or {}).get("ready"), "the worker is ready")
        yield running, process
        process.kill()


def load(worker: Worker, name: str, token: str = TOKEN) -> int:
    """Ask for a model to be loaded; returns the status."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    body = json.dumps({"model": name}).encode()
    request = urllib.request.Request(f"{worker.url}/models", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_status_and_output_of_a_command_are_the_callers(server: Server) -> None:
    """A command that fails fails for its caller, with Rasa's own words on the caller's output."""
    process = server.start(
        "run", "--no-such-option", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    _, complaint = process.communicate(timeout=_PATIENCE)

    assert process.returncode == 2
    assert b"--no-such-option" in complaint


def test_there_is_one_thread_while_it_forks(server: Server, worker: Any) -> None:
    """Forking is safe: no pool, no watcher, nothing beside the loop."""
    assert server.threads() == 1


def test_training_behind_the_server_makes_the_same_kind_of_model(
    server: Server, small_data: Path, tmp_path: Path
) -> None:
    """`rasa train` runs in a fork, and its archive can be loaded by name."""
    arguments = ["train", "--data", str(small_data), "--domain", str(small_data / "ward.yml")]
    arguments += ["--out", str(tmp_path), "--fixed-model-name", "forked", "--skip-validation"]
    with server.start(*arguments, "--force", stdout=subprocess.DEVNULL) as process:
        status = process.wait(_PATIENCE)

    assert status == 0
    assert (tmp_path / "forked.tar.gz").stat().st_size > 0


def test_worker_exchanges_its_model_and_holds_the_former(worker: Any, model: Path) -> None:
    """Turns may name either; what is older is gone; without a name the newest answers."""
    running, _ = worker
    names = [f"test-{os.getpid()}-{n}.tar.gz" for n in (1, 2)]
    copies = [ROOT / "models" / name for name in names]
    (ROOT / "models").mkdir(exist_ok=True)
    for copy in copies:
        shutil.copy(model, copy)
    try:
        loaded = [load(running, name) for name in names]
    finally:
        for copy in copies:
            copy.unlink()
    held = running.health()[1]["models"]
    answered = {
        name: running.turn(turn_id="t", text=KNOWN, model=name)[0]
        for name in (*names, model.name, "")
    }

    assert loaded == [200, 200]
    assert held == [names[1], names[0]]
    assert answered == {names[0]: 200, names[1]: 200, model.name: 409, "": 200}
    assert running.turn(turn_id="t", text=KNOWN, model=names[0])[1]["trace"]["model"] == names[0]
    assert running.turn(turn_id="t", text=KNOWN)[1]["trace"]["model"] == names[1]


@pytest.mark.parametrize(
    ("name", "token", "status"),
    [
        ("nowhere.tar.gz", TOKEN, 404),
        ("../small.tar.gz", TOKEN, 404),
        ("/etc/passwd", TOKEN, 404),
        ("train.log", TOKEN, 404),
        ("nowhere.tar.gz", "wrong", 403),
    ],
)
def test_only_models_of_the_folder_are_loaded_and_only_by_the_gateway(
    worker: Any, name: str, token: str, status: int
) -> None:
    """A model archive is code: no path, no other file, no stranger."""
    running, _ = worker

    assert load(running, name, token) == status
    assert running.turn(turn_id="t", text=KNOWN)[0] == 200


def test_killed_worker_is_seen_as_killed(server: Server, worker: Any) -> None:
    """Whoever watches the command sees how the worker behind it ended."""
    _, process = worker
    (job,) = server.jobs()
    os.kill(job, signal.SIGKILL)

    assert process.wait(30) == -signal.SIGKILL


def test_worker_ends_with_the_command_that_stands_for_it(server: Server, worker: Any) -> None:
    """Killing the command is killing the worker, also one that is stopped."""
    _, process = worker
    (job,) = server.jobs()
    os.kill(job, signal.SIGSTOP)
    process.kill()

    until(lambda: server.jobs() == [], f"{job} is gone")


def test_nonsense_at_the_door_harms_nobody(server: Server, worker: Any) -> None:
    """What is no request is closed, and the next one is served."""
    for nonsense in (b"", b"x", b"\0" * 7 + b"\2{}", b"\0" * 7 + b"\4nope"):
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(str(server.door))
            door.sendall(nonsense)
    process = server.start("--version", stdout=subprocess.DEVNULL)

    assert process.wait(_PATIENCE) == 0
    assert worker[1].poll() is None


def test_jobs_end_with_the_server(model: Path) -> None:
    """Killed outright, it takes its jobs with it; their callers are told."""
    folder = Path("/tmp") / f"madoguchi-test-{os.getpid()}-killed"
    folder.mkdir(mode=0o700)
    server = Server(folder)
    arguments = ["run", "--model", str(model), "--port", str(free_port()), *LOOPBACK]
    with server.start(*arguments, stderr=subprocess.DEVNULL) as process:
        (job,) = until(server.jobs, "the worker has been forked")
        server.process.kill()
        server.process.wait(30)
        status = process.wait(30)
    os.close(server.lifeline)
    shutil.rmtree(folder)

    assert status == 1
    until(lambda: not Path(f"/proc/{job}").exists(), "the job is gone")


def test_server_ends_with_its_lifeline_even_while_it_imports(tmp_path: Path) -> None:
    """No orphan is left of a supervisor that was killed at once."""
    folder = Path("/tmp") / f"madoguchi-test-{os.getpid()}-early"
    folder.mkdir(mode=0o700)
    server = Server(folder)
    time.sleep(0.5)
    os.close(server.lifeline)

    assert server.process.wait(30) == 0
    shutil.rmtree(folder)


@pytest.mark.parametrize(("command", "collects"), [("train", False), ("run", True)])
def test_only_a_training_goes_without_the_collector(command: str, collects: bool) -> None:
    """A worker lives long and must give back what it no longer needs."""
    try:
        spare_collection([command, "--data", "data"])
        assert gc.isenabled() is collects
    finally:
        gc.enable()


def test_without_a_server_the_command_runs_by_itself(tmp_path: Path) -> None:
    """A door behind which nobody is leads to plain Rasa."""
    variables = environment(**{FORKSERVER: str(tmp_path / "gone")})
    done = subprocess.run(
        [*PROCESS, "--version"], cwd=ROOT, env=variables, capture_output=True, timeout=_PATIENCE
    )

    assert done.returncode == 0
    assert b"Rasa Version" in done.stdout
