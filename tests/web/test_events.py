"""The event stream: every logged message once, in order, also over a lost connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.support.ward import KNOWN, Resident, Ward, over_tcp

pytestmark = pytest.mark.slow

Event = dict[str, str]
_PATIENCE = 120.0


@pytest.fixture
async def http(ward: Ward) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the served ward: only a real connection streams."""
    async with over_tcp(ward) as client:
        yield client


@pytest.fixture
async def resident(ward: Ward, http: httpx.AsyncClient) -> Resident:
    """A resident over the real connection, with one answered question."""
    opened = await ward.resident(http)
    await opened.say(KNOWN)
    return opened


async def test_stream_replays_the_whole_log(resident: Resident) -> None:
    """From 0 on the stream gives the transcript, message by message, numbered by seq."""
    transcript = await resident.transcript()
    async with _stream(resident) as events:
        got = await _take(events, len(transcript))

    assert [str(message["seq"]) for message in transcript] == [event["id"] for event in got]
    assert transcript == [json.loads(event["data"]) for event in got]
    assert {"message"} == {event["event"] for event in got}


async def test_stream_is_an_uncached_event_stream(resident: Resident) -> None:
    """Browsers and proxies are told to pass each event on at once, and to come back soon."""
    async with _response(resident) as response:
        first = await anext(response.aiter_lines())

    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["X-Accel-Buffering"] == "no"
    assert first == "retry: 2000"


@pytest.mark.parametrize(
    ("after", "last_event_id", "first"),
    [
        (3, None, 4),
        (None, "3", 4),
        (2, "4", 5),
        (4, "2", 5),
        (1, "not a number", 2),
        (1, "", 2),
        (1, "-3", 2),
        pytest.param(1, "9" * 30, 2),
    ],
    ids=[
        "after",
        "last-event-id",
        "later-id",
        "later-after",
        "odd-id",
        "empty-id",
        "negative-id",
        "huge-id",
    ],
)
async def test_stream_resumes_where_the_client_stopped(
    resident: Resident, after: int | None, last_event_id: str | None, first: int
) -> None:
    """The later of ``after`` and ``Last-Event-ID`` counts; a senseless header is left aside."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    params = {} if after is None else {"after": after}
    async with _stream(resident, headers=headers, params=params) as events:
        got = await _take(events, 1)

    assert str(first) == got[0]["id"]


async def test_stream_pushes_a_turn_as_soon_as_it_is_logged(resident: Resident) -> None:
    """A waiting stream gets the messages of a new turn, which are then already in the log."""
    last = (await resident.transcript())[-1]["seq"]
    async with _stream(resident, params={"after": last}) as events:
        waiting = asyncio.create_task(_take(events, 2))
        turn = await resident.say("ありがとう")
        got = await waiting

    assert [str(last + 1), str(last + 2)] == [event["id"] for event in got]
    assert [json.loads(event["data"])["role"] for event in got] == ["resident", "bot"]
    assert turn["turn_id"] == json.loads(got[0]["data"])["turn_id"]


async def test_every_stream_of_a_conversation_gets_every_message(resident: Resident) -> None:
    """Two open tabs show the same conversation."""
    last = (await resident.transcript())[-1]["seq"]
    async with (
        _stream(resident, params={"after": last}) as one,
        _stream(resident, params={"after": last}) as other,
    ):
        waiting = [asyncio.create_task(_take(events, 2)) for events in (one, other)]
        await resident.say("ありがとう")
        first, second = await asyncio.gather(*waiting)

    assert first == second


async def test_reconnecting_client_misses_and_repeats_nothing(resident: Resident) -> None:
    """Over connections that break at any point, the events add up to the transcript."""
    got: list[Event] = []
    for text in ("ありがとう", "こんにちは", KNOWN):
        headers = {"Last-Event-ID": got[-1]["id"]} if got else {}
        async with _stream(resident, headers=headers) as events:
            got += await _take(events, 2)
        await resident.say(text)
    transcript = await resident.transcript()
    async with _stream(resident, headers={"Last-Event-ID": got[-1]["id"]}) as events:
        got += await _take(events, len(transcript) - len(got))

    assert transcript == [json.loads(event["data"]) for event in got]


async def test_stream_of_one_resident_carries_no_other(
    ward: Ward, http: httpx.AsyncClient, resident: Resident
) -> None:
    """Another conversation's turn reaches its own streams only."""
    other = await ward.resident(http)
    last = (await resident.transcript())[-1]["seq"]
    async with _stream(resident, params={"after": last}) as events:
        waiting = asyncio.create_task(_take(events, 1))
        await other.say("ありがとう")
        await resident.say("こんにちは")
        got = await waiting

    assert json.loads(got[0]["data"])["text"] == "こんにちは"


@pytest.mark.parametrize(
    "after",
    ["-1", "x", "1.5", pytest.param("9" * 30)],
)
async def test_senseless_start_is_refused(ward: Ward, after: str) -> None:
    """``after`` is a seq; anything else is the client's mistake."""
    opened = await ward.resident()
    url = f"{opened.path}/events?after={after}"
    refused = await ward.http.get(url, headers=opened.headers)

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "malformed")


@asynccontextmanager
async def _response(resident: Resident, **more: Any) -> AsyncIterator[httpx.Response]:
    headers = {**resident.headers, **more.pop("headers", {})}
    url = f"{resident.path}/events"
    async with resident.http.stream("GET", url, headers=headers, timeout=_PATIENCE, **more) as got:
        yield got


@asynccontextmanager
async def _stream(resident: Resident, **more: Any) -> AsyncIterator[AsyncIterator[Event]]:
    async with _response(resident, **more) as response:
        yield _events(response)


async def _events(response: httpx.Response) -> AsyncIterator[Event]:
    """Parse as browsers do: fields up to an empty line; a comment is no event."""
    event: Event = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            event[name] = value
        elif "data" in event:
            yield event
            event = {}


async def _take(events: AsyncIterator[Event], count: int) -> list[Event]:
    return [await anext(events) for _ in range(count)]
