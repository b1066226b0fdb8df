"""Start plain Rasa, with what must happen before it is imported.

usage: python -m bot.engine.process {run,train} ...      the arguments of Rasa's own command line

Importing Rasa takes 5 to 20 seconds. Where a fork server has imported it already (bot/engine/forkserver.py),
the same command runs there in a moment, and this process only stands for it: it has its output and its exit
status, and the command ends with it. Without one, Rasa is imported here; the lifeline must hold during that
time too, so it comes first.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import socket
import sys
from typing import List, NoReturn, Optional

from bot.lifeline import hold_lifeline

FORKSERVER = "MADOGUCHI_FORKSERVER"
"""Names the Unix socket of the fork server in the environment."""

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "LOG_LEVEL": "WARNING",
    # A model is named by its content and never trained twice, so Rasa's cache would only copy weights.
    "RASA_MAX_CACHE_SIZE": "0",
}


def main() -> None:
    """Run Rasa until it ends; ends itself when the process that holds the lifeline is gone."""
    hold_lifeline()
    server = os.environ.pop(FORKSERVER, "")
    arguments = [_resolved(argument) for argument in sys.argv[1:]]
    status = _run_in_fork_server(server, arguments) if server else None
    if status is not None:
        _end_likewise(status)
    make_quiet()
    spare_collection(arguments)
    sys.argv[1:] = arguments
    runpy.run_module("rasa", run_name="__main__", alter_sys=True)


def _end_likewise(status: int) -> NoReturn:
    """End as the command has ended, so that whoever watches sees a killed one as killed."""
    if status < 0:
        os.kill(os.getpid(), -status)
    sys.exit(status)


def make_quiet() -> None:
    """Set what Rasa reads from the environment, where nothing else is wanted."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def spare_collection(arguments: List[str]) -> None:
    """Leave the collector off while a model is trained.

    It would go through millions of objects again and again for a fourth of the time, and what it could
    free is gone when the process ends a moment later.
    """
    if arguments[:1] == ["train"]:
        gc.disable()


def _resolved(argument: str) -> str:
    """Follow a link to a model, so that the worker knows what it has loaded by its own name."""
    return os.path.realpath(argument) if os.path.islink(argument) else argument


def _run_in_fork_server(path: str, arguments: List[str]) -> Optional[int]:
    """Return the exit status of the command; None if nobody serves there."""
    command = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
    request = json.dumps(command).encode()
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(path)
            socket.send_fds(server, [len(request).to_bytes(8, "big")], [0, 1, 2])
            server.sendall(request)
        except OSError:
            return None
        status = server.recv(16)
    if not status:
        print("the fork server has ended", file=sys.stderr)
    return int(status or b"1")


if __name__ == "__main__":
    main()
