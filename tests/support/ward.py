"""A ward for tests: the real app on a real database in a folder, and residents who talk to it."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from bot.dialogue.opening import open_live
from bot.dialogue.published import Published
from bot.ledger.log import Log, Record
from bot.ledger.opening import open_log
from bot.ledger.sealing import KeyRing, load_master_key
from bot.store.clock import Clock
from bot.store.database import Database
from bot.web.app import create_app
from bot.web.settings import Settings

API = "/api/v1"
KNOWN = "児童手当の申請に必要なものは何ですか"
UNKNOWN = "ｗｗｗ☆☆☆"


@dataclass
class Resident:
    """One conversation, seen from the client."""

    http: httpx.AsyncClient
    opened: dict[str, Any]

    @property
    def id(self) -> str:
        """Return the conversation's id."""
        return str(self.opened["conversation_id"])

    @property
    def path(self) -> str:
        """Return the conversation's path."""
        return f"{API}/conversations/{self.id}"

    @property
    def headers(self) -> dict[str, str]:
        """Return what proves that the conversation is one's own."""
        return {"Authorization": f"Bearer {self.opened['token']}"}

    async def turn(self, message_id: str | None = None, **body: Any) -> httpx.Response:
        """Post one turn."""
        body = {"client_message_id": message_id or str(uuid.uuid4()), **body}
        return await self.http.post(f"{self.path}/turns", json=body, headers=self.headers)

    async def say(self, text: str, **more: Any) -> dict[str, Any]:
        """Post a text that must be taken; returns the turn."""
        return _taken(await self.turn(text=text, **more))

    async def choose(self, payload: str, **more: Any) -> dict[str, Any]:
        """Press an option that must be taken; returns the turn."""
        return _taken(await self.turn(choice=payload, **more))

    async def transcript(self) -> list[dict[str, Any]]:
        """Return the messages so far."""
        response = await self.http.get(f"{self.path}/messages", headers=self.headers)
        return list(_taken(response)["messages"])

    async def end(self) -> httpx.Response:
        """End the conversation."""
        return await self.http.delete(self.path, headers=self.headers)

    async def judge(self, turn_id: str, **body: Any) -> httpx.Response:
        """Give feedback."""
        body = {"turn_id": turn_id, "helpful": True, **body}
        return await self.http.post(f"{self.path}/feedback", json=body, headers=self.headers)


@dataclass
class Ward:
    """The running app."""

    app: FastAPI
    http: httpx.AsyncClient
    settings: Settings

    @property
    def file(self) -> Path:
        """Return the database file."""
        return self.settings.data_dir / "madoguchi.db"

    async def resident(self, http: httpx.AsyncClient | None = None, **body: Any) -> Resident:
        """Open a conversation that must be taken."""
        http = http or self.http
        return Resident(http, _taken(await http.post(f"{API}/conversations", json=body)))

    def from_address(self, address: str) -> httpx.AsyncClient:
        """Return a client that calls from another address."""
        return _client(self.app, address)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Read the database from outside."""
        with closing(sqlite3.connect(self.file)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """Return all rows of all tables."""
        tables = self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {t["name"]: self.rows(f'SELECT * FROM "{t["name"]}"') for t in tables}

    def records(self, resident: Resident) -> list[Record]:
        """Return the log's records of a conversation, opened with the ward's own key."""
        keys = KeyRing(load_master_key(self.settings.data_dir / "keys" / "master.key"))
        database = Database(self.settings.store_url)
        try:
            with database.read() as connection:
                return Log(keys).of_conversation(connection, resident.id)
        finally:
            database.close()


@asynccontextmanager
async def open_ward(
    settings: Settings, published: Published | None, clock: Clock | None = None
) -> AsyncIterator[Ward]:
    """Start the app as the gateway does, and end it as the gateway does."""
    app = create_app(settings, published, clock)
    async with app.router.lifespan_context(app), _client(app) as http:
        yield Ward(app, http, settings)


def begin_ward(folder: Path, published: Published) -> Path:
    """Do in a folder what a first start does: make the database and the keys, and publish."""
    database = Database(Settings(data_dir=folder).store_url)
    database.migrate()
    open_live(database, open_log(database, folder), Clock(), published)
    database.close()
    return folder


@asynccontextmanager
async def over_tcp(ward: Ward) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the ward on a port of its own, for what must really stream."""
    config = uvicorn.Config(ward.app, lifespan="off", log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = "http://127.0.0.1:{1}".format(*listener.getsockname())
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as http:
                yield http
        finally:
            server.should_exit = True
            await serving


def _client(app: FastAPI, address: str = "192.0.2.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50000))
    return httpx.AsyncClient(transport=transport, base_url="http://ward.test")


def _taken(response: httpx.Response) -> dict[str, Any]:
    assert response.is_success, (response.status_code, response.text)
    return dict(response.json())
