"""Whatever is typed is only text: no crash, bounded work, true offsets, from normaliser to ranking."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.engine.features import Word, grams_of
from bot.engine.lexicon import Lexicon
from bot.engine.ranker import Ranker, Ranking
from bot.engine.readings import Readings
from bot.engine.tokenizer import tokens_of, words_of
from bot.scenarios.normalise import normalise
from bot.scenarios.reading import read_catalogue

from .questions import examples_of, grams

LIMIT = 1000  # characters that the gateway lets through
FLOODS = [
    pytest.param("あ" * LIMIT, id="one letter"),
    pytest.param("\u0301" * LIMIT, id="combining marks alone"),
    pytest.param("か" + "\u3099" * (LIMIT - 1), id="one letter under many marks"),
    pytest.param("👨\u200d👩\u200d👧" * (LIMIT // 5), id="families"),
    pytest.param("\u202e" * LIMIT, id="right to left overrides"),
    pytest.param("ﾊﾟ" * (LIMIT // 2), id="half-width kana with marks"),
    pytest.param("\ud83d" * LIMIT, id="lone surrogates"),
    pytest.param("ﷺ" * LIMIT, id="one that becomes eighteen"),
    pytest.param("\x00\x1b" * (LIMIT // 2), id="control characters"),
    pytest.param("\u200b" * LIMIT, id="zero width"),
    pytest.param("ᄀ" * LIMIT, id="jamo"),
    pytest.param("児手" * (LIMIT // 2), id="a saying"),
    pytest.param("じどうてあて" * (LIMIT // 6), id="kana that stand for words"),
    pytest.param(" a" * (LIMIT // 2), id="words of one letter"),
    pytest.param("/" * LIMIT, id="slashes"),
    pytest.param("".join(map(chr, range(0x4E00, 0x4E00 + LIMIT))), id="every kanji"),
]
pieces = st.sampled_from(
    [
        "住民票",
        "じどうてあて",
        "ｶﾞｽ",
        "か\u3099",
        "👨\u200d👩",
        "\ud83d",
        "\u202e",
        "\x00",
        "\u200b",
        "ﷺ",
    ]
    + [
        "/restart",
        "/intent{",
        "İ",
        "ẞ",
        "각",
        "ᄀ",
        "e\u0301",
        "①㈱",
        " ",
        "\u3000",
        "\n",
        "?",
        "児手",
    ]
)
any_text = st.lists(pieces | st.text(max_size=4), max_size=12).map("".join)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    """Return a lexicon with a saying and some readings."""
    readings = Readings({"ジドテアテ": ["児童", "手当"], "ジド": ["児童"]})
    return Lexicon({"児手": "児童手当", "tax": "税金"}, readings)


@pytest.fixture(scope="module")
def ranker(small_data: Path) -> Ranker:
    """Return a ranker of every seventh question of the small data folder."""
    examples = examples_of(read_catalogue(small_data))[::7]
    return Ranker.fit([grams(line) for line, _ in examples], [key for _, key in examples])


def ranked(ranker: Ranker, lexicon: Lexicon, text: str) -> Ranking:
    """Understand a text in the way of the pipeline."""
    own = grams_of(normalise(text).text, [Word(*word) for word in words_of(text)])
    return ranker.rank(lexicon.understood(normalise(text).text, own), about="juminhyo")


@settings(max_examples=150)
@given(text=any_text)
@example(text="/restart")
def test_any_text_has_a_ranking(ranker: Ranker, lexicon: Lexicon, text: str) -> None:
    """Probabilities are probabilities, whatever came in."""
    ranking = ranked(ranker, lexicon, text)

    numbers = (ranking.confidence, ranking.service_confidence, ranking.subject, ranking.outside)
    assert all(0 <= number <= 1 for number in (*numbers, ranking.known))
    assert all(0 <= answer.score <= 1 for answer in ranking.answers)


@settings(max_examples=150)
@given(text=any_text)
def test_tokens_of_any_text_name_stretches_of_it(text: str) -> None:
    """Offsets count code points of what was typed."""
    for token in tokens_of(text, "A"):
        assert text[token.start : token.end] == token.text


@pytest.mark.parametrize("text", FLOODS)
def test_a_flood_is_answered_with_bounded_work(ranker: Ranker, lexicon: Lexicon, text: str) -> None:
    """As many features as the text has characters, times a constant; never their square."""
    words = [Word(*word) for word in words_of(text)]
    own = grams_of(normalise(text).text, words)
    understood = lexicon.understood(normalise(text).text, own)

    letters = len(normalise(text).text) + sum(len(word.reading) for word in words)
    assert sum(map(len, understood)) <= 40 * letters + 40
    assert ranked(ranker, lexicon, text).answers is not None


@pytest.mark.parametrize("text", ["/restart", '/faq{"service": "juminhyo"}', "/", "//住民票"])
def test_engine_syntax_is_only_text(ranker: Ranker, lexicon: Lexicon, text: str) -> None:
    """What would command the engine is ranked like any other message."""
    assert {answer.key for answer in ranked(ranker, lexicon, text).answers} <= {*ranker.keys}
