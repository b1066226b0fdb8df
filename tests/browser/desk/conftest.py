"""A ward in its opening hours, residents who wait for a person, and members of staff at the desk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from bot.dialogue.published import Published
from bot.scenarios.today import JST
from bot.store.clock import Clock
from bot.web.settings import Settings
from tests.support.fake_worker import TOKEN, FakeWorker
from tests.support.seats import sign_in

from ..conftest import DESKTOP, Visit, _visits
from ..served import ServedWard, serve
from ..visitor import Visitor
from .clerk import Clerk

MONDAY = datetime(2026, 11, 30, 10, 0, tzinfo=JST)
HELP = "phrase:person"

Clerks = Callable[..., Clerk]
Wait = Callable[..., Visitor]


class Turnable:
    """A clock that runs, and that a test may put forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self._ahead

    def forward(self, seconds: float) -> None:
        """Let so many seconds be over at once."""
        self._ahead += seconds


@pytest.fixture
def ticks() -> Turnable:
    """What the ward's clock counts by."""
    return Turnable()


@pytest.fixture
def served(
    published: Published, tmp_path_factory: pytest.TempPathFactory, ticks: Turnable
) -> Iterator[ServedWard]:
    """A gateway of this test's own, on a Monday morning."""
    with FakeWorker(published.index) as worker:
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("desk"),
            address_rate=0,
            worker_url=worker.url,
            worker_token=TOKEN,
            worker_timeout=2.5,
        )
        with serve(settings, published, worker, Clock(MONDAY, ticks=ticks)) as ward:
            yield ward


@pytest.fixture
def visit(browser: Browser, served: ServedWard) -> Iterator[Visit]:
    """Bring residents to the ward's page; in the end no browser may have anything to complain of."""
    with _visits(browser, served) as come:
        yield come


@pytest.fixture
def clerk(browser: Browser, served: ServedWard) -> Iterator[Clerks]:
    """Bring members of staff to the desk; in the end no browser may have anything to complain of."""
    clerks: list[Clerk] = []

    def come(
        name: str, size: tuple[int, int] = DESKTOP, sections: tuple[str, ...] = (), **options: Any
    ) -> Clerk:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, locale="ja-JP", **options)
        context.set_default_timeout(60_000)
        clerks.append(Clerk(context, served.url, sign_in(served.app, name, sections=sections)))
        return clerks[-1]

    yield come
    complaints = [clerk.watch.complaints() for clerk in clerks]
    for clerk in clerks:
        clerk.context.close()
    assert [[] for _ in clerks] == complaints


@pytest.fixture
def wait(visit: Visit) -> Wait:
    """Bring a resident who asks something and then calls a person."""

    def come(question: str = "住民票の写しが欲しい", **options: Any) -> Visitor:
        resident = visit(**options).open()
        resident.ask(question)
        resident.part("person").click()
        resident.wait_until_idle()
        expect(resident.part("status")).not_to_be_empty()
        return resident

    return come
