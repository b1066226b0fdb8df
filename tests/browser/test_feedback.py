"""The verdict on an answer: given once, with a reason if one likes, and never lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.faults import refusing
from tests.support.ward import KNOWN

from .served import ServedWard
from .visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def answered(visitor: Visitor) -> Visitor:
    """A visitor with one answer."""
    visitor.open().ask(KNOWN)
    return visitor


def test_answer_is_judged_once(answered: Visitor, served: ServedWard) -> None:
    """One press is one verdict on that turn; thanks take the buttons' place and the focus."""
    answered.part("helpful").click()
    expect(answered.part("thanks")).to_be_visible()
    turn_id = served.transcript(answered.ticket)["messages"][-1]["turn_id"]

    assert [{"turn_id": turn_id, "helpful": True}] == answered.posted("feedback")
    assert answered.focused == "thanks"
    expect(answered.part("helpful")).to_have_count(0)
    expect(answered.part("unhelpful")).to_have_count(0)


def test_answer_that_did_not_help_may_be_explained(answered: Visitor) -> None:
    """「役に立たなかった」 asks why; the reason goes with the verdict."""
    answered.part("unhelpful").click()
    assert answered.focused == "why"
    answered.part("why").fill("期限が分からない")
    answered.part("sendWhy").click()
    expect(answered.part("thanks")).to_be_visible()

    assert [(body["helpful"], body["comment"]) for body in answered.posted("feedback")] == [
        (False, "期限が分からない")
    ]


def test_judged_answer_stays_judged_after_a_reload(answered: Visitor) -> None:
    """The same tab cannot judge the same answer again."""
    answered.part("helpful").click()
    expect(answered.part("thanks")).to_be_visible()
    answered.page.reload()
    answered.open()

    expect(answered.part("thanks")).to_have_count(1)
    expect(answered.part("helpful")).to_have_count(0)


def test_verdict_that_was_not_taken_can_be_given_again(
    answered: Visitor, served: ServedWard
) -> None:
    """When the log refuses it, the resident is told and the button stays."""
    answered.watch.expect("503")
    with refusing(served.file, "records"):
        answered.part("helpful").click()
        expect(answered.part("status")).to_have_text(answered.word("notTaken"))
    answered.part("helpful").click()

    expect(answered.part("thanks")).to_be_visible()
    assert len(answered.posted("feedback")) == 2


def test_only_answers_are_judged(answered: Visitor) -> None:
    """Nobody is asked whether a greeting helped; the reason of a verdict may be left out."""
    answered.ask("ありがとう")
    expect(answered.part("feedback")).to_have_count(1)
    answered.part("unhelpful").click()
    answered.part("sendWhy").click()
    expect(answered.part("thanks")).to_be_visible()

    assert [{"turn_id", "helpful"}] == [set(body) for body in answered.posted("feedback")]
