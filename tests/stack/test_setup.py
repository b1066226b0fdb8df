"""``tools/setup.py``: what it does and says before, instead of and after fetching anything.

It runs as a newcomer runs it, in a project of its own, with programs of the same names in front of the
real ones; nothing is fetched and nothing outside the test's folder is touched.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from .product import PATIENCE, ROOT, until

pytestmark = pytest.mark.stack

SCRIPT = ROOT / "tools" / "setup.py"
WORKING_PYTHON = """
case "$2" in
  *version_info*) echo 9.9 ;;
  *executable*) echo "$0" ;;
esac
"""
# Notes each call, and makes the environment that it is asked for.
UV = """
echo "$@" >> "$(dirname "$0")/calls"
if [ "$1" = venv ]; then
  for last in "$@"; do :; done
  mkdir -p "$last/bin" && touch "$last/bin/python"
fi
"""


def write_program(path: Path, script: str) -> Path:
    """Write a shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}", "utf-8")
    path.chmod(0o755)
    return path


def load(script: Path) -> ModuleType:
    """Load the script as a module of its own."""
    spec = importlib.util.spec_from_file_location("setup_of_madoguchi", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Project:
    """A project that holds nothing but the script and its lock files, with uv already there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.script = folder / "tools" / "setup.py"
        self.script.parent.mkdir(parents=True)
        shutil.copy(SCRIPT, self.script)
        (folder / "requirements").mkdir()
        for name in ("app", "dev", "engine", "engine-dev", "bench", "uv"):
            (folder / "requirements" / f"{name}.txt").write_text(f"{name}==1\n")
        (folder / "pyproject.toml").touch()
        self.module = load(self.script)
        self.uv_does(UV)
        stamp = folder / ".venv-tools" / "installed-lock"
        stamp.write_text(self.module.fingerprint("uv", False))

    def uv_does(self, script: str) -> None:
        """Set what uv does."""
        self._uv = write_program(self.folder / ".venv-tools" / "bin" / "uv", script)

    def uv_calls(self) -> list[str]:
        """Return the arguments of each call of uv."""
        calls = self._uv.with_name("calls")
        return calls.read_text().splitlines() if calls.exists() else []

    def set_up(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script to its end."""
        return subprocess.run(
            [sys.executable, str(self.script), *words],
            env={**os.environ, **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in a folder of its own."""
    return Project(tmp_path / "project")


@pytest.mark.parametrize("words", [(), ("rnu",), ("run", "test")], ids=["none", "unknown", "two"])
def test_wrong_use_shows_the_usage(project: Project, words: tuple[str, ...]) -> None:
    """Anything but one of the four words gives the usage and status 2, and does nothing."""
    result = project.set_up(*words)

    assert (result.returncode, result.stdout, project.uv_calls()) == (2, "", [])
    assert "usage: setup.py {run,test,bench,lock}" in result.stderr


def test_run_makes_both_environments(project: Project) -> None:
    """`run` makes one environment for the product and one for Rasa, each from its hashed lock."""
    result = project.set_up("run")

    installs = [call.split(" -r ")[1].split()[0] for call in project.uv_calls() if " -r " in call]
    assert (result.returncode, result.stderr) == (0, "")
    assert installs == ["requirements/app.txt", "requirements/engine.txt"]
    assert all("--require-hashes" in call for call in project.uv_calls() if " -r " in call)
    assert (project.folder / ".venv" / "bin" / "python").exists()
    assert (project.folder / ".venv-engine" / "bin" / "python").exists()


def test_what_is_done_is_not_done_again(project: Project) -> None:
    """A second call neither calls uv nor prints anything."""
    project.set_up("run")
    calls = project.uv_calls()

    again = project.set_up("run")

    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert calls == project.uv_calls()


@pytest.mark.parametrize(
    ("changed", "installed"),
    [
        pytest.param("requirements/app.txt", "requirements/app.txt", id="the-lock-of-the-product"),
        pytest.param("requirements/engine.txt", "requirements/engine.txt", id="the-lock-of-rasa"),
        pytest.param("pyproject.toml", "requirements/app.txt", id="the-project"),
    ],
)
def test_a_changed_lock_is_installed_again(project: Project, changed: str, installed: str) -> None:
    """Only the environment whose lock changed is brought up to date, and it is kept, not made anew."""
    project.set_up("run")
    before = len(project.uv_calls())
    with (project.folder / changed).open("a") as file:
        file.write("# changed\n")

    result = project.set_up("run")

    calls = project.uv_calls()[before:]
    assert result.returncode == 0
    assert [installed] == [call.split(" -r ")[1].split()[0] for call in calls if " -r " in call]
    assert [call for call in calls if call.startswith("venv")] == []


def test_the_environment_of_the_tests_serves_a_run_too(project: Project) -> None:
    """After `test`, `run` finds everything in place."""
    browser = write_program(project.folder / "path" / "chromium", "")
    path = os.pathsep.join([str(browser.parent), os.environ["PATH"]])
    assert project.set_up("test", PATH=path).returncode == 0
    calls = project.uv_calls()

    result = project.set_up("run")

    assert (result.returncode, result.stdout) == (0, "")
    assert calls == project.uv_calls()


def test_a_failed_installation_is_one_sentence_and_is_tried_again(project: Project) -> None:
    """Where uv fails, status 1 and what failed; the next call does not believe that it was done."""
    project.uv_does("exit 3")
    failed = project.set_up("run")
    project.uv_does(UV)

    result = project.set_up("run")

    expected = "creating .venv failed (see above); mend the cause and run the same command again."
    assert (1, f"madoguchi: {expected}\n") == (failed.returncode, failed.stderr)
    assert result.returncode == 0
    assert (project.folder / ".venv" / "installed-lock").exists()


def test_ctrl_c_says_how_to_go_on(project: Project) -> None:
    """Stopped in the middle, it ends with one sentence and status 130."""
    project.uv_does('echo called >> "$(dirname "$0")/calls"; exec sleep 60')
    process = subprocess.Popen(
        [sys.executable, str(project.script), "run"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    until(project.uv_calls, "uv is called")

    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == 130
    assert said == "madoguchi: stopped; run the same command again to go on.\n"


def test_too_little_disk_is_one_sentence(project: Project) -> None:
    """What is needed, where, and what is there; and nothing is done."""
    with pytest.raises(project.module.SetupError) as refusal:
        project.module.check_disk(10**9)

    pattern = rf"1000000000 GiB of free disk are needed in {re.escape(str(project.folder))}, [\d.]+ GiB are there\."
    assert re.fullmatch(pattern, str(refusal.value))


def test_enough_disk_is_no_matter(project: Project) -> None:
    """With room enough, the check says nothing."""
    assert project.module.check_disk(0) is None


@pytest.mark.parametrize("name", ["with space", "区役所"])
def test_a_path_that_breaks_tools_is_refused(tmp_path: Path, name: str) -> None:
    """A path with spaces or Japanese is refused before anything is made in it."""
    project = Project(tmp_path / name)

    result = project.set_up("run")

    assert (result.returncode, project.uv_calls()) == (1, [])
    expected = "madoguchi: move the project to a path without spaces or Japanese characters: "
    assert f"{expected}{project.folder}\n" == result.stderr


@pytest.mark.parametrize(
    "shim",
    [
        pytest.param("echo 'pyenv: python9.9: command not found' >&2; exit 127", id="fails"),
        pytest.param("echo 3.6", id="is-another-version"),
    ],
)
def test_a_shim_that_does_not_run_is_passed_over(
    project: Project, monkeypatch: pytest.MonkeyPatch, shim: str
) -> None:
    """pyenv has a shim on the path for each version, selected or not; its own folder has the real one."""
    path = write_program(project.folder / "path" / "python9.9", shim).parent
    pyenv = project.folder / "pyenv"
    real = write_program(pyenv / "versions" / "9.9.4" / "bin" / "python", WORKING_PYTHON)
    monkeypatch.setenv("PATH", os.pathsep.join([str(path), os.environ["PATH"]]))
    monkeypatch.setenv("PYENV_ROOT", str(pyenv))

    assert str(real) == project.module.find_python(["9.9"])


def test_a_file_that_cannot_be_run_is_passed_over(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter that the system refuses to start is no interpreter; None where there is no other."""
    pyenv = project.folder / "pyenv"
    broken = write_program(pyenv / "versions" / "9.9.4" / "bin" / "python", "")
    broken.write_bytes(b"\x7fELF no program")
    monkeypatch.setenv("PYENV_ROOT", str(pyenv))

    assert project.module.find_python(["9.9"]) is None


def test_the_best_version_comes_first(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several versions that would do, the first that runs is taken; this one at the latest."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    monkeypatch.setenv("PYENV_ROOT", str(project.folder))
    program = write_program(project.folder / "path" / "python9.9", WORKING_PYTHON)
    this = project.module.find_python(["9.9", version])
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)

    best = project.module.find_python(["9.9", version])

    assert version == project.module.version_of(this)
    assert str(program) == best


def test_a_version_that_cannot_be_fetched_is_named(project: Project) -> None:
    """Where uv has no such Python either, the sentence names the version and a way to get it."""
    uv = write_program(project.folder / "uv", "exit 2")

    with pytest.raises(
        project.module.SetupError, match=r"Python 9\.9 is needed .* pyenv install 9\.9"
    ):
        project.module.fetch_python(str(uv), "9.9")


def test_a_fetched_version_is_what_uv_is_told_to_use(project: Project) -> None:
    """After uv has fetched a Python, uv finds it by its version."""
    assert project.module.fetch_python(str(project.folder / ".venv-tools/bin/uv"), "9.9") == "9.9"
    assert project.uv_calls() == ["python install 9.9"]


def test_a_missing_package_is_named_where_apt_is_missing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a system without apt the packages are named, for the person to install."""
    monkeypatch.setenv("PATH", str(project.folder))

    with pytest.raises(
        project.module.SetupError, match=r"need Chromium; install chromium .* equivalent"
    ):
        project.module.ensure_browser()


def test_a_missing_package_is_installed_or_asked_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root apt-get is called, and its failure told; anybody else is told what to call."""
    write_program(project.folder / "path" / "apt-get", "exit 100")
    monkeypatch.setenv("PATH", str(project.folder / "path"))
    expected = "sudo apt-get install chromium" if os.geteuid() else "apt-get update failed"

    with pytest.raises(project.module.SetupError, match=expected):
        project.module.ensure_browser()


def test_the_lock_files_are_resolved_again_all_together(project: Project) -> None:
    """`lock` writes each lock with hashes; those that build on another are held to it."""
    result = project.set_up("lock")

    written = [re.search(r"-o requirements/(\S+)\.txt", call) for call in project.uv_calls()]
    names = [found[1] for found in written if found]
    assert result.returncode == 0
    assert {"uv", "app", "dev", "engine", "engine-dev", "bench"} == set(names)
    assert all("--generate-hashes" in call for call in project.uv_calls())
    dev = project.uv_calls()[names.index("dev")]
    assert dev.endswith("-c requirements/app.txt")
