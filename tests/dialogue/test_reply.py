"""Replies composed from the shipped data: every button leads somewhere, every answer has its source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.published import Published
from bot.dialogue.reply import Composer, Reply
from bot.scenarios.integrity import option_exists
from bot.scenarios.model import LOCALES, Catalogue

DAY = date(2026, 12, 1)
OUTCOMES = {"answered", "clarify", "chitchat", "handoff", "out_of_scope", "fallback"}
in_every_locale = pytest.mark.parametrize("locale", LOCALES)


def press(composer: Composer, payload: str) -> Reply:
    """Compose the reply to an option, as a turn does."""
    topic = composer.topic_of(payload)
    return composer.from_key(f"utter_faq/{topic}", ()) if topic else composer.from_choice(payload)


def options_of(messages: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """Return the options under all messages, in order."""
    return [option for message in messages for option in message.get("options", ())]


def every_reply(catalogue: Catalogue, locale: str) -> Iterator[Reply]:
    """Compose whatever the bot can say: each answer, each phrase, each menu, each question back."""
    composer = Composer(catalogue, locale, DAY)
    for topic in catalogue.topics():
        yield composer.from_key(f"utter_faq/{topic.key}", ())
        yield composer.from_key("utter_clarify", [{"key": topic.key, "score": 0.5}])
    for phrase in catalogue.phrases:
        yield composer.from_key(f"utter_{phrase}", ())
    for group in {scenario.group for scenario in catalogue.scenarios.values()}:
        yield composer.from_choice(f"group:{group}")
    yield composer.from_choice("menu")


@in_every_locale
def test_every_option_leads_somewhere(published: Published, locale: str) -> None:
    """Whatever is offered anywhere in the catalogue can be pressed, and never ends in a dead end."""
    catalogue = published.catalogue
    composer = Composer(catalogue, locale, DAY)
    offered = {p for reply in every_reply(catalogue, locale) for p in reply.offered}
    offered |= {o["payload"] for o in options_of(composer.welcome(is_rehearsal=False))}
    outcomes = {payload: press(composer, payload).outcome for payload in offered}

    assert len(offered) > 600
    assert [payload for payload in offered if not option_exists(catalogue, payload)] == []
    assert {"answered", "chitchat", "handoff"} == set(outcomes.values())
    wrong = [p for p in offered if p.startswith(("answer:", "service:"))]
    assert [payload for payload in wrong if outcomes[payload] != "answered"] == []


def test_every_answer_can_be_reached_by_pressing_alone(published: Published) -> None:
    """Whoever cannot or will not write finds all answers from the menu of the welcome."""
    composer = Composer(published.catalogue, "ja", DAY)
    waiting = {o["payload"] for o in options_of(composer.welcome(is_rehearsal=False))}
    pressed: set[str] = set()
    while waiting:
        payload = waiting.pop()
        pressed.add(payload)
        waiting |= set(press(composer, payload).offered) - pressed
    reached = {composer.topic_of(payload) for payload in pressed}

    assert {topic.key for topic in published.catalogue.topics()} <= reached


@in_every_locale
def test_every_reply_can_be_shown(published: Published, locale: str) -> None:
    """Every message has a type and a text, every option a title; no markup is left in either."""
    for reply in every_reply(published.catalogue, locale):
        shown = [m["text"] for m in reply.messages]
        shown += [option["title"] for option in options_of(reply.messages)]

        assert reply.outcome in OUTCOMES
        assert all(text.strip() for text in shown), reply
        assert not [t for t in shown if {"{", "}", "|"} & set(t)], reply
        assert {"text", "options", "notice"} >= {message["type"] for message in reply.messages}


def test_no_reply_offers_the_same_twice(published: Published) -> None:
    """Options within a reply differ, in where they lead and in how they read."""
    for reply in every_reply(published.catalogue, "ja"):
        options = options_of(reply.messages)

        assert len(options) == len({option["payload"] for option in options}), reply
        assert len(options) == len({option["title"] for option in options}), reply


def test_no_answer_offers_itself(published: Published) -> None:
    """What was just answered is not the next question."""
    composer = Composer(published.catalogue, "ja", DAY)
    asked = [topic.key for topic in published.catalogue.topics()]

    assert [k for k in asked if f"answer:{k}" in press(composer, f"answer:{k}").offered] == []


def test_every_answer_names_itself_and_its_sources(published: Published) -> None:
    """No answer stands without the page that it comes from and the day on which it was compared."""
    composer = Composer(published.catalogue, "ja", DAY)
    for topic in published.catalogue.topics():
        reply = composer.from_key(f"utter_faq/{topic.key}", ())
        named = {"service": topic.service, "topic": topic.id}

        assert reply.outcome == "answered"
        assert {**named, "revision": published.catalogue.revision} == reply.answer
        assert ({**named, "score": 1.0},) == reply.candidates
        assert reply.sources
        for source in reply.sources:
            assert source["title"]
            assert source["url"].startswith(("https://", "http://"))
            assert date.fromisoformat(source["reviewed_on"]) <= DAY


def test_only_answers_carry_sources(published: Published) -> None:
    """A greeting or a question back claims nothing, so it quotes nothing."""
    for reply in every_reply(published.catalogue, "ja"):
        assert (reply.outcome == "answered") == bool(reply.sources) == bool(reply.answer)


def _rankings(keys: list[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    entry = st.fixed_dictionaries({"key": st.sampled_from(keys), "score": st.floats(0, 1)})
    return st.lists(entry, max_size=12).map(
        lambda ranking: sorted(ranking, key=lambda entry: -entry["score"])
    )


@settings(deadline=None, max_examples=200)
@given(data=st.data(), locale=st.sampled_from(LOCALES))
def test_clarify_offers_at_most_four(
    published: Published, data: st.DataObject, locale: str
) -> None:
    """Whatever the ranking holds, the resident chooses among one to four good options."""
    keys = [topic.key for topic in published.catalogue.topics()]
    some = [*keys[:30], "phrase:greeting", "gone.overview", "jido_teate.gone", "", "."]
    reply = Composer(published.catalogue, locale, DAY).from_key(
        "utter_clarify", data.draw(_rankings(some))
    )
    payloads = [option["payload"] for option in options_of(reply.messages)]

    assert (reply.outcome, reply.zone) == ("clarify", "blue")
    assert 1 <= len(payloads) <= 4
    assert len(payloads) == len(set(payloads))
    assert all(option_exists(published.catalogue, payload) for payload in payloads)
    assert payloads[-1] == "menu"


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_candidates_are_published_answers_best_first(
    published: Published, data: st.DataObject
) -> None:
    """Candidates are up to three of the ranking's answers, in its order, whatever the outcome."""
    keys = [topic.key for topic in published.catalogue.topics()][:30]
    ranking = data.draw(_rankings([*keys, "phrase:greeting", "gone.overview"]))
    response = data.draw(st.sampled_from(["utter_clarify", "utter_nlu_fallback", "utter_thanks"]))
    reply = Composer(published.catalogue, "ja", DAY).from_key(response, ranking)
    known = [entry for entry in ranking if published.catalogue.topic(entry["key"])]

    expected = [(entry["key"], entry["score"]) for entry in known][:3]
    got = [(f"{c['service']}.{c['topic']}", c["score"]) for c in reply.candidates]
    assert expected == got


@pytest.mark.parametrize(
    ("keys", "payloads"),
    [
        (
            ["jido_teate.amount", "jido_teate.deadline", "juminhyo.amount"],
            ["answer:jido_teate.amount", "answer:jido_teate.deadline", "menu"],
        ),
        (
            ["jido_teate.amount", "juminhyo.amount", "tennyu.documents", "inkan.amount"],
            ["service:jido_teate", "service:juminhyo", "service:tennyu", "menu"],
        ),
        ([], ["menu"]),
    ],
    ids=["which-side", "which-service", "nothing"],
)
def test_clarify_asks_what_is_unclear(
    published: Published, keys: list[str], payloads: list[str]
) -> None:
    """Where the service is clear the sides are offered, else the services."""
    ranking = [{"key": key, "score": 0.4} for key in keys]
    reply = Composer(published.catalogue, "ja", DAY).from_key("utter_clarify", ranking)

    assert payloads == [option["payload"] for option in options_of(reply.messages)]


@pytest.mark.parametrize(
    "key", ["utter_faq/gone.overview", "utter_faq/jido_teate.gone", "utter_faq/"]
)
def test_answer_that_is_no_longer_published_says_so(published: Published, key: str) -> None:
    """A model older than the data may name an answer that is gone: the resident is sent to a person."""
    reply = Composer(published.catalogue, "ja", DAY).from_key(key, ())
    phrase = Composer(published.catalogue, "ja", DAY).from_key("utter_not_in_force", ())

    assert (reply.outcome, reply.answer, reply.sources) == ("fallback", None, ())
    assert phrase.messages == reply.messages
