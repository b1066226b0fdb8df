"""What is looked at in a message: words, characters, readings, meaning; one vector for all of it.

Words are Sudachi's normalised forms (引越/引っ越し fall together), characters carry typos and compounds,
readings carry kana writing and homophones, word vectors carry words that no example has. Pairs of words
carry how something is said: a wish or a question, of oneself or of the rules. Why these:
docs/understanding.md.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse as sparse

from bot.engine.arrays import save_arrays
from bot.engine.vectors import WordVectors

_SILENT = {"補助記号", "空白"}
_HANGUL = re.compile("[\uac00-\ud7a3]")
# Two letters say little in languages that write words with many.
_LATIN = re.compile("[a-z\u00c0-\u024f\u1e00-\u1eff]{3,}")
_WEIGHTS = (0.25, 0.3, 0.45)  # of words, characters, readings
_MEANING = 0.7  # length of the part that carries meaning, beside a length of 1 for the other three
_PAIRS = 3  # the block of pairs, whose length is 1 by itself
_NEAR = 4  # words from one to the other of a pair
# What learners and dialects leave out or draw out: long vowels, ッ; and kana that sound alike.
_LONG = re.compile(
    "(?<=[オコソトノホモヨロゴゾドボポョウクスツヌフムユルグズブプュ])ウ"
    "|(?<=[オコソトノホモヨロゴゾドボポョ])オ|(?<=[エケセテネヘメレゲゼデベペ])イ|[ーッ]"
)
_ALIKE = str.maketrans("ヂヅヲ", "ジズオ")


@dataclass(frozen=True)
class Word:
    """A token as the features see it."""

    lemma: str
    reading: str
    part_of_speech: str


class Grams(NamedTuple):
    """The features of one message, block by block."""

    words: list[str]
    characters: list[str]
    readings: list[str]
    pairs: list[str]


def grams_of(text: str, words: Sequence[Word]) -> Grams:
    """Return the features of one message; ``text`` is normalised."""
    spoken = [word for word in words if _is_spoken(word)]
    letters = "".join(text.split())
    reading = "".join(word.reading or word.lemma for word in spoken)
    lemmas = [word.lemma for word in spoken]
    return Grams(
        lemmas,
        _ngrams(letters, 2)
        + [c for c in letters if "一" <= c <= "\u9fff"]
        + [gram for word in _LATIN.findall(text) for gram in _ngrams(word, 4)],
        _ngrams(as_heard(reading), 3),
        _pairs(lemmas),
    )


def as_heard(reading: str) -> str:
    """Return a reading (katakana) without what learners leave out and dialects draw out."""
    return _LONG.sub("", reading.translate(_ALIKE))


def kana_share(message: Grams) -> float:
    """Return the share of a message's characters (in pairs) that are kana, 0 to 1."""
    kana = sum(any("\u3040" <= c <= "\u30ff" for c in gram) for gram in message.characters)
    return kana / len(message.characters) if message.characters else 0.0


def together(parts: Sequence[Grams]) -> Grams:
    """Return the features of several stretches of text as those of one message."""
    if len(parts) == 1:
        return parts[0]
    return Grams(*(list(chain.from_iterable(block)) for block in zip(*parts)))


def _is_spoken(word: Word) -> bool:
    # Sudachi knows no Korean and calls every Hangul word 補助記号.
    return word.part_of_speech not in _SILENT or bool(_HANGUL.search(word.lemma))


def _ngrams(letters: str, size: int) -> list[str]:
    if not letters:
        return []  # the frame alone would be something that all empty messages share
    framed = f"\x02{letters}\x03"
    return [framed[i : i + size] for i in range(len(framed) - size + 1)]


def _pairs(words: list[str]) -> list[str]:
    """Return two words that stand near each other, and three in a row; the frame is a word, too."""
    if not words:
        return []
    framed = ["\x02", *words, "\x03"]
    near = range(1, min(_NEAR, len(words)) + 1)  # the two ends of the frame are no pair
    pairs = [f"{one}\t{other}" for gap in near for one, other in zip(framed, framed[gap:])]
    return pairs + ["\n".join(three) for three in zip(framed, framed[1:], framed[2:])]


_Counts = tuple[np.ndarray, np.ndarray, np.ndarray]


class Vectoriser:
    """tf-idf with sublinear counts for three blocks, then the mean meaning of the words, then pairs.

    The three blocks of a message together have the length 1, the meaning at most ``_MEANING``, pairs 1.
    """

    def __init__(
        self, vocabularies: list[dict[str, int]], idf: list[np.ndarray], meaning: WordVectors
    ) -> None:
        """Take a vocabulary (gram to column) and an idf array per block, and the word vectors."""
        self._vocabularies = vocabularies
        self._idf = idf
        self._meaning = meaning
        self.grams = sum(map(len, vocabularies[:_PAIRS]))
        """How many columns stand for grams; those behind them carry meaning."""
        self.plain = self.grams + meaning.width
        """How many columns stand before those of pairs."""
        self._rarest = max((float(block.max(initial=1.0)) for block in idf), default=1.0)

    @classmethod
    def fit(
        cls, messages: Sequence[Grams], meaning: WordVectors
    ) -> tuple[Vectoriser, sparse.csr_matrix]:
        """Learn the vocabularies and idf of ``messages``; return their rows, too."""
        vocabularies, idf, blocks = [], [], []
        for block in range(_PAIRS + 1):
            grams = _worth_knowing(messages, block)
            vocabularies.append({gram: column for column, gram in enumerate(grams)})
            blocks.append(_counted(messages, block, vocabularies[block]))
            counts = np.bincount(blocks[block][1], minlength=len(grams))
            idf.append((np.log((1 + len(messages)) / (1 + counts)) + 1).astype(np.float32))
        fitted = cls(vocabularies, idf, meaning)
        fitted = cls(vocabularies, idf, meaning.fitted(messages, fitted._weight))
        return fitted, fitted._rows(messages, blocks)

    def transform(self, messages: Sequence[Grams]) -> sparse.csr_matrix:
        """Return one row per message, shape (messages, all columns), float32."""
        numbered = enumerate(self._vocabularies)
        return self._rows(messages, [_counted(messages, *block) for block in numbered])

    def _rows(self, messages: Sequence[Grams], blocks: list[_Counts]) -> sparse.csr_matrix:
        parts = [self._weighted(number, *block) for number, block in enumerate(blocks)]
        parts.append(self._meanings(messages))
        rows, columns, values = (np.concatenate(part) for part in zip(*parts))
        shape = (len(messages), self.plain + len(self._vocabularies[_PAIRS]))
        return sparse.csr_matrix((values, (rows, columns)), shape=shape)

    def _weighted(
        self, block: int, rows: np.ndarray, columns: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return row, column and value of every known gram of a block."""
        values = (1 + np.log(counts)) * self._idf[block][columns]
        lengths = np.sqrt(np.bincount(rows, values**2))
        if block == _PAIRS:
            return rows, columns + self.plain, (values / lengths[rows]).astype(np.float32)
        values *= np.sqrt(_WEIGHTS[block]) / lengths[rows]
        return rows, columns + sum(map(len, self._idf[:block])), values.astype(np.float32)

    def _meanings(self, messages: Sequence[Grams]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        dense = _MEANING * self._meaning.of(messages, self._weight)
        rows, columns = np.nonzero(dense)
        return rows, columns + self.grams, dense[rows, columns].astype(np.float32)

    def _weight(self, lemma: str) -> float:
        """Return how telling a word is; one that no example has is as rare as can be."""
        column = self._vocabularies[0].get(lemma)
        return self._rarest if column is None else float(self._idf[0][column])

    def known_share(self, message: Grams, *, is_example: bool = False) -> float:
        """Return how much of what a message is written with occurs in the examples, 0 to 1.

        For one of the examples: in others than itself.
        """
        vocabulary, idf = self._vocabularies[1], self._idf[1]
        columns = [c for c in map(vocabulary.get, message.characters) if c is not None]
        rarest = float(idf.max(initial=0.0)) - 1e-6 if is_example else np.inf
        known = np.count_nonzero(idf[columns] < rarest)
        return known / len(message.characters) if message.characters else 0.0

    def save(self, folder: Path) -> None:
        """Write ``grams.json`` and ``idf.npz``; no pickles (GHSA-cpv4-ggrr-7j9v)."""
        grams = [list(vocabulary) for vocabulary in self._vocabularies]
        (folder / "grams.json").write_text(json.dumps(grams, ensure_ascii=False), "utf-8")
        save_arrays(folder / "idf.npz", **{str(n): block for n, block in enumerate(self._idf)})
        self._meaning.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Vectoriser:
        """Read what :meth:`save` wrote."""
        grams = json.loads((folder / "grams.json").read_text("utf-8"))
        vocabularies = [{gram: column for column, gram in enumerate(block)} for block in grams]
        with np.load(folder / "idf.npz") as arrays:
            idf = [arrays[name] for name in arrays.files]
        return cls(vocabularies, idf, WordVectors.load(folder))


def _worth_knowing(messages: Sequence[Grams], block: int) -> list[str]:
    """Return the grams of a block in order; of pairs, which are too many, those that are said again."""
    every = chain.from_iterable(message[block] for message in messages)
    if block != _PAIRS:
        return sorted(set(every))
    enough = fewest(len(messages))
    return sorted(pair for pair, count in Counter(every).items() if count >= enough)


def fewest(messages: int) -> int:
    """Return how many of so many messages must have a gram before anything is learnt from it."""
    return 1 + min(2, messages // 1000)


def _counted(messages: Sequence[Grams], block: int, vocabulary: dict[str, int]) -> _Counts:
    """Return row, column and count of every known gram of a block, each pair once."""
    find: Callable[[str], int | None] = vocabulary.get
    found = [[c for c in map(find, message[block]) if c is not None] for message in messages]
    rows = np.repeat(np.arange(len(found)), [len(columns) for columns in found])
    columns = np.fromiter(chain.from_iterable(found), np.int64, len(rows))
    width = len(vocabulary) or 1
    places, counts = np.unique(rows * width + columns, return_counts=True)
    return (*np.divmod(places, width), counts)
