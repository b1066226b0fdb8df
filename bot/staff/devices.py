"""Browsers in which a member of staff has signed in before. Functions MUST run in the caller's transaction.

To be known admits to nothing; it only decides with whom failures are counted (``lockout.py``).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from bot.staff.accounts import Account
from bot.store.tables import staff_devices as table

_KEPT = timedelta(days=180)


def is_known(connection: Connection, account: Account | None, token: str, now: datetime) -> bool:
    """Tell whether somebody has signed in to this account with this browser."""
    oldest = (now - _KEPT).isoformat(timespec="microseconds")
    query = select(table.c.account_id).where(
        table.c.token_hash == _hash(token), table.c.seen_at > oldest
    )
    owner = connection.scalar(query)
    return account is not None and owner == account.id


def remember(connection: Connection, account: Account, token: str, now: datetime) -> str:
    """Know the browser from now on; returns its token, a new one where it was not known."""
    moment = now.isoformat(timespec="microseconds")
    if is_known(connection, account, token, now):
        known = update(table).where(table.c.token_hash == _hash(token))
        connection.execute(known.values(seen_at=moment))
        return token
    token = secrets.token_urlsafe(32)
    values = {"token_hash": _hash(token), "account_id": account.id, "seen_at": moment}
    connection.execute(insert(table).values(values))
    return token


def sweep(connection: Connection, now: datetime) -> None:
    """Delete what is not known any more."""
    oldest = (now - _KEPT).isoformat(timespec="microseconds")
    connection.execute(delete(table).where(table.c.seen_at <= oldest))


def forget(connection: Connection, account_id: str) -> None:
    """Know no browser of an account any more."""
    connection.execute(delete(table).where(table.c.account_id == account_id))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
