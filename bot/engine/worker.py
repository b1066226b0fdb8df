"""Start the dialogue worker: plain ``rasa run``, with what must happen before Rasa is imported.

usage: python -m bot.engine.worker --model FILE --port PORT

Importing Rasa takes 5 to 20 seconds; the lifeline must hold during that time too, so it comes first.
"""

from __future__ import annotations

import argparse
import os
import sys

from bot.lifeline import hold_lifeline


def main() -> None:
    """Run until ended; ends itself when the supervisor is gone."""
    hold_lifeline()
    parser = argparse.ArgumentParser(description="Start the dialogue worker.")
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", required=True)
    arguments = parser.parse_args()
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    sys.argv = ["rasa", "run", "--model", arguments.model, "--port", arguments.port]
    sys.argv += ["--interface", "127.0.0.1", "--endpoints", "endpoints.yml"]
    sys.argv += ["--credentials", "credentials.yml", "--log-file", os.devnull]

    from rasa.__main__ import main as rasa_main

    rasa_main()


if __name__ == "__main__":
    main()
