"""``python -m bench.live``: from an edited file to an answered resident, beside stock Rasa's training time.

The product runs; a file is edited; ``madoguchi publish`` is called; and a resident asks until the answer is
the new one. The clock runs from the call of the command to that answer. Nothing is kept from earlier runs:
each new scenario is one that no model of this run has seen, and the first of them is published before
anything was measured that the gate could compare with.

Stock Rasa learns the same questions in minutes to hours, so it gets a limit: what has not ended by then
is told as more than that. With few epochs instead of the usual hundred, its time is a lower bound, too.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated, Any, NamedTuple

import httpx
import typer
import yaml
from rich.console import Console

from bench import clones, projects, report, servers, training
from bot.scenarios.reading import read_catalogue
from bot.scenarios.today import JST
from bot.scenarios.yamlfile import read_yaml
from bot.supervisor import free_port
from bot.training import MODELS, ROOT

DATA = ROOT / "data"
RESULTS = ROOT / "bench" / "results"
FAQ_ENTRIES = 2000
_QUICK_ENTRIES = 100
_TARGETS = {"shipped": 15.0, "many": 30.0}
# Services that neither the tables of facilities nor those of zones name.
_NEW = (
    "kurashi/sodai_gomi",
    "todoke/juminhyo",
    "hoken_zei/kaigo_hoken",
    "kenko_fukushi/kenshin",
    "todoke/tennyu",
)
_FEW = 3
_EDITED = re.compile("^（[0-9]+回目の直し）")
_PATIENCE = 900.0
_ASK_EVERY = 0.2  # more often, and the questions themselves would keep the cores busy
_out = Console(highlight=False, soft_wrap=True)


class NotLive(Exception):
    """An edit did not come to the resident; the text says which and what the command said."""


@dataclass(frozen=True)
class Edit:
    """How long one kind of edit took to be answered, in seconds, and how busy the machine was."""

    name: str
    data: str
    answers: int
    target: float
    seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]
    load: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the middle one."""
        return median(self.seconds)


def main(
    quick: Annotated[bool, typer.Option(help="動くことだけ確かめる（数字は引用しない）")] = False,
    epochs: Annotated[int, typer.Option(help="素の Rasa の DIET のエポック数")] = 1,
    stock_limit: Annotated[
        float, typer.Option(help="素の Rasa の学習を待つ秒数（0 なら学習しない）")
    ] = 300.0,
    name: Annotated[str, typer.Option(help="結果のファイル名（拡張子なし）")] = "",
) -> None:
    """直してから答えが変わるまでの時間を、素の Rasa の学習時間と並べて測る。"""
    signal.signal(signal.SIGTERM, _end)
    name = name or datetime.now(JST).strftime("%Y%m%d-%H%M-live") + ("-quick" if quick else "")
    cache = RESULTS / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="live-", dir=RESULTS) as work:
            result = _measure(Path(work), cache, quick, _Stock(epochs, stock_limit))
    except (NotLive, servers.ServerFailed, training.TrainingFailed) as error:
        _out.print(f"bench: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    report.save(result, RESULTS / f"{name}.json")
    for line in result["lines"]:
        _out.print(line)


def _end(*_: object) -> None:
    raise SystemExit(143)


@dataclass(frozen=True)
class _Stock:
    """How long stock Rasa may learn; ``limit`` in seconds, 0 for not at all."""

    epochs: int
    limit: float


def _measure(work: Path, cache: Path, quick: bool, stock: _Stock) -> dict[str, Any]:
    """Measure the edits, then stock Rasa on the same data."""
    folders = {}
    for label in ("shipped", "many"):
        folders[label] = Path(shutil.copytree(DATA, work / label / "data"))
    added = clones.add_clones(folders["many"], _QUICK_ENTRIES if quick else FAQ_ENTRIES)
    edits = [edit for label, data in folders.items() for edit in _edits(label, data, quick)]
    theirs = {}
    for label, data in folders.items() if stock.limit else ():
        theirs[label] = _train_stock(data, work / f"stock-{label}", cache, stock)
    return {
        "measured_at": datetime.now(JST).isoformat(timespec="seconds"),
        "machine": report.machine() if stock.limit else {"cores": servers.processors()},
        "quotable": not quick,
        "added_entries": added,
        "edits": [{**asdict(edit), "median": edit.median} for edit in edits],
        "stock": {**asdict(stock), "training": theirs},
        "lines": [_line(edit, theirs.get(edit.data), stock.epochs) for edit in edits],
    }


def _train_stock(data: Path, project: Path, cache: Path, stock: _Stock) -> dict[str, Any]:
    projects.write_stock(read_catalogue(data), project, stock.epochs)
    try:
        _, cost = training.train_stock(project, cache, stock.limit)
    except training.TooLong as error:
        return {"wall_seconds": error.seconds, "ended": False}
    return {**asdict(cost), "ended": True}


def _line(edit: Edit, theirs: dict[str, Any] | None, epochs: int) -> str:
    spread = f"{min(edit.seconds):.1f}–{max(edit.seconds):.1f}"
    return (
        f"{edit.name}（{edit.answers} 案内）：{edit.median:.1f} 秒（{spread}、目標 {edit.target:.0f} 秒、"
        f"CPU {median(edit.cpu_seconds):.1f} 秒、負荷 {median(edit.load):.1f}）"
        + (_beside(edit, theirs, epochs) if theirs else "")
    )


def _beside(edit: Edit, theirs: dict[str, Any], epochs: int) -> str:
    seconds = theirs["wall_seconds"]
    more = "" if theirs["ended"] else "を超える"
    ratio = f"{seconds / edit.median:.0f} 倍" + ("以上" if more else "")
    return f"、素の Rasa の学習（{epochs} エポック）は {seconds:.0f} 秒{more}（{ratio}）"


def _edits(label: str, data: Path, quick: bool) -> Iterator[Edit]:
    """Run the product on a data folder and edit it, several times in each way."""
    times = 1 if quick else len(_NEW) if label == "shipped" else _FEW
    held_back = {name: _take_away(data, name) for name in _NEW[:times]}
    with _running(data) as desk:
        answers = sum(1 for _ in read_catalogue(data).topics())
        texts = [desk.timed(partial(_edit_text, data, number)) for number in range(times)]
        yield _edit("文だけ", label, answers, 2.0, texts)
        held = held_back.items()
        news = [desk.timed(partial(_put_back, data, name, text)) for name, text in held]
        yield _edit("新しい手続き", label, answers, _TARGETS[label], news)


def _edit(name: str, label: str, answers: int, target: float, measured: list[_Timing]) -> Edit:
    seconds, cpu, load = zip(*measured, strict=True)
    return Edit(name, label, answers, target, seconds, cpu, load)


class _Timing(NamedTuple):
    """Seconds from the command to the answer, CPU seconds of all processes, load before."""

    seconds: float
    cpu_seconds: float
    load: float


class _Desk:
    """A clerk and a resident at the running product."""

    def __init__(self, data: Path, server: servers.Server, settings: dict[str, str]) -> None:
        self._data, self._settings, self._server = data, settings, server
        url = f"{server.url}/api/v1"
        self._http = httpx.Client(base_url=url, timeout=30.0, trust_env=False)

    def timed(self, edit: Callable[[], tuple[str, str]]) -> _Timing:
        """Edit, publish, and ask until the answer is the new one."""
        servers.wait_for_quiet()
        question, wanted = edit()
        load, started, used = os.getloadavg()[0], time.monotonic(), self._cpu_seconds()
        command = [str(servers.MADOGUCHI), "publish", "--data", str(self._data)]
        command += ["--accept", "bench"]
        with tempfile.TemporaryFile() as log:
            publishing = subprocess.Popen(
                command, env=servers.environment(**self._settings), stdout=log, stderr=log
            )
            while wanted not in self._ask(question):
                if publishing.poll() or time.monotonic() - started > _PATIENCE:
                    log.seek(0)
                    raise NotLive(f"{question}: {log.read().decode('utf-8', 'replace')[-2000:]}")
                time.sleep(_ASK_EVERY)
            seconds = time.monotonic() - started
            publishing.wait(_PATIENCE)
        cpu = self._cpu_seconds() - used
        _out.print(f"  {question}：{seconds:.1f} 秒（CPU {cpu:.1f} 秒、負荷 {load:.1f}）")
        return _Timing(round(seconds, 2), round(cpu, 2), round(load, 2))

    def _cpu_seconds(self) -> float:
        """Return what the product and the commands that have ended have used."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return servers.cpu_seconds(self._server.process.pid) + ended.ru_utime + ended.ru_stime

    def _ask(self, text: str) -> str:
        try:
            return self._asked(text)
        except httpx.TransportError:
            return ""  # asked again; what never answers ends by the patience

    def _asked(self, text: str) -> str:
        opened = self._http.post("/conversations", json={}).json()
        body = {"client_message_id": str(uuid.uuid4()), "text": text}
        headers = {"Authorization": f"Bearer {opened['token']}"}
        path = f"/conversations/{opened['conversation_id']}/turns"
        turn = self._http.post(path, json=body, headers=headers).json()
        return json.dumps([turn["answer"], turn["messages"]], ensure_ascii=False)


@contextmanager
def _running(data: Path) -> Iterator[_Desk]:
    port, work = free_port(), data.parent
    settings = {
        "PORT": str(port),
        "DATA_DIR": str(work / "var"),
        "MADOGUCHI_SCENARIOS": str(data),
        "MADOGUCHI_ADDRESS_RATE": "0",
    }
    there = set(MODELS.glob("*.tar.gz"))
    try:
        with servers.madoguchi(settings, work) as server:
            yield _Desk(data, server, settings)
    finally:
        _forget_models(work / "var" / "madoguchi.db", there)


def _forget_models(database: Path, there: set[Path]) -> None:
    """Remove what this run has trained."""
    if not database.exists():
        return
    with closing(sqlite3.connect(database)) as connection:
        for (model,) in connection.execute("SELECT DISTINCT model FROM publications"):
            if MODELS / model not in there:
                (MODELS / model).unlink(missing_ok=True)


def _take_away(data: Path, name: str) -> str:
    """Take a service out, with what leads to it; returns the text of its file."""
    file = data / "scenarios" / f"{name}.yml"
    text, service = file.read_text("utf-8"), file.stem
    file.unlink()
    for other in (data / "scenarios").glob("*/*.yml"):
        scenario: Any = read_yaml(other, other.name).value
        for topic in scenario["topics"].values():
            topic["next"] = [n for n in topic.get("next", ()) if n.split(".")[0] != service]
        _write(other, scenario)
    phrases: Any = read_yaml(data / "phrases.yml", "phrases.yml").value
    for phrase in phrases["phrases"].values():
        phrase["options"] = [o for o in phrase.get("options", ()) if service not in o]
    _write(data / "phrases.yml", phrases)
    return text


def _put_back(data: Path, name: str, text: str) -> tuple[str, str]:
    """Add the service as a new one; returns a question and what its answer must name."""
    file = data / "scenarios" / f"{name}.yml"
    file.write_text(text, "utf-8")
    scenario: Any = read_yaml(file, file.name).value
    for topic in scenario["topics"].values():
        topic["next"] = [n for n in topic.get("next", ()) if "." not in n]
    _write(file, scenario)
    topic = next(iter(scenario["topics"].values()))
    return topic["examples"]["ja"][0], f'"service": "{scenario["id"]}"'


def _edit_text(data: Path, number: int) -> tuple[str, str]:
    """Change one wording; returns a question that is answered by it, and the new words."""
    file, words = data / "scenarios" / "kosodate" / "jido_teate.yml", f"（{number}回目の直し）"
    scenario: Any = read_yaml(file, file.name).value
    topic = scenario["topics"]["documents"]
    topic["answer"]["ja"] = f"{words}{_EDITED.sub('', topic['answer']['ja'])}"
    _write(file, scenario)
    return topic["examples"]["ja"][0], words


def _write(file: Path, value: Any) -> None:
    file.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), "utf-8")


if __name__ == "__main__":
    typer.run(main)
