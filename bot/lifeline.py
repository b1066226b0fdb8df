"""A child ends when its supervisor does, however the supervisor ended.

The supervisor holds the writing end of a pipe and never writes. When it is gone, even by SIGKILL, the
kernel closes that end and the child's read returns. Works on every POSIX system.
"""

from __future__ import annotations

import os
import threading
from typing import Optional

VARIABLE = "MADOGUCHI_LIFELINE"


def hold_lifeline() -> None:
    """Watch the pipe named in the environment, if there is one, from a thread of its own."""
    descriptor = take_lifeline()
    if descriptor is not None:
        watch(descriptor)


def take_lifeline() -> Optional[int]:
    """Return the pipe's descriptor for whoever watches it in a loop of its own."""
    descriptor = os.environ.pop(VARIABLE, None)
    return None if descriptor is None else int(descriptor)


def watch(descriptor: int) -> None:
    """End this process, from a thread of its own, as soon as the other end of the pipe is closed."""
    threading.Thread(target=_wait, args=(descriptor,), daemon=True).start()


def _wait(descriptor: int) -> None:
    os.read(descriptor, 1)
    os._exit(0)
