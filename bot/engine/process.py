"""Start plain Rasa, with what must happen before it is imported.

usage: python -m bot.engine.process {run,train} ...      the arguments of Rasa's own command line

Importing Rasa takes 5 to 20 seconds; the lifeline must hold during that time too, so it comes first.
"""

from __future__ import annotations

import os
import runpy

from bot.lifeline import hold_lifeline

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "LOG_LEVEL": "WARNING",
}


def main() -> None:
    """Run Rasa until it ends; ends itself when the process that holds the lifeline is gone."""
    hold_lifeline()
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    runpy.run_module("rasa", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
