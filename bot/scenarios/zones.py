"""What the counter does not answer by itself: kinds of requests, their cues, and whom they go to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from bot.scenarios.cues import CueError, CueIndex
from bot.scenarios.model import HelpLine, Source, ZoneKind, Zones
from bot.scenarios.problems import Problem
from bot.scenarios.yamlfile import Where, YamlFile


def zones_of(file: YamlFile, examples: Mapping[str, Any]) -> Zones:
    """Return the typed content of ``zones.yml`` and ``zone_examples.yml``, checked by their schemas."""
    raw: Any = file.value
    said = examples.get("kinds", {})
    numbers = {key: _number(key, entry) for key, entry in raw["numbers"].items()}
    return Zones(
        default_section=raw["default_section"],
        numbers=numbers,
        lines=raw["lines"],
        words={key: tuple(words) for key, words in raw["words"].items()},
        harmless=tuple(raw["harmless"]),
        asks=tuple(raw["asks"]),
        claims=_cues(raw["guard"]["claims"]),
        claim_kind=raw["guard"]["kind"],
        kinds={
            key: _kind(key, entry, numbers, said.get(key, {}))
            for key, entry in raw["kinds"].items()
        },
        blue=_cues(examples.get("blue", {})),
    )


def _number(key: str, raw: Mapping[str, Any]) -> HelpLine:
    sources = tuple(
        Source(source["title"], source["url"], date.fromisoformat(source["reviewed_on"]))
        for source in raw["sources"]
    )
    return HelpLine(key, raw["number"], raw["name"], raw["hours"], sources)


def _kind(
    key: str, raw: Mapping[str, Any], numbers: Mapping[str, HelpLine], said: Mapping[str, Any]
) -> ZoneKind:
    return ZoneKind(
        id=key,
        zone=raw["zone"],
        duties=tuple(raw["duties"]),
        why=raw["why"],
        says=raw["says"],
        section=raw["section"],
        goes_to_owner=raw.get("owner", False),
        numbers=tuple(numbers[name] for name in raw.get("numbers", ()) if name in numbers),
        whole_question=raw.get("question") == "message",
        cues=_cues(raw["cues"]),
        unless=tuple(raw.get("unless", ())),
        examples=_cues(said),
    )


def _cues(raw: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    return {locale: tuple(lines) for locale, lines in raw.items()}


def unknown_kinds(file: YamlFile, zones: Zones) -> list[Problem]:
    """Return SCN074: examples of a kind that ``zones.yml`` does not have, which nothing would learn."""
    raw: Any = file.value
    return [
        Problem(
            file.path,
            file.line(("kinds", key)),
            "SCN074",
            f"種類「{key}」が zones.yml の kinds にありません。名前を直すか、種類を足してください。",
        )
        for key in raw["kinds"]
        if key not in zones.kinds
    ]


def zone_problems(file: YamlFile, ward: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield SCN070–SCN072: every reference that leads nowhere."""
    raw: Any = file.value
    sections: list[tuple[Where, str]] = [(("default_section",), raw["default_section"])]
    sections += [(("kinds", key, "section"), kind["section"]) for key, kind in raw["kinds"].items()]
    for where, section in sections:
        if section not in ward["counters"]:
            message = f"section「{section}」が ward.yml の counters にありません。"
            yield Problem(file.path, file.line(where), "SCN070", message)
    for key, kind in raw["kinds"].items():
        for index, number in enumerate(kind.get("numbers", ())):
            if number not in raw["numbers"]:
                message = f"numbers「{number}」がファイルの numbers にありません。"
                yield Problem(
                    file.path, file.line(("kinds", key, "numbers", index)), "SCN071", message
                )
    claimed = raw["guard"]["kind"]
    if raw["kinds"].get(claimed, {}).get("zone") != "yellow":
        message = f"guard の kind「{claimed}」は、kinds にある yellow の種類にしてください。"
        yield Problem(file.path, file.line(("guard", "kind")), "SCN072", message)


def cue_problems(file: YamlFile) -> Iterator[Problem]:
    """Yield SCN073: every cue that cannot be read."""
    raw: Any = file.value
    for where, cue in _written_cues(raw):
        try:
            CueIndex([("", cue)], raw["words"])
        except CueError as error:
            message = f"手がかり「{cue}」が読めません：{error}。書き方は docs/zones.md にあります。"
            yield Problem(file.path, file.line(where), "SCN073", message)


def _written_cues(raw: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
    lists: list[tuple[Where, list[str]]] = [
        (("harmless",), raw["harmless"]),
        (("asks",), raw["asks"]),
    ]
    lists += [(("guard", "claims", k), cues) for k, cues in raw["guard"]["claims"].items()]
    for key, kind in raw["kinds"].items():
        lists += [(("kinds", key, "cues", k), cues) for k, cues in kind["cues"].items()]
        lists.append((("kinds", key, "unless"), kind.get("unless", [])))
    for where, cues in lists:
        yield from (((*where, index), cue) for index, cue in enumerate(cues))
