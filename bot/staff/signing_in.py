"""Signing in, step by step: password or provider, then the second factor, then a session.

Whoever has no account meets the same answers, the same waits and the same work as whoever has one. Each
step is one transaction with its record in the audit log; each gives the browser a new session id and
ends the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from bot.ledger.events import StaffSignedIn
from bot.staff import (
    accounts,
    devices,
    invitations,
    lockout,
    passwords,
    second_factor,
    sessions,
)
from bot.staff.accounts import Account
from bot.staff.attempts import Attempts
from bot.staff.members import StaffError
from bot.staff.office import Office, changed
from bot.staff.sessions import Client, Session


@dataclass(frozen=True)
class Admission:
    """What a step gives the browser: a session at a stage, and once it is ``in``, a device token."""

    secret: str
    stage: str
    device: str = ""
    recovery_codes: tuple[str, ...] = ()


class SignIn:
    """The steps; each raises :class:`StaffError` where it is refused."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._attempts = Attempts(office)

    def with_password(
        self, login: str, password: str, client: Client, instead_of: Session | None = None
    ) -> Admission:
        """Take the first step; the session that the browser had until now ends.

        Raises:
            StaffError: ``wrong``, whatever of the two was; ``locked``.

        """
        with self._office.database.read() as connection:
            account = accounts.by_login(connection, login)
        counts = self._attempts.password(account, login, password, client)
        if account is None or counts is None:
            raise StaffError("wrong")
        with self._office.database.write() as connection:
            fresh = accounts.by_id(connection, account.id)
            if not fresh.is_disabled and fresh.password_hash == account.password_hash:
                self._attempts.give_back(connection, counts)
                if instead_of:
                    sessions.end(connection, instead_of.account.id, instead_of.id)
                return self._next(
                    connection, _rehashed(connection, fresh, password), "password", client
                )
            reason = "disabled" if fresh.is_disabled else "wrong"
            self._attempts.note_failure(connection, fresh, client, "password", reason, counts)
        raise StaffError("wrong")

    def with_code(self, session: Session, code: str, client: Client) -> Admission:
        """Take the step of the second factor.

        Raises:
            StaffError: ``wrong_code``; ``locked``; ``not_signed_in`` at another stage.

        """
        if session.stage != "code":
            raise StaffError("not_signed_in")
        factor = self._attempts.code(session, code, client)
        with self._office.database.write() as connection:
            account = _of_step(connection, session, "code")
            sessions.end(connection, account.id, session.id)
            return self._entered(connection, account, session.method, factor, client)

    def enrolment(self, session: Session) -> str:
        """Return the secret that the application is to read.

        Raises:
            StaffError: ``not_signed_in`` at another stage.

        """
        with self._office.database.write() as connection:
            account = _of_step(connection, session, "enrol")
            return second_factor.begin(connection, self._office.vault, account)

    def with_enrolment(self, session: Session, code: str, client: Client) -> Admission:
        """Enrol the application, end every other session, and come in.

        Raises:
            StaffError: ``wrong_code``; ``not_signed_in`` at another stage.

        """
        office = self._office
        with office.database.write() as connection:
            account = _of_step(connection, session, "enrol")
            phone_time = office.phone_clock.now()
            fresh = second_factor.finish(connection, office.vault, account, code, phone_time)
            if fresh is None:
                raise StaffError("wrong_code")
            ended = sessions.end(connection, account.id)
            own = 1  # the session in which it was enrolled
            office.note(connection, changed(account, "second_factor_enrolled", ended - own))
            entered = self._entered(connection, account, session.method, "totp", client)
        return replace(entered, recovery_codes=tuple(fresh))

    def with_link(
        self, token: str, password: str, client: Client, name: str = "", login: str = ""
    ) -> Admission:
        """Set the password of an account by a one-time link; go on to the second factor.

        Raises:
            StaffError: ``link_gone``, ``is_disabled``, ``login_taken``.

        """
        office = self._office
        password_hash = passwords.hashed(password)
        with office.database.write() as connection:
            invitation = invitations.read(connection, token, office.now())
            if invitation.account_id is None:
                account = self._administrator(connection, invitation.made_by, name, login)
            else:
                account = accounts.by_id(connection, invitation.account_id)
            if account.is_disabled:
                raise StaffError("is_disabled")
            invitations.void(connection, invitation.account_id)
            account = accounts.change(connection, account, password_hash=password_hash)
            self._attempts.forget(connection, account)
            ended = sessions.end(connection, account.id)
            office.note(connection, changed(account, "password_set", ended))
            return self._next(connection, account, "password", client)

    def after_provider(
        self, account_id: str, client: Client, *, is_second_factor_there: bool
    ) -> Admission:
        """Go on for somebody whom an OpenID provider has vouched for.

        Raises:
            StaffError: ``no_account``: the account is disabled.

        """
        with self._office.database.write() as connection:
            account = accounts.by_id(connection, account_id)
            if not account.is_disabled and is_second_factor_there:
                return self._entered(connection, account, "provider", "provider", client)
            if not account.is_disabled:
                return self._next(connection, account, "provider", client)
            self._attempts.note_failure(connection, account, client, "provider", "disabled")
        raise StaffError("no_account")

    def refused_by_provider(self, reason: str, client: Client) -> None:
        """Note that somebody came back from the provider and cannot come in."""
        with self._office.database.write() as connection:
            self._attempts.note_failure(connection, None, client, "provider", reason)

    def _next(
        self, connection: Connection, account: Account, method: str, client: Client
    ) -> Admission:
        stage = "code" if account.has_second_factor else "enrol"
        now = self._office.now()
        secret, _ = sessions.open_session(connection, account, stage, method, client, now)
        return Admission(secret, stage)

    def _entered(
        self, connection: Connection, account: Account, method: str, factor: str, client: Client
    ) -> Admission:
        now = self._office.now()
        self._tidy(connection)
        secret, public_id = sessions.open_session(connection, account, "in", method, client, now)
        device = devices.remember(connection, account, client.known_as, now)
        event = StaffSignedIn(member=account.id, method=method, factor=factor, session=public_id)
        self._office.note(connection, event)
        return Admission(secret, "in", device)

    def _tidy(self, connection: Connection) -> None:
        """Delete what is of no use to anybody; signing in is often enough for that."""
        now = self._office.now()
        sessions.sweep(connection, now, self._office.limits)
        for kind in (lockout, devices, invitations):
            kind.sweep(connection, now)

    def _administrator(
        self, connection: Connection, made_by: str, name: str, login: str
    ) -> Account:
        account = accounts.add(
            connection,
            name=name,
            login=login,
            roles=("administrator",),
            sections=(),
            now=self._office.now(),
        )
        self._office.note(connection, changed(account, "created", by=made_by))
        return account


def _of_step(connection: Connection, session: Session, stage: str) -> Account:
    """Return the account as it is now, if the session is at this stage and has not ended meanwhile."""
    account = accounts.by_id(connection, session.account.id)
    is_there = sessions.is_there(connection, session) and not account.is_disabled
    if session.stage != stage or not is_there:
        raise StaffError("not_signed_in")
    return account


def _rehashed(connection: Connection, account: Account, password: str) -> Account:
    if account.password_hash and not passwords.is_outdated(account.password_hash):
        return account
    return accounts.change(connection, account, password_hash=passwords.hashed(password))
