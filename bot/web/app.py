"""The composition root: builds every part of the gateway from the settings, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from bot.dialogue.counter import Counter
from bot.dialogue.desk import Desk
from bot.dialogue.following import Follower, Live
from bot.dialogue.opening import open_live
from bot.dialogue.person.keeping import Keeper
from bot.dialogue.person.transactions import Transactions
from bot.dialogue.published import Published
from bot.dialogue.worker import Worker
from bot.ledger.events import ServiceStarted
from bot.ledger.log import Log
from bot.ledger.opening import open_log
from bot.scenarios.deskwords import read_desk_words
from bot.scenarios.staffwords import read_staff_words
from bot.staff.office import open_office
from bot.staff.provider import Provider, ProviderSettings
from bot.store.bus import Bus
from bot.store.clock import Clock
from bot.store.database import Database, StoreUnavailable
from bot.web import errors, resident, staff
from bot.web.desk_pages import page as desk_page
from bot.web.headers import SecurityHeaders
from bot.web.limits import BodyLimit, RateLimits
from bot.web.pages import Pages
from bot.web.settings import ROOT, Settings
from bot.web.staff_pages import account, forms, members, provider, signing_in

_WIDGET = ROOT / "web_widget"
_STATIC = Path(__file__).parent / "static"
_STOP_SECONDS = 2.0


def create_app(
    settings: Settings, published: Published | None = None, clock: Clock | None = None
) -> FastAPI:
    """Build the gateway over what the database says is live.

    Where nothing is, ``data/`` is published as it stands. ``published`` is made live first, if it is not;
    ``clock`` takes the place of the one that the settings ask for.

    Raises:
        ScenarioError: ``data/`` cannot be published as it stands.
        StoreUnavailable: the database cannot be opened or migrated.

    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.store_url)
    database.migrate()
    clock = clock or settings.new_clock()
    log = open_log(database, settings.data_dir)
    live = open_live(database, log, clock, published or settings.scenarios)
    worker = Worker(settings.worker_url, settings.worker_token, settings.worker_timeout)
    bus = Bus()
    follower = Follower(database, worker, bus, live)
    counter = Counter(database, log, bus, worker, live, clock)
    transactions = Transactions(database, log, bus, live, clock, counter)
    keeper = Keeper(transactions, timedelta(minutes=settings.alarm_minutes))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(_log_start, database, log, clock, live)
        running = [asyncio.create_task(follower.run()), asyncio.create_task(keeper.run())]
        yield
        follower.stop()
        keeper.stop()
        await asyncio.wait(running, timeout=_STOP_SECONDS)
        await worker.close()
        if app.state.provider:
            app.state.provider.close()
        database.close()

    app = FastAPI(
        title="Madoguchi",
        version=version("madoguchi"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.counter, app.state.desk = counter, Desk(transactions, keeper)
    app.state.limits = RateLimits(settings.address_rate)
    app.state.bus, app.state.clock, app.state.live = bus, clock, live
    app.state.worker_has_been_ready = False
    _add_staff(app, settings, database, log)
    desk_page.install(app, read_desk_words(settings.scenarios, ROOT / "data"))
    app.include_router(resident.router)
    _add_probes(app, database, worker)
    _add_pages(app)
    errors.install(app)
    _add_middleware(app, settings)
    return app


def _log_start(database: Database, log: Log, clock: Clock, live: Live) -> None:
    event = ServiceStarted(
        version=version("madoguchi"),
        revision=live.current.revision,
        clock_shifted=clock.is_shifted,
    )
    with database.write() as connection:
        log.append(connection, clock.now(), [event])


def _add_staff(app: FastAPI, settings: Settings, database: Database, log: Log) -> None:
    idle, hours = settings.staff_idle_minutes, settings.staff_session_hours
    clock: Clock = app.state.clock
    words = read_staff_words(settings.scenarios, ROOT / "data")
    app.state.staff = open_office(database, log, clock, settings.data_dir, idle, hours)
    app.state.public_url = settings.public_url
    app.state.pages = Pages(
        words, lambda: app.state.live.current.catalogue.ward["ward"]["name"]["ja"]
    )
    app.state.provider = _provider(settings)
    staff.install(app)
    forms.install(app)
    for pages in (signing_in, account, members, provider):
        app.include_router(pages.router, include_in_schema=False)


def _provider(settings: Settings) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    return Provider(
        ProviderSettings(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            is_second_factor_there=settings.oidc_second_factor == "provider",
            role_claim=settings.oidc_role_claim,
            section_claim=settings.oidc_section_claim,
        )
    )


def _add_probes(app: FastAPI, database: Database, worker: Worker) -> None:
    @app.get("/healthz")
    async def healthz(response: Response) -> dict[str, str]:
        response.headers["Madoguchi-Publication"] = str(app.state.live.number)
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
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")

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
