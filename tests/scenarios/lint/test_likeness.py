"""Which questions count as alike, and that the join misses none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.scenarios.lint.likeness import alike_pairs, fold, grams, jaccard

SETS = st.lists(st.frozensets(st.sampled_from("abcdefgh"), min_size=1), max_size=12)


@given(SETS, st.sampled_from([0.3, 0.5, 0.75, 0.8, 1.0]))
def test_the_join_finds_just_the_pairs_that_are_alike(
    sets: list[frozenset[str]], least: float
) -> None:
    """The index gives what comparing each with each would give, each pair once."""
    numbers = range(len(sets))
    every = [(a, b) for a in numbers for b in numbers if a < b]
    expected = [(a, b) for a, b in every if jaccard(sets[a], sets[b]) >= least]

    assert expected == sorted(alike_pairs(sets, least))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("児童手当はいくら？", "児童手当はいくら"),
        ("ｼﾞﾄﾞｳﾃｱﾃ", "じどうてあて"),
        ("ＡＢＣ　１", "abc1"),
        ("児童手当はいくらですか", "児童手当はいくらでしょうか。"),
    ],
)
def test_folding_drops_what_makes_no_difference(one: str, other: str) -> None:
    """Width, case, script of kana, punctuation and a polite ending."""
    endings = ["ですか", "でしょうか"]

    assert fold(one, endings) == fold(other, endings)


def test_folding_never_leaves_nothing() -> None:
    """A question that is only an ending stays one."""
    assert fold("ですか", ["ですか", "か"]) == "です"


def test_one_word_makes_another_question_where_words_are_spaced() -> None:
    """Where and when share most of their letters, but not their words."""
    where, when = "Where can I renew my card?", "When can I renew my card?"

    assert jaccard(grams(where, "en"), grams(when, "en")) < 0.8
    assert jaccard(grams(where, "ja"), grams(when, "ja")) > 0.8
