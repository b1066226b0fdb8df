"""Fifty residents' questions over HTTP, answered by the whole product."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .product import ROOT, Product
from .residents import Visitor

pytestmark = pytest.mark.stack

ENOUGH = 40


def test_at_least_forty_of_fifty_questions_get_the_right_answer_with_a_source(
    counter: Product,
) -> None:
    """Right means: answered, with the service and the topic that were asked about, and a source."""
    lines = (ROOT / "data" / "golden" / "first.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    counter.wait_until_complete()
    with Visitor(counter.url) as visitor:
        turns = [visitor.say(visitor.open(), question["text"]) for question in questions]

    pairs = list(zip(questions, turns, strict=True))
    wrong = [describe(question, turn) for question, turn in pairs if not is_right(question, turn)]

    assert len(questions) == 50
    assert len(questions) - len(wrong) >= ENOUGH, "\n".join(wrong)


def is_right(question: dict[str, Any], turn: dict[str, Any]) -> bool:
    """Tell whether a turn answers what the question asks for."""
    answer = turn["answer"] or {}
    has_source = any(source["url"] for source in turn["sources"])
    wanted = (question["outcome"], question["service"], question["topic"], True)
    return wanted == (turn["outcome"], answer.get("service"), answer.get("topic"), has_source)


def describe(question: dict[str, Any], turn: dict[str, Any]) -> str:
    """Return one line on a wrong answer."""
    answer, sources = turn["answer"] or {}, len(turn["sources"])
    came = f"{turn['outcome']} {answer.get('service')}.{answer.get('topic')}, {sources} sources"
    return f"{question['text']}: {question['service']}.{question['topic']}, came {came}"
