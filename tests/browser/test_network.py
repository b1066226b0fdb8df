"""Bad networks and busy gateways: nothing typed is lost, nothing is said twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Route, expect

from tests.support.faults import refusing
from tests.support.ward import KNOWN

from .conftest import Visit
from .served import ServedWard
from .visitor import Visitor

pytestmark = pytest.mark.browser

THANKS = "ありがとう"
PHONE_INSIDE = ".fallback a[href='tel:0300000000']"


@contextmanager
def _offline(visitor: Visitor) -> Iterator[None]:
    visitor.watch.expect("net::ERR_INTERNET_DISCONNECTED")
    visitor.context.set_offline(True)
    try:
        yield
    finally:
        visitor.context.set_offline(False)


@contextmanager
def _replies_lost(visitor: Visitor) -> Iterator[None]:
    """The gateway gets each turn, and its reply never arrives."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    visitor.watch.expect("net::ERR_FAILED")
    visitor.page.route("**/turns", lose)
    try:
        yield
    finally:
        visitor.page.unroute("**/turns")


@pytest.fixture
def deaf(visitor: Visitor) -> Visitor:
    """A visitor whom no event reaches, as behind some proxies."""
    visitor.watch.expect("net::ERR_FAILED")
    visitor.page.route("**/events*", lambda route: route.abort())
    return visitor.open()


def _ids(visitor: Visitor) -> list[str]:
    return [turn["client_message_id"] for turn in visitor.posted("turns")]


def test_message_that_could_not_be_sent_is_kept_and_sent_again(visitor: Visitor) -> None:
    """Offline it stands in the talk with the reason; one press sends it, under the same id."""
    visitor.open()
    with _offline(visitor):
        visitor.say(KNOWN)
        expect(visitor.part("delivery")).to_contain_text(visitor.word("offline"))
        expect(visitor.said).to_have_text([KNOWN])
    visitor.part("retry").click()
    expect(visitor.part("sources")).to_be_visible()

    expect(visitor.said).to_have_text([KNOWN])
    expect(visitor.part("retry")).to_have_count(0)
    assert len(_ids(visitor)) == 2
    assert len(set(_ids(visitor))) == 1


def test_option_that_could_not_be_sent_is_sent_again(visitor: Visitor) -> None:
    """A pressed button is no less safe than a typed message."""
    visitor.open()
    with _offline(visitor):
        visitor.part("option").first.click()
        expect(visitor.part("retry")).to_be_visible()
    visitor.part("retry").click()
    expect(visitor.part("sources")).to_be_visible()

    assert len(set(_ids(visitor))) == 1
    assert {"client_message_id", "choice"} == set(visitor.posted("turns")[-1])


def test_call_for_a_person_that_could_not_be_sent_is_sent_again(visitor: Visitor) -> None:
    """The way to a person is not lost in a tunnel."""
    visitor.open()
    with _offline(visitor):
        visitor.part("person").click()
        expect(visitor.part("retry")).to_be_visible()
    visitor.part("retry").click()
    visitor.wait_until_idle()

    assert [visitor.word("person")] == visitor.said.all_inner_texts()
    expect(visitor.page.locator(".bubble a[href^='tel:']").first).to_be_visible()


def test_message_whose_reply_was_lost_is_not_said_twice(deaf: Visitor, served: ServedWard) -> None:
    """The second try has the first one's id, so the log holds one turn and the page shows one."""
    with _replies_lost(deaf):
        deaf.say(KNOWN)
        expect(deaf.part("retry")).to_be_visible()
    deaf.part("retry").click()
    expect(deaf.part("sources")).to_be_visible()
    roles = [message["role"] for message in served.transcript(deaf.ticket)["messages"]]

    assert roles.count("resident") == 1
    assert len(_ids(deaf)) == 2
    assert len(set(_ids(deaf))) == 1
    assert len(roles) == deaf.bubbles.count()


@pytest.mark.parametrize("what", ["text", "option"])
def test_lost_reply_arrives_by_the_events(visitor: Visitor, what: str) -> None:
    """Where the events still come, they show the answer, and nobody has to press anything."""
    visitor.open()
    with _replies_lost(visitor):
        if what == "text":
            visitor.say(KNOWN)
        else:
            visitor.part("option").first.click()
        expect(visitor.part("sources")).to_be_visible()
        visitor.wait_until_idle()

    expect(visitor.said).to_have_count(1)
    expect(visitor.part("retry")).to_have_count(0)


def test_lost_reply_to_a_masked_message_arrives_by_the_events(visitor: Visitor) -> None:
    """What the log shows of the message differs from what was typed, and is still that message."""
    visitor.open()
    with _replies_lost(visitor):
        visitor.say("電話番号は090-1234-5678です。児童手当の申請に必要なものは何ですか")
        expect(visitor.part("bot").nth(2)).to_be_visible()
        visitor.wait_until_idle()

    assert visitor.said.count() == 1
    assert visitor.part("retry").count() == 0


def test_second_try_after_a_change_of_language_is_the_same_message(deaf: Visitor) -> None:
    """A repeated id comes with the same content, or the gateway would have to refuse it."""
    with _replies_lost(deaf):
        deaf.say(KNOWN)
        expect(deaf.part("retry")).to_be_visible()
    deaf.part("language").select_option("en")
    deaf.part("retry").click()
    expect(deaf.part("sources")).to_be_visible()
    first, second = deaf.posted("turns")

    assert first == second
    deaf.ask(THANKS)
    assert deaf.posted("turns")[-1]["locale"] == "en"


def test_unlogged_message_is_kept_with_the_gateways_reason(
    visitor: Visitor, served: ServedWard
) -> None:
    """A ward that cannot log does not answer; it says so, and the message waits."""
    visitor.open()
    visitor.watch.expect("503")
    with refusing(served.file, "sealed_fields"):
        visitor.say(KNOWN)
        expect(visitor.part("retry")).to_be_visible()
        reason = visitor.part("delivery").inner_text()
    visitor.part("retry").click()
    expect(visitor.part("sources")).to_be_visible()

    assert reason.removesuffix(visitor.word("retry")).strip() not in ("", visitor.word("unsent"))
    expect(visitor.part("delivery")).to_have_text([""])


def test_message_that_came_too_fast_is_sent_by_itself(visitor: Visitor, served: ServedWard) -> None:
    """After the time that the gateway names the same message goes again; the resident is told."""
    visitor.open()
    visitor.watch.expect("429")
    for _ in range(5):
        served.say(visitor.ticket, THANKS)
    expect(visitor.said).to_have_count(5)
    visitor.say(KNOWN)
    expect(visitor.part("status")).to_contain_text("自動で送ります")
    expect(visitor.part("sources")).to_be_visible()

    assert len(set(_ids(visitor))) == 1
    assert len(_ids(visitor)) > 1
    expect(visitor.part("status")).to_have_text("")


def test_widget_that_could_not_begin_begins_with_the_first_question(visitor: Visitor) -> None:
    """A resident who opened it in a tunnel is told, and is answered after the tunnel."""
    with _offline(visitor):
        visitor.part("launcher").click()
        expect(visitor.part("status")).to_have_text(visitor.word("unavailable"))
    visitor.ask(KNOWN)

    expect(visitor.part("sources")).to_be_visible()
    expect(visitor.said).to_have_text([KNOWN])


def test_talk_that_could_not_be_restored_is_restored_at_the_next_opening(visitor: Visitor) -> None:
    """A failed look into the log costs the resident nothing."""
    visitor.open().ask(KNOWN)
    before = visitor.bubbles.all_inner_texts()
    visitor.page.reload()
    with _offline(visitor):
        visitor.part("launcher").click()
        expect(visitor.part("status")).to_have_text(visitor.word("unavailable"))
        visitor.part("close").click()
    visitor.open()

    assert before == visitor.bubbles.all_inner_texts()
    assert len(visitor.posted("conversations")) == 1


def test_option_that_is_no_longer_offered_is_explained(
    visitor: Visitor, served: ServedWard
) -> None:
    """The conversation goes on; only that option is answered with the gateway's reason."""
    visitor.open()
    visitor.watch.expect("422")
    ticket = visitor.ticket
    visitor.part("option").first.evaluate("button => { button.option.payload = 'service:gone' }")
    visitor.part("option").first.click()
    expect(visitor.part("delivery")).not_to_be_empty()
    visitor.ask(THANKS)

    assert ticket == visitor.ticket
    assert [turn.get("choice") for turn in visitor.posted("turns")] == ["service:gone", None]


def test_page_without_scripts_shows_the_phone(visit: Visit) -> None:
    """Where no script runs, what stands inside of the element says whom to call."""
    visitor = visit(java_script_enabled=False)

    expect(visitor.page.locator(PHONE_INSIDE)).to_be_visible()


def test_page_with_a_broken_script_shows_the_phone(visitor: Visitor) -> None:
    """A module that does not arrive takes nothing away from the page."""
    visitor.watch.expect("net::ERR_FAILED")
    visitor.page.route("**/transcript.js", lambda route: route.abort())
    visitor.page.reload()

    expect(visitor.page.locator(PHONE_INSIDE)).to_be_visible()
