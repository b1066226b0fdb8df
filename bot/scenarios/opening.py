"""``opening:`` of ``data/ward.yml`` as typed values: when each counter is open, and on which days not.

Only reading and checking stand here; what follows from it for a moment is ``bot/handoff/hours.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.scenarios.problems import Problem
from bot.scenarios.yamlfile import Where, YamlFile

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})\Z")
_MONTH_DAY = re.compile(r"\d{2}-\d{2}\Z")
_DAY_MINUTES = 24 * 60
_LEAP_YEAR = 2028

Span = tuple[int, int]
"""Minutes since midnight; the end is the first minute at which it is closed."""


@dataclass(frozen=True)
class Monthly:
    """An opening on certain weekdays of the month, such as the second and fourth Sunday."""

    weekday: int
    weeks: tuple[int, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class CounterHours:
    """When one counter is open: by weekday (Monday first), by month, and whether on holidays too."""

    weekly: tuple[tuple[Span, ...], ...]
    monthly: tuple[Monthly, ...] = ()
    on_holidays: bool = False


@dataclass(frozen=True)
class SpecialDay:
    """A day on which other hours hold (none: closed), for some counters or, without any, for all."""

    day: date
    counters: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Opening:
    """All of ``opening:``; ``closing`` holds (month, day) of the first and last day of the year-end."""

    everyone: CounterHours
    counters: Mapping[str, CounterHours] = field(default_factory=dict)
    holidays: Mapping[date, str] = field(default_factory=dict)
    special: tuple[SpecialDay, ...] = ()
    closing: tuple[tuple[int, int], tuple[int, int]] | None = None

    def of(self, counter: str) -> CounterHours:
        """Return the hours of a counter: its own, or those of everyone."""
        return self.counters.get(counter, self.everyone)


NEVER = Opening(CounterHours(((),) * 7))
"""What is known of a ward that says nothing about its hours: no counter is ever open."""


def opening_of(ward: Mapping[str, Any]) -> Opening:
    """Return the typed block of a ward whose file has been checked."""
    raw = ward.get("opening")
    if raw is None:
        return NEVER
    everyone = CounterHours(_week(raw["weekly"], ((),) * 7))
    return Opening(
        everyone=everyone,
        counters={name: _counter(entry, everyone) for name, entry in raw["counters"].items()},
        holidays={date.fromisoformat(day): name for day, name in raw["holidays"]["days"].items()},
        special=tuple(_special(entry) for entry in raw.get("special", ())),
        closing=_closing(raw.get("year_end")),
    )


def _counter(raw: Mapping[str, Any], everyone: CounterHours) -> CounterHours:
    return CounterHours(
        weekly=_week(raw.get("weekly", {}), everyone.weekly),
        monthly=tuple(
            Monthly(WEEKDAYS.index(entry["weekday"]), tuple(entry["weeks"]), _spans(entry["hours"]))
            for entry in raw.get("monthly", ())
        ),
        on_holidays=raw.get("on_holidays", False),
    )


def _week(
    raw: Mapping[str, Sequence[str]], otherwise: tuple[tuple[Span, ...], ...]
) -> tuple[tuple[Span, ...], ...]:
    return tuple(
        _spans(raw[name]) if name in raw else otherwise[number]
        for number, name in enumerate(WEEKDAYS)
    )


def _special(raw: Mapping[str, Any]) -> SpecialDay:
    counters, spans = tuple(raw.get("counters", ())), _spans(raw["hours"])
    return SpecialDay(date.fromisoformat(raw["day"]), counters, spans)


def _closing(raw: Mapping[str, str] | None) -> tuple[tuple[int, int], tuple[int, int]] | None:
    if raw is None:
        return None
    (first, last) = (tuple(map(int, raw[name].split("-"))) for name in ("from", "until"))
    return (first[0], first[1]), (last[0], last[1])


def _spans(written: Sequence[str]) -> tuple[Span, ...]:
    found = [span for span in map(_span, written) if span is not None]
    return tuple(sorted(found))


def _span(written: str) -> Span | None:
    match = _SPAN.match(written)
    if match is None:
        return None
    hour, minute, to_hour, to_minute = map(int, match.groups())
    start, end = hour * 60 + minute, to_hour * 60 + to_minute
    is_time = minute < 60 and to_minute < 60 and start < end <= _DAY_MINUTES
    return (start, end) if is_time else None


def opening_problems(file: YamlFile) -> Iterator[Problem]:
    """Yield SCN080–SCN082: hours that no clock has, counters and days that do not exist."""
    raw: Any = file.value
    opening = raw.get("opening")
    if opening is None:
        return
    for where, written in _written(opening):
        yield from _span_problems(file, where, written)
    for where, counter in _named(opening):
        if counter not in raw["counters"]:
            message = f"窓口「{counter}」が counters にありません。名前を直してください。"
            yield Problem(file.path, file.line(where), "SCN081", message)
    for where, day in _days(opening):
        if not _exists(day):
            message = f"{day} という日はありません。暦にある日にしてください。"
            yield Problem(file.path, file.line(where), "SCN082", message)


def _written(opening: Mapping[str, Any]) -> Iterator[tuple[Where, Sequence[str]]]:
    """Yield every list of hours with its place."""
    for day, hours in opening["weekly"].items():
        yield ("opening", "weekly", day), hours
    for name, counter in opening["counters"].items():
        where: Where = ("opening", "counters", name)
        for day, hours in counter.get("weekly", {}).items():
            yield (*where, "weekly", day), hours
        for index, entry in enumerate(counter.get("monthly", ())):
            yield (*where, "monthly", index, "hours"), entry["hours"]
    for index, entry in enumerate(opening.get("special", ())):
        yield ("opening", "special", index, "hours"), entry["hours"]


def _span_problems(file: YamlFile, where: Where, written: Sequence[str]) -> Iterator[Problem]:
    spans = [_span(hours) for hours in written]
    for index, (hours, span) in enumerate(zip(written, spans)):
        if span is None:
            message = (
                f"「{hours}」は時間になりません。"
                "08:30-17:00 のように、始まりを終わりより前に書いてください。"
            )
            yield Problem(file.path, file.line((*where, index)), "SCN080", message)
    known = sorted(span for span in spans if span is not None)
    for before, following in zip(known, known[1:]):
        if following[0] <= before[1]:
            message = (
                "時間どうしが重なるか、つながっています。1つにまとめるか、間をあけてください。"
            )
            yield Problem(file.path, file.line(where), "SCN080", message)


def _named(opening: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
    for name in opening["counters"]:
        yield ("opening", "counters", name), name
    for index, entry in enumerate(opening.get("special", ())):
        for number, name in enumerate(entry.get("counters", ())):
            yield ("opening", "special", index, "counters", number), name


def _days(opening: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
    holidays = opening["holidays"]
    yield ("opening", "holidays", "source", "reviewed_on"), holidays["source"]["reviewed_on"]
    for day in holidays["days"]:
        yield ("opening", "holidays", "days", day), day
    for index, entry in enumerate(opening.get("special", ())):
        yield ("opening", "special", index, "day"), entry["day"]
    for name, day in opening.get("year_end", {}).items():
        yield ("opening", "year_end", name), day


def _exists(day: str) -> bool:
    whole = f"{_LEAP_YEAR}-{day}" if _MONTH_DAY.match(day) else day
    try:
        date.fromisoformat(whole)
    except ValueError:
        return False
    return True
