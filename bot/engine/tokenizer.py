"""Japanese tokens for Rasa: SudachiPy on normalised text, offsets true to the original."""

from __future__ import annotations

import threading
from importlib.metadata import version
from typing import Any, Dict, List, Optional

import sudachipy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.sources import sources_hash
from bot.scenarios.normalise import normalise

_DICTIONARY_PACKAGE = "sudachidict_core"
SPLIT_MODE = "A"  # the shortest units: what residents leave out or add, the rest still matches
_local = threading.local()
_dictionary_lock = threading.Lock()
_dictionary: sudachipy.Dictionary | None = None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class SudachiTokenizer(Tokenizer):
    """Split Japanese (and whatever stands beside it) with SudachiPy.

    A token's ``text`` is the surface as typed, ``start``/``end`` are code points of the original message,
    ``lemma`` is Sudachi's normalised form, which CountVectorsFeaturizer and our selector use.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Name the options; ``split_mode`` is fixed so that an update of Sudachi cannot change it."""
        return {
            "split_mode": SPLIT_MODE,
            "dictionary_version": version(_DICTIONARY_PACKAGE),
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    @staticmethod
    def required_packages() -> List[str]:
        """Put the analyser and its dictionary into the fingerprint, so that neither changes unseen."""
        return ["sudachipy", _DICTIONARY_PACKAGE]

    @staticmethod
    def fingerprint_addon(config: Dict[str, Any]) -> Optional[str]:
        """Hash what Rasa's fingerprint misses: the normaliser and this module's functions."""
        return sources_hash()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Tokenise what residents say.

        Rasa would tokenise labels and response keys, too, which takes as long and which nothing here
        looks at.
        """
        for example in training_data.training_examples:
            if example.get(TEXT):
                example.set(TOKENS_NAMES[TEXT], self.tokenize(example, TEXT))
        return training_data

    def tokenize(self, message: Message, attribute: str) -> List[Token]:
        """Tokenise one attribute of a message; never fails on odd characters."""
        return tokens_of(str(message.get(attribute)), self._config["split_mode"])


def tokens_of(text: str, split_mode: str) -> list[Token]:
    """Return the tokens of ``text``; white space separates and is no token."""
    normalised = normalise(text)
    tokens = []
    for morpheme in _analyser(split_mode).tokenize(normalised.text):
        if not morpheme.surface().strip():
            continue
        start, end = normalised.span(morpheme.begin(), morpheme.end())
        lemma, reading, part_of_speech = _looked_up(morpheme)
        data = {"pos": part_of_speech, "reading": reading}
        tokens.append(Token(text[start:end], start, end, data=data, lemma=lemma))
    return tokens


def words_of(text: str, split_mode: str = SPLIT_MODE) -> list[tuple[str, str, str]]:
    """Return lemma, reading and part of speech of each token of ``text``, without their places."""
    morphemes = _analyser(split_mode).tokenize(normalise(text).text)
    return [_looked_up(morpheme) for morpheme in morphemes if morpheme.surface().strip()]


def _looked_up(morpheme: sudachipy.Morpheme) -> tuple[str, str, str]:
    return (
        morpheme.normalized_form(),
        morpheme.reading_form(),
        morpheme.part_of_speech()[0],
    )


def _analyser(split_mode: str) -> sudachipy.Tokenizer:
    """Return this thread's analyser: they are not thread safe, the dictionary is (sudachi.rs#289)."""
    made: dict[str, sudachipy.Tokenizer] = _local.__dict__.setdefault("analysers", {})
    if split_mode not in made:
        made[split_mode] = _shared_dictionary().create(getattr(sudachipy.SplitMode, split_mode))
    return made[split_mode]


def _shared_dictionary() -> sudachipy.Dictionary:
    global _dictionary
    with _dictionary_lock:
        if _dictionary is None:
            _dictionary = sudachipy.Dictionary(dict="core")
        return _dictionary
