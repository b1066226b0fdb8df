"""``python -m bench``: Madoguchi and stock Rasa, measured side by side in one run.

In turn and in short rounds (A B C A B C …), so that whatever else the machine does hits all alike.
"""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import load, parsing, projects, report, servers, training
from bot.scenarios.model import Catalogue
from bot.scenarios.reading import read_catalogue
from bot.scenarios.rendering import render
from bot.scenarios.today import JST, jst_today
from bot.training import ROOT, model_path

DATA = ROOT / "data"
GOLDEN = DATA / "golden" / "first.jsonl"
RESULTS = ROOT / "bench" / "results"
_EPOCHS, _QUICK_EPOCHS = 100, 3
_out = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: int
    seconds: float
    warm_up: float
    clients: tuple[int, ...]
    epochs: int
    quotable: bool


FULL = Plan(3, 10.0, 2.0, (1, 8, 32), _EPOCHS, True)
QUICK = Plan(1, 3.0, 1.0, (1, 8, 32), _QUICK_EPOCHS, False)
_FAILURES = (
    projects.UnknownService,
    training.TrainingFailed,
    parsing.ParsingFailed,
    servers.ServerFailed,
    load.LoadFailed,
)
# Turns that failed or were answered in reduced service; beyond this share a run cannot be quoted.
_TOLERATED = 0.005


def main(
    services: Annotated[
        str, typer.Option(help="first（12手続き）、all、または名前をコンマで")
    ] = "first",
    quick: Annotated[bool, typer.Option(help="動くことだけ確かめる（数字は引用しない）")] = False,
    epochs: Annotated[int, typer.Option(help="素の Rasa の DIET のエポック数")] = _EPOCHS,
    name: Annotated[str, typer.Option(help="結果のファイル名（拡張子なし）")] = "",
) -> None:
    """Madoguchi と素の Rasa を、同じシナリオ・同じ質問で同時に比べる。"""
    signal.signal(signal.SIGTERM, _end)
    plan = QUICK if quick else replace(FULL, epochs=epochs)
    name = name or datetime.now(JST).strftime("%Y%m%d-%H%M") + ("-quick" if quick else "")
    cache = RESULTS / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="work-", dir=RESULTS) as work:
            result = _compare(_named(services), plan, Path(work), cache)
    except _FAILURES as error:
        _out.print(f"bench: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    file = RESULTS / f"{name}.json"
    report.save(result, file)
    report.show(result, _out)
    _out.print(f"結果： {file.relative_to(ROOT)}")
    raise typer.Exit(0 if result["quotable"] or quick else 1)


def _end(*_: object) -> None:
    raise SystemExit(143)


def _named(services: str) -> Sequence[str] | None:
    known = {"first": projects.FIRST_SERVICES, "all": None}
    return known[services] if services in known else tuple(services.split(","))


def _compare(services: Sequence[str] | None, plan: Plan, work: Path, cache: Path) -> dict[str, Any]:
    """Write both projects, train them, run them, measure them."""
    catalogue = projects.pick(DATA, services)
    golden = _golden(catalogue)
    data, stock = work / "data", work / "stock"
    projects.write_madoguchi(DATA, catalogue, data)
    projects.write_stock(catalogue, stock, plan.epochs)
    answers = projects.answers_of(catalogue)
    _out.print(f"{len(catalogue.scenarios)} 手続き、{len(answers)} 案内、質問 {len(golden)} 件")
    _out.print("学習しています（素の Rasa は10分以上かかります。済んでいれば飛ばします）")
    model, theirs = training.train_stock(stock, cache)
    ours = training.train_madoguchi(data, cache)
    questions = [row["text"] for row in golden]
    parsed = parsing.measure(model_path(read_catalogue(data)), model, questions, plan.rounds)
    projects.write_sql_endpoints(stock / "sql.yml", work / "rasa.db")
    _out.print("3つのサーバーを起動しています")
    with servers.running(data, stock, model, work) as running:
        accuracy = _accuracy(running, golden, answers)
        windows = _rounds(running, plan, questions, catalogue)
    problems = report.problems_of(windows)
    unsound = sum(problems.values()) > _TOLERATED * sum(window["turns"] for window in windows)
    return {
        "measured_at": datetime.now(JST).isoformat(timespec="seconds"),
        "machine": report.machine(),
        "versions": {"madoguchi": version("madoguchi"), "data": catalogue.revision},
        "plan": asdict(plan),
        "services": list(catalogue.scenarios),
        "answers": len(answers),
        "examples": sum(len(answer.examples) for answer in answers),
        "sides": report.SIDES,
        "quotable": plan.quotable and not unsound,
        "problems": problems,
        "ratios": {f"A/{other}": report.ratios_of(windows, other) for other in "BC"},
        "medians": report.medians_of(windows),
        "training": {
            "A/B": report.training_ratios(ours, theirs),
            "A": asdict(ours),
            "B": asdict(theirs),
        },
        "parsing": report.parsing_ratios(*parsed),
        "accuracy": accuracy,
        "windows": windows,
    }


def _golden(catalogue: Catalogue) -> list[dict[str, str]]:
    rows = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines() if line.strip()]
    return [row for row in rows if row.get("service") in catalogue.scenarios]


def _accuracy(
    running: Mapping[str, servers.Server],
    golden: Sequence[Mapping[str, str]],
    answers: Sequence[projects.Answer],
) -> dict[str, dict[str, float]]:
    """Ask every golden question once; C answers as B does, with the same model."""
    questions = [row["text"] for row in golden]
    ours, theirs = (_ask_once(running[side], questions) for side in "AB")
    key_of = {answer.text: answer.key for answer in answers}
    at_once = report.accuracy_of([reply["shown"] for reply in ours], golden)
    return {
        "A": {
            **report.accuracy_of([reply["best"] for reply in ours], golden),
            **{f"{measure}_at_once": share for measure, share in at_once.items()},
        },
        "B": report.accuracy_of([key_of.get(reply["shown"], "") for reply in theirs], golden),
    }


def _ask_once(server: servers.Server, questions: Sequence[str]) -> list[dict[str, str]]:
    job = _job(server, {"questions": questions, "once": True})
    replies: list[dict[str, str]] = load.send(job)["replies"]
    return replies


def _rounds(
    running: Mapping[str, servers.Server],
    plan: Plan,
    questions: Sequence[str],
    catalogue: Catalogue,
) -> list[dict[str, Any]]:
    """Measure A, B and C by turns; the first seconds of each server are not counted."""
    reduced = catalogue.phrases["reduced_service"].texts
    shared = {
        "questions": questions,
        "warm_up": plan.warm_up,
        "seconds": plan.seconds,
        "reduced_notice": render(reduced, "ja", catalogue.ward, jst_today()).text,
    }
    for server in running.values():
        load.send(_job(server, {**shared, "clients": max(plan.clients)}))
    windows = []
    for number in range(1, plan.rounds + 1):
        for clients in plan.clients:
            servers.wait_for_quiet()
            for side, server in running.items():
                seen = load.send(_job(server, {**shared, "clients": clients}))
                windows.append({"round": number, "side": side, "clients": clients, **seen})
                _out.print(_line(windows[-1], plan))
    return windows


def _job(server: servers.Server, rest: Mapping[str, Any]) -> load.Job:
    return load.Job(kind=server.kind, url=server.url, root_pid=server.process.pid, **rest)


def _line(seen: Mapping[str, Any], plan: Plan) -> str:
    return (
        f"{seen['round']}/{plan.rounds} {seen['side']} 同時 {seen['clients']:>2}："
        f" 毎秒 {seen['turns_per_second']:6.1f}、p95 {seen['p95_ms']:7.1f} ms、"
        f"CPU {seen['cpu_ms_per_turn']:6.1f} ms、ほかの負荷 {seen['other_share']:.0%}"
    )


if __name__ == "__main__":
    typer.run(main)
