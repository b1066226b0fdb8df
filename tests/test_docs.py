"""The documentation against the code: what exists is described, and what is described exists."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import tomllib

from bot.cli import app
from bot.ledger.events import EVENT_TYPES, AuditEvent
from bot.scenarios.lint.rules import RULES
from bot.scenarios.reading import read_catalogue
from bot.web.settings import Settings, variable_of

ROOT = Path(__file__).resolve().parents[1]

_MADE_BY_TOOLS = {"node_modules", "var", "models", "results"}
_FENCE = re.compile(r"^( *)(`{3,}).*?^\1\2[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_CELL = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def text_of(name: str) -> str:
    """Return the text of a file of the tree."""
    return (ROOT / name).read_text("utf-8")


def pages() -> Iterator[Path]:
    """Yield every Markdown file that a commit may hold."""
    for folder, below, files in os.walk(ROOT):
        below[:] = [n for n in below if n not in _MADE_BY_TOOLS and not n.startswith(".")]
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".md"))


def section(text: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of the same or a higher level."""
    level = len(heading) - len(heading.lstrip("#"))
    _, found, rest = f"\n{text}".partition(f"\n{heading}\n")

    assert found, heading
    return re.split(rf"^#{{1,{level}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def settings() -> dict[str, Any]:
    """Return every environment variable that the product reads, with its default."""
    named = {variable_of(name): field.default for name, field in Settings.model_fields.items()}
    return {name: _written(default) for name, default in named.items()}


def _written(default: Any) -> str:
    if isinstance(default, Path) and default.is_absolute():
        return default.relative_to(ROOT).as_posix()
    return "" if default in (None, ()) else str(default)


def commands() -> set[str]:
    """Return the commands of the command line, those of a group behind its name."""
    groups = {f"{group.name} ": group.typer_instance for group in app.registered_groups}
    return {
        prefix + (command.name or str(getattr(command.callback, "__name__", "")).replace("_", "-"))
        for prefix, part in {"": app, **groups}.items()
        for command in part.registered_commands
    }


def emitted_codes() -> set[str]:
    """Return every code that reading and linting of scenario files may give."""
    sources = (ROOT / "bot" / "scenarios").rglob("*.py")
    pattern = re.compile(r'"((?:YML|SCN|LNT|FAC)\d{3})"')
    return {code for file in sources for code in pattern.findall(text_of(str(file)))}


def example_of(event: type[AuditEvent]) -> AuditEvent:
    """Build an audit event whose optional fields are all there."""
    given = {"content": {"type": "text"}}
    required = [f.name for f in fields(event) if MISSING is f.default is f.default_factory]
    values: Any = {name: given.get(name, "x") for name in required}
    return event(**values)


def test_every_setting_stands_in_the_operations_page_with_its_default() -> None:
    """The table of settings is complete, names nothing else, and tells the true defaults."""
    table = section(text_of("docs/operations.md"), "## 設定")
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (\S+) \|", table, re.MULTILINE))
    expected = {name: f"`{value}`" if value else "なし" for name, value in settings().items()}

    assert expected == rows


def test_every_setting_stands_in_the_example_of_an_environment() -> None:
    """`.env.example` shows each setting once, commented out, with its default."""
    lines = re.findall(r"^#([A-Z_]+)=(.*)$", text_of(".env.example"), re.MULTILINE)

    assert settings() == dict(lines)
    assert len(settings()) == len(lines)
    assert [
        line for line in text_of(".env.example").splitlines() if line and not line.startswith("#")
    ] == []


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    """A variable that the product would refuse is not recommended anywhere."""
    internal = {"MADOGUCHI_LIFELINE"}
    named = {
        name for page in pages() for name in re.findall(r"MADOGUCHI_[A-Z_]+\b", page.read_text())
    }

    assert set() == named - set(settings()) - internal


def test_every_error_code_stands_in_the_authoring_page() -> None:
    """The table has each code that `madoguchi check` may print, and no other."""
    table = section(text_of("docs/authoring.md"), "### 番号の一覧")

    assert sorted(emitted_codes()) == sorted(_CELL.findall(table))
    assert set() != emitted_codes()


def test_the_authoring_page_tells_how_grave_each_rule_is() -> None:
    """Its row says 注意 for a warning, and names `--fix` where that mends it."""
    table = section(text_of("docs/authoring.md"), "### 番号の一覧")
    rows = dict(re.findall(r"^\| `(LNT\d{3})` \| (.+?) \|", table, re.MULTILINE))
    told = {code: ("注意" in row, "--fix" in row) for code, row in rows.items()}

    assert {rule.code: (rule.severity == "warning", rule.fixable) for rule in RULES} == told


@pytest.mark.parametrize("event", EVENT_TYPES, ids=lambda event: event.type)
def test_every_audit_event_stands_in_the_log_page(event: type[AuditEvent]) -> None:
    """Each type of audit event has a heading of its own, and below it all of its fields."""
    example = example_of(event)
    described = _CELL.findall(section(text_of("docs/log.md"), f"### `{event.type}`"))
    expected = {*example.open_fields(), *example.sealed_fields()}

    assert set() == expected - set(described)


def test_the_log_page_describes_no_audit_event_that_does_not_exist() -> None:
    """An event that was taken away is taken out of the page too."""
    headings = re.findall(r"^### `(\w+)`$", text_of("docs/log.md"), re.MULTILINE)

    assert sorted(event.type for event in EVENT_TYPES) == sorted(headings)


def test_every_command_stands_in_the_operations_page() -> None:
    """The table of commands is complete and names no other."""
    table = section(text_of("docs/operations.md"), "## コマンド")

    assert sorted(f"madoguchi {name}" for name in commands()) == sorted(_CELL.findall(table))


def test_the_newest_entry_of_the_changelog_is_the_version_of_the_package() -> None:
    """Nobody releases a version that the ward's staff cannot read about."""
    package = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    entries = re.findall(r"^## \[([^\]]+)\] - \d{4}-\d{2}-\d{2}$", text_of("CHANGELOG.md"), re.M)

    assert package == entries[0]


@pytest.mark.parametrize("page", list(pages()), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    """No link within the tree is dead."""
    prose = _CODE.sub("", _FENCE.sub("", page.read_text("utf-8")))
    links = [unquote(link) for link in _LINK.findall(prose) if ":" not in link]

    assert [link for link in links if not _leads_somewhere(page, link)] == []


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    """Name the headings of a page as Git forges do: letters and digits, spaces as hyphens."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_both_readmes_tell_how_many_services_there_are() -> None:
    """The figure is the shipped data's own."""
    number = len(list((ROOT / "data" / "scenarios").glob("*/*.yml")))

    assert f"{number}の手続き" in text_of("README.md")
    assert f"{number} services" in text_of("README.en.md")


def test_the_example_of_a_scenario_can_be_published(tmp_path: Path) -> None:
    """What the authoring page shows as a whole file passes the check beside the shipped data."""
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data", data)
    page = text_of("docs/authoring.md")
    (data / "scenarios" / "kurashi" / "helmet_hojo.yml").write_text(
        _example(page, "scenario kurashi/helmet_hojo.yml"), "utf-8"
    )
    with (data / "ward.yml").open("a", encoding="utf-8") as ward:
        ward.write(_example(page, "ward services"))

    catalogue = read_catalogue(data)

    assert "helmet_hojo" in catalogue.scenarios


def _example(page: str, name: str) -> str:
    found = re.search(
        rf"^<!-- example: {re.escape(name)} -->\n```yaml\n(.*?)^```$",
        page,
        re.MULTILINE | re.DOTALL,
    )

    assert found is not None, name
    return found[1]
