"""Responses are keys for the gateway, and Japanese text for a person at ``rasa shell``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.engine.importer import domain_of
from bot.engine.nlg import ResponseKeys
from bot.engine.tracker_store import EMPTY_STATE, Exchange, current
from bot.scenarios.model import Catalogue
from bot.scenarios.reading import read_catalogue
from bot.scenarios.rendering import render
from bot.scenarios.today import jst_today

from .conftest import ROOT


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    """Return the data that ``rasa shell`` reads at the root."""
    return read_catalogue(ROOT / "data")


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """Hold a call of the gateway."""
    exchange = Exchange(EMPTY_STATE)
    token = current.set(exchange)
    yield exchange
    current.reset(token)


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where ``rasa shell`` is started."""
    monkeypatch.chdir(ROOT)


def generate(action: str) -> str:
    """Return what would be sent for a response."""
    keys = ResponseKeys(EndpointConfig(), Domain.empty())
    tracker = DialogueStateTracker("person", [])
    response = asyncio.run(keys.generate(action, tracker, "cmdline"))
    assert response is not None
    return str(response["text"])


@pytest.mark.parametrize(
    "action", ["utter_faq/juminhyo.amount", "utter_clarify", "utter_unheard_of"]
)
def test_the_gateway_is_given_keys(exchange: Exchange, action: str) -> None:
    """During a call nothing but the key leaves the worker."""
    assert action == generate(action)


def test_a_person_reads_the_answer_of_the_day(shipped: Catalogue) -> None:
    """Without a call the key's published text is shown, as the ward's visitors would read it."""
    topic = shipped.topic("juminhyo.amount")
    answer = topic.answer_on(jst_today()) if topic else None

    assert answer is not None
    expected = render(answer.texts, "ja", shipped.ward, jst_today()).text
    assert expected == generate("utter_faq/juminhyo.amount")


def test_every_response_of_the_domain_has_its_text(shipped: Catalogue) -> None:
    """A person is never shown a key where there is a text: phrases, the offer, the fallback."""
    responses = domain_of(shipped)["responses"]

    assert len(responses) > 3
    assert [action for action in responses if generate(action) == action] == []


@pytest.mark.parametrize("action", ["utter_unheard_of", "utter_faq/un.heard", "utter_faq/nothing"])
def test_a_key_without_a_text_is_shown_itself(action: str) -> None:
    """Someone who tries a model against other data sees what is missing."""
    assert action == generate(action)
