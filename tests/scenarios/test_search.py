"""The search that answers while the dialogue worker cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.published import Published
from bot.scenarios.search import Hit, SearchIndex, index_catalogue

from .folders import DataFolder

QUESTIONS = [
    ("juminhyo.amount", "住民票はいくらですか"),
    ("juminhyo.amount", "住民票の手数料"),
    ("juminhyo.procedure", "住民票の取り方"),
    ("gomi.procedure", "ごみの分け方を教えてください"),
    ("gomi.counter", "ガスの窓口"),
    ("phrase:greeting", "こんにちは"),
]


def keys(hits: list[Hit]) -> list[str]:
    """Return the keys alone."""
    return [hit.key for hit in hits]


@pytest.mark.parametrize(("key", "question"), QUESTIONS)
def test_a_known_question_finds_its_own_answer_first(key: str, question: str) -> None:
    """Asking in exactly the words of an example gives its answer, with a high score."""
    best = SearchIndex(QUESTIONS).search(question)[0]

    assert Hit(key, 1.0) == best


def test_a_short_question_does_not_outdo_the_very_words() -> None:
    """Only the answer whose example was asked scores 1, whatever else is contained in it."""
    index = SearchIndex([("a.overview", "住民票"), ("b.overview", "住民票はどこ"), *QUESTIONS])

    first, second, *_ = index.search("住民票はどこ")
    assert Hit("b.overview", 1.0) == first
    assert second.score < 1


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param("ｶﾞｽの窓口", "gomi.counter", id="half-width kana"),
        pytest.param("カ\u3099スの窓口", "gomi.counter", id="decomposed kana"),
        pytest.param(" 住民票　の\n手数料 ", "juminhyo.amount", id="white space"),
        pytest.param("こん\u200bにちは", "phrase:greeting", id="invisible characters"),
        pytest.param("ごみの分け方", "gomi.procedure", id="the beginning only"),
    ],
)
def test_width_spaces_and_composition_make_no_difference(asked: str, expected: str) -> None:
    """A question is found however it was typed."""
    assert expected == SearchIndex(QUESTIONS).search(asked)[0].key


@pytest.mark.parametrize("asked", ["", " \n", "xyz", "👋", "\u200b"], ids=ascii)
def test_what_shares_nothing_with_any_question_finds_nothing(asked: str) -> None:
    """An empty or wholly foreign text gives no hits instead of weak ones."""
    assert SearchIndex(QUESTIONS).search(asked) == []


def test_an_empty_index_finds_nothing() -> None:
    """A ward without any question yet has a search all the same."""
    assert SearchIndex([]).search("住民票") == []


def test_a_key_is_listed_once_with_its_best_question() -> None:
    """Several questions of one answer are one hit, as good as the best of them."""
    both = SearchIndex(QUESTIONS).search("住民票の手数料", top=10)

    assert keys(both).count("juminhyo.amount") == 1
    assert max(hit.score for hit in both) == both[0].score


def test_no_more_hits_than_asked_for() -> None:
    """``top`` limits the hits, and fewer are the first of more."""
    index = SearchIndex(QUESTIONS)

    assert index.search("住民票の", top=5)[:1] == index.search("住民票の", top=1)
    assert len(index.search("住民票の", top=5)) == 2


def test_rare_words_count_more_than_common_ones() -> None:
    """What only one question has decides against what all of them have."""
    common = [(f"s{n}.overview", "手続きについて教えて") for n in range(5)]
    index = SearchIndex([*common, ("inu.overview", "犬について")])

    assert index.search("犬の手続き")[0].key == "inu.overview"


questions = st.lists(
    st.tuples(st.sampled_from("abcd"), st.text("住民票ごみの分けか犬 ", max_size=8)), max_size=12
)


@given(questions=questions, asked=st.text("住民票ごみの分けか犬x", max_size=8), data=st.data())
def test_the_order_of_the_questions_is_no_matter(
    questions: list[tuple[str, str]], asked: str, data: st.DataObject
) -> None:
    """The same questions in any order give the same keys with the same scores."""
    shuffled = data.draw(st.permutations(questions))
    one, other = (SearchIndex(each).search(asked, top=9) for each in (questions, shuffled))

    assert {h.key: pytest.approx(h.score) for h in one} == {h.key: h.score for h in other}


@given(questions=questions, asked=st.text(max_size=20))
def test_scores_are_shares_and_fall(questions: list[tuple[str, str]], asked: str) -> None:
    """Scores lie above 0 and not above 1, best first, equal ones by key."""
    hits = SearchIndex(questions).search(asked, top=9)

    assert all(0 < hit.score <= 1 for hit in hits)
    assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.key))


def test_the_catalogue_is_indexed_with_all_its_examples(data: DataFolder) -> None:
    """Topics stand under their key, phrases under ``phrase:``, in every language."""
    index = index_catalogue(data.read())

    asked = [
        "住民票 手数料",
        "How much is a certificate of residence?",
        "資源ごみの出し方",
        "hello",
    ]
    found = [index.search(question, top=1)[0].key for question in asked]
    expected = ["juminhyo.amount", "juminhyo.amount", "gomi_bunbetsu.procedure", "phrase:greeting"]
    assert expected == found


@pytest.mark.parametrize(
    ("text", "is_common"),
    [
        ("いくらですか", True),
        ("必要なものは？", True),
        ("どこで申し込めばいいですか", True),
        ("児童手当はいくらですか", False),
        ("粗大ごみの料金は", False),
        ("ドローンの飛行許可は", False),
        ("ｗｗｗ", False),
        ("", False),
    ],
)
def test_message_without_a_subject_is_common_through_and_through(
    published: Published, text: str, is_common: bool
) -> None:
    """What many services are asked with has no subject; a name or a rare word is one."""
    assert is_common == (published.index.commonness(text) >= 0.8)
