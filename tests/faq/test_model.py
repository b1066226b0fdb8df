"""The answering model: what it finds, what it promises of its scores, and how it is kept."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.faq.background import Background
from bot.faq.model import FaqModel, NotModel
from bot.faq.reading import Entry
from bot.faq.vectors import WordVectors, hash_of

from .conftest import ROOT

pytestmark = pytest.mark.slow

QUERIES = [
    json.loads(line)
    for line in (ROOT / "bench/faq/shiomi_queries.jsonl").read_text("utf-8").splitlines()
]
SMALL = [
    Entry("b", "ごみの収集日を知りたい。", "カレンダーを見てください。", "ごみ"),
    Entry("a", "印鑑登録証をなくしました。", "亡失届を出してください。", "戸籍"),
    Entry("c", "住民票の写しを郵送で請求したい。", "請求書を送ってください。", "戸籍"),
]


def ranked(model: FaqModel, question: str, top: int = 10) -> list[tuple[str, float]]:
    return [(hit.entry.id, hit.score) for hit in model.rank(question, top)]


def test_residents_words_find_the_wards_words(model: FaqModel) -> None:
    """Worded differently, most questions have their answer among the first five."""
    found = [
        any(hit.entry.id in query["ids"] for hit in model.rank(query["text"], 5))
        for query in QUERIES
    ]

    assert len(found) == 207
    assert sum(found) / len(found) >= 0.75


@pytest.mark.parametrize(
    "question",
    [
        "はんこのカードをなくした",
        "いんかんとうろくしょうをなくしました",
        "印鑑登録証 紛失",
        "ｲﾝｶﾝ登録証",
    ],
)
def test_other_words_kana_and_keywords_find_the_same(model: FaqModel, question: str) -> None:
    """はんこ is 印鑑, in whatever letters."""
    assert model.rank(question, 1)[0].entry.id == "F001"


def test_every_question_of_the_faq_finds_itself(model: FaqModel) -> None:
    """Asked word for word, an entry is first, but for a few that are nearly the same."""
    first = [model.rank(entry.question, 1)[0].entry.id == entry.id for entry in model.entries]

    assert sum(first) >= 0.97 * len(first)


@settings(deadline=None, max_examples=60)
@given(question=st.text(max_size=200))
def test_scores_lie_between_0_and_1_and_fall(model: FaqModel, question: str) -> None:
    """Whatever is asked."""
    scores = [score for _, score in ranked(model, question, 192)]

    assert len(scores) == 192
    assert all(0 <= score <= 1 for score in scores)
    assert scores == sorted(scores, reverse=True)


@settings(deadline=None, max_examples=10)
@given(chance=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(
    background: Background, embedding: WordVectors, chance: random.Random
) -> None:
    """The same entries in another order rank alike, to the last digit."""
    other = list(SMALL)
    chance.shuffle(other)
    one = FaqModel.of(SMALL, background, embedding)
    two = FaqModel.of(other, background, embedding)

    for question in ("ごみ", "印鑑をなくした", "郵送", "xyz"):
        assert ranked(one, question) == ranked(two, question)


def test_what_resembles_nothing_is_ranked_by_id(
    background: Background, embedding: WordVectors
) -> None:
    """Equal scores are told apart by their ids, so that the same question is answered alike."""
    model = FaqModel.of(SMALL, background, embedding)

    assert ranked(model, "☆") == [("a", 0.0), ("b", 0.0), ("c", 0.0)]


def test_answers_alone_are_found(background: Background, embedding: WordVectors) -> None:
    """Without any question in the FAQ the answers are enough."""
    answers = [Entry(e.id, "", e.answer) for e in SMALL]

    assert FaqModel.of(answers, background, embedding).rank("亡失の届け", 1)[0].entry.id == "a"


def test_a_model_is_kept_whole(model: FaqModel, tmp_path: Path) -> None:
    """Read again, it ranks as before; no file of it is a pickle."""
    model.save(tmp_path / "model")
    again = FaqModel.load(tmp_path / "model")

    for query in QUERIES[:20]:
        assert ranked(again, query["text"]) == ranked(model, query["text"])
    for file in (tmp_path / "model").glob("*.npz"):
        with np.load(file, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays.files)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


def test_a_newer_model_takes_the_place_of_the_older(
    background: Background, embedding: WordVectors, tmp_path: Path
) -> None:
    """The folder holds one model, the last one."""
    for entries in (SMALL, SMALL[:2]):
        FaqModel.of(entries, background, embedding).save(tmp_path / "model")

    assert len(FaqModel.load(tmp_path / "model").entries) == 2


def test_a_folder_with_other_things_is_left_alone(
    background: Background, embedding: WordVectors, tmp_path: Path
) -> None:
    """Nobody loses a folder by a slip of the pen."""
    (tmp_path / "letters.txt").write_text("x", "utf-8")

    with pytest.raises(NotModel, match="モデルでないもの"):
        FaqModel.of(SMALL, background, embedding).save(tmp_path)

    assert (tmp_path / "letters.txt").exists()


@pytest.fixture
def folder(background: Background, embedding: WordVectors, tmp_path: Path) -> Path:
    """A model to spoil."""
    FaqModel.of(SMALL, background, embedding).save(tmp_path / "model")
    return tmp_path / "model"


def change(folder: Path, **values: object) -> None:
    head = json.loads((folder / "model.json").read_text("utf-8"))
    (folder / "model.json").write_text(json.dumps({**head, **values}), "utf-8")


def test_a_model_of_another_version_is_refused(folder: Path) -> None:
    """With both versions and what to do."""
    change(folder, format=0)

    with pytest.raises(NotModel, match=r"別の版のモデルです（形式 0・.*import-faq で作り直して"):
        FaqModel.load(folder)


def test_a_model_of_another_dictionary_is_refused(folder: Path) -> None:
    """Its words would no longer be those that questions are split into."""
    change(folder, dictionary="19990101")

    with pytest.raises(NotModel, match="辞書 19990101"):
        FaqModel.load(folder)


@pytest.mark.parametrize("name", ["index.npz", "embedding.npz", "entries.json"])
def test_a_changed_file_is_refused(folder: Path, name: str) -> None:
    """It is named."""
    with (folder / name).open("ab") as file:
        file.write(b"x")

    with pytest.raises(NotModel, match=f"{name} が壊れています"):
        FaqModel.load(folder)


def test_a_missing_file_is_refused(folder: Path) -> None:
    """As a changed one."""
    (folder / "index.npz").unlink()

    with pytest.raises(NotModel, match="index.npz が壊れています"):
        FaqModel.load(folder)


@pytest.mark.parametrize("head", ["", "[]", "{}", '{"format": 1, "dictionary": "", "sha256": 1}'])
def test_a_head_that_is_none_is_refused(folder: Path, head: str) -> None:
    """Whatever stands there instead."""
    (folder / "model.json").write_text(head, "utf-8")

    with pytest.raises(NotModel, match="model.json が読めません"):
        FaqModel.load(folder)


def test_no_model_is_told(folder: Path) -> None:
    """The command that makes one is named."""
    shutil.rmtree(folder)

    with pytest.raises(NotModel, match="import-faq で作ってください"):
        FaqModel.load(folder)


@pytest.mark.parametrize(("one", "other"), [("印鑑", "判子"), ("夫", "旦那"), ("赤ちゃん", "乳児")])
def test_words_of_like_meaning_have_like_vectors(
    embedding: WordVectors, one: str, other: str
) -> None:
    """The hashes lead to the right rows of the package's table: no unrelated word comes near."""
    rows = embedding.rows_of([one, other, "選挙"])
    near, far = (embedding.table[rows[1:]].astype(np.float32) @ embedding.table[rows[0]]).tolist()

    assert (rows >= 0).all()
    assert near > far + 0.1


def test_unknown_words_have_no_vector(embedding: WordVectors) -> None:
    """Neither the empty one nor one that nobody has written."""
    assert embedding.rows_of(["", "ぬゎんぺょ壺壺"]).tolist() == [-1, -1]


def test_the_hash_is_spacys() -> None:
    """The strings store's own keys (spaCy's documentation: coffee)."""
    assert hash_of("coffee") == 3197928453018144401


def test_a_question_brings_in_the_words_of_the_services_that_it_resembles(
    background: Background,
) -> None:
    """What nobody knows brings in nothing."""
    from bot.faq.analysis import analyse

    assert "印鑑登録" in background.expand(analyse("はんこのカードをなくした"))
    assert background.expand(analyse("☆")) == {}
