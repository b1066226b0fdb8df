"""YAML as people write it: plain values with the line of each, and nothing guessed.

PyYAML follows YAML 1.1, where ``8:30`` is the number 510 and ``no`` is false; a ward's opening hours
must not depend on that. Scalars follow the YAML 1.2 core schema, dates stay text, and a key that stands
twice is an error instead of a silent loss.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

import yaml

from bot.scenarios.problems import Problem, ScenarioError

Plain = Union[None, bool, int, float, str, "list[Plain]", "dict[str, Plain]"]
Where = tuple[Union[str, int], ...]

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]+\Z")
_DEEPEST = 12
_QUOTED = ("'", '"', "|", ">")
_WORDS: dict[str, Plain] = {"": None, "~": None, "null": None, "true": True, "false": False}
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class YamlFile:
    """The value of one file, and the line on which each part of it starts."""

    path: str
    value: Plain
    lines: dict[Where, int]

    def line(self, where: Where) -> int:
        """Return the line of ``where``, or of the nearest part around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)


def read_yaml(path: Path, shown_as: str) -> YamlFile:
    """Read one file.

    Raises:
        ScenarioError: YML001 not UTF-8, or as ``parse_yaml``.

    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"UTF-8 で保存してください（{error.start} バイト目が UTF-8 ではありません）。"
        raise ScenarioError([Problem(shown_as, 0, "YML001", message)]) from error
    return parse_yaml(text, shown_as)


def parse_yaml(text: str, shown_as: str) -> YamlFile:
    """Read the text of one file.

    Raises:
        ScenarioError: YML002 not YAML, YML003 a key stands twice, YML004 nested too deeply or within
            itself.

    """
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise ScenarioError([_syntax_problem(error, shown_as)]) from error
    lines: dict[Where, int] = {}
    problems: list[Problem] = []
    value = _value(node, (), lines, problems, shown_as) if node is not None else None
    if problems:
        raise ScenarioError(problems)
    return YamlFile(shown_as, value, lines)


def _syntax_problem(error: yaml.YAMLError, path: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else 0
    detail = getattr(error, "problem", None) or str(error).splitlines()[0]
    hint = "字下げ（半角スペース）と、「: 」や「#」を含む文を引用符で囲んだかを確かめてください。"
    return Problem(path, line, "YML002", f"YAML として読めません（{detail}）。{hint}")


def _value(
    node: yaml.Node, where: Where, lines: dict[Where, int], problems: list[Problem], path: str
) -> Plain:
    if len(where) > _DEEPEST:
        message = f"字下げが深すぎるか、別名（*）が自分自身を指しています（{_DEEPEST} 段まで）。"
        problems.append(Problem(path, node.start_mark.line + 1, "YML004", message))
        return None
    lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, where, lines, problems, path)
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, (*where, index), lines, problems, path)
            for index, item in enumerate(node.value)
        ]
    return _scalar(node)


def _mapping(
    node: yaml.MappingNode,
    where: Where,
    lines: dict[Where, int],
    problems: list[Problem],
    path: str,
) -> dict[str, Plain]:
    result: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in result:
            message = f"「{key}」が2回書かれています。どちらか一方にしてください。"
            problems.append(Problem(path, key_node.start_mark.line + 1, "YML003", message))
        result[key] = _value(value_node, (*where, key), lines, problems, path)
        lines[(*where, key)] = key_node.start_mark.line + 1
    return result


def _scalar(node: yaml.Node) -> Plain:
    text = str(node.value)
    if getattr(node, "style", None) in _QUOTED:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text
