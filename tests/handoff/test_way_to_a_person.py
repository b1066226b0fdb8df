"""How a resident comes to a person: offered, asked for, after failures; what is said at which hour."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from bot.dialogue.published import Published
from bot.scenarios.model import LOCALES
from bot.web.settings import Settings
from tests.support.fake_worker import FakeWorker
from tests.support.ward import KNOWN, UNKNOWN

from .people import (
    NIGHT,
    OFFICE_HOURS,
    SATO,
    ZEIMU,
    callback,
    desk_of,
    in_conversation,
    said_by,
    ward_at,
)

pytestmark = pytest.mark.slow

YELLOW = "私の場合、就学援助は受けられますか"
BODY = {
    "state", "reference", "reason", "section", "section_name", "place", "phone", "hours",
    "desk_open", "next_opening", "situation", "position", "expected_wait", "may_leave_contact", "packet",
}  # fmt: skip
Make = Callable[..., Settings]


def texts(turn: dict[str, Any]) -> str:
    """Return all that a turn says."""
    return "\n".join(message["text"] for message in turn["messages"])


def payloads(turn: dict[str, Any]) -> list[str]:
    """Return what a turn offers."""
    return [o["payload"] for m in turn["messages"] for o in m.get("options", ())]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("start", [OFFICE_HOURS, NIGHT], ids=["day", "night"])
async def test_a_wish_puts_the_resident_into_the_queue(
    settings: Make, published: Published, locale: str, start: Any
) -> None:
    """State, number, place, hours and what is passed on are told, in every language, day and night."""
    async with ward_at(settings, published, start) as (ward, _):
        resident = await ward.resident(locale=locale)
        turn = await resident.choose("phrase:person")

        assert (turn["outcome"], turn["state"]) == ("handoff", "waiting")
        assert set(turn["handoff"]) == BODY
        assert turn["handoff"]["position"] == 1
        assert turn["handoff"]["desk_open"] is (start is OFFICE_HOURS)
        assert turn["handoff"]["next_opening"] == "2026-11-30T08:30:00+09:00"
        assert turn["handoff"]["reference"] in texts(turn)
        assert "{{" not in texts(turn)
        assert "turn." not in texts(turn)
        assert "handoff:withdraw" in payloads(turn)
        assert [m["type"] for m in turn["messages"]] == [
            "text",
            "handoff_ticket",
            "notice",
            "options",
        ]


async def test_closed_nobody_free_and_called_are_three_different_texts(
    settings: Make, published: Published
) -> None:
    """Each says what is true: when it opens, that all are busy, or that somebody comes."""
    said = {}
    for name, start in (("closed", NIGHT), ("nobody_free", OFFICE_HOURS), ("called", OFFICE_HOURS)):
        async with ward_at(settings, published, start) as (ward, _):
            if name == "called":
                await desk_of(ward).queue(SATO)
            turn = await (await ward.resident()).choose("phrase:person")

            assert turn["handoff"]["situation"] == name
            said[name] = turn["messages"][0]["text"]
    assert "11月30日（月）8:30" in said["closed"]
    assert "番目" in said["nobody_free"]
    assert "お呼びしています" in said["called"]
    assert len(set(said.values())) == 3


async def test_somebody_of_another_section_is_nobody(settings: Make, published: Published) -> None:
    """An agent of the tax section does not make the general counter staffed."""
    async with ward_at(settings, published) as (ward, _):
        await desk_of(ward).queue(ZEIMU)
        turn = await (await ward.resident()).choose("phrase:person")

        assert turn["handoff"]["situation"] == "nobody_free"


async def test_a_wait_is_told_only_where_it_is_known(settings: Make, published: Published) -> None:
    """After five conversations of ten minutes there is an estimate; before, and for who is next, none."""
    async with ward_at(settings, published) as (ward, clock):
        assert (await (await ward.resident()).choose("phrase:person"))["handoff"][
            "expected_wait"
        ] is None
        for row in await desk_of(ward).queue(SATO):
            await desk_of(ward).claim(SATO, row["id"])
            await desk_of(ward).close(SATO, row["id"], "answered")
        for _ in range(5):
            handoff = await in_conversation(ward, await ward.resident())
            for _ in range(20):
                clock.move(seconds=30)
                await desk_of(ward).heartbeat(SATO, handoff)
            await desk_of(ward).close(SATO, handoff, "answered")
        waiting = [await (await ward.resident()).choose("phrase:person") for _ in range(4)]

        assert [turn["handoff"]["expected_wait"] for turn in waiting] == [None] * 3 + [600]
        assert "10分" in waiting[3]["messages"][0]["text"]


async def test_a_yellow_matter_is_offered_with_what_would_be_passed_on(
    settings: Make, published: Published
) -> None:
    """Nothing is passed on before the resident agrees; then it goes with its reason and question."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        offer = await resident.say(YELLOW)

        assert (offer["outcome"], offer["zone"], offer["state"]) == ("handoff", "yellow", "bot")
        assert offer["handoff"]["state"] == "offered"
        assert offer["handoff"]["packet"]["question"] == YELLOW
        assert YELLOW in texts(offer)
        assert "phrase:person" in payloads(offer)
        assert await desk_of(ward).queue(SATO) == []

        passed = await resident.choose("phrase:person")
        (row,) = await desk_of(ward).queue(SATO)

        assert passed["state"] == "waiting"
        assert passed["handoff"]["reason"] == offer["handoff"]["reason"] == row["reason"]
        assert passed["handoff"]["section"] == offer["handoff"]["section"] == row["section"]
        assert passed["handoff"]["reference"] == offer["handoff"]["reference"] == row["reference"]
        viewed = await desk_of(ward).view(SATO, row["id"])
        assert viewed["packet"]["question"] == YELLOW


async def test_two_failures_in_a_row_offer_a_person(
    settings: Make, published: Published, worker: FakeWorker
) -> None:
    """The second message that is not understood is not met with the same words again."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        first = await resident.say(UNKNOWN)
        second = await resident.say("☆☆☆ｗｗｗ☆")

        assert (first["outcome"], second["outcome"]) == ("fallback", "handoff")
        assert (second["state"], second["handoff"]["reason"]) == ("bot", "repeated_failure")
        assert "うまくお答えできませんでした" in second["messages"][0]["text"]
        assert "phrase:person" in payloads(second)
        passed = await resident.choose("phrase:person")
        assert passed["handoff"]["reason"] == "repeated_failure"
        assert passed["handoff"]["packet"]["question"] == "☆☆☆ｗｗｗ☆"


async def test_an_answer_in_between_ends_the_row(
    settings: Make, published: Published, worker: FakeWorker
) -> None:
    """Failures count only in a row; a question back that is another one is progress."""
    async with ward_at(settings, published) as (ward, _):
        worker.teach(UNKNOWN, "utter_nlu_fallback")
        resident = await ward.resident()
        outcomes = [
            (await resident.say(text))["outcome"] for text in (UNKNOWN, KNOWN, UNKNOWN, KNOWN)
        ]

        assert outcomes == ["fallback", "answered", "fallback", "answered"]


async def test_the_same_question_back_twice_is_a_failure(
    settings: Make, published: Published, worker: FakeWorker
) -> None:
    """Who is asked the same thing three times gets a person offered, and keeps the options."""
    ranking = ("jido_teate.amount", "juminhyo.amount")
    for text in ("いくら", "いくらなの", "だからいくら"):
        worker.teach(text, "utter_clarify", ranking)
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        turns = [await resident.say(text) for text in ("いくら", "いくらなの", "だからいくら")]

        assert [turn["outcome"] for turn in turns] == ["clarify", "clarify", "handoff"]
        assert set(payloads(turns[0])) <= set(payloads(turns[2]))


async def test_an_emergency_goes_to_its_section_when_a_person_is_asked_for(
    settings: Make, published: Published
) -> None:
    """The number comes first; who then asks for a person is passed on as urgent."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        danger = await resident.say("隣の家の子が毎晩殴られて泣いています")
        await resident.choose("phrase:person")
        (row,) = await desk_of(ward).queue(SATO)

        assert (danger["outcome"], danger["state"]) == ("emergency", "bot")
        assert "189" in texts(danger)
        assert (row["reason"], row["is_urgent"]) == ("emergency", True)
        assert row["section"] == "kodomo_katei"


async def test_a_repeated_wish_is_one_handoff(settings: Make, published: Published) -> None:
    """The same message id gives the same bytes; another wish while waiting keeps the number."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        body = {"client_message_id": str(uuid.uuid4())}
        path, headers = f"{resident.path}/handoff", resident.headers
        first = await ward.http.post(path, json=body, headers=headers)
        again = await ward.http.post(path, json=body, headers=headers)
        without = await ward.http.post(path, headers=headers)

        assert first.content == again.content
        assert len(await desk_of(ward).queue(SATO)) == 1
        assert without.json()["handoff"]["reference"] == first.json()["handoff"]["reference"]
        assert without.json()["outcome"] == "handoff"


async def test_while_waiting_the_bot_answers_and_says_once_that_it_does(
    settings: Make, published: Published, worker: FakeWorker
) -> None:
    """Questions are answered, and the person will read them; what is not understood is kept."""
    worker.teach(UNKNOWN, "utter_nlu_fallback")
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        asked = await resident.choose("phrase:person")
        answered = await resident.say(KNOWN)
        again = await resident.say(KNOWN)
        kept = await resident.say(UNKNOWN)

        assert (answered["outcome"], answered["state"]) == ("answered", "waiting")
        assert answered["messages"][-1]["type"] == "notice"
        assert again["messages"][-1]["type"] != "notice"
        assert answered["handoff"]["reference"] == asked["handoff"]["reference"]
        assert (kept["outcome"], kept["state"]) == ("handoff", "waiting")
        assert kept["handoff"]["reference"] in kept["messages"][0]["text"]


async def test_an_emergency_while_waiting_gets_its_number_and_is_marked(
    settings: Make, published: Published
) -> None:
    """Nobody waits for a number, and the desk sees that it is urgent."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        await resident.choose("phrase:person")
        danger = await resident.say("もう死にたい")
        (row,) = await desk_of(ward).queue(SATO)

        assert (danger["outcome"], danger["state"]) == ("emergency", "waiting")
        assert row["is_urgent"] is True


async def test_who_no_longer_wants_to_wait_takes_it_back(
    settings: Make, published: Published
) -> None:
    """The queue is left, the bot speaks again, and taking back nothing is no error."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        await resident.choose("phrase:person")
        turn = await resident.choose("handoff:withdraw")
        again = await resident.choose("handoff:withdraw")

        assert (turn["state"], turn["handoff"]) == ("bot", None)
        assert (again["state"], again["outcome"]) == ("bot", "chitchat")
        assert await desk_of(ward).queue(SATO) == []
        assert (await resident.say(KNOWN))["outcome"] == "answered"
        anew = await resident.choose("phrase:person")
        assert anew["handoff"]["position"] == 1


async def test_the_ticket_says_what_to_bring_and_where(
    settings: Make, published: Published
) -> None:
    """After a question about a service, its documents and its counter stand on the ticket."""
    async with ward_at(settings, published, NIGHT) as (ward, _):
        resident = await ward.resident()
        await resident.say(KNOWN)
        turn = await resident.choose("phrase:person")
        ticket = turn["messages"][1]
        documents = published.catalogue.topic("jido_teate.documents")

        assert (ticket["service"], ticket["section"]) == ("jido_teate", "kosodate_shien")
        assert documents is not None
        assert ticket["bring"]["title"] == "児童手当に必要なもの"
        assert ticket["bring"]["text"]
        for part in ("子育て支援課", "区役所3階", "03-0000-0301", "11月30日（月）8:30"):
            assert part in ticket["text"]
        assert ticket["reference"] == turn["handoff"]["reference"]
        shown = await resident.choose("handoff:callback")
        assert "03-0000-0301" in texts(shown)


async def test_leaving_the_conversation_leaves_the_queue(
    settings: Make, published: Published
) -> None:
    """Who ends the conversation is no longer waited for."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        await resident.choose("phrase:person")
        await resident.end()

        assert await desk_of(ward).queue(SATO) == []
        assert ward.rows("SELECT state FROM handoffs") == [{"state": "withdrawn"}]


async def test_a_wish_that_was_typed_is_the_same(
    settings: Make, published: Published, worker: FakeWorker
) -> None:
    """Whoever asks in words is passed on at once, with the question that came before."""
    worker.teach("人と話したい", "utter_person")
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        await resident.say(KNOWN)
        turn = await resident.say("人と話したい")

        assert (turn["state"], turn["handoff"]["reason"]) == ("waiting", "wish")
        assert turn["handoff"]["packet"]["question"] == KNOWN


async def test_words_that_look_like_markup_stay_words(settings: Make, published: Published) -> None:
    """A question is quoted, whatever stands in it, and not longer than a few lines."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        offer = await resident.say(
            "私の場合、就学援助は受けられますか{{ ward.phone }}{甲|乙}" + "あ" * 300
        )
        (packet,) = [m["text"] for m in offer["messages"] if m["type"] == "notice"]

        assert "｛｛ ward.phone ｝｝｛甲｜乙｝" in packet
        assert packet.count("あ") < 200


async def test_the_log_tells_the_way(settings: Make, published: Published) -> None:
    """Every step is an event with the handoff's id, in order, without a word of the resident."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        await said_by(ward, SATO, handoff, "こんにちは")
        await desk_of(ward).hand_back(SATO, handoff)
        records = ward.records(resident)
        steps = [r.type for r in records if "handoff_id" in r.envelope]

        assert steps == [
            "handoff_requested",
            "handoff_claimed",
            "notice_shown",
            "staff_message",
            "handoff_handed_back",
            "notice_shown",
            "notice_shown",
        ]
        assert {r.envelope["handoff_id"] for r in records if "handoff_id" in r.envelope} == {
            handoff
        }


async def test_after_a_callback_the_bot_speaks(settings: Make, published: Published) -> None:
    """Who leaves a contact waits no longer; the same request twice is one."""
    async with ward_at(settings, published, NIGHT) as (ward, _):
        resident = await ward.resident()
        asked = await resident.choose("phrase:person")
        message_id = str(uuid.uuid4())
        taken = await callback(resident, client_message_id=message_id)
        again = await callback(resident, client_message_id=message_id)

        assert taken.status_code == 200
        assert taken.content == again.content
        assert taken.json()["state"] == "bot"
        assert taken.json()["handoff"]["state"] == "callback"
        assert taken.json()["handoff"]["reference"] == asked["handoff"]["reference"]
        assert await desk_of(ward).queue(SATO) == []
        assert len(await desk_of(ward).callbacks(SATO)) == 1
