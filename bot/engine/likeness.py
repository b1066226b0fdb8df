"""How like a message is to the nearest example of each answer: cosines over an inverted index."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sparse

from bot.engine.arrays import save_arrays

_COMMON = 500  # a gram of more examples tells none of them apart, and would make every turn slower


class Likeness:
    """All examples by gram; a message touches only the examples that share a telling gram with it."""

    def __init__(self, grams: sparse.csr_matrix, keys: list[str], of_example: np.ndarray) -> None:
        """Take the index, shape (grams, examples), the answers' keys and the key number per example.

        The examples of a key stand together: the numbers never fall.
        """
        self._grams, self.keys, self._of_example = grams, keys, of_example
        self._telling = np.diff(grams.indptr) > 0

    @classmethod
    def of(cls, rows: sparse.csr_matrix, keys: Sequence[str]) -> Likeness:
        """Index the examples' rows, shape (examples, grams), under the key of each, sorted by key."""
        counts = np.bincount(rows.indices, minlength=rows.shape[1])
        names = sorted(set(keys))
        number = {key: place for place, key in enumerate(names)}
        telling = _unit_rows(rows, counts <= max(_COMMON, rows.shape[0] // 20))
        return cls(telling.T.tocsr(), names, np.array([number[key] for key in keys]))

    def of_rows(self, rows: sparse.csr_matrix, left_out: np.ndarray | None = None) -> np.ndarray:
        """Return the cosine of each key's nearest example, shape (messages, keys).

        ``left_out`` names, for each row, the place of an example in the index that does not count.
        """
        cosines = (_unit_rows(rows, self._telling) @ self._grams).tocsr()
        cosines.sort_indices()
        messages = np.repeat(np.arange(rows.shape[0]), np.diff(cosines.indptr))
        if left_out is not None:
            cosines.data[cosines.indices == left_out[messages]] = 0
        nearest = np.zeros(rows.shape[0] * len(self.keys), np.float32)
        if cosines.nnz:
            cells = messages * len(self.keys) + self._of_example[cosines.indices]
            starts = np.flatnonzero(np.diff(cells, prepend=-1))
            nearest[cells[starts]] = np.maximum.reduceat(cosines.data, starts)
        return nearest.reshape(rows.shape[0], len(self.keys))

    def save(self, folder: Path) -> None:
        """Write ``examples.npz`` and ``keys.json``."""
        save_arrays(
            folder / "examples.npz",
            data=self._grams.data,
            indices=self._grams.indices,
            indptr=self._grams.indptr,
            of_example=self._of_example,
        )
        (folder / "keys.json").write_text(json.dumps(self.keys, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Likeness:
        """Read what :meth:`save` wrote."""
        keys = json.loads((folder / "keys.json").read_text("utf-8"))
        with np.load(folder / "examples.npz") as arrays:
            of_example = arrays["of_example"]
            parts = (arrays["data"], arrays["indices"], arrays["indptr"])
        shape = (len(parts[2]) - 1, len(of_example))
        return cls(sparse.csr_matrix(parts, shape=shape), keys, of_example)


def _unit_rows(rows: sparse.csr_matrix, telling: np.ndarray) -> sparse.csr_matrix:
    """Leave out the other columns and give every row the length 1."""
    values = np.where(telling[rows.indices], rows.data, 0)
    kept = sparse.csr_matrix((values, rows.indices, rows.indptr), shape=rows.shape)
    kept.eliminate_zeros()
    lengths = np.sqrt(np.asarray(kept.multiply(kept).sum(axis=1))).ravel()
    kept.data = kept.data / np.repeat(np.maximum(lengths, 1e-9), np.diff(kept.indptr))
    return kept
