"""How much one message, one resident and one address may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot.dialogue.published import Published
from bot.web.settings import Settings
from tests.support.ward import API, KNOWN, Ward, open_ward

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "character",
    ["a", "あ", "𠮷", "😀"],
    ids=["ascii", "kana", "rare-kanji", "emoji"],
)
async def test_text_may_have_a_thousand_characters(ward: Ward, character: str) -> None:
    """Code points count, not bytes and not UTF-16 units: 1,000 are taken, 1,001 are not."""
    resident = await ward.resident()
    longest = await resident.turn(text=character * 1000)
    too_long = await resident.turn(text=character * 1001)

    assert longest.status_code == 200
    assert (too_long.status_code, too_long.json()["error"]["code"]) == (422, "too_long")


async def test_comment_may_have_a_thousand_characters(ward: Ward) -> None:
    """The comment of a feedback has the limit of a message."""
    resident = await ward.resident()
    turn_id = (await resident.say(KNOWN))["turn_id"]
    longest = await resident.judge(turn_id, comment="あ" * 1000)
    too_long = await resident.judge(turn_id, comment="あ" * 1001)

    assert longest.status_code == 204
    assert (too_long.status_code, too_long.json()["error"]["code"]) == (422, "too_long")


@pytest.mark.parametrize("path", ["", "/{id}/turns", "/{id}/feedback"])
async def test_body_over_eight_kilobytes_is_refused(ward: Ward, path: str) -> None:
    """8,192 bytes are read, 8,193 are not, whatever they hold."""
    resident = await ward.resident()
    url = f"{API}/conversations{path.format(id=resident.id)}"
    replies = [
        await ward.http.post(url, content=b" " * size, headers={**resident.headers, **JSON})
        for size in (8192, 8193)
    ]

    assert [reply.status_code for reply in replies] == [422, 413]
    assert [reply.json()["error"]["code"] for reply in replies] == ["malformed", "too_large"]


async def test_body_is_cut_off_as_soon_as_it_is_too_long(ward: Ward) -> None:
    """A body without a declared length is read no further than the limit."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 1_000_000:
            sent += 1024
            yield b"x" * 1024

    refused = await ward.http.post(f"{API}/conversations", content=endless(), headers=JSON)

    assert refused.status_code == 413
    assert sent <= 9 * 1024


async def test_sixth_message_at_once_is_too_fast(ward: Ward) -> None:
    """A conversation has a burst of five; the next message is told how long to wait."""
    resident = await ward.resident()
    replies = [await resident.turn(choice="menu") for _ in range(6)]

    assert [reply.status_code for reply in replies] == [200] * 5 + [429]
    _assert_too_fast(replies[-1])


async def test_burst_of_one_resident_leaves_the_others_theirs(ward: Ward) -> None:
    """The limit is per conversation, also for residents behind one address."""
    one, other = await ward.resident(), await ward.resident()
    for _ in range(6):
        await one.turn(choice="menu")

    assert (await other.turn(choice="menu")).status_code == 200


async def test_message_refused_as_too_fast_is_not_stored(ward: Ward) -> None:
    """What was refused was never said."""
    resident = await ward.resident()
    for _ in range(5):
        await resident.turn(choice="menu")
    before = ward.everything()
    refused = await resident.turn(text=KNOWN)

    assert refused.status_code == 429
    assert before == ward.everything()


async def test_address_has_so_many_messages_a_minute(
    settings: Callable[..., Settings], published: Published
) -> None:
    """One address counts over all of its conversations; another address is free."""
    async with open_ward(settings(address_rate=3), published) as ward:
        one, other = await ward.resident(), await ward.resident()
        replies = [await who.turn(choice="menu") for who in (one, other, one, other)]
        async with ward.from_address("192.0.2.2") as elsewhere:
            free = await (await ward.resident(elsewhere)).turn(choice="menu")

    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    _assert_too_fast(replies[-1])
    assert free.status_code == 200


async def test_address_may_open_so_many_conversations_a_minute(
    settings: Callable[..., Settings], published: Published
) -> None:
    """Opening is limited too, or a script could fill the log with empty conversations."""
    async with open_ward(settings(address_rate=2), published) as ward:
        url = f"{API}/conversations"
        replies = [await ward.http.post(url, json={}) for _ in range(3)]
        count = len(ward.rows("SELECT * FROM conversations"))

    assert [reply.status_code for reply in replies] == [201, 201, 429]
    _assert_too_fast(replies[-1])
    assert count == 2


async def test_address_rate_zero_lifts_the_limit(ward: Ward) -> None:
    """With 0 one address may ask without end; the conversation's own limit stays."""
    residents = [await ward.resident() for _ in range(70)]
    statuses = {(await resident.turn(choice="menu")).status_code for resident in residents}

    assert ward.settings.address_rate == 0
    assert {200} == statuses


def _assert_too_fast(refused: httpx.Response) -> None:
    assert refused.json()["error"]["code"] == "too_fast"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
