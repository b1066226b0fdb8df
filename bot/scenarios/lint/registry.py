"""What a rule is: one function with a code, a severity and a docstring."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.scenarios.lint.findings import Remark, Severity
from bot.scenarios.lint.material import Material

Check = Callable[[Material], Iterable[Remark]]


@dataclass(frozen=True)
class Rule:
    """One rule; ``severity`` is what ``data/lint.yml`` may override, ``title`` what a summary shows."""

    code: str
    severity: Severity
    title: str
    check: Check
    fixable: bool = False


def rule(
    code: str, severity: Severity, title: str, *, fixable: bool = False
) -> Callable[[Check], Rule]:
    """Make a rule of a function that yields remarks; its docstring says what it demands."""
    return lambda check: Rule(code, severity, title, check, fixable)
