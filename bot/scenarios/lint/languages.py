"""Rules on languages: which texts must be there in which, by ``data/catalog.yml``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.scenarios.lint.findings import Remark
from bot.scenarios.lint.material import Material
from bot.scenarios.lint.registry import rule
from bot.scenarios.model import LOCALES
from bot.scenarios.rendering import PLACEHOLDER
from bot.scenarios.yamlfile import Where, YamlFile


@rule("LNT501", "error", "やさしい日本語の文")
def easy_for_all(material: Material) -> Iterator[Remark]:
    """Every name and answer is there in the languages that all need (やさしい日本語)."""
    wanted = material.services.locales["all"]
    for file in material.scenarios:
        for where, texts, _topic in _texts(file):
            yield from _missing(material, file, where, texts, wanted)


@rule("LNT502", "error", "よく使う手続きの訳")
def most_needed(material: Material) -> Iterator[Remark]:
    """The most needed services are there in their languages, names and answers."""
    wanted = material.services.locales["most_needed"]
    for file in material.scenarios:
        raw: Any = file.value
        entry = material.services.services.get(raw["id"])
        if entry and entry.most_needed:
            for where, texts, _topic in _texts(file):
                yield from _missing(material, file, where, texts, wanted)


@rule("LNT503", "error", "よく聞かれる項目の訳")
def most_asked(material: Material) -> Iterator[Remark]:
    """The most asked topics are there in their languages."""
    wanted = material.services.locales["most_asked"]
    for file in material.scenarios:
        raw: Any = file.value
        entry = material.services.services.get(raw["id"])
        for where, texts, topic in _texts(file):
            if entry and topic in entry.most_asked:
                yield from _missing(material, file, where, texts, wanted)


def _texts(file: YamlFile) -> Iterator[tuple[Where, Mapping[str, str], str]]:
    raw: Any = file.value
    yield ("name",), raw["name"], ""
    for key, topic in raw["topics"].items():
        yield ("topics", key, "answer"), topic["answer"], key
        for index, change in enumerate(topic.get("changes", ())):
            yield ("topics", key, "changes", index, "answer"), change["answer"], key


def _missing(
    material: Material,
    file: YamlFile,
    where: Where,
    texts: Mapping[str, str],
    wanted: Sequence[str],
) -> Iterator[Remark]:
    missing = [locale for locale in wanted if locale not in texts]
    if missing:
        todo = f"{'、'.join(missing)} の文を書き足してください。"
        expected = f"ここには {'、'.join(wanted)} が要ります"
        yield Remark(material.place(file, where), expected, f"{'、'.join(missing)} がない", todo)


@rule("LNT504", "error", "窓口の言葉の訳")
def spoken_phrases(material: Material) -> Iterator[Remark]:
    """The bot's own words are there in every language."""
    own: Any = material.phrases.value
    entries: list[tuple[Where, Any]] = [(("labels", k), v) for k, v in own["labels"].items()]
    entries += [(("phrases", k, "text"), v["text"]) for k, v in own["phrases"].items()]
    for where, texts in entries:
        yield from _missing(material, material.phrases, where, texts, LOCALES)


@rule("LNT505", "error", "区の値の訳")
def ward_values_in_language(material: Material) -> Iterator[Remark]:
    """A ward value has words in each language of the texts that use it."""
    used: dict[str, set[str]] = defaultdict(set)
    for text in material.texts:
        for found in PLACEHOLDER.finditer(text.raw):
            if not found[1].startswith("turn."):  # put in by the turn, not by the ward
                used[found[1]].add(text.locale)
    for path, locales in used.items():
        for where, texts in _tables(material.ward.value, tuple(path.split("."))):
            wanted = [locale for locale in LOCALES if locale in locales and locale not in texts]
            if wanted:
                place = material.place(material.ward, where)
                names = "、".join(wanted)
                expected = f"{{{{ {path} }}}} は {names} の文でも使います"
                todo = "値に書き足してください。ないと、その文の中だけ日本語になります。"
                yield Remark(place, expected, f"{names} がない", todo)


def _tables(ward: Any, path: Where) -> Iterator[tuple[Where, Mapping[str, str]]]:
    """Yield the tables of locales at a path, one for each date."""
    node = ward
    for part in path:
        node = node[part]
    dated = node if isinstance(node, list) else [{"value": node}]
    for index, entry in enumerate(dated):
        if isinstance(entry["value"], dict):
            yield ((*path, index) if isinstance(node, list) else path), entry["value"]
