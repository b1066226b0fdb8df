"""A child ends when its supervisor does, however the supervisor ended.

The supervisor holds the writing end of a pipe and never writes. When it is gone, even by SIGKILL, the
kernel closes that end and the child's read returns. Works on every POSIX system.
"""

from __future__ import annotations

import os
import threading

VARIABLE = "MADOGUCHI_LIFELINE"


def hold_lifeline() -> None:
    """Watch the pipe named in the environment, if there is one, from a thread of its own."""
    descriptor = os.environ.pop(VARIABLE, None)
    if descriptor is not None:
        threading.Thread(target=_wait, args=(int(descriptor),), daemon=True).start()


def _wait(descriptor: int) -> None:
    os.read(descriptor, 1)
    os._exit(0)
