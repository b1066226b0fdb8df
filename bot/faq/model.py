"""The answering model as a folder: built from entries in one go, stored without pickles, loaded whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from bot.faq.analysis import analyse, trigrams
from bot.faq.background import Background
from bot.faq.postings import Field, Postings
from bot.faq.ranking import DEFAULT, Index, Ranker, Weights, average, without
from bot.faq.reading import Entry
from bot.faq.vectors import WordVectors

FORMAT = 1
_POSTINGS = ("words", "readings", "asked_words", "asked_readings")
_ARRAYS = ("starts", "texts", "weights")
_HEAD = "model.json"
_QUESTION_TIMES = 4  # an answer is many times as long, and tells less of what is asked


class NotModel(Exception):
    """The folder holds no model that this version can use; the text says why and what to do."""


@dataclass(frozen=True)
class Hit:
    """An entry that may answer, and how well, from 0 to 1."""

    entry: Entry
    score: float


@dataclass(frozen=True)
class FaqModel:
    """Entries in the order of their ids, and what is needed to rank them."""

    entries: tuple[Entry, ...]
    index: Index
    weights: Weights = DEFAULT

    @classmethod
    def of(
        cls, entries: Sequence[Entry], background: Background, embedding: WordVectors
    ) -> FaqModel:
        """Build a model; the order of the entries does not matter."""
        ordered = tuple(sorted(entries, key=lambda entry: entry.id))
        return cls(ordered, _index(ordered, background, embedding))

    @cached_property
    def ranker(self) -> Ranker:
        """Return the ranker, with its memory of earlier words."""
        return Ranker(self.index, self.weights)

    def rank(self, question: str, top: int) -> list[Hit]:
        """Return the best entries, best first; equal ones by id."""
        scores = self.ranker.score(question)
        best = np.argsort(-scores, kind="stable")[:top]
        return [Hit(self.entries[at], float(scores[at])) for at in best]

    def save(self, folder: Path) -> None:
        """Write the model beside its place and move it there, so that no half model is ever read.

        Raises:
            NotModel: the folder exists and holds something else.

        """
        if folder.exists() and any(folder.iterdir()) and not (folder / _HEAD).exists():
            raise NotModel(
                f"{folder}: モデルでないものが入っています。別のフォルダーにしてください"
            )
        unfinished = folder.with_name(f".{folder.name}-{os.getpid()}")
        unfinished.mkdir(parents=True)
        try:
            _write(self, unfinished)
            if folder.exists():
                shutil.rmtree(folder)
            unfinished.replace(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    @classmethod
    def load(cls, folder: Path) -> FaqModel:
        """Read a model.

        Raises:
            NotModel: it is missing, of another version, or damaged.

        """
        head = _read_head(folder)
        for name, digest in head["sha256"].items():
            if not (folder / name).is_file() or _digest(folder / name) != digest:
                raise NotModel(f"{folder}: {name} が壊れています。import-faq で作り直してください")
        return _read(folder)


def _index(entries: Sequence[Entry], background: Background, embedding: WordVectors) -> Index:
    questions = [analyse(entry.question) for entry in entries]
    answers = [analyse(entry.answer).terms for entry in entries]
    categories = [analyse(entry.category).terms for entry in entries]
    words = Postings.of(
        [
            Field([question.terms for question in questions], 2.0, 0.3),
            Field(answers, 1.0, 0.6),
            Field(categories, 0.5, 0.0),
        ]
    )
    whole = [
        question.terms * _QUESTION_TIMES + answer
        for question, answer in zip(questions, answers, strict=True)
    ]
    frequency = _frequency(whole, background, embedding)
    vectors = average(whole, embedding, frequency)
    common = _common(vectors)
    return Index(
        words,
        Postings.of([Field([trigrams(question.reading) for question in questions], 1.0, 0.3)]),
        background,
        embedding,
        frequency,
        without(vectors, common),
        common,
    )


def _frequency(
    texts: Sequence[Sequence[str]], background: Background, embedding: WordVectors
) -> np.ndarray:
    """Return the share of each vector's words among all words of the FAQ and of the residents."""
    counts = np.full(len(embedding.table), 0.5)
    for terms in texts:
        rows = embedding.rows_of(terms)
        np.add.at(counts, rows[rows >= 0], 1)
    rows = embedding.rows_of(background.words.terms)
    known = rows >= 0
    np.add.at(counts, rows[known], np.diff(background.words.starts)[known])
    return (counts / counts.sum()).astype(np.float32)


def _common(vectors: np.ndarray) -> np.ndarray:
    """Return the first principal direction of the entries, shape (300,)."""
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    unit = (vectors / lengths).astype(np.float64)
    _, directions = np.linalg.eigh(unit.T @ unit)
    first: np.ndarray = directions[:, -1].astype(np.float32)
    return first


def _write(model: FaqModel, folder: Path) -> None:
    index, background = model.index, model.index.background
    held = (index.words, index.readings, background.words, background.readings)
    arrays = {
        f"{name}_{part}": getattr(postings, part)
        for name, postings in zip(_POSTINGS, held, strict=True)
        for part in _ARRAYS
    }
    arrays |= {"topic_of": background.topic_of, "terms": background.terms}
    arrays |= {"shares": background.shares, "frequency": index.frequency}
    arrays |= {"vectors": index.vectors, "common": index.common}
    np.savez(folder / "index.npz", **arrays)
    embedding = index.embedding
    np.savez(
        folder / "embedding.npz", keys=embedding.keys, rows=embedding.rows, table=embedding.table
    )
    names = {name: postings.terms for name, postings in zip(_POSTINGS, held, strict=True)}
    words = {**names, "vocabulary": background.vocabulary}
    sizes = {name: postings.size for name, postings in zip(_POSTINGS, held, strict=True)}
    content = {"words": words, "sizes": sizes, "entries": [asdict(e) for e in model.entries]}
    (folder / "entries.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    files = ("index.npz", "embedding.npz", "entries.json")
    head = {
        "format": FORMAT,
        "dictionary": version("sudachidict_core"),
        "entries": len(model.entries),
        "sha256": {name: _digest(folder / name) for name in files},
    }
    (folder / _HEAD).write_text(json.dumps(head, indent=1), "utf-8")


def _read_head(folder: Path) -> dict[str, Any]:
    again = "import-faq で作り直してください"
    try:
        head: dict[str, Any] = json.loads((folder / _HEAD).read_text("utf-8"))
        made = (head["format"], head["dictionary"])
        files = head["sha256"].items()
    except FileNotFoundError:
        raise NotModel(f"{folder}: モデルがありません。import-faq で作ってください") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotModel(f"{folder}: {_HEAD} が読めません。{again}") from error
    now = (FORMAT, version("sudachidict_core"))
    if made != now or not files:
        raise NotModel(
            f"{folder}: 別の版のモデルです（形式 {made[0]}・辞書 {made[1]}。"
            f"使えるのは形式 {now[0]}・辞書 {now[1]}）。{again}"
        )
    return head


def _read(folder: Path) -> FaqModel:
    content = json.loads((folder / "entries.json").read_text("utf-8"))
    with np.load(folder / "index.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    with np.load(folder / "embedding.npz", allow_pickle=False) as stored:
        embedding = WordVectors(stored["keys"], stored["rows"], stored["table"])

    def postings(name: str) -> Postings:
        starts, texts, weights = (arrays[f"{name}_{part}"] for part in _ARRAYS)
        terms = tuple(content["words"][name])
        return Postings(terms, starts, texts, weights, content["sizes"][name])

    background = Background(
        postings("asked_words"),
        postings("asked_readings"),
        arrays["topic_of"],
        tuple(content["words"]["vocabulary"]),
        arrays["terms"],
        arrays["shares"],
    )
    index = Index(
        postings("words"),
        postings("readings"),
        background,
        embedding,
        arrays["frequency"],
        arrays["vectors"],
        arrays["common"],
    )
    return FaqModel(tuple(Entry(**entry) for entry in content["entries"]), index)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
