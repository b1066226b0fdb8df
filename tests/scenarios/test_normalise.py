"""Normalised text, and the way back from each of its characters to the original."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.scenarios.normalise import normalise

# What residents type: kana of either width, marks that combine, digits, invisible characters, emoji.
VISIBLE = (
    "かがゕハﾊﾞﾟｶｰ゛゜\u3099\u309aAａÀA\u0300ｱ1１①㈱㌔髙高𠮟👨👩\r\n\t \u3000"
    "ệĐđ각\u1112\u1161\u11ab中你ʼ－ー‐〜～İß"
)
INVISIBLE = "\u200d\u200b\ufeff\u00ad\ud83d\u0000"
visible = st.text(st.sampled_from(VISIBLE), max_size=20)
anything = st.text(max_size=20) | st.text(st.sampled_from(VISIBLE + INVISIBLE), max_size=20)


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        pytest.param("ｶﾞｷﾞｸﾟ", "ガギク\u309a", id="half-width kana with marks"),
        pytest.param("か\u3099", "が", id="decomposed kana"),
        pytest.param("０９０－１２３４", "090-1234", id="full-width digits and hyphen"),
        pytest.param("ＡＢＣａｂｃ", "abcabc", id="full-width letters"),
        pytest.param("㈱①㌔", "(株)1キロ", id="compatibility characters"),
        pytest.param("髙高", "髙高", id="variant kanji stay apart"),
        pytest.param("𠮟る", "𠮟る", id="beyond the basic plane"),
        pytest.param("a\u200bb\ufeffc\u00add", "abcd", id="invisible characters"),
        pytest.param("a\u3000b\tc\nd", "a b c d", id="white space"),
        pytest.param("a\ud83db", "ab", id="half of a surrogate pair"),
        pytest.param("トイレ\u0000", "トイレ", id="null character"),
        pytest.param(unicodedata.normalize("NFD", "Việt"), "việt", id="Vietnamese"),
        pytest.param(unicodedata.normalize("NFD", "한국"), "한국", id="decomposed Hangul"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_residents_type_in_different_ways_falls_together(original: str, expected: str) -> None:
    """Width, composition, case and invisible characters make no difference."""
    assert expected == normalise(original).text


@pytest.mark.parametrize(
    ("original", "start", "end", "expected"),
    [
        pytest.param("まずｶﾞｽを", 2, 4, "ｶﾞｽ", id="two characters from three"),
        pytest.param("㈱窓口", 0, 3, "㈱", id="three characters from one"),
        pytest.param("㈱窓口", 1, 2, "㈱", id="the middle of one"),
        pytest.param("👨\u200d👩です", 2, 4, "です", id="after a joined emoji"),
        pytest.param("0\u200b9\u200b0", 0, 3, "0\u200b9\u200b0", id="invisible ones in between"),
        pytest.param("窓口", 1, 1, "", id="an empty span"),
        pytest.param("窓口", 2, 2, "", id="the end"),
        pytest.param("", 0, 0, "", id="nothing"),
    ],
)
def test_a_span_leads_back_to_the_original(
    original: str, start: int, end: int, expected: str
) -> None:
    """A span of the normalised text covers the characters from which it was made."""
    first, last = normalise(original).span(start, end)

    assert expected == original[first:last]


@given(original=anything)
@example(original="\u200b")
@example(original="ﾞ")
def test_every_character_knows_where_it_came_from(original: str) -> None:
    """Origins exist, never go back, and never are empty or outside the original."""
    normalised = normalise(original)

    assert len(normalised.text) == len(normalised.starts) == len(normalised.ends)
    assert list(normalised.starts) == sorted(normalised.starts)
    assert list(normalised.ends) == sorted(normalised.ends)
    for start, end in zip(normalised.starts, normalised.ends, strict=True):
        assert 0 <= start < end <= len(original)


@given(
    before=anything, word=st.sampled_from(["窓口", "ｶﾞｽ", "ＡＢＣ", "㈱", "ệ", "각"]), after=anything
)
def test_a_word_is_found_again_wherever_it_stands(before: str, word: str, after: str) -> None:
    """What follows a separator is mapped to its own place, whatever stands around it."""
    original = f"{before}/{word}/{after}"
    start = len(normalise(f"{before}/").text)
    end = start + len(normalise(word).text)

    assert (len(before) + 1, len(before) + 1 + len(word)) == normalise(original).span(start, end)


@given(original=visible)
def test_cutting_the_text_does_not_change_its_normal_form(original: str) -> None:
    """Piece by piece gives what NFKC and lower case give for the text as a whole."""
    folded = unicodedata.normalize("NFKC", original).lower()
    whole = unicodedata.normalize("NFC", folded)

    assert "".join(" " if c.isspace() else c for c in whole) == normalise(original).text


@given(original=visible)
def test_normalising_twice_changes_nothing(original: str) -> None:
    """A normalised text is its own normal form."""
    once = normalise(original).text

    assert once == normalise(once).text


@given(original=visible, place=st.integers(0, 20), invisible=st.sampled_from(INVISIBLE))
def test_invisible_characters_between_words_leave_no_trace(
    original: str, place: int, invisible: str
) -> None:
    """What nobody can see makes no difference between two words."""
    words = f"{original[:place]} {original[place:]}"

    assert normalise(words).text == normalise(words.replace(" ", f"{invisible} ")).text


def test_an_invisible_character_inside_a_letter_leaves_no_trace() -> None:
    """A zero-width space between か and its mark is not seen, so the letter is が."""
    assert normalise("か\u200b\u3099").text == "が"


def test_single_hangul_letters_combine_as_nfkc_says() -> None:
    """Korean typed letter by letter has the normal form that NFKC gives."""
    assert unicodedata.normalize("NFKC", "ㄱㅏ") == normalise("ㄱㅏ").text
