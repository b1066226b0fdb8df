"""``data/lint.yml`` and ``data/catalog.yml`` as typed values: limits, word lists, what must be there.

The JSON Schemas have checked the shapes, so the values are taken as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.scenarios.yamlfile import YamlFile


@dataclass(frozen=True)
class ExampleLimits:
    """Numbers per locale; likeness as Jaccard index from 0 to 1; ``endings`` are cut off first."""

    minimum: Mapping[str, int]
    alike_across: float
    alike_within: float
    alike_golden: float
    golden_shortest: int
    endings: Sequence[str]


@dataclass(frozen=True)
class Screen:
    """A phone's screen: columns of half-width characters, and the lines of an answer by locale."""

    columns: int
    lines: Mapping[str, int]


@dataclass(frozen=True)
class DateLimits:
    """Days."""

    soon: int
    review: int
    holidays: int


@dataclass(frozen=True)
class PhoneRules:
    """How placeholder numbers begin, and which real numbers may stand in a text."""

    placeholder: str
    allowed: Sequence[str]


@dataclass(frozen=True)
class PlaceRules:
    """Names of municipalities, and the longer names that may hold one."""

    names: Sequence[str]
    allowed: Sequence[str]


@dataclass(frozen=True)
class EasyRules:
    """Limits and words for やさしい日本語."""

    sentence: int
    kanji: str
    active: Sequence[str]
    double_negation: Sequence[str]
    terms: Sequence[str]


@dataclass(frozen=True)
class PersonalWords:
    """Family names that give a person away, and mail domains that are nobody's."""

    surnames: Sequence[str]
    mail_domains: Sequence[str]


@dataclass(frozen=True)
class Pardon:
    """One finding that the ward has looked at and accepts, with the reason."""

    code: str
    file: str
    text: str
    why: str


@dataclass(frozen=True)
class LintSettings:
    """All of ``data/lint.yml``."""

    file: YamlFile
    severity: Mapping[str, Literal["error", "warning", "off"]]
    examples: ExampleLimits
    screen: Screen
    dates: DateLimits
    unfinished: Sequence[str]
    phones: PhoneRules
    places: PlaceRules
    easy: EasyRules
    personal: PersonalWords
    pardons: Sequence[Pardon]


@dataclass(frozen=True)
class ServiceEntry:
    """What the catalogue demands of one service."""

    group: str
    without: Sequence[str] = ()
    most_needed: bool = False
    most_asked: Sequence[str] = ()


@dataclass(frozen=True)
class ServiceList:
    """All of ``data/catalog.yml``."""

    locales: Mapping[str, Sequence[str]]
    services: Mapping[str, ServiceEntry]
    phrases: Sequence[str]
    labels: Sequence[str]


def lint_settings(file: YamlFile) -> LintSettings:
    """Take the limits from a file that fits its schema."""
    raw: Any = file.value
    return LintSettings(
        file=file,
        severity=raw["severity"],
        examples=ExampleLimits(**raw["examples"]),
        screen=Screen(**raw["screen"]),
        dates=DateLimits(**raw["dates"]),
        unfinished=raw["unfinished"],
        phones=PhoneRules(raw["phones"]["placeholder"], tuple(raw["phones"]["allowed"])),
        places=PlaceRules(**raw["places"]),
        easy=EasyRules(**raw["easy"]),
        personal=PersonalWords(**raw["personal"]),
        pardons=[Pardon(**entry) for entry in raw["pardons"]],
    )


def service_list(file: YamlFile) -> ServiceList:
    """Take the product's ids from a file that fits its schema."""
    raw: Any = file.value
    entries = {
        name: ServiceEntry(group, **(entry or {}))
        for group, services in raw["services"].items()
        for name, entry in services.items()
    }
    return ServiceList(raw["locales"], entries, raw["phrases"], raw["labels"])
