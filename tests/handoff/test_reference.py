"""Reference numbers that a person can read out."""

from __future__ import annotations

import re

from bot.handoff.reference import ALPHABET, new_reference

CONFUSED = ("0O", "1I", "1L", "5S", "8B", "BD", "BE", "PB", "TD", "VB", "MN", "2Z", "GJ", "UV")


def test_numbers_have_two_groups_of_four() -> None:
    """The form is short and breaks in the middle."""
    assert re.fullmatch(r"[2-9A-Y]{4}-[2-9A-Y]{4}", new_reference())


def test_no_two_characters_are_mistaken_for_each_other() -> None:
    """Of each pair that looks or sounds alike, at most one is used."""
    assert [pair for pair in CONFUSED if set(pair) <= set(ALPHABET)] == []
    assert len(set(ALPHABET)) == len(ALPHABET) == 16


def test_numbers_are_not_guessed() -> None:
    """A thousand of four thousand million are all different."""
    assert len({new_reference() for _ in range(1000)}) == 1000
