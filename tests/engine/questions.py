"""Questions as the features see them, made in the way of the pipeline."""

from __future__ import annotations

from bot.engine.features import Word, grams_of
from bot.engine.ranker import Grams
from bot.engine.tokenizer import tokens_of
from bot.scenarios.model import Catalogue
from bot.scenarios.normalise import normalise


def grams(text: str) -> Grams:
    """Return the features of one message."""
    words = [Word(t.lemma, t.get("reading"), t.get("pos")) for t in tokens_of(text, "A")]
    return grams_of(normalise(text).text, words)


def examples_of(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Return every example question with the key of its answer."""
    topics = [
        (line, topic.key)
        for topic in catalogue.topics()
        for lines in topic.examples.values()
        for line in lines
    ]
    phrases = [
        (line, f"phrase:{phrase.id}")
        for phrase in catalogue.phrases.values()
        for lines in phrase.examples.values()
        for line in lines
    ]
    return [*topics, *phrases]
