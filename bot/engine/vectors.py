"""What words mean: GiNZA's word vectors, without GiNZA.

``ja_ginza`` is a spaCy pipeline; its parser and tagger are not needed here and importing spaCy would cost
the worker memory and seconds, so its two files of vectors are read as what they are: an array, and a
table from the hash of a word to its row. The words are Sudachi's normalised forms, as ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgpack
import numpy as np
import scipy.sparse as sparse

from bot.engine.arrays import save_arrays

if TYPE_CHECKING:
    from bot.engine.features import Grams

GINZA = "ja_ginza"
_WIDTH = 48  # principal components of what is said at a counter; more of them find no more answers
_MASK = (1 << 64) - 1
_MULTIPLIER = 0xC6A4A7935BD1E995


class WordVectors:
    """Vectors by word; many words share a row, most words of Japanese have one."""

    def __init__(
        self, hashes: np.ndarray, rows: np.ndarray, table: np.ndarray, mean: np.ndarray
    ) -> None:
        """Take sorted hashes (uint64), the row of each, vectors (rows, width) and their usual mean."""
        self._hashes, self._rows, self._table, self._mean = hashes, rows, table, mean
        self.width = int(table.shape[1])

    @classmethod
    def of_ginza(cls) -> WordVectors:
        """Read the installed ``ja_ginza`` package: 480,000 words, 20,000 rows of width 300.

        Raises:
            FileNotFoundError: the package is not installed, or no longer laid out as it was.

        """
        spec = find_spec(GINZA)
        places = spec.submodule_search_locations if spec else None
        found = [file for place in places or () for file in Path(place).glob("*/vocab/vectors")]
        if not found:
            raise FileNotFoundError(f"{GINZA}/*/vocab/vectors: install requirements/engine.txt")
        row_of = msgpack.unpackb(found[0].with_name("key2row").read_bytes(), strict_map_key=False)
        hashes = np.fromiter(row_of.keys(), np.uint64, len(row_of))
        rows = np.fromiter(row_of.values(), np.uint16, len(row_of))
        order = np.argsort(hashes)
        table = np.load(found[0], allow_pickle=False)
        return cls(hashes[order], rows[order], table, np.zeros(table.shape[1], np.float32))

    @classmethod
    def none(cls) -> WordVectors:
        """Return vectors of no word and no width."""
        hashes, rows = np.zeros(0, np.uint64), np.zeros(0, np.uint16)
        return cls(hashes, rows, np.zeros((0, 0), np.float16), np.zeros(0, np.float32))

    def fitted(self, messages: Sequence[Grams], weight: Callable[[str], float]) -> WordVectors:
        """Keep the directions in which ``messages`` differ most, and their mean."""
        width = min(_WIDTH, self.width, len(messages) - 1)
        vectors = self.of(messages, weight)
        if width < 1 or not vectors.any():
            return WordVectors.none()
        _, directions = np.linalg.eigh(np.cov(vectors.T))
        kept = directions[:, ::-1][:, :width].astype(np.float32)
        table, origin = (self._table @ kept).astype(np.float16), np.zeros(width, np.float32)
        narrow = WordVectors(self._hashes, self._rows, table, origin)
        mean = narrow.of(messages, weight).mean(axis=0)
        return WordVectors(self._hashes, self._rows, table, mean)

    def of(self, messages: Sequence[Grams], weight: Callable[[str], float]) -> np.ndarray:
        """Return the mean meaning of each message, shape (messages, width); zeros without any word.

        ``weight`` says how telling a word is.
        """
        words = sorted(set(chain.from_iterable(message.words for message in messages)))
        place = {word: number for number, word in enumerate(words)}
        counted = [[place[word] for word in message.words] for message in messages]
        rows = np.repeat(np.arange(len(messages)), [len(places) for places in counted])
        columns = np.fromiter(chain.from_iterable(counted), np.int64, len(rows))
        weights = np.fromiter(map(weight, words), np.float32, len(words))
        shape = (len(messages), len(words))
        sums = sparse.csr_matrix((weights[columns], (rows, columns)), shape=shape) @ self._of(words)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        there = lengths[:, 0] > 0
        means = np.zeros((len(messages), self.width), np.float32)
        means[there] = sums[there] / lengths[there] - self._mean
        return means

    def _of(self, words: list[str]) -> np.ndarray:
        """Return the vector of each word, zeros for an unknown one."""
        wanted = np.fromiter((hash_of(word) for word in words), np.uint64, len(words))
        vectors = np.zeros((len(words), self.width), np.float32)
        if len(self._hashes):
            at = np.minimum(np.searchsorted(self._hashes, wanted), len(self._hashes) - 1)
            known = self._hashes[at] == wanted
            vectors[known] = self._table[self._rows[at[known]]]
        return vectors

    def save(self, folder: Path) -> None:
        """Write ``vectors.npz``."""
        save_arrays(
            folder / "vectors.npz",
            hashes=self._hashes,
            rows=self._rows,
            table=self._table,
            mean=self._mean,
        )

    @classmethod
    def load(cls, folder: Path) -> WordVectors:
        """Read what :meth:`save` wrote."""
        with np.load(folder / "vectors.npz") as arrays:
            return cls(*(arrays[name] for name in ("hashes", "rows", "table", "mean")))


def hash_of(word: str) -> int:
    """Hash a word as spaCy does: MurmurHash64A with the seed 1 (spacy/strings.pyx, ``hash_utf8``)."""
    # A lone surrogate cannot be encoded, and no word of the table has one.
    data = word.encode("utf-8", "replace")
    mixed = 1 ^ (len(data) * _MULTIPLIER & _MASK)
    whole = len(data) // 8 * 8
    for start in range(0, whole, 8):
        part = int.from_bytes(data[start : start + 8], "little") * _MULTIPLIER & _MASK
        part = (part ^ part >> 47) * _MULTIPLIER & _MASK
        mixed = (mixed ^ part) * _MULTIPLIER & _MASK
    if whole < len(data):
        mixed = (mixed ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    mixed = (mixed ^ mixed >> 47) * _MULTIPLIER & _MASK
    return mixed ^ mixed >> 47
