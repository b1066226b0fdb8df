"""The words of the staff pages: the shipped ones, a ward's own, and mistakes in them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.scenarios.lint.checking import check_folder
from bot.scenarios.problems import ScenarioError
from bot.scenarios.staffwords import read_staff_words
from bot.scenarios.today import jst_today
from bot.staff.members import ROLES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "data"
_BY_NAME = {"roles", "role_notes", "durations", "errors", "site", "members", "account", "member"}
TEMPLATES = ROOT / "bot" / "web" / "templates" / "staff"


def test_a_ward_without_the_file_gets_the_shipped_words(tmp_path: Path) -> None:
    """As a folder does that is older than the staff pages."""
    assert read_staff_words(tmp_path, SHIPPED) == read_staff_words(SHIPPED, SHIPPED)


def test_a_wards_own_words_are_taken(tmp_path: Path) -> None:
    """Where the file is there, it counts alone."""
    text = (SHIPPED / "staff.yml").read_text("utf-8")
    (tmp_path / "staff.yml").write_text(text.replace("職員ログイン", "区の職員の入口"), "utf-8")

    assert read_staff_words(tmp_path, SHIPPED)["sign_in"]["title"] == "区の職員の入口"


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("  title: 職員ログイン\n", "", "SCN001"),
        ("sign_in:\n", "sign_in:\n  greeting: やあ\n", "SCN002"),
        ("  title: 職員ログイン\n", "  title: [1]\n", "SCN003"),
        ("  title: 職員ログイン\n", "  title: ''\n", "SCN006"),
        ("  title: 職員ログイン\n", "  title: a: b\n", "YML002"),
    ],
)
def test_a_mistake_is_found_with_its_line(
    tmp_path: Path, before: str, after: str, code: str
) -> None:
    """At the start of the gateway and by `madoguchi check` alike."""
    data = tmp_path / "data"
    shutil.copytree(SHIPPED, data, ignore=shutil.ignore_patterns("golden"))
    text = (data / "staff.yml").read_text("utf-8")
    assert before in text
    (data / "staff.yml").write_text(text.replace(before, after, 1), "utf-8")

    with pytest.raises(ScenarioError) as raised:
        read_staff_words(data, SHIPPED)
    _, findings = check_folder(data, jst_today())

    assert [code] == [problem.code for problem in raised.value.problems]
    assert (code, "data/staff.yml") in {(f.code, f.path) for f in findings}


def test_every_word_is_used_and_every_role_has_one() -> None:
    """No sentence is left over that nobody ever reads."""
    words = read_staff_words(SHIPPED, SHIPPED)
    sources = [*TEMPLATES.glob("*.html"), *(ROOT / "bot").rglob("*.py")]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    unused = [
        f"{group}.{name}"
        for group, entries in words.items()
        for name in entries
        if not re.search(rf"\b{group}\.{name}\b", text)
        and not (group in _BY_NAME and re.search(rf"\b{name}\b", text))
        and not re.match(r"(title|lead)_", name)
    ]

    assert unused == []
    assert set(ROLES) == set(words["roles"]) == set(words["role_notes"])
