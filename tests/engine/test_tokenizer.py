"""Sudachi as a tokenizer of Rasa's: true offsets, any characters, many threads, nothing unseen."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.metadata import version

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rasa.engine.training.fingerprinting import calculate_fingerprint_key
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import INTENT, RESPONSE, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import read_model_configuration

from bot.engine.selector import ScenarioSelector
from bot.engine.tokenizer import SudachiTokenizer, tokens_of
from bot.scenarios.normalise import normalise

from .conftest import ROOT

ODD = "ｶﾞﾊﾟｱｰがか\u3099\u309aé e\u0301㈱㌔①髙𠮟👨\u200d👩\u200b\ufeff\ud83d\u0000 \u3000\n１Ａa住民票窓口、。각한"
texts = st.text(st.sampled_from(ODD), max_size=24) | st.text(max_size=24)


def surfaces(text: str, split_mode: str = "A") -> list[str]:
    """Return the tokens' texts."""
    return [token.text for token in tokens_of(text, split_mode)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("住民票の写し", ["住民", "票", "の", "写し"], id="short units"),
        pytest.param("ｶﾞｽの窓口", ["ｶﾞｽ", "の", "窓口"], id="half-width kana as typed"),
        pytest.param("窓口\n　へ", ["窓口", "へ"], id="white space is no token"),
        pytest.param("👪窓口", ["👪", "窓口"], id="emoji"),
        pytest.param("", [], id="nothing"),
        pytest.param("\u200b", [], id="nothing visible"),
    ],
)
def test_tokens_are_the_words_as_they_were_typed(text: str, expected: list[str]) -> None:
    """A token's text is the surface of the original, whatever width it was typed in."""
    assert expected == surfaces(text)


@given(text=texts)
@example(text="か\u3099\u200bｽ㈱の\ud83d窓口")
def test_offsets_are_true_to_the_original(text: str) -> None:
    """Each token is the stretch of the original that it names, and tokens never go back."""
    tokens = tokens_of(text, "A")

    assert [text[token.start : token.end] for token in tokens] == [t.text for t in tokens]
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)
    assert [token.start for token in tokens] == sorted(token.start for token in tokens)
    assert [token.end for token in tokens] == sorted(token.end for token in tokens)


@given(text=texts)
def test_no_visible_character_is_lost(text: str) -> None:
    """Everything but white space and invisible characters belongs to some token."""
    covered = {n for token in tokens_of(text, "A") for n in range(token.start, token.end)}
    normalised = normalise(text)
    seen = {
        n
        for character, start, end in zip(normalised.text, normalised.starts, normalised.ends)
        if not character.isspace()
        for n in range(start, end)
    }

    assert seen <= covered


@pytest.mark.parametrize(
    ("one", "other"),
    [("引越し", "引っ越し"), ("ｶﾞｽ", "ガス"), ("がす", "か\u3099す"), ("附属", "付属")],
    ids=ascii,
)
def test_spellings_of_a_word_share_their_lemma(one: str, other: str) -> None:
    """What is looked at is Sudachi's normalised form, so spellings fall together."""
    assert [t.lemma for t in tokens_of(one, "A")] == [t.lemma for t in tokens_of(other, "A")]


def test_tokens_carry_reading_and_part_of_speech() -> None:
    """The features take readings and leave out punctuation, so tokens must say both."""
    found = [(t.get("reading"), t.get("pos")) for t in tokens_of("窓口。", "A")]

    assert found == [("マドグチ", "名詞"), ("。", "補助記号")]


def test_many_threads_tokenise_at_once() -> None:
    """Analysers are not thread safe; each thread has its own and all give the same tokens."""
    lines = [f"{n}月の住民票と引っ越しの手続きを㈱窓口で教えてください👪" for n in range(12)]
    expected = [_values(tokens_of(line, "A")) for line in lines]
    threads = 16
    together = threading.Barrier(threads)

    def work(_: int) -> list[list[tuple[object, ...]]]:
        together.wait(60)
        return [_values(tokens_of(line, "A")) for _ in range(10) for line in lines][-len(lines) :]

    with ThreadPoolExecutor(threads) as pool:
        assert [expected] * threads == list(pool.map(work, range(threads)))


def _values(tokens: list[Token]) -> list[tuple[object, ...]]:
    return [(t.text, t.start, t.end, t.lemma, t.get("pos"), t.get("reading")) for t in tokens]


def test_the_split_mode_is_fixed() -> None:
    """Short units are named by the component and by config.yml, not left to Sudachi's default."""
    configured = read_model_configuration(ROOT / "config.yml")["pipeline"][0]

    assert SudachiTokenizer.get_default_config()["split_mode"] == "A"
    assert tuple(configured.values())[:2] == ("bot.engine.tokenizer.SudachiTokenizer", "A")
    assert surfaces("選挙管理委員会", "C") == ["選挙管理委員会"]
    assert surfaces("選挙管理委員会", "A") == ["選挙", "管理", "委員", "会"]


def test_the_component_tokenises_text_and_leaves_intents_alone() -> None:
    """In the pipeline a message gets its tokens with the configured split mode."""
    component = SudachiTokenizer({**SudachiTokenizer.get_default_config(), "split_mode": "C"})
    message = Message.build("選挙管理委員会", "faq/senkyo.overview")
    (processed,) = component.process([message])

    assert [token.text for token in processed.get(TOKENS_NAMES[TEXT])] == ["選挙管理委員会"]
    assert processed.get(INTENT) == "faq"


def test_the_dictionary_is_part_of_the_fingerprint() -> None:
    """Another dictionary or split mode means another training, as do changed sources."""
    config = SudachiTokenizer.get_default_config()
    older = {**config, "dictionary_version": "20200101"}
    longer = {**config, "split_mode": "C"}

    assert version("sudachidict_core") == config["dictionary_version"]
    keys = {calculate_fingerprint_key(SudachiTokenizer, c, {}) for c in (config, older, longer)}
    assert len(keys) == 3
    assert {"sudachipy", "sudachidict_core"} <= set(SudachiTokenizer.required_packages())


@pytest.mark.parametrize("component", [SudachiTokenizer, ScenarioSelector])
def test_required_packages_are_modules_and_distributions(component: type) -> None:
    """Rasa imports each name and asks for its version; a name that is not both fails in training."""
    for name in component.required_packages():
        assert import_module(name)
    assert calculate_fingerprint_key(component, component.get_default_config(), {})


def test_a_training_looks_at_what_residents_say_alone() -> None:
    """Labels and response keys get no tokens: nothing here would look at them."""
    said = Message(data={TEXT: "住民票の写し", INTENT: "faq", RESPONSE: "juminhyo.overview"})
    label = Message(data={INTENT: "faq"})
    SudachiTokenizer(SudachiTokenizer.get_default_config()).process_training_data(
        TrainingData([said, label])
    )

    assert [token.text for token in said.get(TOKENS_NAMES[TEXT])] == surfaces("住民票の写し")
    assert {*said.data} == {TEXT, INTENT, RESPONSE, TOKENS_NAMES[TEXT]}
    assert {*label.data} == {INTENT}
