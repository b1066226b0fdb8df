"""Sessions of staff: a random id in the browser, its hash in the database, and when it ends.

A session has a stage: ``code`` after the password, ``enrol`` where the second factor must be set up
first, ``in`` when everything is done. Each step makes a new id. Every function MUST run inside the
caller's transaction.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update

from bot.staff.accounts import Account, account_of
from bot.store.tables import staff_accounts
from bot.store.tables import staff_sessions as table

UNFINISHED = timedelta(minutes=10)
"""How long somebody may take between the password and the end of signing in."""

_TOUCH = timedelta(seconds=30)
_LONGEST_DEVICE = 200
_SHOWN = ("public_id", "stage", "method", "device", "address", "created_at", "seen_at")


@dataclass(frozen=True)
class Limits:
    """When a session ends by itself: so long after the last activity, and so long after signing in."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True)
class Client:
    """Where a request comes from; ``device`` is the browser's own description of itself."""

    address: str
    device: str
    known_as: str = ""


@dataclass(frozen=True)
class Session:
    """A session that holds now, and whose it is; ``id`` is for lists and logs, and is no secret."""

    id: str
    stage: str
    method: str
    device: str
    address: str
    created_at: datetime
    seen_at: datetime
    account: Account


def open_session(
    connection: Connection,
    account: Account,
    stage: str,
    method: str,
    client: Client,
    now: datetime,
) -> tuple[str, str]:
    """Store a new session; returns its secret (256 bits) and its public id."""
    secret, public_id = secrets.token_urlsafe(32), f"s{secrets.token_hex(8)}"
    moment = now.isoformat(timespec="microseconds")
    connection.execute(
        insert(table).values(
            id_hash=_hash(secret),
            public_id=public_id,
            account_id=account.id,
            stage=stage,
            method=method,
            device=client.device[:_LONGEST_DEVICE],
            address=client.address,
            created_at=moment,
            seen_at=moment,
        )
    )
    return secret, public_id


def find(connection: Connection, secret: str, now: datetime, limits: Limits) -> Session | None:
    """Return the session of this secret if it holds now and its account may sign in."""
    query = _both().where(table.c.id_hash == _hash(secret))
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    session = _session(row)
    return session if _holds(session, now, limits) else None


def of_account(
    connection: Connection, account_id: str, now: datetime, limits: Limits
) -> list[Session]:
    """Return the finished sessions of an account that hold now, newest first."""
    query = _both().where(table.c.account_id == account_id, table.c.stage == "in")
    rows = connection.execute(query.order_by(table.c.seen_at.desc())).mappings()
    found = [_session(row) for row in rows]
    return [session for session in found if _holds(session, now, limits)]


def is_worth_touching(session: Session, now: datetime) -> bool:
    """Tell whether the last activity is long enough ago to be written down again."""
    return now - session.seen_at > _TOUCH


def touch(connection: Connection, session: Session, now: datetime) -> None:
    """Note that the session is in use."""
    moment = now.isoformat(timespec="microseconds")
    connection.execute(update(table).where(table.c.public_id == session.id).values(seen_at=moment))


def is_there(connection: Connection, session: Session) -> bool:
    """Tell whether a session that was looked up before has not been ended since."""
    query = select(table.c.public_id).where(table.c.public_id == session.id)
    return connection.scalar(query) is not None


def end(connection: Connection, account_id: str, public_id: str | None = None) -> int:
    """End one session of an account, or all of them; returns how many there were."""
    query = delete(table).where(table.c.account_id == account_id)
    if public_id is not None:
        query = query.where(table.c.public_id == public_id)
    return connection.execute(query).rowcount


def end_others(connection: Connection, session: Session) -> int:
    """End every session of the account but this one; returns how many there were."""
    others = (table.c.account_id == session.account.id) & (table.c.public_id != session.id)
    return connection.execute(delete(table).where(others)).rowcount


def sweep(connection: Connection, now: datetime, limits: Limits) -> None:
    """Delete what can never hold again."""
    oldest = (now - limits.absolute).isoformat(timespec="microseconds")
    connection.execute(delete(table).where(table.c.created_at < oldest))


def _holds(session: Session, now: datetime, limits: Limits) -> bool:
    if session.account.is_disabled:
        return False
    if session.stage != "in":
        return now - session.created_at < UNFINISHED
    return now - session.seen_at < limits.idle and now - session.created_at < limits.absolute


def _both() -> Select[Any]:
    """Select sessions, their columns named apart, with their accounts."""
    own = [table.c[name].label(f"session_{name}") for name in _SHOWN]
    joined = table.join(staff_accounts, staff_accounts.c.id == table.c.account_id)
    return select(staff_accounts, *own).select_from(joined)


def _session(row: Any) -> Session:
    values = {name: row[f"session_{name}"] for name in ("stage", "method", "device", "address")}
    return Session(
        id=row["session_public_id"],
        created_at=datetime.fromisoformat(row["session_created_at"]),
        seen_at=datetime.fromisoformat(row["session_seen_at"]),
        account=account_of(row),
        **values,
    )


def _hash(secret: str) -> bytes:
    """Hash a secret of 256 random bits, which needs neither salt nor stretching."""
    return hashlib.sha256(secret.encode()).digest()
