"""When a counter is open: at a moment, next, and until when, in Japanese time.

A day's hours are those of its special entry if it has one; else the counter is closed at the year-end and,
unless it says otherwise, on national holidays; else the week and the month decide. An interval holds from
its first second to the last one before its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from bot.scenarios.opening import CounterHours, Opening, Span
from bot.scenarios.today import JST

_LOOK_AHEAD = 62  # days; no ward closes a counter for longer without a special page


class OpeningHours:
    """The hours of every counter of one ward."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening

    def is_open(self, counter: str, moment: datetime) -> bool:
        """Tell whether a counter is open at an aware moment."""
        return self._interval_at(counter, moment) is not None

    def next_opening(self, counter: str, moment: datetime) -> datetime | None:
        """Return when a counter opens next after a moment (JST); None if not within two months."""
        today = moment.astimezone(JST).date()
        for day in (today + timedelta(days=n) for n in range(_LOOK_AHEAD)):
            for start, _ in self._intervals(counter, day):
                if start > moment:
                    return start
        return None

    def opened_at(self, counter: str, moment: datetime) -> datetime | None:
        """Return when the interval began in which a counter is open at a moment."""
        interval = self._interval_at(counter, moment)
        return interval[0] if interval else None

    def closes_at(self, counter: str, moment: datetime) -> datetime | None:
        """Return when the interval ends in which a counter is open at a moment."""
        interval = self._interval_at(counter, moment)
        return interval[1] if interval else None

    def closing_today(self, counter: str, moment: datetime) -> datetime | None:
        """Return when a counter closes for the last time on a moment's day; None if it is closed all day."""
        ends = [end for _, end in self._intervals(counter, moment.astimezone(JST).date())]
        return ends[-1] if ends else None

    def spans_on(self, counter: str, day: date) -> tuple[Span, ...]:
        """Return the hours of a counter on a day, in minutes since midnight."""
        special = self._special(counter, day)
        if special is not None:
            return special
        hours = self._opening.of(counter)
        if self._is_year_end(day) or (day in self._opening.holidays and not hours.on_holidays):
            return ()
        return _by_calendar(hours, day)

    def _special(self, counter: str, day: date) -> tuple[Span, ...] | None:
        """Return the hours of a special day; an entry for the counter comes before one for all."""
        found = [entry for entry in self._opening.special if entry.day == day]
        own = [entry for entry in found if counter in entry.counters]
        everyone = [entry for entry in found if not entry.counters]
        return next((entry.spans for entry in (*own, *everyone)), None)

    def _is_year_end(self, day: date) -> bool:
        if self._opening.closing is None:
            return False
        first, last = self._opening.closing
        today = (day.month, day.day)
        return first <= today <= last if first <= last else today >= first or today <= last

    def _intervals(self, counter: str, day: date) -> Iterator[tuple[datetime, datetime]]:
        midnight = datetime(day.year, day.month, day.day, tzinfo=JST)
        for start, end in self.spans_on(counter, day):
            yield midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)

    def _interval_at(self, counter: str, moment: datetime) -> tuple[datetime, datetime] | None:
        day = moment.astimezone(JST).date()
        intervals = self._intervals(counter, day)
        return next((i for i in intervals if i[0] <= moment < i[1]), None)


def _by_calendar(hours: CounterHours, day: date) -> tuple[Span, ...]:
    """Return the hours of the week, else those of the month: the 8th is the second of its weekday."""
    weekly = hours.weekly[day.weekday()]
    week = (day.day - 1) // 7 + 1
    monthly = [
        span
        for entry in hours.monthly
        if entry.weekday == day.weekday() and week in entry.weeks
        for span in entry.spans
    ]
    return tuple(sorted(monthly)) if monthly else weekly
