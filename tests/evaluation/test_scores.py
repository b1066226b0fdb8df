"""Figures, intervals, confusions and fairness."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.asking import Asked, Reply
from bot.evaluation.rows import Row
from bot.evaluation.scores import NO_CANDIDATE, NO_REPLY, rate, score

OUTCOMES = ("answered", "clarify", "fallback", "out_of_scope")
KEYS = ("a.amount", "a.deadline", "b.amount")


def reply(outcome: str, *candidates: str, offered: tuple[str, ...] = ()) -> Reply:
    return Reply(outcome, candidates[:1] if outcome == "answered" else (), candidates, offered)


def asked(row: Row, *of: str, outcome: str = "answered") -> Asked:
    return Asked(row, reply(outcome, *of))


runs = st.lists(
    st.builds(
        Asked,
        st.builds(
            Row,
            st.just("x"),
            st.sampled_from(["a", "b", None]),
            st.sampled_from(["amount", None]),
            st.sampled_from([*OUTCOMES, None]),
            st.lists(st.sampled_from(["register:x", "register:y", "z"]), unique=True).map(tuple),
        ),
        st.none()
        | st.builds(
            lambda outcome, keys: reply(outcome, *keys),
            st.sampled_from(OUTCOMES),
            st.lists(st.sampled_from(KEYS), max_size=3),
        ),
    ),
    max_size=30,
)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # R: prop.test(x, n, correct = FALSE)$conf.int
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_intervals_are_those_of_the_literature(hits: int, n: int, low: float, high: float) -> None:
    """The worked examples of Newcombe 1998 (table I, method 3), to four digits."""
    measured = rate([True] * hits + [False] * (n - hits))

    assert measured.low == pytest.approx(low, abs=6e-5)
    assert measured.high == pytest.approx(high, abs=6e-5)


@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_an_interval_lies_between_0_and_1_and_holds_its_share(hits: list[bool]) -> None:
    """Whatever was measured."""
    measured = rate(hits)

    assert measured.value is not None
    assert measured.low is not None
    assert measured.high is not None
    assert 0 <= measured.low <= measured.value <= measured.high <= 1


@given(runs, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(run: list[Asked], chance: random.Random) -> None:
    """The same rows in another order give the same figures."""
    other = list(run)
    chance.shuffle(other)
    one, two = score(run), score(other)

    assert one.rates() == two.rates()
    assert (one.confusion, one.tags, one.fairness) == (two.confusion, two.tags, two.fairness)


@given(runs)
def test_counts_add_up(run: list[Asked]) -> None:
    """Confusions hold every row with an outcome, pairs every row whose service was missed."""
    scores = score(run)
    top1 = scores.service_top1

    counted = sum(sum(came.values()) for came in scores.confusion.values())
    missed = sum(len(group) for group in scores.confused.values())

    assert counted == scores.outcome.n == sum(one.row.outcome is not None for one in run)
    assert missed == top1.n - round((top1.value or 0) * top1.n)
    assert (scores.service_top3.value or 0) >= (top1.value or 0)


def test_service_and_topic_are_those_of_the_candidates() -> None:
    """Top-1 is the first candidate's service, top-3 any of the three; topics count where it is right."""
    row = Row("x", "a", "amount")
    run = [
        asked(row, "a.amount"),
        asked(row, "a.deadline", outcome="clarify"),
        asked(row, "b.amount", "a.amount"),
        asked(row, outcome="fallback"),
    ]

    scores = score(run)

    assert scores.service_top1.value == 0.5
    assert scores.service_top3.value == 0.75
    assert (scores.topic.value, scores.topic.n) == (0.5, 2)
    assert (scores.topic_joint.value, scores.topic_joint.n) == (0.25, 4)
    assert {pair: len(group) for pair, group in scores.confused.items()} == {
        ("a", "b"): 1,
        ("a", NO_CANDIDATE): 1,
    }


def test_false_and_wrong_answers_are_counted_apart() -> None:
    """False: an answer to what has none. Wrong: an answer about another service."""
    run = [
        asked(Row("x", outcome="out_of_scope"), "a.amount"),
        asked(Row("x", outcome="fallback"), "a.amount", outcome="clarify"),
        asked(Row("x", outcome="chitchat"), "a.amount"),
        asked(Row("x", "a", outcome="answered"), "b.amount"),
        asked(Row("x", "a", outcome="answered"), "b.amount", outcome="clarify"),
    ]

    scores = score(run)

    assert (scores.false_answers.value, scores.false_answers.n) == (0.5, 2)
    assert (scores.wrong_answers.value, scores.wrong_answers.n) == (0.5, 2)
    assert (scores.answer_rate.value, scores.answer_rate.n) == (0.5, 2)
    assert scores.confusion["fallback"] == {"clarify": 1}


def test_a_row_without_a_reply_is_wrong_everywhere() -> None:
    """A counter that breaks down does not score better for it."""
    scores = score([Asked(Row("x", "a", "amount", "answered", both=KEYS[::2]), None, "gone")])

    assert scores.failed == 1
    assert {r.value for r in scores.rates().values() if r.n} == {0.0}
    assert scores.confusion == {"answered": {NO_REPLY: 1}}


def test_two_questions_are_met_by_an_answer_and_a_button() -> None:
    """Each must be answered or offered; the services alone are counted apart."""
    row = Row("x", both=("a.amount", "b.amount"))
    run = [
        Asked(row, reply("answered", "a.amount", offered=("answer:b.amount", "menu"))),
        Asked(row, reply("clarify", offered=("service:a", "service:b"))),
        Asked(row, reply("answered", "a.amount")),
    ]

    scores = score(run)

    assert scores.both_answers.value == pytest.approx(1 / 3)
    assert scores.both_services.value == pytest.approx(2 / 3)


def test_fairness_is_the_distance_between_the_best_and_the_worst_group() -> None:
    """With Newcombe's interval of a difference (1998, method 10: 56/70 against 48/80)."""

    def group(tag: str, right: int, n: int) -> list[Asked]:
        row = Row("x", "a", tags=(f"register:{tag}", "area:one"))
        return [asked(row, "a.amount" if i < right else "b.amount") for i in range(n)]

    spread = score([*group("kana", 48, 80), *group("polite", 56, 70)]).fairness["register"]

    assert (spread.best, spread.worst) == ("polite", "kana")
    assert math.isclose(spread.value, 0.2)
    assert (spread.low, spread.high) == pytest.approx((0.0524, 0.3339), abs=6e-5)


def test_one_group_alone_has_no_spread() -> None:
    """There is nothing to compare with."""
    assert score([asked(Row("x", "a", tags=("lang:ja",)), "a.amount")]).fairness == {}


def test_right_answers_and_what_was_reached_take_what_a_clerk_lets_pass() -> None:
    """Another answer of the row is right; one that is only offered is reached, not given."""
    row = Row("x", "a", "amount", also=("b.amount",))
    offered = Asked(row, reply("clarify", "a.deadline", offered=("answer:a.amount",)))
    wrong = asked(row, "a.deadline")
    scores = score([asked(row, "a.amount"), asked(row, "b.amount"), wrong, offered])

    assert (scores.right_answers.value, scores.right_answers.n) == (pytest.approx(2 / 3), 3)
    assert (scores.reached.value, scores.reached.n) == (0.75, 4)
