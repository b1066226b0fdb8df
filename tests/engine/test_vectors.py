"""GiNZA's word vectors, read without GiNZA."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.features import Grams, Vectoriser
from bot.engine.vectors import WordVectors, hash_of

from .questions import grams

LINES = ["住民票の写し", "粗大ごみを捨てる", "子どもの手当", "図書館で本を借りる", "保育園に入る"]


@pytest.fixture(scope="module")
def ginza() -> WordVectors:
    """Return the vectors of the installed package."""
    return WordVectors.of_ginza()


def of_words(vectors: WordVectors, *lemmas: str) -> np.ndarray:
    """Return the vector of each word."""
    return vectors.of([Grams([lemma], [], [], []) for lemma in lemmas], lambda _: 1.0)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("児童", 11753445777276122464), ("児童手当です", 16534842063386938920)],
)
def test_words_are_hashed_as_spacy_does(word: str, expected: int) -> None:
    """The values are those of ``spacy.strings.hash_string`` in spaCy 3.4.4."""
    assert expected == hash_of(word)


@given(word=st.text(max_size=20))
def test_any_text_has_a_hash_of_64_bits(word: str) -> None:
    """Lone surrogates too: they are only unknown words."""
    assert 0 <= hash_of(word) < 2**64


def test_ginza_knows_the_words_of_a_counter(ginza: WordVectors) -> None:
    """What Sudachi gives as normalised form is what the table is written in."""
    lemmas = {lemma for line in LINES for lemma in grams(line).words}
    vectors = of_words(ginza, *sorted(lemmas))

    assert ginza.width == 300
    assert np.mean(np.linalg.norm(vectors, axis=1) > 0) > 0.9


def test_words_of_like_meaning_are_near(ginza: WordVectors) -> None:
    """That is all that they are for."""
    nursery, kindergarten, waste = of_words(ginza, "保育園", "幼稚園", "塵")

    assert nursery @ kindergarten > 2 * abs(nursery @ waste)


def test_an_unknown_word_means_nothing(ginza: WordVectors) -> None:
    """It is no noise either."""
    assert not of_words(ginza, "ϡϟϞ").any()


def test_a_narrower_table_keeps_what_is_near(ginza: WordVectors) -> None:
    """Only the directions in which the examples differ are kept."""
    fitted = ginza.fitted([grams(line) for line in LINES * 5], lambda _: 1.0)
    nursery, kindergarten, waste = of_words(fitted, "保育園", "幼稚園", "塵")

    assert fitted.width == 24
    assert nursery @ kindergarten > nursery @ waste


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_learnt_from_one_message(ginza: WordVectors, count: int) -> None:
    """One message differs from nothing."""
    assert ginza.fitted([grams(LINES[0])] * count, lambda _: 1.0).width == 0


def test_saved_vectors_mean_the_same(ginza: WordVectors, tmp_path: Path) -> None:
    """The model carries its vectors, so the worker reads no package."""
    messages = [grams(line) for line in LINES]
    fitted, rows = Vectoriser.fit(messages, ginza)
    fitted.save(tmp_path)

    assert (rows != Vectoriser.load(tmp_path).transform(messages)).nnz == 0


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who trains without the vectors is told what to install."""
    monkeypatch.setattr("bot.engine.vectors.GINZA", "no_such_package")

    with pytest.raises(FileNotFoundError, match="no_such_package.*install requirements/engine"):
        WordVectors.of_ginza()
