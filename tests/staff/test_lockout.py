"""Waiting after failures: how long, for whom, and that every wait ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot.staff import lockout
from bot.staff.lockout import FREE, LONGEST_WAIT, Count, wait_after
from bot.staff.members import StaffError
from bot.store.database import Database

START = datetime(2026, 11, 30, tzinfo=UTC)
ACCOUNT, ADDRESS, DEVICE = Count("account", "a"), Count("address", "b"), Count("device", "c")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database with the newest schema."""
    made = Database(f"sqlite:///{tmp_path / 'm.db'}")
    made.migrate()
    yield made
    made.close()


def fails(database: Database, now: datetime, *counts: Count) -> int:
    """Fail once; returns the seconds to wait where the attempt was not looked at, else 0."""
    with database.write() as connection:
        try:
            lockout.reserve(connection, counts, now)
        except StaffError as error:
            return int(error.details["seconds"])
    return 0


@given(st.integers(0, 10_000), st.integers(0, 100))
def test_waits_grow_and_never_beyond_the_longest(failures: int, free: int) -> None:
    """No wait for the free ones, then never shorter than the one before."""
    wait = wait_after(failures, free)

    assert timedelta(0) <= wait <= LONGEST_WAIT
    assert (wait == timedelta(0)) is (failures <= free)
    assert wait <= wait_after(failures + 1, free)


def test_the_free_failures_bring_no_wait_and_the_next_ones_double_it(database: Database) -> None:
    """15 seconds, then twice as long each time, at most 15 minutes."""
    now, waited = START, []
    for _ in range(FREE["account"] + 9):
        seconds = fails(database, now, ACCOUNT)
        if seconds:
            waited.append(seconds)
            now += timedelta(seconds=seconds)
            assert fails(database, now, ACCOUNT) == 0

    assert waited == [15, 30, 60, 120, 240, 480, 900, 900][: len(waited)]
    assert len(waited) >= 6


def test_an_attempt_that_is_refused_prolongs_nothing(database: Database) -> None:
    """Whoever keeps knocking waits no longer, and shuts nobody out for longer."""
    for _ in range(FREE["account"] + 1):
        fails(database, START, ACCOUNT)
    before = fails(database, START, ACCOUNT)
    for second in range(10):
        fails(database, START + timedelta(seconds=second), ACCOUNT)

    assert before == 15
    assert fails(database, START + timedelta(seconds=15), ACCOUNT) == 0


def test_failures_at_one_account_do_not_touch_another(database: Database) -> None:
    """Nor a browser that is known, which is counted by itself."""
    for _ in range(FREE["account"] + 5):
        fails(database, START, ACCOUNT)

    assert fails(database, START, ACCOUNT) > 0
    assert fails(database, START, Count("account", "other"), ADDRESS) == 0
    assert fails(database, START, DEVICE) == 0


def test_a_right_attempt_clears_its_account_but_not_its_address(database: Database) -> None:
    """Having one account of one's own buys no further guesses at those of others."""
    for n in range(FREE["address"]):
        fails(database, START, Count("account", str(n)), ADDRESS)
    with database.write() as connection:
        lockout.reserve(connection, [ACCOUNT, ADDRESS], START)
        lockout.give_back(connection, [ACCOUNT, ADDRESS], START)
    second = fails(database, START, Count("account", "x"), ADDRESS)
    third = fails(database, START, Count("account", "y"), ADDRESS)

    assert (second, third) == (0, 15)
    assert fails(database, START, ACCOUNT) == 0


def test_what_was_given_back_twice_is_no_error(database: Database) -> None:
    """A row that is gone stays gone."""
    with database.write() as connection:
        lockout.give_back(connection, [ACCOUNT, ADDRESS], START)

    assert fails(database, START, ACCOUNT, ADDRESS) == 0


def test_failures_are_forgotten_after_a_day(database: Database) -> None:
    """Somebody who mistypes once a day never waits."""
    for _ in range(FREE["account"]):
        fails(database, START, ACCOUNT)
    later = START + timedelta(hours=24, seconds=1)

    assert [0] * FREE["account"] == [
        fails(database, later, ACCOUNT) for _ in range(FREE["account"])
    ]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_stands_for_what_one_subscriber_has(address: str, network: str) -> None:
    """Of IPv6 that is 64 bits: whoever has them has as many addresses as they like."""
    assert network == lockout.network_of(address)


class Guessing(RuleBasedStateMachine):
    """An attacker who guesses as often as they like, and a colleague who knows the password."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.looked_at: list[datetime] = []
        with self.database.write() as connection:
            lockout.forget(connection, [ACCOUNT, ADDRESS, DEVICE])

    @initialize()
    def begin(self) -> None:
        """Nobody has failed yet."""
        assert fails(self.database, self.now, DEVICE) == 0
        self.right(DEVICE)

    def right(self, *counts: Count) -> None:
        """Give back an attempt that was right."""
        with self.database.write() as connection:
            lockout.give_back(connection, counts, self.now)

    @rule(times=st.integers(1, 20), between=st.integers(0, 1200))
    def guess(self, times: int, between: int) -> None:
        """The attacker guesses from elsewhere."""
        for _ in range(times):
            self.now += timedelta(seconds=between)
            if fails(self.database, self.now, ACCOUNT, ADDRESS) == 0:
                self.looked_at.append(self.now)

    @rule()
    def colleague_at_a_new_browser(self) -> None:
        """Once the wait that is told is over, an attempt is looked at."""
        seconds = fails(self.database, self.now, ACCOUNT)
        if seconds:
            assert seconds <= LONGEST_WAIT.total_seconds()
            self.now += timedelta(seconds=seconds)
            assert fails(self.database, self.now, ACCOUNT) == 0
        self.looked_at.append(self.now)

    @rule()
    def colleague_at_the_usual_browser(self) -> None:
        """The usual browser never waits for what others did."""
        assert fails(self.database, self.now, DEVICE) == 0
        self.right(DEVICE)

    @invariant()
    def guesses_are_few(self) -> None:
        """In any 24 hours fewer guesses are looked at than the waits leave room for."""
        recent = [t for t in self.looked_at if t > self.now - timedelta(hours=24)]
        most = FREE["account"] + 7 + 24 * 4 + 1
        assert len(recent) <= most + FREE["account"]


def test_no_order_of_guesses_shuts_a_colleague_out(database: Database) -> None:
    """Whatever an attacker does, every wait ends and the usual browser is free of it."""
    Guessing.database = database
    run_state_machine_as_test(
        Guessing, settings=settings(max_examples=20, stateful_step_count=12, deadline=None)
    )
