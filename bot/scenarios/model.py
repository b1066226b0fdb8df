"""What the counter knows, as frozen values: scenarios, the bot's own phrases, the ward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Union

from bot.scenarios.facilities.model import Facilities
from bot.scenarios.glossary import NOTHING, Glossary
from bot.scenarios.opening import NEVER, Opening

LOCALES = ("ja", "ja-easy", "en", "zh-Hans", "ko", "vi", "tl")
TOPICS = (
    "overview",
    "eligibility",
    "amount",
    "procedure",
    "documents",
    "deadline",
    "counter",
    "online",
    "change",
)
GROUPS = ("kosodate", "todoke", "hoken_zei", "kurashi", "kenko_fukushi", "bosai_kusei")

Texts = Mapping[str, str]
"""A text by locale; markup ``{漢字|かんじ}`` gives a reading, ``{{ ward.name }}`` a ward value."""

WardNode = Union[str, int, float, bool, "list[WardNode]", "Mapping[str, WardNode]"]


def fallback_chain(locale: str) -> tuple[str, ...]:
    """Name the locales to try for a reader of ``locale``, best first."""
    if locale == "ja":
        return ("ja",)
    return ("ja-easy", "ja") if locale == "ja-easy" else (locale, "ja-easy", "ja")


@dataclass(frozen=True)
class Source:
    """The public page behind a fact, and the day on which someone last compared the two."""

    title: str
    url: str
    reviewed_on: date


@dataclass(frozen=True)
class Answer:
    """One wording of a topic and the days on which it is true, both ends included."""

    texts: Texts
    sources: tuple[Source, ...]
    valid_from: date | None = None
    valid_until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether this wording is the valid one on ``day`` (JST)."""
        after = self.valid_from is None or self.valid_from <= day
        return after and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True)
class Topic:
    """One side of a service: its questions, its answers by date, and what people ask next."""

    service: str
    id: str
    examples: Mapping[str, tuple[str, ...]]
    answers: tuple[Answer, ...]
    follow_ups: tuple[str, ...]

    @property
    def key(self) -> str:
        """Name the topic within the catalogue, as ``service.topic``."""
        return f"{self.service}.{self.id}"

    def answer_on(self, day: date) -> Answer | None:
        """Return the wording that is valid on ``day``, if there is one."""
        return next((a for a in self.answers if a.holds_on(day)), None)


@dataclass(frozen=True)
class Scenario:
    """All that the counter says about one service; one file."""

    id: str
    group: str
    name: Texts
    also: tuple[str, ...]
    owner: str
    zone: str
    topics: Mapping[str, Topic]


@dataclass(frozen=True)
class Phrase:
    """Something the bot says of its own; with examples, it is also something residents say."""

    id: str
    texts: Texts
    outcome: str | None
    examples: Mapping[str, tuple[str, ...]]
    options: tuple[str, ...]


@dataclass(frozen=True)
class HelpLine:
    """A telephone number that is named in an emergency, the hours it answers, and where that stands."""

    id: str
    number: str
    name: Texts
    hours: Texts
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class ZoneKind:
    """A kind of request that the counter does not answer by itself, and what it does instead.

    ``zone`` is ``emergency``, ``red`` or ``yellow``; ``section`` a counter of the ward, unless the
    request ``goes_to_owner``: then the counter of the service that it is about, where that is clear.
    ``whole_question``: the question to answer afterwards is the whole message, not only what is left of
    it beside the cue.
    """

    id: str
    zone: str
    duties: tuple[str, ...]
    why: str
    says: Texts
    section: str
    goes_to_owner: bool
    numbers: tuple[HelpLine, ...]
    whole_question: bool
    cues: Mapping[str, tuple[str, ...]]
    unless: tuple[str, ...]
    examples: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Zones:
    """``data/zones.yml``: kinds in order of precedence, their words, and what no reply may claim.

    ``blue`` is what looks like one of the kinds and is none, by locale (``data/zone_examples.yml``).
    """

    default_section: str
    numbers: Mapping[str, HelpLine]
    lines: Mapping[str, Texts]
    words: Mapping[str, tuple[str, ...]]
    harmless: tuple[str, ...]
    asks: tuple[str, ...]
    claims: Mapping[str, tuple[str, ...]]
    claim_kind: str
    kinds: Mapping[str, ZoneKind]
    blue: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """Everything published at one time; ``revision`` names exactly this content.

    ``lexicon`` gives the official words for what residents say; ``background`` what is said elsewhere
    than at a counter, by locale.
    """

    revision: str
    scenarios: Mapping[str, Scenario]
    phrases: Mapping[str, Phrase]
    labels: Mapping[str, Texts]
    zones: Zones
    ward: Mapping[str, WardNode]
    files: Mapping[str, str]
    facilities: Facilities = field(default_factory=Facilities)
    glossary: Glossary = NOTHING
    lexicon: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    background: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opening: Opening = NEVER

    def topic(self, key: str) -> Topic | None:
        """Look up ``service.topic``."""
        service, _, topic = key.partition(".")
        scenario = self.scenarios.get(service)
        return scenario.topics.get(topic) if scenario else None

    def topics(self) -> Iterator[Topic]:
        """Yield every topic, in the order of the files."""
        for scenario in self.scenarios.values():
            yield from scenario.topics.values()
