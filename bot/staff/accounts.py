"""Staff accounts in the database. Every function MUST run inside the caller's transaction."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from bot.staff.members import Member, StaffError, in_order
from bot.store.tables import staff_accounts as table


@dataclass(frozen=True)
class Account:
    """An account as it stands; ``login`` is the normalised e-mail address."""

    id: str
    name: str
    login: str
    roles: tuple[str, ...]
    sections: tuple[str, ...]
    password_hash: str | None
    totp_secret: bytes | None
    totp_pending: bytes | None
    totp_step: int
    issuer: str | None
    subject: str | None
    follows_claims: bool
    created_at: str
    disabled_at: str | None

    @property
    def is_disabled(self) -> bool:
        """Tell whether the account may not sign in."""
        return self.disabled_at is not None

    @property
    def has_second_factor(self) -> bool:
        """Tell whether a TOTP application is enrolled."""
        return self.totp_secret is not None

    @property
    def status(self) -> str:
        """Return ``disabled``, ``active``, or ``invited`` where nobody has signed in yet."""
        if self.is_disabled:
            return "disabled"
        return "active" if self.password_hash or self.subject else "invited"

    @property
    def member(self) -> Member:
        """Return who acts."""
        return Member(self.id, self.name, frozenset(self.roles), self.sections)


def normalised(login: str) -> str:
    """Return one spelling for an e-mail address however it was typed (full width, capitals)."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def add(
    connection: Connection,
    *,
    name: str,
    login: str,
    roles: Iterable[str],
    sections: Iterable[str],
    now: datetime,
    **more: Any,
) -> Account:
    """Store a new account that nobody can sign in to yet.

    Raises:
        StaffError: ``login_taken``.

    """
    login = normalised(login)
    if by_login(connection, login) is not None:
        raise StaffError("login_taken")
    account_id = f"m{secrets.token_hex(8)}"
    values: dict[str, Any] = {
        "id": account_id,
        "name": name,
        "login": login,
        "roles": in_order(roles),
        "sections": sorted(set(sections)),
        "totp_step": 0,
        "follows_claims": False,
        "created_at": now.isoformat(timespec="microseconds"),
        **more,
    }
    connection.execute(insert(table).values(values))
    return by_id(connection, account_id)


def by_id(connection: Connection, account_id: str) -> Account:
    """Return an account.

    Raises:
        StaffError: ``unknown_member``.

    """
    row = _one(connection, table.c.id == account_id)
    if row is None:
        raise StaffError("unknown_member")
    return row


def by_login(connection: Connection, login: str) -> Account | None:
    """Return the account of an e-mail address, however it is typed."""
    return _one(connection, table.c.login == normalised(login))


def by_subject(connection: Connection, issuer: str, subject: str) -> Account | None:
    """Return the account that is tied to somebody at an OpenID provider."""
    return _one(connection, (table.c.issuer == issuer) & (table.c.subject == subject))


def every(connection: Connection) -> list[Account]:
    """Return all accounts, oldest first."""
    query = select(table).order_by(table.c.created_at, table.c.id)
    return [account_of(row) for row in connection.execute(query).mappings()]


def is_anybody_there(connection: Connection) -> bool:
    """Tell whether there is an account at all."""
    return bool(connection.scalar(select(func.count()).select_from(table)))


def change(connection: Connection, account: Account, **values: Any) -> Account:
    """Store new values; returns the account with them."""
    connection.execute(update(table).where(table.c.id == account.id).values(**values))
    return by_id(connection, account.id)


def account_of(row: RowMapping | Mapping[str, Any]) -> Account:
    """Read a row of the table."""
    values = {name: row[name] for name in Account.__dataclass_fields__}
    lists = {name: tuple(values[name]) for name in ("roles", "sections")}
    return Account(**{**values, **lists})


def _one(connection: Connection, condition: Any) -> Account | None:
    row = connection.execute(select(table).where(condition)).mappings().first()
    return account_of(row) if row else None
