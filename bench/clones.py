"""More answers than anybody has written: the shipped services again, each for another district.

Every clone has its own id and its own words in every question, so that a ranking has to tell them apart.
Their number is what matters here, not what they say; they serve to measure time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.scenarios.yamlfile import read_yaml

_DISTRICTS = "東西南北中上下新元本若緑桜松竹梅"


def add_clones(data: Path, answers: int) -> int:
    """Add clones to a data folder until it has ``answers`` answers; returns how many it has then."""
    originals = sorted((data / "scenarios").glob("*/*.yml"))
    total = sum(len(_read(file)["topics"]) for file in originals)
    for number, file in _endlessly(originals):
        if total >= answers:
            return total
        total += _clone(file, number)
    return total


def _endlessly(originals: list[Path]) -> Iterator[tuple[int, Path]]:
    for number in itertools.count(1):
        yield from ((number, file) for file in originals)


def _clone(file: Path, number: int) -> int:
    """Write one clone beside its original; returns how many answers it has."""
    scenario, district = _read(file), f"{_DISTRICTS[number % len(_DISTRICTS)]}{number}区"
    scenario["id"] = f"{file.stem}_k{number}"
    scenario["name"] = {
        locale: f"{name}（{district}）" for locale, name in scenario["name"].items()
    }
    for topic in scenario["topics"].values():
        topic["examples"] = {
            locale: [f"{district}の{line}" for line in lines]
            for locale, lines in topic["examples"].items()
        }
    target = file.with_name(f"{scenario['id']}.yml")
    target.write_text(yaml.safe_dump(scenario, allow_unicode=True, sort_keys=False), "utf-8")
    return len(scenario["topics"])


def _read(file: Path) -> Any:
    return read_yaml(file, file.name).value
