"""``data/desk.yml`` as typed values: the words of the desk's page, its errors, the phrases to send.

They belong to the page and not to a published revision: what an agent sends is logged word for word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.scenarios.model import Texts
from bot.scenarios.problems import Problem, ScenarioError
from bot.scenarios.reading import read_files
from bot.scenarios.rendering import PLACEHOLDER
from bot.scenarios.yamlfile import Where, YamlFile

NAME = "desk.yml"
_VALUES = ("ward.name", "ward.office", "ward.phone", "section.name", "section.phone")


@dataclass(frozen=True)
class DeskPhrase:
    """A sentence that staff often send, in every language; ``title`` is for staff."""

    id: str
    title: str
    texts: Texts


@dataclass(frozen=True)
class DeskWords:
    """Everything written on the desk: ``words`` by name, ``errors`` by code, ``languages`` by locale."""

    words: Mapping[str, str]
    languages: Mapping[str, str]
    errors: Mapping[str, str]
    phrases: tuple[DeskPhrase, ...]


def read_desk_words(data: Path, otherwise: Path) -> DeskWords:
    """Read and check the words of a ward's folder; where it has none, those of ``otherwise``.

    Raises:
        ScenarioError: with every finding, as for any file of ``data/``.

    """
    folder = data if (data / NAME).is_file() else otherwise
    file = read_files([folder / NAME], folder)[0]
    problems = list(_placeholder_problems(file))
    if problems:
        raise ScenarioError(problems)
    return _desk_words(file)


def _placeholder_problems(file: YamlFile) -> Iterator[Problem]:
    raw: Any = file.value
    for key, phrase in raw["phrases"].items():
        for locale, text in phrase["text"].items():
            for match in PLACEHOLDER.finditer(text):
                if match[1] not in _VALUES:
                    where: Where = ("phrases", key, "text", locale)
                    message = f"{match[0]} は使えません。使えるのは {'、'.join(_VALUES)} です。"
                    yield Problem(file.path, file.line(where), "SCN090", message)


def _desk_words(file: YamlFile) -> DeskWords:
    raw: Any = file.value
    phrases = (DeskPhrase(key, p["title"], p["text"]) for key, p in raw["phrases"].items())
    return DeskWords(raw["words"], raw["languages"], raw["errors"], tuple(phrases))
