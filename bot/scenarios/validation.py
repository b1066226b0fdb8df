"""One YAML file against its JSON Schema, with findings a clerk can act on.

The same schema files serve editors (completion, red underlines) and this check, so the two never differ.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from bot.scenarios.problems import Problem
from bot.scenarios.yamlfile import Plain, YamlFile

_FOLDER = Path(__file__).parent / "schema"
_KINDS = {
    "object": "「名前: 値」の並び",
    "array": "「- 値」の並び",
    "string": "文字",
    "number": "数",
    "boolean": "true か false",
}


def schema_problems(file: YamlFile, schema: str) -> list[Problem]:
    """Return SCN001–SCN007 for every place in which ``file`` differs from ``schema``."""
    errors = _validator(schema).iter_errors(file.value)
    return [_problem(file, _innermost(error)) for error in errors]


@cache
def _validator(name: str) -> Any:
    """Build the validator; references into the scenario schema are made local to the file."""
    shared = json.loads((_FOLDER / "scenario.schema.json").read_text("utf-8"))["definitions"]
    text = (_FOLDER / f"{name}.schema.json").read_text("utf-8")
    schema = json.loads(text.replace("scenario.schema.json#/definitions/", "#/definitions/"))
    schema["definitions"] = {**shared, **schema.get("definitions", {})}
    return jsonschema.Draft7Validator(schema)


def _innermost(error: Any) -> Any:
    """Of several alternatives that all fail, blame the one that came furthest."""
    while error.context:
        error = max(error.context, key=lambda e: (len(e.absolute_path), e.validator != "type"))
    return error


def _problem(file: YamlFile, error: Any) -> Problem:
    where = tuple(error.absolute_path)
    code, message = _finding(error, file.value)
    if error.validator == "additionalProperties":
        where = (*where, _unknown_keys(error)[0])
    place = " › ".join(map(str, error.absolute_path)) or "ファイルの先頭"
    return Problem(file.path, file.line(where), code, f"{place}：{message}")


def _finding(error: Any, _value: Plain) -> tuple[str, str]:
    wanted, came = error.validator_value, _short(error.instance)
    if error.validator == "required":
        missing = "、".join(key for key in wanted if key not in error.instance)
        return "SCN001", f"「{missing}」がありません。書き足してください。"
    if error.validator == "additionalProperties":
        known = "、".join(error.schema.get("properties", {}))
        return (
            "SCN002",
            f"「{_unknown_keys(error)[0]}」という項目はありません。使えるのは {known} です。",
        )
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        expected = "か".join(_KINDS.get(kind, kind) for kind in kinds)
        return "SCN003", f"{expected}を書いてください（いまは {came}）。"
    if error.validator == "enum":
        return "SCN004", f"{'、'.join(map(str, wanted))} のどれかにしてください（いまは {came}）。"
    if error.validator == "pattern":
        hint = error.schema.get("description", f"形 {wanted} に合わせてください。")
        return "SCN005", f"{came} は書き方が違います。{hint}"
    if error.validator in {"minLength", "minItems", "minProperties"}:
        return "SCN006", "空です。1つ以上書くか、項目ごと消してください。"
    return "SCN007", f"{error.validator} の決まりに合いません（決まり {wanted}、いまは {came}）。"


def _unknown_keys(error: Any) -> list[str]:
    return [key for key in error.instance if key not in error.schema.get("properties", {})]


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:40] + "…"
