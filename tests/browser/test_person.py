"""A person takes over: resident and agent side by side, on the resident's screen."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from bot.dialogue.desk import Agent
from bot.dialogue.published import Published
from bot.scenarios.model import LOCALES
from bot.store.clock import Clock
from bot.web.settings import Settings
from tests.handoff.people import NIGHT, OFFICE_HOURS
from tests.support.fake_worker import TOKEN, FakeWorker
from tests.support.ward import KNOWN

from .conftest import PHONE, Audit, Visit, _visits
from .served import ServedWard, serve
from .visitor import Visitor

pytestmark = pytest.mark.browser

SATO = Agent("sato", "佐藤", ())


class RealTime(Clock):
    """A clock set to another hour that does not say so."""

    def __init__(self, start: Any) -> None:
        super().__init__(start)
        self.is_shifted = False


@pytest.fixture(scope="module", params=[OFFICE_HOURS], ids=["day"])
def office(
    request: pytest.FixtureRequest, published: Published, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedWard]:
    """A gateway in office hours."""
    yield from _at(request.param, published, tmp_path_factory)


@pytest.fixture(scope="module")
def night(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedWard]:
    """A gateway after closing."""
    yield from _at(NIGHT, published, tmp_path_factory)


def _at(start: Any, published: Published, folders: pytest.TempPathFactory) -> Iterator[ServedWard]:
    with FakeWorker(published.index) as worker:
        called = {"worker_url": worker.url, "worker_token": TOKEN, "worker_timeout": 2.5}
        settings = Settings(data_dir=folders.mktemp("person"), address_rate=0, **called)
        with serve(settings, published, worker, RealTime(start)) as ward:
            yield ward


@pytest.fixture
def come(browser: Browser, office: ServedWard) -> Iterator[Visit]:
    """Bring visitors in office hours."""
    with _visits(browser, office) as visit:
        yield visit


@pytest.fixture
def come_at_night(browser: Browser, night: ServedWard) -> Iterator[Visit]:
    """Bring visitors after closing."""
    with _visits(browser, night) as visit:
        yield visit


def call_person(visitor: Visitor, ward: ServedWard) -> str:
    """Ask for a person with the button that is always there; returns the handoff's id."""
    visitor.part("person").click()
    visitor.wait_until_idle()
    expect(visitor.part("banner")).to_be_visible()
    rows = ward.do(ward.desk.queue(SATO))
    shown = visitor.part("banner").inner_text()
    return next(row["id"] for row in rows if row["reference"] in shown)


def reply(ward: ServedWard, handoff: str, text: str) -> None:
    """Say something at the desk."""
    ward.do(ward.desk.reply(SATO, handoff, str(uuid.uuid4()), text))


def test_whoever_waits_sees_number_place_and_section(come: Visit, office: ServedWard) -> None:
    """The banner tells what is known; it goes when the resident no longer waits, and the bot answers."""
    visitor = come().open()
    call_person(visitor, office)
    banner = visitor.part("banner")

    expect(banner).to_contain_text("総合案内")
    expect(banner).to_contain_text("番目")
    expect(visitor.part("status")).to_have_text(visitor.word("waiting"))
    banner.locator("[part=withdraw]").click()
    visitor.wait_until_idle()
    expect(banner).to_be_hidden()
    assert visitor.said.last.inner_text() == visitor.word("withdraw")
    visitor.ask(KNOWN)
    expect(visitor.part("sources").last).to_be_visible()


def test_a_person_is_seen_to_be_a_person(come: Visit, office: ServedWard) -> None:
    """Who speaks, of which section, typing, and the end with a question that can be answered."""
    visitor = come().open()
    handoff = call_person(visitor, office)
    office.do(office.desk.claim(SATO, handoff))
    expect(visitor.part("banner")).to_contain_text("総合案内の職員が対応しています")
    office.do(office.desk.typing(SATO, handoff))
    expect(visitor.part("banner")).to_contain_text(visitor.word("typing"))
    reply(office, handoff, "佐藤です。ご用件をどうぞ。")
    spoken = visitor.page.locator("[part~=agent]").last
    expect(spoken).to_contain_text("ご用件をどうぞ")
    expect(spoken.locator(".who")).to_contain_text("総合案内 職員")
    expect(visitor.page.locator("[data-payload^='handoff:']")).to_have_count(0)
    visitor.ask("転入届の相談です")
    assert office.transcript(visitor.ticket)["messages"][-1]["text"] == "転入届の相談です"
    office.do(office.desk.close(SATO, handoff, "answered"))
    expect(visitor.part("banner")).to_be_hidden()
    expect(visitor.part("status")).to_have_text(visitor.word("closed"))
    visitor.page.locator("[data-payload='feedback:yes']").click()
    expect(visitor.bubbles.last).to_have_text("ご回答ありがとうございました。")
    assert office.transcript(visitor.ticket)["state"] == "closed"


def test_typing_and_reading_are_seen_at_the_desk(come: Visit, office: ServedWard) -> None:
    """What the resident types is not sent, only that it is being typed, and how far was read."""
    visitor = come().open()
    handoff = call_person(visitor, office)
    office.do(office.desk.claim(SATO, handoff))
    reply(office, handoff, "はい")
    expect(visitor.page.locator("[part~=agent]")).to_have_count(1)
    visitor.part("input").press_sequentially("あの")
    last = office.transcript(visitor.ticket)["messages"][-1]["seq"]
    deadline = 50
    while (signs := office.do(office.desk.signs(SATO))[handoff]) != {
        "typing": True,
        "read_seq": last,
    }:
        deadline -= 1
        assert deadline, signs
        visitor.page.wait_for_timeout(100)


def test_a_handed_back_conversation_goes_on_with_the_bot(come: Visit, office: ServedWard) -> None:
    """After a reload, too, the talk and the state are those of the log."""
    visitor = come().open()
    handoff = call_person(visitor, office)
    office.do(office.desk.claim(SATO, handoff))
    visitor.page.reload()
    visitor.part("launcher").click()
    expect(visitor.part("banner")).to_contain_text("職員が対応しています")
    office.do(office.desk.hand_back(SATO, handoff))
    expect(visitor.part("banner")).to_be_hidden()
    visitor.ask(KNOWN)
    expect(visitor.part("sources")).to_be_visible()


def test_a_contact_is_left_by_keyboard_alone(come_at_night: Visit, night: ServedWard) -> None:
    """The form tells what lacks and where; a conversion with Enter sends nothing; then it is taken."""
    visitor = come_at_night().open()
    call_person(visitor, night)
    expect(visitor.part("banner")).to_contain_text("8:30")
    visitor.part("banner").locator("[part=callback]").click()
    assert (
        visitor.page.evaluate(
            "document.querySelector('madoguchi-chat').shadowRoot.activeElement.localName"
        )
        == "h3"
    )
    form = visitor.part("contact")
    form.locator("[part=sendContact]").press("Enter")
    expect(visitor.part("contactError")).to_have_text(visitor.word("lacksContact"))
    name = form.locator("[name=name]")
    name.fill("山田花子")
    name.evaluate(
        "field => field.dispatchEvent(new KeyboardEvent('keydown',"
        "{ key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))"
    )
    form.locator("[name=email]").fill("だめ")
    form.locator("[name=phone]").fill("090-1234-5678")
    form.locator("[name=consent]").check()
    form.locator("[part=sendContact]").press("Enter")
    expect(visitor.part("contactError")).to_have_text(visitor.word("oddEmail"))
    form.locator("[name=email]").fill("")
    form.locator("[name=consent]").uncheck()
    form.locator("[part=sendContact]").press("Enter")
    expect(visitor.part("contactError")).to_have_text(visitor.word("lacksConsent"))
    form.locator("[name=consent]").check()
    name.press("Enter")
    visitor.wait_until_idle()

    expect(visitor.bubbles.last).to_contain_text("選んでください")
    expect(visitor.part("banner")).to_be_hidden()
    assert len(visitor.posted("callback")) == 1
    (row,) = night.do(night.desk.callbacks(SATO))
    contact = night.do(night.desk.open_callback(SATO, row["id"]))
    assert (contact["name"], contact["phone"]) == ("山田花子", "090-1234-5678")
    assert "090" not in visitor.page.locator("madoguchi-chat").inner_text()


def test_the_form_can_be_left(come_at_night: Visit, night: ServedWard) -> None:
    """Nothing is sent, and the focus goes back to the text field."""
    visitor = come_at_night().open()
    call_person(visitor, night)
    visitor.page.locator("[data-payload='handoff:callback']").click()
    visitor.part("cancel").click()

    expect(visitor.part("contact")).to_be_hidden()
    assert visitor.focused == "input"
    assert visitor.posted("callback") == []


def test_the_ticket_is_printed_by_itself(come_at_night: Visit) -> None:
    """A window of its own holds number, counter, hours and what to bring, and nothing else."""
    visitor = come_at_night()
    visitor.page.add_init_script("window.print = () => {}")
    visitor.open().ask(KNOWN)
    visitor.part("person").click()
    visitor.wait_until_idle()
    with visitor.page.expect_popup() as opened:
        visitor.part("print").click()
    paper = opened.value.locator("body")
    number = visitor.part("banner").inner_text()

    expect(paper).to_contain_text("子育て支援課")
    expect(paper).to_contain_text("児童手当に必要なもの")
    reference = paper.locator(".reference").inner_text()
    assert reference in number
    expect(paper.locator("button")).to_have_count(0)


@pytest.mark.parametrize("size", [PHONE, (1280, 800)], ids=["phone", "desktop"])
def test_waiting_and_the_form_are_accessible(
    come_at_night: Visit, audit: Audit, size: tuple[int, int]
) -> None:
    """axe finds nothing in the banner, the ticket and the form, on a phone and on a desktop."""
    visitor = come_at_night(size, bypass_csp=True).open()
    visitor.part("person").click()
    visitor.wait_until_idle()
    expect(visitor.part("banner")).to_be_visible()
    assert audit(visitor.page) == []
    visitor.part("banner").locator("[part=callback]").click()
    expect(visitor.part("contact")).to_be_visible()
    assert audit(visitor.page) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_banner_speaks_every_language(
    come_at_night: Visit, night: ServedWard, locale: str
) -> None:
    """No word lacks, and nothing is left to fill in."""
    visitor = come_at_night().open()
    visitor.part("language").select_option(locale)
    visitor.wait_until_idle()
    call_person(visitor, night)
    banner = visitor.part("banner")

    expect(banner.locator("[part=withdraw]")).to_be_visible()
    assert "{" not in banner.inner_text()
    assert "undefined" not in banner.inner_text()
