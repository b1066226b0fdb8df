"""Words that residents write in kana, because they are learners, young, in a hurry, or cannot convert.

Sudachi splits kana into whatever words fit. Here kana are looked up by how they sound among the words
of the examples, so that じどうてあて or ひなんじよ means the words that it would be written with.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bot.engine.features import Word, as_heard

_CONTENT = {"名詞", "動詞", "形容詞", "形状詞"}
_NOT_KANA = re.compile("[ァ-ヶ\u4e00-\u9fff]")  # what makes a word one that kana stand for
_KANA = re.compile("[ぁ-ゖァ-ヶー]{3,}")
_TO_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_SHORTEST, _LONGEST = 3, 8  # kana as heard; shorter ones are within other words
_OFTEN = 3  # times that a word stands in the examples
_HOMOPHONES = 2


class Readings:
    """The words of the examples by how they sound."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        """Take lemmas by reading, see :func:`as_heard`."""
        self._words = words

    @classmethod
    def of(cls, sentences: Iterable[Sequence[Word]]) -> Readings:
        """Learn the words of example sentences."""
        counts = Counter(said for sentence in sentences for said in _words_and_pairs(sentence))
        words: dict[str, list[str]] = {}
        for (reading, lemma), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            if count >= _OFTEN and len(reading) > 1 and len(words.get(reading, ())) < _HOMOPHONES:
                words.setdefault(reading, []).append(lemma)
        return cls(words)

    def words_in(self, text: str, known: set[str]) -> list[str]:
        """Return the words that the kana of a text may stand for, without those ``known`` already."""
        found = []
        for run in _KANA.findall(text):
            found += self._words_of(as_heard(run.translate(_TO_KATAKANA)))
        return [word for said in found for word in said.split("|") if word not in known]

    def _words_of(self, heard: str) -> list[str]:
        """Look up from left to right, the longest first; a whole run may be short."""
        if len(heard) < _SHORTEST:
            return list(self._words.get(heard, ()))
        found: list[str] = []
        place = 0
        while place < len(heard):
            longest = min(_LONGEST, len(heard) - place)
            sizes = range(longest, _SHORTEST - 1, -1)
            size = next((n for n in sizes if heard[place : place + n] in self._words), 0)
            found += self._words[heard[place : place + size]] if size else ()
            place += size or 1
        return found

    def save(self, folder: Path) -> None:
        """Write ``readings.json``."""
        (folder / "readings.json").write_text(json.dumps(self._words, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Readings:
        """Read what :meth:`save` wrote."""
        return cls(json.loads((folder / "readings.json").read_text("utf-8")))


def _words_and_pairs(sentence: Sequence[Word]) -> Iterator[tuple[str, str]]:
    """Yield reading and lemma of each word that kana may stand for, and of two that stand together."""
    before: Word | None = None
    for word in sentence:
        is_content = word.part_of_speech in _CONTENT
        if is_content and _NOT_KANA.search(word.lemma):
            yield as_heard(word.reading), word.lemma
            if before is not None:
                yield as_heard(before.reading + word.reading), f"{before.lemma}|{word.lemma}"
        before = word if is_content else None
