"""From authored text to what a resident reads: ward values put in, readings shown or dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.scenarios.model import HelpLine, Texts, WardNode, fallback_chain

PLACEHOLDER = re.compile(r"\{\{\s*([a-z0-9_]+(?:\.[a-z0-9_]+)*)\s*\}\}")
RUBY = re.compile(r"\{([^{}|\n]+)\|([^{}|\n]+)\}")


class UnknownPlaceholder(KeyError):
    """A text names a ward value that ``data/ward.yml`` does not give for that day."""


@dataclass(frozen=True)
class Rendered:
    """A finished text: ``text`` is plain, ``ruby`` keeps the readings' markup where there is any."""

    text: str
    ruby: str | None
    locale: str


def render(texts: Texts, locale: str, ward: Mapping[str, WardNode], day: date) -> Rendered:
    """Render a text for one reader.

    Raises:
        UnknownPlaceholder: a ward value is missing; ``madoguchi check`` finds this before publishing.

    """
    used = next(name for name in fallback_chain(locale) if name in texts)
    marked = PLACEHOLDER.sub(lambda m: ward_text(ward, m[1], used, day), texts[used]).strip()
    return Rendered(plain(marked, used), marked if RUBY.search(marked) else None, used)


def plain(marked: str, locale: str) -> str:
    """Drop the markup; やさしい日本語 keeps its readings in brackets, as printed leaflets do."""
    shown = r"\1（\2）" if locale == "ja-easy" else r"\1"
    return RUBY.sub(shown, marked)


def ward_text(ward: Mapping[str, WardNode], path: str, locale: str, day: date) -> str:
    """Return the ward value at a dotted path as text, for one locale and day."""
    node: WardNode = ward
    for part in path.split("."):
        if not isinstance(node, Mapping) or part not in node:
            raise UnknownPlaceholder(path)
        node = _on(node[part], day, path)
    if isinstance(node, Mapping):
        used = next((name for name in fallback_chain(locale) if name in node), None)
        if used is None:
            raise UnknownPlaceholder(path)
        node = _on(node[used], day, path)
    if isinstance(node, Mapping):
        raise UnknownPlaceholder(path)
    return f"{node:,}" if isinstance(node, int) else str(node)


def zone_values(
    ward: Mapping[str, WardNode],
    numbers: Mapping[str, HelpLine],
    section: str,
    line: HelpLine | None = None,
) -> Mapping[str, WardNode]:
    """Return the ward's values with what the texts of zones.yml may name besides.

    ``{{ numbers.<id>.number }}``, ``{{ section.name }}`` and ``{{ section.phone }}`` of the counter that
    a request goes to, and ``{{ number.dial }}`` of the one number that a line is written for.
    """
    counters: Any = ward["counters"]
    values: dict[str, WardNode] = {
        **ward,
        "numbers": {key: _line_values(entry) for key, entry in numbers.items()},
        "section": counters.get(section, {}),
    }
    return {**values, "number": _line_values(line)} if line else values


def _line_values(line: HelpLine) -> WardNode:
    # Clients turn ``tel:`` into a link; longer numbers they know without it.
    dial = f"tel:{line.number}" if line.number.isdigit() else line.number
    return {"number": line.number, "dial": dial, "name": dict(line.name), "hours": dict(line.hours)}


def _on(node: WardNode, day: date, path: str) -> WardNode:
    """Choose the value of a dated list: the last one whose ``valid_from`` has come."""
    if not isinstance(node, list):
        return node
    for entry in reversed(node):
        if isinstance(entry, Mapping) and str(entry.get("valid_from", "")) <= day.isoformat():
            return entry["value"]
    raise UnknownPlaceholder(path)
