"""``mask``."""

from __future__ import annotations

import io
import json
import sys
from typing import Annotated

import typer

from bot.cli.terminal import err
from bot.dialogue.masking import Masked, mask


def mask_lines(
    as_json: Annotated[bool, typer.Option("--json", help="1行1件の JSON で入出力する")] = False,
) -> None:
    """標準入力の文から、個人の番号を伏せて出力する。"""
    for line in io.TextIOWrapper(sys.stdin.buffer, "utf-8", errors="replace"):
        if not line.strip():
            continue
        masked = mask(_text_of(line) if as_json else line.rstrip("\n"))
        if as_json:
            print(_json_of(masked))
        else:
            print(masked.text)


def _json_of(masked: Masked) -> str:
    spans = [span.__dict__ for span in masked.spans]
    answer = json.dumps({"masked": masked.text, "spans": spans}, ensure_ascii=False)
    # Half a surrogate pair has no UTF-8; as \udXXX it is JSON again.
    return answer.encode("utf-8", "backslashreplace").decode("utf-8")


def _text_of(line: str) -> str:
    try:
        text = json.loads(line)
    except ValueError:
        text = None
    if not isinstance(text, str):
        err.print("1行に1つの JSON 文字列を渡してください。", markup=False)
        raise typer.Exit(2)
    return text
