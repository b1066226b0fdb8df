"""It stays an ordinary Rasa project: plain commands work from the root."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from bot.scenarios.reading import read_catalogue
from bot.scenarios.rendering import render
from bot.scenarios.today import jst_today

from . import commands
from .commands import PROCESS, RASA, ROOT


def test_rasa_shell_answers_a_line(model: Path) -> None:
    """A person at a terminal reads the published Japanese text, not a key."""
    command = [*RASA, "shell", "--model", str(model), "--endpoints", "endpoints.yml"]
    done = subprocess.run(
        [*command, "--port", str(commands.free_port())],
        input="住民票の写しの手数料はいくらですか\n/stop\n",
        cwd=ROOT,
        env=commands.environment(),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert "Bot loaded" in done.stdout
    assert "utter_" not in done.stdout
    assert _published("juminhyo.amount").splitlines()[0] in done.stdout


def _published(key: str) -> str:
    catalogue = read_catalogue(ROOT / "data")
    topic, today = catalogue.topic(key), jst_today()
    answer = topic.answer_on(today) if topic else None
    assert answer is not None
    return render(answer.texts, "ja", catalogue.ward, today).text


def test_conversation_tests_pass(model: Path, tmp_path: Path) -> None:
    """``rasa test`` understands each line and takes the action that the story expects."""
    command = [*RASA, "test", "core", "--e2e", "--model", str(model), "--out", str(tmp_path)]
    done = subprocess.run(
        [*command, "--stories", "tests/engine/data", "--fail-on-prediction-errors"],
        cwd=ROOT,
        env=commands.environment(),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    failed = (tmp_path / "failed_test_stories.yml").read_text("utf-8")
    assert "# None of the test stories failed - all good!" in failed


def test_a_worker_ends_when_nobody_holds_its_lifeline(model: Path) -> None:
    """Even while Rasa is still being imported, the process does not outlive its supervisor."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*PROCESS, "run", "--model", str(model), "--port", str(commands.free_port())],
        cwd=ROOT,
        env=commands.environment(MADOGUCHI_LIFELINE=str(reading)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[reading],
    )
    os.close(reading)
    os.close(writing)

    assert process.wait(300) == 0
