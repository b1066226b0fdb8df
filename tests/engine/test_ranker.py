"""Which answer fits a message, and how sure that is; on a few real services."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bot.engine.ranker import Ranked, Ranker, Ranking, service_of, topic_of
from bot.scenarios.reading import read_catalogue

from .questions import examples_of, grams

ASKED = [
    "住民票の写しを取るのにいくらかかりますか",
    "粗大ごみを出したい",
    "子どもの手当、申請に何が要る？",
    "図書館の本を延長したいです",
    "こんにちは",
    "駐輪場はどこ",
    "ｼﾞﾄﾞｳﾃｱﾃ",
]


@pytest.fixture(scope="module")
def examples(small_data: Path) -> list[tuple[str, str]]:
    """Return every example of the small data folder with its key."""
    return examples_of(read_catalogue(small_data))


@pytest.fixture(scope="module")
def ranker(examples: list[tuple[str, str]]) -> Ranker:
    """Return a ranker fitted on the small data folder."""
    return Ranker.fit([grams(line) for line, _ in examples], [key for _, key in examples])


def test_every_example_ranks_its_own_answer_first(
    ranker: Ranker, examples: list[tuple[str, str]]
) -> None:
    """Asking in the very words of an example gives its answer."""
    keys = Counter(line for line, _ in examples)
    single = [(line, key) for line, key in examples if keys[line] == 1]
    rankings = ranker.rank_all([grams(line) for line, _ in single], top=1)

    wrong = [
        line for (line, key), ranking in zip(single, rankings) if ranking.answers[0].key != key
    ]
    assert len(single) > 1000
    assert wrong == []


@pytest.mark.parametrize(
    ("asked", "service"),
    [
        ("住民票の写しを取るのにいくらかかりますか", "juminhyo"),
        ("ジュウミンヒョウがほしい", "juminhyo"),
        ("粗大ごみの料金", "sodai_gomi"),
        ("子どもの手当、申請に何が要る？", "jido_teate"),
        ("図書館の本を延長したいです", "toshokan"),
        ("child allowance documents", "jido_teate"),
        ("ありがとね", "phrase:thanks"),
    ],
)
def test_other_words_for_a_question_reach_its_service(
    ranker: Ranker, asked: str, service: str
) -> None:
    """What was not said before in these words is understood all the same."""
    assert service == service_of(ranker.rank(grams(asked)).answers[0].key)


def test_a_saved_ranker_ranks_the_same(ranker: Ranker, tmp_path: Path) -> None:
    """Saving and loading changes no score and no confidence."""
    ranker.save(tmp_path)
    loaded = Ranker.load(tmp_path)

    asked = [grams(line) for line in ASKED]
    assert ranker.rank_all(asked) == loaded.rank_all(asked)


def test_a_saved_ranker_holds_no_pickles(ranker: Ranker, tmp_path: Path) -> None:
    """A model is data: JSON, and arrays that load without running anything."""
    ranker.save(tmp_path)

    assert {".json", ".npz"} == {path.suffix for path in tmp_path.iterdir()}
    for path in tmp_path.glob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays.files)


def test_ranking_is_pure(ranker: Ranker) -> None:
    """A message has one ranking: asked twice, in a batch, or by many threads at once."""
    asked = [grams(line) for line in ASKED]
    alone = [ranker.rank(message) for message in asked]

    assert alone == ranker.rank_all(asked)
    assert alone[::-1] == ranker.rank_all(asked[::-1])
    with ThreadPoolExecutor(8) as pool:
        assert alone * 8 == list(pool.map(ranker.rank, asked * 8))


def test_fitting_twice_gives_the_same_ranker(examples: list[tuple[str, str]]) -> None:
    """Nothing in training is left to chance."""
    few = [
        (grams(line), key) for line, key in examples if service_of(key) in {"juminhyo", "toshokan"}
    ]
    one, other = (Ranker.fit([g for g, _ in few], [key for _, key in few]) for _ in range(2))

    asked = [grams(line) for line in ASKED]
    assert one.rank_all(asked) == other.rank_all(asked)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("", id="nothing"),
        pytest.param(" \u200b", id="nothing visible"),
        pytest.param("𒀀𒀁", id="signs"),
        pytest.param("ϡϟϞ", id="letters"),
    ],
)
def test_an_unknown_message_has_no_answer(ranker: Ranker, asked: str) -> None:
    """Without a single known gram there is nothing to rank and no confidence."""
    assert Ranking((), 0.0, 0.0, 0.0) == ranker.rank(grams(asked))


@pytest.mark.parametrize("asked", ASKED)
def test_scores_are_shares_of_one(ranker: Ranker, asked: str) -> None:
    """Answers come best first, their scores are shares, confidences are probabilities."""
    ranking = ranker.rank(grams(asked), top=1000)
    scores = [answer.score for answer in ranking.answers]

    assert sorted(scores, reverse=True) == scores
    assert pytest.approx(1.0, abs=0.01) == sum(scores)
    assert len({answer.key for answer in ranking.answers}) == len(scores)
    assert 0 <= ranking.confidence <= 1
    assert 0 <= ranking.service_confidence <= 1
    assert 0 <= ranking.likeness <= 1.001


def test_a_known_question_is_surer_than_a_foreign_one(ranker: Ranker) -> None:
    """The confidence tells a service's own question from one that no service answers."""
    known, foreign = (ranker.rank(grams(a)) for a in ("住民票はいくらですか", "相撲の優勝は誰"))

    assert known.confidence > foreign.confidence
    assert known.service_confidence > foreign.service_confidence
    assert known.likeness > foreign.likeness


@pytest.mark.parametrize("top", [0, 1, 3])
def test_no_more_answers_than_asked_for(ranker: Ranker, top: int) -> None:
    """``top`` cuts the list and changes nothing in it."""
    message = grams(ASKED[0])

    assert ranker.rank(message, top=10).answers[:top] == ranker.rank(message, top=top).answers


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(["a.overview"], id="one answer, one example"),
        pytest.param(["a.overview"] * 6, id="one answer"),
        pytest.param(["a.overview", "b.overview"], id="two answers"),
        pytest.param(["a.overview", "a.amount", "phrase:hello"], id="no example to spare"),
        pytest.param(["a.overview"] * 5 + ["b.amount"] * 5, id="examples to hold out"),
        pytest.param(
            [f"{s}.overview" for s in "abcdefghij" for _ in range(5)], id="hidden services"
        ),
    ],
)
def test_any_number_of_answers_can_be_learnt(keys: list[str], tmp_path: Path) -> None:
    """A ward may begin with one answer; nothing needs a second one."""
    lines = [f"{key}についての質問その{number}" for number, key in enumerate(keys)]
    ranker = Ranker.fit([grams(line) for line in lines], keys)
    ranker.save(tmp_path)

    ranking = Ranker.load(tmp_path).rank(grams(lines[0]))
    assert keys[0] == ranking.answers[0].key
    assert set(keys) >= {answer.key for answer in ranking.answers}


@pytest.mark.parametrize(
    ("key", "service", "topic"),
    [
        ("juminhyo.amount", "juminhyo", "amount"),
        ("phrase:greeting", "phrase:greeting", "phrase:greeting"),
        ("phrase:with.dot", "phrase:with.dot", "phrase:with.dot"),
    ],
)
def test_a_key_names_service_and_topic(key: str, service: str, topic: str) -> None:
    """A phrase is its own service and its own topic."""
    assert (service, topic) == (service_of(key), topic_of(key))
    assert Ranked(key, 1.0).key == key
