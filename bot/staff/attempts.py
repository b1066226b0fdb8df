"""Attempts to prove who one is: counted before they are looked at, noted when they fail."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from bot.ledger.events import StaffLockedOut, StaffSignInFailed
from bot.staff import accounts, devices, lockout, passwords, second_factor
from bot.staff.accounts import Account
from bot.staff.lockout import Count
from bot.staff.members import StaffError
from bot.staff.office import Office
from bot.staff.sessions import Client, Session

Counts = tuple[Count, ...]


class Attempts:
    """The one place where a password or a code is compared."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def password(
        self, account: Account | None, login: str, password: str, client: Client
    ) -> Counts | None:
        """Compare a password; returns what to give back where it is right, None where it is wrong.

        Raises:
            StaffError: ``locked``; the password was not looked at.

        """
        with self._office.database.write() as connection:
            counts = self._counts(connection, account, login, client)
            lockout.reserve(connection, counts, self._office.now())
        if passwords.is_right(account.password_hash if account else None, password):
            return counts
        with self._office.database.write() as connection:
            self.note_failure(connection, account, client, "password", "wrong", counts)
        return None

    def give_back(self, connection: Connection, counts: Counts) -> None:
        """Take back what was counted, in the transaction in which the right password is acted upon."""
        lockout.give_back(connection, counts, self._office.now())

    def forget(self, connection: Connection, account: Account) -> None:
        """Forget the failures of an account whose password was set by a link."""
        lockout.forget(connection, [self._of_login(account.login)])

    def code(self, session: Session, code: str, client: Client) -> str:
        """Take a second factor, once; returns which one it was.

        Raises:
            StaffError: ``wrong_code``; ``locked``.

        """
        office, now = self._office, self._office.now()
        with office.database.write() as connection:
            account = accounts.by_id(connection, session.account.id)
            counts = self._code_counts(connection, account, client)
            lockout.reserve(connection, counts, now)
            phone_time = office.phone_clock.now()
            factor = second_factor.accepted(connection, office.vault, account, code, phone_time)
            if factor is None:
                self.note_failure(connection, account, client, "code", "wrong", counts)
            else:
                lockout.give_back(connection, counts, now)
        if factor is None:
            raise StaffError("wrong_code")
        return factor

    def note_failure(
        self,
        connection: Connection,
        account: Account | None,
        client: Client,
        step: str,
        reason: str,
        counts: Sequence[Count] = (),
    ) -> None:
        """Put a failure, and the wait that follows from it, into the audit log."""
        member, origin = (account.id if account else None), self._origin(client)[:16]
        failed = StaffSignInFailed(member=member, step=step, reason=reason, origin=origin)
        waits = lockout.waits(connection, counts, self._office.now())
        locked = [
            StaffLockedOut(member=member, counted_by=kind, seconds=seconds, origin=origin)
            for kind, seconds in waits.items()
        ]
        self._office.note(connection, failed, *locked)

    def _counts(
        self, connection: Connection, account: Account | None, login: str, client: Client
    ) -> Counts:
        """Count a known browser by itself; all others by the address typed, and by where they are."""
        if devices.is_known(connection, account, client.known_as, self._office.now()):
            return (Count("device", self._digest("device", client.known_as)),)
        return (self._of_login(login), Count("address", self._origin(client)))

    def _code_counts(self, connection: Connection, account: Account, client: Client) -> Counts:
        who = account.id
        if devices.is_known(connection, account, client.known_as, self._office.now()):
            who = f"{account.id}\0{client.known_as}"
        return (Count("code", self._digest("code", who)),)

    def _of_login(self, login: str) -> Count:
        return Count("account", self._digest("login", accounts.normalised(login)))

    def _origin(self, client: Client) -> str:
        return self._digest("address", lockout.network_of(client.address))

    def _digest(self, kind: str, text: str) -> str:
        return self._office.vault.digest(kind, text).hex()
