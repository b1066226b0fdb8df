"""Without a mouse: every step of a conversation, the list of keys, and keys that can be turned off."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .conftest import Clerks, Wait

pytestmark = pytest.mark.browser


def test_whole_conversation_by_keys_alone(wait: Wait, clerk: Clerks) -> None:
    """Choose, open, claim, search, insert, send, note and close, without touching the mouse."""
    yamada = clerk("山田")
    press = yamada.page.keyboard.press
    write = yamada.page.keyboard.type
    resident = wait()
    expect(yamada.waiting).to_have_count(1)
    press("j")
    press("Enter")
    expect(yamada.find("#conversation-title")).to_be_focused()
    press("c")
    expect(yamada.reply_box).to_be_focused()
    write("お調べします。")
    press("Control+Enter")
    expect(resident.bubbles.last).to_have_text("お調べします。")

    press("Escape")
    press("/")
    expect(yamada.find("#words")).to_be_focused()
    write("住民票 手数料")
    expect(yamada.find("#canned button").first).to_be_visible()
    while not yamada.page.evaluate(
        "() => document.activeElement.closest('#canned') && document.activeElement.localName === 'button'"
    ):
        press("Tab")
    press("Enter")
    expect(yamada.reply_box).to_be_focused()
    expect(yamada.reply_box).not_to_have_value("")
    press("Control+Enter")
    expect(yamada.find("#log .message.own")).to_have_count(2)

    press("Escape")
    press("n")
    write("手数料を案内した")
    press("Tab")
    press("Enter")
    expect(yamada.messages("note")).to_have_text("手数料を案内した")
    press("Escape")
    press("e")
    expect(yamada.find("#close")).to_be_visible()
    press("Space")
    press("Enter")
    expect(yamada.find("#open")).to_have_attribute("data-standing", "ended")
    expect(yamada.find("#conversation-title")).to_be_focused()


def test_question_mark_lists_the_keys(clerk: Clerks) -> None:
    """Every key of the list is there with what it does; Escape closes it and gives the focus back."""
    yamada = clerk("山田")
    yamada.act("help").focus()
    yamada.page.keyboard.press("?")
    expect(yamada.find("#help")).to_be_visible()
    keys = yamada.find("#help .keys kbd").all_inner_texts()
    yamada.page.keyboard.press("Escape")

    assert {"?", "j", "k", "c", "r", "n", "/", "t", "b", "e", "m", "Ctrl", "Esc"} <= set(keys)
    expect(yamada.find("#help")).to_be_hidden()
    assert yamada.focused == "help"


def test_letters_can_be_turned_off_for_good(clerk: Clerks) -> None:
    """Speech input would trip over them (WCAG 2.1.4); the choice outlives a reload."""
    yamada = clerk("山田")
    yamada.page.keyboard.press("?")
    yamada.find("#letters").uncheck()
    yamada.page.keyboard.press("Escape")
    yamada.page.reload()
    yamada.wait_until_live()
    yamada.page.keyboard.press("4")
    yamada.page.keyboard.press("?")

    expect(yamada.find("#help")).to_be_hidden()
    expect(yamada.find("#tab-figures")).to_be_hidden()


def test_letters_are_letters_where_text_is_written(wait: Wait, clerk: Clerks) -> None:
    """No letter in a reply closes, transfers or mutes anything."""
    yamada = clerk("山田")
    wait()
    yamada.open()
    yamada.claim()
    yamada.page.keyboard.type("jkcrntbem1234?/")

    expect(yamada.reply_box).to_have_value("jkcrntbem1234?/")
    expect(yamada.page.locator("dialog[open]")).to_have_count(0)


def test_other_pages_by_number(clerk: Clerks) -> None:
    """Each number shows its page, puts the focus on its heading, and Escape leads back."""
    yamada = clerk("山田")
    for number, name in [("2", "callbacks"), ("3", "unanswered"), ("4", "figures")]:
        yamada.page.keyboard.press(number)
        expect(yamada.find(f"#{name}-title")).to_be_focused()
    yamada.page.keyboard.press("Escape")

    expect(yamada.find("#tab-queue")).to_be_visible()


def test_focus_stays_on_an_entry_that_moves(wait: Wait, clerk: Clerks) -> None:
    """Who comes later does not pull the place from under a keyboard or a screen reader."""
    yamada = clerk("山田")
    wait("住民票の写しが欲しい")
    expect(yamada.waiting).to_have_count(1)
    yamada.page.keyboard.press("j")
    chosen = yamada.page.evaluate("() => document.activeElement.dataset.id")
    wait("児童手当の申請に必要なものは何ですか")
    expect(yamada.waiting).to_have_count(2)

    assert chosen == yamada.page.evaluate("() => document.activeElement.dataset.id")
