"""The composition root: builds every part of the gateway from the settings, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import select
from starlette.types import Receive, Scope, Send

from bot.dialogue.counter import Counter
from bot.dialogue.published import Published
from bot.dialogue.worker import Worker
from bot.ledger.events import ServiceStarted
from bot.ledger.log import Log
from bot.ledger.sealing import KeyRing, load_master_key
from bot.store.bus import Bus
from bot.store.clock import Clock
from bot.store.database import Database, StoreUnavailable
from bot.store.tables import conversation_keys
from bot.web import errors, resident
from bot.web.headers import SecurityHeaders
from bot.web.limits import BodyLimit, RateLimits
from bot.web.settings import ROOT, Settings

_WIDGET = ROOT / "web_widget"


def create_app(settings: Settings, published: Published | None = None) -> FastAPI:
    """Build the gateway.

    Raises:
        ScenarioError: ``data/`` cannot be published as it stands.
        StoreUnavailable: the database cannot be opened or migrated.

    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.store_url)
    database.migrate()
    clock = Clock(settings.clock)
    published = published or Published.from_folder(settings.scenarios)
    published.keep(database, clock)
    log = Log(KeyRing(_master_key(settings, database)))
    worker = Worker(settings.worker_url, settings.worker_token, settings.worker_timeout)
    bus = Bus()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(_log_start, database, log, clock, published)
        yield
        await worker.close()
        database.close()

    app = FastAPI(
        title="Madoguchi",
        version=version("madoguchi"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.counter = Counter(database, log, bus, worker, published, clock)
    app.state.limits = RateLimits(settings.address_rate)
    app.state.bus, app.state.clock, app.state.published = bus, clock, published
    app.state.worker_has_been_ready = False
    app.include_router(resident.router)
    _add_probes(app, database, worker)
    _add_pages(app)
    errors.install(app)
    _add_middleware(app, settings)
    return app


def _master_key(settings: Settings, database: Database) -> bytes:
    """Read the master key; make one only while nothing has been sealed yet.

    Raises:
        SealBroken: the key is gone, and with it what the database holds sealed.

    """
    with database.read() as connection:
        in_use = connection.execute(select(conversation_keys).limit(1)).first() is not None
    return load_master_key(settings.data_dir / "keys" / "master.key", may_make=not in_use)


def _log_start(database: Database, log: Log, clock: Clock, published: Published) -> None:
    event = ServiceStarted(
        version=version("madoguchi"),
        revision=published.catalogue.revision,
        clock_shifted=clock.is_shifted,
    )
    with database.write() as connection:
        log.append(connection, clock.now(), [event])


def _add_probes(app: FastAPI, database: Database, worker: Worker) -> None:
    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        """Say whether a turn can be answered and logged.

        Until the worker has been ready once, the search alone does not count: a fresh start would
        otherwise take traffic at reduced quality. Afterwards its loss only degrades the service.
        """
        try:
            await asyncio.to_thread(database.check_writable)
        except StoreUnavailable as error:
            return JSONResponse({"status": "not ready", "reason": f"log: {error}"}, 503)
        ready = await worker.is_ready()
        app.state.worker_has_been_ready = app.state.worker_has_been_ready or ready
        if not app.state.worker_has_been_ready:
            return JSONResponse({"status": "not ready", "reason": "dialogue worker: starting"}, 503)
        return JSONResponse(
            {"status": "ready", "worker": "ready" if ready else "down: search only"}
        )


def _add_pages(app: FastAPI) -> None:
    app.mount("/widget", StaticFiles(directory=_WIDGET), name="widget")

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def demo_page() -> FileResponse:
        return FileResponse(_WIDGET / "demo.html")


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    async def too_large(scope: Scope, receive: Receive, send: Send) -> None:
        response = await errors.error_response(
            Request({**scope, "app": app, "state": {}}), "too_large"
        )
        await response(scope, receive, send)

    app.add_middleware(errors.Unforeseen)
    app.add_middleware(BodyLimit, on_too_large=too_large)
    app.add_middleware(SecurityHeaders)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
            expose_headers=["Retry-After"],
        )
