"""What a skipped test is worth: nothing in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = """
import pytest

@pytest.mark.browser
def test_skipped():
    pytest.skip("no Chromium")

@pytest.fixture
def missing():
    pytest.skip("no service")

@pytest.mark.stack
def test_skipped_by_a_fixture(missing):
    pass

@pytest.mark.xfail(reason="known")
def test_known_defect():
    assert False
"""


@pytest.mark.parametrize(
    ("ci", "status", "summary"),
    [("true", 1, "1 failed, 1 xfailed, 1 error"), ("", 0, "2 skipped, 1 xfailed")],
    ids=["in CI", "elsewhere"],
)
def test_a_skipped_test_fails_in_ci_alone(
    tmp_path: Path, ci: str, status: int, summary: str
) -> None:
    """Whether the test or its fixture skips, CI fails with the reason; a known defect stays one."""
    (tmp_path / "test_here.py").write_text(SKIPPED, "utf-8")
    plugins = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]

    result = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "--rootdir", str(ROOT), str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "CI": ci},
        capture_output=True,
        encoding="utf-8",
    )

    assert (status, True) == (result.returncode, summary in result.stdout), result.stdout
    assert "no Chromium" in result.stdout
    assert "no service" in result.stdout
