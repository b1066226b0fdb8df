"""The desk's words: complete, checked when they are read, and each one said somewhere."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.scenarios.deskwords import read_desk_words
from bot.scenarios.model import LOCALES, Catalogue
from bot.scenarios.problems import ScenarioError
from bot.scenarios.rendering import RUBY, render, zone_values

ROOT = Path(__file__).resolve().parents[2]
DATA, WEB = ROOT / "data", ROOT / "bot" / "web"
KANJI = re.compile(r"[\u3400-\u9fff]")
JAPANESE = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff]")
# Of a connection, of a group of the queue, of a speaker.
NAMED_BY_STATE = {
    *("live", "connecting", "reconnecting"),
    *("group_mine", "group_waiting", "group_others"),
    *("resident", "bot", "system"),
}
NAMED = re.compile(r"\bw\.([a-z_]+)")


def changed(folder: Path, change: Callable[[Any], object]) -> Path:
    """Return a data folder with a changed copy of the shipped words."""
    words = yaml.load((DATA / "desk.yml").read_text("utf-8"), Loader=yaml.BaseLoader)
    change(words)
    (folder / "data").mkdir()
    (folder / "data" / "desk.yml").write_text(yaml.safe_dump(words, allow_unicode=True), "utf-8")
    return folder / "data"


def scripts() -> str:
    """Return the code of the page."""
    return "".join(p.read_text("utf-8") for p in sorted((WEB / "static" / "desk").glob("*.js")))


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        pytest.param(lambda w: w["words"].pop("claim"), "SCN001", "claim", id="a word is gone"),
        pytest.param(
            lambda w: w["words"].update(clam="x"), "SCN002", "clam", id="a word nobody says"
        ),
        pytest.param(
            lambda w: w["words"].update(claimed_by="対応中"),
            "SCN005",
            "{name}",
            id="its place for a name is gone",
        ),
        pytest.param(lambda w: w["words"].update(send=""), "SCN006", "send", id="an empty word"),
        pytest.param(
            lambda w: w["errors"].pop("lease_lost"), "SCN001", "lease_lost", id="an error is gone"
        ),
        pytest.param(
            lambda w: w["phrases"]["wait"]["text"].pop("vi"), "SCN001", "vi", id="a language lacks"
        ),
        pytest.param(
            lambda w: w["phrases"]["wait"]["text"].update(en="{{ ward.mayor }}"),
            "SCN090",
            "ward.mayor",
            id="a value that phrases cannot have",
        ),
    ],
)
def test_wrong_words_are_refused(
    tmp_path: Path, change: Callable[[Any], object], code: str, told: str
) -> None:
    """Each finding names the file, the rule, and what is missing or too much."""
    with pytest.raises(ScenarioError) as caught:
        read_desk_words(changed(tmp_path, change), DATA)
    problems = caught.value.problems

    assert [code] == [problem.code for problem in problems]
    assert told in problems[0].message
    assert problems[0].path == "data/desk.yml"


def test_folder_without_words_takes_the_shipped_ones(tmp_path: Path) -> None:
    """A ward that changed nothing need not have the file."""
    assert read_desk_words(tmp_path, DATA) == read_desk_words(DATA, DATA)


def test_check_reads_the_words(tmp_path: Path) -> None:
    """`madoguchi check` finds what the gateway would not start with."""
    from bot.scenarios.lint.checking import check_folder

    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    (data / "desk.yml").write_text("words: {}\n", "utf-8")
    catalogue, findings = check_folder(data, date(2026, 11, 27))

    assert catalogue is None
    assert {"data/desk.yml"} == {finding.path for finding in findings}


def test_page_says_every_word_and_no_other() -> None:
    """A word that is not said is dead weight; one that is missing would show its name."""
    words = read_desk_words(DATA, DATA)
    page, code = (WEB / "templates" / "desk.html").read_text("utf-8"), scripts()
    shortcuts = (WEB / "desk_pages" / "page.py").read_text("utf-8")
    quoted = {word for word in words.words if f'"{word}"' in code or f'"{word}"' in shortcuts}
    said = set(NAMED.findall(page)) | quoted | NAMED_BY_STATE

    assert set() == set(words.words) - said
    assert set() == set(NAMED.findall(page)) - set(words.words)
    assert set() == set(re.findall(r'say\("([a-z_]+)"', code)) - set(words.words)


def test_guide_lists_the_keys_of_the_page() -> None:
    """Whoever reads the guide finds each key that the page knows, and no other letter."""
    from bot.web.desk_pages.page import SHORTCUTS

    table = (ROOT / "docs" / "desk.md").read_text("utf-8").split("## キーだけで使う")[1]
    listed = set(re.findall(r"`([^`]{1,5})`", table.split("\n## ")[0]))
    known = {key for keys, _ in SHORTCUTS for key in keys.split()}

    assert known - {"2", "3"} == listed


def test_script_has_no_japanese_of_its_own() -> None:
    """Words are data; punctuation between two of them is not."""
    comments = re.compile(r"//.*$|/\*.*?\*/", re.MULTILINE | re.DOTALL)

    assert JAPANESE.search(comments.sub("", scripts())) is None


@pytest.mark.parametrize("locale", LOCALES)
def test_every_phrase_can_be_sent_in_every_language(locale: str, shipped: Catalogue) -> None:
    """Each is rendered in the language itself, with the ward's and the section's values."""
    values = zone_values(shipped.ward, {}, "hoiku")
    shown = [
        render(phrase.texts, locale, values, date(2026, 11, 27))
        for phrase in read_desk_words(DATA, DATA).phrases
    ]

    assert {locale} == {text.locale for text in shown}
    assert [text.text for text in shown if "{" in text.text or not text.text] == []


def test_easy_phrases_have_a_reading_for_every_kanji() -> None:
    """No phrase leaves its reader alone; what the ward's own values hold is theirs."""
    texts = [phrase.texts["ja-easy"] for phrase in read_desk_words(DATA, DATA).phrases]

    assert [text for text in texts if KANJI.search(RUBY.sub("", text))] == []


def test_phrases_greet_ask_to_wait_and_take_leave() -> None:
    """The three that every conversation needs are there."""
    assert {"greeting", "wait", "closing"} <= {p.id for p in read_desk_words(DATA, DATA).phrases}
