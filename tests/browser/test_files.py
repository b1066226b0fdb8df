"""The widget's files: light enough for an old phone, and complete in every language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.scenarios.model import LOCALES

from .visitor import Visitor

pytestmark = pytest.mark.browser

WIDGET = Path(__file__).resolve().parents[2] / "web_widget"
LIMIT_OF_MODULES, LIMIT_OF_STYLES = 31 * 1024, 10 * 1024
ON_DEMAND = {"person.js"}  # loaded once a person is asked for
LIMIT_ON_DEMAND = 8 * 1024
NO_PART = {"words.js", "demo.js", "demo-words.js"}
READING = re.compile(r"\{[^{}|]+\|[^{}|]+\}")
PLACEHOLDER = re.compile(r"\{\w+\}")
KANJI = re.compile(r"[\u3400-\u9fff]")
STATES = {"waiting", "human", "closed"}
TABLES = ["WORDS", "DEMO_WORDS"]

Table = dict[str, dict[str, str]]


def _modules() -> list[Path]:
    return [path for path in sorted(WIDGET.glob("*.js")) if path.name not in NO_PART]


@pytest.fixture
def table(request: pytest.FixtureRequest, reader: Visitor) -> Table:
    """A word table as the browser has it."""
    file = {"WORDS": "words.js", "DEMO_WORDS": "demo-words.js"}[request.param]
    load = f"async () => (await import('/widget/{file}')).{request.param}"
    loaded: Table = reader.page.evaluate(load)
    return loaded


def test_modules_are_light() -> None:
    """What every visitor loads, but the words, stays under 31 KiB; what a person needs, under 8 KiB."""
    sizes = {path.name: path.stat().st_size for path in _modules()}

    assert set(sizes) > ON_DEMAND
    assert sum(size for name, size in sizes.items() if name not in ON_DEMAND) < LIMIT_OF_MODULES
    assert sum(sizes[name] for name in ON_DEMAND) < LIMIT_ON_DEMAND


def test_styles_are_light() -> None:
    """The style sheet stays under 10 KiB."""
    assert (WIDGET / "madoguchi-chat.css").stat().st_size < LIMIT_OF_STYLES


@pytest.mark.parametrize("table", TABLES, indirect=True)
def test_every_language_has_every_word(table: Table) -> None:
    """The tables have the locales of the contract, equal keys, and no empty word."""
    assert set(LOCALES) == set(table)
    assert [set(table["ja"])] * len(LOCALES) == [set(words) for words in table.values()]
    assert [
        key for words in table.values() for key, word in words.items() if not word.strip()
    ] == []


@pytest.mark.parametrize("table", TABLES, indirect=True)
def test_every_language_fills_in_the_same(table: Table) -> None:
    """Where one language has a placeholder, all have it."""
    filled = {
        locale: {key: sorted(PLACEHOLDER.findall(word)) for key, word in words.items()}
        for locale, words in table.items()
    }

    assert [filled["ja"]] * len(LOCALES) == list(filled.values())


@pytest.mark.parametrize(
    ("table", "without"), [("WORDS", set()), ("DEMO_WORDS", {"title"})], indirect=["table"]
)
def test_easy_japanese_has_a_reading_for_every_kanji(table: Table, without: set[str]) -> None:
    """No word leaves its reader alone, but the title of a window, which cannot show readings."""
    unread = {k for k, word in table["ja-easy"].items() if KANJI.search(READING.sub("", word))}

    assert without == unread


def test_word_tables_cannot_be_changed(reader: Visitor) -> None:
    """No page can put words into the counter's mouth."""
    load = (
        "async () => Object.values((await import('/widget/words.js')).WORDS).map(Object.isFrozen)"
    )

    assert [True] * len(LOCALES) == reader.page.evaluate(load)


def test_every_word_is_said_somewhere(reader: Visitor) -> None:
    """A word that no module names, and that is not a state's, is dead weight on a phone."""
    code = "".join(path.read_text("utf-8") for path in _modules())
    words: list[str] = reader.page.evaluate(
        "async () => Object.keys((await import('/widget/words.js')).WORDS.ja)"
    )

    assert {word for word in words if f'"{word}"' not in code} - STATES == set()


def test_readme_names_every_part() -> None:
    """Whoever styles the widget or tests it finds each part by the README, and no part that is gone."""
    code = "".join(path.read_text("utf-8") for path in _modules())
    named = re.search(r"^Parts: (.*)$", (WIDGET / "README.md").read_text("utf-8"), re.MULTILINE)
    made = re.findall(r'(?:part: |button\()["`](\w+)', code)

    assert {*made, "resident", "bot", "agent", "system"} == set(re.findall(r"`(\w+)`", named[1]))
