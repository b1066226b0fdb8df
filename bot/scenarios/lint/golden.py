"""The questions of ``data/golden/``, read only to see that no example repeats one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.scenarios.lint.material import GoldenFile


def read_golden(data: Path) -> Sequence[GoldenFile]:
    """Read every golden file; a row that cannot be read is remembered by its number alone."""
    return [_read(path, data) for path in sorted((data / "golden").rglob("*.jsonl"))]


def _read(path: Path, data: Path) -> GoldenFile:
    questions: list[str] = []
    unreadable: list[int] = []
    for number, row in enumerate(path.read_bytes().splitlines(), start=1):
        if not row.strip():
            continue
        try:
            found = list(_texts(json.loads(row)))
        except ValueError:
            found = []
        questions += found
        unreadable += [] if found else [number]
    return GoldenFile(path.relative_to(data.parent).as_posix(), questions, unreadable)


def _texts(value: Any) -> Iterator[str]:
    """Yield every ``text`` of a row: its own, or those of its turns."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
