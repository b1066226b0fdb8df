"""What may be mended without a person: line ends, widths, repeated examples, the order of keys.

Edits are made line by line on the text, not by writing the YAML anew: comments, quotes and line breaks
stay as the author left them, and a file without findings keeps its bytes. Each edit is kept only if the
file still means the same afterwards (``_meaning``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.scenarios.lint.likeness import same_key
from bot.scenarios.model import LOCALES

_WIDE = re.compile(r"[０-９Ａ-Ｚａ-ｚ]+|[｡-ﾟ]+")
_TOP = ("id", "name", "also", "owner", "zone", "sources", "topics")
_TOPIC = ("sources", "valid_from", "valid_until", "next", "answer", "changes", "examples")
_CHANGE = ("valid_from", "valid_until", "sources", "answer")
_ITEM = re.compile(r"\s*- (?!.*\s#)")
_LOADER: type[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Edit = Callable[[str], str]


def fixed(text: str) -> str:
    """Return a file's text with everything mended that is safe to mend."""
    if _meaning(text) is None:
        return text
    for edit in (_clean_line_ends, _usual_widths, _no_repetition, _usual_order):
        edited = edit(text)
        if edited != text and _meaning(edited) == _meaning(text):
            text = edited
    return text


def fix_folder(data: Path) -> list[str]:
    """Mend every file that can be read; return the paths of those that changed."""
    paths = [data / "ward.yml", data / "phrases.yml", *sorted((data / "scenarios").glob("*/*.yml"))]
    return [path.relative_to(data.parent).as_posix() for path in paths if _fix(path)]


def _fix(path: Path) -> bool:
    try:
        text = path.read_bytes().decode("utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return False  # reading says so, with its own code
    mended = fixed(text)
    if mended == text:
        return False
    beside = path.with_suffix(".yml.new")
    beside.write_bytes(mended.encode())
    beside.replace(path)  # in one step: whoever reads meanwhile sees the old file or the new one
    return True


def _meaning(text: str) -> Any:
    """Return the values of a file without what the edits may change; None if it has none."""
    try:
        value = yaml.load(text, Loader=_LOADER)  # noqa: S506 - builds text, lists and tables only
    except yaml.YAMLError:
        return None
    return None if value is None else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        return [item for n, item in enumerate(items) if _seen(item) not in map(_seen, items[:n])]
    return widened("\n".join(line.rstrip() for line in str(value).split("\n")))


def _seen(item: Any) -> Any:
    return same_key(item) if isinstance(item, str) else item


def widened(text: str) -> str:
    """Return the text with half-width letters and digits and full-width kana."""
    return _WIDE.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text)


def _clean_line_ends(text: str) -> str:
    lines = [line.rstrip() for line in text.removeprefix("\ufeff").split("\n")]
    return "\n".join(lines).rstrip("\n") + "\n"


def _usual_widths(text: str) -> str:
    lines = text.split("\n")
    for first, last in _shown_lines(_compose(text), ()):
        for number in range(first, last + 1):
            lines[number] = widened(lines[number])
    return "\n".join(lines)


def _shown_lines(node: Any, where: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return the first and last lines of everything that residents read or type; no source title."""
    if isinstance(node, yaml.MappingNode):
        parts = [(k.value, v) for k, v in node.value if (*where, k.value) != ("sources",)]
        return [lines for key, v in parts for lines in _shown_lines(v, (*where, key))]
    if isinstance(node, yaml.SequenceNode):
        return [lines for item in node.value for lines in _shown_lines(item, where)]
    return [(node.start_mark.line, node.end_mark.line - (not node.end_mark.column))]


def _no_repetition(text: str) -> str:
    drop = {line for items in _example_lists(_compose(text), ()) for line in _repeated(items)}
    lines = text.split("\n")
    kept = [line for n, line in enumerate(lines) if n not in drop or not _ITEM.match(line)]
    return "\n".join(kept)


def _example_lists(node: Any, where: tuple[str, ...]) -> list[Sequence[Any]]:
    if isinstance(node, yaml.SequenceNode) and where[-2:-1] == ("examples",):
        return [node.value]
    entries = node.value if isinstance(node, yaml.MappingNode) else ()
    found = (_example_lists(value, (*where, key.value)) for key, value in entries)
    return [items for lists in found for items in lists]


def _repeated(items: Sequence[Any]) -> list[int]:
    """Return the lines of block items that read like an earlier one."""
    seen: set[str] = set()
    lines = []
    for item in items:
        key = _seen(str(item.value))
        if key in seen and item.start_mark.line == item.end_mark.line:
            lines.append(item.start_mark.line)
        seen.add(key)
    return lines


def disorder(text: str) -> tuple[int, list[str]] | None:
    """Return the line and the keys of the first part whose keys do not stand in the usual order."""
    found = _disordered(_compose(text), ())
    if found is None:
        return None
    return found[0].start_mark.line + 1, [key.value for key, _ in found[0].value]


def _usual_order(text: str) -> str:
    found = _disordered(_compose(text), ())
    while found is not None:
        edited = _reordered(text, *found)
        if _meaning(edited) != _meaning(text) or edited == text:
            return text
        text = edited
        found = _disordered(_compose(text), ())
    return text


def _disordered(node: Any, where: tuple[str, ...]) -> tuple[Any, Sequence[str]] | None:
    if isinstance(node, yaml.SequenceNode):
        found = (_disordered(item, (*where, "-")) for item in node.value)
        return next((f for f in found if f), None)
    if not isinstance(node, yaml.MappingNode):
        return None
    order = _order(where)
    keys = [key.value for key, _ in node.value]
    if not node.flow_style and keys != sorted(keys, key=lambda k: _rank(k, order)):
        return node, order
    parts = (_disordered(value, (*where, key.value)) for key, value in node.value)
    return next((f for f in parts if f), None)


def _order(where: tuple[str, ...]) -> Sequence[str]:
    if where and where[-1] in ("name", "answer", "examples"):
        return LOCALES
    if where[:1] != ("topics",):
        return _TOP if not where else ()
    return {2: _TOPIC, 4: _CHANGE}.get(len(where), ())


def _rank(key: str, order: Sequence[str]) -> int:
    return order.index(key) if key in order else len(order)


def _reordered(text: str, node: Any, order: Sequence[str]) -> str:
    """Move the lines of each key, and the comments above it, to their places; gaps stay."""
    lines = text.split("\n")
    starts = [_with_comments(lines, key.start_mark) for key, _ in node.value]
    if len(set(starts)) < len(starts) or node.start_mark.column != _indent(lines[starts[0]]):
        return text
    end = _end(lines, node)
    parts = [lines[a:b] for a, b in zip(starts, [*starts[1:], end])]
    gaps = [len(part) - len(_without_gap(part)) for part in parts]
    keyed = sorted(zip(node.value, parts), key=lambda part: _rank(part[0][0].value, order))
    moved = [[*_without_gap(part), *[""] * gap] for (_, part), gap in zip(keyed, gaps)]
    return "\n".join([*lines[: starts[0]], *(x for part in moved for x in part), *lines[end:]])


def _without_gap(part: list[str]) -> list[str]:
    """Drop the empty lines after a part: they divide places, whatever stands there."""
    end = len(part)
    while not part[end - 1].strip():
        end -= 1
    return part[:end]


def _with_comments(lines: Sequence[str], mark: Any) -> int:
    line: int = mark.line
    while line and lines[line - 1].startswith(" " * mark.column + "#"):
        line -= 1
    return line


def _end(lines: Sequence[str], node: Any) -> int:
    """Return the line after the last one that belongs to a block."""
    end: int = min(node.end_mark.line + bool(node.end_mark.column), len(lines))
    last = node.value[-1][0].start_mark.line
    while end > last + 1 and _is_outside(lines[end - 1], node.start_mark.column):
        end -= 1
    return end


def _is_outside(line: str, column: int) -> bool:
    return not line.strip() or _indent(line) < column or line.strip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _compose(text: str) -> Any:
    return yaml.compose(text, Loader=_LOADER)
