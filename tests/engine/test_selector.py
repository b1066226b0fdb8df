"""The one component that decides: answer, offer choices, or say that nothing was understood."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.engine.names import CLARIFY, FALLBACK, FAQ, OUT_OF_SCOPE, SELECTOR_PROPERTY
from bot.engine.selector import ScenarioSelector, parse_data_of_choice
from bot.engine.tokenizer import SudachiTokenizer

from .conftest import ROOT

CONTEXT = ExecutionContext(GraphSchema({}))
KNOWN = "住民票の写しの手数料はいくらですか"
Understand = Callable[..., Message]


@pytest.fixture(scope="module")
def tokenizer() -> SudachiTokenizer:
    """Return the tokenizer with its defaults."""
    return SudachiTokenizer(SudachiTokenizer.get_default_config())


@pytest.fixture(scope="module")
def storage(
    small_data: Path, tokenizer: SudachiTokenizer, tmp_path_factory: pytest.TempPathFactory
) -> LocalModelStorage:
    """Return a model storage that holds a trained selector."""
    data = TrainingDataImporter.load_from_config(
        str(ROOT / "config.yml"), training_data_paths=[str(small_data)]
    ).get_nlu_data()
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("storage"))
    config = ScenarioSelector.get_default_config()
    selector = ScenarioSelector.create(config, storage, Resource("selector"), CONTEXT)
    assert Resource("selector") == selector.train(tokenizer.process_training_data(data))
    return storage


@pytest.fixture(scope="module")
def understand(storage: LocalModelStorage, tokenizer: SudachiTokenizer) -> Understand:
    """Return a function that loads the selector with some thresholds and gives it a message."""

    def process(text: str, **thresholds: float) -> Message:
        config = {**ScenarioSelector.get_default_config(), **thresholds}
        selector = ScenarioSelector.load(config, storage, Resource("selector"), CONTEXT)
        message = Message({TEXT: text})
        (processed,) = selector.process(tokenizer.process([message]))
        return processed

    return process


def intent(message: Message) -> str:
    """Return the name of the intent."""
    return str(message.get(INTENT)["name"])


def test_a_question_names_its_answer_in_rasas_own_shape(understand: Understand) -> None:
    """Rasa's retrieval action finds the response where its own selector would have put it."""
    message = understand(KNOWN)
    response = message.get("response_selector")[FAQ]["response"]

    assert intent(message) == FAQ
    assert response["intent_response_key"] == "faq/juminhyo.amount"
    assert response["utter_action"] == "utter_faq/juminhyo.amount"
    assert [entity["value"] for entity in message.get("entities")] == ["juminhyo"]


def test_the_ranking_stands_beside_the_decision(understand: Understand) -> None:
    """The trace can show what else was considered, and how sure each step was."""
    message = understand(KNOWN)
    ranking = message.get(SELECTOR_PROPERTY)

    assert ranking[0]["key"] == "juminhyo.amount"
    assert sorted((r["score"] for r in ranking), reverse=True) == [r["score"] for r in ranking]
    assert 0 < message.get("service_confidence") <= 1
    assert message.as_dict(only_output_properties=True)[SELECTOR_PROPERTY] == ranking


@pytest.mark.parametrize(
    ("text", "thresholds", "expected"),
    [
        pytest.param(KNOWN, {}, FAQ, id="sure"),
        pytest.param(KNOWN, {"answer_at": 1.1}, CLARIFY, id="not sure which side"),
        pytest.param(KNOWN, {"service_at": 1.1}, CLARIFY, id="not sure which service"),
        pytest.param(KNOWN, {"outside_below": 0}, CLARIFY, id="not sure that it is the ward's"),
        pytest.param(KNOWN, {"answer_at": 1.1, "offer_at": 1.1}, FALLBACK, id="worth no offer"),
        pytest.param("ありがとう", {}, "thanks", id="a phrase"),
        pytest.param("ありがとう", {"phrase_at": 1.1}, FALLBACK, id="a phrase, unsure"),
        pytest.param("ϡϟϞ", {}, FALLBACK, id="nothing known"),
        pytest.param("ϡϟϞ", {"offer_at": 0.01, "answer_at": 0}, FALLBACK, id="nothing to answer"),
        pytest.param("おすすめのラーメン屋は", {}, OUT_OF_SCOPE, id="not the ward's business"),
        pytest.param("おすすめのラーメン屋は", {"outside_at": 1.1}, FALLBACK, id="not surely so"),
        pytest.param(
            "おすすめのラーメン屋は", {"known_at": 1.1}, FALLBACK, id="in no language we know"
        ),
    ],
)
def test_thresholds_decide_between_answer_offer_and_fallback(
    understand: Understand, text: str, thresholds: dict[str, float], expected: str
) -> None:
    """Each threshold of config.yml moves the decision that it is named for."""
    assert expected == intent(understand(text, **thresholds))


@pytest.mark.parametrize(
    ("text", "metadata", "zone"),
    [
        pytest.param("父が倒れて息をしていません", {}, "emergency", id="emergency"),
        pytest.param("隣の人の収入を教えてください", {}, "red", id="red"),
        pytest.param("生活が苦しくてもう食べられません", {}, "yellow", id="yellow"),
        pytest.param(KNOWN, {}, "blue", id="blue"),
        pytest.param("ϡϟϞ", {}, "blue", id="unreadable"),
        pytest.param(KNOWN, {"said": "my father is not breathing"}, "emergency", id="as said"),
    ],
)
def test_the_zone_stands_beside_the_decision(
    storage: LocalModelStorage,
    tokenizer: SudachiTokenizer,
    text: str,
    metadata: dict[str, str],
    zone: str,
) -> None:
    """The gateway weighs it: the probability of each zone, and the likeliest kind."""
    config = ScenarioSelector.get_default_config()
    selector = ScenarioSelector.load(config, storage, Resource("selector"), CONTEXT)
    message = Message({TEXT: text, "metadata": metadata})
    (processed,) = selector.process(tokenizer.process([message]))
    shares = processed.get("zone")["shares"]

    assert max(shares, key=lambda name: shares[name]) == zone
    assert processed.as_dict(only_output_properties=True)["zone"] == processed.get("zone")


@pytest.mark.parametrize("expected", [CLARIFY, FALLBACK])
def test_what_is_not_answered_names_no_response(understand: Understand, expected: str) -> None:
    """Neither an offer nor a fallback carries an answer or a service."""
    thresholds = {CLARIFY: {"answer_at": 1.1}, FALLBACK: {"answer_at": 1.1, "offer_at": 1.1}}
    message = understand(KNOWN, **thresholds[expected])

    assert (message.get("response_selector"), message.get("entities", [])) == (None, [])


def test_an_intent_that_is_already_known_stays(
    storage: LocalModelStorage, tokenizer: SudachiTokenizer
) -> None:
    """A choice comes with its meaning and is not understood again."""
    config = ScenarioSelector.get_default_config()
    selector = ScenarioSelector.load(config, storage, Resource("selector"), CONTEXT)
    known: dict[str, Any] = {"name": "thanks", "confidence": 1.0}
    (message,) = selector.process(tokenizer.process([Message({TEXT: KNOWN, INTENT: known})]))

    assert known == message.get(INTENT)
    assert message.get(SELECTOR_PROPERTY) is None


@pytest.mark.parametrize(
    ("key", "expected"), [("juminhyo.amount", FAQ), ("phrase:person", "person")]
)
def test_a_choice_is_certain(key: str, expected: str) -> None:
    """What was chosen from an offer has the confidence 1 and no rivals."""
    parsed = parse_data_of_choice(key)

    assert {"name": expected, "confidence": 1.0} == parsed[INTENT]
    assert [{"key": key, "score": 1.0}] == parsed[SELECTOR_PROPERTY]
    assert ("response_selector" in parsed) is (expected == FAQ)
