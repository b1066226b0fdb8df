"""Canned answers: what is published, in the resident's language and in Japanese, found by the agent's words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.canned import Canned
from bot.dialogue.published import Published
from bot.scenarios.deskwords import read_desk_words
from bot.scenarios.model import LOCALES

TODAY = date(2026, 11, 27)
DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("児童手当 必要なもの", "jido_teate.documents"),
        ("住民票の写しの手数料", "juminhyo.amount"),
        ("転入届", "tennyu.procedure"),
    ],
)
def test_words_of_the_agent_find_the_answer(published: Published, asked: str, key: str) -> None:
    """What is asked for is among the first answers."""
    found = Canned(published, TODAY, "ja").search(asked)

    assert key in [f"{answer['service']}.{answer['topic']}" for answer in found[:4]]


def test_answer_comes_with_its_japanese(published: Published) -> None:
    """The text is in the resident's language, the Japanese beside it, the title for staff."""
    answer = Canned(published, TODAY, "en").candidates(
        [{"key": "jido_teate.documents", "score": 0.9}]
    )[0]

    assert answer["locale"] == "en"
    assert answer["title"] == "児童手当：必要なもの"
    assert answer["text"] != answer["ja"]
    assert answer["score"] == 0.9
    assert answer["sources"][0]["url"].startswith("https://")


def test_answer_without_translation_says_so(published: Published) -> None:
    """Where a language lacks, the fallback names itself, so that the agent can see it."""
    topics = [
        topic
        for topic in published.catalogue.topics()
        if (wording := topic.answer_on(TODAY)) and "tl" not in wording.texts
    ]
    first = topics[0]
    answer = Canned(published, TODAY, "tl").candidates([{"key": first.key, "score": 0.5}])[0]

    assert answer["locale"] == "ja-easy"


def test_candidate_that_is_no_longer_published_is_left_out(published: Published) -> None:
    """An old decision may name an answer that is gone."""
    ranked = [
        {"key": "no_such_service.amount", "score": 0.9},
        {"key": "jido_teate.amount", "score": 0.4},
    ]
    found = Canned(published, TODAY, "ja").candidates(ranked)

    assert [answer["service"] for answer in found] == ["jido_teate"]


def test_no_words_give_the_section_s_own_answers(published: Published) -> None:
    """Before anything is typed the agent sees what their own section answers."""
    found = Canned(published, TODAY, "ja").search(" ", "hoiku")
    owners = {published.catalogue.scenarios[answer["service"]].owner for answer in found}

    assert {"hoiku"} == owners


def test_phrases_come_in_both_languages(published: Published) -> None:
    """A phrase names the ward and the section in the resident's language, and shows its Japanese."""
    words = read_desk_words(DATA, DATA)
    phrases = {p["id"]: p for p in Canned(published, TODAY, "en").phrases(words.phrases, "zeimu")}

    assert "Minamo City Office" in phrases["greeting"]["text"]
    assert "みなも区役所" in phrases["greeting"]["ja"]
    assert "Tax Section" in phrases["cannot_decide"]["text"]
    assert "03-0000-0202" in phrases["cannot_decide"]["ja"]


@given(text=st.text(max_size=40), locale=st.sampled_from(LOCALES))
@settings(deadline=None, max_examples=60)
def test_any_words_can_be_searched(published: Published, text: str, locale: str) -> None:
    """Whatever is typed, the search gives at most eight different answers and never fails."""
    found = Canned(published, TODAY, locale).search(text)
    keys = [(answer["service"], answer["topic"]) for answer in found]

    assert len(keys) == len(set(keys)) <= 8
