"""Claims: exactly one agent has a conversation, for as long as something is heard from the desk.

A claim is a lease of a minute that a heartbeat keeps. One conditional UPDATE decides who gets it, so two
agents, two threads or two gateways cannot both win. Every function MUST run inside the caller's
transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from bot.handoff.queue import Handoff, change, find, stamp
from bot.store.tables import handoffs

LEASE = timedelta(seconds=60)


class ClaimError(Exception):
    """A claim that is not to be had or not held; ``code`` says why, ``name`` who has it."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code)
        self.code, self.name = code, name


def claim(
    connection: Connection, handoff_id: str, agent_id: str, name: str, now: datetime
) -> datetime:
    """Take a waiting handoff; returns the end of the lease.

    Raises:
        ClaimError: ``unknown_handoff``, ``claimed_by_other`` or ``not_claimed`` (it waits no longer).

    """
    until = now + LEASE
    is_free = or_(handoffs.c.assigned_to.is_(None), handoffs.c.assigned_to == agent_id)
    taken = connection.execute(
        update(handoffs)
        .where(handoffs.c.id == handoff_id, handoffs.c.state == "waiting", is_free)
        .values(
            state="claimed",
            claimed_by=agent_id,
            claimed_name=name,
            lease_until=stamp(until),
            assigned_to=None,
            assigned_name=None,
        )
    )
    if taken.rowcount == 1:
        connection.execute(
            update(handoffs)
            .where(handoffs.c.id == handoff_id, handoffs.c.first_claimed_at.is_(None))
            .values(first_claimed_at=stamp(now))
        )
        return until
    raise _refusal(find(connection, handoff_id))


def held(connection: Connection, handoff_id: str, agent_id: str, now: datetime) -> Handoff:
    """Return a handoff that an agent has claimed and not lost.

    Raises:
        ClaimError: ``unknown_handoff``, ``claimed_by_other``, ``not_claimed`` or ``lease_lost``.

    """
    handoff = find(connection, handoff_id)
    if handoff is None or handoff.state != "claimed" or handoff.claimed_by != agent_id:
        raise _refusal(handoff)
    if is_expired(handoff, now):
        raise ClaimError("lease_lost")
    return handoff


def keep(connection: Connection, handoff: Handoff, now: datetime) -> datetime:
    """Lengthen a claim that is held; returns the new end of the lease."""
    until = now + LEASE
    change(connection, handoff, lease_until=stamp(until))
    return until


def is_expired(handoff: Handoff, now: datetime) -> bool:
    """Tell whether a claim has run out."""
    until = handoff.lease_until
    return handoff.state == "claimed" and until is not None and until <= stamp(now)


def expired(connection: Connection, now: datetime) -> list[Handoff]:
    """Return the claims that have run out and go back to the queue."""
    query = select(handoffs).where(
        handoffs.c.state == "claimed", handoffs.c.lease_until <= stamp(now)
    )
    rows = connection.execute(query.order_by(handoffs.c.lease_until)).mappings()
    return [Handoff(**row) for row in rows]


def _refusal(handoff: Handoff | None) -> ClaimError:
    if handoff is None:
        return ClaimError("unknown_handoff")
    if handoff.state == "claimed":
        return ClaimError("claimed_by_other", handoff.claimed_name or "")
    if handoff.state == "waiting" and handoff.assigned_to:
        return ClaimError("claimed_by_other", handoff.assigned_name or "")
    return ClaimError("not_claimed")
