"""Every rule of the linter, in the order of its code; whatever is not listed does not run."""

from __future__ import annotations

from collections.abc import Iterator

from bot.scenarios.lint import (
    answers,
    dates,
    easy,
    examples,
    identity,
    languages,
    layout,
    leaks,
    opening,
    personal,
    words,
)
from bot.scenarios.lint.findings import Place, Remark
from bot.scenarios.lint.material import Material
from bot.scenarios.lint.registry import Rule, rule
from bot.scenarios.yamlfile import Where

_FAMILIES = (
    *(identity, examples, leaks, answers, words),
    *(personal, dates, opening, languages, easy, layout),
)


_OTHERS = [r for family in _FAMILIES for r in vars(family).values() if isinstance(r, Rule)]
_CODES = {"LNT001", *(rule.code for rule in _OTHERS)}


@rule("LNT001", "error", "lint.yml の番号")
def known_codes(material: Material) -> Iterator[Remark]:
    """``data/lint.yml`` overrides and pardons only rules that exist."""
    settings = material.settings
    named: list[tuple[Where, str]] = [(("severity", code), code) for code in settings.severity]
    named += [(("pardons", i, "code"), p.code) for i, p in enumerate(settings.pardons)]
    for where, code in named:
        if code not in _CODES:
            place = Place(settings.file.path, settings.file.line(where))
            todo = "docs/authoring.md の一覧にある LNT… の番号に直してください。"
            yield Remark(place, "番号は、検査にあるものだけです", f"「{code}」", todo)


RULES = (known_codes, *sorted(_OTHERS, key=lambda rule: rule.code))
