"""``madoguchi``: the command line for operators and administrators; one module per kind of work."""

from __future__ import annotations

import typer

from bot.cli.checking import check
from bot.cli.evaluating import evaluate
from bot.cli.faq import ask, import_faq
from bot.cli.masking import mask_lines
from bot.cli.publishing import publish, rollback
from bot.cli.serving import serve, train
from bot.cli.staff import app as staff

app = typer.Typer(
    help="Madoguchi（窓口）：自治体のチャット窓口", no_args_is_help=True, add_completion=False
)
app.command()(serve)
app.command()(check)
app.command()(train)
app.command(name="eval")(evaluate)
app.command()(import_faq)
app.command()(ask)
app.command()(publish)
app.command()(rollback)
app.command(name="mask")(mask_lines)
app.add_typer(staff, name="staff")


def main() -> None:
    """Run the command line."""
    app()
