"""A copy of the shipped data with what the shipped data may not have on any given day.

Error texts in every locale (the text names its locale and code), and in one service an announced change,
an answer that ends and one that begins.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.scenarios.model import LOCALES

LAST_DAY, FIRST_DAY = date(2027, 3, 31), date(2027, 4, 1)
CHANGES, ENDS, BEGINS = "juminhyo.amount", "juminhyo.online", "juminhyo.counter"
NEW_TEXT = "四月からの新しい案内です。"


def edit_data(source: Path, target: Path) -> Path:
    """Copy ``source`` to ``target`` and edit the copy; returns ``target``."""
    shutil.copytree(source, target)
    _edit(target / "phrases.yml", _translate_errors)
    _edit(target / "scenarios" / "todoke" / "juminhyo.yml", _date_answers)
    return target


def error_text(locale: str, code: str) -> str:
    """Return the text that :func:`edit_data` gave to an error."""
    return f"<{locale}> {code}"


def _translate_errors(phrases: Any) -> None:
    for name, phrase in phrases["phrases"].items():
        if name.startswith("error_"):
            code = name.removeprefix("error_")
            phrase["text"] = {locale: error_text(locale, code) for locale in LOCALES}


def _date_answers(scenario: Any) -> None:
    topics = scenario["topics"]
    change = {"valid_from": FIRST_DAY.isoformat(), "answer": {"ja": NEW_TEXT}}
    topics[CHANGES.split(".")[1]]["changes"] = [change]
    topics[ENDS.split(".")[1]]["valid_until"] = LAST_DAY.isoformat()
    topics[BEGINS.split(".")[1]]["valid_from"] = FIRST_DAY.isoformat()


def _edit(path: Path, change: Callable[[Any], None]) -> None:
    # The base loader keeps every scalar a text, as the product's own reader does with dates.
    value = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
    change(value)
    path.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), "utf-8")
