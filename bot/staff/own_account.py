"""What members of staff do with their own account: sessions, password, recovery codes, a new phone."""

from __future__ import annotations

from sqlalchemy import Connection

from bot.ledger.events import StaffSignedOut
from bot.staff import accounts, passwords, second_factor, sessions
from bot.staff.attempts import Attempts
from bot.staff.members import StaffError
from bot.staff.office import Office, changed
from bot.staff.sessions import Client, Session


class OwnAccount:
    """For one session; whatever changes how one gets in asks for the old way first."""

    def __init__(self, office: Office, session: Session, client: Client) -> None:
        self._office, self._session, self._client = office, session, client
        self._attempts = Attempts(office)

    def sessions(self) -> list[Session]:
        """Return the sessions that hold now, newest first."""
        with self._office.database.read() as connection:
            return sessions.of_account(
                connection, self._session.account.id, self._office.now(), self._office.limits
            )

    def recovery_codes_left(self) -> int:
        """Return how many recovery codes have not been used."""
        with self._office.database.read() as connection:
            return second_factor.recovery_codes_left(connection, self._session.account.id)

    def end(self, session_id: str) -> None:
        """End one session, this one too; one that is gone is no error."""
        member = self._session.account.id
        with self._office.database.write() as connection:
            ended = sessions.end(connection, member, session_id)
            if ended:
                self._note_end(connection, session_id, ended)

    def end_everywhere(self) -> None:
        """End every session, this one too."""
        with self._office.database.write() as connection:
            ended = sessions.end(connection, self._session.account.id)
            self._note_end(connection, None, ended)

    def change_password(self, old: str, new: str) -> None:
        """Set a new password and end all other sessions.

        Raises:
            StaffError: ``wrong_password``, ``locked``; the caller has looked at the new one.

        """
        office, account = self._office, self._session.account
        counts = self._attempts.password(account, account.login, old, self._client)
        if counts is None:
            raise StaffError("wrong_password")
        password_hash = passwords.hashed(new)
        with office.database.write() as connection:
            fresh = accounts.by_id(connection, account.id)
            if fresh.password_hash != account.password_hash:
                raise StaffError("wrong_password")
            self._attempts.give_back(connection, counts)
            fresh = accounts.change(connection, fresh, password_hash=password_hash)
            ended = sessions.end_others(connection, self._session)
            office.note(connection, changed(fresh, "password_set", ended))

    def renew_recovery_codes(self, code: str) -> list[str]:
        """Return new recovery codes; the former ones are void.

        Raises:
            StaffError: ``wrong_code``, ``locked``.

        """
        office, account = self._office, self._session.account
        self._attempts.code(self._session, code, self._client)
        with office.database.write() as connection:
            fresh = second_factor.renew_recovery_codes(connection, office.vault, account)
            office.note(connection, changed(account, "recovery_codes_renewed"))
        return fresh

    def enrol_again(self, code: str) -> str:
        """Go back to the step of enrolment, as with a new phone; returns the secret of that session.

        Raises:
            StaffError: ``wrong_code``, ``locked``.

        """
        office, account = self._office, self._session.account
        self._attempts.code(self._session, code, self._client)
        with office.database.write() as connection:
            sessions.end(connection, account.id, self._session.id)
            fresh = accounts.change(connection, account, totp_pending=None)
            method = self._session.method
            secret, _ = sessions.open_session(
                connection, fresh, "enrol", method, self._client, office.now()
            )
        return secret

    def _note_end(self, connection: Connection, session_id: str | None, ended: int) -> None:
        member = self._session.account.id
        event = StaffSignedOut(member=member, session=session_id, ended=ended)
        self._office.note(connection, event)
