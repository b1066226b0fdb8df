"""Seven languages: chosen on the page or in the widget, followed by the gateway, kept by the tab."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bot.scenarios.model import LOCALES
from tests.support.ward import KNOWN

from .conftest import Visit
from .served import ServedWard
from .visitor import Visitor

pytestmark = pytest.mark.browser

TAGS = {"ja-easy": "ja", "tl": "fil"}
REPLACE = """([lang, locale]) => {
    document.documentElement.lang = lang;
    const chat = document.createElement("madoguchi-chat");
    if (locale) chat.setAttribute("locale", locale);
    document.querySelector("madoguchi-chat").replaceWith(chat);
}"""
PLAIN = """bubbles => bubbles.map(bubble => {
    const copy = bubble.cloneNode(true);
    for (const reading of copy.querySelectorAll("rt, .offered")) reading.remove();
    return copy.textContent;
})"""


def _without_breaks(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "ja"])
def test_language_chosen_in_the_widget_is_spoken_by_all(
    visitor: Visitor, served: ServedWard, locale: str
) -> None:
    """Furniture, greeting, options and the next turn are in it, marked for screen readers."""
    visitor.open().part("language").select_option(locale)
    expect(visitor.part("send")).to_contain_text(visitor.word("send", locale)[-1])
    expect.soft(visitor.part("shell")).to_have_attribute("lang", TAGS.get(locale, locale))
    visitor.ask("1")
    log = served.transcript(visitor.ticket)
    shown = visitor.bubbles.evaluate_all(PLAIN)

    assert locale == log["locale"]
    assert locale == visitor.posted("turns")[0]["locale"]
    assert [_without_breaks(message["text"]) for message in log["messages"]][:3] == [
        _without_breaks(text) for text in shown
    ][:3]


def test_language_before_the_first_question_greets_again(
    visitor: Visitor, served: ServedWard
) -> None:
    """Nobody reads on in a greeting that they cannot read; the unused conversation is ended."""
    old = visitor.open().ticket
    visitor.part("language").select_option("en")
    expect(visitor.part("option").last).to_have_text("See the menu")

    assert [{"ja"}, {"en"}] == [{body["locale"]} for body in visitor.posted("conversations")]
    assert old != visitor.ticket
    assert served.transcript(old)["state"] == "closed"


def test_language_after_the_first_question_goes_with_the_next(visitor: Visitor) -> None:
    """The talk so far stays as it was said; the answer to the next question is in the new language."""
    visitor.open().ask("ありがとう")
    ticket, before = visitor.ticket, visitor.bubbles.all_inner_texts()
    visitor.part("language").select_option("en")
    assert before == visitor.bubbles.all_inner_texts()
    visitor.ask("thank you")

    assert ticket == visitor.ticket
    assert [turn["locale"] for turn in visitor.posted("turns")] == ["ja", "en"]
    expect(visitor.part("bot").last.locator(".bubble")).to_have_attribute("lang", "en")


def test_page_and_widget_speak_the_same_language(visitor: Visitor) -> None:
    """The page's own switch is followed, and both keep it over a reload."""
    visitor.page.locator("button[data-locale=vi]").click()
    expect(visitor.part("launcher")).to_have_text(visitor.word("launcher", "vi"))
    visitor.page.reload()

    expect(visitor.part("launcher")).to_have_text(visitor.word("launcher", "vi"))
    expect(visitor.page.locator("html")).to_have_attribute("lang", "vi")


def test_language_of_the_conversation_is_kept_over_a_reload(visitor: Visitor) -> None:
    """The tab goes on in the language in which it asked."""
    visitor.open().part("language").select_option("ko")
    visitor.ask("감사합니다")
    visitor.page.reload()
    visitor.open()

    expect(visitor.part("language")).to_have_value("ko")
    expect(visitor.part("title")).to_have_text(visitor.word("title", "ko"))


def test_easy_japanese_shows_readings(visitor: Visitor, served: ServedWard) -> None:
    """やさしい日本語 has a reading over every word that the ward gave one, and no braces are left."""
    visitor.open().part("language").select_option("ja-easy")
    visitor.ask(KNOWN)
    expect(visitor.part("sources")).to_be_visible()
    answer = next(m for m in served.transcript(visitor.ticket)["messages"] if "児童" in m["text"])
    given = sum(m.get("ruby", "").count("|") for m in served.transcript(visitor.ticket)["messages"])

    assert "ruby" in answer
    assert given == visitor.page.locator(".bubble:not(.offered) ruby > rt").count() - _offered(
        visitor
    )
    assert [text for text in visitor.bubbles.all_inner_texts() if set("{|}") & set(text)] == []
    expect(visitor.page.locator("[part=send] rt")).to_have_text("おく")


def _offered(visitor: Visitor) -> int:
    return visitor.page.locator(".offered ruby > rt").count()


def test_other_languages_have_no_readings(visitor: Visitor) -> None:
    """Readings belong to やさしい日本語 alone."""
    visitor.open().ask(KNOWN)

    expect(visitor.page.locator("ruby")).to_have_count(0)


@pytest.mark.parametrize(
    ("lang", "locale"),
    [
        ("ja", "ja"),
        ("ja-x-easy", "ja-easy"),
        ("en-US", "en"),
        ("zh-CN", "zh-Hans"),
        ("zh-Hant-TW", "zh-Hans"),
        ("ko-KR", "ko"),
        ("vi", "vi"),
        ("fil", "tl"),
        ("pt-BR", "ja"),
        ("", "ja"),
    ],
)
def test_widget_speaks_the_nearest_language_of_its_page(
    visitor: Visitor, lang: str, locale: str
) -> None:
    """Without a wish of its own it takes the page's language, else Japanese."""
    visitor.page.evaluate(REPLACE, [lang, None])

    expect(visitor.part("launcher")).to_contain_text(visitor.word("launcher", locale)[-2:])
    expect(visitor.part("language")).to_have_value(locale)


def test_locale_of_the_element_goes_before_that_of_the_page(visit: Visit) -> None:
    """A page may ask for a language by the attribute."""
    visitor = visit()
    visitor.page.evaluate(REPLACE, ["ja", "vi"])
    visitor.open()

    expect(visitor.part("language")).to_have_value("vi")
    assert [body["locale"] for body in visitor.posted("conversations")] == ["vi"]
