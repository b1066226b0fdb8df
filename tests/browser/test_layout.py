"""Small screens, large type: everything is reached by scrolling down, nothing by scrolling sideways."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.ward import KNOWN

from .conftest import DESKTOP, PHONE, Visit
from .visitor import Visitor

pytestmark = pytest.mark.browser

ZOOMED = (320, 256)  # 1280 x 1024 at 400 %, as WCAG 1.4.10 has it
NARROW = (320, 640)
WIDER_THAN_THEIR_PLACE = """() => {
    const shadow = document.querySelector("madoguchi-chat").shadowRoot;
    const places = [document.documentElement, ...shadow.querySelectorAll(
        "[part=panel], [part=scroller], [part=header], [part=composer], [part=footer], .bubble")];
    return places.filter(place => place.scrollWidth > Math.max(place.clientWidth, 1))
        .map(place => place.getAttribute("part") ?? place.className ?? place.localName);
}"""
SMALL_TARGETS = """() => {
    const shadow = document.querySelector("madoguchi-chat").shadowRoot;
    return [...shadow.querySelectorAll("button, select, textarea")]
        .map(node => [node.getAttribute("part"), node.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.width < 43.9 || box.height < 43.9))
        .map(([part, box]) => `${part}: ${box.width} x ${box.height}`);
}"""
LONG = "あ" * 300 + "https://www.city.example.jp/" + "a" * 300


@pytest.mark.parametrize("locale", ["ja", "ja-easy", "vi", "tl"])
@pytest.mark.parametrize("size", [ZOOMED, NARROW], ids=["400 percent", "320 pixels"])
def test_nothing_is_scrolled_sideways(visit: Visit, size: tuple[int, int], locale: str) -> None:
    """Closed, open and answered, the page and every part of the panel fit their width."""
    visitor = visit(size)
    visitor.page.locator(f"button[data-locale={locale}]").click()
    assert visitor.page.evaluate(WIDER_THAN_THEIR_PLACE) == []
    visitor.open()
    assert visitor.page.evaluate(WIDER_THAN_THEIR_PLACE) == []
    visitor.ask(KNOWN)
    visitor.part("unhelpful").click()
    visitor.ask(LONG)

    assert visitor.page.evaluate(WIDER_THAN_THEIR_PLACE) == []


def test_everything_can_be_reached_at_400_percent(visit: Visit) -> None:
    """Header, answer, text field and footer come into view one after the other."""
    visitor = visit(ZOOMED).open()
    visitor.ask(KNOWN)

    for part in ("close", "sources", "option", "input", "person"):
        visitor.part(part).first.scroll_into_view_if_needed()
        expect(visitor.part(part).first).to_be_in_viewport()


def test_text_field_stays_in_sight_at_400_percent(visit: Visit) -> None:
    """Wherever one reads, one can write."""
    visitor = visit(ZOOMED).open()
    visitor.part("bot").first.scroll_into_view_if_needed()

    expect(visitor.part("input")).to_be_in_viewport()


@pytest.mark.parametrize("locale", ["ja", "ja-easy"])
def test_targets_are_large_enough_for_a_thumb(visit: Visit, locale: str) -> None:
    """Every control is at least 44 pixels in both directions (WCAG 2.5.5)."""
    visitor = visit(PHONE)
    visitor.page.locator(f"button[data-locale={locale}]").click()
    visitor.open().ask(KNOWN)
    visitor.part("unhelpful").click()

    assert visitor.page.evaluate(SMALL_TARGETS) == []


def test_panel_fills_a_phone_and_leaves_room_on_a_desktop(visit: Visit) -> None:
    """On a small screen the talk has it all; on a large one the page stays readable beside it."""
    boxes = [visit(size).open().part("panel").bounding_box() for size in (PHONE, DESKTOP)]

    assert (boxes[0]["width"], boxes[0]["height"]) == PHONE
    assert DESKTOP[0] / 2 > boxes[1]["width"]
    assert DESKTOP[1] > boxes[1]["height"]


def test_answer_is_read_from_its_beginning(visit: Visit) -> None:
    """A long answer shows the question above it and starts at the top, not at its end."""
    visitor = visit(PHONE).open()
    visitor.ask(KNOWN)

    expect(visitor.said.last).to_be_in_viewport()
    expect(visitor.part("sources")).not_to_be_in_viewport()


def test_phone_is_hidden_where_none_is_given(visitor: Visitor) -> None:
    """A ward without a number on the element shows no empty link."""
    visitor.open()
    expect(visitor.part("number")).to_be_visible()
    visitor.page.evaluate(
        "document.querySelector('madoguchi-chat')"
        ".replaceWith(document.createElement('madoguchi-chat'))"
    )
    visitor.part("launcher").click()

    expect(visitor.part("input")).to_be_visible()
    expect(visitor.part("phone")).to_be_hidden()
