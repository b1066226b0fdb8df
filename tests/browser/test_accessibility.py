"""Assistive technology: axe-core finds nothing, and what it cannot see is checked by hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.ward import KNOWN

from .conftest import DESKTOP, PHONE, Audit, Visit
from .served import ServedWard
from .visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("size", "locale"),
    [(PHONE, "ja"), (DESKTOP, "ja"), (PHONE, "ja-easy"), (DESKTOP, "en")],
    ids=["phone", "desktop", "phone in easy Japanese", "desktop in English"],
)
def test_axe_finds_no_violation(
    visit: Visit, audit: Audit, size: tuple[int, int], locale: str
) -> None:
    """Neither with the panel closed, nor open, nor with an answer that is being judged."""
    visitor = visit(size, bypass_csp=True)
    visitor.page.locator(f"button[data-locale={locale}]").click()
    closed = audit(visitor.page)
    visitor.open()
    opened = audit(visitor.page)
    visitor.ask(KNOWN)
    visitor.part("unhelpful").click()
    answered = audit(visitor.page)

    assert (closed, opened, answered) == ([], [], [])


def test_axe_finds_no_violation_in_trouble(visit: Visit, audit: Audit) -> None:
    """Nor with an unsent message, nor in a restored talk."""
    visitor = visit(PHONE, bypass_csp=True).open()
    visitor.watch.expect("net::ERR_INTERNET_DISCONNECTED")
    visitor.context.set_offline(True)
    visitor.say(KNOWN)
    expect(visitor.part("retry")).to_be_visible()
    unsent = audit(visitor.page)
    visitor.context.set_offline(False)
    visitor.part("retry").click()
    expect(visitor.part("sources")).to_be_visible()
    visitor.page.reload()
    visitor.open()

    assert (unsent, audit(visitor.page)) == ([], [])


def test_audit_sees_a_violation(visit: Visit, audit: Audit) -> None:
    """The check would fail on a text that cannot be read, also inside the widget."""
    visitor = visit(bypass_csp=True).open()
    visitor.part("title").evaluate("title => { title.style.color = '#eee' }")

    assert [found.split(":")[0] for found in audit(visitor.page)] == ["color-contrast"]


def test_talk_is_a_log_that_only_grows(visitor: Visitor) -> None:
    """New messages are announced politely; nothing that was said is taken away or said again."""
    visitor.open().ask(KNOWN)
    before = visitor.page.locator("[part=log] li[data-seq]").element_handles()
    visitor.ask("ありがとう")
    log = visitor.part("log")

    assert len(before) > 1
    assert [item for item in before if not item.evaluate("item => item.isConnected")] == []
    assert (log.get_attribute("role"), log.get_attribute("aria-live")) == ("log", "polite")


def test_buttons_stand_outside_of_the_log(reader: Visitor) -> None:
    """A live region would not tell that they are buttons."""
    expect(reader.page.locator("[part=log] [part=option]")).to_have_count(0)
    expect(reader.page.get_by_role("group", name=reader.word("choose"))).to_be_visible()


@pytest.mark.parametrize(
    ("role", "word"),
    [
        ("region", "title"),
        ("heading", "title"),
        ("log", "log"),
        ("list", "history"),
        ("textbox", "ask"),
        ("combobox", "language"),
        ("button", "send"),
        ("button", "person"),
        ("group", "wasHelpful"),
    ],
)
def test_parts_are_found_by_role_and_name(reader: Visitor, role: str, word: str) -> None:
    """Whoever cannot see finds the panel, the log, the field and the buttons."""
    expect(reader.page.get_by_role(role, name=reader.word(word), exact=True)).to_be_visible()


def test_waiting_is_announced(visitor: Visitor, served: ServedWard) -> None:
    """A status says that the answer is being prepared; the button is dimmed but keeps its focus."""
    visitor.open().part("input").fill(KNOWN)
    with served.worker.held(KNOWN):
        visitor.part("send").click()
        expect(visitor.page.get_by_role("status")).to_have_text(visitor.word("sending"))
        expect(visitor.part("send")).to_have_attribute("aria-disabled", "true")
        assert visitor.focused == "send"
    visitor.wait_until_idle()

    assert visitor.focused == "send"
    assert visitor.part("send").get_attribute("disabled") is None
    expect(visitor.page.get_by_role("status")).to_have_text("")


def test_escape_works_from_the_page_below(visitor: Visitor) -> None:
    """A page that opens the panel keeps its focus; Escape closes it from there, too."""
    visitor.page.locator("button[data-locale=ja]").focus()
    visitor.widget.evaluate("chat => chat.setAttribute('open', '')")
    expect(visitor.part("panel")).to_be_visible()
    assert visitor.focused == "button"
    visitor.page.keyboard.press("Escape")

    expect(visitor.part("panel")).to_be_hidden()
    assert visitor.focused == "button"


def test_talk_can_be_told_apart_without_colours(visit: Visit) -> None:
    """With forced colours every message and button keeps a border."""
    visitor = visit(forced_colors="active").open()
    visitor.ask(KNOWN)
    bordered = visitor.page.locator("[part=scroller] :is(li:not(.choice) > .bubble, button)")
    borders = bordered.evaluate_all("all => all.map(node => getComputedStyle(node).borderTopWidth)")

    assert set(borders) == {"1px"}
