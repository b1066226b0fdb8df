"""The language of cues: what a cue finds, what it leaves alone, and how it says that it cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.scenarios.cues import CueError, CueIndex, clauses_of, folded

WORDS = {"who": ["父", "母"], "latin": ["dog*"]}


def found(cue: str, message: str) -> bool:
    """Tell whether the cue stands in the message."""
    return bool(CueIndex([("cue", cue)], WORDS).search(folded(message)))


@pytest.mark.parametrize(
    ("cue", "message", "expected"),
    [
        ("火事です", "いま火事です", True),
        ("(火事|かじ)(です|だ)", "かじだ", True),
        ("カジだ", "かじダ", True),
        ("救急車", "救 急　車", True),
        ("119", "１１９", True),
        ("{who}…倒れ", "母が昨夜倒れた", True),
        ("{who}…倒れ", "倒れたのは母", False),
        ("{who}…倒れ", "母です。木が倒れた", False),
        ("{who}…倒れ", "母が\n倒れた", True),
        ("{who}…倒れ", "母が" + "あ" * 60 + "倒れた", False),
        ("a…b…c", "a b a b c", True),
        ("火事$", "火事！！", True),
        ("火事$", "火事のとき", False),
        ("^助けて", "助けて", True),
        ("^助けて", "手を助けて", False),
        ("die", "a diet", False),
        ("die", "I want to DIE.", True),
        ("{latin} food", "dogs food", True),
        ("(a |)cat", "cat", True),
        ("죽고싶어요", "죽고 싶어요", True),
    ],
)
def test_a_cue_is_found_where_it_was_said(cue: str, message: str, expected: bool) -> None:
    """Width, case, kana and spaces do not matter; order, sentence, reach and word boundaries do."""
    assert expected is found(cue, message)


@pytest.mark.parametrize("cue", ["(a|b", "a)b", "{nobody}", "a……b", "(a|)", "…a", "{who"])
def test_a_cue_that_cannot_be_read_says_why(cue: str) -> None:
    """An open bracket, an unknown list or a part without words is an error, not a silent miss."""
    with pytest.raises(CueError, match="."):
        CueIndex([("cue", cue)], WORDS)


def test_hits_come_in_the_order_of_the_cues_each_once() -> None:
    """The order in the file is the order of precedence, wherever the words stand."""
    index = CueIndex([("first", "水"), ("second", "火")])

    assert [hit.name for hit in index.search(folded("火と水と火。水"))] == ["first", "second"]


def test_a_harmless_phrase_covers_only_itself() -> None:
    """What is covered is seen by no cue; the same word elsewhere still is."""
    harmless, cue = CueIndex([("0", "火災保険")]), CueIndex([("fire", "火災")])

    assert cue.search(harmless.erase(folded("火災保険の相談"))) == []
    assert [h.name for h in cue.search(harmless.erase(folded("火災保険。火災だ")))] == ["fire"]


@given(message=st.text())
def test_clauses_put_together_are_the_message(message: str) -> None:
    """Nothing is lost or doubled between a message and its clauses."""
    assert message == "".join(clauses_of(folded(message), message))


@given(message=st.text())
def test_any_text_can_be_searched(message: str) -> None:
    """No text crashes the search, and every hit names clauses that exist."""
    text = folded(message)
    index = CueIndex([("a", "^(a|あ|)b$"), ("b", "{who}…(倒れ|$)"), ("c", "e*…!")], WORDS)
    hits = index.search(index.erase(text)) + index.search(text)

    count = len(clauses_of(text, message))
    assert all(0 <= clause < count for hit in hits for clause in hit.clauses)
