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
    ranking = ranker.rank(grams(asked))

    assert ranking == Ranking((), 0.0, 0.0, 0.0, subject=0.0, outside=0.0, known=0.0)
    assert not ranking.has_subject


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
        ("zone:red.decide", "zone:red.decide", "zone:red.decide"),
    ],
)
def test_a_key_names_service_and_topic(key: str, service: str, topic: str) -> None:
    """A phrase, or whatever else has a prefix, is its own service and its own topic."""
    assert (service, topic) == (service_of(key), topic_of(key))
    assert Ranked(key, 1.0).key == key


@pytest.mark.parametrize(
    ("asked", "about", "expected"),
    [
        ("必要なものは？", "jido_teate", "jido_teate.documents"),
        ("いくらかかりますか", "juminhyo", "juminhyo.amount"),
        ("窓口はどこですか", "jido_teate", "jido_teate.counter"),
        ("オンラインでできますか", "toshokan", "toshokan.online"),
    ],
)
def test_a_message_without_a_subject_is_about_what_was_just_discussed(
    ranker: Ranker, asked: str, about: str, expected: str
) -> None:
    """A follow-up names a side alone; its service is the one before."""
    ranking = ranker.rank(grams(asked), about=about)

    assert expected == ranking.answers[0].key
    assert not ranking.has_subject
    assert ranking.service_confidence > 0.75 > 0.25 > ranking.outside


@pytest.mark.parametrize("about", ["juminhyo", "toshokan", "jido_teate", "no_such_service", None])
def test_a_new_subject_wins(ranker: Ranker, about: str | None) -> None:
    """Whatever was discussed before, a message that names a service is about that one."""
    ranking = ranker.rank(grams("粗大ごみの料金はいくらですか"), about=about)

    assert ranking.answers[0].key == "sodai_gomi.amount"
    assert ranking.has_subject


def test_a_side_without_a_subject_lacks_it(ranker: Ranker) -> None:
    """As a first message it is one of those that are asked back."""
    ranking = ranker.rank(grams("必要なものは？"))

    assert ranking.answers[0].key == "phrase:subject_missing"
    assert not ranking.has_subject


@pytest.mark.parametrize("asked", ASKED)
def test_shares_stay_shares_when_something_was_discussed(ranker: Ranker, asked: str) -> None:
    """What was discussed moves shares, and neither makes nor loses any."""
    ranking = ranker.rank(grams(asked), about="toshokan", top=1000)

    assert pytest.approx(1.0, abs=0.01) == sum(answer.score for answer in ranking.answers)
    assert 0 <= ranking.confidence <= 1


def test_what_is_no_business_of_the_ward_is_said_to_be_outside(ranker: Ranker) -> None:
    """A message like those of the background is outside, a service's own question is not."""
    outside, inside = (ranker.rank(grams(a)) for a in ("おすすめのラーメン屋は", "住民票の料金"))

    assert outside.outside > 0.5 > inside.outside


def test_services_with_few_examples_are_told_apart_by_them() -> None:
    """With hundreds of services no class is spent on one that has a handful of examples."""
    names = [
        f"{first}{second}"
        for first in "春夏秋冬東西南北上下左右前後内外"
        for second in "山川田村島沢原野"
    ]
    lines = [
        (f"{name}会館の{side}", f"{number}.{key}")
        for number, name in enumerate(names)
        for side, key in (("使用料", "amount"), ("受付時間", "counter"), ("場所", "counter"))
    ]
    lines += [
        (f"図書館で本を借りる{number}番目の方法", "toshokan.procedure") for number in range(20)
    ]
    lines += [
        (f"{number}の{name}ホール", f"h{number}.overview") for number, name in enumerate(names)
    ]
    few = Ranker.fit([grams(line) for line, _ in lines], [key for _, key in lines])

    asked = [
        ("冬沢会館の使用料はいくらですか", f"{names.index('冬沢')}.amount"),
        ("図書館で本を借りたい", "toshokan.procedure"),
    ]
    assert [key for _, key in asked] == [few.rank(grams(a)).answers[0].key for a, _ in asked]
