"""A turn is stored as a whole or not at all, and nothing is said that is not stored."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.support.faults import refusing
from tests.support.ward import API, KNOWN, Ward, over_tcp

# Every statement of a turn's transaction, from the first to the last.
STATEMENTS = [
    ("conversations", "UPDATE"),
    ("records", "INSERT"),
    ("sealed_fields", "INSERT"),
    ("offers", "INSERT"),
    ("turns", "INSERT"),
]
at_every_statement = pytest.mark.parametrize(("table", "verb"), STATEMENTS)


@at_every_statement
async def test_turn_that_cannot_be_stored_leaves_nothing(ward: Ward, table: str, verb: str) -> None:
    """Wherever the transaction breaks, all of it is undone, and the resident is told."""
    resident = await ward.resident()
    before = ward.everything()
    with refusing(ward.file, table, verb):
        refused = await resident.turn(text=KNOWN)
        during = ward.everything()

    assert refused.status_code == 503
    assert {"error"} == set(refused.json())
    assert before == during == ward.everything()


@at_every_statement
async def test_message_is_stored_once_after_a_failure(ward: Ward, table: str, verb: str) -> None:
    """The client's second try is the first that counts: one message, no gap, no doubled offer."""
    resident, message_id = await ward.resident(), str(uuid.uuid4())
    last = resident.opened["messages"][-1]["seq"]
    with refusing(ward.file, table, verb):
        await resident.turn(message_id, text=KNOWN)
    taken = (await resident.turn(message_id, text=KNOWN)).json()
    types = [record.type for record in ward.records(resident)]

    assert last + 2 == taken["messages"][0]["seq"]
    assert (types.count("resident_message"), types.count("decision")) == (1, 1)


async def test_turn_that_cannot_be_stored_keeps_the_state_of_the_dialogue(ward: Ward) -> None:
    """Locale and state stay those of the last stored turn."""
    resident = await ward.resident(locale="ja")
    await resident.choose("service:juminhyo")
    with refusing(ward.file, "turns"):
        await resident.turn(text=KNOWN, locale="ko")
    (row,) = ward.rows("SELECT locale, dialogue FROM conversations")

    assert row["locale"] == "ja"
    assert json.loads(row["dialogue"])["slots"] == {"service": "juminhyo"}


async def test_option_of_a_reply_that_was_not_stored_is_not_offered(ward: Ward) -> None:
    """What nobody was shown nobody can choose."""
    resident = await ward.resident()
    with refusing(ward.file, "turns"):
        await resident.turn(text=KNOWN)
    refused = await resident.turn(choice="answer:jido_teate.procedure")

    assert refused.json()["error"]["code"] == "not_offered"


async def test_waiting_stream_hears_nothing_of_a_turn_that_was_not_stored(ward: Ward) -> None:
    """The next thing that a stream says is the next thing that was stored."""
    async with over_tcp(ward) as http:
        resident = await ward.resident(http)
        last = resident.opened["messages"][-1]["seq"]
        url = f"{resident.path}/events?after={last}"
        async with http.stream("GET", url, headers=resident.headers, timeout=120.0) as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            with refusing(ward.file, "turns"):
                await resident.turn(text="消えることば")
            await resident.say("残ることば")
            first = await anext(line async for line in lines if line.startswith("data: "))

    message = json.loads(first.removeprefix("data: "))
    assert (message["seq"], message["text"]) == (last + 1, "残ることば")


@pytest.mark.parametrize("table", ["conversations", "conversation_keys", "records", "offers"])
async def test_conversation_that_cannot_be_stored_is_not_opened(ward: Ward, table: str) -> None:
    """No token is given out for a conversation that the log does not have."""
    before = ward.everything()
    with refusing(ward.file, table):
        refused = await ward.http.post(f"{API}/conversations", json={})

    assert refused.status_code == 503
    assert "token" not in refused.json()
    assert before == ward.everything()


async def test_end_that_cannot_be_logged_is_no_end(ward: Ward) -> None:
    """The conversation goes on until its end is in the log."""
    resident = await ward.resident()
    with refusing(ward.file, "records"):
        refused = await resident.end()
    turn = await resident.say(KNOWN)

    assert refused.status_code == 503
    assert (turn["state"], turn["outcome"]) == ("bot", "answered")


async def test_feedback_that_cannot_be_sealed_is_not_logged(ward: Ward) -> None:
    """A verdict is stored with its comment or not at all."""
    resident = await ward.resident()
    turn_id = (await resident.say(KNOWN))["turn_id"]
    before = ward.everything()
    with refusing(ward.file, "sealed_fields"):
        refused = await resident.judge(turn_id, comment="よかった")

    assert refused.status_code == 503
    assert before == ward.everything()
