"""``check``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.cli.terminal import DataFolder, out, print_problems
from bot.scenarios.problems import ScenarioError
from bot.scenarios.reading import read_catalogue
from bot.training import ROOT


def check(
    data: DataFolder = ROOT / "data",
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力する")] = False,
) -> None:
    """シナリオの誤りを調べる。誤りがあれば終了コード 1。"""
    try:
        catalogue = read_catalogue(data)
    except ScenarioError as error:
        if as_json:
            problems = [problem.__dict__ for problem in error.problems]
            print(json.dumps({"problems": problems}, ensure_ascii=False))
        else:
            print_problems(error)
        raise typer.Exit(1) from None
    topics = sum(1 for _ in catalogue.topics())
    if as_json:
        print(json.dumps({"problems": [], "revision": catalogue.revision}))
    else:
        out.print(
            f"誤りはありません：{len(catalogue.scenarios)} 手続き、{topics} 案内"
            f"（版 {catalogue.revision}）"
        )
