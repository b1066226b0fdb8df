"""A resident and two members of staff at the same time, each in a browser of their own."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ..conftest import PHONE, Visit
from .conftest import Clerks, Wait

pytestmark = pytest.mark.browser

YELLOW = "うちの子は保育園に受かりますか"


def test_from_the_question_to_the_opinion(visit: Visit, clerk: Clerks) -> None:
    """Ask, wait, be claimed by one, answer each other, be transferred, closed, and asked how it was."""
    yamada, tanaka = clerk("山田"), clerk("田中")
    resident = visit(PHONE).open()
    resident.ask(YELLOW)
    resident.part("person").click()
    resident.wait_until_idle()
    expect(yamada.waiting).to_have_count(1)
    yamada.open()
    expect(yamada.messages("resident").first).to_have_text(YELLOW)
    yamada.claim()
    yamada.reply("お待たせしました。保育課の山田です。")
    expect(resident.bubbles.last).to_have_text("お待たせしました。保育課の山田です。")

    resident.say("4月から入れますか。電話は090-1234-5678です")
    expect(yamada.find("#log .message.resident .bubble")).to_contain_text("【電話番号】")
    assert "1234-5678" not in yamada.page.content()

    tanaka.open()
    expect(tanaka.standing).to_contain_text("山田さん")
    expect(tanaka.find("[data-do=claim]")).to_be_hidden()
    expect(tanaka.find("#send")).to_have_attribute("aria-disabled", "true")
    tanaka.reply_box.fill("わたしも答えます")
    tanaka.reply_box.press("Control+Enter")
    expect(tanaka.reply_box).to_have_value("わたしも答えます")
    tanaka.reply_box.fill("")

    yamada.act("transfer").click()
    yamada.find("#transfer [type=submit]").click()
    expect(yamada.find("#transfer .error")).not_to_be_empty()
    yamada.find("#target").select_option(label="田中")
    yamada.find("#why").fill("入園の審査のことなので")
    yamada.find("#transfer [type=submit]").click()
    expect(yamada.find("#transfer")).to_be_hidden()

    tanaka.claim()
    tanaka.reply("田中に代わりました。")
    expect(resident.bubbles.last).to_have_text("田中に代わりました。")
    tanaka.act("close").click()
    tanaka.find("#results label").first.click()
    tanaka.find("#close [type=submit]").click()
    expect(tanaka.find("#open")).to_have_attribute("data-standing", "ended")
    expect(tanaka.find(".item")).to_have_count(0)

    resident.page.locator("[data-payload='feedback:yes']").click()
    expect(resident.bubbles.last).to_have_text("ご回答ありがとうございました。")
    tanaka.page.keyboard.press("4")
    expect(tanaka.find("#figures table").first.locator("tbody td").nth(-2)).to_have_text("1件")
    said = [text for text in resident.bubbles.all_inner_texts() if text == "田中に代わりました。"]
    assert len(said) == 1


def test_bot_is_silent_until_it_is_handed_back(wait: Wait, clerk: Clerks) -> None:
    """While a person has the conversation no question is answered by itself; afterwards they are."""
    yamada = clerk("山田")
    resident = wait()
    yamada.open()
    yamada.claim()
    resident.say("児童手当の申請に必要なものは何ですか")
    expect(yamada.find("#log .message.resident")).to_have_count(1)
    before = yamada.messages("bot").count()
    yamada.act("handBack").click()
    yamada.find("#handBack [type=submit]").click()
    expect(yamada.standing).to_contain_text("自動応答に戻しました")
    resident.ask("児童手当の申請に必要なものは何ですか")

    assert before == yamada.messages("bot").count()
    expect(resident.part("sources").last).to_be_visible()


def test_each_sees_that_the_other_writes_and_has_read(wait: Wait, clerk: Clerks) -> None:
    """Typing shows on both sides; a read reply says so."""
    yamada = clerk("山田")
    resident = wait()
    yamada.open()
    yamada.claim()
    yamada.reply("こんにちは。")
    expect(yamada.find(".delivery").last).to_have_text("既読")
    resident.part("input").press_sequentially("えっと")
    expect(yamada.find("#typing")).to_have_text("利用者が書いています")
    yamada.reply_box.press_sequentially("はい")
    expect(resident.page.get_by_text(resident.word("typing"))).to_be_visible()


def test_notes_are_never_shown_to_the_resident(wait: Wait, clerk: Clerks) -> None:
    """A note looks different, is there for the next agent, and not in the widget."""
    yamada, tanaka = clerk("山田"), clerk("田中")
    resident = wait()
    yamada.open()
    yamada.claim()
    yamada.find("#note").fill("折り返しは午後")
    yamada.find("#memo [type=submit]").click()
    expect(yamada.messages("note")).to_have_text("折り返しは午後")
    yamada.reply("承知しました。")
    expect(resident.bubbles.last).to_have_text("承知しました。")
    tanaka.open()

    expect(tanaka.messages("note")).to_have_text("折り返しは午後")
    looks = "node => getComputedStyle(node).borderTopStyle"
    assert yamada.messages("note").evaluate(looks) == "dashed"
    assert yamada.messages("agent").first.evaluate(looks) == "solid"
    assert [text for text in resident.bubbles.all_inner_texts() if "折り返し" in text] == []


def test_transfer_to_an_empty_section_is_refused_with_the_reason(wait: Wait, clerk: Clerks) -> None:
    """Nobody is sent where nobody is; the reason that was written is still there."""
    yamada = clerk("山田", sections=("koseki_jumin",))
    wait()
    yamada.open()
    yamada.claim()
    yamada.watch.expect("409")
    yamada.act("transfer").click()
    yamada.find("#target").select_option("section:zeimu")
    yamada.find("#why").fill("税のことなので")
    yamada.find("#transfer [type=submit]").click()

    expect(yamada.find("#transfer .error")).to_contain_text("席にいる職員がいません")
    expect(yamada.find("#why")).to_have_value("税のことなので")
    yamada.page.keyboard.press("Escape")
    expect(yamada.find("#open")).to_have_attribute("data-standing", "mine")


def test_suggestions_fill_the_draft_and_send_nothing(wait: Wait, clerk: Clerks) -> None:
    """Candidates, published answers and phrases come in the resident's language, with their Japanese."""
    yamada = clerk("山田")
    resident = wait("How do I get a copy of my residence record?")
    yamada.open()
    yamada.claim()
    yamada.find("#words").fill("児童手当 必要なもの")
    expect(yamada.find("#canned .title").first).to_contain_text("児童手当")
    yamada.find("#canned button").first.click()
    canned = yamada.reply_box.input_value()
    yamada.page.locator("summary", has_text="決まった文").click()
    yamada.find("#phrases button").first.click()
    filled = yamada.reply_box.input_value()

    assert canned
    assert canned in filled
    assert "Thank you for waiting" in filled
    assert yamada.focused == "reply"
    expect(yamada.find("#phrases details .body").first).to_contain_text("お待たせしました")
    said = resident.bubbles.all_inner_texts()
    assert [text for text in said if "Thank you for waiting" in text or text == canned] == []
