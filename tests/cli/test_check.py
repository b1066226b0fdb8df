"""``madoguchi check``: the same findings for people, editors and programs, and what the status says."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.scenarios.today import jst_today

ROOT = Path(__file__).resolve().parents[2]
CLEAN = ROOT / "tests" / "scenarios" / "lint" / "clean" / "data"
GOMI = "scenarios/kurashi/gomi_bunbetsu.yml"
PROBLEM = re.compile(
    json.loads((ROOT / ".vscode" / "tasks.json").read_text("utf-8"))["tasks"][0]["problemMatcher"][
        "pattern"
    ]["regexp"]
)

Check = Callable[..., Result]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder without findings on any day: nothing ends, and all was reviewed today."""
    folder = Path(shutil.copytree(CLEAN, tmp_path / "data"))
    for file in folder.glob("scenarios/*/*.yml"):
        text = re.sub(r"reviewed_on: \S+", f"reviewed_on: {jst_today()}", file.read_text("utf-8"))
        file.write_text(re.sub(r"2027-0", "2999-0", text), "utf-8")
    return folder


@pytest.fixture
def check(data: Path) -> Check:
    """Run `check` on the folder."""
    return lambda *words: CliRunner().invoke(app, ["check", "--data", str(data), *map(str, words)])


def edit(file: Path, old: str, new: str) -> None:
    """Exchange a part of a file."""
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_a_clean_folder_is_status_0(check: Check) -> None:
    """People read one line; programs get an empty list and the revision; editors get nothing."""
    people, program, editor = check(), check("--json"), check("--format", "editor")

    assert [run.exit_code for run in (people, program, editor)] == [0, 0, 0]
    assert people.output.startswith("誤りはありません：2 手続き、3 案内（版 r")
    assert json.loads(program.output)["problems"] == []
    assert editor.output == ""


def test_errors_are_status_1_in_every_form(check: Check, data: Path) -> None:
    """File, line, code, what was expected, what came and what to do reach all three readers."""
    edit(data / GOMI, "ごみの分け方を教えて", "'{{ ward.name }}のごみ'")

    people, program, editor = check(), check("--json"), check("--format", "editor")

    assert [run.exit_code for run in (people, program, editor)] == [1, 1, 1]
    (problem,) = json.loads(program.output)["problems"]
    assert problem["code"] == "LNT207"
    assert problem["severity"] == "error"
    assert {"path", "line", "column", "message", "expected", "came", "todo"} < set(problem)
    found = PROBLEM.fullmatch(editor.output.strip())
    assert found is not None
    place = [problem["path"], str(problem["line"]), str(problem["column"])]
    assert [*place, "error", "LNT207", problem["message"]] == list(found.groups())
    assert people.output.startswith(f"data/{GOMI}\n  {problem['line']} 行 誤り LNT207 ")
    assert people.output.splitlines()[-1] == "1 件の誤りがあります"


def test_warnings_count_only_when_strict(check: Check, data: Path) -> None:
    """A warning is shown, and is an error under `--strict`."""
    edit(data / GOMI, "owner: koseki", "owner: koseki ")

    relaxed, strict = check(), check("--strict")

    assert [relaxed.exit_code, strict.exit_code] == [0, 1]
    assert "注意 LNT701" in relaxed.output
    assert relaxed.output.splitlines()[-1].endswith("注意が 1 件あります")


def test_a_summary_counts_warnings_and_shows_errors(check: Check, data: Path) -> None:
    """With `--summary` only errors are written out; the table has both."""
    edit(data / GOMI, "owner: koseki", "owner: koseki ")
    edit(data / GOMI, "ごみの分け方を教えて", "'{{ ward.name }}のごみ'")

    output = check("--summary").output

    assert "注意 LNT701" not in output
    assert "誤り LNT207" in output
    assert re.search(r"LNT701 +注意 +1 ", output)


def test_findings_of_one_file_can_be_asked_for(check: Check, data: Path) -> None:
    """Everything is checked, but only what stands in the named file is shown and counts."""
    edit(data / GOMI, "ごみの分け方を教えて", "'{{ ward.name }}のごみ'")

    assert check(data / GOMI).exit_code == 1
    assert check(data / "scenarios" / "todoke" / "juminhyo.yml").exit_code == 0


def test_fix_mends_what_is_safe_and_checks_what_is_left(check: Check, data: Path) -> None:
    """The files that were mended are named; what needs a person is still a finding."""
    edit(data / GOMI, "owner: koseki", "owner: koseki ")
    edit(data / GOMI, "ごみの分け方を教えて", "'{{ ward.name }}のごみ'")

    mended = check("--fix")

    assert mended.exit_code == 1
    assert f"直しました：data/{GOMI}" in mended.output
    assert "LNT701" not in mended.output
    assert "LNT207" in mended.output


@pytest.mark.parametrize(
    "words", [("--format", "xml"), ("--no-such",), ("nowhere.yml",), (str(ROOT / "README.md"),)]
)
def test_wrong_use_is_status_2(check: Check, words: tuple[str, ...]) -> None:
    """An unknown form or option, and a file that is not among the data."""
    assert check(*words).exit_code == 2


def test_what_cannot_be_read_is_status_1(check: Check, data: Path) -> None:
    """Reading errors stand beside the linter's own, with their codes."""
    edit(data / GOMI, "owner: koseki", "owner: nobody")

    program, editor = check("--json"), check("--format", "editor")

    assert program.exit_code == 1
    assert [p["code"] for p in json.loads(program.output)["problems"]] == ["SCN013"]
    assert "revision" not in json.loads(program.output)
    assert PROBLEM.fullmatch(editor.output.strip())
