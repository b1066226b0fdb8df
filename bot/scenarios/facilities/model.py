"""Facilities, the words for them and the dates of the tables, as frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

CLASSES = range(6)
"""Age classes of childcare, by the age on April 1."""
SATURDAY, SUNDAY = 5, 6
_BLOCK = re.compile(r"[0-9０-９一二三四五六七八九十]+丁目$")


@dataclass(frozen=True)
class Walk:
    """The way from a station, in minutes on foot."""

    station: str
    minutes: int


@dataclass(frozen=True)
class Figures:
    """Places and vacancies of each age class that the facility has."""

    capacity: Mapping[int, int]
    vacancies: Mapping[int, int]


@dataclass(frozen=True)
class Facility:
    """One facility as the tables give it; times are minutes after midnight, days 0 (Monday) to 6."""

    id: str
    name: str
    kana: str
    english: str
    kind: str
    town: str
    address: str
    phone: str
    url: str
    walks: tuple[Walk, ...] = ()
    classes: frozenset[int] = frozenset()
    youngest: tuple[int, str] | None = None
    """The lowest age where it is below one year: a number, and ``days`` or ``months``."""
    capacity: int | None = None
    days: frozenset[int] = frozenset()
    opens: int | None = None
    closes: int | None = None
    extended: int | None = None
    """When extended care ends."""
    features: frozenset[str] = frozenset()
    figures: Figures | None = None

    @property
    def area(self) -> str:
        """Return the town without its block number (丁目)."""
        return _BLOCK.sub("", self.town)

    def minutes_from(self, stations: frozenset[str]) -> int | None:
        """Return the shortest walk from any of the stations."""
        return min((w.minutes for w in self.walks if w.station in stations), default=None)


@dataclass(frozen=True)
class Kind:
    """A kind of facility: the service it belongs to, its names in the tables, words of residents."""

    service: str
    names: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Family:
    """A word for several kinds at once, as 保育園 is."""

    service: str
    kinds: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Feature:
    """Something that residents look for; ``service`` where a question about it alone belongs to one."""

    words: tuple[str, ...]
    service: str | None = None


@dataclass(frozen=True)
class Place:
    """A town or a station: how it is read, how it is written in Latin letters, what else it is called."""

    kana: str
    latin: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Words:
    """What residents say when they look for a facility."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    families: Mapping[str, Family] = field(default_factory=dict)
    features: Mapping[str, Feature] = field(default_factory=dict)
    areas: Mapping[str, Place] = field(default_factory=dict)
    stations: Mapping[str, Place] = field(default_factory=dict)
    ages: tuple[tuple[str, ...], ...] = ()
    asking: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    fillers: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One published table: its title, its page, and the day from which its content is."""

    title: str
    url: str
    as_of: date


@dataclass(frozen=True)
class Facilities:
    """Everything about facilities that is published together; empty where a ward has no tables."""

    every: tuple[Facility, ...] = ()
    words: Words = field(default_factory=Words)
    tables: Mapping[str, Table] = field(default_factory=dict)
    entry_month: str = ""
    """The month of entry (``2026-12``) that the vacancies are for."""

    def __hash__(self) -> int:
        """Hash a little of the content, so that what is built from it can be kept."""
        return hash((self.entry_month, *(facility.id for facility in self.every[:9])))

    def __bool__(self) -> bool:
        """Tell whether there is anything to look for."""
        return bool(self.every)

    @property
    def services(self) -> frozenset[str]:
        """Name the services whose questions the tables can answer."""
        kinds = {kind.service for kind in self.words.kinds.values()}
        families = {family.service for family in self.words.families.values()}
        features = {f.service for f in self.words.features.values() if f.service}
        return frozenset(kinds | families | features)
