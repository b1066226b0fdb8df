"""What every test of the scenario files starts from."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from .folders import DataFolder, copy_minimal

settings.register_profile("untimed", deadline=None)  # a slow machine is no defect
settings.load_profile("untimed")


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    """Return a valid data folder that the test may change."""
    return copy_minimal(tmp_path)
