"""Handoffs in the database: who waits for a person, since when, and how long it took others.

Every function MUST run inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from bot.handoff.reference import new_reference
from bot.store.tables import handoffs

OPEN = ("waiting", "claimed")
_RECENT = 20
_RECENT_DAYS = timedelta(days=30)


@dataclass(frozen=True)
class Handoff:
    """One conversation's way to a person, as it stands; times as stored (UTC, as text)."""

    id: str
    reference: str
    conversation_id: str
    turn_id: str
    section: str
    reason: str
    locale: str
    state: str
    requested_at: str
    question_seq: int | None = None
    service: str | None = None
    is_urgent: bool = False
    assigned_to: str | None = None
    assigned_name: str | None = None
    claimed_by: str | None = None
    claimed_name: str | None = None
    lease_until: str | None = None
    first_claimed_at: str | None = None
    first_reply_at: str | None = None
    ended_at: str | None = None
    result: str | None = None
    helpful: bool | None = None
    alarmed_at: str | None = None

    @property
    def was_claimed(self) -> bool:
        """Tell whether a person has had it; from then on the bot is silent until it is handed back."""
        return self.first_claimed_at is not None


class Changed(Exception):
    """A handoff is no longer as it was read; nothing of the change took place."""


def stamp(moment: datetime) -> str:
    """Return a moment as the tables hold it: UTC, so that texts sort as times do."""
    return moment.isoformat(timespec="microseconds")


def free_reference(connection: Connection) -> str:
    """Return a reference number that no handoff has yet."""
    while True:
        reference = new_reference()
        query = select(handoffs.c.id).where(handoffs.c.reference == reference)
        if connection.execute(query).first() is None:
            return reference


def add(connection: Connection, handoff: Handoff) -> None:
    """Store a new handoff."""
    connection.execute(insert(handoffs).values(**asdict(handoff)))


def find(connection: Connection, handoff_id: str) -> Handoff | None:
    """Return a handoff by its id."""
    return _first(connection, handoffs.c.id == handoff_id)


def open_of(connection: Connection, conversation_id: str) -> Handoff | None:
    """Return the handoff that a conversation waits in or is served by."""
    of = handoffs.c.conversation_id == conversation_id
    return _first(connection, and_(of, handoffs.c.state.in_(OPEN)))


def latest_of(connection: Connection, conversation_id: str, *states: str) -> Handoff | None:
    """Return the newest handoff of a conversation that is in one of these states."""
    of = handoffs.c.conversation_id == conversation_id
    query = select(handoffs).where(of, handoffs.c.state.in_(states))
    newest = query.order_by(handoffs.c.requested_at.desc(), handoffs.c.id.desc()).limit(1)
    row = connection.execute(newest).mappings().one_or_none()
    return Handoff(**row) if row else None


def listed(
    connection: Connection, sections: Sequence[str], states: Sequence[str] = OPEN
) -> list[Handoff]:
    """Return the handoffs of these sections (none given: of all), longest waiting first."""
    query = select(handoffs).where(handoffs.c.state.in_(states))
    if sections:
        query = query.where(handoffs.c.section.in_(sections))
    rows = connection.execute(query.order_by(handoffs.c.requested_at, handoffs.c.id)).mappings()
    return [Handoff(**row) for row in rows]


def position_of(connection: Connection, handoff: Handoff) -> int:
    """Return the place in the queue of its section, from 1."""
    earlier = or_(
        handoffs.c.requested_at < handoff.requested_at,
        and_(handoffs.c.requested_at == handoff.requested_at, handoffs.c.id < handoff.id),
    )
    return 1 + _count_waiting(connection, handoff.section, earlier)


def waiting_in(connection: Connection, section: str) -> int:
    """Return how many wait in a section."""
    return _count_waiting(connection, section)


def conversations_waiting_in(connection: Connection, section: str) -> list[str]:
    """Return the conversations that wait in a section, whose places change with it."""
    query = select(handoffs.c.conversation_id).where(_is_waiting(section))
    return list(connection.scalars(query))


def change(connection: Connection, before: Handoff, **values: Any) -> None:
    """Change a handoff that is still as it was read.

    Raises:
        Changed: somebody else was quicker.

    """
    changed = connection.execute(
        update(handoffs)
        .where(
            handoffs.c.id == before.id,
            handoffs.c.state == before.state,
            handoffs.c.claimed_by.is_not_distinct_from(before.claimed_by),
            handoffs.c.lease_until.is_not_distinct_from(before.lease_until),
        )
        .values(**values)
    )
    if changed.rowcount != 1:
        raise Changed


def recent_handling(connection: Connection, section: str, now: datetime) -> list[timedelta]:
    """Return how long the last handoffs of a section took from the claim to the end."""
    ended = select(handoffs.c.first_claimed_at, handoffs.c.ended_at).where(
        handoffs.c.section == section,
        handoffs.c.first_claimed_at.is_not(None),
        handoffs.c.ended_at >= stamp(now - _RECENT_DAYS),
    )
    rows = connection.execute(ended.order_by(handoffs.c.ended_at.desc()).limit(_RECENT))
    return [datetime.fromisoformat(end) - datetime.fromisoformat(start) for start, end in rows]


def ended_between(
    connection: Connection, sections: Sequence[str], start: datetime, end: datetime
) -> list[Handoff]:
    """Return the handoffs that were asked for in a period, in order."""
    query = select(handoffs).where(
        handoffs.c.requested_at >= stamp(start), handoffs.c.requested_at < stamp(end)
    )
    if sections:
        query = query.where(handoffs.c.section.in_(sections))
    rows = connection.execute(query.order_by(handoffs.c.requested_at, handoffs.c.id)).mappings()
    return [Handoff(**row) for row in rows]


def judge(connection: Connection, conversation_id: str, turn_id: str, helpful: bool) -> None:
    """Keep with the handoff what its resident said of it, if the turn is a handoff's."""
    connection.execute(
        update(handoffs)
        .where(handoffs.c.conversation_id == conversation_id, handoffs.c.turn_id == turn_id)
        .values(helpful=helpful)
    )


def _first(connection: Connection, condition: ColumnElement[bool]) -> Handoff | None:
    row = connection.execute(select(handoffs).where(condition)).mappings().one_or_none()
    return Handoff(**row) if row else None


def _is_waiting(section: str) -> ColumnElement[bool]:
    return and_(handoffs.c.section == section, handoffs.c.state == "waiting")


def _count_waiting(connection: Connection, section: str, *further: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(handoffs).where(_is_waiting(section), *further)
    return int(connection.scalar(query) or 0)
