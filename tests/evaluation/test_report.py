"""The report: readable without scripts, complete, and silent about sentences that must stay unseen."""

from __future__ import annotations

import json
from datetime import datetime
from html.parser import HTMLParser

import pytest

from bot.dialogue.published import Published
from bot.evaluation.asking import Asked, Reply
from bot.evaluation.report import About, percent, to_document, to_page
from bot.evaluation.rows import Row
from bot.evaluation.scores import Rate, score
from bot.scenarios.today import JST

ABOUT = About("x.jsonl", "窓口", "r1", datetime(2026, 11, 27, 9, 0, tzinfo=JST))
EVIL = "<script>alert('1')</script>は&何"
WRONG = Reply("answered", ("juminhyo.amount",), ("juminhyo.amount",), ())
ROWS = [
    *[
        Asked(Row(f"文{n}", "jido_teate", "amount", "answered", ("register:kana",)), WRONG)
        for n in (1, 2)
    ],
    Asked(Row(EVIL, "jido_teate", "amount", "answered", ("register:polite", "alone")), WRONG),
    Asked(Row("天気", outcome="out_of_scope"), None, "gone"),
]


class Tags(HTMLParser):
    """Collects every tag and every attribute of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("with_sentences", [True, False])
def test_the_page_loads_and_runs_nothing(published: Published, with_sentences: bool) -> None:
    """No script, no image, no address, no handler; what residents wrote is text."""
    page = to_page(score(ROWS), ABOUT, published.catalogue, with_sentences=with_sentences)
    seen = Tags()
    seen.feed(page)

    assert set() == seen.tags & {"script", "img", "link", "iframe", "object", "form"}
    assert set() == {a for a in seen.attributes if a in ("src", "href") or a.startswith("on")}


def test_the_page_shows_the_sentences_behind_each_pair(published: Published) -> None:
    """With the names that staff know, in Japanese."""
    page = to_page(score(ROWS), ABOUT, published.catalogue, with_sentences=True)

    assert "児童手当 を 住民票の写し と取り違えた：3 件" in page
    assert all(sentence in page for sentence in ("文1", "文2", "&lt;script&gt;"))


def test_the_page_can_keep_the_sentences_to_itself(published: Published) -> None:
    """No sentence, and no pair so small that it would give one away."""
    whole = to_page(score(ROWS), ABOUT, published.catalogue, with_sentences=False)
    fewer = to_page(score(ROWS[1:]), ABOUT, published.catalogue, with_sentences=False)

    assert "文1" not in whole
    assert "script" not in whole
    assert "取り違えた：3 件" in whole
    assert "取り違えた：" not in fewer


def test_the_document_is_json_without_sentences() -> None:
    """Every share has a value, both ends and its number; nothing measured is null."""
    document = json.loads(json.dumps(to_document(score(ROWS), ABOUT), ensure_ascii=False))

    assert document["service_top1"]["n"] == 3
    assert set(document["service_top1"]) == {"value", "low", "high", "n"}
    assert document["both_answers"]["value"] is None
    assert document["tags"]["register:kana"]["rows"] == 2
    assert document["fairness"]["register"]["value"] == 0.0
    assert "文1" not in json.dumps(document, ensure_ascii=False)


def test_an_empty_share_is_a_dash() -> None:
    """Nothing is made up where nothing was measured."""
    assert percent(Rate(None, None, None, 0)) == "―"
    assert percent(Rate(0.5, 0.25, 0.75, 8)) == "50.0%（25.0–75.0、n=8）"
