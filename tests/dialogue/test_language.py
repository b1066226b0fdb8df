"""The language of a message, measured on all that the shipped data has in each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.language import detect, reads_simple_japanese
from bot.dialogue.published import Published
from bot.scenarios.model import Catalogue


def lines_of(catalogue: Catalogue, locale: str) -> Iterator[str]:
    """Yield every question and phrase of the shipped data in one language."""
    for topic in catalogue.topics():
        yield from topic.examples.get(locale, ())
    for phrase in catalogue.phrases.values():
        yield from phrase.examples.get(locale, ())


@pytest.mark.parametrize("locale", ["ja", "en", "zh-Hans", "ko", "vi", "tl"])
def test_shipped_questions_are_hardly_ever_taken_for_another_language(
    published: Published, locale: str
) -> None:
    """Of a hundred lines at most one is taken for another language; those that tell nothing may be many."""
    heard = [detect(line) for line in lines_of(published.catalogue, locale)]
    wrong = [found for found in heard if found not in (locale, None)]

    assert len(heard) >= 80
    assert len(wrong) <= len(heard) / 100
    assert sum(found == locale for found in heard) >= 0.6 * len(heard)


@pytest.mark.parametrize(
    "text",
    [
        "OK",
        "thanks",
        "Thank you!",
        "My Number",
        "LINE",
        "2",
        "PayPay",
        "住民票",
        "マイナポータル",
        "018",
        "",
        "😀",
        "【電話番号】",
    ],
)
def test_lone_names_and_thanks_tell_no_language(text: str) -> None:
    """What anybody may write in any language changes nothing."""
    assert detect(text) is None


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("juminhyo wa doko desu ka", "ja"),
        ("jido teate hoshii desu", "ja"),
        ("Wi-Fiは使えますか", "ja"),
        ("How do I get a 住民票?", "en"),
        ("请问住民票在哪里办", "zh-Hans"),
        ("请问マイナンバーカード怎么办理", "zh-Hans"),
        ("請問搬家後要辦什麼手續", "zh-Hans"),
        ("住民票 발급은 어디서 하나요", "ko"),
        ("toi muon dang ky cho con di nha tre", "vi"),
        ("Xin chào", "vi"),
        ("Saan po kukuha ng juminhyo", "tl"),
        ("magkano", "tl"),
        ("児童手当 申請", None),
    ],
)
def test_mixed_and_romanised_texts(text: str, locale: str | None) -> None:
    """Names of another language within a sentence do not mislead."""
    assert locale == detect(text)


@pytest.mark.parametrize(
    ("text", "is_simple"),
    [
        ("じどうてあて は いくら ですか", True),
        ("jido teate wa ikura desu ka", True),
        ("こどもがうまれましたどうしますか", True),
        ("いくら", False),
        ("ごみの日は", False),
        ("児童手当はいくらですか", False),
        ("How much is it?", False),
    ],
)
def test_simple_japanese_is_seen(text: str, is_simple: bool) -> None:
    """Kana without kanji at some length, or Japanese in Latin letters."""
    assert is_simple == reads_simple_japanese(text)


@given(st.text(max_size=200))
def test_any_text_has_a_language_or_none(text: str) -> None:
    """No text of any script brings the detection down."""
    assert detect(text) in {None, "ja", "en", "zh-Hans", "ko", "vi", "tl"}
    assert reads_simple_japanese(text) in {True, False}
