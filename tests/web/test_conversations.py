"""Opening, reading and ending a conversation."""

from __future__ import annotations

import pytest

from bot.scenarios.model import LOCALES
from tests.support.ward import API, KNOWN, Ward


@pytest.mark.parametrize("locale", LOCALES)
async def test_opening_gives_id_token_and_welcome(ward: Ward, locale: str) -> None:
    """A new conversation answers 201 with everything that a client needs to go on."""
    response = await ward.http.post(f"{API}/conversations", json={"locale": locale})
    opened = response.json()

    assert response.status_code == 201
    assert {"conversation_id", "token", "state", "locale", "messages"} <= set(opened)
    assert ("bot", locale) == (opened["state"], opened["locale"])
    assert {"notice", "text", "options"} == {m["type"] for m in opened["messages"]}
    assert list(range(1, len(opened["messages"]) + 1)) == [m["seq"] for m in opened["messages"]]


async def test_opening_speaks_japanese_by_default(ward: Ward) -> None:
    """A body without a locale opens a Japanese conversation."""
    resident = await ward.resident()

    assert resident.opened["locale"] == "ja"


async def test_tokens_and_ids_are_never_given_twice(ward: Ward) -> None:
    """Each conversation has an id and a token of its own; the token holds 128 bits or more."""
    opened = [(await ward.resident()).opened for _ in range(20)]
    tokens = {o["token"] for o in opened}

    assert len({o["conversation_id"] for o in opened}) == 20
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 22  # 22 characters of base64 hold 132 bits


async def test_token_is_stored_only_as_a_hash(ward: Ward) -> None:
    """Whoever reads the database cannot speak as a resident."""
    resident = await ward.resident()
    stored = b"".join(path.read_bytes() for path in ward.settings.data_dir.glob("*.db*"))

    assert resident.id.encode() in stored
    assert resident.opened["token"].encode() not in stored


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://ward.example/kosodate/teate.html", "https://ward.example/kosodate/teate.html"),
        ("https://ward.example/a?name=山田&tel=1#x", "https://ward.example/a"),
        ("/only/a/path", ""),
        ("http://[broken", ""),
        ("", ""),
    ],
    ids=["whole", "query-and-fragment", "relative", "not-a-url", "empty"],
)
async def test_page_is_logged_without_query(ward: Ward, url: str, kept: str) -> None:
    """The log keeps the page that the resident came from, and nothing that was typed into it."""
    resident = await ward.resident(page_url=url)
    started = ward.records(resident)[0]

    assert started.type == "conversation_started"
    assert kept == started.envelope["page"]


async def test_transcript_holds_everything_that_was_shown(ward: Ward) -> None:
    """The transcript is the welcome, the resident's words and the replies, in order."""
    resident = await ward.resident()
    turn = await resident.say(KNOWN)
    shown = [*resident.opened["messages"], {"text": KNOWN, "type": "text"}, *turn["messages"]]
    transcript = await resident.transcript()

    assert list(range(1, len(shown) + 1)) == [m["seq"] for m in transcript]
    assert [(m["type"], m["text"]) for m in shown] == [(m["type"], m["text"]) for m in transcript]
    assert [m.get("options") for m in shown] == [m.get("options") for m in transcript]
    said = transcript[len(resident.opened["messages"])]
    assert {"resident"} == {m["role"] for m in transcript if m["seq"] == said["seq"]}
    assert {"bot"} == {m["role"] for m in transcript if m["seq"] != said["seq"]}


async def test_transcript_names_state_and_locale(ward: Ward) -> None:
    """A client that comes back learns how the conversation stands."""
    resident = await ward.resident(locale="ko")
    body = (await ward.http.get(f"{resident.path}/messages", headers=resident.headers)).json()

    expected = {"conversation_id": resident.id, "state": "bot", "locale": "ko"}
    assert expected == {name: body[name] for name in expected}


async def test_transcript_repeats_outcome_and_sources_with_the_answer(ward: Ward) -> None:
    """The last message of a turn says where the answer comes from, also after a reload."""
    resident = await ward.resident()
    turn = await resident.say(KNOWN)
    last = (await resident.transcript())[-1]

    expected = {name: turn[name] for name in ("outcome", "answer", "sources", "turn_id")}
    assert expected == {name: last[name] for name in expected}


async def test_ended_conversation_takes_no_more_turns(ward: Ward) -> None:
    """After the end a new message is refused, and nothing of it is stored."""
    resident = await ward.resident()
    ended = await resident.end()
    before = ward.everything()
    refused = await resident.turn(text=KNOWN)

    assert ended.status_code == 204
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conversation_ended")
    assert before == ward.everything()


async def test_ending_twice_logs_one_end(ward: Ward) -> None:
    """Ending an ended conversation succeeds and changes nothing."""
    resident = await ward.resident()
    statuses = [(await resident.end()).status_code for _ in range(2)]
    types = [record.type for record in ward.records(resident)]

    assert statuses == [204, 204]
    assert types.count("conversation_ended") == 1


async def test_answer_given_before_the_end_can_be_fetched_again(ward: Ward) -> None:
    """A client that lost the reply and whose resident has left still gets the stored reply."""
    resident = await ward.resident()
    message_id = "00000000-0000-4000-8000-000000000001"
    first = await resident.turn(message_id, text=KNOWN)
    await resident.end()
    again = await resident.turn(message_id, text=KNOWN)

    assert (200, first.content) == (again.status_code, again.content)


async def test_ended_conversation_says_that_it_is_closed(ward: Ward) -> None:
    """The transcript of an ended conversation names the state."""
    resident = await ward.resident()
    await resident.end()
    body = (await ward.http.get(f"{resident.path}/messages", headers=resident.headers)).json()

    assert body["state"] == "closed"
