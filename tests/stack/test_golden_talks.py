"""Follow-ups, two questions at once and foreign languages, measured over HTTP with the real worker."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from .product import ROOT, Product
from .residents import Visitor

pytestmark = pytest.mark.stack


def rows_of(name: str) -> list[dict[str, Any]]:
    """Return the rows of a golden file."""
    lines = (ROOT / "data" / "golden" / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def services_of(turn: dict[str, Any]) -> list[str]:
    """Return the services that a turn answered about, in order."""
    return [answer["service"] for answer in turn["answers"]]


def test_most_follow_ups_are_answered_about_the_service_just_discussed(counter: Product) -> None:
    """Nine of ten questions without a subject, and as many new subjects, get the right service."""
    counter.wait_until_complete()
    right, asked = 0, 0
    with Visitor(counter.url) as visitor:
        for row in rows_of("context"):
            conversation = visitor.open()
            for place, wanted in enumerate(row["turns"]):
                turn = visitor.say(conversation, wanted["text"])
                if place and "service" in wanted:
                    asked += 1
                    right += services_of(turn) == [wanted["service"]]

    assert asked >= 60
    assert right >= 0.85 * asked, f"{right} of {asked}"


def test_two_questions_get_two_answers_and_one_gets_one(counter: Product) -> None:
    """Of two-question sentences four in five are answered both; hardly any other sentence is."""
    counter.wait_until_complete()
    rows = rows_of("twofold")
    with Visitor(counter.url) as visitor:
        turns = [visitor.say(visitor.open(), row["text"]) for row in rows]
    pairs = [(row, turn) for row, turn in zip(rows, turns, strict=True)]
    double = [(row, turn) for row, turn in pairs if len(row["answers"]) == 2]
    single = [(row, turn) for row, turn in pairs if len(row["answers"]) == 1]
    both = [row for row, turn in double if services_of(turn) == services_of(row)]
    cut = [row["text"] for row, turn in single if len(turn["answers"]) > 1]

    assert (len(double) >= 60, len(single) >= 200) == (True, True)
    assert len(both) >= 0.8 * len(double), f"{len(both)} of {len(double)}"
    assert len(cut) <= 0.02 * len(single), cut


def test_questions_in_each_language_reach_the_service_and_are_answered_in_it(
    counter: Product,
) -> None:
    """In each language four of five questions reach their service; nearly all replies are in it."""
    counter.wait_until_complete()
    asked: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    spoken: Counter[str] = Counter()
    with Visitor(counter.url) as visitor:
        for row in rows_of("languages"):
            language = next(t for t in row["tags"] if t.startswith("lang:")).removeprefix("lang:")
            turn = visitor.say(visitor.open(), row["text"])
            candidates = [candidate["service"] for candidate in turn["candidates"]]
            asked[language] += 1
            reached[language] += row["service"] in candidates
            spoken[language] += turn["locale"] == language

    assert set(asked) == {"en", "zh-Hans", "ko", "vi", "tl"}
    assert [x for x in asked if reached[x] < 0.8 * asked[x]] == [], reached
    assert [x for x in asked if spoken[x] < 0.9 * asked[x]] == [], spoken
