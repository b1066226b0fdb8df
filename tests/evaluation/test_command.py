"""``eval`` as a process: what it refuses before anything is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

MADOGUCHI = str(Path(sys.executable).with_name("madoguchi"))


def evaluate(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MADOGUCHI, "eval", *map(str, words)], capture_output=True, text=True, timeout=120
    )


def test_bad_rows_are_told_by_line_with_status_1(tmp_path: Path) -> None:
    """As they stand in the file: line 100 is no picture; beyond twenty, their number is enough."""
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "a"}\n' * 99 + "x\n" * 30, "utf-8")

    result = evaluate(file)

    lines = result.stderr.splitlines()
    assert (result.returncode, result.stdout) == (1, "")
    assert lines[0].startswith(f"{file}:100: JSON として読めません")
    assert lines[-2:] == ["ほか 10 件", "madoguchi: 30 件の誤りがあるため、測っていません。"]


def test_a_report_that_cannot_be_written_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    """Nobody waits for an evaluation to lose its report."""
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "a"}', "utf-8")

    result = evaluate(file, "--html", tmp_path / "none" / "report.html")

    assert result.returncode == 2
    assert "フォルダーがありません" in result.stderr


def test_a_counter_that_is_not_there_is_status_1(tmp_path: Path) -> None:
    """Each question without a reply is told by its line; the report is written all the same."""
    file = tmp_path / "rows.jsonl"
    file.write_text('\n{"text": "a", "service": "jido_teate"}', "utf-8")

    result = evaluate(file, "--url", "http://127.0.0.1:9", "--html", tmp_path / "report.html")

    assert result.returncode == 1
    assert "2 行目： 返事がありません（ConnectError）" in result.stderr
    assert "1 件は返事を得られず" in (tmp_path / "report.html").read_text("utf-8")


def test_a_broken_data_folder_is_status_1(tmp_path: Path) -> None:
    """The services that may be asked for come from it."""
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "a"}', "utf-8")

    result = evaluate(file, "--data", tmp_path / "none")

    assert result.returncode == 1
    assert "シナリオに誤りがある" in result.stderr
