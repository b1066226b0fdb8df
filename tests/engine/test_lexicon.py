"""What residents say for official words, and words that they write in kana."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.features import Grams, Word, grams_of
from bot.engine.lexicon import Lexicon
from bot.engine.readings import Readings
from bot.engine.tokenizer import words_of
from bot.scenarios.normalise import normalise

from .questions import grams

MEANT = {
    "児手": "児童手当",
    "tax": "税金",
    "resident tax": "住民税",
    "住民票コード": "個人の番号",
    "住民票": "証明書",
    "入籍": "婚姻届\n戸籍",
    "쓰레기": "ごみ",
    "ﾏﾙ乳": "子ども医療証",
    "。": "句点",
}
EXAMPLES = ["児童手当の申請の期限", "避難所の場所", "避難の指示", "避難所へ行く"] * 3


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    """Return a small lexicon that also knows the words of a few examples."""
    readings = Readings.of([Word(*word) for word in words_of(line)] for line in EXAMPLES)
    return Lexicon(MEANT, readings)


def said(lexicon: Lexicon, text: str) -> set[str]:
    """Return the words that the lexicon adds to a message."""
    plain = normalise(text).text
    own = grams_of(plain, [Word(*word) for word in words_of(text)])
    return {*lexicon.understood(plain, own).words[len(own.words) :]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("児手はいつ", {"児童", "手当"}, id="an abbreviation"),
        pytest.param("児 手 の 額", {"児童", "手当"}, id="with spaces between"),
        pytest.param("入籍しました", {"婚姻", "届け", "戸籍"}, id="two official words"),
        pytest.param("マル乳の更新をする", {"子供", "医療", "証"}, id="in any width"),
        pytest.param("how much tax?", {"税金"}, id="a word in letters"),
        pytest.param("a taxi please", set(), id="not within another word"),
        pytest.param("the resident tax", {"住民", "税"}, id="the longest alone"),
        pytest.param("住民票コードとは", {"個人", "の", "番号"}, id="the longest in Japanese"),
        pytest.param("쓰레기를 버리다", {"ごみ"}, id="with an ending"),
        pytest.param("手当。", set(), id="one character is no saying"),
    ],
)
def test_a_saying_counts_as_its_official_words(
    lexicon: Lexicon, text: str, expected: set[str]
) -> None:
    """The message keeps its own words and gets those of what it means."""
    assert expected == said(lexicon, text)


def test_a_foreign_saying_gets_the_characters_of_the_official_words_too(lexicon: Lexicon) -> None:
    """It shares none with any example; a Japanese one says enough by its own."""
    foreign, japanese = "tax", "児手のこと"
    own = [grams_of(text, []) for text in (foreign, japanese)]
    understood = [lexicon.understood(t, g) for t, g in zip((foreign, japanese), own)]

    assert set(grams("税金").characters) <= set(understood[0].characters)
    assert own[1].characters == understood[1].characters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("じどうてあて", {"児童", "手当"}, id="kana"),
        pytest.param("ひなんじよ どこ", {"避難"}, id="in part"),
        pytest.param("しんせい きげん", {"申請", "期限"}, id="between spaces"),
        pytest.param("シンセイ", {"申請"}, id="katakana"),
        pytest.param("これはなんですか", set(), id="kana for nothing known"),
    ],
)
def test_kana_stand_for_words_of_the_examples(
    lexicon: Lexicon, text: str, expected: set[str]
) -> None:
    """Learners and children write no kanji; the words they mean are found by their sound."""
    own = set(grams(text).words)

    assert expected == (said(lexicon, text) | own) & {"児童", "手当", "避難", "申請", "期限"}


def test_rare_words_and_words_in_kana_are_not_looked_up() -> None:
    """A word said once, or never written otherwise, is no reading to guess at."""
    once = Readings.of([[Word("避難", "ヒナン", "名詞")], [Word("する", "スル", "動詞")] * 5])

    assert once.words_in("ひなんする", set()) == []


def test_at_most_two_words_that_sound_alike_are_taken() -> None:
    """More than that is no understanding; the most frequent ones stay."""
    sentences = [
        [Word(word, "コウセイ", "名詞")] * count
        for word, count in (("厚生", 9), ("更生", 7), ("校正", 5))
    ]

    assert Readings.of(sentences).words_in("こうせい", set()) == ["厚生", "更生"]


def test_a_saved_lexicon_understands_the_same(lexicon: Lexicon, tmp_path: Path) -> None:
    """The model carries its lexicon, whatever the file says by then."""
    lexicon.save(tmp_path)
    loaded = Lexicon.load(tmp_path)

    for text in ("児手はいつ", "resident tax", "じどうてあて"):
        own = grams(text)
        assert lexicon.understood(text, own) == loaded.understood(text, own)


def test_without_a_lexicon_a_message_is_what_it_is() -> None:
    """A ward may have no lexicon."""
    own = grams("児手はいつ")

    assert own == Lexicon({}).understood("児手はいつ", own)


@given(text=st.text(st.sampled_from("児手tax 住民票コードじどうて쓰ﾏﾙ乳。\u0301"), max_size=30))
def test_a_message_loses_nothing(text: str) -> None:
    """Whatever is found, all features of the message itself stay."""
    own = Grams(["own"], ["own"], ["own"], ["own"])
    understood = Lexicon(MEANT).understood(normalise(text).text, own)

    assert all(block[0] == "own" for block in understood)
