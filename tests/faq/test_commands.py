"""``import-faq`` and ``ask`` as a ward's staff run them: processes, standard input, exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import SHIOMI

pytestmark = pytest.mark.slow

MADOGUCHI = str(Path(sys.executable).with_name("madoguchi"))


def run(*words: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [MADOGUCHI, *map(str, words)], input=given, capture_output=True, timeout=120
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faq") / "model"
    made = run("import-faq", SHIOMI, "--model", folder)
    assert made.returncode == 0, made.stderr.decode()
    assert "192 件のモデルを作りました" in made.stdout.decode()
    return folder


def test_each_line_of_questions_gets_a_line_of_ids(model: Path) -> None:
    """In the order asked, best first; a blank line and broken bytes get a line, too."""
    asked = "はんこのカードをなくした\n\nごみは何曜日？\n".encode() + b"\xff\n"

    answer = run("ask", "--model", model, "--top", 10, "--json", given=asked)

    lines = [json.loads(line) for line in answer.stdout.decode().splitlines()]
    assert answer.returncode == 0
    assert [line["question"] for line in lines] == [
        "はんこのカードをなくした",
        "",
        "ごみは何曜日？",
        "\ufffd",
    ]
    assert [len(line["ids"]) for line in lines] == [10, 0, 10, 10]
    assert lines[0]["ids"][0] == "F001"
    assert all(line["scores"] == sorted(line["scores"], reverse=True) for line in lines)


def test_without_json_a_person_can_read_it(model: Path) -> None:
    """Score, id and question of three entries."""
    answer = run("ask", "--model", model, given="パスポートがほしい".encode())

    first, *hits = answer.stdout.decode().splitlines()
    assert first == "パスポートがほしい"
    assert len(hits) == 3
    assert "パスポートの申請はどこでできますか。" in hits[0]


def test_wrong_rows_are_told_and_the_rest_is_used(tmp_path: Path) -> None:
    """Shift_JIS, Japanese columns, one bad row: status 0, the row on standard error, JSON on output."""
    file = tmp_path / "faq.csv"
    file.write_bytes("番号,質問,回答\r\n1,駐車場は？,あります。\r\n1,二重,x\r\n".encode("cp932"))

    made = run("import-faq", file, "--model", tmp_path / "model", "--json")

    told = json.loads(made.stdout)
    assert made.returncode == 0
    assert "3 行目： 番号（id）が前の行と同じです：1" in made.stderr.decode()
    assert (told["entries"], told["skipped"], told["encoding"]) == (1, 1, "cp932")
    assert told["columns"] == {"id": "番号", "question": "質問", "answer": "回答"}


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"PK\x03\x04", "Excel ブック"), (b"id,question,answer\n", "使える行が1つもありません")],
    ids=["zip", "no row"],
)
def test_a_file_that_cannot_be_used_is_status_1(tmp_path: Path, content: bytes, told: str) -> None:
    """Nothing is written."""
    file = tmp_path / "faq.csv"
    file.write_bytes(content)

    made = run("import-faq", file, "--model", tmp_path / "model")

    assert made.returncode == 1
    assert told in made.stderr.decode()
    assert not (tmp_path / "model").exists()


def test_a_broken_data_folder_is_status_1(tmp_path: Path) -> None:
    """The words of residents come from the scenarios, so they must be readable."""
    made = run("import-faq", SHIOMI, "--model", tmp_path / "model", "--data", tmp_path / "none")

    assert made.returncode == 1
    assert "シナリオに誤りがある" in made.stderr.decode()


def test_no_model_is_status_1(tmp_path: Path) -> None:
    """The command that makes one is named."""
    answer = run("ask", "--model", tmp_path / "none", "--json", given=b"x\n")

    assert answer.returncode == 1
    assert "import-faq で作ってください" in answer.stderr.decode()


@pytest.mark.parametrize(
    "words",
    [
        ("import-faq", "nowhere.csv", "--model", "m"),
        ("import-faq", SHIOMI),
        ("ask",),
        ("ask", "--model", "m", "--top", "0"),
        ("eval",),
        ("eval", "nowhere.jsonl"),
    ],
    ids=lambda words: " ".join(map(str, words[:2])),
)
def test_wrong_use_is_status_2(words: tuple[object, ...]) -> None:
    """What is missing or out of range is told before anything is done."""
    assert run(*words).returncode == 2
