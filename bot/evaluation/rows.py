"""Questions with what they should get, read from JSON Lines; a file with a wrong line is refused whole.

A figure over the rows that happened to be readable would be a figure over another set.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.scenarios.model import TOPICS

OUTCOMES = (
    *("answered", "clarify", "form", "handoff", "refused", "emergency"),
    *("chitchat", "out_of_scope", "fallback", "human", "busy"),
)
"""The outcomes of the resident API."""


@dataclass(frozen=True)
class Row:
    """One question; what is None is not measured.

    ``before`` are the messages of the same conversation that come first, ``both`` the ``service.topic``
    keys that a message with two questions asks for, ``also`` those whose answers a clerk who read them
    would let pass, too.
    """

    text: str
    service: str | None = None
    topic: str | None = None
    outcome: str | None = None
    tags: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    both: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    line: int = 0

    @property
    def right(self) -> frozenset[str]:
        """Return the ``service.topic`` keys that are right answers; empty where none is asked for."""
        own = [f"{self.service}.{self.topic}"] if self.service and self.topic else []
        return frozenset((*own, *self.also) if own else ())


class BadRows(Exception):
    """The file cannot be measured with; each problem names its line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class _Side(BaseModel):
    model_config = ConfigDict(strict=True)

    service: str
    topic: str


class _Said(BaseModel):
    model_config = ConfigDict(strict=True)

    text: Text
    service: str | None = None
    topic: str | None = None
    outcome: str | None = None


class _Line(_Said):
    text: Text | None = None  # type: ignore[assignment]  # a conversation has turns instead
    turns: Annotated[list[_Said], Field(min_length=2)] | None = None
    answers: Annotated[list[_Side], Field(min_length=1)] | None = None
    also: Annotated[list[_Side], Field(min_length=1)] | None = None
    tags: list[str] = []


def read_rows(path: Path, services: Collection[str] | None = None) -> list[Row]:
    """Read a file; ``services`` are the ids that may be asked for (None: any).

    Of a conversation every message but the first makes a row, with what was said before it.

    Raises:
        BadRows: it is not UTF-8, it is empty, or a line is wrong.
        OSError: it cannot be read.

    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise BadRows([f"{path}: UTF-8 ではありません（{error.start + 1} バイト目）"]) from error
    rows: list[Row] = []
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            found, wrong = _read_line(line, number, services)
            rows += found
            problems += [f"{path}:{number}: {what}" for what in wrong]
    if not rows and not problems:
        problems = [f"{path}: 質問が1つもありません。1行に1つの JSON を書いてください"]
    if problems:
        raise BadRows(problems)
    return rows


def _read_line(
    line: str, number: int, services: Collection[str] | None
) -> tuple[list[Row], list[str]]:
    try:
        raw = json.loads(line)
    except ValueError as error:
        return [], [f"JSON として読めません（{error}）"]
    try:
        read = _Line.model_validate(raw)
    except ValidationError as error:
        return [], [_sentence(e["loc"], e["type"]) for e in error.errors()]
    if (read.text is None) == (read.turns is None):
        return [], ["text と turns のどちらか1つを書いてください"]
    if read.also and not (read.service and read.topic):
        return [], ["also は、service と topic のある行に書いてください"]
    rows = _rows_of(read, number)
    said: list[_Said | _Side] = [read, *(read.turns or ()), *(read.answers or ())]
    said += read.also or ()
    return rows, [what for part in said for what in _unknown(part, services)]


def _sentence(place: tuple[int | str, ...], kind: str) -> str:
    name = ".".join(map(str, place)) or "行"
    return "{}: {}".format(
        name,
        {
            "missing": "ありません",
            "string_too_short": "空です",
            "string_too_long": "長すぎます（1,000文字まで）",
            "too_short": f"{1 if 'answers' in place else 2}つ以上が要ります",
        }.get(kind, f"形が違います（{kind}）"),
    )


def _unknown(part: _Said | _Side, services: Collection[str] | None) -> list[str]:
    """Name what no answer of the counter could ever match."""
    wrong = []
    if services is not None and part.service is not None and part.service not in services:
        wrong.append(f"知らない service です：{part.service}")
    if part.topic is not None and part.topic not in TOPICS:
        wrong.append(f"知らない topic です：{part.topic}（使えるのは {', '.join(TOPICS)}）")
    outcome = getattr(part, "outcome", None)
    if outcome is not None and outcome not in OUTCOMES:
        wrong.append(f"知らない outcome です：{outcome}（使えるのは {', '.join(OUTCOMES)}）")
    return wrong


def _rows_of(read: _Line, number: int) -> list[Row]:
    tags = tuple(read.tags)
    if read.turns is not None:
        texts = [turn.text for turn in read.turns]
        return [
            Row(t.text, t.service, t.topic, t.outcome, tags, tuple(texts[:n]), line=number)
            for n, t in enumerate(read.turns)
            if n > 0
        ]
    answers = read.answers or ()
    if len(answers) == 1:  # what looks like two questions and is one
        side = answers[0]
        return [Row(read.text or "", side.service, side.topic, read.outcome, tags, line=number)]
    row = Row(read.text or "", read.service, read.topic, read.outcome, tags, line=number)
    return [replace(row, both=_keys(answers), also=_keys(read.also or ()))]


def _keys(sides: Iterable[_Side]) -> tuple[str, ...]:
    return tuple(f"{side.service}.{side.topic}" for side in sides)
