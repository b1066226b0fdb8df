"""When the network breaks: it is told, nothing is lost, and nothing is said twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ..served import ServedWard
from .conftest import Clerks, Wait

pytestmark = pytest.mark.browser

OFFLINE = "ERR_INTERNET_DISCONNECTED"


def test_what_was_said_meanwhile_comes_once_and_in_order(
    wait: Wait, clerk: Clerks, served: ServedWard
) -> None:
    """The state is shown, and on return every message is there, none twice."""
    yamada = clerk("山田")
    resident = wait()
    yamada.open()
    yamada.claim()
    yamada.watch.expect(OFFLINE)
    yamada.context.set_offline(True)
    expect(yamada.find("#connection")).to_have_attribute("data-state", "reconnecting")
    for text in ("一つ目", "二つ目", "三つ目"):
        served.say(resident.ticket, text)
    yamada.context.set_offline(False)
    yamada.wait_until_live()

    expect(yamada.find("#log .message.resident .bubble")).to_have_text(
        ["一つ目", "二つ目", "三つ目"]
    )


def test_reply_that_did_not_leave_can_be_sent_again(wait: Wait, clerk: Clerks) -> None:
    """It stays visible, and the second try says it once."""
    yamada = clerk("山田")
    resident = wait()
    yamada.open()
    yamada.claim()
    yamada.watch.expect(OFFLINE)
    yamada.context.set_offline(True)
    yamada.reply_box.fill("確認しました。")
    yamada.reply_box.press("Control+Enter")
    expect(yamada.find("#outbox .delivery")).to_contain_text("まだ送れていません")
    yamada.context.set_offline(False)
    yamada.find("#outbox button").first.click()

    expect(resident.bubbles.last).to_have_text("確認しました。")
    expect(yamada.find("#outbox li")).to_have_count(0)
    expect(yamada.find(".message.own")).to_have_count(1)


def test_reply_whose_answer_was_lost_is_said_once(wait: Wait, clerk: Clerks) -> None:
    """It arrived although nobody said so; a reload and another try change nothing."""
    yamada = clerk("山田")
    resident = wait()
    yamada.open()
    yamada.claim()

    def swallow(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    yamada.watch.expect("ERR_FAILED")
    yamada.page.route("**/reply", swallow)
    yamada.reply_box.fill("確認しました。")
    yamada.reply_box.press("Control+Enter")
    expect(resident.bubbles.last).to_have_text("確認しました。")
    yamada.page.unroute("**/reply")
    yamada.page.reload()
    yamada.wait_until_live()
    expect(yamada.find(".message.own").first).to_be_visible()
    if yamada.find("#outbox button").count():
        yamada.find("#outbox button").first.click()

    expect(yamada.find("#outbox li")).to_have_count(0)
    expect(yamada.find(".message.own")).to_have_count(1)
    assert resident.bubbles.all_inner_texts().count("確認しました。") == 1


def test_disabled_account_loses_the_desk(clerk: Clerks, served: ServedWard) -> None:
    """Whoever may not work here any more sees so, with the way to sign in."""
    yamada = clerk("山田")
    yamada.watch.expect("401")
    office = served.app.state.staff
    from bot.staff import accounts

    with office.database.write() as connection:
        account = accounts.by_id(connection, yamada.member.id)
        accounts.change(connection, account, disabled_at=office.now().isoformat())
    served.app.state.bus.wake("desk")

    expect(yamada.find("#trouble a")).to_have_attribute("href", "/staff/sign-in?next=/desk")
