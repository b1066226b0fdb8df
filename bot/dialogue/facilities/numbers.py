"""How residents write the age or the birth of a child, times of the day and distances.

A class of childcare is the age on April 1, so a birth or an age in months is counted from the day of the
turn; a plain age is taken as the class, as the lists do.
"""

from __future__ import annotations

import re
from datetime import date

from bot.scenarios.facilities.model import CLASSES

_YEARS = (
    r"(?:歳|才|さい|岁|歲|살|세| ?years?(?: old)?| ?yrs?(?: old)?| ?yo\b| ?tuổi| ?(?:na )?taon)"
)
_MONTHS = r"(?:か月|ヶ月|ケ月|カ月|ヵ月|ヵ月|カげつ|かげつ|個月|个月|개월| ?months?(?: old)?| ?tháng| ?buwan)"
_MONTH_NAMES = (
    "january february march april may june july august september october november december"
)
_ERA = (
    r"(?:(?P<year>20[0-9]{2})年?|(?:令和|r)(?P<reiwa>[0-9]{1,2}|元)年?"
    r"|(?P<ago>今年|去年|昨年|一昨年|おととし)の?)"
)
_BORN = re.compile(
    rf"{_ERA}[./-]?(?P<month>1[0-2]|0?[1-9])月?[./-]?(?:(?P<day>[0-9]{{1,2}})日)?(?:生まれ|うまれ|生|に生まれ|出生)"
)
_BORN_EN = re.compile(
    rf"born (?:in |on )?(?P<name>{_MONTH_NAMES.replace(' ', '|')})[a-z]* ?(?P<year>20[0-9]{{2}})"
)
_AGO = {"今年": 0, "去年": 1, "昨年": 1, "一昨年": 2, "おととし": 2}
_NEXT_APRIL = re.compile(
    r"(?:来年度|来年の?4月|来春|4月入園|4月入所|4月から|next april|来年4月)(?:から|の|に|で|入園)*"
)
_HALF = re.compile(rf"(?<![0-9])([0-5]){_YEARS}半")
_YEARS_MONTHS = re.compile(rf"(?<![0-9])([0-5]){_YEARS}(?:と)?([0-9]{{1,2}}){_MONTHS}")
_ONLY_MONTHS = re.compile(rf"(?:生後)?(?<![0-9])([0-9]{{1,2}}){_MONTHS}(?:児)?")
_RANGE = re.compile(
    rf"(?<![0-9])([0-5])(?:{_YEARS}(?:児)?)?(?:[~〜\-–]|から)([0-5]){_YEARS}(?:児|まで)*"
)
_LISTED = re.compile(rf"(?<![0-9])([0-5](?:[,、・と][0-5])+){_YEARS}(?:児)?")
_AGE = re.compile(rf"(?<![0-9])([0-5]){_YEARS}(?:児|の子|クラス|くらす)*")
_WALK = re.compile(
    r"(?:徒歩|歩いて)?([0-9]{1,2})分(?:以内|くらい|ぐらい|圏内|まで|walk)?|within ([0-9]{1,2}) ?min(?:ute)?s?"
)
_CLOCK = (
    r"(?P<part>朝|午前|夜|夕方|午後)?の?"
    r"(?P<hour>[0-9]{1,2})(?:時(?P<half>半|[0-9]{1,2}分)?|:(?P<minute>[0-9]{2}))"
)
_UNTIL = re.compile(rf"{_CLOCK}(?:くらい|ぐらい)?(?:まで|以降|すぎ|過ぎ|を過ぎ)(?:も|の|に)?")
_FROM = re.compile(rf"{_CLOCK}(?:くらい|ぐらい)?(?:から|より前|前)(?:の|に)?")


class Remainder:
    """A text from which what has been understood is cut out."""

    def __init__(self, text: str) -> None:
        self.text = text

    def cut(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Cut out the first place that fits, and return it."""
        found = pattern.search(self.text)
        if found:
            self.text = f"{self.text[: found.start()]}\n{self.text[found.end() :]}"
        return found


def read_classes(rest: Remainder, day: date) -> frozenset[int]:
    """Return the age classes that are named, for this school year or, if it says so, the next."""
    upcoming = rest.cut(_NEXT_APRIL) is not None
    year = _school_year(day) + (1 if upcoming else 0)
    return frozenset(_births(rest, day, year) | _months(rest, day, year) | _years(rest))


def read_end(rest: Remainder) -> int | None:
    """Return until when a facility must be open, in minutes after midnight."""
    return _clock(rest, _UNTIL, is_end=True)


def read_start(rest: Remainder) -> int | None:
    """Return by when a facility must be open, in minutes after midnight."""
    return _clock(rest, _FROM, is_end=False)


def read_walk(rest: Remainder) -> int | None:
    """Return how many minutes on foot are the most."""
    walk = rest.cut(_WALK)
    return (int(walk[1] or walk[2]) or None) if walk else None


def _births(rest: Remainder, day: date, year: int) -> set[int]:
    born = rest.cut(_BORN)
    if born:
        return _classes(_year_of(born, day), int(born["month"]), int(born["day"] or 0), year)
    english = rest.cut(_BORN_EN)
    if not english:
        return set()
    month = _MONTH_NAMES.split().index(english["name"]) + 1
    return _classes(int(english["year"]), month, 0, year)


def _months(rest: Remainder, day: date, year: int) -> set[int]:
    if half := rest.cut(_HALF):
        return _of_months(int(half[1]) * 12 + 6, day, year)
    if both := rest.cut(_YEARS_MONTHS):
        return _of_months(int(both[1]) * 12 + int(both[2]), day, year)
    only = rest.cut(_ONLY_MONTHS)
    return _of_months(int(only[1]), day, year) if only else set()


def _years(rest: Remainder) -> set[int]:
    ages: set[int] = set()
    while span := rest.cut(_RANGE):
        ages.update(range(int(span[1]), int(span[2]) + 1))
    while listed := rest.cut(_LISTED):
        ages.update(map(int, re.findall(r"[0-5]", listed[1])))
    while single := rest.cut(_AGE):
        ages.add(int(single[1]))
    return ages


def _clock(rest: Remainder, pattern: re.Pattern[str], *, is_end: bool) -> int | None:
    found = rest.cut(pattern)
    if not found:
        return None
    hour, part = int(found["hour"]), found["part"]
    is_late = part in {"夜", "夕方", "午後"} or (is_end and part is None and hour <= 11)
    hour += 12 if is_late and hour < 12 else 0
    half = 30 if found["half"] == "半" else int((found["half"] or "0").rstrip("分"))
    return hour * 60 + half + int(found["minute"] or 0) if hour <= 24 else None


def _school_year(day: date) -> int:
    return day.year if day.month >= 4 else day.year - 1


def _year_of(born: re.Match[str], day: date) -> int:
    if born["year"]:
        return int(born["year"])
    if born["ago"]:
        return day.year - _AGO[born["ago"]]
    return 2018 + (1 if born["reiwa"] == "元" else int(born["reiwa"]))


def _classes(year: int, month: int, day: int, school_year: int) -> set[int]:
    """Return the class of a birth; who is born on April 1 is a year older on that day.

    A person reaches an age at the end of the day before the birthday (年齢計算ニ関スル法律; 民法143条).
    """
    is_early = month <= 3 or (month, day) == (4, 1)
    age = school_year - year - (0 if is_early else 1)
    return {max(0, age)} if age < len(CLASSES) else set()


def _of_months(months: int, day: date, school_year: int) -> set[int]:
    """Return the class of a child who is so many months old today."""
    born = day.year * 12 + day.month - 1 - months
    return _classes(born // 12, born % 12 + 1, 0, school_year)
