"""How rarely a list takes the place of an answer, measured over every example that the ward has written."""

from __future__ import annotations

from datetime import date

import pytest

from bot.dialogue.facilities.lists import FacilityLists
from bot.dialogue.published import Published

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 27)


UNSURE = "utter_nlu_fallback"


@pytest.fixture(scope="module")
def lists(published: Published) -> FacilityLists:
    """The lists of the shipped tables."""
    return FacilityLists(published.catalogue, "ja", DAY)


@pytest.fixture(scope="module")
def examples(published: Published) -> list[tuple[str, str, str]]:
    """Every example of every topic, with its service and key."""
    return [
        (topic.service, topic.key, line)
        for topic in published.catalogue.topics()
        for lines in topic.examples.values()
        for line in lines
    ]


def test_hardly_an_example_of_another_service_becomes_a_list(
    published: Published, lists: FacilityLists, examples: list[tuple[str, str, str]]
) -> None:
    """At most one in a thousand reads like a search while the worker is unsure, none once it is sure."""
    services = published.catalogue.facilities.services
    others = [(key, line) for service, key, line in examples if service not in services]
    taken = [(key, line) for key, line in others if lists.from_text(line, UNSURE, [], {})]

    assert len(taken) <= len(others) / 1000
    assert [x for x in taken if lists.from_text(x[1], f"utter_faq/{x[0]}", [], {})] == []


def test_lists_answer_only_questions_where_or_which_of_their_services(
    published: Published, lists: FacilityLists, examples: list[tuple[str, str, str]]
) -> None:
    """Amounts, papers, deadlines and changes stay with the texts that staff wrote."""
    services = published.catalogue.facilities.services
    taken = {
        key.split(".")[1]
        for service, key, line in examples
        if service in services and lists.from_text(line, f"utter_faq/{key}", [], {})
    }

    assert taken <= {"overview", "procedure", "counter"}


def test_no_phrase_of_the_bot_becomes_a_list(published: Published, lists: FacilityLists) -> None:
    """Greetings, thanks and questions without a subject are left alone."""
    taken = [
        line
        for phrase in published.catalogue.phrases.values()
        for lines in phrase.examples.values()
        for line in lines
        if lists.from_text(line, f"utter_{phrase.id}", [], {})
    ]

    assert taken == []
