"""The desk: claim, speak, pass on, give back, close; the bot silent meanwhile; nothing twice, nothing lost."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable

import pytest

from bot.dialogue.desk import Agent, DeskError
from bot.dialogue.published import Published
from bot.ledger.events import BotMessage
from bot.ledger.handoff_events import HandoffViewed
from bot.ledger.log import Record
from bot.web.settings import Settings
from tests.support.fake_worker import FakeWorker
from tests.support.faults import read_only
from tests.support.ward import KNOWN, Resident, Ward

from .people import (
    NIGHT,
    OFFICE_HOURS,
    SATO,
    SUZUKI,
    ZEIMU,
    bytes_on_disk,
    callback,
    desk_of,
    in_conversation,
    in_queue,
    said_by,
    ward_at,
)

pytestmark = pytest.mark.slow

Make = Callable[..., Settings]
HIDDEN = "090-1234-5678"


async def refused(awaitable: object) -> DeskError:
    """Return the refusal of something that must be refused."""
    with pytest.raises(DeskError) as caught:
        await awaitable  # type: ignore[misc]
    return caught.value


def types(ward: Ward, resident: Resident) -> list[str]:
    """Return the types of a conversation's records."""
    return [record.type for record in ward.records(resident)]


def after_claim(records: list[Record]) -> list[Record]:
    """Return what happened after the last claim."""
    claims = [n for n, record in enumerate(records) if record.type == "handoff_claimed"]
    return records[claims[-1] + 1 :]


async def test_the_queue_shows_who_waits_longest_first(
    settings: Make, published: Published
) -> None:
    """A row tells number, section, reason, language and wait, and no word of the resident."""
    async with ward_at(settings, published) as (ward, clock):
        first, second = await ward.resident(), await ward.resident(locale="vi")
        await first.say(KNOWN)
        await in_queue(ward, first)
        clock.move(minutes=3)
        await in_queue(ward, second)
        clock.move(minutes=1)
        rows = await desk_of(ward).queue(SATO)

        assert [row["waiting_seconds"] for row in rows] == [240, 60]
        assert [row["language"] for row in rows] == ["ja", "vi"]
        assert rows[0]["section"] == "kosodate_shien"
        assert rows[0]["section_name"] == "子育て支援課"
        assert rows[0]["service_name"] == "児童手当"
        assert rows[0]["reason_text"]
        assert KNOWN not in json.dumps(rows, ensure_ascii=False)
        assert await desk_of(ward).queue(SATO, "zeimu") == []
        assert [r["id"] for r in await desk_of(ward).queue(SATO, "kosodate_shien")] == [
            rows[0]["id"]
        ]


async def test_an_agent_sees_only_the_own_sections(settings: Make, published: Published) -> None:
    """What is not the agent's can neither be seen nor claimed."""
    async with ward_at(settings, published) as (ward, _):
        handoff = await in_queue(ward, await ward.resident())

        assert await desk_of(ward).queue(ZEIMU) == []
        assert (await refused(desk_of(ward).view(ZEIMU, handoff))).code == "unknown_handoff"
        assert (await refused(desk_of(ward).claim(ZEIMU, handoff))).code == "unknown_handoff"


async def test_the_bot_is_silent_while_a_person_is_there(
    settings: Make, published: Published, worker: FakeWorker
) -> None:
    """From the claim to the hand-back, messages are passed on, and nothing of the bot's is logged or said."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        calls = len(worker.calls)
        for text in (KNOWN, "私の場合、就学援助は受けられますか"):
            turn = await resident.say(text)

            assert (turn["outcome"], turn["state"]) == ("human", "human")
            assert turn["messages"] == []
        await resident.choose("menu")
        await said_by(ward, SATO, handoff, "はい、お待ちください。")

        assert len(worker.calls) == calls
        assert "bot_message" not in {r.type for r in after_claim(ward.records(resident))}
        await desk_of(ward).hand_back(SATO, handoff)
        assert (await resident.say(KNOWN))["outcome"] == "answered"


async def test_what_is_said_meanwhile_reaches_both_sides(
    settings: Make, published: Published
) -> None:
    """The agent reads the resident, the resident reads the agent with the section's name, in one order."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        turn = await resident.say(f"電話は{HIDDEN}です")
        seq = await said_by(ward, SATO, handoff, "承知しました。")
        shown = await resident.transcript()
        seen = await desk_of(ward).view(SATO, handoff)

        assert seq == turn["seq"] + 1 == shown[-1]["seq"]
        assert [m["seq"] for m in shown] == list(range(1, seq + 1))
        assert (shown[-1]["role"], shown[-1]["text"]) == ("agent", "承知しました。")
        assert shown[-1]["section_name"] == "総合案内"
        assert HIDDEN not in json.dumps(seen, ensure_ascii=False)
        assert "【電話番号】" in seen["messages"][-2]["text"]
        later = await desk_of(ward).messages(SATO, handoff, seq - 1)
        assert [m["seq"] for m in later["messages"]] == [seq]


async def test_an_emergency_is_told_to_both_as_a_notice(
    settings: Make, published: Published
) -> None:
    """In a conversation with a person the number comes at once, not as an answer of the bot's."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        turn = await resident.say("もう死にたい")
        seen = await desk_of(ward).view(SATO, handoff)

        assert (turn["outcome"], turn["state"]) == ("emergency", "human")
        assert {m["type"] for m in turn["messages"]} == {"notice"}
        assert "0120-279-338" in turn["messages"][0]["text"]
        assert seen["messages"][-1]["role"] == "system"
        assert seen["is_urgent"] is True
        assert "bot_message" not in {r.type for r in after_claim(ward.records(resident))}


async def test_a_turn_that_the_bot_was_answering_is_passed_on_if_a_person_is_quicker(
    settings: Make, published: Published, worker: FakeWorker
) -> None:
    """The claim comes while the worker thinks: the answer is dropped, the message is the person's."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff = await in_queue(ward, resident)
        with worker.held():
            turn = asyncio.create_task(resident.say(KNOWN))
            await worker.wait_for_calls(1)
            await desk_of(ward).claim(SATO, handoff)
        answered = await turn

        assert (answered["outcome"], answered["messages"]) == ("human", [])
        assert "bot_message" not in {r.type for r in after_claim(ward.records(resident))}


async def test_a_repeated_reply_is_said_once(settings: Make, published: Published) -> None:
    """The same id gives the same place; with other words it is refused."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        message_id = str(uuid.uuid4())
        desk = desk_of(ward)
        first = await desk.reply(SATO, handoff, message_id, "一度だけ")

        assert first == await desk.reply(SATO, handoff, message_id, "一度だけ")
        reused = await refused(desk.reply(SATO, handoff, message_id, "別の文"))
        assert reused.code == "message_id_reused"
        assert types(ward, resident).count("staff_message") == 1


async def test_whoever_does_not_hold_it_cannot_speak(settings: Make, published: Published) -> None:
    """Before the claim, beside another's claim and after the end, the reason is told."""
    async with ward_at(settings, published) as (ward, clock):
        resident = await ward.resident()
        handoff, desk = await in_queue(ward, resident), desk_of(ward)

        assert (await refused(desk.reply(SATO, handoff, "1", "あ"))).code == "not_claimed"
        await desk.claim(SATO, handoff)
        other = await refused(desk.reply(SUZUKI, handoff, "2", "い"))
        assert (other.code, other.details) == ("claimed_by_other", {"name": "佐藤"})
        assert (await refused(desk.claim(SUZUKI, handoff))).code == "claimed_by_other"
        clock.move(seconds=60)
        assert (await refused(desk.heartbeat(SATO, handoff))).code == "lease_lost"
        await desk.claim(SATO, handoff)
        await resident.end()
        assert (await refused(desk.reply(SATO, handoff, "3", "う"))).code == "conversation_ended"
        assert (await refused(desk.heartbeat(SATO, "nowhere"))).code == "unknown_handoff"


async def test_a_claim_of_ones_own_is_kept(settings: Make, published: Published) -> None:
    """Claiming again lengthens the lease and tells the resident nothing new."""
    async with ward_at(settings, published) as (ward, clock):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        clock.move(seconds=30)
        lease = await desk_of(ward).claim(SATO, handoff)

        assert lease["lease_until"] == "2026-11-27T01:01:30+00:00"
        assert types(ward, resident).count("handoff_claimed") == 1


async def test_a_lost_claim_goes_back_and_the_bot_stays_silent(
    settings: Make, published: Published
) -> None:
    """After a minute without a sign the resident waits again, is told so, and another person can come."""
    async with ward_at(settings, published) as (ward, clock):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        clock.move(seconds=60)
        await desk_of(ward)._keeper.sweep()
        turn = await resident.say(KNOWN)
        shown = await resident.transcript()

        assert (turn["outcome"], turn["state"], turn["messages"]) == ("human", "waiting", [])
        assert shown[-2]["role"] == "system"
        assert "切れました" in shown[-2]["text"]
        await desk_of(ward).claim(SUZUKI, handoff)
        assert (await refused(desk_of(ward).heartbeat(SATO, handoff))).details == {"name": "鈴木"}
        assert "bot_message" not in {
            r.type for r in ward.records(resident)[types(ward, resident).index("handoff_claimed") :]
        }
        await desk_of(ward).hand_back(SUZUKI, handoff)
        assert (await resident.say(KNOWN))["outcome"] == "answered"


async def test_who_was_left_can_take_it_back_and_gets_the_bot(
    settings: Make, published: Published
) -> None:
    """Waiting for a second person can be ended by the resident, too."""
    async with ward_at(settings, published) as (ward, clock):
        resident = await ward.resident()
        await in_conversation(ward, resident)
        silent = await resident.choose("handoff:withdraw")
        clock.move(seconds=61)
        await desk_of(ward)._keeper.sweep()
        turn = await resident.choose("handoff:withdraw")

        assert (silent["outcome"], silent["state"]) == ("human", "human")
        assert (turn["outcome"], turn["state"]) == ("chitchat", "bot")
        assert (await resident.say(KNOWN))["outcome"] == "answered"


async def test_an_expired_claim_can_be_taken_before_anyone_swept(
    settings: Make, published: Published
) -> None:
    """The colleague need not wait for the keeper; the log tells both steps."""
    async with ward_at(settings, published) as (ward, clock):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        clock.move(seconds=61)
        await desk_of(ward).claim(SUZUKI, handoff)
        steps = [t for t in types(ward, resident) if t.startswith("handoff_")]

        assert steps == [
            "handoff_requested",
            "handoff_claimed",
            "handoff_released",
            "handoff_claimed",
        ]


async def test_passing_on_needs_somebody_there(settings: Make, published: Published) -> None:
    """Refused with the name and the next opening; to a section or a colleague at the desk it works."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff, desk = await in_conversation(ward, resident), desk_of(ward)
        empty = await refused(desk.transfer(SATO, handoff, section="zeimu"))
        absent = await refused(desk.transfer(SATO, handoff, to="suzuki"))

        assert (empty.code, empty.details["name"]) == ("nobody_there", "税務課")
        assert empty.details["next_opening"] == "2026-11-30T08:30:00+09:00"
        assert (absent.code, absent.details) == ("nobody_there", {"name": "suzuki"})
        await desk.queue(ZEIMU)
        passed = await desk.transfer(SATO, handoff, section="zeimu", reason="税の件")
        assert passed == {"state": "waiting", "section": "zeimu", "to": None}
        assert [row["id"] for row in await desk.queue(ZEIMU)] == [handoff]
        assert (await resident.say(KNOWN))["outcome"] == "human"
        await desk.claim(ZEIMU, handoff)
        shown = await resident.transcript()
        assert "税務課" in shown[-1]["text"]
        assert (await desk.view(ZEIMU, handoff))["notes"][0]["text"] == "税の件"


async def test_passing_to_a_colleague_keeps_it_for_that_one(
    settings: Make, published: Published
) -> None:
    """Only the colleague can claim it; if the colleague leaves the desk, anyone can."""
    async with ward_at(settings, published) as (ward, clock):
        resident = await ward.resident()
        handoff, desk = await in_conversation(ward, resident), desk_of(ward)
        await desk.queue(SUZUKI)
        await desk.transfer(SATO, handoff, to="suzuki")

        assert [c["name"] for c in await desk.colleagues(SATO)] == ["鈴木"]
        assert (await refused(desk.claim(SATO, handoff))).details == {"name": "鈴木"}
        desk.leave(SUZUKI)
        await desk._keeper.sweep()
        await desk.claim(SATO, handoff)
        clock.move(seconds=1)
        assert (await desk.queue(SATO))[0]["claimed_by"] == "sato"


@pytest.mark.parametrize("locale", ["ja", "ja-easy", "en", "zh-Hans", "ko", "vi", "tl"])
async def test_closing_asks_whether_it_helped(
    settings: Make, published: Published, locale: str
) -> None:
    """With a result of the ward's list; the verdict is logged and counted, by option and by the API."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident(locale=locale)
        handoff, desk = await in_conversation(ward, resident), desk_of(ward)
        unknown = await refused(desk.close(SATO, handoff, "solved"))
        await desk.close(SATO, handoff, "answered")
        *_, ended, asked = await resident.transcript()

        assert unknown.code == "result_unknown"
        assert "answered" in unknown.details["known"]
        assert (ended["type"], asked["type"]) == ("notice", "options")
        assert [o["payload"] for o in asked["options"]] == ["feedback:yes", "feedback:no"]
        assert (await resident.turn(text=KNOWN)).status_code == 409
        thanks = await resident.choose("feedback:no")
        assert (thanks["state"], thanks["messages"][0]["type"]) == ("closed", "notice")
        assert ward.rows("SELECT helpful, result FROM handoffs") == [
            {"helpful": 0, "result": "answered"}
        ]
        assert (await resident.judge(asked["feedback"]["turn_id"])).status_code == 204
        assert ward.rows("SELECT helpful FROM handoffs") == [{"helpful": 1}]
        assert types(ward, resident).count("feedback_given") == 2


async def test_a_verdict_without_a_person_is_refused(settings: Make, published: Published) -> None:
    """The options of a satisfaction question count only where it was asked."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()

        assert (await resident.turn(choice="feedback:yes")).status_code == 422


async def test_after_the_hand_back_the_verdict_is_taken_too(
    settings: Make, published: Published
) -> None:
    """The conversation goes on with the bot, and the verdict belongs to the person."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        await desk_of(ward).hand_back(SATO, handoff)
        turn = await resident.choose("feedback:yes")

        assert (turn["state"], turn["outcome"]) == ("bot", "chitchat")
        assert ward.rows("SELECT helpful FROM handoffs") == [{"helpful": 1}]


async def test_the_view_offers_answers_in_the_residents_language(
    settings: Make, published: Published
) -> None:
    """Candidates of the last decision and the service's answers, as the resident would read them."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident(locale="ko")
        await resident.choose("service:jido_teate")
        await resident.choose("answer:jido_teate.documents")
        handoff = await in_queue(ward, resident)
        seen = await desk_of(ward).view(SATO, handoff)
        canned = {entry["key"]: entry for entry in seen["canned"]}
        topic = published.catalogue.topic("jido_teate.documents")

        assert topic is not None
        assert seen["candidates"][0]["key"] == "jido_teate.documents"
        assert canned["jido_teate.documents"]["language"] == "ko"
        assert canned["jido_teate.documents"]["sources"]
        assert "児童手当" in canned["jido_teate.documents"]["title"]
        assert {key.split(".")[0] for key in canned} == {"jido_teate"}
        assert {entry["id"] for entry in seen["results"]} >= {"answered", "no_reply"}
        assert "handoff_viewed" in types(ward, resident)


async def test_notes_are_for_staff_alone(settings: Make, published: Published) -> None:
    """Kept sealed, shown at the desk, never to the resident."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        await desk_of(ward).note(SATO, handoff, "折り返し予定")
        seen = await desk_of(ward).view(SATO, handoff)

        assert [note["text"] for note in seen["notes"]] == ["折り返し予定"]
        assert "折り返し予定" not in json.dumps(await resident.transcript(), ensure_ascii=False)
        assert "折り返し予定".encode() not in bytes_on_disk(ward.settings.data_dir)


async def test_nobody_claiming_for_long_is_an_alarm_once(
    settings: Make, published: Published
) -> None:
    """Only opening hours count; the flag stands in the queue and the event once in the log."""
    async with ward_at(settings, published) as (ward, clock):
        resident = await ward.resident()
        await in_queue(ward, resident)
        clock.move(minutes=9, seconds=59)
        assert (await desk_of(ward).queue(SATO))[0]["alarm"] is False
        clock.move(seconds=1)
        for _ in range(3):
            await desk_of(ward)._keeper.sweep()
        assert (await desk_of(ward).queue(SATO))[0]["alarm"] is True
        assert types(ward, resident).count("handoff_alarm") == 1


async def test_the_night_is_no_alarm(settings: Make, published: Published) -> None:
    """Who asks on Friday night raises it on Monday at 8:40."""
    async with ward_at(settings, published, NIGHT) as (ward, clock):
        resident = await ward.resident()
        await in_queue(ward, resident)
        clock.move(hours=60, minutes=39)
        await desk_of(ward)._keeper.sweep()
        assert "handoff_alarm" not in types(ward, resident)
        clock.move(minutes=1)
        await desk_of(ward)._keeper.sweep()
        assert "handoff_alarm" in types(ward, resident)


async def test_the_events_tell_all_that_changed_since_a_number(
    settings: Make, published: Published
) -> None:
    """A desk that comes back with its last number misses nothing of its sections and sees nothing of others."""
    async with ward_at(settings, published) as (ward, _):
        desk = desk_of(ward)
        resident = await ward.resident()
        start = await desk.last_event()
        handoff = await in_conversation(ward, resident)
        await resident.say("聞こえますか")
        middle = await desk.last_event()
        await said_by(ward, SATO, handoff, "はい")
        told = await desk.events(SATO, start)

        assert [e["type"] for e in told if e["type"].startswith("handoff")] == [
            "handoff_requested",
            "handoff_claimed",
        ]
        assert {e["handoff_id"] for e in told} == {handoff}
        assert [e["type"] for e in await desk.events(SATO, middle)] == ["staff_message"]
        assert [e["number"] for e in told] == sorted({e["number"] for e in told})
        assert await desk.events(ZEIMU, start) == []


async def test_the_events_are_found_behind_much_that_is_none_of_the_agents(
    settings: Make, published: Published
) -> None:
    """Hundreds of answers of the bot's, and of another section's events, hide nothing."""
    async with ward_at(settings, published) as (ward, _):
        desk, log = desk_of(ward), desk_of(ward)._log
        alone = await ward.resident()
        start = await desk.last_event()
        noise = [BotMessage(seq=None, turn_id="t", content={"type": "text"}) for _ in range(700)]
        others = [HandoffViewed(handoff_id="x", section="senkan", agent="z") for _ in range(700)]
        with ward.app.state.desk._transactions._database.write() as connection:
            log.append(connection, OFFICE_HOURS, [*noise, *others], alone.id)
        handoff = await in_queue(ward, await ward.resident())
        only = Agent("ono", "小野", ("sogo_annai",))
        told = await desk.events(only, start)

        assert {e["handoff_id"] for e in told} == {handoff}
        assert [e["type"] for e in told if e["type"] != "bot_message"] == [
            "resident_message",
            "handoff_requested",
        ]


async def test_signs_of_life_are_seen_and_kept_nowhere(
    settings: Make, published: Published
) -> None:
    """Typing and read go both ways; a few seconds later they are gone."""
    async with ward_at(settings, published) as (ward, clock):
        resident, desk = await ward.resident(), desk_of(ward)
        handoff = await in_conversation(ward, resident)
        before = ward.everything()
        sent = {"typing": True, "read_seq": 3}
        posted = await ward.http.post(
            f"{resident.path}/presence", json=sent, headers=resident.headers
        )
        await desk.typing(SATO, handoff)
        await desk.read(SATO, handoff, 4)
        counter = ward.app.state.counter

        assert posted.status_code == 204
        assert await desk.signs(SATO) == {handoff: {"typing": True, "read_seq": 3}}
        assert await desk.signs(SUZUKI) == {}
        assert (await counter.standing(resident.id))["staff"] == {"typing": True, "read_seq": 4}
        clock.move(seconds=8)
        assert (await desk.signs(SATO))[handoff]["typing"] is False
        assert (await counter.standing(resident.id))["staff"]["typing"] is False
        assert before == ward.everything()


async def test_a_contact_is_sealed_opened_one_by_one_and_erased(
    settings: Make, published: Published
) -> None:
    """It stands nowhere in the open, each reading is logged, and afterwards nobody can read it."""
    async with ward_at(settings, published, NIGHT) as (ward, _):
        resident, desk = await ward.resident(), desk_of(ward)
        await resident.choose("phrase:person")
        await callback(resident, email="hanako@mail.example", preferred="平日の午前")
        (row,) = await desk.callbacks(SATO)

        assert HIDDEN not in json.dumps(row)
        assert HIDDEN.encode() not in bytes_on_disk(ward.settings.data_dir)
        contact = await desk.open_callback(SATO, row["id"])
        assert (contact["name"], contact["phone"]) == ("山田花子", HIDDEN)
        assert (contact["email"], contact["preferred"]) == ("hanako@mail.example", "平日の午前")
        assert "callback_read" in types(ward, resident)
        assert (await refused(desk.open_callback(ZEIMU, row["id"]))).code == "unknown_handoff"
        assert (await refused(desk.settle_callback(SATO, row["id"], "x"))).code == "result_unknown"
        await desk.settle_callback(SATO, row["id"], "answered")
        assert await desk.callbacks(SATO) == []
        kept = [r for r in ward.records(resident) if r.type == "callback_requested"]
        assert [r.sealed for r in kept] == [{}]
        assert (await refused(desk.open_callback(SATO, row["id"]))).code == "unknown_handoff"


async def test_a_callback_can_be_taken_back(settings: Make, published: Published) -> None:
    """The contact is gone with it."""
    async with ward_at(settings, published, NIGHT) as (ward, _):
        resident = await ward.resident()
        await resident.choose("phrase:person")
        await callback(resident)
        turn = await resident.choose("handoff:callback_withdraw")

        assert turn["state"] == "bot"
        assert await desk_of(ward).callbacks(SATO) == []
        kept = [r for r in ward.records(resident) if r.type == "callback_requested"]
        assert [r.sealed for r in kept] == [{}]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"consent": False}, "callback_consent"),
        ({"name": " "}, "callback_contact"),
        ({"phone": ""}, "callback_contact"),
        ({"phone": "あ"}, "malformed"),
        ({"email": "nonsense"}, "malformed"),
    ],
)
async def test_a_contact_without_consent_or_way_is_refused(
    settings: Make, published: Published, body: dict[str, object], code: str
) -> None:
    """Said in the resident's words; nothing is kept."""
    async with ward_at(settings, published, NIGHT) as (ward, _):
        resident = await ward.resident()
        before = ward.everything()
        response = await callback(resident, **body)

        assert (response.status_code, response.json()["error"]["code"]) == (422, code)
        assert before == ward.everything()


async def test_a_callback_without_waiting_is_taken_and_with_a_person_not(
    settings: Make, published: Published
) -> None:
    """From the bot it makes a number of its own; a person can be told directly."""
    async with ward_at(settings, published, NIGHT) as (ward, _):
        resident = await ward.resident()
        taken = await callback(resident)
        other = await ward.resident()
        await in_conversation(ward, other)
        refusal = await callback(other)

        assert taken.json()["handoff"]["reference"]
        assert taken.json()["state"] == "bot"
        assert (refusal.status_code, refusal.json()["error"]["code"]) == (409, "callback_not_now")


async def test_my_number_is_kept_nowhere(settings: Make, published: Published) -> None:
    """Neither in what staff say and note, nor in the contact."""
    number = "123456789018"
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        await said_by(ward, SATO, handoff, f"番号は{number}ですね")
        await desk_of(ward).note(SATO, handoff, number)
        records = ward.records(resident)

        assert number not in json.dumps([r.sealed for r in records], ensure_ascii=False)


async def test_figures_tell_waiting_handling_results_and_verdicts(
    settings: Make, published: Published
) -> None:
    """For each section, of what was asked in the period."""
    async with ward_at(settings, published) as (ward, clock):
        desk, begin = desk_of(ward), clock.now()
        resident = await ward.resident()
        handoff = await in_queue(ward, resident)
        clock.move(seconds=90)
        await desk.claim(SATO, handoff)
        clock.move(seconds=20)
        await said_by(ward, SATO, handoff, "はい")
        clock.move(seconds=40)
        await desk.close(SATO, handoff, "guided")
        await resident.choose("feedback:yes")
        await in_queue(ward, await ward.resident())
        clock.move(seconds=1)
        (figures,) = await desk.figures(SATO, begin, clock.now())

        assert figures["section"] == "sogo_annai"
        assert figures["asked"] == 2
        assert figures["reasons"] == {"wish": 2}
        assert figures["states"] == {"closed": 1, "waiting": 1}
        assert figures["results"] == {"guided": 1}
        assert figures["waiting"] == {"count": 1, "median": 90.0, "nine_of_ten": None}
        assert figures["first_reply"]["median"] == 110.0
        assert figures["handling"]["median"] == 60.0
        assert figures["helpful"] == {"yes": 1, "no": 0}
        assert await desk.figures(ZEIMU, begin, clock.now()) == []


async def test_questions_that_led_to_people_are_offered_as_scenarios(
    settings: Make, published: Published, worker: FakeWorker
) -> None:
    """Masked, newest first, with what the bot had thought of; reading them is logged."""
    async with ward_at(settings, published) as (ward, clock):
        begin = clock.now()
        for text in (f"壊れた傘の件。電話は{HIDDEN}", "古い看板の件"):
            worker.teach(text.replace(HIDDEN, "【電話番号】"), "utter_nlu_fallback")
            resident = await ward.resident()
            await resident.say(text)
            await in_queue(ward, resident)
            clock.move(seconds=5)
        found = await desk_of(ward).unanswered(SATO, begin, clock.now())

        assert [f["question"] for f in found] == [
            "古い看板の件",
            "壊れた傘の件。電話は【電話番号】",
        ]
        assert ward.rows("SELECT envelope FROM records WHERE type = 'unanswered_read'") != []


async def test_a_desk_that_cannot_write_says_nothing(settings: Make, published: Published) -> None:
    """If the log does not take it, nobody was told, and the same id can be sent again."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff, message_id = await in_conversation(ward, resident), str(uuid.uuid4())
        before = await resident.transcript()
        with read_only(ward.file), pytest.raises(Exception, match="OperationalError"):
            await desk_of(ward).reply(SATO, handoff, message_id, "はい")

        assert before == await resident.transcript()
        assert await desk_of(ward).reply(SATO, handoff, message_id, "はい")


async def test_many_replies_and_messages_at_once_all_arrive(
    settings: Make, published: Published
) -> None:
    """Resident and agent write at the same time; every message stands once, and the numbers have no gap."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        replies = [said_by(ward, SATO, handoff, f"返事{n}") for n in range(8)]
        messages = [resident.say(f"質問{n}") for n in range(4)]
        await asyncio.gather(*replies, *messages)
        shown = await resident.transcript()
        said = [m["text"] for m in shown if m["role"] in ("agent", "resident")]

        assert [m["seq"] for m in shown] == list(range(1, len(shown) + 1))
        assert set(said) >= {f"返事{n}" for n in range(8)} | {f"質問{n}" for n in range(4)}
        assert len(said) == len(set(said))


async def test_two_agents_who_claim_at_once_through_the_desk(
    settings: Make, published: Published
) -> None:
    """Exactly one of two has it, and the resident is told once."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        handoff, desk = await in_queue(ward, resident), desk_of(ward)
        agents = [SATO, SUZUKI, Agent("ito", "伊藤", ())]
        got = await asyncio.gather(
            *(desk.claim(agent, handoff) for agent in agents), return_exceptions=True
        )

        assert sum(isinstance(result, dict) for result in got) == 1
        assert {r.code for r in got if isinstance(r, DeskError)} == {"claimed_by_other"}
        assert types(ward, resident).count("handoff_claimed") == 1
