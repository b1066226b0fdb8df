"""The product's clock: the machine's, or a rehearsal's that runs at the machine's pace."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.clock import Clock

START = datetime.fromisoformat("2027-03-31T23:59:58+09:00")


class Ticks:
    """A machine whose time only the test moves."""

    def __init__(self) -> None:
        self.now = 500.0

    def __call__(self) -> float:
        """Return the seconds since some moment."""
        return self.now


def test_true_clock_is_the_machines() -> None:
    """Without a start the time is now, in UTC, and nobody needs to be told."""
    clock = Clock()
    before, told, after = datetime.now(UTC), clock.now(), datetime.now(UTC)

    assert before <= told <= after
    assert told.utcoffset() == timedelta(0)
    assert not clock.is_shifted


@given(seconds=st.floats(0, 10**8))
def test_shifted_clock_runs_on_from_its_start(seconds: float) -> None:
    """As much time passes as on the machine."""
    ticks = Ticks()
    clock = Clock(START, ticks=ticks)
    ticks.now += seconds

    assert clock.now() - START == timedelta(seconds=ticks.now - 500.0)
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.is_shifted


@given(later=st.floats(0, 10**8))
def test_processes_of_one_start_agree_on_the_time(later: float) -> None:
    """A process that starts later, or again, does not begin the rehearsal anew."""
    ticks = Ticks()
    first = Clock(START, 500.0, ticks=ticks)
    ticks.now += later
    second = Clock(START, 500.0, ticks=ticks)

    assert second.now() == first.now()


def test_day_changes_at_midnight_in_japan() -> None:
    """The date is Japan's, whatever the machine's own date is."""
    ticks = Ticks()
    clock = Clock(START, ticks=ticks)
    days = []
    for _ in range(4):
        days.append(clock.today())
        ticks.now += 1

    assert days == [date(2027, 3, 31)] * 2 + [date(2027, 4, 1)] * 2


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2027-03-31T14:59:59+00:00", date(2027, 3, 31)),
        ("2027-03-31T15:00:00+00:00", date(2027, 4, 1)),
        ("2027-12-31T10:00:00-05:00", date(2028, 1, 1)),
        ("2028-02-29T00:00:00+09:00", date(2028, 2, 29)),
        ("2028-02-29T00:00:00+14:00", date(2028, 2, 28)),
    ],
)
def test_day_is_japans_for_any_offset(moment: str, day: date) -> None:
    """A start in another zone is a moment, and a moment has one date in Japan."""
    assert Clock(datetime.fromisoformat(moment), ticks=Ticks()).today() == day


def test_true_clock_has_the_date_of_its_own_time() -> None:
    """Without a start today is the Japanese date of now."""
    clock = Clock()
    before, told, after = clock.now(), clock.today(), clock.now()
    in_japan = [(moment + timedelta(hours=9)).date() for moment in (before, after)]

    assert told in in_japan
