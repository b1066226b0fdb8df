"""Reading YAML as people write it: nothing guessed, every part with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.scenarios.problems import ScenarioError
from bot.scenarios.yamlfile import Plain, YamlFile, read_yaml


def read(folder: Path, content: str | bytes) -> YamlFile:
    """Write ``content`` to a file and read it."""
    path = folder / "some.yml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_yaml(path, "data/some.yml")


def problems(folder: Path, content: str | bytes) -> list[tuple[int, str]]:
    """Return line and code of each finding."""
    with pytest.raises(ScenarioError) as caught:
        read(folder, content)
    return [(problem.line, problem.code) for problem in caught.value.problems]


@pytest.mark.parametrize(
    "written",
    ["8:30", "no", "yes", "on", "off", "010", "0x1F", "1_000", "1e3", ".5", "2026-10-01", "True"],
)
def test_what_only_yaml_1_1_converts_stays_text(tmp_path: Path, written: str) -> None:
    """Opening hours, dates and words such as no are the text that stands there."""
    file = read(tmp_path, f"value: {written}")

    assert {"value": written} == file.value


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("300", 300, id="int"),
        pytest.param("-5", -5, id="negative"),
        pytest.param("0", 0, id="zero"),
        pytest.param("1.5", 1.5, id="float"),
        pytest.param("true", True, id="true"),
        pytest.param("false", False, id="false"),
        pytest.param("", None, id="nothing"),
        pytest.param("~", None, id="tilde"),
        pytest.param("null", None, id="null"),
        pytest.param('"300"', "300", id="double-quoted"),
        pytest.param("'true'", "true", id="single-quoted"),
        pytest.param("|-\n  300", "300", id="block"),
        pytest.param(">-\n  a\n  b", "a b", id="folded"),
    ],
)
def test_plain_scalars_follow_the_core_schema(
    tmp_path: Path, written: str, expected: Plain
) -> None:
    """Plain numbers, true, false and null are values; whatever is quoted is text."""
    file = read(tmp_path, f"value: {written}")

    assert isinstance(file.value, dict)
    assert (expected, type(expected)) == (file.value["value"], type(file.value["value"]))


def test_every_part_knows_its_line(tmp_path: Path) -> None:
    """Keys and list items carry the line on which they start, counted from 1."""
    file = read(tmp_path, "# a remark\na:\n  b:\n    - one\n    - c: two\nd: three\n")

    expected = {("a",): 2, ("a", "b"): 3, ("a", "b", 0): 4, ("a", "b", 1, "c"): 5, ("d",): 6}
    assert expected == {where: file.line(where) for where in expected}


@pytest.mark.parametrize(
    ("where", "line"),
    [(("a", "b", "missing"), 2), (("a", "missing", 3), 1), (("missing",), 1), ((), 1)],
    ids=["inside b", "inside a", "at the top", "the whole file"],
)
def test_a_missing_part_has_the_line_of_what_is_around_it(
    tmp_path: Path, where: tuple[str | int, ...], line: int
) -> None:
    """A finding about something that is not there points at the nearest thing that is."""
    file = read(tmp_path, "a:\n  b: {c: one}\n")

    assert line == file.line(where)


@pytest.mark.parametrize("content", ["", "# only a remark\n"], ids=["nothing", "a remark"])
def test_an_empty_file_has_no_value(tmp_path: Path, content: str) -> None:
    """A file without content is read; the schema then says what is missing."""
    file = read(tmp_path, content)

    assert (file.value, file.line(("a",))) == (None, 1)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    """Files saved by Windows editors as UTF-8 with BOM are read like any other."""
    file = read(tmp_path, b"\xef\xbb\xbfname: x\n")

    assert file.value == {"name": "x"}


def test_text_of_another_encoding_is_yml001_and_says_where(tmp_path: Path) -> None:
    """A Shift_JIS file is refused with the place of the first byte that is not UTF-8."""
    with pytest.raises(ScenarioError, match=r"data/some\.yml:0: YML001 .*6 バイト目"):
        read(tmp_path, b"name: " + "窓口".encode("cp932"))


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param("a: 1\nb: [1\n", 3, id="open bracket"),
        pytest.param("a: 1\n b: 2\n", 2, id="indentation"),
        pytest.param("a: x: y\n", 1, id="colon in a sentence"),
        pytest.param("a: *nothing\n", 1, id="unknown alias"),
        pytest.param("---\na: 1\n---\nb: 2\n", 3, id="two documents"),
        pytest.param("a: \x07b\n", 0, id="control character: no line known"),
    ],
)
def test_what_is_not_yaml_is_yml002_with_its_line(tmp_path: Path, content: str, line: int) -> None:
    """A syntax error is one finding at the place where reading stopped."""
    assert [(line, "YML002")] == problems(tmp_path, content)


def test_a_key_that_stands_twice_is_yml003_each_time(tmp_path: Path) -> None:
    """Every repeated key is found, at any depth, at the line of its repetition."""
    content = "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 4\n"

    assert problems(tmp_path, content) == [(5, "YML003"), (6, "YML003")]


def test_a_file_that_contains_itself_is_yml004(tmp_path: Path) -> None:
    """An alias to what stands around it must not end the process."""
    assert problems(tmp_path, "\na: &a [*a]\n") == [(2, "YML004")]


def test_twelve_levels_are_enough(tmp_path: Path) -> None:
    """A scenario needs eight levels; what goes deeper than twelve is a slip."""
    twelve = "[" * 12 + "x" + "]" * 12

    assert read(tmp_path, twelve).value
    assert problems(tmp_path, f"[{twelve}]") == [(1, "YML004")]


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
leaves = st.lists(texts, max_size=3) | st.dictionaries(texts, texts, max_size=3)
trees = texts | leaves | st.lists(leaves, max_size=3)


@given(tree=st.dictionaries(texts, trees, max_size=4))
def test_any_quoted_tree_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, Plain]
) -> None:
    """Texts of any characters, nested in any way, come back unchanged."""
    content = yaml.safe_dump(tree, allow_unicode=True, default_style='"')

    assert tree == read(tmp_path_factory.getbasetemp(), content).value
