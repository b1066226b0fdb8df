"""The folder ``data/`` that this repository ships."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from bot.scenarios import handoff_texts
from bot.scenarios.facilities.texts import TURN_VALUES
from bot.scenarios.model import GROUPS, LOCALES, Catalogue, Texts
from bot.scenarios.rendering import render

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def reviewed(shipped: Catalogue) -> date:
    """Return the day of the last review: a day of the data's own, whenever the tests run."""
    answers = [answer for topic in shipped.topics() for answer in topic.answers]
    return max(source.reviewed_on for answer in answers for source in answer.sources)


def test_the_shipped_data_reads_without_findings(shipped: Catalogue) -> None:
    """Every file stands in the catalogue, and no check has anything to say."""
    files = {path.stem for path in (ROOT / "data" / "scenarios").rglob("*.y*ml")}

    assert files == set(shipped.scenarios)
    assert set(GROUPS) == {scenario.group for scenario in shipped.scenarios.values()}


def test_every_shipped_text_can_be_shown_in_every_language(
    shipped: Catalogue, reviewed: date
) -> None:
    """No reader meets a text that lacks a value or still shows its markup."""
    texts = _all_texts(shipped)
    ward = {**shipped.ward, "turn": dict.fromkeys(TURN_VALUES | handoff_texts.TURN_VALUES, "5")}
    shown = [render(text, locale, ward, reviewed).text for text in texts for locale in LOCALES]

    assert len(texts) > len(shipped.scenarios)
    assert [text for text in shown if not text or set("{|}") & set(text)] == []


def test_every_shipped_topic_is_in_force_and_names_its_sources(
    shipped: Catalogue, reviewed: date
) -> None:
    """An answer that nobody could be given, or without a source, is a defect of the data."""
    answers = {topic.key: topic.answer_on(reviewed) for topic in shipped.topics()}

    assert [key for key, answer in answers.items() if answer is None or not answer.sources] == []


def test_no_shipped_question_stands_under_two_answers(shipped: Catalogue) -> None:
    """One question with two right answers would teach the model to guess."""
    lines = [
        (" ".join(line.split()), topic.key)
        for topic in shipped.topics()
        for examples in topic.examples.values()
        for line in examples
    ]
    answers = Counter(line for line, _ in set(lines))

    assert [entry for entry in sorted(set(lines)) if answers[entry[0]] > 1] == []


def test_the_revision_is_the_same_in_another_process(shipped: Catalogue) -> None:
    """Nothing in a revision depends on the process: hash seeds, order of sets, working folder."""
    command = (
        "import sys, pathlib; from bot.scenarios.reading import read_catalogue; "
        "print(read_catalogue(pathlib.Path(sys.argv[1])).revision)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", command, ROOT / "data"],
        env={"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"},
        cwd="/",
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert shipped.revision == printed.strip()


def _all_texts(catalogue: Catalogue) -> list[Texts]:
    answers = [answer.texts for topic in catalogue.topics() for answer in topic.answers]
    names = [scenario.name for scenario in catalogue.scenarios.values()]
    phrases = [phrase.texts for phrase in catalogue.phrases.values()]
    return [*answers, *names, *phrases, *catalogue.labels.values()]
