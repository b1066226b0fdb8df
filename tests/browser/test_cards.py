"""What messages show besides their text: facilities, tickets, lists, form fields; and the state of the talk.

The gateway's real reply to a turn is given the message under test on its way to the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from bot.scenarios.model import LOCALES
from tests.support.ward import KNOWN

from .conftest import DESKTOP, PHONE, Audit, Visit
from .visitor import Visitor

pytestmark = pytest.mark.browser

Message = dict[str, Any]
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
ATTACK = "<img src=x onerror=alert(1)>"

NURSERY: Message = {
    "name": "みなも第一保育園",
    "kind": "認可保育園",
    "area": "中央",
    "address": "みなも区中央二丁目3番4号",
    "phone": "03-0000-0101",
    "station": "みなも中央駅（徒歩5分）",
    "ages": "0歳から5歳",
    "hours": "7時30分から18時30分",
    "capacity": 90,
    "vacancies": {"0": 2, "1": 0},
    "url": "https://www.city.minamo.example.jp/hoikuen/1",
}
FACILITIES: Message = {
    "type": "facility_list",
    "text": "中央の保育園は2か所です。",
    "as_of": "2026-11-01",
    "facilities": [NURSERY, {"name": "みなも図書館", "phone": None, "vacancies": None}],
}
TICKET: Message = {
    "type": "handoff_ticket",
    "text": "職員にお取り次ぎします。",
    "reference": "M-2026-0042",
    "reason": "wish",
    "is_open": False,
    "opens_at": "2026-11-30T08:30:00+09:00",
    "position": 3,
}
# What each type must show, text by text.
SHOWN: dict[str, tuple[Message, list[str]]] = {
    "text": ({"type": "text", "text": "一行目\n二行目"}, ["一行目", "二行目"]),
    "options": (
        {
            "type": "options",
            "text": "どれですか",
            "options": [{"title": "これ", "payload": "menu"}],
        },
        ["どれですか"],
    ),
    "link": (
        {
            "type": "link",
            "text": "こちらです。",
            "url": "https://a.example/",
            "title": "区のページ",
        },
        ["こちらです。", "区のページ"],
    ),
    "form_field": (
        {
            "type": "form_field",
            "text": "お子さんの生年月日はいつですか。",
            "index": 2,
            "total": 8,
            "help": "西暦でも元号でもかまいません。",
            "example": "2026年4月1日",
            "errors": ["日付として読めませんでした。"],
        },
        ["生年月日", "日付として読めませんでした。", "西暦でも", "例：2026年4月1日", "質問 2／8"],
    ),
    "form_summary": (
        {
            "type": "form_summary",
            "text": "この内容でよろしいですか。",
            "fields": [{"label": "届け出の日", "value": "2026年4月1日"}],
        },
        ["この内容でよろしいですか。", "届け出の日", "2026年4月1日"],
    ),
    "facility_list": (
        FACILITIES,
        [
            "2026年11月1日現在の情報です。",
            "みなも第一保育園",
            "認可保育園・中央",
            "みなも区中央二丁目3番4号",
            "徒歩5分",
            "7時30分から18時30分",
            "90人",
            "0歳 2人",
            "1歳 0人",
            "みなも図書館",
        ],
    ),
    "checklist": (
        {
            "type": "checklist",
            "text": "引っ越しのあとにすること",
            "items": [{"text": "転入届", "done": True}, {"text": "国民健康保険"}],
        },
        ["引っ越しのあとにすること", "転入届", "国民健康保険"],
    ),
    "handoff_ticket": (
        TICKET,
        ["お取り次ぎ", "受付番号", "M-2026-0042", "3番目", "11月30日(月) 8:30"],
    ),
    "notice": ({"type": "notice", "text": "お知らせです。"}, ["お知らせです。"]),
}
# As they might come from a gateway that is older, newer or mistaken.
ODD: list[Message] = [
    *({"type": kind, "text": f"これは{kind}"} for kind in SHOWN),
    {"type": "facility_list", "text": "なし", "facilities": None, "as_of": None},
    {"type": "facility_list", "text": "空", "facilities": []},
    {"type": "handoff_ticket", "text": "券", "is_open": True, "opens_at": None, "position": None},
    {"type": "hologram", "text": "まだない種類"},
    {"type": "constructor", "text": "種類でない名前"},
    {"type": "checklist", "text": "無", "items": None},
    {"type": "form_summary", "text": "無い", "fields": None},
    {"type": "form_field", "text": "無し", "errors": None},
    {"type": "form_summary", "text": "欠", "fields": [{}]},
    {"type": "link", "text": "危ない", "url": "javascript:alert(1)", "title": ATTACK},
]


@contextmanager
def _answered(visitor: Visitor, *messages: Message, state: str = "bot") -> Iterator[None]:
    """Let the next replies hold these messages, and let no event tell of others."""

    def answer(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        last = body["messages"][-1]["seq"]
        told = [{**message, "seq": last + n} for n, message in enumerate(messages)]
        route.fulfill(response=response, json={**body, "messages": told, "state": state})

    visitor.page.route("**/turns", answer)
    try:
        yield
    finally:
        visitor.page.unroute("**/turns")


@pytest.fixture
def listening(visit: Visit, request: pytest.FixtureRequest) -> Visitor:
    """A visitor whom no event reaches."""
    visitor = visit(getattr(request, "param", DESKTOP))
    visitor.page.route("**/events*", lambda route: route.fulfill(content_type="text/event-stream"))
    return visitor.open()


@pytest.mark.parametrize("kind", SHOWN)
def test_each_type_of_the_contract_is_shown(listening: Visitor, kind: str) -> None:
    """Every message shows its text and all that its type adds to it."""
    message, texts = SHOWN[kind]
    with _answered(listening, message):
        listening.say(KNOWN)
        expect(listening.bubbles.filter(has_text=texts[0])).to_be_visible()
    told = listening.bubbles.last.inner_text()

    assert [text for text in texts if text not in told] == []


def test_messages_that_lack_something_break_nothing(listening: Visitor) -> None:
    """Whatever is missing or unknown, each text is shown, in order, and the talk goes on."""
    with _answered(listening, *ODD):
        listening.say(KNOWN)
        expect(listening.bubbles.filter(has_text="危ない")).to_be_visible()
    shown = listening.page.locator("[part~=resident] ~ li .bubble").all_inner_texts()
    listening.ask("ありがとう")

    assert [message["text"] for message in ODD] == shown
    expect(listening.said).to_have_count(2)


def test_nothing_of_a_card_becomes_markup(listening: Visitor) -> None:
    """Names and values are text, and only web addresses are linked."""
    place = {name: ATTACK for name in NURSERY} | {"vacancies": {ATTACK: ATTACK}, "url": "data:x"}
    ticket = {"type": "handoff_ticket", "text": ATTACK, "reference": ATTACK, "position": ATTACK}
    rows = {"type": "form_summary", "text": "終", "fields": [{"label": ATTACK, "value": ATTACK}]}
    with _answered(listening, {**FACILITIES, "facilities": [place]}, ticket, rows):
        listening.say(KNOWN)
        expect(listening.bubbles.filter(has_text="終")).to_be_visible()

    expect(listening.page.locator("[part=log] img")).to_have_count(0)
    expect(listening.page.locator("[part=facility] a")).to_have_count(0)
    expect(listening.part("facility")).to_contain_text(ATTACK)


def test_a_facility_can_be_called_and_visited(listening: Visitor) -> None:
    """The phone number is a tel: link, the website opens in a tab of its own."""
    with _answered(listening, FACILITIES):
        listening.say(KNOWN)
        expect(listening.part("facility")).to_have_count(2)
    links = listening.part("facility").first.locator("a")

    expect(links.nth(0)).to_have_attribute("href", "tel:0300000101")
    expect(links.nth(1)).to_have_attribute("href", NURSERY["url"])
    expect(links.nth(1)).to_have_attribute("target", "_blank")
    expect(listening.part("facility").last.locator("dt")).to_have_count(0)


@SIZES
def test_cards_are_accessible_and_fit(visit: Visit, audit: Audit, size: tuple[int, int]) -> None:
    """axe finds nothing, and nothing runs out of the panel, in the language with the longest words."""
    visitor = visit(size, bypass_csp=True)
    visitor.page.locator("button[data-locale=vi]").click()
    visitor.page.route("**/events*", lambda route: route.fulfill(content_type="text/event-stream"))
    visitor.open()
    with _answered(visitor, *(message for message, _ in SHOWN.values())):
        visitor.say(KNOWN)
        expect(visitor.bubbles.filter(has_text="お知らせです。")).to_be_visible()
    scroller = visitor.part("scroller")

    assert audit(visitor.page) == []
    assert scroller.evaluate("box => box.scrollWidth - box.clientWidth") == 0


@pytest.mark.parametrize("locale", LOCALES)
def test_cards_speak_every_language(visit: Visit, locale: str) -> None:
    """The labels of a card are in the language of the talk; names stay as they are."""
    visitor = visit()
    visitor.page.locator(f"button[data-locale={locale}]").click()
    visitor.page.route("**/events*", lambda route: route.fulfill(content_type="text/event-stream"))
    visitor.open()
    with _answered(visitor, FACILITIES):
        visitor.say(KNOWN)
        expect(visitor.part("facility")).to_have_count(2)
    labels = ["address", "telephone", "station", "ages", "hours", "capacity", "vacancies"]
    without_readings = "nodes => nodes.map(node => { const copy = node.cloneNode(true); copy.querySelectorAll('rt').forEach(rt => rt.remove()); return copy.textContent; })"

    assert [visitor.word(label, locale) for label in labels] == visitor.part("facility").locator(
        "dt"
    ).evaluate_all(without_readings)
    expect(visitor.part("facility").first).to_contain_text(NURSERY["name"])


@pytest.mark.parametrize("state", ["waiting", "human", "closed"])
def test_state_of_a_turn_is_shown(listening: Visitor, state: str) -> None:
    """Who is waiting, talks with a person, or is done, reads so for as long as it lasts."""
    with _answered(listening, TICKET, state=state):
        listening.say(KNOWN)
        expect(listening.bubbles.filter(has_text="M-2026-0042")).to_be_visible()

    expect(listening.page.get_by_role("status")).to_have_text(listening.word(state))


def test_state_that_an_event_tells_is_shown(visitor: Visitor) -> None:
    """A message that comes by itself may change the state: an agent's does, and one that says so."""
    agent = '{"seq": 90, "role": "agent", "type": "text", "text": "担当です"}'
    end = (
        '{"seq": 91, "role": "system", "type": "notice", "text": "終わりました", "state": "closed"}'
    )
    bodies = [f"data: {agent}\n\n", f"data: {end}\n\n"]
    visitor.page.route(
        "**/events*",
        lambda route: route.fulfill(
            content_type="text/event-stream", body=bodies.pop(0) if bodies else ""
        ),
    )
    visitor.open()
    expect(visitor.bubbles.filter(has_text="終わりました")).to_be_visible()

    expect(visitor.page.get_by_role("status")).to_have_text(visitor.word("closed"))
