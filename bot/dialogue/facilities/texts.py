"""What a list of facilities says, in the reader's language; names and addresses stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any

from bot.dialogue.facilities.search import Criteria
from bot.scenarios.facilities.model import Facility, Place, Table
from bot.scenarios.facilities.reading import CHILDCARE, PUBLIC, VACANCIES
from bot.scenarios.model import Catalogue
from bot.scenarios.rendering import RUBY, Rendered, plain, render

_HOUR = 60
_KANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}  # katakana to hiragana


class FacilityTexts:
    """The words of ``data/phrases.yml`` around facilities, for one reader and one day."""

    def __init__(self, catalogue: Catalogue, locale: str, day: date) -> None:
        self._catalogue, self._locale, self._day = catalogue, locale, day
        self._facilities = catalogue.facilities

    def label(self, name: str, **values: object) -> str:
        """Return a label as plain text."""
        return self._label(name, **values).text

    def shown(self, field: str, name: str, **values: object) -> dict[str, str]:
        """Return a label as a message field, with its readings where it has any."""
        return _shown(field, self._label(name, **values))

    def topic_title(self, key: str) -> dict[str, str]:
        """Return what an option says that leads to the answer about the service."""
        service = self._render(self._catalogue.scenarios[key.split(".")[0]].name)
        return self.shown("title", "about", service=service.ruby or service.text)

    def conditions(self, criteria: Criteria) -> str:
        """Return all criteria in words, as plain text."""
        return plain(self._conditions(criteria), self._locale)

    def condition(self, criteria: Criteria, name: str) -> str:
        """Return one criterion in words, with the markup of readings."""
        value: Any = getattr(criteria, name, None)
        if name == "kinds":
            return self._kinds(criteria.kinds)
        if name == "ids":
            names = [f.name for f in self._facilities.every if f.id in criteria.ids]
            return self._joined(names)
        if name in {"areas", "stations"}:
            places = getattr(self._facilities.words, name)
            called = [self._place(place, places[place]) for place in places if place in value]
            return self._marked(f"in_{name}", place=self._joined(called))
        if name == "ages":
            return self._marked("in_class", ages=self._joined(map(str, sorted(criteria.ages))))
        if name == "within":
            return self._marked("within", minutes=value)
        if name in {"opens_by", "closes_after"}:
            return self._marked(name, time=_clock(int(value or 0)))
        return self._marked(f"with_{name}")

    def summary(self, criteria: Criteria, found: Sequence[Facility], more: int) -> dict[str, str]:
        """Say what was looked for, how much was found, in which order, and from when the figures are."""
        conditions = self._conditions(criteria)
        if not found:
            return self._lines([self._label("none", conditions=conditions)])
        lines = [self._label("found", conditions=conditions, count=len(found))]
        order = "walk" if criteria.stations else "name"
        lines += [self._label(f"order_{order}")] if len(found) > 1 else []
        lines += [self._label("class")] if criteria.ages else []
        lines.append(self._dated(found))
        if more:
            lines.append(self._label("more", count=more))
        return self._lines(lines)

    def _dated(self, found: Sequence[Facility]) -> Rendered:
        figures = [facility for facility in found if facility.figures]
        if not figures:
            ask = "ask_vacancy" if any(f.classes for f in found) else "dated"
            return self._label(ask, date=self._date(self.as_of(found)))
        year, month = self._facilities.entry_month.split("-")
        entry = self._marked("month", iso=self._facilities.entry_month, year=year, month=int(month))
        mixed = "vacancy_mixed" if len(figures) < len(found) else "vacancy"
        return self._label(mixed, date=self._date(self.as_of(figures)), month=entry)

    def as_of(self, shown: Sequence[Facility]) -> date:
        """Return the day of the figures if any is shown, else that of the list."""
        tables = self._tables({f.id for f in shown})
        return min((table.as_of for table in tables[-1:]), default=self._day)

    def sources(self, entries: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, str], ...]:
        """Name the tables that the entries come from."""
        tables = self._tables({entry["id"] for entry in entries})
        return tuple(
            {"title": t.title, "url": t.url, "reviewed_on": t.as_of.isoformat()} for t in tables
        )

    def _tables(self, ids: set[str]) -> list[Table]:
        shown = [f for f in self._facilities.every if f.id in ids]
        used = {
            CHILDCARE: not shown or any(f.classes for f in shown),
            PUBLIC: any(not f.classes for f in shown),
            VACANCIES: any(f.figures for f in shown),
        }
        tables = self._facilities.tables
        return [tables[name] for name, is_used in used.items() if is_used and name in tables]

    def places(self, label: str) -> dict[str, Any]:
        """Ask for a place, naming those that there are."""
        words = self._facilities.words
        named = {
            name: self._joined(self._place(place, entry) for place, entry in places.items())
            for name, places in (("areas", words.areas), ("stations", words.stations))
        }
        return {"type": "text", **_shown("text", self._label(label, **named))}

    def entry(self, facility: Facility, criteria: Criteria) -> dict[str, Any]:
        """Return a facility as clients show it."""
        figures = facility.figures
        entry = {
            "id": facility.id,
            "name": self._name(facility),
            "kind": self.label(f"kind.{facility.kind}"),
            "area": facility.town,
            "address": facility.address,
            "phone": facility.phone,
            "station": self._walk(facility, criteria),
            "ages": self._ages(facility),
            "hours": self._hours(facility),
            "capacity": facility.capacity,
            "vacancies": {str(age): n for age, n in sorted(figures.vacancies.items())}
            if figures
            else None,
        }
        return {**entry, "url": facility.url} if facility.url else entry

    def _name(self, facility: Facility) -> str:
        """Add the reading or the English name for readers who may not read Japanese."""
        if self._locale == "ja":
            return facility.name
        other = facility.english if self._locale != "ja-easy" else ""
        other = other or _hiragana(facility.kana)
        return f"{facility.name}（{other}）" if other else facility.name

    def _walk(self, facility: Facility, criteria: Criteria) -> str:
        walks = [w for w in facility.walks if w.station in criteria.stations] or facility.walks
        if not walks:
            return ""
        nearest = min(walks, key=lambda walk: walk.minutes)
        place = self._facilities.words.stations[nearest.station]
        station = self._place(nearest.station, place)
        return self.label("walk", station=station, minutes=nearest.minutes)

    def _ages(self, facility: Facility) -> str:
        if not facility.classes:
            return ""
        last = max(facility.classes)
        if facility.youngest:
            count, unit = facility.youngest
            return self.label(f"ages_{unit}", youngest=count, last=last)
        return self.label("ages", first=min(facility.classes), last=last)

    def _hours(self, facility: Facility) -> str:
        if facility.opens is None or facility.closes is None:
            return ""
        names = self.label("days").split(",")
        times = {
            "days": self._joined((names[d] for d in sorted(facility.days)), "days_joint"),
            "opens": _clock(facility.opens),
            "closes": _clock(facility.closes),
        }
        if facility.extended is None:
            return self.label("hours", **times)
        return self.label("hours_extended", **times, extended=_clock(facility.extended))

    def _kinds(self, kinds: frozenset[str]) -> str:
        for name, family in self._facilities.words.families.items():
            if kinds == set(family.kinds):
                return self._marked(f"family.{name}")
        return self._joined(
            self._marked(f"kind.{kind}") for kind in self._facilities.words.kinds if kind in kinds
        )

    def _conditions(self, criteria: Criteria) -> str:
        names = ["kinds", "ids", "stations", "areas", *criteria.names()]
        wanted = [name for name in dict.fromkeys(names) if name in criteria.names()]
        said = [self.condition(criteria, name) for name in wanted]
        return self._joined(said) if said else self._marked("all")

    def _place(self, name: str, place: Place) -> str:
        if self._locale == "ja":
            return name
        return (
            f"{{{name}|{place.kana}}}" if self._locale == "ja-easy" else f"{place.latin} ({name})"
        )

    def _date(self, day: date) -> str:
        return self._marked("date", iso=day, year=day.year, month=day.month, day=day.day)

    def _joined(self, parts: Iterable[str], joint: str = "joint") -> str:
        first, *others = tuple(parts) or ("",)
        return reduce(lambda a, b: self._marked(joint, before=a, after=b), others, first)

    def _marked(self, name: str, **values: object) -> str:
        rendered = self._label(name, **values)
        return rendered.ruby or rendered.text

    def _label(self, name: str, **values: object) -> Rendered:
        return self._render(self._catalogue.labels[f"facility.{name}"], **values)

    def _render(self, texts: Mapping[str, str], **values: object) -> Rendered:
        said = {name: str(value) for name, value in values.items()}
        return render(texts, self._locale, {**self._catalogue.ward, "turn": said}, self._day)

    def _lines(self, lines: Iterable[Rendered]) -> dict[str, str]:
        marked = "\n".join(line.ruby or line.text for line in lines)
        ruby = marked if RUBY.search(marked) else None
        return _shown("text", Rendered(plain(marked, self._locale), ruby, self._locale))


def _shown(field: str, rendered: Rendered) -> dict[str, str]:
    shown = {field: rendered.text}
    return {**shown, "ruby": rendered.ruby} if rendered.ruby else shown


def _clock(minutes: int) -> str:
    return f"{minutes // _HOUR}:{minutes % _HOUR:02d}"


def _hiragana(kana: str) -> str:
    return kana.translate(_KANA)
