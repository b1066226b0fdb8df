"""The supervisor with children of one line each: those that cannot start, and a disk that is full."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.supervisor import CannotStart, Child, Supervisor, make_data_dir
from bot.web.settings import Settings

pytestmark = pytest.mark.slow

NOWHERE = "http://127.0.0.1:9/"
_WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Give the signals back to pytest."""
    before = {number: signal.getsignal(number) for number in _WATCHED}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def python(code: str) -> list[str]:
    """Return the command of a child that runs ``code``."""
    return [sys.executable, "-c", code]


def run(folder: Path, *commands: list[str]) -> tuple[list[Child], list[str], CannotStart]:
    """Supervise the commands until one is given up; they are called 一 and 二."""
    children = [
        Child(name, command, {}, NOWHERE, folder / f"{name}.log")
        for name, command in zip("一二", commands, strict=False)
    ]
    said: list[str] = []
    with pytest.raises(CannotStart) as refusal:
        Supervisor(children, said.append).run(lambda: said.append("ready"), NOWHERE)
    return children, said, refusal.value


def test_a_child_that_ends_by_itself_is_given_up_with_its_reason(tmp_path: Path) -> None:
    """After three attempts: its last line, its status, the file with the rest; and the others end."""
    steady = python("import signal; signal.pause()")
    children, said, refusal = run(
        tmp_path, python("import sys; print('before'); sys.exit('the reason。')"), steady
    )

    told = "終了しました（コード 1）：the reason"
    assert said == [f"一：{told}。起動し直します"] * 2
    assert str(refusal) == f"一を起動できません。{told}（記録は {tmp_path / '一.log'}）"
    assert children[1].has_ended()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("pass", id="silent"),
        pytest.param("print('x'); pathlib.Path({log!r}).unlink()", id="log-removed"),
        pytest.param("print('x', flush=True); os.truncate({log!r}, 0)", id="log-rotated"),
    ],
)
def test_a_child_without_a_last_line_is_given_up_too(tmp_path: Path, code: str) -> None:
    """Where the log has nothing or is gone, the sentence says so, and the log is made again."""
    log = tmp_path / "logs" / "一.log"
    code = f"import os, pathlib, sys; {code.format(log=str(log))}; sys.exit(7)"
    _, _, refusal = run(tmp_path / "logs", python(code))

    assert "終了しました（コード 7）：理由の記録はありません" in str(refusal)


def test_only_the_words_of_the_last_start_are_told(tmp_path: Path) -> None:
    """A log goes on from start to start; what an earlier process said is no reason now."""
    log = tmp_path / "一.log"
    log.write_text("long ago\n", "utf-8")
    child = Child("一", [], {}, NOWHERE, log, log_start=log.stat().st_size)
    before = child.last_words()
    with log.open("a", encoding="utf-8") as file:
        file.write("now\n\n")

    assert (before, child.last_words()) == ("", "now")


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    """A child that cannot even be started is no traceback."""
    _, said, refusal = run(tmp_path, [str(tmp_path / "gone")])

    told = f"起動できません（{tmp_path / 'gone'}：No such file or directory）"
    assert said == [f"一：{told}。起動し直します"] * 2
    assert told in str(refusal)


def test_a_child_that_is_killed_is_not_given_up_for_it(tmp_path: Path) -> None:
    """Being killed from outside says nothing about the next attempt, and does not count."""
    mark = tmp_path / "killed"
    code = f"""
import os, pathlib, signal, sys
if not pathlib.Path({str(mark)!r}).exists():
    pathlib.Path({str(mark)!r}).touch()
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit("now")
"""
    _, said, refusal = run(tmp_path, python(code))

    killed, ended = "一：終了しました（コード -9）", "一：終了しました（コード 1）：now"
    assert said == [f"{what}。起動し直します" for what in (killed, ended, ended)]
    assert "now" in str(refusal)


def test_too_little_disk_is_one_sentence(tmp_path: Path) -> None:
    """What is needed, where, and what is there."""
    settings = Settings(data_dir=tmp_path / "var")

    with pytest.raises(CannotStart) as refusal:
        make_data_dir(settings, needed_mib=10**9)

    sentence = str(refusal.value)
    assert sentence.startswith(
        f"DATA_DIR {tmp_path / 'var'} の空き容量が足りません（必要 1000000000 MiB"
    )


def test_the_data_folder_is_made(tmp_path: Path) -> None:
    """A folder that is not there yet is made, with nothing in it but the folder of the logs."""
    make_data_dir(Settings(data_dir=tmp_path / "deep" / "var"))

    assert [path.name for path in (tmp_path / "deep" / "var").iterdir()] == ["logs"]
