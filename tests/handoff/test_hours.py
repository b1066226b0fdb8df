"""Opening hours: boundary minutes, holidays, special days, the year-end, and what comes next."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.published import Published
from bot.handoff.hours import OpeningHours
from bot.scenarios.opening import NEVER, opening_of
from bot.scenarios.today import JST

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
WARD = {
    "opening": {
        "weekly": {day: ["08:30-17:15"] for day in WEEKDAYS},
        "year_end": {"from": "12-29", "until": "01-03"},
        "holidays": {"days": {"2026-11-23": "勤労感謝の日", "2027-01-01": "元日"}},
        "special": [
            {"day": "2026-12-05", "hours": ["10:00-12:00"], "why": "土曜の臨時開庁"},
            {"day": "2026-12-07", "counters": ["lunch"], "hours": [], "why": "研修"},
            {"day": "2026-12-30", "counters": ["evening"], "hours": ["09:00-12:00"], "why": "年末"},
            {"day": "2026-12-08", "hours": [], "why": "全館停電"},
            {"day": "2026-12-08", "counters": ["lunch"], "hours": ["09:00-10:00"], "why": "別館"},
        ],
        "counters": {
            "lunch": {"weekly": {day: ["08:30-12:00", "13:00-17:15"] for day in WEEKDAYS}},
            "evening": {
                "weekly": {"wed": ["08:30-19:00"], "fri": []},
                "monthly": [{"weekday": "sun", "weeks": [2, 4], "hours": ["09:00-12:00"]}],
            },
            "always": {
                "weekly": {d: ["00:00-24:00"] for d in (*WEEKDAYS, "sat", "sun")},
                "on_holidays": True,
            },
        },
    }
}
HOURS = OpeningHours(opening_of(WARD))


def at(text: str) -> datetime:
    """Return a moment in Japanese time."""
    return datetime.fromisoformat(text).replace(tzinfo=JST)


@pytest.mark.parametrize(
    ("moment", "counter", "expected"),
    [
        ("2026-11-27 08:29:59", "main", False),
        ("2026-11-27 08:30:00", "main", True),
        ("2026-11-27 17:14:59", "main", True),
        ("2026-11-27 17:15:00", "main", False),
        ("2026-11-27 11:59:59", "lunch", True),
        ("2026-11-27 12:00:00", "lunch", False),
        ("2026-11-27 12:59:59", "lunch", False),
        ("2026-11-27 13:00:00", "lunch", True),
        ("2026-11-25 18:59:59", "evening", True),
        ("2026-11-25 19:00:00", "evening", False),
        ("2026-11-26 17:15:00", "evening", False),
        ("2026-11-27 10:00:00", "evening", False),
        ("2026-11-08 08:59:59", "evening", False),
        ("2026-11-08 09:00:00", "evening", True),
        ("2026-11-15 10:00:00", "evening", False),
        ("2026-11-22 11:59:59", "evening", True),
        ("2026-11-29 10:00:00", "evening", False),
        ("2026-11-28 10:00:00", "main", False),
        ("2026-11-23 10:00:00", "main", False),
        ("2026-11-23 10:00:00", "always", True),
        ("2026-12-05 09:59:59", "main", False),
        ("2026-12-05 10:00:00", "main", True),
        ("2026-12-07 10:00:00", "main", True),
        ("2026-12-07 10:00:00", "lunch", False),
        ("2026-12-08 09:30:00", "main", False),
        ("2026-12-08 09:30:00", "lunch", True),
        ("2026-12-28 17:14:59", "main", True),
        ("2026-12-29 10:00:00", "main", False),
        ("2026-12-29 10:00:00", "always", False),
        ("2026-12-30 09:00:00", "evening", True),
        ("2026-12-30 09:00:00", "main", False),
        ("2027-01-03 10:00:00", "main", False),
        ("2027-01-04 08:30:00", "main", True),
    ],
)
def test_a_counter_is_open_exactly_from_its_first_second_to_its_last(
    moment: str, counter: str, expected: bool
) -> None:
    """Each boundary has a second before it and one after it, also at lunch, at night and at the year-end."""
    assert expected is HOURS.is_open(counter, at(moment))


@pytest.mark.parametrize(
    ("moment", "counter", "expected"),
    [
        ("2026-11-27 08:29:59", "main", "2026-11-27 08:30:00"),
        ("2026-11-27 08:30:00", "main", "2026-11-30 08:30:00"),
        ("2026-11-27 12:00:00", "lunch", "2026-11-27 13:00:00"),
        ("2026-11-20 18:00:00", "main", "2026-11-24 08:30:00"),
        ("2026-12-28 17:15:00", "main", "2027-01-04 08:30:00"),
        ("2026-12-28 17:15:00", "evening", "2026-12-30 09:00:00"),
        ("2026-12-04 17:15:00", "main", "2026-12-05 10:00:00"),
    ],
)
def test_the_next_opening_passes_over_every_closed_day(
    moment: str, counter: str, expected: str
) -> None:
    """Weekends, holidays, special days and the year-end are no openings."""
    assert at(expected) == HOURS.next_opening(counter, at(moment))


def test_the_next_opening_is_told_in_japanese_time() -> None:
    """Whatever zone the moment comes in, what is said is JST."""
    found = HOURS.next_opening("main", datetime(2026, 11, 26, 22, 0, tzinfo=timezone.utc))

    assert found == at("2026-11-27 08:30:00")
    assert found is not None
    assert found.isoformat() == "2026-11-27T08:30:00+09:00"


def test_closing_times_are_those_of_the_interval_and_of_the_day() -> None:
    """Before lunch a counter closes at noon, and for the day in the evening."""
    morning = at("2026-11-27 09:00:00")

    assert at("2026-11-27 08:30:00") == HOURS.opened_at("lunch", morning)
    assert at("2026-11-27 12:00:00") == HOURS.closes_at("lunch", morning)
    assert at("2026-11-27 17:15:00") == HOURS.closing_today("lunch", morning)
    assert HOURS.closing_today("lunch", at("2026-11-28 09:00:00")) is None
    assert HOURS.closes_at("lunch", at("2026-11-27 12:30:00")) is None
    assert HOURS.opened_at("lunch", at("2026-11-27 12:30:00")) is None


def test_a_ward_without_hours_is_never_open() -> None:
    """Nothing is invented where the ward says nothing."""
    never = OpeningHours(opening_of({}))

    assert opening_of({}) is NEVER
    assert not never.is_open("main", at("2026-11-27 10:00:00"))
    assert never.next_opening("main", at("2026-11-27 10:00:00")) is None


BEGIN = datetime(2026, 1, 1, tzinfo=JST)
MOMENTS = st.integers(0, 2 * 365 * 24 * 60 * 60 - 1).map(lambda s: BEGIN + timedelta(seconds=s))
COUNTERS = st.sampled_from(["main", "lunch", "evening", "always"])


@settings(deadline=None)
@given(MOMENTS, COUNTERS)
def test_the_next_opening_is_open_and_nothing_opens_before_it(
    moment: datetime, counter: str
) -> None:
    """It is open from that second on, closed the second before, and no other opening lies between."""
    following = HOURS.next_opening(counter, moment)

    assert following is not None
    assert following > moment
    assert HOURS.is_open(counter, following)
    if counter != "always":
        assert not HOURS.is_open(counter, following - timedelta(seconds=1))
    assert HOURS.next_opening(counter, following - timedelta(seconds=1)) == following
    begin = HOURS.closes_at(counter, moment) or moment
    steps = int((following - begin) / timedelta(minutes=15))
    assert not any(
        HOURS.is_open(counter, begin + n * timedelta(minutes=15))
        for n in range(max(steps, 0))
        if begin + n * timedelta(minutes=15) < following
    )


@settings(deadline=None)
@given(MOMENTS, COUNTERS)
def test_being_open_agrees_with_the_hours_of_the_day(moment: datetime, counter: str) -> None:
    """What is told for a moment is what the list of the day says."""
    minute = moment.hour * 60 + moment.minute
    spans = HOURS.spans_on(counter, moment.date())

    assert any(a <= minute < b for a, b in spans) is HOURS.is_open(counter, moment)


@pytest.mark.parametrize(
    ("moment", "counter", "expected"),
    [
        ("2026-11-27 16:59:59", "sogo_annai", True),
        ("2026-11-27 17:00:00", "sogo_annai", False),
        ("2026-12-02 18:59:59", "koseki_jumin", True),
        ("2026-12-13 09:00:00", "koseki_jumin", True),
        ("2026-11-23 10:00:00", "koseki_jumin", False),
        ("2027-03-22 10:00:00", "sogo_annai", False),
        ("2027-03-22 10:00:00", "sodai_uketsuke", True),
        ("2026-12-31 10:00:00", "sogo_annai", False),
    ],
)
def test_the_shipped_ward_keeps_its_hours(
    published: Published, moment: str, counter: str, expected: bool
) -> None:
    """The hours of the shipped ward are those that its texts tell."""
    hours = OpeningHours(published.catalogue.opening)

    assert expected is hours.is_open(counter, at(moment))


def test_the_shipped_holidays_are_those_of_the_law(published: Published) -> None:
    """Every Monday holiday is a Monday, a holiday on a Sunday has its substitute, both years are whole."""
    holidays = published.catalogue.opening.holidays
    by_year = {year: sum(day.year == year for day in holidays) for year in (2026, 2027)}

    assert by_year == {2026: 18, 2027: 17}
    for day, name in holidays.items():
        if name in ("成人の日", "海の日", "敬老の日", "スポーツの日"):
            assert day.weekday() == 0, day
        if day.weekday() == 6:
            following = (day + timedelta(days=n) for n in range(1, 5))
            assert any(holidays.get(d) == "休日" for d in following), day
    assert date(2027, 3, 22) in holidays
