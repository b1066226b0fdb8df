"""What is looked at in a message, as sparse vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.features import Grams, Vectoriser, Word, as_heard, grams_of, together
from bot.engine.vectors import WordVectors

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
    return Vectoriser.fit([grams(line) for line in LINES], WordVectors.none())[0]


def test_the_three_blocks_hold_words_characters_and_readings() -> None:
    """Words, pairs of characters with single kanji, triples of the reading as it is heard."""
    words = [Word("住民", "ジュウミン", "名詞"), Word("票", "ヒョウ", "名詞")]
    lemmas, characters, readings, _ = grams_of("住民票", words)

    assert lemmas == ["住民", "票"]
    assert {"\x02住", "住民", "民票", "票\x03", "住", "民", "票"} == set(characters)
    assert {"\x02ジュ", "ジュミ", "ヒョ\x03"} <= set(readings)


def test_punctuation_and_spaces_are_no_words() -> None:
    """A question mark or a space changes neither words nor readings."""
    spoken = [Word("窓口", "マドグチ", "名詞")]
    silent = [*spoken, Word("?", "?", "補助記号"), Word(" ", "", "空白")]

    with_silent, without = grams_of("窓口", silent), grams_of("窓口", spoken)
    assert without == with_silent
    assert grams_of("窓 口", spoken)[1] == without[1]


def test_korean_words_are_words() -> None:
    """Residents may ask in Korean; what they say counts like Japanese words."""
    assert {"주민표", "발급"} <= set(grams("주민표 발급 수수료는 얼마예요").words)


def test_what_has_no_reading_has_no_reading_in_common() -> None:
    """Two messages of signs alone share nothing."""
    assert grams("👋").readings == []


def test_a_word_without_a_reading_is_read_as_it_stands() -> None:
    """Latin words have no reading; their letters stand in for it."""
    (_, _, readings, _) = grams_of("abc", [Word("abc", "", "名詞")])

    assert "abc" in readings


@pytest.mark.parametrize("line", LINES)
def test_a_known_message_is_a_vector_of_length_one(fitted: Vectoriser, line: str) -> None:
    """Long and short messages weigh the same, by what they say and by how they say it."""
    row = fitted.transform([grams(line)])
    squares = row.multiply(row).toarray()[0]

    halves = [np.sqrt(squares[: fitted.plain].sum()), np.sqrt(squares[fitted.plain :].sum())]
    assert pytest.approx([1.0, 1.0], abs=1e-5) == halves


def test_blocks_share_the_vector_by_their_weights() -> None:
    """How a message sounds counts most: kana, typos and homophones change the rest. Pairs stand apart."""
    message = Grams(["w"], ["c"], ["r"], ["p"])
    one = Vectoriser.fit([message], WordVectors.none())[0]

    weights = np.square(one.transform([message]).toarray()[0])
    assert pytest.approx([0.25, 0.3, 0.45, 1.0], abs=1e-6) == weights.tolist()


@pytest.mark.parametrize(
    "message",
    [Grams([], [], [], []), Grams(["x"], ["y"], ["z"], ["p"])],
    ids=["empty", "unknown"],
)
def test_a_message_without_known_grams_is_nothing(fitted: Vectoriser, message: Grams) -> None:
    """An empty or wholly unknown message has an empty row of the usual width."""
    row = fitted.transform([message])

    assert (0, fitted.transform([grams(LINES[0])]).shape[1]) == (row.nnz, row.shape[1])


def test_no_messages_give_no_rows(fitted: Vectoriser) -> None:
    """An empty batch keeps its width."""
    assert (0, fitted.transform([grams("x")]).shape[1]) == fitted.transform([]).shape


@given(order=st.permutations(LINES))
def test_a_row_does_not_depend_on_its_neighbours(order: list[str]) -> None:
    """A message has one vector, alone or in any batch."""
    fitted = Vectoriser.fit([grams(line) for line in LINES], WordVectors.none())[0]
    batch = fitted.transform([grams(line) for line in order])

    for number, line in enumerate(order):
        alone = fitted.transform([grams(line)])
        assert (batch[number] != alone).nnz == 0


@given(order=st.permutations(LINES))
def test_what_is_learnt_does_not_depend_on_the_order(order: list[str]) -> None:
    """The same examples in any order give the same vectors."""
    one = Vectoriser.fit([grams(line) for line in LINES], WordVectors.none())[0]
    other = Vectoriser.fit([grams(line) for line in order], WordVectors.none())[0]

    asked = [grams(line) for line in (*LINES, "住民票の窓口")]
    assert (one.transform(asked) != other.transform(asked)).nnz == 0


def test_a_saved_vectoriser_gives_the_same_vectors(fitted: Vectoriser, tmp_path: Path) -> None:
    """Saving and loading changes no bit, and writes no pickles."""
    fitted.save(tmp_path)
    loaded = Vectoriser.load(tmp_path)

    asked = [grams(line) for line in (*LINES, "住民票の窓口", "")]
    assert (fitted.transform(asked) != loaded.transform(asked)).nnz == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "grams.json",
        "idf.npz",
        "vectors.npz",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("ジュウミンヒョウ", "ジュミンヒョ", id="long vowels left out"),
        pytest.param("センセイ", "センセー", id="e drawn out"),
        pytest.param("キップ", "キプ", id="ッ left out"),
        pytest.param("ツヅキ", "ツズキ", id="kana that sound alike"),
        pytest.param("トオリ", "トーリ", id="o drawn out"),
    ],
)
def test_what_sounds_alike_to_a_learner_is_heard_alike(one: str, other: str) -> None:
    """Long vowels and ッ, which learners leave out, change nothing."""
    assert as_heard(one) == as_heard(other)


def test_what_sounds_different_stays_different() -> None:
    """Folding goes no further than what learners confuse."""
    assert len({as_heard(word) for word in ("ビョウイン", "ビヨウイン", "ヒョウイン")}) == 3


def test_latin_words_are_looked_at_in_longer_pieces() -> None:
    """Pairs of letters tell kanji apart, not English words."""
    assert {"\x02chi", "chil", "hild", "ild\x03"} <= set(grams("Child of 3").characters)
    assert "\x02of\x03" not in grams("Child of 3").characters


def test_pairs_are_words_near_each_other_and_three_in_a_row() -> None:
    """「申請したい」 and 「申請とは」 share their words; what stands near the end tells them apart."""
    words = [Word(lemma, "", "名詞") for lemma in "abcdef"]
    pairs = grams_of("abcdef", words).pairs

    assert {"a\tb", "a\te", "\x02\td", "f\t\x03", "d\ne\nf"} <= set(pairs)
    assert "a\tf" not in pairs
    assert grams_of("", []).pairs == []


def test_of_many_pairs_only_those_said_again_are_kept() -> None:
    """Two in three pairs stand in one example alone and tell nothing."""
    often, once = Grams(["w"], [], [], ["often"]), Grams(["w"], [], [], ["once"])
    fitted, rows = Vectoriser.fit([once, *[often] * 2000], WordVectors.none())

    assert fitted.plain + 1 == rows.shape[1]
    assert fitted.transform([once])[:, fitted.plain :].nnz == 0


def test_parts_of_a_message_count_together() -> None:
    """Official words that a saying stands for are added to the message's own."""
    one, other = Grams(["a"], ["b"], ["c"], []), Grams(["e"], [], ["f"], ["g"])

    assert Grams(["a", "e"], ["b"], ["c", "f"], ["g"]) == together([one, other])
    assert one == together([one])


@pytest.mark.parametrize(
    ("line", "expected"),
    [("ごみの分け方", 1.0), ("ϡϟϞ", 0.0), ("", 0.0)],
    ids=["known", "not", "empty"],
)
def test_how_much_of_a_message_is_known(fitted: Vectoriser, line: str, expected: float) -> None:
    """The share of characters that any example has tells a language we know from none."""
    assert expected == fitted.known_share(grams(line))


def test_an_example_is_not_known_from_itself(fitted: Vectoriser) -> None:
    """To judge an example as if it were new, only what others have counts."""
    assert fitted.known_share(grams("hello"), is_example=True) == 0.0
