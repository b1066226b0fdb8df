"""What is looked at in a message: words, characters, readings; each a sparse tf-idf vector.

Words are Sudachi's normalised forms (引越/引っ越し fall together), characters carry typos and compounds,
readings carry kana writing and homophones. Why these three: docs/adr/0005-factored-ranking.md.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sparse

_SILENT = {"補助記号", "空白"}
_HANGUL = re.compile("[\uac00-\ud7a3]")
_BLOCKS = (("words", 0.4), ("characters", 0.4), ("readings", 0.2))


@dataclass(frozen=True)
class Word:
    """A token as the features see it."""

    lemma: str
    reading: str
    part_of_speech: str


def grams_of(text: str, words: Sequence[Word]) -> tuple[list[str], ...]:
    """Return the features of one message, block by block; ``text`` is normalised."""
    spoken = [word for word in words if _is_spoken(word)]
    lemmas = [word.lemma for word in spoken]
    letters = "".join(text.split())
    kanji = [c for c in letters if "\u4e00" <= c <= "\u9fff"]
    return (
        lemmas + [f"{a}|{b}" for a, b in zip(lemmas, lemmas[1:])],
        _ngrams(letters) + kanji,
        _ngrams("".join(word.reading or word.lemma for word in spoken)),
    )


def _is_spoken(word: Word) -> bool:
    # Sudachi knows no Korean and calls every Hangul word 補助記号.
    return word.part_of_speech not in _SILENT or bool(_HANGUL.search(word.lemma))


def _ngrams(letters: str) -> list[str]:
    if not letters:
        return []  # the frame alone would be something that all empty messages share
    framed = f"\x02{letters}\x03"
    return [framed[i : i + n] for n in (2, 3, 4) for i in range(len(framed) - n + 1)]


class Vectoriser:
    """tf-idf with sublinear counts; each block has length ``sqrt(weight)``, a whole vector length 1."""

    def __init__(self, vocabularies: list[dict[str, int]], idf: list[np.ndarray]) -> None:
        """Take one vocabulary (gram to column) and one idf array per block."""
        self._vocabularies = vocabularies
        self._idf = idf

    @classmethod
    def fit(cls, messages: Sequence[tuple[list[str], ...]]) -> Vectoriser:
        """Learn the vocabularies and idf of ``messages``."""
        vocabularies, idf = [], []
        for block in range(len(_BLOCKS)):
            seen = Counter(gram for message in messages for gram in set(message[block]))
            grams = sorted(seen)
            vocabularies.append({gram: column for column, gram in enumerate(grams)})
            counts = np.array([seen[gram] for gram in grams], dtype=np.float64)
            idf.append((np.log((1 + len(messages)) / (1 + counts)) + 1).astype(np.float32))
        return cls(vocabularies, idf)

    def transform(self, messages: Iterable[tuple[list[str], ...]]) -> sparse.csr_matrix:
        """Return one row per message, shape (messages, all grams), float32."""
        columns: list[np.ndarray] = []
        values: list[np.ndarray] = []
        ends = [0]
        for message in messages:
            row_columns, row_values = self._row(message)
            columns.append(row_columns)
            values.append(row_values)
            ends.append(ends[-1] + len(row_columns))
        width = sum(map(len, self._vocabularies))
        return sparse.csr_matrix(
            (_joined(values, np.float32), _joined(columns, np.int32), np.array(ends)),
            shape=(len(ends) - 1, width),
        )

    def _row(self, message: tuple[list[str], ...]) -> tuple[np.ndarray, np.ndarray]:
        columns, values, offset = [], [], 0
        for grams, (_, weight), vocabulary, idf in zip(
            message, _BLOCKS, self._vocabularies, self._idf
        ):
            counts = Counter(vocabulary[gram] for gram in grams if gram in vocabulary)
            places = np.fromiter(counts, dtype=np.int32, count=len(counts))
            amounts = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
            scores = (1 + np.log(amounts)) * idf[places]
            length = float(np.linalg.norm(scores)) or 1.0
            columns.append(places + offset)
            values.append(scores * np.float32(np.sqrt(weight) / length))
            offset += len(vocabulary)
        return np.concatenate(columns), np.concatenate(values)

    def save(self, folder: Path) -> None:
        """Write ``grams.json`` and ``idf.npz``; no pickles (GHSA-cpv4-ggrr-7j9v)."""
        grams = [list(vocabulary) for vocabulary in self._vocabularies]
        (folder / "grams.json").write_text(json.dumps(grams, ensure_ascii=False), "utf-8")
        np.savez(folder / "idf.npz", *self._idf)

    @classmethod
    def load(cls, folder: Path) -> Vectoriser:
        """Read what :meth:`save` wrote."""
        grams = json.loads((folder / "grams.json").read_text("utf-8"))
        vocabularies = [{gram: column for column, gram in enumerate(block)} for block in grams]
        with np.load(folder / "idf.npz") as arrays:
            return cls(vocabularies, [arrays[name] for name in arrays.files])


def _joined(parts: list[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, kind)
