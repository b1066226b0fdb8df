"""What is looked at in a message, as sparse vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.features import Vectoriser, Word, grams_of

from .questions import grams

LINES = [
    "住民票の手数料はいくらですか",
    "ごみの分け方",
    "引っ越しの手続き",
    "hello",
    "ｶﾞｽの窓口は？",
]


@pytest.fixture(scope="module")
def fitted() -> Vectoriser:
    """Return a vectoriser that has seen a few lines."""
    return Vectoriser.fit([grams(line) for line in LINES])


def test_the_three_blocks_hold_words_characters_and_readings() -> None:
    """Words and their pairs, character n-grams with single kanji, n-grams of the reading."""
    words = [Word("住民", "ジュウミン", "名詞"), Word("票", "ヒョウ", "名詞")]
    lemmas, characters, readings = grams_of("住民票", words)

    assert lemmas == ["住民", "票", "住民|票"]
    assert {"\x02住", "住民", "民票", "票\x03", "住民票", "\x02住民票", "住"} <= set(characters)
    assert {"\x02ジ", "ュウミ", "ウ\x03"} <= set(readings)


def test_punctuation_and_spaces_are_no_words() -> None:
    """A question mark or a space changes neither words nor readings."""
    spoken = [Word("窓口", "マドグチ", "名詞")]
    silent = [*spoken, Word("?", "?", "補助記号"), Word(" ", "", "空白")]

    with_silent, without = grams_of("窓口", silent), grams_of("窓口", spoken)
    assert without == with_silent
    assert grams_of("窓 口", spoken)[1] == without[1]


def test_korean_words_are_words() -> None:
    """Residents may ask in Korean; what they say counts like Japanese words."""
    assert {"주민표", "발급", "주민표|발급"} <= set(grams("주민표 발급 수수료는 얼마예요")[0])


def test_what_has_no_reading_has_no_reading_in_common() -> None:
    """Two messages of signs alone share nothing."""
    assert grams("👋")[2] == []


def test_a_word_without_a_reading_is_read_as_it_stands() -> None:
    """Latin words have no reading; their letters stand in for it."""
    (_, _, readings) = grams_of("abc", [Word("abc", "", "名詞")])

    assert "abc" in readings


@pytest.mark.parametrize("line", LINES)
def test_a_known_message_is_a_vector_of_length_one(fitted: Vectoriser, line: str) -> None:
    """Long and short messages weigh the same."""
    row = fitted.transform([grams(line)])

    assert pytest.approx(1.0, abs=1e-5) == np.sqrt(row.multiply(row).sum())


def test_blocks_share_the_vector_by_their_weights() -> None:
    """Words and characters count two fifths each, readings one fifth."""
    one = Vectoriser.fit([(["w"], ["c"], ["r"])])

    weights = np.square(one.transform([(["w"], ["c"], ["r"])]).toarray()[0])
    assert pytest.approx([0.4, 0.4, 0.2], abs=1e-6) == weights.tolist()


@pytest.mark.parametrize("message", [([], [], []), (["x"], ["y"], ["z"])], ids=["empty", "unknown"])
def test_a_message_without_known_grams_is_nothing(
    fitted: Vectoriser, message: tuple[list[str], ...]
) -> None:
    """An empty or wholly unknown message has an empty row of the usual width."""
    row = fitted.transform([message])

    assert (0, fitted.transform([grams(LINES[0])]).shape[1]) == (row.nnz, row.shape[1])


def test_no_messages_give_no_rows(fitted: Vectoriser) -> None:
    """An empty batch keeps its width."""
    assert (0, fitted.transform([grams("x")]).shape[1]) == fitted.transform([]).shape


@given(order=st.permutations(LINES))
def test_a_row_does_not_depend_on_its_neighbours(order: list[str]) -> None:
    """A message has one vector, alone or in any batch."""
    fitted = Vectoriser.fit([grams(line) for line in LINES])
    batch = fitted.transform([grams(line) for line in order])

    for number, line in enumerate(order):
        alone = fitted.transform([grams(line)])
        assert (batch[number] != alone).nnz == 0


@given(order=st.permutations(LINES))
def test_what_is_learnt_does_not_depend_on_the_order(order: list[str]) -> None:
    """The same examples in any order give the same vectors."""
    one = Vectoriser.fit([grams(line) for line in LINES])
    other = Vectoriser.fit([grams(line) for line in order])

    asked = [grams(line) for line in (*LINES, "住民票の窓口")]
    assert (one.transform(asked) != other.transform(asked)).nnz == 0


def test_a_saved_vectoriser_gives_the_same_vectors(fitted: Vectoriser, tmp_path: Path) -> None:
    """Saving and loading changes no bit, and writes no pickles."""
    fitted.save(tmp_path)
    loaded = Vectoriser.load(tmp_path)

    asked = [grams(line) for line in (*LINES, "住民票の窓口", "")]
    assert (fitted.transform(asked) != loaded.transform(asked)).nnz == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grams.json", "idf.npz"]
