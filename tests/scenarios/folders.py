"""Small data folders to read and to break: a copy of ``minimal/data`` and edits to it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.scenarios.model import Catalogue
from bot.scenarios.problems import Problem, ScenarioError
from bot.scenarios.reading import read_catalogue

MINIMAL = Path(__file__).parent / "minimal" / "data"
JUMINHYO = "scenarios/todoke/juminhyo.yml"
GOMI = "scenarios/kurashi/gomi_bunbetsu.yml"


@dataclass(frozen=True)
class DataFolder:
    """A data folder of its own for one test; it starts valid."""

    path: Path

    def replace(self, file: str, old: str, new: str) -> None:
        """Exchange the one place in ``file`` that reads ``old``."""
        text = (self.path / file).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (self.path / file).write_text(text.replace(old, new), "utf-8")

    def line_of(self, file: str, part: str) -> int:
        """Return the line, counted from 1, of the first place that reads ``part``."""
        lines = (self.path / file).read_text("utf-8").splitlines()
        return next(number for number, line in enumerate(lines, start=1) if part in line)

    def read(self) -> Catalogue:
        """Read the folder; it must be without findings."""
        return read_catalogue(self.path)

    def problems(self) -> tuple[Problem, ...]:
        """Read the folder; it must have findings."""
        with pytest.raises(ScenarioError) as caught:
            read_catalogue(self.path)
        return caught.value.problems

    def problem(self) -> Problem:
        """Read the folder; it must have exactly one finding."""
        (only,) = self.problems()
        return only


def copy_minimal(parent: Path) -> DataFolder:
    """Copy the minimal valid set to ``parent/data``."""
    return DataFolder(Path(shutil.copytree(MINIMAL, parent / "data")))
