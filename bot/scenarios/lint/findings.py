"""What the linter says: where, how grave, what was expected, what came, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.scenarios.problems import Problem

Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Place:
    """A place in a file; line and column (in characters) count from 1."""

    path: str
    line: int
    column: int = 1


@dataclass(frozen=True)
class Remark:
    """What a rule has seen; its code and severity belong to the rule."""

    place: Place
    expected: str
    came: str
    todo: str


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to mend, in the words of a clerk; ``message`` says all of it in one line."""

    path: str
    line: int
    column: int
    code: str
    severity: Severity
    message: str
    expected: str = ""
    came: str = ""
    todo: str = ""


def finding_of(remark: Remark, code: str, severity: Severity) -> Finding:
    """Sign a remark with the code and the severity of its rule."""
    place = remark.place
    message = f"{remark.expected}（いまは{remark.came}）。{remark.todo}"
    said = (remark.expected, remark.came, remark.todo)
    return Finding(place.path, place.line, place.column, code, severity, message, *said)


def finding_of_problem(problem: Problem) -> Finding:
    """Show an error of reading (YML…, SCN…) beside the linter's own findings."""
    return Finding(problem.path, problem.line, 1, problem.code, "error", problem.message)
