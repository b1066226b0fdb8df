"""The fork server seen from outside: the socket that the supervisor keeps for it, and who may find it.

The supervisor holds the listening socket all its life, so a command that comes while the fork server is
started again waits in the queue instead of failing. The folder of the socket is its owner's alone.
"""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path

FORKSERVER = "MADOGUCHI_FORKSERVER"
"""As in ``bot/engine/process.py``, which belongs to the other environment."""

_QUEUE = 16


class Door:
    """A listening Unix socket in a folder of its own; short, because such paths have some 100 bytes."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="madoguchi-"))
        self.path = self._folder / "rasa"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(_QUEUE)

    @property
    def variables(self) -> Mapping[str, str]:
        """Return what leads a command to it."""
        return {FORKSERVER: str(self.path)}

    def show_in(self, data_dir: Path) -> None:
        """Let the commands of this data folder find it."""
        sign = _sign(data_dir)
        sign.parent.mkdir(parents=True, exist_ok=True)
        _remove_left_over(sign)
        sign.write_text(str(self.path), "utf-8")

    def close(self, data_dir: Path) -> None:
        """Take socket, folder and sign away."""
        self.listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        _sign(data_dir).unlink(missing_ok=True)


def variables_in(data_dir: Path) -> Mapping[str, str]:
    """Return what leads a command to the running fork server of a data folder; empty if none runs."""
    try:
        path = _sign(data_dir).read_text("utf-8")
    except FileNotFoundError:
        return {}
    with socket.socket(socket.AF_UNIX) as door:
        try:
            door.connect(path)
        except OSError:
            return {}
    return {FORKSERVER: path}


def is_answering(path: str, patience: float = 1.0) -> bool:
    """Tell whether the fork server behind a socket has imported Rasa and takes commands."""
    request = json.dumps({"arguments": [], "folder": "", "environment": {}}).encode()
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(patience)
        try:
            door.connect(path)
            socket.send_fds(door, [len(request).to_bytes(8, "big")], [])
            door.sendall(request)
            return bool(door.recv(16))
        except OSError:
            return False


def _sign(data_dir: Path) -> Path:
    return data_dir / "run" / "forkserver"


def _remove_left_over(sign: Path) -> None:
    """Remove the socket of a supervisor that was killed."""
    if sign.exists():
        folder = Path(sign.read_text("utf-8")).parent
        if folder.name.startswith("madoguchi-"):
            shutil.rmtree(folder, ignore_errors=True)
