"""A few services of the shipped data as a data folder of their own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from bot.scenarios.yamlfile import read_yaml

SERVICES = ("gomi_bunbetsu", "jido_teate", "juminhyo", "sodai_gomi", "toshokan")


def copy_services(data: Path, target: Path, services: tuple[str, ...] = SERVICES) -> Path:
    """Copy ``services`` with what stands beside them, leaving out whatever leads to another service."""
    target.mkdir(parents=True)
    for name in ("ward.yml", "zones.yml", "zone_examples.yml", "lexicon.yml", "background.yml"):
        shutil.copy(data / name, target)
    phrases = _value(data / "phrases.yml")
    for phrase in phrases["phrases"].values():
        phrase["options"] = [o for o in phrase.get("options", ()) if _is_kept(o, services)]
    _write(target / "phrases.yml", phrases)
    for file in sorted((data / "scenarios").glob("*/*.yml")):
        if file.stem in services:
            _copy_scenario(file, target / "scenarios" / file.parent.name / file.name, services)
    return target


def _copy_scenario(file: Path, target: Path, services: tuple[str, ...]) -> None:
    scenario = _value(file)
    for topic in scenario["topics"].values():
        follow_ups = topic.get("next", ())
        topic["next"] = [n for n in follow_ups if "." not in n or n.split(".")[0] in services]
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(target, scenario)


def _is_kept(option: str, services: tuple[str, ...]) -> bool:
    kind, _, rest = option.partition(":")
    return kind in {"menu", "phrase"} or rest.split(".")[0] in services


def _value(file: Path) -> Any:
    return read_yaml(file, file.name).value


def _write(file: Path, value: Any) -> None:
    file.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), "utf-8")
