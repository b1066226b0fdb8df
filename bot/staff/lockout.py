"""Slowing down who guesses, without shutting out who knows (OWASP "device cookies").

Failures are counted by what they have in common, and after some free ones the next attempt waits, longer
each time, at most a quarter of an hour. Browsers in which somebody has signed in before are counted by
themselves, so guessing from elsewhere never makes them wait. An attempt that is refused counts for
nothing, and every wait ends: nobody can shut a colleague out for good.

An attempt is counted before it is looked at and given back when it was right, so many at once win
nothing. Every function MUST run inside the caller's transaction.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from bot.staff.members import StaffError
from bot.store.tables import staff_failures as table

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
FREE = {"account": 10, "device": 10, "address": 50, "code": 5}
"""Failures without a wait. A whole office may stand behind one address; a code is guessed in fewer."""


@dataclass(frozen=True)
class Count:
    """What failures are counted by: its kind, and an id that is no personal data (a keyed hash)."""

    kind: str
    of: str

    @property
    def key(self) -> str:
        """Return the name of the row."""
        return f"{self.kind}:{self.of}"


def wait_after(failures: int, free: int) -> timedelta:
    """Return how long the next attempt waits after so many failures in a row."""
    beyond = failures - free
    if beyond <= 0:
        return timedelta(0)
    doublings = min(beyond - 1, 10)
    wait: timedelta = FIRST_WAIT * 2**doublings
    return min(wait, LONGEST_WAIT)


def reserve(connection: Connection, counts: Sequence[Count], now: datetime) -> None:
    """Count an attempt that is about to be looked at.

    Raises:
        StaffError: ``locked`` with the ``seconds`` to wait; nothing is counted then.

    """
    rows = {count: _row(connection, count, now) for count in counts}
    until = max((row["blocked_until"] for row in rows.values() if row), default="")
    if until > _text(now):
        seconds = (datetime.fromisoformat(until) - now).total_seconds()
        raise StaffError("locked", seconds=str(math.ceil(seconds)))
    for count, row in rows.items():
        _store(connection, count, (row["failures"] if row else 0) + 1, now)


def give_back(connection: Connection, counts: Sequence[Count], now: datetime) -> None:
    """Take back what :func:`reserve` counted, for the attempt was right.

    An address keeps its other failures: one right password must not buy guesses at somebody else's.
    """
    for count in counts:
        row = _row(connection, count, now)
        if row is None:
            continue
        if count.kind == "address" and row["failures"] > 1:
            left = {"failures": row["failures"] - 1, "blocked_until": _text(now)}
            connection.execute(update(table).where(table.c.key == count.key).values(left))
        else:
            connection.execute(delete(table).where(table.c.key == count.key))


def waits(connection: Connection, counts: Sequence[Count], now: datetime) -> dict[str, int]:
    """Return by kind how many seconds the next attempt has to wait, where it has to."""
    found = {}
    for count in counts:
        row = _row(connection, count, now)
        if row and row["blocked_until"] > _text(now):
            left = datetime.fromisoformat(row["blocked_until"]) - now
            found[count.kind] = math.ceil(left.total_seconds())
    return found


def forget(connection: Connection, counts: Sequence[Count]) -> None:
    """Forget the failures, as when a new password is set by a link."""
    connection.execute(delete(table).where(table.c.key.in_([count.key for count in counts])))


def sweep(connection: Connection, now: datetime) -> None:
    """Delete what is forgotten anyway, such as guesses at addresses that nobody has."""
    connection.execute(delete(table).where(table.c.last_at < _text(now - FORGOTTEN_AFTER)))


def network_of(address: str) -> str:
    """Return what stands for an address: of IPv6 the 64 bits that one subscriber has to themselves."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _row(connection: Connection, count: Count, now: datetime) -> Any:
    """Return the row of a count, unless its last failure is long ago."""
    row = connection.execute(select(table).where(table.c.key == count.key)).mappings().first()
    if row and row["last_at"] < _text(now - FORGOTTEN_AFTER):
        connection.execute(delete(table).where(table.c.key == count.key))
        return None
    return row


def _store(connection: Connection, count: Count, failures: int, now: datetime) -> None:
    values = {
        "failures": failures,
        "last_at": _text(now),
        "blocked_until": _text(now + wait_after(failures, FREE[count.kind])),
    }
    stored = update(table).where(table.c.key == count.key).values(values)
    if connection.execute(stored).rowcount == 0:
        connection.execute(insert(table).values(key=count.key, **values))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
