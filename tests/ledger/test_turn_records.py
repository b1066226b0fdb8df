"""What the log holds of a turn: who said what, and why the bot answered so."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bot.dialogue.published import Published
from bot.ledger.log import Record
from bot.web.settings import Settings
from tests.support.fake_worker import MODEL_ID, FakeWorker
from tests.support.ward import KNOWN, UNKNOWN, Resident, Ward, open_ward


def _by_turn(ward: Ward, resident: Resident, turn_id: str) -> list[Record]:
    records = ward.records(resident)
    return [record for record in records if record.envelope.get("turn_id") == turn_id]


@pytest.mark.parametrize(
    "body",
    [{"text": KNOWN}, {"text": UNKNOWN}, {"choice": "menu"}, {"choice": "service:tennyu"}],
    ids=["answer", "fallback", "menu", "choice"],
)
async def test_turn_is_logged_as_message_decision_and_replies(
    ward: Ward, body: dict[str, str]
) -> None:
    """Every turn has what was said, why it was answered so, and each message that was shown."""
    resident = await ward.resident()
    turn = (await resident.turn(**body)).json()
    records = _by_turn(ward, resident, turn["turn_id"])
    shown = ["bot_message"] * len(turn["messages"])

    assert [record.type for record in records] == ["resident_message", "decision", *shown]
    seqs = [message["seq"] for message in turn["messages"]]
    assert [record.seq for record in records] == [seqs[0] - 1, None, *seqs]
    assert len({record.at for record in records}) == 1


async def test_resident_message_keeps_ids_locale_and_both_texts(ward: Ward) -> None:
    """The text is sealed as typed and as masked; open are only the ids and the kinds masked."""
    resident = await ward.resident()
    message_id = "00000000-0000-4000-8000-0000000000aa"
    text = "電話は090-1234-5678です"
    turn = (await resident.turn(message_id, text=text, locale="en")).json()
    record = _by_turn(ward, resident, turn["turn_id"])[0]

    assert {
        "turn_id": turn["turn_id"],
        "client_message_id": message_id,
        "role": "resident",
        "locale": "en",
        "choice": None,
        "masked_types": ["phone"],
    } == record.envelope
    assert text == record.sealed["raw"]
    assert "電話は【" in record.sealed["masked"]


async def test_pressed_option_is_logged_with_its_title(ward: Ward) -> None:
    """Of a choice the payload is open, what the resident saw on it is the text."""
    resident = await ward.resident()
    option = resident.opened["messages"][-1]["options"][0]
    turn = await resident.choose(option["payload"])
    record = _by_turn(ward, resident, turn["turn_id"])[0]

    assert option["payload"] == record.envelope["choice"]
    assert option["title"] == record.sealed["masked"]


async def test_decision_says_why(ward: Ward) -> None:
    """Outcome, zone and answer are those of the reply; the trace names ranking, rule and model."""
    resident = await ward.resident()
    turn = await resident.say(KNOWN)
    decision = _by_turn(ward, resident, turn["turn_id"])[1].envelope
    trace = decision["trace"]

    same = ("turn_id", "outcome", "zone", "answer")
    assert {name: turn[name] for name in same} == {name: decision[name] for name in same}
    assert (trace["engine"], trace["model_id"]) == ("rasa", MODEL_ID)
    assert trace["response"] == "utter_faq/jido_teate.documents"
    assert trace["ranking"][0]["key"] == "jido_teate.documents"
    assert trace["actions"][0]["policy"] == "RulePolicy"
    assert trace["understanding_ms"] >= 0


async def test_decision_without_the_worker_says_why(ward: Ward, worker: FakeWorker) -> None:
    """An answer by search is told apart from one by the model, with the reason."""
    resident = await ward.resident()
    worker.die()
    turn = await resident.say(KNOWN)
    trace = _by_turn(ward, resident, turn["turn_id"])[1].envelope["trace"]

    assert (trace["engine"], trace["reason"]) == ("search", "ConnectError")
    assert trace["response"] == "utter_faq/jido_teate.documents"
    assert trace["ranking"][0] == {"key": "jido_teate.documents", "score": 1.0}


async def test_reply_is_logged_exactly_as_shown(ward: Ward) -> None:
    """Each sealed message is the shown one; the last also holds outcome, answer and sources."""
    resident = await ward.resident()
    turn = await resident.say(KNOWN)
    records = _by_turn(ward, resident, turn["turn_id"])[2:]
    logged = [{**json.loads(record.sealed["content"]), "seq": record.seq} for record in records]

    closing = {name: turn[name] for name in ("outcome", "answer", "sources")}
    expected = [*turn["messages"][:-1], {**turn["messages"][-1], **closing}]
    assert expected == logged
    assert [m["type"] for m in expected] == [r.envelope["message_type"] for r in records]


async def test_opening_is_logged_with_its_messages(ward: Ward) -> None:
    """Language, revision and welcome are in the log before anything is said."""
    resident = await ward.resident(locale="tl", page_url="https://ward.example/a?b")
    started, *shown = ward.records(resident)

    revision = ward.app.state.live.current.catalogue.revision
    expected = {"locale": "tl", "page": "https://ward.example/a", "revision": revision}
    assert expected == started.envelope
    logged = [{**json.loads(record.sealed["content"]), "seq": record.seq} for record in shown]
    assert resident.opened["messages"] == logged


async def test_revision_of_every_answer_is_kept_once(
    settings: Callable[..., Settings], published: Published
) -> None:
    """The texts behind an answer are stored with the first start that shows them."""
    for _ in range(2):
        async with open_ward(settings(), published) as ward:
            answer = (await (await ward.resident()).say(KNOWN))["answer"]
    kept = ward.rows("SELECT revision FROM revisions")

    assert [{"revision": answer["revision"]}] == kept


async def test_another_revision_is_kept_beside_the_first(
    settings: Callable[..., Settings], published: Published, edited: Published
) -> None:
    """After an edit both wordings can be shown: that of then and that of now."""
    for texts in (published, edited):
        async with open_ward(settings(), texts) as ward:
            await ward.resident()
    kept = {row["revision"] for row in ward.rows("SELECT revision FROM revisions")}

    assert {published.catalogue.revision, edited.catalogue.revision} == kept
    assert len(kept) == 2


async def test_every_start_is_logged(
    settings: Callable[..., Settings], published: Published
) -> None:
    """The log says from when on which version and revision answered."""
    for _ in range(2):
        async with open_ward(settings(), published) as ward:
            pass
    starts = ward.rows("SELECT * FROM records WHERE type = 'service_started'")
    envelopes = [json.loads(start["envelope"]) for start in starts]

    assert len(envelopes) == 2
    assert {published.catalogue.revision} == {envelope["revision"] for envelope in envelopes}
    assert all(envelope["version"] for envelope in envelopes)
