"""From authored text to what a resident reads."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.scenarios.model import LOCALES, Texts, WardNode, fallback_chain
from bot.scenarios.rendering import Rendered, UnknownPlaceholder, plain, render, ward_text

TODAY = date(2026, 11, 22)
WARD: dict[str, WardNode] = {
    "name": {"ja": "みほん区", "ja-easy": "みほん{区|く}", "en": "Mihon City"},
    "only_ja": {"ja": "平日のみ"},
    "only_en": {"en": "any time"},
    "phone": "03-0000-0000",
    "fee": 1350,
    "rate": 1.5,
    "dated": [
        {"value": 300},
        {"valid_from": "2026-11-22", "value": 400},
        {"valid_from": "2027-04-01", "value": {"ja": "無料", "en": "free"}},
    ],
    "later": [{"valid_from": "2027-04-01", "value": 1}],
    "nested": {"deeper": {"deepest": "底"}},
}


@pytest.mark.parametrize(
    ("path", "locale", "expected"),
    [
        pytest.param("phone", "ja", "03-0000-0000", id="text"),
        pytest.param("fee", "ja", "1,350", id="a number in groups of three"),
        pytest.param("rate", "ja", "1.5", id="a fraction"),
        pytest.param("name", "ja", "みほん区", id="own language"),
        pytest.param("name", "en", "Mihon City", id="another language"),
        pytest.param("name", "ko", "みほん{区|く}", id="easy Japanese before Japanese"),
        pytest.param("only_ja", "vi", "平日のみ", id="Japanese at last"),
        pytest.param("nested.deeper.deepest", "ja", "底", id="a path"),
    ],
)
def test_a_ward_value_is_shown_in_the_readers_language(
    path: str, locale: str, expected: str
) -> None:
    """A value is text, a number, or a table of languages of which the nearest is taken."""
    assert expected == ward_text(WARD, path, locale, TODAY)


@pytest.mark.parametrize(
    ("day", "locale", "expected"),
    [
        ("2026-11-21", "ja", "300"),
        ("2026-11-22", "ja", "400"),
        ("2027-03-31", "en", "400"),
        ("2027-04-01", "ja", "無料"),
        ("2027-04-01", "en", "free"),
    ],
)
def test_a_dated_value_changes_on_its_day(day: str, locale: str, expected: str) -> None:
    """The last value whose day has come is shown, from that day on."""
    assert expected == ward_text(WARD, "dated", locale, date.fromisoformat(day))


@pytest.mark.parametrize(
    ("path", "locale"),
    [
        pytest.param("fax", "ja", id="not there"),
        pytest.param("phone.area", "ja", id="below a text"),
        pytest.param("nested.deeper", "ja", id="a table that is no text"),
        pytest.param("only_en", "ja", id="no language that the reader has"),
        pytest.param("later", "ja", id="not yet"),
    ],
)
def test_an_unknown_value_is_an_error_not_a_gap(path: str, locale: str) -> None:
    """Nobody is shown a sentence with a hole in it."""
    with pytest.raises(UnknownPlaceholder, match=path):
        render({"ja": f"料金は{{{{ {path} }}}}です。"}, locale, WARD, TODAY)


@pytest.mark.parametrize("written", ["{{phone}}", "{{ phone }}", "{{  phone}}"])
def test_spaces_inside_a_placeholder_are_free(written: str) -> None:
    """{{phone}} and {{ phone }} are one."""
    assert render({"ja": f"電話{written}へ"}, "ja", WARD, TODAY).text == "電話03-0000-0000へ"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("ja", Rendered("区の窓口", "{区|く}の{窓口|まどぐち}", "ja")),
        ("ja-easy", Rendered("区（く）の窓口（まどぐち）", "{区|く}の{窓口|まどぐち}", "ja-easy")),
    ],
)
def test_readings_are_dropped_or_stand_in_brackets(locale: str, expected: Rendered) -> None:
    """Plain Japanese drops readings, easy Japanese shows them; the markup is kept beside."""
    assert expected == render({locale: "{区|く}の{窓口|まどぐち}\n"}, locale, WARD, TODAY)


def test_a_text_without_readings_has_no_markup_beside_it() -> None:
    """Clients need not look for readings where there are none."""
    assert Rendered("Hello.", None, "en") == render({"en": " Hello.\n"}, "en", WARD, TODAY)


def test_a_value_with_readings_brings_them_into_the_sentence() -> None:
    """Readings of a ward value are shown like those of the text around it."""
    rendered = render({"ja-easy": "{{ name }}です"}, "ja-easy", WARD, TODAY)

    assert Rendered("みほん区（く）です", "みほん{区|く}です", "ja-easy") == rendered


@pytest.mark.parametrize(
    ("locale", "chain"),
    [
        ("ja", ("ja",)),
        ("ja-easy", ("ja-easy", "ja")),
        *((name, (name, "ja-easy", "ja")) for name in LOCALES[2:]),
    ],
)
def test_readers_without_their_language_get_easy_japanese(
    locale: str, chain: tuple[str, ...]
) -> None:
    """Every chain ends in Japanese, the one language in which every text stands."""
    assert chain == fallback_chain(locale)


@given(
    texts=st.dictionaries(st.sampled_from(LOCALES), st.text("文字 。a1", min_size=1)),
    locale=st.sampled_from(LOCALES),
)
def test_the_text_shown_is_the_one_of_the_language_named(texts: Texts, locale: str) -> None:
    """Whatever is translated, text and language belong together and come from the chain."""
    complete = {**texts, "ja": "必ずある"}
    rendered = render(complete, locale, WARD, TODAY)

    assert complete[rendered.locale].strip() == rendered.text
    assert next(name for name in fallback_chain(locale) if name in complete) == rendered.locale


words = st.text("漢字かなa1（） ", min_size=1, max_size=5)


@given(parts=st.lists(words | st.tuples(words, words), max_size=8))
def test_plain_text_is_what_stands_under_the_readings(
    parts: list[str | tuple[str, str]],
) -> None:
    """Dropping readings leaves the words themselves, in order, and no markup."""
    marked = "".join(p if isinstance(p, str) else f"{{{p[0]}|{p[1]}}}" for p in parts)
    bare = "".join(p if isinstance(p, str) else p[0] for p in parts)

    assert bare == plain(marked, "ja")
    assert not set("{|}") & set(plain(marked, "ja-easy"))
