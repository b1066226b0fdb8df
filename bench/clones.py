"""More answers than anybody has written: the shipped services again, each for another district.

Every clone has its own id and its own words in every question, so that a ranking has to tell them apart.
As wards have their FAQ, they are in Japanese, with a few ways of asking each. Their number is what matters
here, not what they say; they serve to measure time. The linter looks at them as at any file, but what it
finds is a warning.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.scenarios.lint.rules import RULES
from bot.scenarios.yamlfile import read_yaml

_DISTRICTS = "東西南北中上下新元本若緑桜松竹梅"
_LANGUAGE = "ja"
_QUESTIONS = 5  # of each FAQ entry


def add_clones(data: Path, entries: int) -> int:
    """Add at least ``entries`` cloned answers to a data folder; returns how many were added."""
    originals = sorted((data / "scenarios").glob("*/*.yml"))
    _tolerate_everything(data / "lint.yml")
    added = 0
    for number, file in _endlessly(originals):
        if added >= entries:
            return added
        added += _clone(file, number)
    return added


def _endlessly(originals: list[Path]) -> Iterator[tuple[int, Path]]:
    for number in itertools.count(1):
        yield from ((number, file) for file in originals)


def _clone(file: Path, number: int) -> int:
    """Write one clone beside its original; returns how many answers it has."""
    scenario, district = _read(file), f"{_DISTRICTS[number % len(_DISTRICTS)]}{number}区"
    scenario["id"] = f"{file.stem}_k{number}"
    scenario["name"] = {_LANGUAGE: f"{scenario['name'][_LANGUAGE]}（{district}）"}
    for topic in scenario["topics"].values():
        lines = topic["examples"][_LANGUAGE][:_QUESTIONS]
        topic["examples"] = {_LANGUAGE: [f"{district}の{line}" for line in lines]}
        for wording in (topic, *topic.get("changes", ())):
            wording["answer"] = {_LANGUAGE: wording["answer"][_LANGUAGE]}
    _write(file.with_name(f"{scenario['id']}.yml"), scenario)
    return len(scenario["topics"])


def _tolerate_everything(file: Path) -> None:
    lint = _read(file)
    lint["severity"] = {rule.code: "warning" for rule in RULES}
    _write(file, lint)


def _read(file: Path) -> Any:
    return read_yaml(file, file.name).value


def _write(file: Path, value: Any) -> None:
    file.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), "utf-8")
