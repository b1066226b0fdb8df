"""``python -m bench.faq``: how well FAQ answers are found, signal by signal, in one run.

Two collections: ``shiomi``, a FAQ of a city that does not exist, with questions of residents worded
differently on purpose; and the shipped scenarios as a FAQ, asked with ``data/golden/services.jsonl``
(with ``--blind``: with the questions that nobody has seen). The weights were chosen on the first two.
On the scenarios the expansion is at home: it has learnt from the examples of the very same answers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from bot.evaluation.rows import read_rows
from bot.evaluation.scores import rate
from bot.faq.background import Background
from bot.faq.model import FaqModel
from bot.faq.ranking import Ranker, Weights
from bot.faq.reading import Entry, read_faq
from bot.faq.vectors import WordVectors
from bot.scenarios.model import Catalogue
from bot.scenarios.reading import read_catalogue
from bot.scenarios.rendering import render
from bot.scenarios.today import jst_today
from bot.training import ROOT

HERE = Path(__file__).parent
GOLDEN = ROOT / "data" / "golden"
RESULTS = ROOT / "bench" / "results"
_ASKED = {
    "overview": "とはどのような制度ですか",
    "eligibility": "の対象になる人",
    "amount": "の金額・手数料",
    "procedure": "の手続きのしかた",
    "documents": "の申請に必要なもの",
    "deadline": "の期限・時期",
    "counter": "の窓口・受付時間",
    "online": "のオンライン・郵送での手続き",
    "change": "の変更・取消・再発行",
}
_WORDS = Weights(near=False, meaning=0, expansion=0, reading=0)
_FULL = Weights()
# Each adds one signal to the one before it.
VARIANTS = {
    "BM25F（質問・回答・分類）": _WORDS,
    "＋近い意味の語": replace(_WORDS, near=True),
    "＋文の意味": replace(_FULL, expansion=0, reading=0),
    "＋住民の言葉": replace(_FULL, reading=0),
    "＋読み（製品）": _FULL,
    "製品から、住民の言葉を除く": replace(_FULL, expansion=0),
    "製品から、語の意味を除く": replace(_FULL, near=False, meaning=0),
}
_out = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Collection:
    """A FAQ and questions, each with the ids that answer it."""

    name: str
    entries: Sequence[Entry]
    questions: Sequence[tuple[str, frozenset[str]]]


def main(
    blind: Annotated[bool, typer.Option(help="見ていない質問でも測る（集計だけ）")] = False,
) -> None:
    """Measure every variant on every collection."""
    catalogue = read_catalogue(ROOT / "data")
    background, embedding = Background.of(catalogue, jst_today()), WordVectors.of_package()
    results: dict[str, Any] = {}
    for collection in _collections(catalogue, blind):
        results[collection.name] = _measure(collection, background, embedding)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "faq.json").write_text(json.dumps(results, ensure_ascii=False, indent=1), "utf-8")


def _measure(
    collection: Collection, background: Background, embedding: WordVectors
) -> dict[str, Any]:
    _out.print(f"\n{collection.name}：{len(collection.entries)} 件、{len(collection.questions)} 問")
    model = FaqModel.of(collection.entries, background, embedding)
    joined = [Entry(e.id, "", f"{e.question}\n{e.answer}", "") for e in collection.entries]
    plain = FaqModel.of(joined, background, embedding)
    variants = [("BM25（質問と回答をつないだ1つの文）", plain, _WORDS)]
    variants += [(name, model, weights) for name, weights in VARIANTS.items()]
    results = {}
    for name, measured, weights in variants:
        ranks = _ranks(measured, weights, collection)
        results[name] = {"weights": asdict(weights), **_figures(ranks)}
        _out.print(f"| {name} | " + " | ".join(map(_cell, _figures(ranks).values())) + " |")
    return results


def _ranks(model: FaqModel, weights: Weights, collection: Collection) -> np.ndarray:
    """Return the place of the first right answer for each question, infinite where there is none."""
    ranker = Ranker(model.index, weights)
    places = []
    for text, wanted in collection.questions:
        order = np.argsort(-ranker.score(text), kind="stable")
        right = (n for n, at in enumerate(order, 1) if model.entries[at].id in wanted)
        places.append(next(right, np.inf))
    return np.array(places)


def _figures(ranks: np.ndarray) -> dict[str, list[float]]:
    """Return each figure with the ends of its 95 % interval: Wilson's for shares, else a bootstrap."""
    found = {}
    for top in (1, 3, 5):
        share = rate(bool(rank <= top) for rank in ranks)
        found[f"SR@{top}"] = [share.value or 0.0, share.low or 0.0, share.high or 0.0]
    found["MRR"] = _bootstrap(1 / ranks)
    found["nDCG@10"] = _bootstrap(np.where(ranks <= 10, 1 / np.log2(1 + ranks), 0.0))
    return found


def _bootstrap(values: np.ndarray) -> list[float]:
    chosen = np.random.default_rng(0).integers(0, len(values), (2000, len(values)))
    means = values[chosen].mean(axis=1)
    return [float(values.mean()), *(float(end) for end in np.quantile(means, (0.025, 0.975)))]


def _cell(figure: Sequence[float]) -> str:
    value, low, high = (f"{part:.3f}".removeprefix("0") for part in figure)
    return f"{value}（{low}–{high}）"


def _collections(catalogue: Catalogue, blind: bool) -> list[Collection]:
    lines = (HERE / "shiomi_queries.jsonl").read_text("utf-8").splitlines()
    asked = [(row["text"], frozenset(row["ids"])) for row in map(json.loads, lines)]
    scenarios = _entries(catalogue)
    found = [
        Collection("潮見市（架空）", read_faq(HERE / "shiomi.csv").entries, asked),
        Collection("シナリオ", scenarios, _questions(GOLDEN / "services.jsonl")),
    ]
    if blind:
        unseen = _questions(GOLDEN / "blind" / "services.jsonl")
        found.append(Collection("シナリオ、見ていない質問", scenarios, unseen))
    return found


def _entries(catalogue: Catalogue) -> list[Entry]:
    """Turn the scenarios into a FAQ as a ward would write it: one question for each topic."""
    entries = []
    for topic in catalogue.topics():
        scenario, answer = catalogue.scenarios[topic.service], topic.answer_on(jst_today())
        name = render(scenario.name, "ja", catalogue.ward, jst_today()).text
        text = render(answer.texts, "ja", catalogue.ward, jst_today()).text if answer else name
        group = catalogue.labels[f"group.{scenario.group}"]["ja"]
        entries.append(Entry(topic.key, name + _ASKED[topic.id], text, group))
    return entries


def _questions(file: Path) -> list[tuple[str, frozenset[str]]]:
    return [(row.text, frozenset({f"{row.service}.{row.topic}"})) for row in read_rows(file)]


if __name__ == "__main__":
    typer.run(main)
