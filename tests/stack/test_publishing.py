"""`madoguchi publish` and `rollback` beside a running counter with Rasa."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from .conftest import Command
from .journals import LogBook
from .product import ROOT, Product
from .residents import Visitor

pytestmark = pytest.mark.stack

QUESTION = "児童手当の申請に必要なものは何ですか"
FILE = "scenarios/kosodate/jido_teate.yml"
WORDS = "（この行は試験で足しました）"

Publish = Callable[..., CompletedProcess[str]]


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """The shipped data with one more line in one answer."""
    data = Path(shutil.copytree(ROOT / "data", tmp_path / "data"))
    text = (data / FILE).read_text("utf-8")
    topic = text.index("\n  documents:")
    answer = text.index("      ja: |\n", topic) + len("      ja: |\n")
    (data / FILE).write_text(f"{text[:answer]}        {WORDS}\n{text[answer:]}", "utf-8")
    return data


@pytest.fixture
def publish(madoguchi: Command, counter: Product) -> Publish:
    """Call a command with the settings of the running counter."""

    def call(*words: object) -> CompletedProcess[str]:
        return madoguchi(*words, PORT=counter.port, DATA_DIR=counter.data_dir)

    return call


def first_words(counter: Product) -> str:
    """Ask, and return what the answer says."""
    with Visitor(counter.url) as visitor:
        turn = visitor.say(visitor.open(), QUESTION)
    return str(turn["messages"][0]["text"])


def test_text_is_published_and_rolled_back_while_the_counter_runs(
    counter: Product, publish: Publish, edited: Path
) -> None:
    """Told before, seen after, gone again; nothing is trained, and the log names every step."""
    counter.wait_until_complete()
    told = publish("publish", "--check", "--data", edited)
    before = first_words(counter)
    published = publish("publish", "--data", edited)
    during = first_words(counter)
    again = publish("publish", "--data", edited, "--json")
    rolled_back = publish("rollback")
    after = first_words(counter)

    statuses = [done.returncode for done in (told, published, again, rolled_back)]
    assert statuses == [0, 0, 0, 0], [told.stdout, published.stdout, published.stderr]
    assert "公開できます" in told.stdout
    assert FILE in published.stdout
    assert "動いている窓口は、新しい版で答えています。" in published.stdout
    assert "学習" not in published.stdout
    assert json.loads(again.stdout)["published"] is False
    assert [WORDS in text for text in (before, during, after)] == [False, True, False]
    assert steps_of(counter) == ["revision_published", "revision_published", "revision_rolled_back"]


def steps_of(counter: Product) -> list[str]:
    """Return from the log what was published and rolled back."""
    log = LogBook(counter.data_dir)
    steps = [record.type for record in log.every() if record.type.startswith("revision_")]
    log.close()
    return steps


def test_mistakes_are_told_and_nothing_changes(
    counter: Product, publish: Publish, edited: Path
) -> None:
    """A broken file ends the command with 1, its finding, and what residents see unchanged."""
    before = steps_of(counter)
    (edited / FILE).write_text("id: [", "utf-8")
    done = publish("publish", "--data", edited)

    assert done.returncode == 1
    assert f"data/{FILE}:" in done.stdout
    assert "公開中のものはそのままです。" in done.stderr
    assert steps_of(counter) == before


def test_unknown_revision_is_wrong_use(counter: Product, publish: Publish) -> None:
    """A name that was never published ends with 2."""
    done = publish("rollback", "r0000000000000000")

    assert done.returncode == 2
    assert "r0000000000000000" in done.stderr
