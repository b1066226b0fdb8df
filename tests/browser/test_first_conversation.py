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

THANKS, VAGUE = "ありがとう", "引っ越したのですが"
CONTROLS = ("language", "close", "restart", "erase", "option", "input", "send", "number", "person")
BORDER = "node => getComputedStyle(node).borderTopWidth"
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])


@SIZES
def test_first_conversation_needs_only_the_keyboard(visit: Visit, size: tuple[int, int]) -> None:
    """Opening, asking, choosing and closing work with Tab, Enter and Escape; the focus is never lost."""
    visitor = visit(size)
    keyboard = visitor.page.keyboard
    visitor.press_until("Tab", "launcher")
    keyboard.press("Enter")
    assert visitor.focused == "title"
    expect(visitor.part("option").first).to_be_visible()
    passed = visitor.press_until("Tab", "person")
    assert list(CONTROLS) == list(dict.fromkeys(part for part in passed if part in CONTROLS))
    visitor.press_until("Shift+Tab", "input")
    keyboard.type(KNOWN)
    keyboard.press("Enter")
    expect(visitor.part("sources")).to_be_visible()
    assert visitor.focused == "input"
    visitor.press_until("Shift+Tab", "option")
    keyboard.press("Enter")
    expect(visitor.said).to_have_count(2)
    assert visitor.focused == "message resident"
    visitor.wait_until_idle()
    keyboard.press("Escape")

    assert visitor.focused == "launcher"
    expect(visitor.part("panel")).to_be_hidden()


def test_page_view_is_no_conversation(visitor: Visitor) -> None:
    """Nothing is asked of the gateway before the widget is opened; then it greets, and once."""
    expect(visitor.part("panel")).to_be_hidden()
    assert visitor.posted("conversations") == []
    visitor.open().part("close").click()
    visitor.open()

    assert len(visitor.posted("conversations")) == 1


def test_opening_shows_the_notice_of_the_gateway_once(reader: Visitor, served: ServedWard) -> None:
    """That answers are automatic and what not to write is said first, as the log has it."""
    notice, *others = served.transcript(reader.ticket)["messages"]

    assert notice["type"] == "notice"
    assert "notice" not in {message["type"] for message in others}
    expect(reader.bubbles.first).to_have_text(notice["text"])
    expect(reader.part("system")).to_have_count(1)


def test_pressed_button_is_said_and_answered(visitor: Visitor) -> None:
    """A pressed option stands in the talk as the resident's words and goes as the offered choice."""
    option = visitor.open().part("option").first
    title, payload = option.inner_text(), option.get_attribute("data-payload")
    words = visitor.page.locator(".offered").first
    assert (words.bounding_box()["width"], words.bounding_box()["height"]) == (1, 1)
    option.click()
    visitor.wait_until_idle()

    assert [title] == visitor.said.all_inner_texts()
    assert [payload] == [turn.get("choice") for turn in visitor.posted("turns")]
    assert "text" not in visitor.posted("turns")[0]
    expect(visitor.part("sources")).to_be_visible()
    expect(visitor.page.locator(f"button[data-payload='{payload}']")).to_have_count(0)
    assert words.bounding_box()["width"] > 50  # eyes read the options once their buttons are gone


def test_menu_leads_to_an_answer_by_buttons_alone(visitor: Visitor) -> None:
    """Menu, group, service: nobody has to write."""
    visitor.open()
    for payload in ("menu", "group:", "service:"):
        visitor.page.locator(f"[part=option][data-payload^='{payload}']").last.click()
        visitor.wait_until_idle()

    expect(visitor.part("sources")).to_be_visible()


def test_answer_names_its_sources_with_their_dates(reader: Visitor, served: ServedWard) -> None:
    """Below an answer stand its sources in the log's order, each with the day of its last check."""
    sources = served.transcript(reader.ticket)["messages"][-1]["sources"]
    days = [date.fromisoformat(source["reviewed_on"]) for source in sources]
    lines = reader.page.locator("[part=sources] li")

    assert sources != []
    assert [source["url"] for source in sources] == lines.locator("a").evaluate_all(
        "all => all.map(link => link.getAttribute('href'))"
    )
    for line, source, day in zip(lines.all(), sources, days, strict=True):
        expect(line).to_contain_text(source["title"])
        expect(line).to_contain_text(f"確認日 {day.year}年{day.month}月{day.day}日")


def test_source_opens_in_a_tab_that_learns_nothing(reader: Visitor) -> None:
    """The talk stays open, the other page cannot reach it, and the reader is told of the new tab."""
    link = reader.page.locator("[part=sources] a").first

    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener")
    expect(link).to_contain_text(reader.word("newTab"))


def test_sources_come_before_the_next_options(reader: Visitor) -> None:
    """What belongs to an answer stands next to it, and the heading of the options next to them."""
    heading = reader.part("bot").last.locator(".bubble")
    places = [reader.part("sources"), reader.part("feedback"), heading, reader.part("options")]
    heights = [place.bounding_box()["y"] for place in places]

    assert sorted(heights) == heights


def test_heading_of_options_is_no_answer(visitor: Visitor, served: ServedWard) -> None:
    """Options after an answer have a plain heading; a question back is an answer and has its bubble."""
    served.worker.teach(VAGUE, "utter_clarify", ("tennyu.documents", "juminhyo.documents"))
    visitor.open()
    heading = visitor.part("bot").last.locator(".bubble").evaluate(BORDER)
    visitor.ask(VAGUE)
    question = visitor.part("bot").last.locator(".bubble").evaluate(BORDER)

    assert (heading, question) == ("0px", "1px")


def test_whatever_is_said_is_answered(visitor: Visitor, served: ServedWard) -> None:
    """Every message of the log is on the page, once and in its order."""
    visitor.open()
    for text in (KNOWN, THANKS, UNKNOWN):
        visitor.ask(text)
    messages = served.transcript(visitor.ticket)["messages"]
    shown = visitor.part("message").evaluate_all("all => all.map(item => item.dataset.seq)")

    assert [str(m["seq"]) if m["role"] != "resident" else "" for m in messages] == shown
    assert visitor.said.all_inner_texts() == [KNOWN, THANKS, UNKNOWN]


def test_call_for_a_person_stands_in_the_talk(visitor: Visitor) -> None:
    """The button that is always there says so in the resident's name; a number to call is a link."""
    visitor.open().part("person").click()
    visitor.wait_until_idle()

    assert [visitor.word("person")] == visitor.said.all_inner_texts()
    assert len(visitor.posted("handoff")) == 1
    expect(visitor.page.locator(".bubble a[href='tel:0300000000']")).to_have_text("03-0000-0000")


def test_second_message_waits_for_the_first_reply(visitor: Visitor, served: ServedWard) -> None:
    """While a reply is under way nothing else is sent, and nothing that was typed is lost."""
    visitor.open()
    with served.worker.held(THANKS):
        visitor.say(THANKS)
        expect(visitor.part("send")).to_have_attribute("aria-disabled", "true")
        visitor.say(KNOWN)
        expect(visitor.part("status")).to_have_text(visitor.word("stillSending"))
    visitor.wait_until_idle()

    expect(visitor.part("input")).to_have_value(KNOWN)
    assert len(visitor.posted("turns")) == 1
    visitor.part("send").click()
    visitor.wait_until_idle()
    assert visitor.said.all_inner_texts() == [THANKS, KNOWN]
