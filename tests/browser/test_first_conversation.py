"""A first conversation: opening, asking, pressing buttons, reading where an answer comes from."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect

from tests.support.ward import KNOWN, UNKNOWN

from .conftest import DESKTOP, PHONE, Visit
from .served import ServedWard
from .visitor import Visitor

pytestmark = pytest.mark.browser

VAGUE = "引っ越したのですが"
CONTROLS = ("language", "close", "restart", "erase", "option", "input", "send", "number", "person")
BORDER = "node => getComputedStyle(node).borderTopWidth"


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_first_conversation_needs_only_the_keyboard(visit: Visit, size: tuple[int, int]) -> None:
    """Opening, asking, choosing and closing work with Tab, Enter and Escape; the focus is never lost."""
    visitor = visit(size)
    keyboard = visitor.page.keyboard
    visitor.press_until("Tab", "launcher")
    keyboard.press("Enter")
    assert visitor.focused == "title"
    expect(visitor.part("option").first).to_be_visible()
    visitor.press_until("Tab", "input")
    keyboard.type(KNOWN)
    keyboard.press("Enter")
    expect(visitor.part("sources")).to_be_visible()
    assert visitor.focused == "input"
    visitor.press_until("Shift+Tab", "option")
    keyboard.press("Enter")
    expect(visitor.said).to_have_count(2)
    assert visitor.focused == "message resident"
    keyboard.press("Escape")

    assert visitor.focused == "launcher"
    expect(visitor.part("panel")).to_be_hidden()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_focus_passes_the_controls_in_the_order_in_which_they_stand(
    visit: Visit, size: tuple[int, int]
) -> None:
    """Tab goes from the heading down to the footer, and every control is on the way."""
    visitor = visit(size).open()
    passed = visitor.press_until("Tab", "person")

    assert list(CONTROLS) == list(dict.fromkeys(part for part in passed if part in CONTROLS))


def test_nothing_is_asked_of_the_gateway_before_the_widget_is_opened(
    visitor: Visitor, served: ServedWard
) -> None:
    """A page view is no conversation."""
    expect(visitor.part("launcher")).to_be_visible()

    expect(visitor.part("panel")).to_be_hidden()
    assert visitor.posted("conversations") == []


def test_opening_shows_the_notice_of_the_gateway_once(visitor: Visitor, served: ServedWard) -> None:
    """That answers are automatic and what not to write is said first, as the log has it."""
    visitor.open()
    notice = next(m for m in served.transcript(visitor.ticket)["messages"] if m["type"] == "notice")

    expect(visitor.bubbles.first).to_have_text(notice["text"])
    expect(visitor.part("system")).to_have_count(1)
    expect(visitor.page.get_by_text("マイナンバー（個人番号）")).to_have_count(1)


def test_pressed_button_is_said_and_answered(visitor: Visitor, served: ServedWard) -> None:
    """A pressed option stands in the talk as the resident's words and goes as the offered choice."""
    visitor.open()
    option = visitor.part("option").first
    title, payload = option.inner_text(), option.get_attribute("data-payload")
    option.click()
    expect(visitor.part("sources")).to_be_visible()

    assert [title] == visitor.said.all_inner_texts()
    assert [payload] == [turn.get("choice") for turn in visitor.posted("turns")]
    assert "text" not in visitor.posted("turns")[0]
    assert visitor.page.locator(f"[data-payload='{payload}']").count() == 0


def test_options_are_words_in_the_talk_once_their_buttons_are_gone(visitor: Visitor) -> None:
    """Ears get the options with the message at once, eyes when there are no buttons for them."""
    visitor.open()
    words = visitor.page.locator(".offered").first
    before = words.bounding_box()
    visitor.ask(KNOWN)

    assert visitor.part("option").all_inner_texts() != words.locator("li").all_inner_texts()
    assert (before["width"], before["height"]) == (1, 1)
    assert words.bounding_box()["width"] > 50


def test_menu_leads_to_an_answer_by_buttons_alone(visitor: Visitor) -> None:
    """Menu, group, service: nobody has to write."""
    visitor.open()
    for payload in ("menu", "group:", "service:"):
        visitor.page.locator(f"[part=option][data-payload^='{payload}']").last.click()
        visitor.wait_until_idle()

    expect(visitor.part("sources")).to_be_visible()


def test_answer_names_its_sources_with_their_dates(visitor: Visitor, served: ServedWard) -> None:
    """Below an answer stand its sources in the log's order, each with the day of its last check."""
    visitor.open().ask(KNOWN)
    sources = served.transcript(visitor.ticket)["messages"][-1]["sources"]
    days = [date.fromisoformat(source["reviewed_on"]) for source in sources]
    lines = visitor.page.locator("[part=sources] li")

    assert sources != []
    assert [s["url"] for s in sources] == lines.locator("a").evaluate_all(
        "all => all.map(link => link.getAttribute('href'))"
    )
    for line, source, day in zip(lines.all(), sources, days, strict=True):
        expect(line).to_contain_text(source["title"])
        expect(line).to_contain_text(f"確認日 {day.year}年{day.month}月{day.day}日")


def test_source_opens_in_a_tab_that_learns_nothing(visitor: Visitor) -> None:
    """The talk stays open, the other page cannot reach it, and the reader is told of the new tab."""
    visitor.open().ask(KNOWN)
    link = visitor.page.locator("[part=sources] a").first

    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener")
    expect(link).to_contain_text(visitor.word("newTab"))


def test_sources_come_before_the_next_options(visitor: Visitor) -> None:
    """What belongs to an answer stands next to it, and the heading of the options next to them."""
    visitor.open().ask(KNOWN)
    heading = visitor.part("bot").last.locator(".bubble")
    places = [visitor.part("sources"), visitor.part("feedback"), heading, visitor.part("options")]
    heights = [place.bounding_box()["y"] for place in places]

    assert sorted(heights) == heights


def test_heading_of_options_is_no_answer(visitor: Visitor, served: ServedWard) -> None:
    """Options after an answer have a plain heading; a question back is an answer and has its bubble."""
    served.worker.teach(VAGUE, "utter_clarify", ("tennyu.documents", "juminhyo.documents"))
    visitor.open().ask(KNOWN)
    heading = visitor.part("bot").last.locator(".bubble").evaluate(BORDER)
    visitor.ask(VAGUE)
    question = visitor.part("bot").last.locator(".bubble").evaluate(BORDER)

    assert (heading, question) == ("0px", "1px")


@pytest.mark.parametrize("text", [KNOWN, "ありがとう", UNKNOWN, "救急車を呼びたい"])
def test_whatever_is_said_is_answered(visitor: Visitor, served: ServedWard, text: str) -> None:
    """Every message of the log is on the page, once and in its order."""
    visitor.open().ask(text)
    messages = served.transcript(visitor.ticket)["messages"]
    shown = visitor.part("message").evaluate_all("all => all.map(item => item.dataset.seq)")

    assert [str(m["seq"]) if m["role"] != "resident" else "" for m in messages] == shown


def test_call_for_a_person_stands_in_the_talk(visitor: Visitor, served: ServedWard) -> None:
    """The button that is always there says so in the resident's name, and its reply follows."""
    visitor.open()
    visitor.part("person").click()
    visitor.wait_until_idle()

    assert [visitor.word("person")] == visitor.said.all_inner_texts()
    assert len(visitor.posted("handoff")) == 1
    expect(visitor.part("bot").last).to_be_visible()


def test_phone_numbers_in_answers_can_be_called(visitor: Visitor) -> None:
    """The office's number in the reply to a call for a person is a link."""
    visitor.open()
    visitor.part("person").click()
    visitor.wait_until_idle()

    expect(visitor.page.locator(".bubble a[href^='tel:']").first).to_have_text("03-0000-0000")


def test_second_message_waits_for_the_first_reply(visitor: Visitor, served: ServedWard) -> None:
    """While a reply is under way nothing else is sent, nothing typed is lost, and the button keeps focus."""
    visitor.open()
    with served.worker.held("ありがとう"):
        visitor.say("ありがとう")
        expect(visitor.part("send")).to_have_attribute("aria-disabled", "true")
        visitor.say(KNOWN)
        expect(visitor.part("status")).to_have_text(visitor.word("stillSending"))

    visitor.wait_until_idle()
    expect(visitor.part("input")).to_have_value(KNOWN)
    assert visitor.part("send").get_attribute("disabled") is None
    assert len(visitor.posted("turns")) == 1
    visitor.part("send").click()
    expect(visitor.said).to_have_text(["ありがとう", KNOWN])
    expect(visitor.part("sources")).to_be_visible()
