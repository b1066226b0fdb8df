"""Word vectors: which words mean nearly the same, such as はんこ and 印鑑.

The vectors are those of the package ja-ginza (chiVe, reduced to 20,000 rows for 480,000 words). The
package is read, never imported: importing it would load a language model that nothing here needs.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import msgpack
import numpy as np

_MASK = (1 << 64) - 1
_FACTOR = 0xC6A4A7935BD1E995


class WordVectors:
    """Unit vectors of 300 numbers by word; a word is found by its hash, so no word list is kept."""

    def __init__(self, keys: np.ndarray, rows: np.ndarray, table: np.ndarray) -> None:
        """Take sorted hashes (words,), the row of each (words,), and rows (rows, 300)."""
        self.keys, self.rows, self.table = keys, rows, table

    @classmethod
    def of_package(cls) -> WordVectors:
        """Read the installed package."""
        spec = importlib.util.find_spec("ja_ginza")
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError("ja-ginza is not installed; run make run")
        folder = next(Path(spec.submodule_search_locations[0]).glob("ja_ginza-*/vocab"))
        found = msgpack.unpackb((folder / "key2row").read_bytes(), strict_map_key=False)
        keys = np.fromiter(found.keys(), np.uint64, len(found))
        rows = np.fromiter(found.values(), np.int32, len(found))
        order = np.argsort(keys)
        table = np.load(folder / "vectors", allow_pickle=False)
        lengths = np.linalg.norm(table, axis=1, keepdims=True)
        return cls(keys[order], rows[order], (table / np.maximum(lengths, 1e-9)).astype(np.float16))

    def rows_of(self, words: Sequence[str]) -> np.ndarray:
        """Return the row of each word, -1 for an unknown one."""
        hashes = np.array([hash_of(word) for word in words], np.uint64)
        places = np.minimum(np.searchsorted(self.keys, hashes), len(self.keys) - 1)
        return np.where(self.keys[places] == hashes, self.rows[places], -1)


def hash_of(word: str) -> int:
    """Return spaCy's key of a word: MurmurHash64A of its UTF-8 bytes with seed 1 (Appleby 2008)."""
    data = word.encode()
    value = (1 ^ (len(data) * _FACTOR)) & _MASK
    whole = len(data) - len(data) % 8
    for at in range(0, whole, 8):
        block = int.from_bytes(data[at : at + 8], "little") * _FACTOR & _MASK
        block = (block ^ (block >> 47)) * _FACTOR & _MASK
        value = (value ^ block) * _FACTOR & _MASK
    if whole < len(data):
        value = (value ^ int.from_bytes(data[whole:], "little")) * _FACTOR & _MASK
    value = (value ^ (value >> 47)) * _FACTOR & _MASK
    return value ^ (value >> 47)
