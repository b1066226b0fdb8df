"""The labels that a list of facilities needs, and what the turn puts into each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.scenarios.facilities.model import Facilities, Words
from bot.scenarios.facilities.words import WORDS_FILE
from bot.scenarios.problems import Problem

_FACTS: Mapping[str, tuple[str, ...]] = {
    "date": ("iso", "year", "month", "day"),
    "month": ("iso", "year", "month"),
    "walk": ("station", "minutes"),
    "ages": ("first", "last"),
    "ages_days": ("youngest", "last"),
    "ages_months": ("youngest", "last"),
    "hours": ("days", "opens", "closes"),
    "hours_extended": ("days", "opens", "closes", "extended"),
    "days": (),
    "days_joint": ("before", "after"),
    "joint": ("before", "after"),
    "all": (),
}
_CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "in_areas": ("place",),
    "in_stations": ("place",),
    "in_class": ("ages",),
    "within": ("minutes",),
    "opens_by": ("time",),
    "closes_after": ("time",),
}
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "narrow": (),
    "widen": (),
    "open": (),
    "about": ("service",),
    "following": ("count",),
    "only_vacant": (),
    "choose_ages": (),
    "choose_areas": (),
    "choose_stations": (),
    "with_count": ("condition", "count"),
    "without": ("condition", "count"),
}
_SENTENCES: Mapping[str, tuple[str, ...]] = {
    "found": ("conditions", "count"),
    "none": ("conditions",),
    "order_name": (),
    "order_walk": (),
    "class": (),
    "vacancy": ("date", "month"),
    "vacancy_mixed": ("date", "month"),
    "ask_vacancy": ("date",),
    "dated": ("date",),
    "more": ("count",),
    "which_place": ("areas", "stations"),
    "unknown_place": ("areas", "stations"),
}
_LABELS = {**_FACTS, **_CONDITIONS, **_OPTIONS, **_SENTENCES}
TURN_VALUES = frozenset(name for names in _LABELS.values() for name in names)
"""Every value that a turn puts into a label, as ``{{ turn.… }}``."""


def turn_values(where: tuple[str | int, ...]) -> tuple[str, ...]:
    """Name the values ``{{ turn.… }}`` that the text at this place of ``phrases.yml`` may use."""
    kind, name = (*map(str, where[:2]), "", "")[:2]
    known = kind == "labels" and name.startswith("facility.")
    return _LABELS.get(name.removeprefix("facility."), ()) if known else ()


def text_problems(
    facilities: Facilities,
    labels: Mapping[str, object],
    services: Mapping[str, object],
    folder: str,
) -> Iterator[Problem]:
    """Yield FAC016 and FAC017: what the tables need and no other file has."""
    if not facilities:
        return
    words, path = facilities.words, f"{folder}/facilities/{WORDS_FILE}"
    for service in sorted(facilities.services - set(services)):
        message = f"service「{service}」の案内がありません。綴りを確かめてください。"
        yield Problem(path, 0, "FAC016", message)
    for name in sorted(_needed(words) - set(labels)):
        message = f"labels に「{name}」がありません。施設の一覧に使う言葉です。書き足してください。"
        yield Problem(f"{folder}/phrases.yml", 0, "FAC017", message)


def _needed(words: Words) -> set[str]:
    names = [
        *_LABELS,
        *(f"kind.{kind}" for kind in words.kinds),
        *(f"family.{family}" for family in words.families),
        *(f"with_{feature}" for feature in words.features),
    ]
    return {f"facility.{name}" for name in names}
