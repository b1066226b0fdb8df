"""``eval``: the real product asked with a file of questions, and the figures of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.terminal import DataFolder, err, fail, out, print_problems
from bot.evaluation.asking import Ask, Asked, HttpAsk, ask_each
from bot.evaluation.report import About, percent, to_document, to_page
from bot.evaluation.rows import BadRows, Row, read_rows
from bot.evaluation.scores import Scores, score
from bot.scenarios.model import Catalogue
from bot.scenarios.problems import ScenarioError
from bot.scenarios.reading import read_catalogue
from bot.scenarios.today import JST
from bot.training import ROOT, TrainingFailed, train_if_stale

_LINE_EVERY = 50
_SHOWN = 20
_UNSEEN = "blind"

_WORDS = {
    "service_top1": "手続き 1番目",
    "service_top3": "手続き 3番目まで",
    "topic": "項目（手続きが正しいもののうち）",
    "topic_joint": "手続きと項目",
    "outcome": "対応",
    "answer_rate": "回答した",
    "right_answers": "答えのうち正しい",
    "reached": "正しい案内に届いた",
    "false_answers": "答えるべきでないのに答えた",
    "wrong_answers": "別の手続きを案内した",
    "both_answers": "2つの質問の両方",
    "both_services": "2つの質問の両方（手続き）",
}


def evaluate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="質問の JSONL")],
    data: DataFolder = ROOT / "data",
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力する")] = False,
    html: Annotated[Path | None, typer.Option(help="HTML の報告を書くファイル")] = None,
    no_sentences: Annotated[
        bool,
        typer.Option(
            "--no-sentences",
            help="報告に質問の文を載せない（blind という名のフォルダーのファイルでは、いつも）",
        ),
    ] = False,
    url: Annotated[str, typer.Option(help="動いている窓口の URL（空なら一時的に起動する）")] = "",
) -> None:
    """答えのわかっている質問で窓口を試し、正答率を範囲つきで示す。"""
    catalogue = _catalogue(data)
    try:
        rows = read_rows(file, catalogue.scenarios)
    except BadRows as error:
        for problem in error.problems[:_SHOWN]:
            err.print(problem, markup=False)
        if len(error.problems) > _SHOWN:
            err.print(f"ほか {len(error.problems) - _SHOWN} 件")
        fail(f"{len(error.problems)} 件の誤りがあるため、測っていません。")
    if html and not html.parent.is_dir():
        fail(f"フォルダーがありません：{html.parent}", code=2)
    with _counter(catalogue, data, url) as ask:
        asked = _ask(ask, rows)
    scores = score(asked)
    about = About(file.name, url or "一時的に起動した窓口", catalogue.revision, datetime.now(JST))
    if html:
        unseen = no_sentences or _UNSEEN in file.resolve().parts
        page = to_page(scores, about, catalogue, with_sentences=not unseen)
        html.write_text(page, "utf-8")
    if as_json:
        print(json.dumps(to_document(scores, about), ensure_ascii=False))
    else:
        _print(scores)
    _tell_failures(asked)


def _catalogue(data: Path) -> Catalogue:
    try:
        return read_catalogue(data)
    except ScenarioError as error:
        print_problems(error)
        fail("シナリオに誤りがあるため、測れません。")


@contextmanager
def _counter(catalogue: Catalogue, data: Path, url: str) -> Iterator[Ask]:
    # The gateway takes a second to load, which no other command should wait for.
    from bot.evaluation.product import ProductFailed, reduced_notice, temporary_product

    notice = reduced_notice(catalogue)
    if url:
        with HttpAsk(url, notice) as ask:
            yield ask
        return
    try:
        model = train_if_stale(data, lambda line: err.print(line, markup=False))
        with temporary_product(data, model) as address, HttpAsk(address, notice) as ask:
            yield ask
    except (TrainingFailed, ProductFailed) as error:
        fail(str(error))


def _ask(ask: Ask, rows: list[Row]) -> list[Asked]:
    """Ask every row; a bar on a terminal, a line now and then elsewhere."""
    from rich.progress import Progress  # here, because every other command would wait for it

    asked: list[Asked] = []
    with Progress(console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task("質問しています", total=len(rows))
        for one in ask_each(ask, rows):
            asked.append(one)
            bar.advance(task)
            if not err.is_terminal and (len(asked) % _LINE_EVERY == 0 or len(asked) == len(rows)):
                err.print(f"質問しています {len(asked)}/{len(rows)}")
    return asked


def _print(scores: Scores) -> None:
    out.print(f"質問 {scores.rows} 件（返事のないもの {scores.failed} 件）")
    for name, rate in scores.rates().items():
        if rate.n:
            out.print(f"  {_WORDS[name]}： {percent(rate)}", markup=False)
    for wanted, came in scores.confusion.items():
        counts = "、".join(f"{outcome} {count}" for outcome, count in came.items())
        out.print(f"  期待 {wanted} → {counts}", markup=False)
    for tag, one in scores.tags.items():
        shown = {_WORDS[name]: rate for name, rate in one.rates().items() if rate.n}
        figures = "、".join(f"{word} {percent(rate)}" for word, rate in shown.items())
        out.print(f"  {tag}（{one.rows} 件）： {figures}", markup=False)
    for axis, spread in scores.fairness.items():
        out.print(
            f"  公平さ {axis}： 最もよい {spread.best}、最も悪い {spread.worst}、"
            f"差 {spread.value * 100:.1f} ポイント（{spread.low * 100:.1f}–{spread.high * 100:.1f}）"
        )


def _tell_failures(asked: list[Asked]) -> None:
    failed = [one for one in asked if one.reply is None]
    for one in failed[:10]:
        err.print(f"{one.row.line} 行目： 返事がありません（{one.failure}）", markup=False)
    if failed:
        fail(f"{len(failed)} 件の質問に返事がありませんでした。")
