"""``madoguchi``: the command line for operators and administrators."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from bot.dialogue.masking import mask
from bot.scenarios.problems import ScenarioError
from bot.scenarios.reading import read_catalogue
from bot.store.clock import Clock
from bot.supervisor import PortTaken, Supervisor, check_port, children_of, local_url
from bot.training import ROOT, TrainingFailed, train_if_stale
from bot.web.settings import Settings, SettingsError, read_settings

app = typer.Typer(
    help="Madoguchi（窓口）：自治体のチャット窓口", no_args_is_help=True, add_completion=False
)
_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)

DataFolder = Annotated[Path, typer.Option("--data", help="シナリオのフォルダ")]


@app.command()
def serve() -> None:
    """すべてのプロセスを起動し、止まるまで見守る（PORT、DATA_DIR など環境変数で設定）。"""
    settings = _settings()
    try:
        check_port(settings)
    except PortTaken as error:
        _fail(str(error))
    model = _train(settings.scenarios, force=False)
    _out.print("起動しています…")
    supervisor = Supervisor(children_of(settings, model), _out.print)
    supervisor.run(lambda: _announce(settings), f"{local_url(settings)}/readyz")


def _announce(settings: Settings) -> None:
    _out.print(f"準備ができました： {local_url(settings)}/　（止めるには Ctrl-C）")
    if Clock(settings.clock).is_shifted:
        _out.print(f"練習用の時計です： {settings.clock} から進みます")


@app.command()
def check(
    data: DataFolder = ROOT / "data",
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力する")] = False,
) -> None:
    """シナリオの誤りを調べる。誤りがあれば終了コード 1。"""
    try:
        catalogue = read_catalogue(data)
    except ScenarioError as error:
        _print_problems(error, as_json)
        raise typer.Exit(1) from None
    topics = sum(1 for _ in catalogue.topics())
    if as_json:
        print(json.dumps({"problems": [], "revision": catalogue.revision}))
    else:
        _out.print(
            f"誤りはありません：{len(catalogue.scenarios)} 手続き、{topics} 案内"
            f"（版 {catalogue.revision}）"
        )


def _print_problems(error: ScenarioError, as_json: bool) -> None:
    if as_json:
        problems = [problem.__dict__ for problem in error.problems]
        print(json.dumps({"problems": problems}, ensure_ascii=False))
        return
    for problem in error.problems:
        _out.print(str(problem), markup=False)
    _out.print(f"{len(error.problems)} 件の誤りがあります")


@app.command()
def train(
    data: DataFolder = ROOT / "data",
    force: Annotated[bool, typer.Option(help="変わっていなくても学習する")] = False,
) -> None:
    """質問例が変わっていれば、モデルを学習する。"""
    _out.print(f"モデル： {_train(data, force=force)}")


@app.command(name="mask")
def mask_lines(
    as_json: Annotated[bool, typer.Option("--json", help="1行1件の JSON で入出力する")] = False,
) -> None:
    """標準入力の文から、個人の番号を伏せて出力する。"""
    for line in sys.stdin:
        if not line.strip():
            continue
        masked = mask(_text_of(line) if as_json else line.rstrip("\n"))
        if as_json:
            spans = [span.__dict__ for span in masked.spans]
            print(json.dumps({"masked": masked.text, "spans": spans}, ensure_ascii=False))
        else:
            print(masked.text)


def _text_of(line: str) -> str:
    try:
        text = json.loads(line)
    except ValueError:
        text = None
    if not isinstance(text, str):
        _err.print("1行に1つの JSON 文字列を渡してください。", markup=False)
        raise typer.Exit(2)
    return text


def _settings() -> Settings:
    try:
        return read_settings()
    except SettingsError as error:
        _fail(f"設定に誤りがあります：{error}", code=2)


def _train(data: Path, *, force: bool) -> Path:
    try:
        return train_if_stale(data, _out.print, force=force)
    except ScenarioError as error:
        _print_problems(error, as_json=False)
        _fail("シナリオに誤りがあるため、学習できません。")
    except TrainingFailed as error:
        _fail(str(error))


def _fail(message: str, code: int = 1) -> NoReturn:
    _err.print(f"madoguchi: {message}", markup=False, style="red")
    raise typer.Exit(code)


def main() -> None:
    """Run the command line."""
    app()
