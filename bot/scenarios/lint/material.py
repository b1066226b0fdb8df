"""What every rule looks at: the files once more, as texts and examples that know their place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from bot.scenarios.lint.findings import Place
from bot.scenarios.lint.settings import LintSettings, ServiceList
from bot.scenarios.model import LOCALES, Catalogue
from bot.scenarios.rendering import PLACEHOLDER, RUBY, UnknownPlaceholder, ward_text
from bot.scenarios.yamlfile import Where, YamlFile

_BLOCK = re.compile(r"[|>][+-]?\s*(#.*)?$")
_NO_TEXT = ("valid_from", "valid_until", "phone", "site")


@dataclass(frozen=True)
class Text:
    """A text that residents read, as written, with its place; ``kind`` is the part it belongs to."""

    file: YamlFile
    where: Where
    locale: str
    kind: str
    raw: str
    source: Sequence[str]

    def place(self, offset: int = 0) -> Place:
        """Return the place of the character at ``offset`` of ``raw``."""
        first = self.file.line(self.where)
        begin = self.raw.rfind("\n", 0, offset) + 1
        line = first + self.raw.count("\n", 0, offset) + self.is_block
        written = self.raw[begin:].split("\n", 1)[0].strip()
        shown = self.source[line - 1] if line <= len(self.source) else ""
        at = shown.find(written) if written else -1
        column = at + offset - begin if at >= 0 else len(shown) - len(shown.lstrip())
        return Place(self.file.path, min(line, len(self.source)), column + 1)

    @property
    def is_block(self) -> bool:
        """Tell whether the text begins on the line below its key (``|``)."""
        return _BLOCK.search(self.source[self.file.line(self.where) - 1]) is not None

    def rows(self) -> Iterator[tuple[int, str]]:
        """Yield the offset and the text of each line."""
        offset = 0
        for row in self.raw.split("\n"):
            yield offset, row
            offset += len(row) + 1


@dataclass(frozen=True)
class Example:
    """A question under a topic (``service.topic``), a phrase (``phrase:id``) or a zone (``zone:id``)."""

    key: str
    text: Text


@dataclass(frozen=True)
class GoldenFile:
    """Questions that measure. Their texts MUST NOT appear in any finding."""

    path: str
    questions: Sequence[str]
    unreadable: Sequence[int]


@dataclass(frozen=True)
class Material:
    """Everything that is checked, and against what."""

    catalogue: Catalogue
    ward: YamlFile
    phrases: YamlFile
    scenarios: Sequence[YamlFile]
    zones: Sequence[YamlFile]
    golden: Sequence[GoldenFile]
    services: ServiceList
    settings: LintSettings
    today: date

    @cached_property
    def sources(self) -> Mapping[str, Sequence[str]]:
        """Return the lines of each file."""
        return {path: text.split("\n") for path, text in self.catalogue.files.items()}

    def place(self, file: YamlFile, where: Where) -> Place:
        """Return the place of a key or an entry."""
        line = file.line(where)
        source = self.sources[file.path][line - 1]
        return Place(file.path, line, len(source) - len(source.lstrip()) + 1)

    @cached_property
    def texts(self) -> Sequence[Text]:
        """Return every text that residents read, in the order of the files."""
        found = [text for file in self.scenarios for text in self._scenario_texts(file)]
        own: Any = self.phrases.value
        for key, label in own["labels"].items():
            found += self._by_locale(self.phrases, ("labels", key), "label", label)
        for key, phrase in own["phrases"].items():
            found += self._by_locale(
                self.phrases, ("phrases", key, "text"), "phrase", phrase["text"]
            )
        return [*found, *self._ward_texts(self.ward.value, ())]

    def _scenario_texts(self, file: YamlFile) -> Iterator[Text]:
        raw: Any = file.value
        yield from self._by_locale(file, ("name",), "name", raw["name"])
        for key, topic in raw["topics"].items():
            where: Where = ("topics", key, "answer")
            yield from self._by_locale(file, where, "answer", topic["answer"])
            for index, change in enumerate(topic.get("changes", ())):
                where = ("topics", key, "changes", index, "answer")
                yield from self._by_locale(file, where, "answer", change["answer"])

    def _ward_texts(self, node: Any, where: Where) -> Iterator[Text]:
        if isinstance(node, dict) and "ja" in node:
            yield from self._by_locale(self.ward, where, "ward", node)
        elif isinstance(node, (dict, list)):
            entries = node.items() if isinstance(node, dict) else enumerate(node)
            for key, item in entries:
                yield from self._ward_texts(item, (*where, key))
        elif isinstance(node, str) and where[-1] not in _NO_TEXT:
            yield Text(self.ward, where, "ja", "ward", node, self.sources[self.ward.path])

    def _by_locale(
        self, file: YamlFile, where: Where, kind: str, texts: Mapping[str, str]
    ) -> Iterator[Text]:
        for locale in LOCALES:
            if locale in texts:
                source = self.sources[file.path]
                yield Text(file, (*where, locale), locale, kind, texts[locale], source)

    @cached_property
    def examples(self) -> Sequence[Example]:
        """Return every example of topics, phrases and zones, in the order of the files."""
        own: Any = self.phrases.value
        found = [e for file in self.scenarios for e in self._scenario_examples(file)]
        for key, phrase in own["phrases"].items():
            where: Where = ("phrases", key, "examples")
            found += self._lines(self.phrases, where, f"phrase:{key}", phrase.get("examples", {}))
        return [*found, *(e for file in self.zones for e in self._zone_examples(file))]

    def _zone_examples(self, file: YamlFile) -> Iterator[Example]:
        raw: Any = file.value
        for key, said in raw["kinds"].items():
            yield from self._lines(file, ("kinds", key), f"zone:{key}", said)
        yield from self._lines(file, ("blue",), "zone:blue", raw["blue"])

    def _scenario_examples(self, file: YamlFile) -> Iterator[Example]:
        raw: Any = file.value
        for key, topic in raw["topics"].items():
            where: Where = ("topics", key, "examples")
            yield from self._lines(file, where, f"{raw['id']}.{key}", topic["examples"])

    def _lines(
        self, file: YamlFile, where: Where, key: str, examples: Mapping[str, Sequence[str]]
    ) -> Iterator[Example]:
        source = self.sources[file.path]
        for locale, lines in examples.items():
            for index, line in enumerate(lines):
                place = (*where, locale, index)
                yield Example(key, Text(file, place, locale, "example", line, source))

    def shown(self, row: str, locale: str) -> str:
        """Return a line as the reader sees it: ward values put in, readings dropped."""
        filled = PLACEHOLDER.sub(lambda m: self._value(m[1], locale), row)
        return RUBY.sub(r"\1", filled)

    def _value(self, path: str, locale: str) -> str:
        try:
            return ward_text(self.catalogue.ward, path, locale, self.today)
        except UnknownPlaceholder:
            return ""
