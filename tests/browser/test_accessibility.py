"""Assistive technology: axe-core finds nothing, and what it cannot see is checked by hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.ward import KNOWN

from .conftest import DESKTOP, PHONE, Audit, Visit
from .served import ServedWard
from .visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("locale", ["ja", "ja-easy", "en"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_no_violation(
    visit: Visit, audit: Audit, size: tuple[int, int], locale: str
) -> None:
    """Neither with the panel closed, nor open, nor with an answer that is being judged."""
    visitor = visit(size)
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
    visitor = visit(PHONE).open()
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


def test_audit_sees_a_violation(visitor: Visitor, audit: Audit) -> None:
    """The check would fail on a text that cannot be read, also inside the widget."""
    visitor.open()
    visitor.part("title").evaluate("title => { title.style.color = '#eee' }")

    assert [found.split(":")[0] for found in audit(visitor.page)] == ["color-contrast"]


def test_talk_is_a_log_that_only_grows(visitor: Visitor) -> None:
    """New messages are announced politely; nothing that was said is taken away or said again."""
    visitor.open().ask(KNOWN)
    before = visitor.page.locator("[part=log] li[data-seq]").element_handles()
    visitor.ask("ありがとう")
    log = visitor.part("log")

    assert (log.get_attribute("role"), log.get_attribute("aria-live")) == ("log", "polite")
    assert [item for item in before if not item.evaluate("item => item.isConnected")] == []


def test_buttons_stand_outside_of_the_log(visitor: Visitor) -> None:
    """A live region would not tell that they are buttons."""
    visitor.open().ask(KNOWN)

    expect(visitor.page.locator("[part=log] [part=option]")).to_have_count(0)
    expect(visitor.page.get_by_role("group", name=visitor.word("choose"))).to_be_visible()


def test_roles_and_names_are_those_of_the_words(visitor: Visitor) -> None:
    """Whoever cannot see finds the panel, the log, the field and the buttons by name."""
    visitor.open()
    page = visitor.page

    for role, word in (
        ("region", "title"),
        ("heading", "title"),
        ("log", "log"),
        ("textbox", "ask"),
        ("combobox", "language"),
        ("button", "send"),
        ("button", "person"),
    ):
        expect(page.get_by_role(role, name=visitor.word(word), exact=True)).to_be_visible()


def test_waiting_is_announced(visitor: Visitor, served: ServedWard) -> None:
    """A status says that the answer is being prepared; the button is dimmed but keeps its focus."""
    visitor.open().part("input").fill(KNOWN)
    with served.worker.held(KNOWN):
        visitor.part("send").click()
        expect(visitor.page.get_by_role("status")).to_have_text(visitor.word("sending"))
        assert visitor.focused == "send"
        expect(visitor.part("send")).to_have_attribute("aria-disabled", "true")
    visitor.wait_until_idle()

    assert visitor.focused == "send"
    expect(visitor.page.get_by_role("status")).to_have_text("")


def test_escape_works_from_the_page_below(visitor: Visitor) -> None:
    """An open panel may cover what has the focus, so Escape closes it from there, too."""
    visitor.open()
    visitor.page.locator("button[data-locale=ja]").focus()
    visitor.page.keyboard.press("Escape")

    expect(visitor.part("panel")).to_be_hidden()
    assert visitor.focused == "button"


def test_panel_that_the_page_opens_takes_no_focus(visitor: Visitor) -> None:
    """Only who asks for the panel is taken there."""
    visitor.widget.evaluate("chat => chat.setAttribute('open', '')")
    expect(visitor.part("panel")).to_be_visible()

    assert visitor.focused == "body"


def test_talk_can_be_told_apart_without_colours(visit: Visit) -> None:
    """With forced colours every bubble and button keeps a border."""
    visitor = visit(forced_colors="active").open()
    visitor.ask(KNOWN)
    borders = visitor.page.locator("[part=scroller] :is(.bubble, button)").evaluate_all(
        "all => all.map(node => getComputedStyle(node).borderTopWidth)"
    )

    assert {"1px"} == set(borders)
