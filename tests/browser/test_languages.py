"""Seven languages: chosen on the page or in the widget, followed by the gateway, kept by the tab."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bot.scenarios.model import LOCALES
from tests.support.ward import KNOWN

from .served import ServedWard
from .visitor import READING, Visitor

pytestmark = pytest.mark.browser

THANKS = "ありがとう"
TAGS = {"ja-easy": "ja", "tl": "fil"}
OF_PAGES = {
    "ja": "ja",
    "ja-x-easy": "ja-easy",
    "en-US": "en",
    "zh-CN": "zh-Hans",
    "zh-Hant-TW": "zh-Hans",
    "ko-KR": "ko",
    "vi": "vi",
    "fil": "tl",
    "pt-BR": "ja",
    "": "ja",
}
REPLACE = """([lang, locale]) => {
    document.documentElement.lang = lang;
    const chat = document.createElement("madoguchi-chat");
    if (locale) chat.setAttribute("locale", locale);
    document.querySelector("madoguchi-chat").replaceWith(chat);
}"""
PLAIN = """bubbles => bubbles.map(bubble => {
    const copy = bubble.cloneNode(true);
    for (const reading of copy.querySelectorAll("rt, .offered")) reading.remove();
    return copy.textContent.replaceAll(/\\s/g, "");
})"""


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "ja"])
def test_language_chosen_in_the_widget_is_spoken_by_all(
    visitor: Visitor, served: ServedWard, locale: str
) -> None:
    """Before the first question it greets again in that language, and the next turn goes in it."""
    old = visitor.open().ticket
    visitor.part("language").select_option(locale)
    expect(visitor.part("option").last).not_to_have_text("メニューを見る")
    log = served.transcript(visitor.ticket)
    texts = [READING.sub(r"\1", m.get("ruby", m["text"])) for m in log["messages"]]

    assert locale == log["locale"]
    assert ["".join(text.split()) for text in texts] == visitor.bubbles.evaluate_all(PLAIN)
    assert served.transcript(old)["state"] == "closed"
    assert [visitor.word("send", locale)] == visitor.part("send").evaluate_all(PLAIN)
    expect(visitor.part("shell")).to_have_attribute("lang", TAGS.get(locale, locale))
    visitor.ask("1")
    assert "locale" not in visitor.posted("turns")[0]
    assert served.transcript(visitor.ticket)["locale"] == locale


def test_language_after_the_first_question_goes_with_the_next(visitor: Visitor) -> None:
    """The talk stays as it was said; the next answer is in the new language, also after a reload."""
    visitor.open().ask(THANKS)
    ticket, before = visitor.ticket, visitor.bubbles.evaluate_all(PLAIN)
    visitor.part("language").select_option("en")
    assert before == visitor.bubbles.evaluate_all(PLAIN)
    visitor.ask("thank you")
    assert [turn.get("locale") for turn in visitor.posted("turns")] == [None, "en"]
    expect(visitor.part("bot").last.locator(".bubble")).to_have_attribute("lang", "en")
    visitor.page.reload()
    visitor.open()

    assert ticket == visitor.ticket
    expect(visitor.part("language")).to_have_value("en")
    expect(visitor.part("title")).to_have_text(visitor.word("title", "en"))


def test_widget_follows_the_language_that_is_written_in(visitor: Visitor) -> None:
    """Who writes in English is answered in English, widget and all, and in Japanese again after Japanese."""
    visitor.open().ask("How much is the child allowance?")
    expect(visitor.part("language")).to_have_value("en")
    expect(visitor.part("bot").last.locator(".bubble")).to_have_attribute("lang", "en")
    visitor.ask(THANKS)

    expect(visitor.part("language")).to_have_value("ja")
    assert [turn.get("locale") for turn in visitor.posted("turns")] == [None, None]


def test_page_and_widget_speak_the_same_language(visitor: Visitor) -> None:
    """The page's own switch is followed, and both keep it over a reload."""
    visitor.page.locator("button[data-locale=vi]").click()
    expect(visitor.part("launcher")).to_have_text(visitor.word("launcher", "vi"))
    visitor.page.reload()

    expect(visitor.part("launcher")).to_have_text(visitor.word("launcher", "vi"))
    expect(visitor.page.locator("html")).to_have_attribute("lang", "vi")


def test_easy_japanese_shows_readings(visitor: Visitor, served: ServedWard) -> None:
    """やさしい日本語 has a reading over every word that the ward gave one, and no braces are left."""
    visitor.open().part("language").select_option("ja-easy")
    visitor.ask(KNOWN)
    answer = visitor.page.locator("[part~=resident] + [part~=bot] .bubble")
    logged = next(m for m in served.transcript(visitor.ticket)["messages"] if m["seq"] == 5)
    readings = [reading for _, reading in READING.findall(logged["ruby"])]

    assert len(readings) > 5
    assert readings == answer.locator("ruby > rt").all_inner_texts()
    assert not {"{", "|", "}"} & set("".join(visitor.bubbles.all_inner_texts()))
    expect(visitor.page.locator("[part=send] ruby > rt")).to_have_text("おく")


def test_other_languages_have_no_readings(reader: Visitor) -> None:
    """Readings belong to やさしい日本語 alone."""
    expect(reader.page.locator("madoguchi-chat ruby")).to_have_count(0)


def test_widget_speaks_the_nearest_language_of_its_page(visitor: Visitor) -> None:
    """Without a wish of its own it takes the page's language, else Japanese."""
    spoken = {}
    for lang in OF_PAGES:
        visitor.page.evaluate(REPLACE, [lang, None])
        spoken[lang] = visitor.part("language").input_value()

    assert spoken == OF_PAGES


def test_locale_of_the_element_goes_before_that_of_the_page(visitor: Visitor) -> None:
    """A page may ask for a language by the attribute; the conversation begins in it."""
    visitor.page.evaluate(REPLACE, ["ja", "vi"])
    visitor.open()

    expect(visitor.part("language")).to_have_value("vi")
    assert [body["locale"] for body in visitor.posted("conversations")] == ["vi"]
