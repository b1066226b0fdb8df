"""Which facilities meet what was asked: every criterion holds, nothing is ranked by merit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from bot.scenarios.facilities.model import CLASSES, SATURDAY, SUNDAY, Facilities, Facility

PREFIX = "facilities:"
_DAYS = {"saturday": SATURDAY, "sunday": SUNDAY}
_MAX_MINUTES = 30 * 60


@dataclass(frozen=True)
class Criteria:
    """What a facility must have: within a set of kinds or places any one, of everything else all."""

    kinds: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    stations: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    ages: frozenset[int] = frozenset()
    """Age classes that it takes; with ``vacancy``, each has a vacancy."""
    features: frozenset[str] = frozenset()
    within: int | None = None
    """Minutes on foot, from the stations named or from any."""
    opens_by: int | None = None
    closes_after: int | None = None

    def __bool__(self) -> bool:
        """Tell whether there is any criterion at all."""
        return self != Criteria()

    @property
    def narrows(self) -> bool:
        """Tell whether there is more than kinds and features, which leave most of the ward."""
        return bool(replace(self, kinds=frozenset(), features=frozenset()))

    @property
    def has_vacancy(self) -> bool:
        """Tell whether only facilities with a vacancy are wanted."""
        return "vacancy" in self.features

    def names(self) -> list[str]:
        """Name the criteria that are set, each feature on its own."""
        plain = [f.name for f in fields(self) if f.name != "features" and getattr(self, f.name)]
        return [*plain, *sorted(self.features)]

    def without(self, name: str) -> Criteria:
        """Return the criteria without the one of that name."""
        if name not in {field.name for field in fields(self)}:
            return replace(self, features=self.features - {name})
        return replace(self, **{name: getattr(Criteria(), name)})

    def choosing(self, name: str, value: str | int) -> Criteria:
        """Return the criteria with one value for the criterion of that name."""
        chosen: dict[str, Any] = {name: frozenset({value})}
        return replace(self, **chosen)

    def then(self, more: Criteria) -> Criteria:
        """Return the criteria after a follow-up: what it names replaces, features come on top."""
        said = {f.name: getattr(more, f.name) for f in fields(more) if getattr(more, f.name)}
        if more.areas and not more.stations:
            said.update(stations=frozenset(), within=None)
        elif more.stations and not more.areas:
            said["areas"] = frozenset()
        if more.names() != ["ids"]:
            said.setdefault("ids", frozenset())
        return replace(self, **{**said, "features": self.features | more.features})


def find(facilities: Facilities, criteria: Criteria) -> list[Facility]:
    """Return every facility that meets all criteria: nearest first if a station is named, else by name."""
    found = [facility for facility in facilities.every if meets(facility, criteria)]
    if criteria.stations:
        return sorted(found, key=lambda f: (f.minutes_from(criteria.stations) or 0, *_by_name(f)))
    return sorted(found, key=_by_name)


def meets(facility: Facility, wanted: Criteria) -> bool:
    """Tell whether a facility meets every criterion."""
    return (
        _in(facility.kind, wanted.kinds)
        and _in(facility.area, wanted.areas)
        and _in(facility.id, wanted.ids)
        and wanted.ages <= facility.classes
        and _is_near(facility, wanted)
        and all(_has(facility, feature, wanted.ages) for feature in wanted.features)
        and _is_open(facility, wanted)
    )


def _in(value: str, wanted: frozenset[str]) -> bool:
    return not wanted or value in wanted


def _is_near(facility: Facility, wanted: Criteria) -> bool:
    if not wanted.stations and wanted.within is None:
        return True
    stations = wanted.stations or frozenset(walk.station for walk in facility.walks)
    minutes = facility.minutes_from(stations)
    return minutes is not None and (wanted.within is None or minutes <= wanted.within)


def _has(facility: Facility, feature: str, ages: frozenset[int]) -> bool:
    if feature == "vacancy":
        free: Mapping[int, int] = facility.figures.vacancies if facility.figures else {}
        return all(free.get(age, 0) for age in ages) if ages else any(free.values())
    if feature == "extended":
        return facility.extended is not None
    if feature in _DAYS:
        return _DAYS[feature] in facility.days
    return feature in facility.features


def _is_open(facility: Facility, wanted: Criteria) -> bool:
    if wanted.opens_by is not None and (facility.opens is None or facility.opens > wanted.opens_by):
        return False
    ends = max(facility.closes or 0, facility.extended or 0)
    return wanted.closes_after is None or ends >= wanted.closes_after


def _by_name(facility: Facility) -> tuple[str, str]:
    return facility.kana or facility.name, facility.id


def payload_of(criteria: Criteria, **more: str | int) -> str:
    """Write criteria as the payload of an option; it says all, so that an old button means the same."""
    parts = {f.name: _written(getattr(criteria, f.name)) for f in fields(criteria)}
    parts.update({name: str(value) for name, value in more.items()})
    return PREFIX + ";".join(f"{name}={value}" for name, value in parts.items() if value)


def _written(value: Any) -> str:
    if isinstance(value, frozenset):
        return ",".join(map(str, sorted(value)))
    return "" if value is None else str(value)


def read_payload(payload: str, facilities: Facilities) -> tuple[Criteria, Mapping[str, str]] | None:
    """Read a payload or a remembered search; ``None`` if it names what is no longer published."""
    if not payload.startswith(PREFIX):
        return None
    parts = dict(part.split("=", 1) for part in payload[len(PREFIX) :].split(";") if "=" in part)
    try:
        criteria = Criteria(
            kinds=_names(parts, "kinds"),
            areas=_names(parts, "areas"),
            stations=_names(parts, "stations"),
            ids=_names(parts, "ids"),
            ages=frozenset(map(int, _names(parts, "ages"))),
            features=_names(parts, "features"),
            within=_number(parts, "within"),
            opens_by=_number(parts, "opens_by"),
            closes_after=_number(parts, "closes_after"),
        )
    except ValueError:
        return None
    known = {field.name for field in fields(criteria)}
    more = {name: value for name, value in parts.items() if name not in known}
    return (criteria, more) if _is_published(criteria, facilities) else None


def _names(parts: Mapping[str, str], name: str) -> frozenset[str]:
    text = parts.get(name, "")
    return frozenset(text.split(",")) if text else frozenset()


def _number(parts: Mapping[str, str], name: str) -> int | None:
    return int(parts[name]) if name in parts else None


def _is_published(criteria: Criteria, facilities: Facilities) -> bool:
    words = facilities.words
    numbers = (criteria.within, criteria.opens_by, criteria.closes_after)
    return (
        criteria.kinds <= set(words.kinds)
        and criteria.areas <= set(words.areas)
        and criteria.stations <= set(words.stations)
        and criteria.features <= set(words.features)
        and criteria.ages <= set(CLASSES)
        and criteria.ids <= {facility.id for facility in facilities.every}
        and all(n is None or 0 <= n <= _MAX_MINUTES for n in numbers)
    )


def counted(facilities: Facilities, choices: Iterable[Criteria]) -> list[tuple[Criteria, int]]:
    """Return those of several searches that find something, with how much."""
    results = [(criteria, len(find(facilities, criteria))) for criteria in choices]
    return [(criteria, count) for criteria, count in results if count]
