"""``data/staff.yml``: the words of the pages that members of staff use.

They are no part of a revision: no resident reads them, and they must be there before anything is
published.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.scenarios.reading import read_files

NAME = "staff.yml"


def read_staff_words(data: Path, otherwise: Path) -> Mapping[str, Mapping[str, str]]:
    """Read the words of a ward's folder; where it has none, those of ``otherwise``.

    Raises:
        ScenarioError: with every finding, as for any file of ``data/``.

    """
    folder = data if (data / NAME).is_file() else otherwise
    words = read_files([folder / NAME], folder)[0].value
    return words  # type: ignore[return-value]  # the schema has checked its shape
