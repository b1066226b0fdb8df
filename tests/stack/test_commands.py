"""The command line: exit status 0, 1 or 2, and what stands on standard output, as text and as JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from .conftest import Command

pytestmark = pytest.mark.stack

BROKEN = "scenarios/kosodate/jido_teate.yml"


@pytest.fixture
def data(small_ward: Path, tmp_path: Path) -> Path:
    """A small ward to edit."""
    return Path(shutil.copytree(small_ward, tmp_path / "data"))


@pytest.fixture
def broken(data: Path) -> Path:
    """A small ward with two mistakes in one file."""
    scenario = json.loads((data / BROKEN).read_text("utf-8"))
    scenario["owner"] = "nobody"
    scenario["topics"]["amount"]["next"] = ["nowhere"]
    (data / BROKEN).write_text(json.dumps(scenario, ensure_ascii=False, indent=1), "utf-8")
    return data


def test_check_finds_no_mistake_in_the_shipped_data(madoguchi: Command) -> None:
    """`check` without options reads the project's own data from any folder, and ends with 0."""
    result = madoguchi("check")

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1].startswith("誤りはありません：")


def test_check_counts_what_it_has_read(madoguchi: Command, data: Path) -> None:
    """One line names services, answers and revision of the folder that was given."""
    scenarios = [json.loads(f.read_text("utf-8")) for f in data.glob("scenarios/*/*.yml")]
    topics = sum(len(scenario["topics"]) for scenario in scenarios)

    result = madoguchi("check", "--data", data)

    expected = f"誤りはありません：{len(scenarios)} 手続き、{topics} 案内（版 r"
    assert result.returncode == 0
    assert result.stdout.splitlines()[-1].startswith(expected)


def test_check_names_the_same_content_alike_wherever_it_lies(
    madoguchi: Command, data: Path, tmp_path: Path
) -> None:
    """As JSON: no errors, and a revision that depends on the content alone."""
    copy = shutil.copytree(data, tmp_path / "elsewhere" / "data")

    first, second = (madoguchi("check", "--json", "--data", d) for d in (data, copy))

    assert first.returncode == 0
    assert all(p["severity"] == "warning" for p in json.loads(first.stdout)["problems"])
    assert json.loads(first.stdout) == json.loads(second.stdout)


def test_check_prints_each_mistake_with_file_and_line(madoguchi: Command, broken: Path) -> None:
    """As text: the file, a line for each finding, the counts and their number, and exit status 1."""
    result = madoguchi("check", "--data", broken)

    file, *lines = result.stdout.splitlines()
    assert (result.returncode, result.stderr) == (1, "")
    assert file == f"data/{BROKEN}"
    assert [line.split()[3] for line in lines[:2]] == ["SCN013", "SCN014"]
    assert lines[-1] == "2 件の誤りがあります"


def test_check_gives_each_mistake_as_json(madoguchi: Command, broken: Path) -> None:
    """As JSON: path, line, code and message of each finding, and exit status 1."""
    result = madoguchi("check", "--json", "--data", broken)

    problems: list[dict[str, Any]] = json.loads(result.stdout)["problems"]
    assert (result.returncode, result.stderr) == (1, "")
    assert [problem["code"] for problem in problems] == ["SCN013", "SCN014"]
    assert all({"path", "line", "code", "message"} < set(problem) for problem in problems)
    line = (broken / BROKEN).read_text("utf-8").splitlines()[problems[0]["line"] - 1]
    assert "nobody" in line


@pytest.mark.parametrize("words", [("check",), ("train",)], ids=" ".join)
def test_a_folder_that_is_not_there_is_a_finding(
    madoguchi: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """What is missing is named file by file, with exit status 1."""
    result = madoguchi(*words, "--data", tmp_path / "nowhere")

    assert result.returncode == 1
    assert result.stdout.count(" SCN000 ") == 3


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--jsno"),
        ("check", "--data"),
        ("mask", "--jsno"),
        ("train", "--date", "x"),
        ("serve", "8000"),
        ("chekc",),
    ],
    ids=" ".join,
)
def test_wrong_use_is_status_2(madoguchi: Command, words: tuple[str, ...]) -> None:
    """A misspelt command or option is told on standard error, and nothing is done."""
    result = madoguchi(*words)

    assert (result.returncode, result.stdout) == (2, "")
    assert words[-1] in result.stderr or "--date" in result.stderr


@pytest.mark.parametrize("command", ["serve", "check", "train", "mask"])
def test_every_command_has_help(madoguchi: Command, command: str) -> None:
    """`--help` says what a command is for, with status 0."""
    result = madoguchi(command, "--help")

    assert (result.returncode, result.stderr) == (0, "")
    assert f"madoguchi {command}" in result.stdout


def test_mask_gives_a_json_line_for_each_json_line(madoguchi: Command) -> None:
    """Offsets count code points of the input, also after characters beyond the basic plane."""
    lines = ["𠮷野です。電話は090-1234-5678です", "何もありません", "a@example.jp へ"]
    given = "".join(json.dumps(line) + "\n" for line in lines)

    result = madoguchi("mask", "--json", given=given)

    found = [json.loads(line) for line in result.stdout.splitlines()]
    covered = [
        [(line[s["start"] : s["end"]], s["type"]) for s in f["spans"]]
        for line, f in zip(lines, found, strict=True)
    ]
    expected = [[("090-1234-5678", "phone")], [], [("a@example.jp", "email")]]
    assert (result.returncode, result.stderr) == (0, "")
    assert expected == covered
    assert [f["masked"] for f in found] == [
        "𠮷野です。電話は【電話番号】です",
        "何もありません",
        "【メールアドレス】 へ",
    ]


def test_mask_takes_plain_lines_too(madoguchi: Command) -> None:
    """Without `--json`, a line of text comes in and a masked line goes out; empty ones are skipped."""
    result = madoguchi("mask", given="電話は090-1234-5678です\n\nこんにちは\n")

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "電話は【電話番号】です\nこんにちは\n"


@pytest.mark.parametrize("line", ["090-1234-5678", "12", '{"text": "x"}', '["x"]', '"open'])
def test_mask_refuses_a_line_that_is_no_json_string(madoguchi: Command, line: str) -> None:
    """One sentence that does not repeat the line, for it may be personal; status 2."""
    result = madoguchi("mask", "--json", given=f"{line}\n")

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines() == ["1行に1つの JSON 文字列を渡してください。"]


def test_mask_takes_a_lone_surrogate(madoguchi: Command) -> None:
    """A half character, as a cut-off JSON string has, stops nothing: the lines after it are masked."""
    result = madoguchi("mask", "--json", given='"\\ud842"\n"090-1234-5678"\n')

    masked = [json.loads(line)["masked"] for line in result.stdout.splitlines()]
    assert (result.returncode, result.stderr) == (0, "")
    assert masked == ["\ud842", "【電話番号】"]
