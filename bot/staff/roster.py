"""What administrators do: invite, give roles, stop, let in again, have somebody register anew.

Each is one transaction with its record; whatever lessens what an account may do ends its sessions there
and then.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from bot.staff import accounts, devices, invitations, second_factor, sessions
from bot.staff.accounts import Account
from bot.staff.members import ROLES, StaffError, in_order
from bot.staff.office import Office, changed

_LOGIN = re.compile(r"[^@\s<>\"'\\,;:]+@[^@\s<>\"'\\,;:]+\.[^@\s<>\"'\\,;:]+")
_LONGEST_LOGIN, LONGEST_NAME = 254, 50


@dataclass(frozen=True)
class Actor:
    """Who administers: a member of staff, or whoever has the machine and its command line."""

    id: str
    is_host: bool = False


class Roster:
    """The members of staff, for one administrator; ``sections`` are the ones that this ward has."""

    def __init__(self, office: Office, actor: Actor, sections: Collection[str]) -> None:
        self._office, self._actor, self._sections = office, actor, sections

    def every(self) -> list[Account]:
        """Return all accounts, oldest first."""
        with self._office.database.read() as connection:
            return accounts.every(connection)

    def one(self, account_id: str) -> Account:
        """Return an account.

        Raises:
            StaffError: ``unknown_member``.

        """
        with self._office.database.read() as connection:
            return accounts.by_id(connection, account_id)

    def of_login(self, login: str) -> Account:
        """Return the account of an e-mail address.

        Raises:
            StaffError: ``unknown_member``.

        """
        with self._office.database.read() as connection:
            account = accounts.by_login(connection, login)
        if account is None:
            raise StaffError("unknown_member")
        return account

    def invite(
        self,
        name: str,
        login: str,
        roles: Collection[str],
        sections: Collection[str],
        known_as: tuple[str, str] | None = None,
    ) -> tuple[Account, str]:
        """Make an account and a one-time link with which its owner registers.

        ``known_as`` are an OpenID issuer and its id of the person, where no verified address can tell.

        Raises:
            StaffError: ``name_form``, ``login_form``, ``login_taken``, ``subject_taken``,
                ``roles_empty``, ``unknown_role``, ``unknown_section``.

        """
        name = checked_name(name)
        login = checked_login(login)
        self._check(roles, sections)
        issuer, subject = known_as or (None, None)
        with self._office.database.write() as connection:
            if known_as and accounts.by_subject(connection, *known_as):
                raise StaffError("subject_taken")
            account = accounts.add(
                connection,
                name=name,
                login=login,
                roles=roles,
                sections=sections,
                now=self._office.now(),
                issuer=issuer,
                subject=subject,
            )
            token = self._link(connection, "invite", account)
            self._note(connection, account, "created")
        return account, token

    def assign(self, account_id: str, roles: Collection[str], sections: Collection[str]) -> Account:
        """Give an account exactly these roles and sections.

        Raises:
            StaffError: ``oneself``, ``last_administrator``, ``unknown_member``, or as :meth:`invite`.

        """
        self._check(roles, sections)
        with self._office.database.write() as connection:
            account = self._other(connection, account_id)
            if "administrator" not in roles:
                self._keep_an_administrator(connection, account)
            values = {"roles": in_order(roles), "sections": sorted(set(sections))}
            return self._change(connection, account, "roles", values)

    def disable(self, account_id: str) -> Account:
        """Let an account in no more, and end what it is doing now.

        Raises:
            StaffError: ``oneself``, ``last_administrator``, ``unknown_member``.

        """
        with self._office.database.write() as connection:
            account = self._other(connection, account_id)
            self._keep_an_administrator(connection, account)
            invitations.void(connection, account.id)
            moment = self._office.now().isoformat(timespec="microseconds")
            return self._change(connection, account, "disabled", {"disabled_at": moment})

    def enable(self, account_id: str) -> Account:
        """Let an account in again, with the password and second factor that it had.

        Raises:
            StaffError: ``unknown_member``.

        """
        with self._office.database.write() as connection:
            account = accounts.by_id(connection, account_id)
            return self._change(connection, account, "enabled", {"disabled_at": None})

    def reset(self, account_id: str, *, second_factor_too: bool) -> tuple[Account, str]:
        """Take the password away, and the second factor if it is lost; returns a link to set a new one.

        Raises:
            StaffError: ``oneself``, ``is_disabled``, ``unknown_member``.

        """
        with self._office.database.write() as connection:
            account = self._other(connection, account_id)
            if account.is_disabled:
                raise StaffError("is_disabled")
            what = "password_reset"
            if second_factor_too:
                what = "password_and_second_factor_reset"
                account = second_factor.remove(connection, account)
            devices.forget(connection, account.id)
            purpose = "invite" if account.status == "invited" else "reset"
            account = self._change(connection, account, what, {"password_hash": None})
            return account, self._link(connection, purpose, account)

    def administrator_link(self) -> str:
        """Return a one-time link with which somebody becomes administrator; the one before is void."""
        with self._office.database.write() as connection:
            return self._link(connection, "administrator", None)

    def is_anybody_there(self) -> bool:
        """Tell whether there is an account at all."""
        with self._office.database.read() as connection:
            return accounts.is_anybody_there(connection)

    def _change(
        self, connection: Connection, account: Account, what: str, values: dict[str, Any]
    ) -> Account:
        account = accounts.change(connection, account, **values)
        ended = 0 if what == "enabled" else sessions.end(connection, account.id)
        self._note(connection, account, what, ended)
        return account

    def _note(self, connection: Connection, account: Account, what: str, ended: int = 0) -> None:
        self._office.note(connection, changed(account, what, ended, self._actor.id))

    def _link(self, connection: Connection, purpose: str, account: Account | None) -> str:
        account_id = account.id if account else None
        return invitations.make(connection, purpose, account_id, self._actor.id, self._office.now())

    def _other(self, connection: Connection, account_id: str) -> Account:
        if account_id == self._actor.id:
            raise StaffError("oneself")
        return accounts.by_id(connection, account_id)

    def _keep_an_administrator(self, connection: Connection, account: Account) -> None:
        """Refuse what would leave nobody who can administer; whoever has the machine can mend that."""
        others = [
            other
            for other in accounts.every(connection)
            if other.id != account.id and other.status == "active"
        ]
        is_one = "administrator" in account.roles and account.status == "active"
        if (
            is_one
            and not self._actor.is_host
            and not any("administrator" in o.roles for o in others)
        ):
            raise StaffError("last_administrator")

    def _check(self, roles: Collection[str], sections: Collection[str]) -> None:
        if not roles:
            raise StaffError("roles_empty")
        for role in roles:
            if role not in ROLES:
                raise StaffError("unknown_role", role=role, known=", ".join(ROLES))
        for section in sections:
            if section not in self._sections:
                raise StaffError("unknown_section", section=section)


def checked_name(name: str) -> str:
    """Return a name without what stands around it.

    Raises:
        StaffError: ``name_form``.

    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise StaffError("name_form")
    return name


def checked_login(login: str) -> str:
    """Return an e-mail address in the spelling that is stored.

    Raises:
        StaffError: ``login_form``.

    """
    login = accounts.normalised(login)
    if len(login) > _LONGEST_LOGIN or not _LOGIN.fullmatch(login):
        raise StaffError("login_form")
    return login
