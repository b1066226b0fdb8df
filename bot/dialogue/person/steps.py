"""What a turn does to a handoff, committed with the turn or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from bot.handoff import queue, states
from bot.handoff.queue import Handoff, stamp
from bot.ledger.event import AuditEvent
from bot.ledger.events import FeedbackGiven
from bot.ledger.handoff_events import (
    CallbackRequested,
    CallbackWithdrawn,
    HandoffRequested,
    HandoffUrgent,
    HandoffWithdrawn,
)
from bot.ledger.log import Log

CONTACT = ("name", "phone", "email", "preferred")


class Step(Protocol):
    """A change of a handoff, and what the log tells of it."""

    @property
    def handoff(self) -> Handoff:
        """Return the handoff that it is about."""
        ...

    def apply(self, connection: Connection, log: Log, now: datetime) -> list[AuditEvent]:
        """Change it inside the caller's transaction; returns the events to append.

        Raises:
            Changed: somebody else was quicker.

        """
        ...


@dataclass(frozen=True)
class Ask:
    """A resident is passed on to people."""

    handoff: Handoff
    desk_open: bool

    def apply(self, connection: Connection, log: Log, now: datetime) -> list[AuditEvent]:
        """Store the new handoff."""
        queue.add(connection, replace(self.handoff, requested_at=stamp(now)))
        asked = self.handoff
        return [
            HandoffRequested(
                handoff_id=asked.id,
                section=asked.section,
                reference=asked.reference,
                reason=asked.reason,
                turn_id=asked.turn_id,
                service=asked.service,
                locale=asked.locale,
                desk_open=self.desk_open,
            )
        ]


@dataclass(frozen=True)
class Withdraw:
    """A resident does not wait any longer."""

    handoff: Handoff

    def apply(self, connection: Connection, log: Log, now: datetime) -> list[AuditEvent]:
        """Take it out of the queue."""
        target = states.MOVES["withdraw"].handoff
        queue.change(connection, self.handoff, state=target, ended_at=stamp(now))
        return [HandoffWithdrawn(handoff_id=self.handoff.id, section=self.handoff.section)]


@dataclass(frozen=True)
class Urgent:
    """An emergency was recognised while waiting for a person or talking with one."""

    handoff: Handoff
    kinds: tuple[str, ...]

    def apply(self, connection: Connection, log: Log, now: datetime) -> list[AuditEvent]:
        """Mark it for the desk."""
        queue.change(connection, self.handoff, is_urgent=True)
        of = self.handoff
        return [HandoffUrgent(handoff_id=of.id, section=of.section, kinds=self.kinds)]


@dataclass(frozen=True)
class LeaveCallback:
    """A resident asks to be called back, instead of waiting or without having waited."""

    handoff: Handoff
    is_new: bool
    desk_open: bool
    contact: Mapping[str, str]

    def apply(self, connection: Connection, log: Log, now: datetime) -> list[AuditEvent]:
        """Store it as a request for a call; the contact goes sealed into the log."""
        target = states.MOVES["leave_callback"].handoff
        events: list[AuditEvent] = []
        if self.is_new:
            asked = Ask(replace(self.handoff, state=target), self.desk_open)
            events += asked.apply(connection, log, now)
        else:
            queue.change(connection, self.handoff, state=target)
        of = self.handoff
        name, phone, email, preferred = (self.contact.get(field, "") for field in CONTACT)
        request = CallbackRequested(
            handoff_id=of.id,
            section=of.section,
            name=name,
            phone=phone,
            email=email,
            preferred=preferred,
        )
        return [*events, request]


@dataclass(frozen=True)
class WithdrawCallback:
    """A resident no longer wants to be called back."""

    handoff: Handoff

    def apply(self, connection: Connection, log: Log, now: datetime) -> list[AuditEvent]:
        """Take it off the list and erase the contact."""
        queue.change(connection, self.handoff, state="withdrawn", ended_at=stamp(now))
        erase_contact(connection, log, self.handoff)
        return [CallbackWithdrawn(handoff_id=self.handoff.id, section=self.handoff.section)]


@dataclass(frozen=True)
class Judge:
    """A resident says whether the person helped."""

    handoff: Handoff
    helpful: bool

    def apply(self, connection: Connection, log: Log, now: datetime) -> list[AuditEvent]:
        """Keep the verdict with the handoff."""
        of = self.handoff
        queue.judge(connection, of.conversation_id, of.turn_id, self.helpful)
        return [FeedbackGiven(turn_id=of.turn_id, helpful=self.helpful, raw="", masked="")]


def erase_contact(connection: Connection, log: Log, handoff: Handoff) -> None:
    """Destroy the sealed contact of a call-back request for good."""
    for record in log.of_conversation(
        connection, handoff.conversation_id, types=(CallbackRequested.type,)
    ):
        if record.envelope["handoff_id"] == handoff.id:
            log.erase(connection, record.number)
