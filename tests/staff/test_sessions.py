"""Sessions against a model: whatever is opened, used, ended, disabled, and however long it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot.staff import accounts, sessions
from bot.staff.sessions import UNFINISHED, Client, Limits, Session
from bot.store.database import Database

START = datetime(2026, 11, 30, tzinfo=UTC)
LIMITS = Limits(timedelta(minutes=15), timedelta(hours=12))
CLIENT = Client("192.0.2.1", "Mozilla/5.0")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database with the newest schema."""
    made = Database(f"sqlite:///{tmp_path / 'm.db'}")
    made.migrate()
    yield made
    made.close()


@dataclass
class Expected:
    """What the model knows of a session."""

    owner: str
    stage: str
    created: datetime
    seen: datetime
    is_ended: bool = False


class Sessions(RuleBasedStateMachine):
    """Two members of staff and all that can happen to their sessions."""

    database: Database
    opened: Bundle[str] = Bundle("opened")

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.model: dict[str, Expected] = {}
        self.disabled: set[str] = set()
        self.owners: list[str] = []

    @initialize()
    def hire(self) -> None:
        """Two accounts that are new to every run."""
        with self.database.write() as connection:
            for table in ("staff_sessions", "staff_accounts"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
            for name in ("a", "b"):
                account = accounts.add(
                    connection,
                    name=name,
                    login=f"{name}@x.jp",
                    roles=["agent"],
                    sections=[],
                    now=START,
                )
                self.owners.append(account.id)

    @rule(target=opened, who=st.integers(0, 1), stage=st.sampled_from(["code", "enrol", "in"]))
    def open(self, who: int, stage: str) -> str:
        """A step of signing in makes a session."""
        owner = self.owners[who]
        with self.database.write() as connection:
            account = accounts.by_id(connection, owner)
            secret, _ = sessions.open_session(
                connection, account, stage, "password", CLIENT, self.now
            )
        self.model[secret] = Expected(owner, stage, self.now, self.now)
        return secret

    @rule(minutes=st.sampled_from([0.4, 0.6, 5, 9, 11, 14, 16, 100, 400]))
    def wait(self, minutes: float) -> None:
        """Time goes by."""
        self.now += timedelta(minutes=minutes)

    @rule(secret=opened)
    def use(self, secret: str) -> None:
        """A request of the session's is activity, if it is admitted at all."""
        with self.database.write() as connection:
            session = sessions.find(connection, secret, self.now, LIMITS)
            if session and sessions.is_worth_touching(session, self.now):
                sessions.touch(connection, session, self.now)
                self.model[secret].seen = self.now

    @rule(secret=opened)
    def end_one(self, secret: str) -> None:
        """Its owner ends one session."""
        session = self.find(secret)
        if session:
            with self.database.write() as connection:
                assert sessions.end(connection, session.account.id, session.id) == 1
            self.model[secret].is_ended = True

    @rule(secret=opened)
    def end_one_of_somebody_else(self, secret: str) -> None:
        """Nobody ends what is not theirs."""
        session = self.find(secret)
        if session:
            other = next(owner for owner in self.owners if owner != session.account.id)
            with self.database.write() as connection:
                assert sessions.end(connection, other, session.id) == 0

    @rule(secret=opened)
    def end_the_others(self, secret: str) -> None:
        """Its owner ends all but this one."""
        session = self.find(secret)
        if session:
            with self.database.write() as connection:
                sessions.end_others(connection, session)
            for other, expected in self.model.items():
                if other != secret and expected.owner == session.account.id:
                    expected.is_ended = True

    @rule(who=st.integers(0, 1))
    def end_all(self, who: int) -> None:
        """An administrator resets an account, or gives it other roles."""
        with self.database.write() as connection:
            sessions.end(connection, self.owners[who])
        for expected in self.model.values():
            expected.is_ended |= expected.owner == self.owners[who]

    @rule(who=st.integers(0, 1))
    def disable(self, who: int) -> None:
        """Even where the rows were left standing, a disabled account has no session."""
        self._set(who, START.isoformat())
        self.disabled.add(self.owners[who])

    @rule(who=st.integers(0, 1))
    def enable(self, who: int) -> None:
        """The account is let in again."""
        self._set(who, None)
        self.disabled.discard(self.owners[who])

    @rule()
    def sweep(self) -> None:
        """What is swept away could never have held again."""
        with self.database.write() as connection:
            sessions.sweep(connection, self.now, LIMITS)

    def _set(self, who: int, disabled_at: str | None) -> None:
        with self.database.write() as connection:
            account = accounts.by_id(connection, self.owners[who])
            accounts.change(connection, account, disabled_at=disabled_at)

    def find(self, secret: str) -> Session | None:
        """Look a session up as a request does."""
        with self.database.read() as connection:
            return sessions.find(connection, secret, self.now, LIMITS)

    def holds(self, expected: Expected) -> bool:
        """Say by the model whether a session holds now."""
        if expected.is_ended or expected.owner in self.disabled:
            return False
        if expected.stage != "in":
            return self.now - expected.created < UNFINISHED
        is_fresh = self.now - expected.seen < LIMITS.idle
        return is_fresh and self.now - expected.created < LIMITS.absolute

    @invariant()
    def each_session_holds_exactly_while_the_model_says_so(self) -> None:
        """Neither a moment longer nor a moment shorter, and it is its owner's."""
        for secret, expected in self.model.items():
            session = self.find(secret)
            assert (session is not None) is self.holds(expected), expected
            if session:
                assert (session.account.id, session.stage) == (expected.owner, expected.stage)

    @invariant()
    def the_list_shows_what_holds(self) -> None:
        """The page of one's own sessions shows the finished ones that hold, and no other."""
        for owner in self.owners:
            with self.database.read() as connection:
                shown = sessions.of_account(connection, owner, self.now, LIMITS)
            wanted = [
                e
                for e in self.model.values()
                if e.owner == owner and e.stage == "in" and self.holds(e)
            ]
            assert len(shown) == len(wanted)


def test_sessions_hold_as_long_as_they_should_and_no_longer(database: Database) -> None:
    """In every order of opening, using, waiting, ending and disabling."""
    Sessions.database = database
    run_state_machine_as_test(
        Sessions, settings=settings(max_examples=20, stateful_step_count=20, deadline=None)
    )


def test_a_secret_is_256_random_bits_of_which_the_hash_is_stored(database: Database) -> None:
    """Two are never alike, and the row does not hold them."""
    with database.write() as connection:
        account = accounts.add(
            connection, name="a", login="a@x.jp", roles=["agent"], sections=[], now=START
        )
        secrets = [
            sessions.open_session(connection, account, "in", "password", CLIENT, START)[0]
            for _ in range(50)
        ]
        rows = connection.exec_driver_sql("SELECT * FROM staff_sessions").fetchall()

    assert len(set(secrets)) == 50
    assert {43} == {len(secret) for secret in secrets}
    assert not any(secret in repr(rows) for secret in secrets)


@pytest.mark.parametrize("secret", ["", "x", "あ" * 43, "' OR 1=1 --", "\x00"])
def test_anything_else_opens_nothing(database: Database, secret: Any) -> None:
    """A cookie is only ever compared by its hash."""
    with database.read() as connection:
        assert sessions.find(connection, secret, START, LIMITS) is None
