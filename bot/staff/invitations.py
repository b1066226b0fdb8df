"""One-time links: to register, to set a new password, to become the first administrator.

A link holds 256 random bits; only their hash is stored, and the row goes when the link is used. Every
function MUST run inside the caller's transaction.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from bot.staff.members import StaffError
from bot.store.tables import staff_invitations as table

LIFETIME = {
    "invite": timedelta(days=3),
    "reset": timedelta(hours=24),
    "administrator": timedelta(minutes=30),
}


@dataclass(frozen=True)
class Invitation:
    """A link that holds now; without an account it makes an administrator."""

    purpose: str
    account_id: str | None
    made_by: str
    expires_at: datetime


def make(
    connection: Connection, purpose: str, account_id: str | None, made_by: str, now: datetime
) -> str:
    """Store a new link and return its token; an earlier one for the same account or purpose is void."""
    token = secrets.token_urlsafe(32)
    void(connection, account_id)
    connection.execute(
        insert(table).values(
            token_hash=_hash(token),
            purpose=purpose,
            account_id=account_id,
            made_by=made_by,
            expires_at=(now + LIFETIME[purpose]).isoformat(timespec="microseconds"),
        )
    )
    return token


def read(connection: Connection, token: str, now: datetime) -> Invitation:
    """Return what a link is for.

    Raises:
        StaffError: ``link_gone``: it was used, it is too old, or it never was.

    """
    query = select(table).where(table.c.token_hash == _hash(token))
    row = connection.execute(query).mappings().first()
    if row is None or row["expires_at"] <= now.isoformat(timespec="microseconds"):
        raise StaffError("link_gone")
    expires = datetime.fromisoformat(row["expires_at"])
    return Invitation(row["purpose"], row["account_id"], row["made_by"], expires)


def void(connection: Connection, account_id: str | None) -> None:
    """Make the links of an account void; without one, those that make an administrator."""
    connection.execute(delete(table).where(table.c.account_id.is_not_distinct_from(account_id)))


def sweep(connection: Connection, now: datetime) -> None:
    """Delete links that are too old."""
    moment = now.isoformat(timespec="microseconds")
    connection.execute(delete(table).where(table.c.expires_at <= moment))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
