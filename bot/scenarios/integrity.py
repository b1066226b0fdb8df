"""References between files: what one names, another must have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.scenarios.facilities.texts import text_problems, turn_values
from bot.scenarios.handoff_texts import handoff_values
from bot.scenarios.model import Catalogue, WardNode
from bot.scenarios.problems import Problem
from bot.scenarios.rendering import PLACEHOLDER, UnknownPlaceholder, ward_text, zone_values
from bot.scenarios.today import jst_today
from bot.scenarios.yamlfile import Where, YamlFile
from bot.scenarios.zones import zone_problems

OWN_OPTIONS: Mapping[str, frozenset[str]] = {
    "handoff": frozenset({"withdraw", "ticket", "callback", "callback_withdraw"}),
    "feedback": frozenset({"yes", "no"}),
}
"""What the counter offers around a conversation with a person; no file writes these options."""


def integrity_problems(catalogue: Catalogue, files: Iterable[YamlFile]) -> list[Problem]:
    """Return SCN012–SCN017, SCN070–SCN072, FAC016 and FAC017: every reference that leads nowhere."""
    _, phrases, zones, *scenarios = files
    problems = [p for file in scenarios for p in _scenario_problems(catalogue, file)]
    known = (catalogue.facilities, catalogue.labels, catalogue.scenarios)
    problems.extend(text_problems(*known, phrases.path.rsplit("/", 1)[0]))
    problems.extend(_option_problems(catalogue, phrases))
    problems.extend(zone_problems(zones, catalogue.ward))
    for file in (phrases, *scenarios):
        problems.extend(_placeholder_problems(catalogue.ward, file))
    if not problems:
        problems.extend(_placeholder_problems(_with_zone_values(catalogue), zones))
    return problems


def _with_zone_values(catalogue: Catalogue) -> Mapping[str, WardNode]:
    """Return the ward's values as the texts of zones.yml see them: with a number and a section."""
    zones = catalogue.zones
    return zone_values(
        catalogue.ward, zones.numbers, zones.default_section, next(iter(zones.numbers.values()))
    )


def _scenario_problems(catalogue: Catalogue, file: YamlFile) -> Iterator[Problem]:
    raw: Any = file.value
    if raw["owner"] not in _mapping(catalogue.ward["counters"]):
        message = f"owner「{raw['owner']}」が ward.yml の counters にありません。"
        yield Problem(file.path, file.line(("owner",)), "SCN013", message)
    for key, topic in raw["topics"].items():
        yield from _source_problems(file, key, topic)
        for index, name in enumerate(topic.get("next", ())):
            target = name if "." in name else f"{raw['id']}.{name}"
            if catalogue.topic(target) is None:
                message = (
                    f"next「{name}」に当たる案内がありません。service.topic を確かめてください。"
                )
                line = file.line(("topics", key, "next", index))
                yield Problem(file.path, line, "SCN014", message)


def _source_problems(file: YamlFile, key: str, topic: Mapping[str, Any]) -> Iterator[Problem]:
    known: Any = file.value
    entries: list[tuple[Where, Mapping[str, Any]]] = [(("topics", key), topic)]
    changes = topic.get("changes", ())
    entries += [(("topics", key, "changes", i), change) for i, change in enumerate(changes)]
    for where, entry in entries:
        for index, name in enumerate(entry.get("sources", ())):
            if name not in known["sources"]:
                message = f"出典「{name}」がファイルの sources にありません。"
                yield Problem(file.path, file.line((*where, "sources", index)), "SCN012", message)


def _option_problems(catalogue: Catalogue, phrases: YamlFile) -> Iterator[Problem]:
    for key, phrase in catalogue.phrases.items():
        for index, option in enumerate(phrase.options):
            if not option_exists(catalogue, option):
                message = f"options「{option}」の行き先がありません。"
                line = phrases.line(("phrases", key, "options", index))
                yield Problem(phrases.path, line, "SCN017", message)


def option_exists(catalogue: Catalogue, payload: str) -> bool:
    """Tell whether an option's payload leads to something that is published."""
    kind, _, target = payload.partition(":")
    if kind == "facilities":
        return bool(catalogue.facilities)
    if kind == "answer":
        return catalogue.topic(target) is not None
    known = {"service": catalogue.scenarios, "phrase": catalogue.phrases}
    if kind == "locale":
        return target == "ja-easy"  # the others are chosen by hand, not offered
    if kind in OWN_OPTIONS:
        return target in OWN_OPTIONS[kind]
    if kind == "group":
        return any(scenario.group == target for scenario in catalogue.scenarios.values())
    return payload == "menu" or target in known.get(kind, {})


def _placeholder_problems(ward: Mapping[str, WardNode], file: YamlFile) -> Iterator[Problem]:
    for where, text in _texts(file.value, ()):
        if "{{" not in text and "}}" not in text:
            continue
        for match in PLACEHOLDER.finditer(text):
            values = (*turn_values(where), *handoff_values(where))
            given = {f"turn.{name}" for name in values}
            if match[1] not in given and not _can_be_shown(ward, match[1]):
                line = file.line(where) + text[: match.start()].count("\n") + ("\n" in text)
                wanted = "の今日の値（文字か数）が ward.yml にありません。値を足すか、名前を直してください。"
                message = f"{{{{ {match[1]} }}}} {wanted}"
                yield Problem(file.path, line, "SCN015", message)
        rest = PLACEHOLDER.sub("", text)
        if "{{" in rest or "}}" in rest:
            message = "{{ … }} の形が崩れています。{{ ward.phone }} のように書いてください。"
            yield Problem(file.path, file.line(where), "SCN016", message)


def _texts(value: Any, where: Where) -> Iterator[tuple[Where, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*where, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*where, index))
    elif isinstance(value, str):
        yield where, value


def _can_be_shown(ward: Mapping[str, WardNode], path: str) -> bool:
    try:
        ward_text(ward, path, "ja", jst_today())
    except UnknownPlaceholder:
        return False
    return True


def _mapping(node: Any) -> Mapping[str, Any]:
    return node if isinstance(node, Mapping) else {}
