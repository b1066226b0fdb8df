"""Rasa's training data straight from the scenario files, through Rasa's own importer machinery."""

from __future__ import annotations

import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
from rasa.shared.core.constants import DEFAULT_INTENTS
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.engine.importer import CHECKED, ScenarioImporter, sayings_of
from bot.engine.names import CLARIFY, FALLBACK, FAQ, utter
from bot.scenarios.model import Catalogue
from bot.scenarios.problems import ScenarioError
from bot.scenarios.reading import read_catalogue, revision_of

from .conftest import ROOT
from .questions import examples_of
from .subset import copy_services

CONFIG = str(ROOT / "config.yml")


def load(data: Path) -> TrainingDataImporter:
    """Load the importer that config.yml names, as ``rasa train --data FOLDER`` does."""
    return TrainingDataImporter.load_from_config(CONFIG, training_data_paths=[str(data)])


@pytest.fixture(scope="module")
def importer(small_data: Path) -> TrainingDataImporter:
    """Return the importer of the small data folder."""
    return load(small_data)


@pytest.fixture(scope="module")
def catalogue(small_data: Path) -> Catalogue:
    """Return the small data folder as read without Rasa."""
    return read_catalogue(small_data)


@pytest.fixture(scope="module")
def one_service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with one service only."""
    folder = tmp_path_factory.mktemp("one") / "data"
    return copy_services(ROOT / "data", folder, ("toshokan",))


def test_there_is_one_retrieval_intent_beside_the_phrases(
    importer: TrainingDataImporter, catalogue: Catalogue
) -> None:
    """All questions about services are one intent; what residents say otherwise has its own."""
    domain = importer.get_domain()
    spoken = {phrase.id for phrase in catalogue.phrases.values() if phrase.examples}

    assert domain.retrieval_intents == [FAQ]
    assert {FAQ, CLARIFY, *spoken, *DEFAULT_INTENTS} == set(domain.intents)
    assert {utter(FAQ), utter(CLARIFY), utter(FALLBACK)} <= set(domain.action_names_or_texts)


def test_every_intent_has_one_rule_however_many_answers_there_are(
    importer: TrainingDataImporter, one_service: Path
) -> None:
    """Rules, and so the cost of a turn, do not grow with the number of answers."""
    rules = [
        [event.intent_name for event in step.events if hasattr(event, "intent_name")]
        for step in importer.get_stories().story_steps
    ]
    fewer = load(one_service).get_stories().story_steps

    assert len(rules) == len(fewer)
    assert sum(intents == [FAQ] for intents in rules) == 1
    assert all(len(intents) == 1 for intents in rules)
    assert len({intents[0] for intents in rules}) == len(rules)


def test_every_example_is_a_training_message(
    importer: TrainingDataImporter, catalogue: Catalogue
) -> None:
    """Questions of all languages come with the key of their answer, phrases with their intent."""
    messages = importer.get_nlu_data().intent_examples
    found = {(message.get(TEXT), _key(message)) for message in messages}

    names = {
        (name, f"{s.id}.{next(iter(s.topics))}")
        for s in catalogue.scenarios.values()
        for name in (s.name["ja"], *s.also)
    }
    background = {
        (line, "phrase:out_of_scope") for lines in catalogue.background.values() for line in lines
    }
    assert {*examples_of(catalogue), *names, *background} == found


def test_zone_examples_have_a_zone_and_no_intent(
    importer: TrainingDataImporter, catalogue: Catalogue
) -> None:
    """The zone is no answer: it is learnt beside the intents, from the kinds and what looks like them."""
    messages = [m for m in importer.get_nlu_data().training_examples if m.get("zone")]
    found = {(m.get(TEXT), m.get("zone"), m.get("zone_kind")) for m in messages}
    kinds = {
        (line, kind.zone, kind.id)
        for kind in catalogue.zones.kinds.values()
        for lines in kind.examples.values()
        for line in lines
    }
    blue = {(line, "blue", "") for lines in catalogue.zones.blue.values() for line in lines}

    assert kinds | blue == found
    assert [m for m in messages if m.get("intent")] == []


def test_official_words_come_as_rasas_synonyms(catalogue: Catalogue) -> None:
    """The lexicon, and the names of services and topics in other languages, mean the Japanese ones."""
    listed = replace(catalogue, lexicon={"児手": ("児童手当", "子ども")})
    sayings = sayings_of(listed)

    assert sayings["児手"] == "児童手当\n子ども"
    assert sayings["Child Allowance"] == catalogue.scenarios["jido_teate"].name["ja"]
    assert sayings["所需材料"] == "必要なもの"
    assert "児童手当" not in sayings


def _key(message: Message) -> str:
    retrieval = message.get(INTENT_RESPONSE_KEY)
    return str(retrieval).split("/", 1)[1] if retrieval else f"phrase:{message.get(INTENT)}"


def test_every_answer_is_a_response_that_holds_its_key_only(
    importer: TrainingDataImporter, catalogue: Catalogue
) -> None:
    """The model knows keys, not texts, so that a text edit needs no training."""
    responses = importer.get_nlu_data().responses
    expected = {utter(f"{FAQ}/{t.key}"): [{"text": t.key}] for t in catalogue.topics()}

    assert expected == responses
    texts = {answer.texts["ja"] for topic in catalogue.topics() for answer in topic.answers}
    assert not texts & {str(r) for rs in importer.get_domain().responses.values() for r in rs}


def test_messages_are_equal_exactly_if_text_and_intent_are(one_service: Path) -> None:
    """The cheap hash changes nothing: equal messages have equal hashes, other ones differ."""
    one, other = (load(one_service).get_nlu_data().intent_examples for _ in range(2))

    assert one[0] == other[0]
    assert hash(one[0]) == hash(other[0])
    assert len(set(one)) == len(set(one) | set(other))
    assert one[0] != one[1]


@pytest.mark.parametrize("kind", ["list", "text", "among others"])
def test_the_data_folder_may_be_named(one_service: Path, tmp_path: Path, kind: str) -> None:
    """``--data FOLDER`` trains from another folder of the same layout."""
    folder = str(one_service)
    paths = {"list": [folder], "text": folder, "among others": [str(tmp_path), folder]}[kind]

    importer = ScenarioImporter(CONFIG, training_data_paths=paths)
    services = {_key(m).split(".")[0] for m in importer.get_nlu_data().intent_examples}
    assert {"toshokan"} == {service for service in services if ":" not in service}


@pytest.mark.parametrize("paths", [None, [], ["tests"]], ids=["none", "empty", "no data folder"])
def test_without_a_data_folder_the_one_beside_the_configuration_is_read(
    one_service: Path, tmp_path: Path, paths: list[str] | None
) -> None:
    """``rasa train`` without arguments reads ``data/`` at the root of the project."""
    shutil.copy(CONFIG, tmp_path)
    shutil.copytree(one_service, tmp_path / "data")

    importer = ScenarioImporter(str(tmp_path / "config.yml"), training_data_paths=paths)
    assert utter(f"{FAQ}/toshokan.overview") in importer.get_nlu_data().responses


def test_the_configuration_is_read_as_it_is(importer: TrainingDataImporter) -> None:
    """config.yml leaves nothing to be guessed, and its pipeline is ours."""
    names = [part["name"] for part in importer.get_config()["pipeline"]]

    tokenizer, selector = "tokenizer.SudachiTokenizer", "selector.ScenarioSelector"
    assert [f"bot.engine.{tokenizer}", f"bot.engine.{selector}"] == names
    assert ScenarioImporter(CONFIG).get_config_file_for_auto_config() == CONFIG
    assert ScenarioImporter().get_config() == {}


def test_files_that_cannot_be_read_stop_the_training(one_service: Path, tmp_path: Path) -> None:
    """A wrong scenario is an error with its findings, never a model without it."""
    broken = Path(shutil.copytree(one_service, tmp_path / "data"))
    (broken / "ward.yml").write_text("ward: 1\n", "utf-8")

    with pytest.raises(ScenarioError, match=r"ward\.yml"):
        load(broken).get_domain()


def test_conversation_tests_are_the_files_named_so(one_service: Path) -> None:
    """A folder gives its ``test_*.yml``, a file itself; nothing else is a conversation test."""
    folder = ROOT / "tests" / "engine" / "data"
    named = [folder, folder / "test_stories.yml", folder.parent / "conftest.py"]

    steps = []
    for path in named:
        importer = ScenarioImporter(CONFIG, training_data_paths=[str(one_service), str(path)])
        steps.append(len(importer.get_conversation_tests().story_steps))
    assert steps[0] == steps[1] > 0
    assert steps[2] == 0


def test_what_was_checked_before_the_training_is_not_checked_again(
    one_service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for it names the revision; any other content is checked as always."""
    wrong = Path(shutil.copytree(one_service, tmp_path / "data"))
    file = wrong / "scenarios" / "kurashi" / "toshokan.yml"
    file.write_text(f"{file.read_text('utf-8')}unknown: 1\n", "utf-8")
    monkeypatch.setenv(CHECKED, revision_of(wrong))
    believed = ScenarioImporter(CONFIG, training_data_paths=str(wrong)).get_domain()
    file.write_text(f"{file.read_text('utf-8')}more: 1\n", "utf-8")

    assert utter(FALLBACK) in believed.responses
    with pytest.raises(ScenarioError, match="unknown"):
        ScenarioImporter(CONFIG, training_data_paths=str(wrong)).get_domain()
    (wrong / "phrases.yml").unlink()
    with pytest.raises(ScenarioError, match=r"phrases\.yml"):
        ScenarioImporter(CONFIG, training_data_paths=str(wrong)).get_domain()


def test_a_copied_message_stands_for_itself(one_service: Path) -> None:
    """What is set on a copy, as Rasa does all the time, is not set on the original."""
    original = load(one_service).get_nlu_data().intent_examples[0]
    copied = deepcopy(original)
    copied.set(INTENT, "another", add_to_output=True)

    assert original.get(INTENT) == FAQ
    assert original.features == []
    assert INTENT not in original.output_properties
    assert copied.fingerprint() != deepcopy(original).fingerprint() == original.fingerprint()
