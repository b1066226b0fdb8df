"""Arrays in a model archive, compressed quickly here so that Rasa need not do it slowly.

Rasa packs a model with gzip at its highest level (engine/storage/local_model_storage.py), which takes half
a minute for the plain weights of sixty-six services and a second for what is compressed already.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

_QUICK = 1


def save_arrays(file: Path, **arrays: np.ndarray) -> None:
    """Write an ``.npz`` file that ``numpy.load`` reads, without pickles."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)
