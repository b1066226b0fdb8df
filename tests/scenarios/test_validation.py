"""The shape of each file, with findings that say where, what was expected and what came."""

from __future__ import annotations

import pytest

from .folders import GOMI, JUMINHYO, DataFolder

TEXT = "{ja: 燃やすごみと資源に分けます。}"
NEXT = "next: [procedure, gomi_bunbetsu.procedure]"
SEVEN = f"next: [{', '.join(['procedure'] * 7)}]"


@pytest.mark.parametrize(
    ("code", "file", "old", "new", "at", "words"),
    [
        pytest.param("SCN001", GOMI, "owner: seiso\n", "", "id:", "「owner」", id="missing"),
        pytest.param("SCN001", GOMI, TEXT, "{en: x}", "answer:", "「ja」", id="no Japanese"),
        pytest.param("SCN002", GOMI, "zone:", "a: b\nzone:", "a: b", "「a」", id="unknown"),
        pytest.param("SCN002", JUMINHYO, "en: [", "fr: [", "fr: [", "ja、en", id="language"),
        pytest.param("SCN003", GOMI, TEXT, "text", "answer:", '"text"', id="not a table"),
        pytest.param(
            "SCN003", GOMI, "[list]", "list", "sources: list", "「- 値」", id="not a list"
        ),
        pytest.param("SCN004", GOMI, "blue", "red", "zone:", "blue、yellow", id="not offered"),
        pytest.param("SCN005", GOMI, "2026-09-30", "9月", "9月", "reviewed_on", id="pattern"),
        pytest.param("SCN005", "ward.yml", "https:", "http:", "site:", "https:// から", id="site"),
        pytest.param("SCN006", GOMI, TEXT, '{ja: ""}', "answer:", "空です", id="empty text"),
        pytest.param("SCN006", GOMI, "[list]", "[]", "sources: []", "空です", id="empty list"),
        pytest.param("SCN007", JUMINHYO, NEXT, SEVEN, "next:", "6", id="the rest"),
        pytest.param("SCN002", "ward.yml", "{value", "{worth", "worth", "「worth」", id="dated"),
        pytest.param("SCN003", "ward.yml", "1350", "[1]", "[1]", "文字か数", id="alternatives"),
    ],
)
def test_a_mistake_is_one_finding_at_its_line(
    data: DataFolder, code: str, file: str, old: str, new: str, at: str, words: str
) -> None:
    """Each kind of mistake has its code, its line, and a message that names the part."""
    line = _replace_and_find(data, file, old, new, at)

    problem = data.problem()
    assert (f"data/{file}", line, code) == (problem.path, problem.line, problem.code)
    assert words in problem.message


def test_a_pattern_is_explained_in_words_where_the_schema_has_them(data: DataFolder) -> None:
    """Not the regular expression, but what to write, stands in the message."""
    data.replace("phrases.yml", '"group:todoke"', '"Group"')

    problem = data.problem()
    assert problem.code == "SCN005"
    assert "service:" in problem.message
    assert "^[" not in problem.message


@pytest.mark.parametrize("content", ["", "- one\n", "only words\n"], ids=["empty", "list", "text"])
@pytest.mark.parametrize("file", ["ward.yml", "phrases.yml", GOMI])
def test_a_file_of_another_kind_is_one_finding(data: DataFolder, file: str, content: str) -> None:
    """An empty file, a list or a sentence where a table is expected is SCN003 at the top."""
    (data.path / file).write_text(content, "utf-8")

    (problem,) = [p for p in data.problems() if p.path == f"data/{file}"]
    assert (problem.line, problem.code) == (1, "SCN003")
    assert "ファイルの先頭" in problem.message


def test_a_long_value_is_shown_shortened(data: DataFolder) -> None:
    """A message quotes the beginning of what came, not a page of it."""
    data.replace(GOMI, "zone: blue", f"zone: {'と' * 500}")

    message = data.problem().message
    assert "…" in message
    assert len(message) < 200


def test_every_mistake_of_a_file_is_found_at_once(data: DataFolder) -> None:
    """A clerk sees all findings in one go, not one after the other."""
    data.replace(GOMI, "zone: blue", "zone: red")
    data.replace(GOMI, "owner: seiso\n", "")
    data.replace(GOMI, "2026-09-30", "soon")

    assert sorted(problem.code for problem in data.problems()) == ["SCN001", "SCN004", "SCN005"]


def _replace_and_find(data: DataFolder, file: str, old: str, new: str, at: str) -> int:
    data.replace(file, old, new)
    return data.line_of(file, at)
