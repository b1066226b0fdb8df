"""Two questions in one message, as far as its shape tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.dialogue.published import Published
from bot.dialogue.splitting import halves, loose_halves

GOLDEN = Path(__file__).resolve().parents[2] / "data" / "golden" / "twofold.jsonl"


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("児童手当の金額と必要書類を教えて", ("児童手当の金額", "児童手当の必要書類")),
        ("児童手当と018サポートの金額", ("児童手当の金額", "018サポートの金額")),
        ("転入に要る物と、国保に入る手順", ("転入に要る物", "国保に入る手順")),
        (
            "児童手当は月いくらで、医療証はどうやって申し込むんですか",
            ("児童手当は月いくらで", "医療証はどうやって申し込むんですか"),
        ),
        (
            "転出届はどこですか。あと、印鑑登録の変更は",
            ("転出届はどこですか", "印鑑登録の変更は"),
        ),
        ("妊娠届はいつ？産後ケアはいくら？", ("妊娠届はいつ", "産後ケアはいくら?")),
        (
            "How much is it and where do I apply?",
            ("how much is it", "where do i apply?"),
        ),
        ("要什么材料？多少钱？", ("要什么材料", "多少钱?")),
    ],
)
def test_halves_stand_by_themselves(text: str, pair: tuple[str, str]) -> None:
    """What both halves share is said in each of them."""
    assert pair == next(halves(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "、",
        "婚姻届と住民票",
        "夫と子どもの住民票",
        "と" * 300,
        "いくら、いくら、" * 60,
        "\u200b、\u202e。",
    ],
)
def test_lists_and_odd_texts_have_no_halves(text: str) -> None:
    """A list has one question at most, and no text takes long."""
    assert [pair for pair in halves(text) if min(map(len, pair)) < 2] == []
    assert text.startswith("いくら") or list(halves(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "転出届と転居届の違いがわからない",
        "離婚したので、児童扶養手当を受けたい",
        "出生届と同時に、児童手当を申請できますか",
        "先月、転入届を出しました。児童手当はいくらですか",
    ],
)
def test_comparison_and_circumstance_are_one_question(published: Published, text: str) -> None:
    """Two names in a message do not make two questions."""
    assert list(loose_halves(text, published.index.subject_of)) == []


def test_one_question_is_hardly_ever_cut(published: Published) -> None:
    """Of two hundred single questions full of と, 、 and 。 at most one in twenty has a cut at all."""
    rows = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]
    single = [row["text"] for row in rows if len(row["answers"]) == 1]
    subject_of = published.index.subject_of
    cut = [t for t in single if [*halves(t), *loose_halves(t, subject_of)]]

    assert len(single) >= 200
    assert len(cut) <= len(single) / 20, cut
