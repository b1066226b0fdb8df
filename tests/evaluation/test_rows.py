"""The questions of an evaluation: what is read, and how a wrong line is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.evaluation.rows import BadRows, Row, read_rows

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("jido_teate", "juminhyo")


def write(folder: Path, *lines: Any) -> Path:
    file = folder / "rows.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file.write_text("\n".join(texts), "utf-8")
    return file


def problems_of(file: Path) -> list[str]:
    with pytest.raises(BadRows) as raised:
        read_rows(file, SERVICES)
    return [problem.removeprefix(f"{file}:") for problem in raised.value.problems]


def test_a_question_is_read_with_what_it_should_get(tmp_path: Path) -> None:
    """Every field of a line is in its row, with the number of the line."""
    line = {"text": "いくら", "service": "jido_teate", "topic": "amount", "outcome": "answered"}

    rows = read_rows(write(tmp_path, "", {**line, "tags": ["lang:ja"], "note": "x"}), SERVICES)

    assert rows == [Row("いくら", "jido_teate", "amount", "answered", ("lang:ja",), line=2)]


def test_each_later_message_of_a_conversation_is_a_row_with_what_was_said_before(
    tmp_path: Path,
) -> None:
    """Three messages make two rows; the first message only prepares them."""
    turns = [{"text": t, "service": "juminhyo", "topic": "amount"} for t in ("a", "b", "c")]

    rows = read_rows(write(tmp_path, {"turns": turns, "tags": ["k:x"]}), SERVICES)

    assert [(row.before, row.text, row.tags) for row in rows] == [
        (("a",), "b", ("k:x",)),
        (("a", "b"), "c", ("k:x",)),
    ]


def test_a_row_may_let_other_answers_pass(tmp_path: Path) -> None:
    """They are right beside its own, and need an own answer to stand beside."""
    also = {"also": [{"service": "juminhyo", "topic": "overview"}]}
    own = {"text": "a", "service": "juminhyo", "topic": "amount"}
    (row,) = read_rows(write(tmp_path, {**own, **also}), SERVICES)

    assert row.right == {"juminhyo.amount", "juminhyo.overview"}
    assert problems_of(write(tmp_path, {"text": "a", **also})) == [
        "1: also は、service と topic のある行に書いてください"
    ]


def test_a_message_with_one_answer_asks_for_that_one(tmp_path: Path) -> None:
    """What looks like two questions and is one is measured like any other."""
    side = {"service": "juminhyo", "topic": "amount"}
    (row,) = read_rows(write(tmp_path, {"text": "ab", "answers": [side]}), SERVICES)

    assert (row.service, row.topic, row.both) == ("juminhyo", "amount", ())


def test_a_message_with_two_questions_names_both_answers(tmp_path: Path) -> None:
    """The answers become keys of the catalogue."""
    sides = [{"service": s, "topic": "amount"} for s in SERVICES]

    (row,) = read_rows(write(tmp_path, {"text": "ab", "answers": sides}), SERVICES)

    assert row.both == ("jido_teate.amount", "juminhyo.amount")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param("{", "JSON として読めません", id="no JSON"),
        pytest.param("[]", "行: 形が違います", id="no object"),
        pytest.param({"text": " "}, "text: 空です", id="empty text"),
        pytest.param({"text": "あ" * 1001}, "text: 長すぎます", id="too long"),
        pytest.param({"text": 1}, "text: 形が違います", id="text of another type"),
        pytest.param({"service": "juminhyo"}, "text と turns のどちらか1つ", id="no text"),
        pytest.param({"text": "a", "tags": "x"}, "tags: 形が違います", id="tags are no list"),
        pytest.param({"text": "a", "service": "nothing"}, "知らない service", id="service"),
        pytest.param({"text": "a", "topic": "nothing"}, "知らない topic", id="topic"),
        pytest.param({"text": "a", "outcome": "nothing"}, "知らない outcome", id="outcome"),
        pytest.param({"turns": [{"text": "a"}]}, "turns: 2つ以上", id="one turn"),
        pytest.param(
            {"text": "a", "answers": [{"service": "nothing", "topic": "amount"}] * 2},
            "知らない service",
            id="service of an answer",
        ),
    ],
)
def test_a_wrong_line_is_told_with_its_number(tmp_path: Path, line: Any, told: str) -> None:
    """The line before it is fine, and yet nothing is measured."""
    found = problems_of(write(tmp_path, {"text": "a"}, line))

    assert all(problem.startswith("2: ") for problem in found)
    assert told in found[0]


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    """A figure over no question is no figure."""
    with pytest.raises(BadRows, match="質問が1つもありません"):
        read_rows(write(tmp_path, "", ""))


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    """The first byte that does not fit is named."""
    file = tmp_path / "rows.jsonl"
    file.write_bytes('{"text": "あ"}'.encode("cp932"))

    with pytest.raises(BadRows, match="UTF-8 ではありません（11 バイト目）"):
        read_rows(file)


def test_a_byte_order_mark_and_carriage_returns_do_no_harm(tmp_path: Path) -> None:
    """Files from Windows are read as they are."""
    file = tmp_path / "rows.jsonl"
    file.write_bytes('\ufeff{"text": "あ"}\r\n{"text": "い"}\r\n'.encode())

    assert [row.text for row in read_rows(file)] == ["あ", "い"]


@pytest.mark.parametrize(
    "file", sorted((ROOT / "data" / "golden").rglob("*.jsonl")), ids=lambda f: f.stem
)
def test_every_shipped_file_can_be_measured_with(file: Path) -> None:
    """The ward's own services are the only ones asked for."""
    services = [path.stem for path in (ROOT / "data" / "scenarios").glob("*/*.yml")]

    assert len(read_rows(file, services)) > 0
