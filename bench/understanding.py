"""Ways to understand a question, side by side: ours, ours without each of its parts, and others.

usage: .venv-engine/bin/python -m bench.understanding [--services first|all] [--stock] [--epochs N]
                                                      [--output FILE]

Every way learns the same questions and answers the same two sets: a quarter of the questions that it did
not learn (equal ones together), and ``data/golden/services.jsonl``. ``--stock`` adds two pipelines of
Rasa's own components, trained by ``rasa train nlu`` and asked the golden questions alone: DIET takes
minutes even for twelve services.
Nothing below ``data/golden/blind`` is read.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bench.projects import FIRST_SERVICES
from bot.engine.features import Grams, Word, grams_of
from bot.engine.importer import ScenarioImporter, sayings_of
from bot.engine.lexicon import Lexicon
from bot.engine.ranker import Ranker, Ranking, service_of
from bot.engine.readings import Readings
from bot.engine.selector import _key
from bot.engine.tokenizer import words_of
from bot.engine.vectors import WordVectors
from bot.scenarios.normalise import normalise
from bot.scenarios.reading import read_catalogue
from bot.scenarios.search import SearchIndex

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
_FOLDS = 4
_STOCK = {
    "素の Rasa：CountVectors＋LogisticRegression": [
        {"name": "SpacyNLP", "model": "ja_ginza"},
        {"name": "SpacyTokenizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "LogisticRegressionClassifier"},
    ],
    "素の Rasa：DIET": [
        {"name": "SpacyNLP", "model": "ja_ginza"},
        {"name": "SpacyTokenizer"},
        {"name": "SpacyFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "constrain_similarities": True},
    ],
}
_PARSE = """
import asyncio, json, sys, time
from rasa.core.agent import Agent
async def main():
    agent = Agent.load(sys.argv[1])
    lines = json.load(sys.stdin)
    await agent.parse_message(lines[0])
    started, found = time.process_time(), []
    for line in lines:
        parsed = await agent.parse_message(line)
        found.append([intent["name"] for intent in parsed["intent_ranking"]][:10])
    json.dump([found, time.process_time() - started], sys.stdout)
asyncio.run(main())
"""


@dataclass(frozen=True)
class Question:
    """A question, the key of its answer, and how it is written (``register:…``), if that is known."""

    text: str
    key: str
    register: str = ""


Answerer = Callable[[Sequence[str]], list[list[str]]]
"""Returns the keys of the best answers for each text, best first."""
Learner = Callable[[Sequence[Question]], Answerer]


def main() -> None:
    """Measure every way and print the table; ``--output`` keeps the figures."""
    options = _options()
    learnt, golden = _questions(options.services)
    inside = [q for q in learnt if zlib.crc32(_letters(q.text).encode()) % _FOLDS]
    outside = [q for q in learnt if q not in set(inside) and ":" not in q.key]
    ways: dict[str, Learner] = dict(_ways())
    if options.stock:
        ways |= {name: _stock(name, pipeline, options.epochs) for name, pipeline in _STOCK.items()}
    print(f"質問 {len(learnt)}、交差検証 {len(outside)}、調整用 {len(golden)}")
    results: dict[str, Any] = {}
    for name, learner in ways.items():
        results[name] = {"golden": _measure(learner, learnt, golden)}
        if name not in _STOCK:  # one training of DIET is long enough
            results[name]["cross_validation"] = _measure(learner, inside, outside)
        print(_line(name, results[name]), flush=True)
    results["reliability"] = _reliability(inside, outside)
    print(_reliability_table(results["reliability"]))
    if options.output:
        text = json.dumps(results, ensure_ascii=False, indent=1)
        Path(options.output).write_text(text + "\n", "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="理解の作りかたを、同じ質問で比べる。")
    parser.add_argument("--services", choices=["first", "all"], default="all")
    parser.add_argument("--stock", action="store_true", help="素の Rasa も学習する（長くかかる）")
    parser.add_argument("--epochs", type=int, default=100, help="DIET の学習の回数")
    parser.add_argument("--output", help="結果を書く JSON ファイル")
    return parser.parse_args()


def _questions(services: str) -> tuple[list[Question], list[Question]]:
    """Return the questions to learn from and the golden ones."""
    wanted = FIRST_SERVICES if services == "first" else tuple(read_catalogue(DATA).scenarios)
    messages = ScenarioImporter(str(ROOT / "config.yml")).get_nlu_data().intent_examples
    learnt = [Question(message.get("text"), _key(message)) for message in messages]
    lines = (DATA / "golden" / "services.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    golden = [
        Question(row["text"], f"{row['service']}.{row['topic']}", _register(row["tags"]))
        for row in rows
    ]
    return (
        [q for q in learnt if ":" in q.key or service_of(q.key) in wanted],
        [q for q in golden if service_of(q.key) in wanted],
    )


def _register(tags: Sequence[str]) -> str:
    return next((tag.split(":")[1] for tag in tags if tag.startswith("register:")), "")


def _letters(text: str) -> str:
    return "".join(c for c in normalise(text).text if c.isalnum())


def _ways() -> list[tuple[str, Learner]]:
    nothing = WordVectors.none()
    return [
        ("BM25（文字の2つ組）", _bm25),
        ("いちばん近い例", lambda questions: _nearest(questions)),
        ("語だけ", _ours(lambda g: Grams(g.words, [], [], []), nothing, plain=True)),
        ("語・文字", _ours(lambda g: Grams(g.words, g.characters, [], []), nothing, plain=True)),
        ("語・文字・読み", _ours(lambda g: g, nothing, plain=True)),
        ("語・文字・読み・意味", _ours(lambda g: g, None, plain=True)),
        ("製品（言いかえと、かなの語も）", _ours(lambda g: g, None, plain=False)),
    ]


def _bm25(questions: Sequence[Question]) -> Answerer:
    index = SearchIndex((question.key, question.text) for question in questions)
    return lambda texts: [[hit.key for hit in index.search(text, 10)] for text in texts]


def _nearest(questions: Sequence[Question]) -> Answerer:
    """Answer as the nearest example by tf-idf, the usual way of a FAQ search."""
    ordered = sorted(questions, key=lambda question: question.key)
    ranker = Ranker.fit([_grams(q.text) for q in ordered], [q.key for q in ordered])

    def answer(texts: Sequence[str]) -> list[list[str]]:
        rows = ranker._vectoriser.transform([_grams(text) for text in texts])
        nearest = ranker._likeness.of_rows(rows[:, : ranker._vectoriser.grams])
        return [[ranker.keys[i] for i in np.argsort(-row)[:10]] for row in nearest]

    return answer


def _ours(keep: Callable[[Grams], Grams], meaning: WordVectors | None, *, plain: bool) -> Learner:
    def learn(questions: Sequence[Question]) -> Answerer:
        ranker, read = _fitted(questions, keep, meaning, plain=plain)
        return lambda texts: [
            [answer.key for answer in ranking.answers]
            for ranking in ranker.rank_all([read(text) for text in texts])
        ]

    return learn


def _fitted(
    questions: Sequence[Question],
    keep: Callable[[Grams], Grams],
    meaning: WordVectors | None,
    *,
    plain: bool,
) -> tuple[Ranker, Callable[[str], Grams]]:
    lexicon = Lexicon({})
    if not plain:
        readings = Readings.of([Word(*word) for word in words_of(q.text)] for q in questions)
        lexicon = Lexicon(sayings_of(read_catalogue(DATA)), readings)

    def read(text: str) -> Grams:
        return keep(lexicon.understood(normalise(text).text, _grams(text)))

    keys = [question.key for question in questions]
    return Ranker.fit([read(question.text) for question in questions], keys, meaning), read


def _grams(text: str) -> Grams:
    return grams_of(normalise(text).text, [Word(*word) for word in words_of(text)])


def _stock(name: str, pipeline: list[dict[str, Any]], epochs: int) -> Learner:
    """Return a way that trains stock Rasa on Japanese questions, one intent for each answer."""
    steps = [dict(step) for step in pipeline]
    for step in steps:
        if step["name"] == "DIETClassifier":
            step["epochs"] = epochs

    def learn(questions: Sequence[Question]) -> Answerer:
        keys = sorted({question.key for question in questions})
        folder = Path(tempfile.mkdtemp(prefix="stock-"))
        intents = [f"i{number}" for number in range(len(keys))]
        asked: dict[str, list[str]] = {key: [] for key in keys}
        for question in questions:
            asked[question.key].append(question.text)
        nlu = [
            {"intent": intent, "examples": "".join(f"- {line}\n" for line in asked[key])}
            for intent, key in zip(intents, keys)
        ]
        config = {"recipe": "default.v1", "assistant_id": "stock", "language": "ja"}
        files = {
            "config.yml": {**config, "pipeline": steps},
            "nlu.yml": {"version": "3.1", "nlu": nlu},
        }
        for file, value in files.items():
            (folder / file).write_text(yaml.safe_dump(value, allow_unicode=True), "utf-8")
        command = [sys.executable, "-W", "ignore", "-m", "rasa", "train", "nlu"]
        command += ["--config", "config.yml", "--nlu", "nlu.yml", "--out", "models"]
        subprocess.run(
            command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        model = next((folder / "models").glob("*.tar.gz"))

        def answer(texts: Sequence[str]) -> list[list[str]]:
            parse = [sys.executable, "-W", "ignore", "-c", _PARSE, str(model)]
            done = subprocess.run(
                parse,
                cwd=folder,
                input=json.dumps(list(texts)).encode(),
                capture_output=True,
                check=True,
            )
            found, seconds = json.loads(done.stdout[done.stdout.index(b"[[") :])
            print(f"{name}：1件 {seconds / len(texts) * 1000:.1f} ms（CPU）")
            return [[keys[intents.index(intent)] for intent in row] for row in found]

        return answer

    return learn


def _measure(
    learner: Learner, questions: Sequence[Question], asked: Sequence[Question]
) -> dict[str, Any]:
    started, used = time.monotonic(), time.process_time()
    answer = learner(questions)
    learnt, learnt_cpu = time.monotonic() - started, time.process_time() - used
    used = time.process_time()
    found = answer([question.text for question in asked])
    per_question = (time.process_time() - used) / len(asked) * 1000
    services = [list(dict.fromkeys(map(service_of, keys))) for keys in found]
    wanted = [service_of(question.key) for question in asked]
    right = [s[:1] == [w] for s, w in zip(services, wanted)]
    registers = sorted({question.register for question in asked} - {""})
    return {
        "first": _share(right),
        "third": _share([w in s[:3] for s, w in zip(services, wanted)]),
        "answer": _share([k[:1] == [q.key] for k, q in zip(found, asked)]),
        "registers": {
            name: _share([r for r, q in zip(right, asked) if q.register == name])
            for name in registers
        },
        "learning_seconds": round(learnt, 1),
        "learning_cpu_seconds": round(learnt_cpu, 1),
        "cpu_ms": round(per_question, 2),
    }


def _share(hits: Sequence[bool]) -> tuple[float, float, float]:
    """Return a share and its 95 % interval (Wilson), in percent."""
    n, z = max(1, len(hits)), 1.96
    p = sum(hits) / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return tuple(round(100 * x, 1) for x in (p, middle - half, middle + half))  # type: ignore[return-value]


def _line(name: str, result: dict[str, dict[str, Any]]) -> str:
    cells = [name]
    for part in ("cross_validation", "golden"):
        for measure in ("first", "third", "answer"):
            share, low, high = result.get(part, {}).get(measure, ("–", "", ""))
            cells.append(f"{share}（{low}–{high}）" if low else str(share))
    cells += [f"{result['golden']['learning_seconds']} 秒", f"{result['golden']['cpu_ms']} ms"]
    return "| " + " | ".join(cells) + " |"


def _reliability(
    learnt: Sequence[Question], asked: Sequence[Question]
) -> dict[str, list[tuple[float, float, int]]]:
    """Return stated and true share of right answers by tenth, for the answer and for its service."""
    ranker, read = _fitted(learnt, lambda g: g, None, plain=False)
    rankings = ranker.rank_all([read(question.text) for question in asked])
    services = [
        (r.service_confidence, _is_right(r, q, service_of)) for r, q in zip(rankings, asked)
    ]
    answers = [(r.confidence, _is_right(r, q, str)) for r, q in zip(rankings, asked)]
    return {"service": _tenths(services), "answer": _tenths(answers)}


def _is_right(ranking: Ranking, question: Question, part: Callable[[str], str]) -> bool:
    return bool(ranking.answers) and part(ranking.answers[0].key) == part(question.key)


def _tenths(stated: Sequence[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    tenths: list[list[tuple[float, bool]]] = [[] for _ in range(10)]
    for share, right in stated:
        tenths[min(9, int(share * 10))].append((share, right))
    return [
        (sum(s for s, _ in part) / len(part), sum(r for _, r in part) / len(part), len(part))
        for part in tenths
        if part
    ]


def _reliability_table(tables: dict[str, list[tuple[float, float, int]]]) -> str:
    lines = []
    for name, rows in tables.items():
        total = sum(count for *_, count in rows)
        error = sum(abs(stated - true) * count for stated, true, count in rows) / total
        lines.append(f"{name}：ECE {error:.3f}")
        lines += [f"| {stated:.2f} | {true:.2f} | {count} |" for stated, true, count in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
