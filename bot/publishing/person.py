"""Who works at this machine, for the audit log."""

from __future__ import annotations

import getpass
import os


def staff_name() -> str:
    """Name who gives the command: whoever the operating system says is logged in."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return f"uid {os.getuid()}"
