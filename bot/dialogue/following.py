"""Following what is published, in every running gateway, without a restart.

The database is the truth and is asked five times a second for one number; a wake-up on the bus only makes it
sooner. A new revision is read, indexed and its model loaded before it takes the place of the old one in a
single assignment: a turn takes what is live at its start and keeps it to its end.
"""

from __future__ import annotations

import asyncio

import structlog

from bot.dialogue.publications import Publication, files_of, live_publication
from bot.dialogue.published import Published
from bot.dialogue.worker import Worker, WorkerUnavailable
from bot.store.bus import Bus
from bot.store.database import Database

WAKE = "publications"
"""The name under which a publication is announced on the bus."""

_POLL_SECONDS = 0.2
_log = structlog.get_logger()


class Live:
    """What this gateway answers from now; read ``current`` once for each turn."""

    def __init__(self, current: Published, number: int = 0) -> None:
        _ = current.zones  # each turn needs them
        self.current = current
        self.number = number


class Follower:
    """Keeps one gateway, and its worker's model, at what is published."""

    def __init__(
        self,
        database: Database,
        worker: Worker,
        bus: Bus,
        live: Live,
        poll_seconds: float = _POLL_SECONDS,
    ) -> None:
        self._database, self._worker, self._bus = database, worker, bus
        self._live = live
        self._poll_seconds = poll_seconds
        self._failed: str | None = None
        self._is_stopping = False

    def stop(self) -> None:
        """End :meth:`run` after the step that it is at: a thread of its may hold a connection."""
        self._is_stopping = True
        self._bus.wake(WAKE)

    async def run(self) -> None:
        """Follow until :meth:`stop`; what fails is logged once and tried again."""
        with self._bus.subscribe(WAKE) as waiter:
            while not self._is_stopping:
                waiter.clear()
                await self._try_to_follow()
                try:
                    await asyncio.wait_for(waiter.wait(), self._poll_seconds)
                except TimeoutError:
                    continue

    async def _try_to_follow(self) -> None:
        try:
            await self.follow()
        except Exception as error:
            # One broken revision or a lost database must not end the following for good.
            if self._failed != type(error).__name__:
                _log.error("cannot_follow_publication", type=type(error).__name__)
            self._failed = type(error).__name__
        else:
            self._failed = None

    async def follow(self) -> None:
        """Take over what is published now, if it is not what is live here.

        Raises:
            StoreUnavailable: the database did not answer.
            ScenarioError: this version of the product cannot read the revision.
            ModelRefused: the worker has no such model; the old revision stays, texts and model.

        """
        publication = await asyncio.to_thread(self._published_now)
        if publication is not None and publication.number != self._live.number:
            published = await asyncio.to_thread(self._read, publication)
            await self._load_model(published.model)
            self._live.current, self._live.number = published, publication.number
            _log.info("revision_live", revision=published.revision, number=publication.number)
        else:
            # A worker that was started anew may hold an older model.
            await self._load_model(self._live.current.model)

    async def _load_model(self, model: str) -> None:
        """Have the worker hold the model; without a worker the search answers, and needs none."""
        try:
            if model and not await self._worker.holds(model):
                await self._worker.load(model)
        except WorkerUnavailable:
            return

    def _published_now(self) -> Publication | None:
        with self._database.read() as connection:
            return live_publication(connection)

    def _read(self, publication: Publication) -> Published:
        with self._database.read() as connection:
            files = files_of(connection, publication.revision)
        published = Published.from_files(files, publication.model, like=self._live.current)
        published.prepare()
        return published
