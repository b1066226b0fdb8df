"""A double of the dialogue worker: a real HTTP server with the worker's protocol and a remote control.

It answers from a table, else by the search over the published questions, and keeps every call that it
got. It can be held (slow, or hung for good), made to fail, to talk nonsense, and to die and come back on
the same port. ``tests/stack/test_worker_contract.py`` holds it against the real worker.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bot.dialogue.understanding import hits_of
from bot.scenarios.search import SearchIndex

ROOT_PATH = "/webhooks/madoguchi"
MODEL_ID = "fake-model"
TOKEN = "the-token-of-the-worker"
_ANSWER_AT, _OFFER_AT, _OFFERED = 0.55, 0.25, 4
_PATIENCE = 120.0
_NO_ZONE: dict[str, Any] = {"shares": {"blue": 1.0}, "kinds": {}}


class FakeWorker:
    """The server and its remote control; usable as a context manager."""

    def __init__(self, index: SearchIndex, token: str = TOKEN) -> None:
        self.calls: list[dict[str, Any]] = []
        self.is_ready = True
        self.models: list[str] = []
        self.refuses_models = False
        self.refused = 0
        self.health_instead: tuple[int, bytes] | None = None
        self.port = 0
        self._index, self._token = index, token
        self._table: dict[str, tuple[str, list[dict[str, Any]]]] = {}
        self._zones: dict[str, dict[str, Any]] = {}
        self._instead: tuple[int, bytes] | None = None
        self._holds: Callable[[dict[str, Any]], bool] = _nothing
        self._permits = 0
        self._changed = threading.Condition()
        self._server: _Server | None = None

    def __enter__(self) -> FakeWorker:
        self.revive()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self.die()

    @property
    def url(self) -> str:
        """Return the base URL, as the gateway is configured with it."""
        return f"http://127.0.0.1:{self.port}"

    def teach(self, text: str, key: str, ranking: tuple[str, ...] = ()) -> None:
        """Answer ``text`` with a response key, and a ranking of falling scores."""
        ranked = [{"key": name, "score": round(0.9 / n, 4)} for n, name in enumerate(ranking, 1)]
        self._table[text] = (key, ranked)

    def judge(self, text: str, shares: dict[str, float], kinds: dict[str, str]) -> None:
        """Name the zones of ``text``: the probability of each, and its likeliest kind."""
        self._zones[text] = {"shares": shares, "kinds": kinds}

    def respond_instead(self, status: int, body: bytes = b"{}") -> None:
        """Answer every turn with this status and body; ``mend`` ends it."""
        self._instead = (status, body)

    def mend(self) -> None:
        """Answer as usual again."""
        self._instead = None

    def hold(self, text: str | None = None) -> None:
        """Take calls (with ``text``, only those) and answer none of them until ``release``."""
        self._holds = lambda call: text is None or text == call["text"]

    def let_one_through(self) -> None:
        """Answer one held call, and go on holding."""
        with self._changed:
            self._permits += 1
            self._changed.notify_all()

    def release(self) -> None:
        """Answer the held calls and those to come."""
        with self._changed:
            self._holds, self._permits = _nothing, 0
            self._changed.notify_all()

    @contextmanager
    def held(self, text: str | None = None) -> Iterator[None]:
        """Hold for the length of the block."""
        self.hold(text)
        try:
            yield
        finally:
            self.release()

    async def wait_for_calls(self, count: int, text: str | None = None) -> None:
        """Return as soon as ``count`` calls (with ``text``) have come in, answered or not."""
        await asyncio.to_thread(self._wait_for_calls, count, text)

    def _wait_for_calls(self, count: int, text: str | None) -> None:
        def have_come() -> bool:
            return count <= sum(text is None or text == call["text"] for call in self.calls)

        with self._changed:
            assert self._changed.wait_for(have_come, _PATIENCE), "the call did not come"

    def die(self) -> None:
        """Close the port and every connection, as a killed process does."""
        if self._server is not None:
            self._server.end()
            self._server = None

    def revive(self) -> None:
        """Listen again on the same port."""
        self._server = _Server(self.port, self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def health(self) -> tuple[int, bytes]:
        """Answer ``GET /health``."""
        model_id = MODEL_ID if self.is_ready else None
        # Like the real one, it began with a model of its own and lets go of it for those it is given.
        held = self.models or ([MODEL_ID] if self.is_ready else [])
        state = {"ready": self.is_ready, "model_id": model_id, "models": held}
        return self.health_instead or _json(200, state)

    def load(self, authorization: str, call: dict[str, Any]) -> tuple[int, bytes]:
        """Answer ``POST /models``: hold the newest two, as the real worker does."""
        if authorization != f"Bearer {self._token}":
            return _json(403, {"error": "forbidden"})
        if self.refuses_models:
            self.refused += 1
            return _json(404, {"error": f"no such model: {call['model']}"})
        if call["model"] not in self.models:
            self.models = [call["model"], *self.models[:1]]
        return _json(200, {"model_id": MODEL_ID})

    def turn(self, authorization: str, call: dict[str, Any]) -> tuple[int, bytes]:
        """Answer ``POST /turn``."""
        if authorization != f"Bearer {self._token}":
            return _json(403, {"error": "forbidden"})
        if not self.is_ready:
            return _json(503, {"error": "no model is loaded"})
        if call.get("model") and call["model"] not in self.models:
            return _json(409, {"error": "the model is not loaded"})
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._holds(call) or self._permits)
            self._permits -= self._holds(call)
        return self._instead or _json(200, self._answer(call))

    def turns(self, authorization: str, call: dict[str, Any]) -> tuple[int, bytes]:
        """Answer ``POST /turns``: all of them, or the first refusal."""
        named = [{**one, "model": call.get("model")} for one in call["turns"]]
        answers = [self.turn(authorization, one) for one in named]
        refusals = [answer for answer in answers if answer[0] != 200]
        if refusals or self._instead:
            return [*refusals, self._instead or _json(500, {})][0]
        return _json(200, [json.loads(body) for _, body in answers])

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        response, ranking = self._decide(call)
        slots = dict((call.get("state") or {}).get("slots") or {})
        if response.startswith("utter_faq/"):
            slots["service"] = response.removeprefix("utter_faq/").split(".")[0]
        intent, _, answer = response.removeprefix("utter_").partition("/")
        confidence = float(ranking[0]["score"]) if ranking else 0.0
        named = {"name": intent, "confidence": confidence}
        if answer and not call.get("choice"):
            named["full_retrieval_intent_name"] = f"{intent}/{answer}"
        return {
            "responses": [response],
            "state": {"slots": slots, "active_loop": None},
            "trace": {
                "intent": named,
                "ranking": ranking,
                "service_confidence": confidence,
                "likeness": confidence,
                "zone": self._zone(call),
                "actions": [
                    {"action": action, "policy": "RulePolicy", "confidence": 1.0}
                    for action in (f"utter_{intent}", "action_listen")
                ],
                "model_id": MODEL_ID,
                "model": call.get("model") or "",
                "worker_ms": 1.0,
            },
        }

    def _zone(self, call: dict[str, Any]) -> dict[str, Any]:
        """Return what was judged of the text, else that it is of no zone."""
        said = call.get("said") or call.get("text") or ""
        return self._zones.get(said, deepcopy(_NO_ZONE))

    def _decide(self, call: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
        chosen, text = call.get("choice"), call.get("text") or ""
        if chosen:
            return f"utter_faq/{chosen}", [{"key": chosen, "score": 1.0}]
        if text in self._table:
            return self._table[text]
        hits = hits_of(self._index, text, call.get("state") or {})
        ranking = [{"key": hit.key, "score": round(hit.score, 4)} for hit in hits]
        best = hits[0] if hits else None
        if best is None or best.score < _OFFER_AT:
            return "utter_nlu_fallback", ranking
        is_phrase, is_sure = best.key.startswith(("phrase:", "zone:")), best.score >= _ANSWER_AT
        if is_phrase:
            known = best.key.removeprefix("phrase:").replace("zone:", "zone_")
            return (f"utter_{known}" if is_sure else "utter_nlu_fallback"), ranking
        return (f"utter_faq/{best.key}" if is_sure else "utter_clarify"), ranking[:_OFFERED]


class _Server(ThreadingHTTPServer):
    """Threads that do not outlive it, and connections that it can cut."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, port: int, worker: FakeWorker) -> None:
        self.worker = worker
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""

    def end(self) -> None:
        """Stop listening and cut what is connected."""
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was quicker


class _Handler(BaseHTTPRequestHandler):
    """One connection of the gateway."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        known = self.path == f"{ROOT_PATH}/health"
        self._send(*(self.server.worker.health() if known else _json(404, {})))

    def do_POST(self) -> None:
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        worker = self.server.worker
        doors = {
            f"{ROOT_PATH}/turn": worker.turn,
            f"{ROOT_PATH}/turns": worker.turns,
            f"{ROOT_PATH}/models": worker.load,
        }
        if self.path not in doors:
            self._send(*_json(404, {}))
            return
        self._send(*doors[self.path](self.headers.get("Authorization", ""), call))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""


def _nothing(call: dict[str, Any]) -> bool:
    return False


def _json(status: int, value: Any) -> tuple[int, bytes]:
    return status, json.dumps(value, ensure_ascii=False).encode()
