"""Assistive technology at the desk: axe-core finds nothing, and what it cannot see is checked by hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ..conftest import DESKTOP, PHONE, Audit
from .conftest import Clerks, Turnable, Wait

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [DESKTOP, (800, 1000), PHONE], ids=["desktop", "tablet", "phone"])
def test_axe_finds_no_violation(
    wait: Wait, clerk: Clerks, audit: Audit, ticks: Turnable, size: tuple[int, int]
) -> None:
    """Neither in the queue with an alarm, nor in a conversation, a dialog, or any other page."""
    yamada = clerk("山田", size, bypass_csp=True, reduced_motion="reduce")
    wait()
    ticks.forward(600)
    wait("How do I get a copy of my residence record?")
    expect(yamada.find(".item.late")).to_be_visible()
    found = {"queue": audit(yamada.page)}
    yamada.open(yamada.waiting.last)
    yamada.claim()
    yamada.reply("Hello")
    found["conversation"] = audit(yamada.page)
    for name in ("transfer", "close", "handBack"):
        yamada.act(name).click()
        found[name] = audit(yamada.page)
        yamada.page.keyboard.press("Escape")
    yamada.page.locator("body").evaluate("body => body.dispatchEvent(new Event('focus'))")
    yamada.page.keyboard.press("Escape")
    for number in "234":
        yamada.page.keyboard.press(number)
        found[number] = audit(yamada.page)

    assert {name: [] for name in found} == found


def test_new_messages_are_announced_and_never_rebuilt(wait: Wait, clerk: Clerks) -> None:
    """The past is silent; what comes is in a polite log that only grows."""
    yamada = clerk("山田")
    resident = wait()
    yamada.open()
    yamada.claim()
    assert yamada.find("#log li:not(.system)").count() == 0  # but for the notice of the claim
    resident.say("一つ目")
    expect(yamada.find("#log .resident")).to_have_count(1)
    before = yamada.page.locator("#history li, #log li").element_handles()
    resident.say("二つ目")
    expect(yamada.find("#log .resident")).to_have_count(2)

    assert [n for n in before if not n.evaluate("n => n.isConnected")] == []
    assert yamada.find("#news").get_attribute("role") == "log"
    assert yamada.find("#news").get_attribute("aria-live") == "polite"
    assert yamada.find("#history").get_attribute("aria-live") is None


def test_arriving_message_moves_no_focus(wait: Wait, clerk: Clerks) -> None:
    """Whoever writes goes on writing."""
    yamada = clerk("山田")
    resident = wait()
    yamada.open()
    yamada.claim()
    yamada.page.keyboard.type("書いて")
    resident.say("割り込み")
    expect(yamada.find("#log .resident")).to_have_count(1)
    yamada.page.keyboard.type("いる")

    expect(yamada.reply_box).to_have_value("書いている")


def test_phone_shows_one_column(wait: Wait, clerk: Clerks) -> None:
    """The queue or the conversation, nothing wider than the screen, and a way back."""
    yamada = clerk("山田", (390, 844))
    wait()
    expect(yamada.waiting).to_have_count(1)
    wide = "() => document.documentElement.scrollWidth > innerWidth"
    assert not yamada.page.evaluate(wide)
    yamada.open()
    expect(yamada.find(".queue")).to_be_hidden()
    yamada.claim()
    assert not yamada.page.evaluate(wide)
    yamada.page.locator(".panel-opener").click()
    expect(yamada.find("#helpers")).to_be_visible()
    yamada.page.keyboard.press("Escape")
    expect(yamada.find("#helpers")).to_be_hidden()
    yamada.act("back").click()

    expect(yamada.find(".queue")).to_be_visible()
    expect(yamada.find(".conversation")).to_be_hidden()


def test_page_can_be_used_at_400_per_cent(wait: Wait, clerk: Clerks) -> None:
    """On 320 × 256 CSS pixels nothing is cut off sideways, and the reply box can be reached."""
    yamada = clerk("山田", (320, 256))
    wait()
    yamada.open()
    yamada.claim()
    yamada.reply_box.scroll_into_view_if_needed()

    expect(yamada.reply_box).to_be_in_viewport()
    assert not yamada.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
