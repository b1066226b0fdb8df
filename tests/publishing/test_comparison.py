"""Better, worse, by how much: the arithmetic of the gate."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.asking import Asked, Reply
from bot.evaluation.rows import Row
from bot.publishing.comparison import TOLERANCE, Verdict, compare, row_id, verdict

ROW = Row("いくら", "juminhyo", "amount", "answered")


def rows(count: int, service: str = "juminhyo") -> list[Row]:
    """Return different questions about one service."""
    return [Row(f"{service}{n}", service, "amount", "answered") for n in range(count)]


def rights(asked: list[Row], right: int) -> dict[str, Verdict]:
    """Return verdicts of which the first ``right`` are right throughout."""
    return {row_id(row): Verdict(n < right, n < right, n < right) for n, row in enumerate(asked)}


def test_topic_counts_only_with_its_service() -> None:
    """The right side of the wrong service is no right answer."""
    reply = Reply("answered", ("koseki.amount",), ("koseki.amount",), ())

    assert Verdict(False, False, True) == verdict(Asked(ROW, reply))
    assert Verdict(False, False, False) == verdict(Asked(ROW, None))


def test_an_answer_that_a_clerk_lets_pass_is_right() -> None:
    """Its topic counts as right, though its service is another one."""
    row = replace(ROW, also=("konbini_kofu.amount",))
    reply = Reply("answered", ("konbini_kofu.amount",), ("konbini_kofu.amount",), ())

    assert Verdict(False, True, True) == verdict(Asked(row, reply))


def test_what_a_row_does_not_name_is_not_judged() -> None:
    """A greeting has no service; only its outcome counts."""
    row = Row("やあ", outcome="chitchat")

    assert Verdict(None, None, True) == verdict(Asked(row, Reply("chitchat", (), (), ())))
    assert Verdict(None, None, True).is_right


def test_two_questions_want_both_answers_or_offers() -> None:
    """What one message asks twice may be answered once and offered once."""
    row = Row("いくらで、いつまで", both=("juminhyo.amount", "juminhyo.deadline"))
    half = Reply("answered", ("juminhyo.amount",), (), ())
    whole = Reply("answered", ("juminhyo.amount",), (), ("answer:juminhyo.deadline",))

    assert Verdict(None, False, None) == verdict(Asked(row, half))
    assert Verdict(None, True, None) == verdict(Asked(row, whole))


def test_one_of_a_thousand_is_within_the_tolerance() -> None:
    """What refitting alone moves does not stop anybody; it is shown all the same."""
    asked = rows(1000)
    comparison = compare(asked, rights(asked, 1000), rights(asked, 999))

    assert comparison.refusals() == []
    assert comparison.worse == (asked[-1],)


def test_loss_beyond_the_tolerance_names_the_measure_and_the_figures() -> None:
    """Both figures stand in the reason."""
    asked = [*rows(50, "a"), *rows(50, "b")]
    comparison = compare(asked, rights(asked, 100), rights(asked, 98))

    assert len(comparison.refusals()) == 3
    assert "100.0 % → 98.0 %（100 問）" in comparison.refusals()[0]
    assert comparison.refusals(tolerance=2.0) == []


def test_one_service_may_not_pay_for_another() -> None:
    """An unchanged total does not hide that one service lost much of what it had."""
    asked = [*rows(6, "a"), *rows(600, "b")]
    before = {**rights(asked[:6], 6), **rights(asked[6:], 590)}
    after = {**rights(asked[:6], 4), **rights(asked[6:], 592)}

    assert compare(asked, before, after).refusals() == ["a の正答が 6 問から 4 問に減ります。"]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_comparison_adds_up(pairs: list[tuple[bool, bool]]) -> None:
    """Gains less losses are the difference, and what gained everywhere is never refused."""
    asked = rows(len(pairs))
    before, after = (
        {
            row_id(row): Verdict(pair[side], pair[side], pair[side])
            for row, pair in zip(asked, pairs)
        }
        for side in (0, 1)
    )
    comparison = compare(asked, before, after)
    for share in comparison.shares:
        assert share.after - share.before == comparison.better - len(comparison.worse)
    if not comparison.worse:
        assert comparison.refusals(TOLERANCE) == []
