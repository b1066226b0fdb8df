"""What ``--fix`` mends, what it leaves alone, and that it does so once."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.scenarios.lint.fixing import disorder, fix_folder, fixed
from tests.scenarios.folders import DataFolder

from .conftest import GOMI, JUMINHYO, findings

LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
PIECES = (
    "住民票", "ABC", "Ａ１", "ｶﾅ", " ", "　", "：", ": ", "#", " #", "'", '"', "{", "- ", "|", "１", "true", "\t",
)  # fmt: skip
WORDS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join)
KEYS = st.permutations(["sources", "next", "answer", "examples"])


@st.composite
def scenario_texts(draw: st.DrawFn) -> str:
    """Write something like a scenario, sound or not, with its keys in any order."""
    parts = {
        "sources": ["    sources: [a]"],
        "next": ["    next: [amount]", ""],
        "answer": ["    # a comment", "    answer:", "      ja: |", f"        {draw(WORDS)}", ""],
        "examples": ["    examples:", "      ja:"],
    }
    parts["examples"] += [f"        - {word}" for word in draw(st.lists(WORDS, min_size=1))]
    body = [line for key in draw(KEYS) for line in parts[key]]
    return "\n".join(["id: x", "topics:", "  overview:", *body, *draw(st.lists(st.just("")))])


@given(scenario_texts())
def test_mending_twice_is_mending_once(text: str) -> None:
    """What was mended stays as it is."""
    once = fixed(text)

    assert once == fixed(once)


@given(scenario_texts())
def test_mending_keeps_every_comment_and_every_value(text: str) -> None:
    """Comments stay, and each part has its value, apart from width, spaces and repetition."""
    mended = fixed(text)

    assert text.count("# a comment") == mended.count("# a comment")
    try:
        before = yaml.load(text, Loader=LOADER)
    except yaml.YAMLError:
        assert text == mended
        return
    assert _plain(before) == _plain(yaml.load(mended, Loader=LOADER))


def _plain(value: Any) -> Any:
    """Drop width, case, spaces and repetition; the order of keys makes no difference to a table."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        return [item for n, item in enumerate(items) if item not in items[:n]]
    return "".join(unicodedata.normalize("NFKC", value).lower().split())


@pytest.mark.parametrize(
    ("old", "new", "mended"),
    [
        ("owner: koseki\n", "owner: koseki  \n", "owner: koseki\n"),
        ("窓口に来", "１番の窓口に来", "1番の窓口に来"),
        ("- 住民票の取り方\n", "- 住民票の取り方\n        - 住民票の取り方\n", "- 住民票の取り方\n"),
        ("owner: koseki\nzone: blue\n", "zone: blue\nowner: koseki\n", "owner: koseki\nzone: blue\n"),
    ],
    ids=["spaces", "width", "repetition", "order"],
)  # fmt: skip
def test_what_is_safe_is_mended(clean: DataFolder, old: str, new: str, mended: str) -> None:
    """The file reads as if nobody had made the mistake; the next check has nothing to say."""
    file = clean.path / JUMINHYO
    wanted = file.read_text("utf-8").replace(old, mended)
    clean.replace(JUMINHYO, old, new)

    assert [f"data/{JUMINHYO}"] == fix_folder(clean.path)
    assert wanted == file.read_text("utf-8")
    assert findings(clean) == []
    assert fix_folder(clean.path) == []


def test_parts_move_with_their_comments(clean: DataFolder) -> None:
    """A comment above a key belongs to it; what stands around the part does not move."""
    text = (clean.path / JUMINHYO).read_text("utf-8")
    head, topics = text.split("topics:\n")
    sources = head[head.index("sources:") :]
    turned = (
        head.replace(sources, "") + f"# all of them\ntopics:\n{topics}\n" + sources.strip() + "\n"
    )

    mended = fixed(turned)

    assert disorder(turned) is not None
    assert disorder(mended) is None
    assert yaml.safe_load(text) == yaml.safe_load(mended)
    assert "# all of them\ntopics:" in mended
    assert sorted(filter(None, turned.split("\n"))) == sorted(filter(None, mended.split("\n")))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("- １２３ # not an example\n- １\n", id="a comment with a list"),
        pytest.param("id: x\nanswer: '\n", id="no YAML"),
        pytest.param("", id="empty"),
        pytest.param("topics: {b: 1, a: 2}\nid: x\n", id="kept flow"),
    ],
)
def test_odd_files_are_mended_without_an_error(text: str) -> None:
    """Whatever stands in a file, mending ends, and mends no further the second time."""
    assert fixed(text) == fixed(fixed(text))


def test_an_example_with_a_comment_is_left_for_a_person(clean: DataFolder) -> None:
    """A comment would be lost with its line."""
    twice = "        - 住民票 手数料 # the shortest way to ask\n"
    clean.replace(JUMINHYO, twice, twice + twice)

    assert fix_folder(clean.path) == []
    assert [finding.code for finding in findings(clean)] == ["LNT202"]


def test_titles_of_sources_are_quoted_as_they_stand(clean: DataFolder) -> None:
    """A page's own title may be written in any width."""
    assert "（２０２６年）" in (clean.path / JUMINHYO).read_text("utf-8")
    assert fix_folder(clean.path) == []


def test_what_cannot_be_read_is_not_touched(clean: DataFolder) -> None:
    """A file that is missing or not UTF-8 is a finding of the check, not of the mending."""
    (clean.path / GOMI).write_bytes("id: ごみ \n".encode("shift_jis"))
    (clean.path / "ward.yml").unlink()

    assert fix_folder(clean.path) == []
    assert {"SCN000", "YML001"} == {finding.code for finding in findings(clean)}
