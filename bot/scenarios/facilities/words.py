"""``facilities.yml``: which tables there are and what residents call what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.scenarios.facilities.model import Family, Feature, Kind, Place, Table, Words
from bot.scenarios.problems import Problem, ScenarioError
from bot.scenarios.validation import schema_problems
from bot.scenarios.yamlfile import parse_yaml

WORDS_FILE = "facilities.yml"


def read_words(path: str, text: str) -> tuple[Words, Mapping[str, Table], list[Problem]]:
    """Read the words and the tables' dates; with findings, both are empty."""
    try:
        file = parse_yaml(text, path)
    except ScenarioError as error:
        return Words(), {}, list(error.problems)
    problems = schema_problems(file, "facilities")
    if problems:
        return Words(), {}, problems
    raw: Any = file.value
    problems = [
        Problem(path, file.line(("families", name, "kinds", index)), "FAC016", _unknown(kind))
        for name, family in raw["families"].items()
        for index, kind in enumerate(family["kinds"])
        if kind not in raw["kinds"]
    ]
    try:
        tables = {
            name: Table(table["title"], table["url"], date.fromisoformat(table["as_of"]))
            for name, table in raw["tables"].items()
        }
    except ValueError:
        message = "tables の as_of に、暦にない日があります。「2026-11-01」のように書いてください。"
        return Words(), {}, [Problem(path, file.line(("tables",)), "FAC014", message)]
    return _words(raw), tables, problems


def _unknown(kind: str) -> str:
    return f"kinds「{kind}」がこのファイルの kinds にありません。綴りを確かめてください。"


def _words(raw: Mapping[str, Any]) -> Words:
    return Words(
        kinds={
            name: Kind(kind["service"], tuple(kind["names"]), tuple(kind["words"]))
            for name, kind in raw["kinds"].items()
        },
        families={
            name: Family(family["service"], tuple(family["kinds"]), tuple(family["words"]))
            for name, family in raw["families"].items()
        },
        features={
            name: Feature(tuple(feature["words"]), feature.get("service"))
            for name, feature in raw["features"].items()
        },
        areas=_places(raw["areas"]),
        stations=_places(raw["stations"]),
        ages=tuple(map(tuple, raw["ages"])),
        asking=tuple(raw["asking"]),
        near=tuple(raw["near"]),
        fillers=tuple(raw["fillers"]),
        otherwise=tuple(raw["otherwise"]),
    )


def _places(raw: Mapping[str, Any]) -> dict[str, Place]:
    return {
        name: Place(place["kana"], place["latin"], tuple(place.get("words", ())))
        for name, place in raw.items()
    }
