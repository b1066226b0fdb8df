"""Rules that hold between modules, locks and files, read from the tree as it stands."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

STAIRS = ("store", "ledger", "handoff", "dialogue", "web")
FLIGHT = {"staff": ("store", "ledger")}  # a flight of its own between web and ledger
BESIDE = ("engine", "actions", "faq")
USED_FROM_THE_TOP = ("faq",)  # of what stands beside the stairs
GROUND = ("scenarios", "lifeline")  # lifeline imports nothing of ours and holds in every process
TOP = ("cli", "evaluation", "publishing", "supervisor", "training", "warm")

JAPANESE = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff]")
READ_BY_NOBODY = {
    "bot/engine/features.py": "parts of speech as the dictionary names them",
    "bot/engine/lexicon.py": "the letters that a word is made of",
    "bot/engine/readings.py": "parts of speech and letters, as the dictionary names them",
    "bot/dialogue/facilities/numbers.py": "how residents write ages, births, times and distances",
    "bot/dialogue/facilities/words.py": "the endings of stations and towns, and what stands before names",
    "bot/dialogue/choices.py": "how residents point at an option",
    "bot/dialogue/corrections.py": "how residents turn an answer down",
    "bot/dialogue/language.py": "letters and words that give a language away",
    "bot/dialogue/splitting.py": "how residents join two questions",
    "bot/scenarios/glossary.py": "the letters of Japanese",
    "bot/scenarios/search.py": "where the parts of a name meet",
    "bot/dialogue/masking.py": "labels of what is covered, and the words that give a number away",
}

_MADE_BY_TOOLS = {"__pycache__", "node_modules", "var", "models", "results"}


def allowed_below(room: str) -> set[str]:
    """Return the rooms that ``room`` may import."""
    if room in TOP:
        return {*TOP, *STAIRS, *FLIGHT, *GROUND, *USED_FROM_THE_TOP}
    if room in FLIGHT:
        return {room, *FLIGHT[room], *GROUND}
    if room in STAIRS:
        flights = FLIGHT if room == "web" else ()
        return {*STAIRS[: STAIRS.index(room) + 1], *flights, *GROUND}
    return {room, *GROUND} if room in BESIDE else {room}


def room_of(file: Path) -> str:
    """Return the room of a file: the package or module directly below ``bot``, or ``actions``."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "bot" else parts[0]


def sources(*folders: str) -> list[Path]:
    """Return every Python file below the folders that exist, except the empty root package."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if path != ROOT / "bot" / "__init__.py"]


def imported(file: Path) -> Iterator[str]:
    """Yield the full name of every module that a file imports, at any depth of its code."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def rooms_imported(file: Path) -> set[str]:
    """Return the rooms that a file imports."""
    names = [name.split(".") for name in imported(file)]
    return {n[1] for n in names if n[0] == "bot" and len(n) > 1} | {
        n[0] for n in names if n[0] == "actions"
    }


def test_every_room_of_the_house_has_its_place() -> None:
    """A new package or module is put on the staircase before it can be forgotten."""
    rooms = {room_of(file) for file in sources("bot", "actions")}

    assert set() == rooms - {*STAIRS, *FLIGHT, *BESIDE, *GROUND, *TOP}


@pytest.mark.parametrize("file", sources("bot", "actions"), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_down_the_staircase(file: Path) -> None:
    """No module imports from above itself or from beside the stairs."""
    assert set() == rooms_imported(file) - allowed_below(room_of(file))


@pytest.mark.parametrize(
    ("room", "other", "allowed"),
    [
        ("cli", "web", True),
        ("web", "cli", False),
        ("web", "store", True),
        ("web", "staff", True),
        ("cli", "staff", True),
        ("staff", "ledger", True),
        ("staff", "web", False),
        ("staff", "handoff", False),
        ("dialogue", "staff", False),
        ("handoff", "staff", False),
        ("ledger", "staff", False),
        ("store", "ledger", False),
        ("ledger", "dialogue", False),
        ("dialogue", "engine", False),
        ("engine", "scenarios", True),
        ("engine", "dialogue", False),
        ("actions", "engine", False),
        ("scenarios", "store", False),
        ("supervisor", "training", True),
        ("cli", "faq", True),
        ("cli", "engine", False),
        ("faq", "scenarios", True),
        ("faq", "engine", False),
        ("web", "faq", False),
        ("web", "training", False),
        ("lifeline", "scenarios", False),
    ],
)
def test_the_staircase_is_the_one_that_was_designed(room: str, other: str, allowed: bool) -> None:
    """cli, web, dialogue, handoff, ledger, store; staff a flight of its own; the rest beside or on top."""
    assert allowed is (other in allowed_below(room))


def test_nothing_outside_the_engine_imports_rasa() -> None:
    """Whatever faces people runs without Rasa and the old libraries that it pins."""
    engine = ROOT / "bot" / "engine"
    users = [file for file in sources("bot", "actions", "tools") if _imports_rasa(file)]

    assert [file for file in users if engine not in file.parents] == []
    assert users != []


def _imports_rasa(file: Path) -> bool:
    return any(name.split(".")[0] == "rasa" for name in imported(file))


@pytest.mark.parametrize("folder", ["bot/dialogue", "bot/engine", "bot/staff"])
def test_what_residents_read_is_data(folder: str) -> None:
    """No Japanese stands in code that answers, apart from what is never shown as a sentence."""
    spoken = {
        f"{file.relative_to(ROOT)}: {text}"
        for file in sources(folder)
        if str(file.relative_to(ROOT)) not in READ_BY_NOBODY
        for text in strings(file)
        if JAPANESE.search(text)
    }

    assert set() == spoken


def strings(file: Path) -> Iterator[str]:
    """Yield every string literal that is no docstring, parts of f-strings included."""
    tree = ast.parse(file.read_text("utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def locks() -> list[Path]:
    """Return the lock files."""
    return sorted((ROOT / "requirements").glob("*.txt"))


def test_every_list_of_requirements_is_locked() -> None:
    """Each ``.in`` has its ``.txt``; nothing is installed from an open list."""
    wanted = {path.stem for path in (ROOT / "requirements").glob("*.in")}

    assert wanted == {path.stem for path in locks()}
    assert wanted != set()


@pytest.mark.parametrize("lock", locks(), ids=lambda path: path.name)
def test_every_pin_of_a_lock_has_its_hashes(lock: Path) -> None:
    """Each line pins one version and carries at least one SHA-256; no other source is named."""
    logical = lock.read_text("utf-8").replace("\\\n", " ").splitlines()
    entries = [line.split("#", 1)[0].split() for line in logical if line.split("#", 1)[0].strip()]
    pin = re.compile(r"[A-Za-z0-9._-]+(\[[a-z0-9,._-]+\])?==[^\s;=]+")
    digest = re.compile(r"--hash=sha256:[0-9a-f]{64}")

    assert entries != []
    assert [entry for entry in entries if not pin.fullmatch(entry[0])] == []
    assert [entry[0] for entry in entries if not digest.fullmatch(entry[-1])] == []


REGISTRY = re.compile(
    r"\b(?:[\w-]+\.)*(?:pypi|pythonhosted|npmjs|yarnpkg|artifactory|devpi|sonatype)(?:\.[\w-]+)+"
    r"|--(?:(?:extra-)?index-url|trusted-host|find-links)|\bindex[-_]url\s*=",
    re.IGNORECASE,
)
MACHINE = re.compile(r"(?<![\w.:/-])/(?:home|Users|root|work)/[\w.]|\b[A-Z]:\\\\?Users\b")


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        pytest.param("https://files.pypi" + ".example/x", REGISTRY, id="host"),
        pytest.param("artifactory" + ".ward.example", REGISTRY, id="a mirror"),
        pytest.param("--index" + "-url x", REGISTRY, id="option"),
        pytest.param("open('/" + "home/me/x')", MACHINE, id="home"),
        pytest.param("PATH=/" + "root/.pyenv", MACHINE, id="root"),
        pytest.param("C:" + r"\Users\me", MACHINE, id="Windows"),
    ],
)
def test_the_patterns_see_what_they_are_for(text: str, pattern: re.Pattern[str]) -> None:
    """A leak that looks like this would be found."""
    assert pattern.search(text) is not None


def test_no_registry_and_no_path_of_a_machine_stand_in_the_tree() -> None:
    """What is shipped names neither where packages were fetched nor where it was written."""
    here = re.compile(re.escape(str(ROOT)) + r"\b") if len(ROOT.parts) > 2 else MACHINE
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in texts_of_the_tree()
        for pattern in (REGISTRY, MACHINE, here)
        for match in [pattern.search(file.read_text("utf-8"))]
        if match
    ]

    assert found == []


def texts_of_the_tree() -> Iterator[Path]:
    """Yield every UTF-8 file that a commit may hold; environments, caches and state are none."""
    for folder, below, files in os.walk(ROOT):
        below[:] = [
            name
            for name in below
            if name not in _MADE_BY_TOOLS and (not name.startswith(".") or name == ".github")
        ]
        # In a worktree of git, .git is a file that names the repository's place.
        kept = (Path(folder, name) for name in files if name != ".git")
        yield from filter(_is_text, kept)


def _is_text(path: Path) -> bool:
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in content
