"""The reply box: input methods, line breaks, the limit, and drafts that nothing loses."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ..test_typing import InputMethod
from .clerk import Clerk
from .conftest import Clerks, Turnable, Wait

pytestmark = pytest.mark.browser


@pytest.fixture
def talking(wait: Wait, clerk: Clerks) -> Clerk:
    """A clerk who has claimed a conversation and stands in the reply box."""
    yamada = clerk("山田")
    wait()
    yamada.open()
    yamada.claim()
    return yamada


def test_enter_while_converting_sends_nothing(talking: Clerk) -> None:
    """Neither the Enter that confirms a conversion, nor Ctrl+Enter during it."""
    method = InputMethod(talking.context.new_cdp_session(talking.page))
    talking.reply_box.focus()
    method.compose("お", "おま", "おまち")
    talking.reply_box.dispatch_event(
        "keydown", {"key": "Enter", "ctrlKey": True, "keyCode": 229, "isComposing": True}
    )
    method.confirm("お待ち")

    expect(talking.reply_box).to_have_value("お待ち")
    expect(talking.find(".message.own")).to_have_count(0)


def test_enter_makes_a_line_and_control_enter_sends(talking: Clerk) -> None:
    """A reply of two lines arrives as two lines."""
    talking.page.keyboard.type("一行目")
    talking.page.keyboard.press("Enter")
    talking.page.keyboard.type("二行目")
    expect(talking.reply_box).to_have_value("一行目\n二行目")
    talking.page.keyboard.press("Control+Enter")

    expect(talking.find("#log .message.own .bubble br")).to_have_count(1)
    expect(talking.reply_box).to_have_value("")


def test_drafts_survive_a_reload(talking: Clerk) -> None:
    """The same conversation is open again, still one's own, with what was half written."""
    talking.reply_box.fill("書きかけの返信")
    talking.find("#note").fill("書きかけのメモ")
    talking.page.reload()
    talking.wait_until_live()

    expect(talking.find("#open")).to_have_attribute("data-standing", "mine")
    expect(talking.reply_box).to_have_value("書きかけの返信")
    expect(talking.find("#note")).to_have_value("書きかけのメモ")


def test_too_long_is_told_and_not_sent(talking: Clerk) -> None:
    """A reply over the limit stays in the box, with how much is too much."""
    talking.reply_box.fill("あ" * 1003)
    talking.reply_box.press("Control+Enter")

    expect(talking.find("#left")).to_contain_text("3文字")
    expect(talking.reply_box).to_have_attribute("aria-invalid", "true")
    assert len(talking.reply_box.input_value()) == 1003


def test_lost_claim_keeps_the_draft(talking: Clerk, clerk: Clerks, ticks: Turnable) -> None:
    """After a silence a colleague may take over; who comes back is told, and nothing written is lost."""
    talking.context.set_offline(True)
    talking.watch.expect("ERR_INTERNET_DISCONNECTED")
    talking.reply_box.fill("もう少しで書き終わる")
    ticks.forward(120)
    tanaka = clerk("田中")
    tanaka.open()
    tanaka.claim()
    talking.context.set_offline(False)

    expect(talking.find("#open")).to_have_attribute("data-standing", "lost")
    expect(talking.reply_box).to_have_value("もう少しで書き終わる")
    expect(talking.standing).to_contain_text("書きかけ")
    expect(talking.find("#send")).to_have_attribute("aria-disabled", "true")
    talking.watch.expect("409")
    talking.act("claim").click()
    expect(talking.find("#trouble")).to_contain_text("田中さん")
