"""What happens at the desk by itself: lost claims go back, absent colleagues are not waited for, alarms."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.dialogue.person.transactions import Transactions, Work, of
from bot.handoff import claims, queue
from bot.handoff.queue import Handoff, stamp
from bot.ledger.handoff_events import HandoffAlarm

_EVERY_SECONDS = 5.0
_log = structlog.get_logger()


class Keeper:
    """Looks after the queue; several gateways may do so at once, each change happens once."""

    def __init__(
        self,
        transactions: Transactions,
        alarm_after: timedelta,
        every_seconds: float = _EVERY_SECONDS,
    ) -> None:
        self._transactions, self._alarm_after = transactions, alarm_after
        self._every_seconds = every_seconds
        self._stopping = asyncio.Event()
        self._failed: str | None = None

    def stop(self) -> None:
        """End :meth:`run` after the step that it is at."""
        self._stopping.set()

    async def run(self) -> None:
        """Sweep every few seconds until :meth:`stop`; what fails is logged once and tried again."""
        while not self._stopping.is_set():
            try:
                await self.sweep()
                self._failed = None
            except Exception as error:
                # A database that is lost for a moment must not end the keeping for good.
                if self._failed != type(error).__name__:
                    _log.error("cannot_keep_queue", type=type(error).__name__)
                self._failed = type(error).__name__
            try:
                await asyncio.wait_for(self._stopping.wait(), self._every_seconds)
            except TimeoutError:
                continue

    async def sweep(self) -> None:
        """Do what is due now, each handoff in a transaction of its own."""
        for handoff in await self._transactions.reading(self._due):
            await self._transactions.writing(partial(self._attend, handoff))

    def is_late(self, handoff: Handoff, now: datetime) -> bool:
        """Tell whether nobody has claimed a handoff for too long, although its counter is open."""
        if handoff.state != "waiting":
            return False
        waited = self._waited_while_open(handoff, now)
        return waited is not None and waited >= self._alarm_after

    def _due(self, work: Work) -> list[Handoff]:
        waiting = queue.listed(work.connection, (), ("waiting",))
        return [
            *claims.expired(work.connection, work.now),
            *(h for h in waiting if self._is_left_alone(h, work.now) or self._is_due(h, work.now)),
        ]

    def _attend(self, seen: Handoff, work: Work) -> None:
        """Do what is due for one handoff, if it still is."""
        handoff = queue.find(work.connection, seen.id)
        if handoff is None:
            return
        if claims.is_expired(handoff, work.now):
            self._transactions.release(work, handoff)
        elif self._is_left_alone(handoff, work.now):
            queue.change(work.connection, handoff, assigned_to=None, assigned_name=None)
        elif self._is_due(handoff, work.now):
            self._raise_alarm(work, handoff)

    def _raise_alarm(self, work: Work, handoff: Handoff) -> None:
        waited = self._waited_while_open(handoff, work.now) or timedelta()
        minutes = int(waited.total_seconds() // 60)
        queue.change(work.connection, handoff, alarmed_at=stamp(work.now))
        alarm = HandoffAlarm(**of(handoff), waited_minutes=minutes)
        self._transactions.note_down(work, handoff, [alarm])
        _log.warning("handoff_alarm", handoff=handoff.id, section=handoff.section, minutes=minutes)

    def _is_due(self, handoff: Handoff, now: datetime) -> bool:
        return not handoff.alarmed_at and self.is_late(handoff, now)

    def _is_left_alone(self, handoff: Handoff, now: datetime) -> bool:
        to = handoff.assigned_to
        is_waiting = handoff.state == "waiting" and to is not None
        return is_waiting and self._transactions.presence.seat(str(to), now) is None

    def _waited_while_open(self, handoff: Handoff, now: datetime) -> timedelta | None:
        """Return how long somebody has waited since the counter opened; None while it is closed."""
        opened = self._transactions.hours.opened_at(handoff.section, now)
        asked = datetime.fromisoformat(handoff.requested_at)
        return now - max(opened, asked) if opened else None
