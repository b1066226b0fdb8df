"""Rasa, imported once: forks a process for every ``rasa run`` and ``rasa train`` that is asked for.

usage: python -m bot.engine.forkserver DESCRIPTOR      of a listening Unix socket

Imports are most of a short training and of a worker's start. Forking is safe while there is one thread, so
there is none but the main one when a request is served: BLAS gets no pool, the dictionary is only read, and
the lifeline is watched in the loop. A job ends when whoever asked for it hangs up, or when this process ends.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from contextlib import suppress
from importlib import import_module
from typing import Any, Dict, List, NoReturn, Optional, Tuple

from bot.engine.process import make_quiet, spare_collection
from bot.lifeline import take_lifeline, watch

_SINGLE_THREADED = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
# Whatever else a job imports by itself, it imports again for each training and each worker.
_NEEDED = (
    "rasa.__main__",
    "rasa.api",
    "rasa.core.run",
    "rasa.engine.recipes.default_components",
    "bot.engine.importer",
    "bot.engine.models",
    "bot.engine.selector",
)
_REQUEST_SECONDS = 5.0
_READY = "ready"


class ForkServer:
    """One loop: takes requests, forks, tells exit statuses, ends what nobody waits for."""

    def __init__(self, listener: socket.socket, lifeline: Optional[int]) -> None:
        """Take the listening socket, and the pipe whose end ends everything."""
        self._listener = listener
        self._lifeline = lifeline
        self._jobs: Dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._own_lifeline = os.pipe()
        self._children, self._on_child = socket.socketpair()

    def serve(self) -> None:
        """Serve until the lifeline ends."""
        self._on_child.setblocking(False)
        signal.set_wakeup_fd(self._on_child.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._listener, selectors.EVENT_READ, self._take)
        self._selector.register(self._children, selectors.EVENT_READ, self._reap)
        if self._lifeline is not None:
            self._selector.register(self._lifeline, selectors.EVENT_READ, _end)
        while True:
            for key, _ in self._selector.select():
                key.data()

    def _take(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(_REQUEST_SECONDS)
        try:
            command, output = _read_request(connection)
        except (OSError, ValueError, KeyError):
            connection.close()
            return
        if not command["arguments"]:
            _tell(connection, _READY)
        else:
            self._fork(connection, command, output)
        for descriptor in output:
            os.close(descriptor)

    def _fork(self, connection: socket.socket, command: Dict[str, Any], output: List[int]) -> None:
        pid = os.fork()
        if pid == 0:
            self._become(command, output)
        self._jobs[pid] = connection
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._abandon(pid))

    def _abandon(self, pid: int) -> None:
        """End a job whose caller has hung up; it keeps no state that could be lost."""
        self._selector.unregister(self._jobs[pid])
        os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        self._children.recv(4096)
        while self._jobs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            connection = self._jobs.pop(pid)
            if connection in self._selector.get_map():
                self._selector.unregister(connection)
            _tell(connection, str(os.waitstatus_to_exitcode(status)))

    def _become(self, command: Dict[str, Any], output: List[int]) -> NoReturn:
        """Be the process that was asked for: its output, its folder, its environment, its arguments."""
        status = 1
        try:
            self._let_go()
            for target, descriptor in enumerate(output):
                os.dup2(descriptor, target)
            os.chdir(command["folder"])
            os.environ.clear()
            os.environ.update(command["environment"])
            make_quiet()
            spare_collection(command["arguments"])
            status = run_rasa(command["arguments"])
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _let_go(self) -> None:
        """Close what is the server's, and hang on its life."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for held in (self._listener, self._children, self._on_child, *self._jobs.values()):
            held.close()
        if self._lifeline is not None:
            os.close(self._lifeline)
        reading, writing = self._own_lifeline
        os.close(writing)
        watch(reading)


def run_rasa(arguments: List[str]) -> int:
    """Run Rasa's own command line; returns its exit status."""
    from rasa.__main__ import main as rasa

    sys.argv = ["rasa", *arguments]
    try:
        rasa()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _read_request(connection: socket.socket) -> Tuple[Dict[str, Any], List[int]]:
    size, output, _, _ = socket.recv_fds(connection, 8, 3)
    missing, request = int.from_bytes(size, "big"), b""
    while missing and (part := connection.recv(missing)):
        request, missing = request + part, missing - len(part)
    command: Dict[str, Any] = json.loads(request)
    return {name: command[name] for name in ("arguments", "folder", "environment")}, output


def _tell(connection: socket.socket, status: str) -> None:
    with suppress(OSError):  # perhaps nobody waits for it any more
        connection.sendall(status.encode())
    connection.close()


def _end() -> NoReturn:
    os._exit(0)


def _import_rasa() -> None:
    """Import all that a worker and a training need, and read the dictionary."""
    for name in _NEEDED:
        import_module(name)
    from bot.engine.tokenizer import tokens_of

    tokens_of("madoguchi", "A")


def _watched_while_importing(lifeline: Optional[int]) -> None:
    """Import Rasa with a thread on the lifeline that is gone when this returns."""
    released, release = os.pipe()
    watcher = threading.Thread(target=_watch_until_released, args=(lifeline, released))
    watcher.start()
    _import_rasa()
    os.close(release)
    watcher.join()
    os.close(released)


def _watch_until_released(lifeline: Optional[int], released: int) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(released, selectors.EVENT_READ)
        if lifeline is not None:
            selector.register(lifeline, selectors.EVENT_READ)
        if lifeline in {key.fd for key, _ in selector.select()}:
            os._exit(0)


def main() -> None:
    """Import Rasa, then serve; requests that come meanwhile wait in the socket's queue."""
    os.environ.update(_SINGLE_THREADED)
    make_quiet()
    lifeline = take_lifeline()
    _watched_while_importing(lifeline)
    gc.collect()
    gc.freeze()  # the collector would otherwise write to every page that the jobs share
    ForkServer(socket.socket(fileno=int(sys.argv[1])), lifeline).serve()


if __name__ == "__main__":
    main()
