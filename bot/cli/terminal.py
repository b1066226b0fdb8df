"""What every command shares: the two consoles, the data folder, and how a command fails."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from bot.scenarios.problems import ScenarioError
from bot.web.settings import Settings, SettingsError, read_settings

# Without emoji=False, rich prints the line number of "file:100:" as a picture.
out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

DataFolder = Annotated[Path, typer.Option("--data", help="シナリオのフォルダ")]


def fail(message: str, code: int = 1) -> NoReturn:
    """End the command with one sentence on standard error."""
    err.print(f"madoguchi: {message}", markup=False, style="red")
    raise typer.Exit(code)


def settings_or_fail() -> Settings:
    """Read the settings; wrong ones end the command with status 2."""
    try:
        return read_settings()
    except SettingsError as error:
        fail(f"設定に誤りがあります：{error}", code=2)


def print_problems(error: ScenarioError) -> None:
    """Print every finding on a line of its own, then their number."""
    for problem in error.problems:
        out.print(str(problem), markup=False)
    out.print(f"{len(error.problems)} 件の誤りがあります")
