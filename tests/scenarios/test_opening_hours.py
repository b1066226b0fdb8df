"""Opening hours in ``ward.yml``: what cannot be read is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.scenarios.opening import NEVER
from bot.scenarios.problems import ScenarioError
from bot.scenarios.reading import read_catalogue
from tests.scenarios.folders import DataFolder

OPENING = """opening:
  weekly:
    mon: ["08:30-17:00"]
  year_end: {from: "12-29", until: "01-03"}
  holidays:
    source: {title: 祝日, url: https://a.example/, reviewed_on: 2026-11-27}
    days:
      2027-01-01: 元日
  special:
    - {day: 2026-12-05, counters: [koseki], hours: ["10:00-12:00"], why: 臨時}
  counters:
    seiso: {weekly: {sat: ["07:40-16:25"]}, monthly: [{weekday: sun, weeks: [1], hours: ["09:00-12:00"]}]}
counters:
"""


def written(folder: DataFolder, old: str = "", new: str = "") -> Path:
    """Write opening hours into the smallest ward; returns the folder."""
    opening = OPENING.replace(old, new, 1) if old else OPENING
    folder.replace("ward.yml", "\ncounters:\n", f"\n{opening}")
    return folder.path


def test_hours_are_read(data: DataFolder) -> None:
    """A counter has its own days, and everyone's else."""
    opening = read_catalogue(written(data)).opening

    assert opening.of("koseki").weekly[0] == ((510, 1020),)
    assert opening.of("seiso").weekly[0] == ((510, 1020),)
    assert opening.of("seiso").weekly[5] == ((460, 985),)
    assert opening.closing == ((12, 29), (1, 3))


def test_a_ward_without_hours_can_be_read(data: DataFolder) -> None:
    """A revision of a former version stays readable, and is never open."""
    assert read_catalogue(data.path).opening == NEVER


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ('"08:30-17:00"', '"17:00-08:30"', "SCN080", 3),
        ('"08:30-17:00"', '"08:30-24:30"', "SCN080", 3),
        ('"08:30-17:00"', '"08:30-08:75"', "SCN080", 3),
        ('"08:30-17:00"', '"08:30-12:00", "11:00-17:00"', "SCN080", 3),
        ('"08:30-17:00"', '"08:30-12:00", "12:00-17:00"', "SCN080", 3),
        ('"07:40-16:25"', '"07:40-07:40"', "SCN080", 12),
        ('"09:00-12:00"', '"09:00-25:00"', "SCN080", 12),
        ('"10:00-12:00"', '"12:00-10:00"', "SCN080", 10),
        ("seiso:", "souji:", "SCN081", 12),
        ("[koseki]", "[kosek]", "SCN081", 10),
        ("2027-01-01", "2027-02-29", "SCN082", 8),
        ("2026-12-05", "2026-11-31", "SCN082", 10),
        ('"12-29"', '"12-32"', "SCN082", 4),
        ("reviewed_on: 2026-11-27", "reviewed_on: 2026-11-31", "SCN018", 6),
        ('"08:30-17:00"', '"8:30-17:00"', "SCN005", 3),
        ("mon:", "monday:", "SCN002", 3),
        ("weeks: [1]", "weeks: [6]", "SCN004", 12),
    ],
)
def test_what_no_clock_or_calendar_has_is_found(
    data: DataFolder, old: str, new: str, code: str, line: int
) -> None:
    """Each finding names the file, the line and what to write."""
    first = data.line_of("ward.yml", "counters:") - 1
    with pytest.raises(ScenarioError) as found:
        read_catalogue(written(data, old, new))

    places = {(p.code, p.line - first) for p in found.value.problems}
    assert (code, line) in places
