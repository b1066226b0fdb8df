"""The real gateway behind a port of its own, in a thread, with a client from outside."""

from __future__ import annotations

import asyncio
import socket
import threading
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.dialogue.desk import Desk
from bot.dialogue.published import Published
from bot.store.clock import Clock
from bot.web.app import create_app
from bot.web.settings import Settings
from tests.support.fake_worker import FakeWorker
from tests.support.ward import API

_PATIENCE = 120.0


@dataclass
class Ticket:
    """What a tab keeps of its conversation."""

    id: str
    token: str


@dataclass
class ServedWard:
    """A gateway that browsers can reach, and what they asked it for."""

    url: str
    file: Path
    worker: FakeWorker
    http: httpx.Client
    app: FastAPI
    loop: list[asyncio.AbstractEventLoop] = field(default_factory=list)
    answered: list[tuple[str, int]] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        """Return the desk, whose methods are run by :meth:`do`."""
        desk: Desk = self.app.state.desk
        return desk

    def do(self, act: Coroutine[Any, Any, Any]) -> Any:
        """Let the gateway's own loop do something at the desk; returns what came of it."""
        return asyncio.run_coroutine_threadsafe(act, self.loop[-1]).result(_PATIENCE)

    def transcript(self, ticket: Ticket) -> dict[str, Any]:
        """Return the conversation as the gateway has it."""
        return self._call("GET", ticket, "messages")

    def say(self, ticket: Ticket, text: str) -> dict[str, Any]:
        """Take a turn in somebody's conversation, as a second device of theirs would."""
        body = {"client_message_id": str(uuid.uuid4()), "text": text}
        return self._call("POST", ticket, "turns", json=body)

    def end(self, ticket: Ticket) -> None:
        """End somebody's conversation from elsewhere."""
        self._call("DELETE", ticket)

    def _call(self, method: str, ticket: Ticket, *rest: str, **more: Any) -> dict[str, Any]:
        path = "/".join([API, "conversations", ticket.id, *rest])
        headers = {"Authorization": f"Bearer {ticket.token}"}
        response = self.http.request(method, path, headers=headers, **more)
        assert response.is_success, (response.status_code, response.text)
        return dict(response.json()) if response.content else {}


@contextmanager
def serve(
    settings: Settings, published: Published, worker: FakeWorker, clock: Clock | None = None
) -> Iterator[ServedWard]:
    """Serve the app until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = "http://127.0.0.1:{1}".format(*listener.getsockname())
        with httpx.Client(base_url=url, trust_env=False, timeout=_PATIENCE) as http:
            created = create_app(settings, published, clock)
            ward = ServedWard(url, settings.data_dir / "madoguchi.db", worker, http, created)
            app = _recorded(created, ward)
            with _running(app, listener):
                assert http.get("/readyz").is_success
                yield ward


@contextmanager
def _running(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=3
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)
        assert not thread.is_alive(), "the gateway did not end"


def _recorded(app: ASGIApp, ward: ServedWard) -> ASGIApp:
    """Note the loop that serves, and the path and the status of every response: a browser hides some requests from its tests."""

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        ward.loop[:] = [asyncio.get_running_loop()]

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                ward.answered.append((scope["path"], message["status"]))
            await send(message)

        await app(scope, receive, note)

    return noting
