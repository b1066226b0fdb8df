"""The event stream on the page: what others say in the same conversation arrives once, and quietly."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.ward import KNOWN

from .served import ServedWard
from .visitor import Visitor

pytestmark = pytest.mark.browser

THANKS = "ありがとう"
SCROLLED = "() => [scrollX, scrollY]"
HIDE = """isHidden => {
    Object.defineProperty(document, "hidden", { get: () => isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def _is_once(visitor: Visitor, served: ServedWard) -> None:
    """Compare the page with the log, message by message, after one more turn has come and gone."""
    visitor.ask("こんにちは")
    logged = served.transcript(visitor.ticket)["messages"]

    expect(visitor.bubbles).to_have_count(len(logged))
    assert [m["role"] for m in logged] == [
        "bot" if role == "system" else role
        for role in visitor.part("message").evaluate_all(
            "all => all.map(item => item.classList[0])"
        )
    ]


def test_message_from_another_device_arrives_once(visitor: Visitor, served: ServedWard) -> None:
    """A turn that a second device took stands on the page without a reload, in the log's order."""
    visitor.open().ask(KNOWN)
    served.say(visitor.ticket, THANKS)
    expect(visitor.said).to_have_text([KNOWN, THANKS])

    _is_once(visitor, served)


def test_two_devices_at_once_show_the_same(visitor: Visitor, served: ServedWard) -> None:
    """What the other device says during a turn of one's own waits for its reply and comes after it."""
    visitor.open()
    with served.worker.held(KNOWN):
        visitor.say(KNOWN)
        expect(visitor.part("send")).to_have_attribute("aria-disabled", "true")
    served.say(visitor.ticket, THANKS)
    expect(visitor.said).to_have_count(2)

    _is_once(visitor, served)


def test_messages_that_came_while_the_panel_was_closed_are_there_when_it_opens(
    visitor: Visitor, served: ServedWard
) -> None:
    """A closed panel does not listen; nothing is missed and nothing doubled by that."""
    visitor.open().ask(KNOWN)
    count = visitor.bubbles.count()
    visitor.part("close").click()
    served.say(visitor.ticket, THANKS)
    assert count == visitor.bubbles.count()
    visitor.open()
    expect(visitor.said).to_have_text([KNOWN, THANKS])

    _is_once(visitor, served)


def test_messages_that_came_during_a_lost_connection_arrive_after_it(
    visitor: Visitor, served: ServedWard
) -> None:
    """The stream is taken up again where it broke off."""
    visitor.open().ask(KNOWN)
    visitor.watch.expect("net::ERR_")
    visitor.context.set_offline(True)
    visitor.page.evaluate(HIDE, True)  # the browser cuts no open stream, so the page has to
    served.say(visitor.ticket, THANKS)
    visitor.page.evaluate(HIDE, False)
    visitor.context.set_offline(False)
    expect(visitor.said).to_have_text([KNOWN, THANKS])

    _is_once(visitor, served)


def test_page_in_the_background_does_not_listen(visitor: Visitor, served: ServedWard) -> None:
    """A hidden page spares the phone and the gateway, and catches up when it is seen again."""
    visitor.open().ask(KNOWN)
    visitor.page.evaluate(HIDE, True)
    served.say(visitor.ticket, THANKS)
    expect(visitor.said).to_have_text([KNOWN])
    visitor.page.evaluate(HIDE, False)
    expect(visitor.said).to_have_text([KNOWN, THANKS])

    _is_once(visitor, served)


def test_arriving_message_moves_neither_focus_nor_page(
    visitor: Visitor, served: ServedWard
) -> None:
    """Whoever is typing goes on typing."""
    visitor.open().part("input").fill("書いている途中")
    visitor.part("input").focus()
    before = visitor.page.evaluate(SCROLLED)
    served.say(visitor.ticket, KNOWN)
    expect(visitor.part("sources")).to_be_visible()

    assert visitor.focused == "input"
    assert visitor.part("input").input_value() == "書いている途中"
    assert before == visitor.page.evaluate(SCROLLED)
