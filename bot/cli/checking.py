"""``check``: what stands wrong in the files, in the form that the reader needs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.terminal import DataFolder, err, fail, out
from bot.scenarios.lint.checking import check_folder
from bot.scenarios.lint.findings import Finding
from bot.scenarios.lint.fixing import fix_folder
from bot.scenarios.lint.rules import RULES
from bot.scenarios.model import Catalogue
from bot.scenarios.today import jst_today
from bot.training import ROOT

_SHOWN = {"error": ("誤り", "red"), "warning": ("注意", "yellow")}
_FIXABLE = {rule.code for rule in RULES if rule.fixable}


class Format(str, Enum):
    """For whom the findings are written."""

    people = "people"
    editor = "editor"
    json = "json"


def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="このファイルの結果だけを出す", show_default=False)
    ] = None,
    data: DataFolder = ROOT / "data",
    form: Annotated[Format, typer.Option("--format", help="出力の形")] = Format.people,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力する")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="安全に直せるものを直す")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="注意も誤りとして数える")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="注意は件数だけを出す")] = False,
) -> None:
    """シナリオの誤りを調べる。誤りがあれば終了コード 1。"""
    form = Format.json if as_json else form
    wanted = _wanted(files or [], data)
    if fix:
        _fix(data)
    catalogue, every = check_folder(data, jst_today())
    findings = [f for f in every if not wanted or f.path in wanted]
    _print(form, catalogue, findings, summary)
    if any(strict or finding.severity == "error" for finding in findings):
        raise typer.Exit(1)


def _wanted(files: Sequence[Path], data: Path) -> set[str]:
    """Return the files' names as findings give them; a file elsewhere is wrong use."""
    parent = data.resolve().parent
    for file in files:
        if not file.is_file() or parent not in file.resolve().parents:
            fail(f"{file} は {data} のファイルではありません。", code=2)
    return {file.resolve().relative_to(parent).as_posix() for file in files}


def _fix(data: Path) -> None:
    for path in fix_folder(data):
        err.print(f"直しました：{path}", markup=False)


def _print(
    form: Format, catalogue: Catalogue | None, findings: Sequence[Finding], summary: bool
) -> None:
    if form is Format.json:
        problems = [asdict(finding) for finding in findings]
        revision = {"revision": catalogue.revision} if catalogue else {}
        print(json.dumps({"problems": problems, **revision}, ensure_ascii=False))
        return
    shown = [f for f in findings if f.severity == "error" or not summary]
    if form is Format.editor:
        for f in shown:
            print(f"{f.path}:{max(1, f.line)}:{f.column}: {f.severity}: {f.code} {f.message}")
        return
    _print_files(shown)
    _print_counts(findings)
    _print_verdict(catalogue, findings)


def _print_files(findings: Sequence[Finding]) -> None:
    for path, group in groupby(findings, key=lambda finding: finding.path):
        out.print(path, markup=False, style="bold")
        for f in group:
            word, style = _SHOWN[f.severity]
            out.print(f"  {f.line} 行 ", markup=False, end="", style="dim")
            out.print(f"{word} {f.code} ", markup=False, end="", style=style)
            out.print(f.message, markup=False)


def _print_counts(findings: Sequence[Finding]) -> None:
    if not findings:
        return
    says = {rule.code: rule.title for rule in RULES}
    from rich.table import Table  # here, because every other command would wait for it

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("番号", "重さ", "件数", "きまり"):
        table.add_column(heading, justify="right" if heading == "件数" else "left")
    counts = Counter((f.code, f.severity) for f in findings)
    for (code, severity), number in sorted(counts.items()):
        mend = "（--fix で直せます）" if code in _FIXABLE else ""
        table.add_row(code, _SHOWN[severity][0], str(number), says.get(code, "") + mend)
    out.print(table)


def _print_verdict(catalogue: Catalogue | None, findings: Sequence[Finding]) -> None:
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    noticed = f"注意が {warnings} 件あります" if warnings else ""
    if errors:
        out.print(f"{errors} 件の誤りがあります" + ("。" + noticed if noticed else ""))
    elif catalogue is not None:
        topics = sum(1 for _ in catalogue.topics())
        out.print(
            f"誤りはありません：{len(catalogue.scenarios)} 手続き、{topics} 案内"
            f"（版 {catalogue.revision}）" + ("。" + noticed if noticed else "")
        )
