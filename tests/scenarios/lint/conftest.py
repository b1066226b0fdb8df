"""A ward without findings, to break in one place at a time."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from bot.scenarios.lint.checking import check_folder
from bot.scenarios.lint.findings import Finding
from tests.scenarios.folders import DataFolder

TODAY = date(2026, 11, 27)
JUMINHYO = "scenarios/todoke/juminhyo.yml"
GOMI = "scenarios/kurashi/gomi_bunbetsu.yml"


@pytest.fixture
def clean(tmp_path: Path) -> DataFolder:
    """A data folder of its own without any finding."""
    source = Path(__file__).parent / "clean" / "data"
    return DataFolder(Path(shutil.copytree(source, tmp_path / "data")))


def findings(folder: DataFolder, today: date = TODAY) -> Sequence[Finding]:
    """Check the folder as on one day."""
    return check_folder(folder.path, today)[1]
