"""From a data folder to its findings: reading errors first, then every rule over what could be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path

from bot.scenarios.deskwords import NAME as DESK_WORDS
from bot.scenarios.deskwords import read_desk_words
from bot.scenarios.lint.findings import Finding, finding_of, finding_of_problem
from bot.scenarios.lint.golden import read_golden
from bot.scenarios.lint.material import Material
from bot.scenarios.lint.registry import Rule
from bot.scenarios.lint.rules import RULES
from bot.scenarios.lint.settings import LintSettings, lint_settings, service_list
from bot.scenarios.model import Catalogue
from bot.scenarios.problems import ScenarioError
from bot.scenarios.reading import Reading, read_files, read_with_files
from bot.scenarios.staffwords import NAME as STAFF_WORDS


def check_folder(data: Path, today: date) -> tuple[Catalogue | None, Sequence[Finding]]:
    """Check everything under ``data`` as on ``today`` (JST); no catalogue if it cannot be read."""
    try:
        reading = read_with_files(data)
    except ScenarioError as error:
        return None, [finding_of_problem(problem) for problem in error.problems]
    return check_reading(reading, data, today)


def check_reading(
    reading: Reading, data: Path, today: date, files: Collection[str] | None = None
) -> tuple[Catalogue | None, Sequence[Finding]]:
    """Check what was read from ``data`` already.

    With ``files``, only these scenarios are looked at by the rules, and not against what is asked
    elsewhere: that spares seconds where all has been looked at before and no question has changed.
    """
    try:
        lint, catalog, *_ = read_files(
            [data / "lint.yml", data / "catalog.yml", *_staff(data)], data
        )
        if (data / DESK_WORDS).is_file():
            read_desk_words(data, data)
        said = read_files([*data.glob("zone_examples.yml")], data) if files is None else []
    except ScenarioError as error:
        return None, [finding_of_problem(problem) for problem in error.problems]
    ward, phrases, _, *scenarios = reading.files
    material = Material(
        catalogue=reading.catalogue,
        ward=ward,
        phrases=phrases,
        scenarios=[s for s in scenarios if files is None or s.path in files],
        zones=said,
        golden=read_golden(data) if files is None else [],
        services=service_list(catalog),
        settings=lint_settings(lint),
        today=today,
    )
    return reading.catalogue, sorted(set(run_rules(material)))


def _staff(data: Path) -> list[Path]:
    """Return the words of the staff pages, if this ward has its own."""
    return [path for path in [data / STAFF_WORDS] if path.is_file()]


def run_rules(material: Material, rules: Sequence[Rule] = RULES) -> Iterator[Finding]:
    """Yield what the rules find, with the ward's severities and without what it has pardoned."""
    for rule in rules:
        severity = material.settings.severity.get(rule.code, rule.severity)
        if severity == "off":
            continue
        for remark in rule.check(material):
            finding = finding_of(remark, rule.code, severity)
            if not _is_pardoned(finding, material.settings):
                yield finding


def _is_pardoned(finding: Finding, settings: LintSettings) -> bool:
    return any(
        p.code == finding.code and p.file == finding.path and p.text in finding.came
        for p in settings.pardons
    )
