"""A small ward to edit and a gate over its database; its models are empty files, its worker the fake one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.dialogue.published import Published
from bot.evaluation.rows import Row
from bot.publishing.candidate import ask_all
from bot.publishing.comparison import Verdicts, row_id, verdict
from bot.publishing.gate import Gate
from bot.scenarios.reading import read_catalogue
from bot.store.clock import Clock
from bot.training import MODELS, model_path
from bot.web.settings import Settings
from tests.engine.subset import copy_services
from tests.support.fake_worker import TOKEN, FakeWorker

ROOT = Path(__file__).resolve().parents[2]
FILE = "scenarios/todoke/juminhyo.yml"


class Desk:
    """What a clerk has: a folder to edit, and the gate."""

    def __init__(self, data: Path, settings: Settings, worker: FakeWorker) -> None:
        self.data, self.settings, self.worker = data, settings, worker
        self.said: list[str] = []
        self.judged: list[int] = []
        self.models: set[Path] = set()

    def gate(self) -> Gate:
        """Open the gate."""
        return Gate(self.settings, self.said.append, judge=self.judge)

    def judge(
        self, published: Published, rows: Sequence[Row], clock: Clock, _: Mapping[str, str]
    ) -> Verdicts:
        """Ask the fake worker, which answers by what it was taught."""
        self.judged.append(len(rows))
        self.worker.models = [published.model]
        asked = asyncio.run(ask_all(published, rows, clock, self.worker.url, TOKEN))
        return {row_id(one.row): verdict(one) for one in asked}

    def edit(self, change: Callable[[Any], None], file: str = FILE) -> None:
        """Edit a file, and put a model there for the new questions."""
        path = self.data / file
        value = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
        change(value)
        path.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), "utf-8")
        self.train()

    def edit_text(self, text: str) -> None:
        """Give an answer another wording."""
        self.edit(lambda scenario: scenario["topics"]["amount"]["answer"].update(ja=text))

    def edit_question(self, question: str) -> None:
        """Give a topic one more question."""
        self.edit(lambda s: s["topics"]["amount"]["examples"]["ja"].append(question))

    def train(self) -> None:
        """Put an empty file where the model for the folder is looked for."""
        MODELS.mkdir(exist_ok=True)
        path = model_path(read_catalogue(self.data))
        path.touch()
        self.models.add(path)

    def ask(self, *rows: dict[str, str]) -> None:
        """Write the golden questions."""
        folder = self.data / "golden"
        folder.mkdir(exist_ok=True)
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (folder / "few.jsonl").write_text("\n".join(lines), "utf-8")

    def publish(self, accepted: str | None = None) -> str:
        """Publish the folder as it stands; returns the revision."""
        gate = self.gate()
        try:
            return gate.publish(gate.candidate(self.data), accepted).revision
        finally:
            gate.close()


@pytest.fixture
def desk(tmp_path: Path, settings: Callable[..., Settings], worker: FakeWorker) -> Iterator[Desk]:
    """A clerk's desk over an empty database."""
    data = copy_services(ROOT / "data", tmp_path / "data")
    desk = Desk(data, settings(data_dir=tmp_path / "var", scenarios=data), worker)
    desk.train()
    yield desk
    for path in desk.models:
        path.unlink(missing_ok=True)
