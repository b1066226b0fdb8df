"""From the files of ``data/``: a ward with one service in each group, which starts quickly, and wordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bot.scenarios.yamlfile import read_yaml

from .product import ROOT

_SERVICES = (
    "kosodate/jido_teate",
    "todoke/tennyu",
    "todoke/juminhyo",
    "hoken_zei/kaigo_hoken",
    "kurashi/gomi_bunbetsu",
    "kenko_fukushi/kenshin",
    "bosai_kusei/hinanjo",
)


def write_small_ward(folder: Path) -> Path:
    """Write the files into ``folder`` and return it."""
    for name in ("ward", "phrases", "zones", "zone_examples", "lint", "catalog"):
        _write(folder / f"{name}.yml", _read(name))
    for name in _SERVICES:
        scenario = _read(f"scenarios/{name}")
        for topic in scenario["topics"].values():
            topic["next"] = [key for key in topic.get("next", ()) if "." not in key]
        _write(folder / "scenarios" / f"{name}.yml", scenario)
    return folder


def opening_words(phrase: str) -> str:
    """Return a phrase of the bot's in Japanese, up to the first value of the ward's."""
    text: str = _read("phrases")["phrases"][phrase]["text"]["ja"]
    return text.partition("{{")[0].strip()


def _read(name: str) -> Any:
    return read_yaml(ROOT / "data" / f"{name}.yml", name).value


def _write(path: Path, value: Any) -> None:
    """Write JSON, which is YAML without any of its surprises."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
