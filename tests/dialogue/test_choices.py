"""Typed choices against options, beyond what whole conversations show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.choices import Option, OutOfRange, pick

OPTIONS = (
    Option("a", ("児童手当", "じどうてあて")),
    Option("b", ("子ども医療費助成", "マル乳")),
    Option("c", ("住民票の写し",)),
    Option("menu", ("メニューを見る",)),
)


def picked(text: str, *, asked: bool = True) -> str | None:
    """Return the payload of what is picked, ``off`` for a number that no option has."""
    found = pick(text, OPTIONS, asked=asked)
    return "off" if isinstance(found, OutOfRange) else found.payload if found else None


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("3", "c"), ("③です", "c"), ("３．", "c"), ("2番めでお願い", "b"), ("一つ目の", "a"), ("No.2", "b"),
        ("最初のやつ", "a"), ("いちばん下", "c"), ("下から1番目", "c"), ("じゃあ3で", "c"), ("2번이요", "b"),
        ("第二个", "b"), ("số 2", "b"), ("マル乳のほう", "b"), ("医療費の", "b"), ("住民票が知りたいです", "c"),
        ("「児童手当」", "a"), ("9番", "off"), ("0", "off"), ("住民票はいくら", None), ("2人います", None),
        ("3月に引っ越します", None), ("最後はどうなりますか", None), ("それ", None), ("に", None), ("", None),
        ("。", None),
    ],
)  # fmt: skip
def test_typed_choice(text: str, payload: str | None) -> None:
    """A number, a place or a part of a name is a choice; a sentence is none."""
    assert payload == picked(text)


def test_part_in_the_middle_counts_only_after_a_question() -> None:
    """Under an answer or a menu a word in the middle of a title may be a question of its own."""
    assert (picked("医療費"), picked("医療費", asked=False)) == ("b", None)
    assert picked("子ども", asked=False) == "b"


def test_nothing_is_picked_from_nothing() -> None:
    """Without options a number is only a number."""
    assert pick("1", (), asked=True) is None


@given(st.text(max_size=50))
def test_any_text_is_a_choice_or_none(text: str) -> None:
    """No text brings the choice down."""
    assert picked(text) in {None, "off", "a", "b", "c", "menu"}
