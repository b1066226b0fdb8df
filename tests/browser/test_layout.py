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
def test_nothing_is_scrolled_sideways(visit: Visit, locale: str) -> None:
    """Closed, open and answered, at 400 % and on a narrow phone, all fits its width."""
    visitor = visit(ZOOMED)
    visitor.page.locator(f"button[data-locale={locale}]").click()
    too_wide = _too_wide(visitor)
    visitor.open()
    too_wide += _too_wide(visitor)
    visitor.ask(KNOWN)
    visitor.part("unhelpful").click()
    visitor.ask(LONG)

    assert too_wide + _too_wide(visitor) == []


def _too_wide(visitor: Visitor) -> list[str]:
    found: list[str] = []
    for size in (ZOOMED, NARROW):
        visitor.page.set_viewport_size({"width": size[0], "height": size[1]})
        found += visitor.page.evaluate(WIDER_THAN_THEIR_PLACE)
    return found


def test_everything_can_be_reached_at_400_percent(visit: Visit) -> None:
    """Header, answer and footer come into view one after the other; the text field always is."""
    visitor = visit(ZOOMED).open()
    visitor.ask(KNOWN)

    for part in ("close", "system", "sources", "option", "person"):
        place = visitor.part(part).first
        place.scroll_into_view_if_needed()
        expect(place).to_be_in_viewport()
        expect(visitor.part("input")).to_be_in_viewport()


def test_targets_are_large_enough_for_a_thumb(visit: Visit) -> None:
    """Every control is at least 44 pixels in both directions (WCAG 2.5.5)."""
    visitor = visit(PHONE).open()
    visitor.ask(KNOWN)
    visitor.part("unhelpful").click()

    assert visitor.page.evaluate(SMALL_TARGETS) == []


def test_answer_fills_a_phone_and_is_read_from_its_beginning(visit: Visit) -> None:
    """A small screen is all the talk's; a long answer starts below its question, not at its end."""
    visitor = visit(PHONE).open()
    visitor.ask(KNOWN)
    panel = visitor.part("panel").bounding_box()

    assert (panel["width"], panel["height"]) == PHONE
    expect(visitor.said.last).to_be_in_viewport()
    expect(visitor.part("sources")).not_to_be_in_viewport()


def test_panel_leaves_room_on_a_desktop(reader: Visitor) -> None:
    """On a large screen the page stays readable beside the talk."""
    panel = reader.part("panel").bounding_box()

    assert DESKTOP[0] / 2 > panel["width"]
    assert DESKTOP[1] > panel["height"]


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
