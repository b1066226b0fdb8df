"""What a tab remembers of its conversation, and how it forgets."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, expect

from tests.support.ward import KNOWN

from .served import ServedWard
from .visitor import Visitor

pytestmark = pytest.mark.browser

THANKS = "ありがとう"
KEPT = "() => [localStorage.length, Object.keys(sessionStorage).filter(key => key.includes('madoguchi'))]"
SPOIL = """name => {
    const ticket = JSON.parse(sessionStorage.getItem("madoguchi-chat"));
    sessionStorage.setItem("madoguchi-chat", JSON.stringify({ ...ticket, [name]: "x" }));
}"""
BLOCKED = (
    "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('blocked') } })"
)


@pytest.fixture
def answered(visitor: Visitor) -> Visitor:
    """A visitor with one answer."""
    visitor.open().ask(KNOWN)
    return visitor


def _answer(visitor: Visitor, accept: bool) -> list[str]:
    """Answer the browser's next question; returns where its text will stand."""
    asked: list[str] = []

    def on_dialog(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if accept:
            dialog.accept()
        else:
            dialog.dismiss()

    visitor.page.once("dialog", on_dialog)
    return asked


def test_reload_keeps_the_conversation(answered: Visitor) -> None:
    """The same talk stands there again, options included, is not read out again, and goes on."""
    before, options = answered.bubbles.all_inner_texts(), answered.part("option").all_inner_texts()
    ticket = answered.ticket
    answered.page.reload()
    answered.open()

    assert before == answered.page.locator("[part=history] .bubble").all_inner_texts()
    expect(answered.page.locator("[part=log] .bubble")).to_have_count(0)
    assert options == answered.part("option").all_inner_texts()
    answered.ask(THANKS)
    assert ticket == answered.ticket
    assert len(answered.posted("conversations")) == 1


def test_ticket_ends_with_the_tab(reader: Visitor) -> None:
    """Nothing is kept where the next person at a shared computer could find it."""
    other = reader.context.new_page()
    other.goto(reader.page.url)
    kept = other.evaluate(KEPT)
    other.close()

    assert reader.page.evaluate(KEPT) == [0, ["madoguchi-chat"]]
    assert kept == [0, []]


def test_starting_again_ends_the_conversation(answered: Visitor, served: ServedWard) -> None:
    """After a question the old talk is closed and gone, and a new one greets."""
    old = answered.ticket
    asked = _answer(answered, accept=True)
    answered.part("restart").click()
    expect(answered.part("status")).to_have_text(answered.word("restarted"))

    assert asked == [answered.word("confirmRestart")]
    expect(answered.said).to_have_count(0)
    expect(answered.part("option").first).to_be_visible()
    assert old != answered.ticket
    assert served.transcript(old)["state"] == "closed"


def test_erasing_forgets_the_conversation(answered: Visitor, served: ServedWard) -> None:
    """Nothing of it is left on this device, the gateway is told, and none is begun unasked."""
    old = answered.ticket
    asked = _answer(answered, accept=True)
    answered.part("erase").click()
    expect(answered.part("status")).to_have_text(answered.word("erased"))

    assert asked == [answered.word("confirmErase")]
    expect(answered.part("message")).to_have_count(0)
    expect(answered.part("option")).to_have_count(0)
    assert answered.kept is None
    assert len(answered.posted("conversations")) == 1
    answered.ask(THANKS)
    assert served.transcript(old)["state"] == "closed"
    assert old != answered.ticket
    assert answered.said.all_inner_texts() == [THANKS]


@pytest.mark.parametrize("button", ["restart", "erase"])
def test_second_thoughts_change_nothing(reader: Visitor, served: ServedWard, button: str) -> None:
    """Who says no to the question keeps the talk."""
    before = reader.bubbles.all_inner_texts()
    asked = _answer(reader, accept=False)
    reader.part(button).click()

    assert len(asked) == 1
    assert before == reader.bubbles.all_inner_texts()
    assert served.transcript(reader.ticket)["state"] == "bot"


def test_reply_to_an_ended_conversation_does_not_reach_the_next(
    visitor: Visitor, served: ServedWard
) -> None:
    """Starting again during a turn leaves its late reply behind, be it an answer or a refusal."""
    visitor.open().watch.expect("409")
    with served.worker.held(KNOWN):
        visitor.say(KNOWN)
        expect(visitor.part("send")).to_have_attribute("aria-disabled", "true")
        _answer(visitor, accept=True)
        visitor.part("restart").click()
        expect(visitor.part("status")).to_have_text(visitor.word("restarted"))
    visitor.ask(THANKS)
    visitor.watch.settle()

    assert visitor.said.all_inner_texts() == [THANKS]
    expect(visitor.part("sources")).to_have_count(0)


def test_conversation_that_ended_unheard_makes_way_for_a_new_one(
    visitor: Visitor, served: ServedWard
) -> None:
    """The question is kept, the reason is given, and one press asks it in the new conversation."""
    visitor.watch.expect("ERR_FAILED")
    visitor.page.route("**/events?*", lambda route: route.abort())
    visitor.open().ask(KNOWN)
    old = visitor.ticket
    served.end(old)
    visitor.watch.expect("409")
    visitor.say(THANKS)
    visitor.part("retry").click()
    visitor.wait_until_idle()

    assert old != visitor.ticket
    assert visitor.said.all_inner_texts() == [KNOWN, THANKS]
    expect(visitor.page.get_by_text(visitor.word("expired"))).to_be_visible()
    expect(visitor.part("retry")).to_have_count(0)


def test_conversation_that_ended_elsewhere_is_told_at_once(
    answered: Visitor, served: ServedWard
) -> None:
    """Whoever listens sees that it is over, and the next question begins a new one."""
    old = answered.ticket
    served.end(old)
    expect(answered.part("status")).to_have_text(answered.word("closed"))
    answered.ask(THANKS)

    assert old != answered.ticket
    assert answered.said.all_inner_texts() == [KNOWN, THANKS]


def test_ended_conversation_is_told_after_a_reload(answered: Visitor, served: ServedWard) -> None:
    """The talk can still be read; the next question begins a new one."""
    old = answered.ticket
    served.end(old)
    answered.page.reload()
    answered.part("launcher").click()
    expect(answered.part("status")).to_have_text(answered.word("closed"))
    assert answered.said.all_inner_texts() == [KNOWN]
    answered.ask(THANKS)

    assert old != answered.ticket


@pytest.mark.parametrize(("spoilt", "status"), [("id", "404"), ("token", "401")])
def test_ticket_that_is_worth_nothing_makes_way_for_a_new_conversation(
    visitor: Visitor, spoilt: str, status: str
) -> None:
    """A ticket of a ward that knows it no longer, or that was tampered with, is no dead end."""
    visitor.open().watch.expect(status)
    visitor.page.evaluate(SPOIL, spoilt)
    visitor.page.reload()
    visitor.open()

    expect(visitor.page.get_by_text(visitor.word("expired"))).to_be_visible()
    visitor.ask(THANKS)
    assert visitor.said.all_inner_texts() == [THANKS]


def test_browser_that_refuses_storage_can_still_ask(visitor: Visitor) -> None:
    """Without storage the conversation lives as long as the page."""
    visitor.context.add_init_script(BLOCKED)
    visitor.page.reload()
    visitor.open().ask(KNOWN)

    expect(visitor.part("sources")).to_be_visible()


def test_widget_that_is_moved_in_the_page_goes_on(answered: Visitor) -> None:
    """A page that rearranges itself does not cut the talk off."""
    ticket = answered.ticket
    answered.page.evaluate(
        "document.querySelector('main').append(document.querySelector('madoguchi-chat'))"
    )
    answered.ask(THANKS)

    assert answered.said.all_inner_texts() == [KNOWN, THANKS]
    assert ticket == answered.ticket
