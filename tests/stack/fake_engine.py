"""The fake worker as a process of its own, in the place of Rasa; starts in a moment.

usage: python -m tests.stack.fake_engine --port PORT

The state that it hands back counts the turns of a conversation, so that a lost or doubled turn shows.
"""

from __future__ import annotations

import argparse
import json
import signal

from bot.dialogue.published import Published
from bot.lifeline import hold_lifeline
from bot.web.settings import read_settings
from tests.support.fake_worker import FakeWorker


class CountingWorker(FakeWorker):
    """A fake worker that counts the turns in the state, and tells the count in the trace."""

    def turn(self, authorization: str, call: dict[str, object]) -> tuple[int, bytes]:
        """Answer as the fake worker does, and count."""
        status, body = super().turn(authorization, call)
        answer = json.loads(body)
        if status == 200:
            slots = answer["state"]["slots"]
            slots["turns"] = answer["trace"]["turns"] = slots.get("turns", 0) + 1
        return status, json.dumps(answer, ensure_ascii=False).encode()


def main() -> None:
    """Run until ended, as the real worker does."""
    hold_lifeline()
    parser = argparse.ArgumentParser(description="Start the fake worker.")
    parser.add_argument("--port", type=int, required=True)
    settings = read_settings()
    worker = CountingWorker(Published.from_folder(settings.scenarios).index, settings.worker_token)
    worker.port = parser.parse_args().port
    with worker:
        while True:
            signal.pause()


if __name__ == "__main__":
    main()
