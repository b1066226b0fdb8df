"""A start that cannot succeed ends at once with one sentence that says what to do."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from bot.supervisor import free_port

from .conftest import Command, Launch
from .product import PATIENCE

pytestmark = pytest.mark.stack


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("PORT", "eighty", id="port-is-no-number"),
        pytest.param("PORT", "65536", id="port-is-too-high"),
        pytest.param("MADOGUCHI_CLOCK", "2027-04-01T08:30:00", id="clock-without-offset"),
        pytest.param("MADOGUCHI_CLOCK", "明日", id="clock-is-no-time"),
        pytest.param("MADOGUCHI_ADDRESS_RATE", "-1", id="rate-below-zero"),
        pytest.param("MADOGUCHI_WORKER_TIMEOUT", "9", id="timeout-beyond-the-deadline"),
    ],
)
def test_a_bad_setting_is_named_with_its_value(madoguchi: Command, name: str, value: str) -> None:
    """`serve` refuses a setting that it cannot use, in one line with name and value, status 2."""
    result = madoguchi("serve", **{name: value})

    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("madoguchi: ")
    assert f"{name}={value!r}" in line


def test_an_unknown_setting_is_named_with_those_that_exist(madoguchi: Command) -> None:
    """A misspelt setting is not silently ignored: the line names it and the known ones."""
    result = madoguchi("serve", MADOGUCHI_ADRESS_RATE=0)

    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "MADOGUCHI_ADRESS_RATE" in line
    assert "MADOGUCHI_ADDRESS_RATE" in line


def test_every_bad_setting_is_named_at_once(madoguchi: Command) -> None:
    """Two mistakes are told together, a line each, so that nobody mends them one start at a time."""
    result = madoguchi("serve", PORT="eighty", MADOGUCHI_CLOCK="明日")

    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 2
    assert "PORT='eighty'" in result.stderr
    assert "MADOGUCHI_CLOCK='明日'" in result.stderr


def test_a_taken_port_is_told_before_anything_starts(madoguchi: Command, tmp_path: Path) -> None:
    """`serve` ends with status 1 and one line that names the port and another way, and made nothing."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = madoguchi("serve", PORT=port)

    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert f"ポート {port} を使えません" in line
    assert "PORT=" in line.partition("。")[2]
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    ("file", "content", "finding"),
    [
        pytest.param("phrases.yml", "a: b: c", "data/phrases.yml:1: YML002", id="no-yaml"),
        pytest.param("ward.yml", None, "data/ward.yml:0: SCN000", id="missing-file"),
        pytest.param(
            "scenarios/kosodate/jido_teate.yml",
            "{}",
            "data/scenarios/kosodate/jido_teate.yml:1: SCN001",
            id="empty-scenario",
        ),
    ],
)
def test_broken_scenarios_do_not_start(
    madoguchi: Command,
    small_ward: Path,
    tmp_path: Path,
    file: str,
    content: str | None,
    finding: str,
) -> None:
    """`serve` prints each finding with file and line, ends with one sentence, and status 1."""
    data = Path(shutil.copytree(small_ward, tmp_path / "data"))
    if content is None:
        (data / file).unlink()
    else:
        (data / file).write_text(content, "utf-8")

    result = madoguchi("serve", MADOGUCHI_SCENARIOS=data)

    assert result.returncode == 1
    assert result.stdout.startswith(finding)
    assert result.stderr.splitlines() == [
        "madoguchi: シナリオに誤りがあるため、公開できません。公開中のものはそのままです。"
    ]


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param("{tmp}/file", id="a-file"),
        pytest.param("{tmp}/file/below", id="below-a-file"),
        pytest.param("/proc/madoguchi", id="not-writable"),
    ],
)
def test_a_data_folder_that_cannot_be_had_is_told(
    madoguchi: Command, tmp_path: Path, folder: str
) -> None:
    """Where DATA_DIR is a file or may not be written, one line says so before anything starts."""
    (tmp_path / "file").touch()
    folder = folder.format(tmp=tmp_path)

    result = madoguchi("serve", PORT=free_port(), DATA_DIR=folder)

    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"madoguchi: DATA_DIR {folder} に書き込めません（")


def test_a_gateway_that_cannot_start_is_told(launch_quickly: Launch) -> None:
    """Where the database cannot be used, it ends with the reason and the file that holds more."""
    product = launch_quickly(MADOGUCHI_DATABASE_URL="sqlite:////dev/null/madoguchi.db")

    assert product.process.wait(PATIENCE) == 1
    last = product.printed.splitlines()[-1]
    assert last.startswith("madoguchi: ゲートウェイを起動できません。")
    assert "MADOGUCHI_DATABASE_URL を確かめてください" in last
    assert str(product.data_dir / "logs" / "gateway.log") in last
    product.wait_until_gone()
