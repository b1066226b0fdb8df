"""``serve`` and ``train``."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.publishing import opened_gate
from bot.cli.staff import first_link
from bot.cli.terminal import DataFolder, fail, out, print_problems, settings_or_fail
from bot.scenarios.problems import ScenarioError
from bot.scenarios.reading import read_catalogue
from bot.supervisor import (
    CannotStart,
    Supervisor,
    check_port,
    children_of,
    local_url,
    make_data_dir,
)
from bot.training import ROOT, TrainingFailed, train_if_stale
from bot.warm import Door
from bot.web.settings import Settings

if TYPE_CHECKING:
    from bot.publishing.gate import Gate

_SHOWN = 5


def serve() -> None:
    """すべてのプロセスを起動し、止まるまで見守る（PORT、DATA_DIR など環境変数で設定）。"""
    settings = _started(settings_or_fail())
    os.umask(0o077)  # the log is its owner's alone
    try:
        check_port(settings)
        make_data_dir(settings)
        unpublished = _prepare(settings)
        _say("起動しています…")
        _supervise(settings, unpublished)
    except CannotStart as error:
        fail(str(error))


def _started(settings: Settings) -> Settings:
    """Let a clock that was set begin now, for every process of this start."""
    return settings.model_copy(update={"clock_since": time.monotonic()} if settings.clock else {})


def _supervise(settings: Settings, unpublished: str) -> None:
    from bot.publishing.gate import live_model

    door = Door()
    try:
        door.show_in(settings.data_dir)
        children = children_of(settings, live_model(settings.data_dir), door)
        supervisor = Supervisor(children, _say)
        supervisor.run(lambda: _announce(settings, unpublished), f"{local_url(settings)}/readyz")
    finally:
        door.close(settings.data_dir)


def _prepare(settings: Settings) -> str:
    """See to it that something is published and its model there; returns what is not published yet."""
    from bot.publishing.gate import point_to

    with opened_gate(settings, _say) as gate:
        model = gate.ensure_live_model()
        if model is None:
            publication = gate.publish(gate.first(settings.scenarios))
            _say(f"はじめての版 {publication.revision} を公開しました")
            return ""
        point_to(settings.data_dir, model.name)
        return _unpublished(gate, settings.scenarios)


def _unpublished(gate: Gate, data: Path) -> str:
    try:
        files = gate.unpublished_files(read_catalogue(data))
    except ScenarioError as error:
        return (
            f"{data.name}/ に {len(error.problems)} 件の誤りがあるので、前に公開した版で答えます"
            "（.venv/bin/madoguchi check で調べられます）"
        )
    if not files:
        return ""
    shown = "、".join(files[:_SHOWN]) + (
        f" ほか {len(files) - _SHOWN} 件" if files[_SHOWN:] else ""
    )
    return (
        f"まだ公開していない変更があります：{shown}\n"
        "公開するには、窓口を動かしたまま： .venv/bin/madoguchi publish"
    )


def _announce(settings: Settings, unpublished: str) -> None:
    first = first_link(settings)
    if first:
        _say(first)
    _say(f"準備ができました： {local_url(settings)}/　（止めるには Ctrl-C）")
    if settings.clock:
        _say(f"練習用の時計です： {settings.clock} から進みます")
    if unpublished:
        _say(unpublished)


def _say(text: str) -> None:
    out.print(text, markup=False)


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
