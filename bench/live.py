"""``python -m bench.live``: from an edited file to an answered resident, beside stock Rasa's training time.

The product runs; a file is edited; ``madoguchi publish`` is called; and a resident asks until the answer is
the new one. The clock runs from the call of the command to that answer. Nothing is kept from earlier runs:
each new scenario is one that no model of this run has seen.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import httpx
import typer
import yaml
from rich.console import Console

from bench import clones, projects, report, servers, training
from bot.scenarios.reading import read_catalogue
from bot.scenarios.today import JST
from bot.scenarios.yamlfile import read_yaml
from bot.supervisor import free_port
from bot.training import ROOT, model_path

DATA = ROOT / "data"
RESULTS = ROOT / "bench" / "results"
FAQ_ENTRIES = 2000
# Services that neither the tables of facilities nor those of zones name.
_NEW = (
    "kurashi/sodai_gomi",
    "todoke/juminhyo",
    "hoken_zei/kaigo_hoken",
    "kenko_fukushi/kenshin",
    "todoke/tennyu",
)
_PATIENCE = 900.0
_out = Console(highlight=False, soft_wrap=True)


class NotLive(Exception):
    """An edit did not come to the resident; the text says which and what the command said."""


@dataclass(frozen=True)
class Edit:
    """How long one kind of edit took to be answered, in seconds, and how busy the machine was."""

    name: str
    answers: int
    target: float
    seconds: tuple[float, ...]
    load: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the middle one."""
        return median(self.seconds)


def main(
    quick: Annotated[bool, typer.Option(help="動くことだけ確かめる（数字は引用しない）")] = False,
    epochs: Annotated[int, typer.Option(help="素の Rasa の DIET のエポック数")] = 100,
    stock: Annotated[bool, typer.Option(help="素の Rasa も学習する")] = True,
    name: Annotated[str, typer.Option(help="結果のファイル名（拡張子なし）")] = "",
) -> None:
    """直してから答えが変わるまでの時間を、素の Rasa の学習時間と並べて測る。"""
    signal.signal(signal.SIGTERM, _end)
    name = name or datetime.now(JST).strftime("%Y%m%d-%H%M-live") + ("-quick" if quick else "")
    cache = RESULTS / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="live-", dir=RESULTS) as work:
            result = _measure(Path(work), cache, quick, epochs if stock else 0)
    except (NotLive, servers.ServerFailed, training.TrainingFailed) as error:
        _out.print(f"bench: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    report.save(result, RESULTS / f"{name}.json")
    for line in result["lines"]:
        _out.print(line)


def _end(*_: object) -> None:
    raise SystemExit(143)


def _measure(work: Path, cache: Path, quick: bool, epochs: int) -> dict[str, Any]:
    """Measure the edits, then stock Rasa on the same data."""
    times = 1 if quick else len(_NEW)
    shipped = Path(shutil.copytree(DATA, work / "shipped" / "data"))
    many = Path(shutil.copytree(DATA, work / "many" / "data"))
    answers = clones.add_clones(many, 700 if quick else FAQ_ENTRIES)
    edits = [*_edits(shipped, work / "shipped", times, 2.0, 15.0)]
    edits += [*_edits(many, work / "many", min(times, 2), 2.0, 30.0)]
    stock = {}
    for label, folder in (("shipped", shipped), ("many", many)) if epochs else ():
        stock[label] = asdict(_stock(folder, work / f"stock-{label}", cache, epochs))
    return {
        "measured_at": datetime.now(JST).isoformat(timespec="seconds"),
        "machine": report.machine(),
        "quotable": not quick,
        "answers": answers,
        "edits": [{**asdict(edit), "median": edit.median} for edit in edits],
        "stock": {"epochs": epochs, "training": stock},
        "lines": [_line(edit, stock) for edit in edits],
    }


def _stock(data: Path, project: Path, cache: Path, epochs: int) -> training.Training:
    projects.write_stock(read_catalogue(data), project, epochs)
    return training.train_stock(project, cache)[1]


def _line(edit: Edit, stock: dict[str, dict[str, Any]]) -> str:
    theirs = stock.get("shipped" if edit.answers < FAQ_ENTRIES else "many")
    ratio = (
        f"、素の Rasa の学習 {theirs['wall_seconds']:.0f} 秒の {edit.median / theirs['wall_seconds']:.4f} 倍"
        if theirs
        else ""
    )
    spread = f"{min(edit.seconds):.1f}–{max(edit.seconds):.1f}"
    return (
        f"{edit.name}（{edit.answers} 案内）：{edit.median:.1f} 秒（{spread}、目標 {edit.target:.0f} 秒、"
        f"負荷 {median(edit.load):.1f}）{ratio}"
    )


def _edits(
    data: Path, work: Path, times: int, text_target: float, scenario_target: float
) -> Iterator[Edit]:
    """Run the product on a data folder and edit it, several times in each way."""
    held_back = {name: _take_away(data, name) for name in _NEW[:times]}
    with _running(data, work) as desk:
        answers = sum(1 for _ in read_catalogue(data).topics())
        texts = [desk.timed(lambda n=n: _edit_text(data, n)) for n in range(times)]
        yield _edit("文だけ", answers, text_target, texts)
        news = [
            desk.timed(lambda name=name, text=text: _put_back(data, name, text))
            for name, text in held_back.items()
        ]
        yield _edit("新しい手続き", answers, scenario_target, news)


def _edit(name: str, answers: int, target: float, measured: list[tuple[float, float]]) -> Edit:
    seconds, load = zip(*measured, strict=True)
    return Edit(name, answers, target, seconds, load)


class _Desk:
    """A clerk and a resident at the running product."""

    def __init__(self, data: Path, url: str, settings: dict[str, str]) -> None:
        self._data, self._settings = data, settings
        self._http = httpx.Client(base_url=f"{url}/api/v1", timeout=30.0, trust_env=False)

    def timed(self, edit: Callable[[], tuple[str, str]]) -> tuple[float, float]:
        """Edit, publish, and ask until the answer is the new one; returns seconds and load."""
        servers.wait_for_quiet()
        question, wanted = edit()
        load, started = os.getloadavg()[0], time.monotonic()
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
                time.sleep(0.05)
            seconds = time.monotonic() - started
            publishing.wait(_PATIENCE)
        _out.print(f"  {question}：{seconds:.1f} 秒（負荷 {load:.1f}）")
        return round(seconds, 2), round(load, 2)

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
def _running(data: Path, work: Path) -> Iterator[_Desk]:
    port = free_port()
    settings = {
        "PORT": str(port),
        "DATA_DIR": str(work / "var"),
        "MADOGUCHI_SCENARIOS": str(data),
        "MADOGUCHI_ADDRESS_RATE": "0",
    }
    with servers.madoguchi(settings, work) as server:
        yield _Desk(data, server.url, settings)
    model_path(read_catalogue(data)).unlink(missing_ok=True)


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
    topic["answer"]["ja"] = f"{words}\n{topic['answer']['ja']}"
    _write(file, scenario)
    return topic["examples"]["ja"][0], words


def _write(file: Path, value: Any) -> None:
    file.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), "utf-8")


if __name__ == "__main__":
    typer.run(main)
