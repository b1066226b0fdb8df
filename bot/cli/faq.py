"""``import-faq`` and ``ask``: an answering model of any ward's existing FAQ, and questions to it."""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.terminal import DataFolder, err, fail, out, print_problems
from bot.scenarios.problems import ScenarioError
from bot.training import ROOT

_SHOWN = 20


def import_faq(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="FAQ の CSV")],
    model: Annotated[Path, typer.Option("--model", help="モデルを書くフォルダー")],
    data: DataFolder = ROOT / "data",
    as_json: Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")] = False,
) -> None:
    """区にある FAQ の CSV から、質問に答えるモデルを作る。使えない行は知らせて飛ばす。"""
    # Analyser and vectors take half a second to load, which no other command should wait for.
    from bot.faq.background import Background
    from bot.faq.model import FaqModel, NotModel
    from bot.faq.reading import NotFaq, read_faq
    from bot.faq.vectors import WordVectors
    from bot.scenarios.reading import read_catalogue
    from bot.scenarios.today import jst_today

    started = time.monotonic()
    try:
        faq = read_faq(file)
        for problem in faq.problems[:_SHOWN]:
            err.print(problem, markup=False)
        if len(faq.problems) > _SHOWN:
            _say(f"ほか {len(faq.problems) - _SHOWN} 件（--json ですべて出ます）")
        _say(f"{len(faq.entries)} 件を読みました（{faq.encoding}）。区の言葉を調べています")
        background = Background.of(read_catalogue(data), jst_today())
        _say("索引を作っています")
        FaqModel.of(faq.entries, background, WordVectors.of_package()).save(model)
    except ScenarioError as error:
        print_problems(error)
        fail("シナリオに誤りがあるため、作れません。")
    except (NotFaq, NotModel) as error:
        fail(str(error))
    skipped = len(faq.problems)
    if as_json:
        told = {"entries": len(faq.entries), "skipped": skipped, "problems": list(faq.problems)}
        columns = {"encoding": faq.encoding, "columns": dict(faq.columns)}
        print(json.dumps({**told, **columns}, ensure_ascii=False))
    else:
        out.print(
            f"{len(faq.entries)} 件のモデルを作りました：{model}"
            f"（飛ばした行 {skipped}、{time.monotonic() - started:.0f} 秒）",
            markup=False,
        )


def _say(line: str) -> None:
    err.print(line, markup=False)


def ask(
    model: Annotated[Path, typer.Option("--model", help="import-faq で作ったフォルダー")],
    top: Annotated[int, typer.Option(min=1, help="示す答えの数")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="1行に1つの JSON で出力する")] = False,
) -> None:
    """標準入力の質問（1行に1つ）に合う FAQ を、よく合う順に示す。"""
    from bot.faq.model import FaqModel, NotModel

    try:
        faq = FaqModel.load(model)
    except NotModel as error:
        fail(str(error))
    # Questions are UTF-8 whatever the terminal's locale; a broken byte must not end the run.
    for line in io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", errors="replace"):
        question = line.rstrip("\r\n")
        hits = faq.rank(question, top) if question.strip() else []
        if as_json:
            found = {"ids": [hit.entry.id for hit in hits]}
            scores = {"scores": [round(hit.score, 6) for hit in hits]}
            print(json.dumps({"question": question, **found, **scores}, ensure_ascii=False))
        else:
            print(question)
            for hit in hits:
                shown = hit.entry.question or hit.entry.answer.split("\n")[0]
                print(f"  {hit.score:.3f}  {hit.entry.id}  {shown}")
        sys.stdout.flush()
