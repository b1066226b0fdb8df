"""``serve`` and ``train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.terminal import DataFolder, fail, out, print_problems, settings_or_fail
from bot.scenarios.problems import ScenarioError
from bot.store.clock import Clock
from bot.supervisor import (
    CannotStart,
    Supervisor,
    check_port,
    children_of,
    local_url,
    make_data_dir,
)
from bot.training import ROOT, TrainingFailed, train_if_stale
from bot.web.settings import Settings


def serve() -> None:
    """すべてのプロセスを起動し、止まるまで見守る（PORT、DATA_DIR など環境変数で設定）。"""
    settings = settings_or_fail()
    try:
        check_port(settings)
        make_data_dir(settings)
        model = _train(settings.scenarios, force=False)
        out.print("起動しています…")
        supervisor = Supervisor(children_of(settings, model), _say)
        supervisor.run(lambda: _announce(settings), f"{local_url(settings)}/readyz")
    except CannotStart as error:
        fail(str(error))


def _say(text: str) -> None:
    out.print(text, markup=False)


def _announce(settings: Settings) -> None:
    out.print(f"準備ができました： {local_url(settings)}/　（止めるには Ctrl-C）")
    if Clock(settings.clock).is_shifted:
        out.print(f"練習用の時計です： {settings.clock} から進みます")


def train(
    data: DataFolder = ROOT / "data",
    force: Annotated[bool, typer.Option(help="変わっていなくても学習する")] = False,
) -> None:
    """質問例が変わっていれば、モデルを学習する。"""
    out.print(f"モデル： {_train(data, force=force)}")


def _train(data: Path, *, force: bool) -> Path:
    try:
        return train_if_stale(data, out.print, force=force)
    except ScenarioError as error:
        print_problems(error)
        fail("シナリオに誤りがあるため、学習できません。")
    except TrainingFailed as error:
        fail(str(error))
