"""The event stream while a person is asked for and there: messages in order, and how it stands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx

from bot.dialogue.published import Published
from bot.web.settings import Settings
from tests.handoff.people import SATO, desk_of, in_conversation, said_by, ward_at
from tests.support.ward import Resident, over_tcp


async def heard(
    http: httpx.AsyncClient, resident: Resident, after: int, enough: Callable[[list[Any]], bool]
) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Return events (name, id, data) from ``after`` on until there are enough."""
    events: list[tuple[str, str | None, dict[str, Any]]] = []
    path = f"{resident.path}/events?after={after}"
    async with http.stream("GET", path, headers=resident.headers, timeout=60) as stream:
        fields: dict[str, str] = {}
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
                continue
            if "data" in fields:
                events.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
                if enough(events):
                    return events
            fields = {}
    raise AssertionError("the stream ended")


async def test_the_stream_tells_messages_with_ids_and_states_without(
    settings: Callable[..., Settings], published: Published
) -> None:
    """What a person says comes with its seq; who may speak comes as a state, and again after a reconnect."""
    async with ward_at(settings, published) as (ward, _), over_tcp(ward) as http:
        resident = await ward.resident()
        opened = len(resident.opened["messages"])

        def is_over(events: list[Any]) -> bool:
            return events[-1][0] == "state" and events[-1][2]["state"] == "bot"

        listening = asyncio.create_task(heard(http, resident, opened, is_over))
        await asyncio.sleep(0.2)
        handoff = await in_conversation(ward, resident)
        await said_by(ward, SATO, handoff, "はい")
        again = await heard(http, resident, 10**6, lambda events: bool(events))
        await desk_of(ward).hand_back(SATO, handoff)
        events = await asyncio.wait_for(listening, 60)
        ids = [int(number) for name, number, _ in events if name == "message" and number]
        states = [data["state"] for name, _, data in events if name == "state"]

        assert ids == list(range(opened + 1, opened + 1 + len(ids)))
        assert {number for name, number, _ in events if name == "state"} == {None}
        assert states[-1] == "bot"
        assert set(states) <= {"waiting", "human", "bot"}
        assert [data["text"] for _, _, data in events if data.get("role") == "agent"] == ["はい"]
        assert [(name, data["state"]) for name, _, data in again] == [("state", "human")]
        assert again[0][2]["handoff"]["section_name"] == "総合案内"


async def test_the_transcript_tells_how_it_stands(
    settings: Callable[..., Settings], published: Published
) -> None:
    """A client that comes back sees the handoff beside the messages."""
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        asked = await resident.choose("phrase:person")
        response = await ward.http.get(f"{resident.path}/messages", headers=resident.headers)
        body = response.json()

        assert (body["state"], body["handoff"]["reference"]) == (
            "waiting",
            asked["handoff"]["reference"],
        )
        assert body["staff"] == {"typing": False, "read_seq": 0}


async def test_signs_need_the_own_conversation(
    settings: Callable[..., Settings], published: Published
) -> None:
    """Nobody types in another's name, and nonsense is refused."""
    async with ward_at(settings, published) as (ward, _):
        resident, other = await ward.resident(), await ward.resident()
        path = f"{resident.path}/presence"
        early = await ward.http.post(path, json={"read_seq": 2}, headers=resident.headers)
        presence, now = ward.app.state.counter.presence, ward.app.state.clock.now()
        assert early.status_code == 204
        assert presence.signs(resident.id, "resident", now).read_seq == 0
        asked = await resident.choose("phrase:person")
        foreign = await ward.http.post(path, json={}, headers=other.headers)
        odd = await ward.http.post(path, json={"read_seq": -1}, headers=resident.headers)
        late = {"typing": False, "read_seq": 10**9}
        taken = await ward.http.post(path, json=late, headers=resident.headers)
        signs = presence.signs(resident.id, "resident", now)

        assert (foreign.status_code, odd.status_code, taken.status_code) == (401, 422, 204)
        assert signs.read_seq == asked["seq"]
        await resident.choose("handoff:withdraw")
        assert presence.signs(resident.id, "resident", now).read_seq == 0
