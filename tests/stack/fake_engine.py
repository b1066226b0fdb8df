"""A dialogue worker that starts at once: the protocol of ``bot/engine/channel.py`` without Rasa.

usage: python -m tests.stack.fake_engine --port PORT

The state that it hands back counts the turns of a conversation, so that a lost or doubled turn shows.
With FAKE_ENGINE_IS_DEAF set it takes no notice of being asked to end.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bot.lifeline import hold_lifeline

_PREFIX = "/webhooks/madoguchi"
_TOKEN = os.environ.get("MADOGUCHI_WORKER_TOKEN", "")
_RANKING = [{"key": "jido_teate.amount", "score": 0.9}, {"key": "jido_teate.overview", "score": 0.4}]
_KEYS = ["utter_faq/jido_teate.amount", "utter_clarify", "utter_greeting", "utter_nlu_fallback"]


class Handler(BaseHTTPRequestHandler):
    """Two routes: health and turn."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer the supervisor and the gateway."""
        is_health = self.path == f"{_PREFIX}/health"
        self._send(200 if is_health else 404, {"ready": True, "model_id": "fake"})

    def do_POST(self) -> None:
        """Take a turn, in a while that differs from turn to turn."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != f"Bearer {_TOKEN}":
            self._send(403, {"error": "forbidden"})
            return
        time.sleep(random.uniform(0.0, 0.03))
        self._send(200, _answer(json.loads(body)))

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: a request may hold a resident's words."""


def _answer(call: dict[str, Any]) -> dict[str, Any]:
    turns = (call["state"].get("slots") or {}).get("turns", 0) + 1
    key = f"utter_faq/{call['choice']}" if call["choice"] else _KEYS[len(call["text"]) % len(_KEYS)]
    trace = {"intent": {"name": "faq"}, "ranking": _RANKING, "actions": [], "turns": turns}
    state = {"slots": {"turns": turns}, "active_loop": None}
    return {"responses": [key], "state": state, "trace": {**trace, "model_id": "fake"}}


def main() -> None:
    """Run until ended, as the real worker does."""
    hold_lifeline()
    if os.environ.get("FAKE_ENGINE_IS_DEAF"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler).serve_forever()


if __name__ == "__main__":
    main()
