"""Several turns of one conversation at the same time, in one gateway and in two."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot.dialogue.published import Published
from bot.web.settings import Settings
from tests.support.fake_worker import FakeWorker
from tests.support.ward import KNOWN, Resident, Ward, open_ward

Turn = asyncio.Task[httpx.Response]


@pytest.fixture
async def second(
    ward: Ward, settings: Callable[..., Settings], published: Published
) -> AsyncIterator[Ward]:
    """A second gateway on the same database."""
    async with open_ward(settings(), published) as running:
        yield running


async def test_two_turns_at_once_are_taken_one_after_the_other(ward: Ward) -> None:
    """Both are answered, and the numbers run on without a gap."""
    resident = await ward.resident()
    replies = await asyncio.gather(*(resident.turn(text=t) for t in (KNOWN, "ありがとう")))

    assert [reply.status_code for reply in replies] == [200, 200]
    await _assert_gapless(resident, questions=2)


async def test_one_message_sent_twice_at_once_is_one_turn(ward: Ward, worker: FakeWorker) -> None:
    """An impatient client gets the same reply twice, and the worker is asked once."""
    resident, message_id = await ward.resident(), str(uuid.uuid4())
    replies = await asyncio.gather(*(resident.turn(message_id, text=KNOWN) for _ in range(3)))

    assert len({reply.content for reply in replies}) == 1
    assert len(worker.calls) == 1
    await _assert_gapless(resident, questions=1)


async def test_turn_overtaken_by_another_gateway_is_answered_anew(
    ward: Ward, second: Ward, worker: FakeWorker
) -> None:
    """The slower turn starts again on the state that the quicker one left."""
    resident = await ward.resident()
    slow = await _overtaken(resident, second, worker, times=1)

    assert (await slow).status_code == 200
    assert worker.calls[-1]["state"] == {"slots": {"service": "juminhyo"}, "active_loop": None}
    await _assert_gapless(resident, questions=2)


async def test_turn_overtaken_again_and_again_is_told_to_slow_down(
    ward: Ward, second: Ward, worker: FakeWorker
) -> None:
    """Nothing of the turn is stored, and the client learns when to try again."""
    resident = await ward.resident()
    refused = await (await _overtaken(resident, second, worker, times=3))

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_fast")
    assert int(refused.headers["Retry-After"]) >= 1
    await _assert_gapless(resident, questions=3)


async def test_message_answered_by_another_gateway_meanwhile_gets_that_reply(
    ward: Ward, second: Ward, worker: FakeWorker
) -> None:
    """A message retried over another gateway has one answer, whichever was quicker."""
    resident, message_id = await ward.resident(), str(uuid.uuid4())
    with worker.held():
        slow = asyncio.create_task(resident.turn(message_id, text=KNOWN))
        await worker.wait_for_calls(1)
        quick = asyncio.create_task(_through(second, resident).turn(message_id, text=KNOWN))
        await worker.wait_for_calls(2)
    one, other = await slow, await quick

    assert (200, one.content) == (other.status_code, other.content)
    await _assert_gapless(resident, questions=1)


async def test_conversation_ended_while_a_turn_is_thought_about(
    ward: Ward, worker: FakeWorker
) -> None:
    """The answer comes too late: it is neither stored nor sent."""
    resident = await ward.resident()
    with worker.held():
        turn = asyncio.create_task(resident.turn(text=KNOWN))
        await worker.wait_for_calls(1)
        await resident.end()
    refused = await turn

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conversation_ended")
    await _assert_gapless(resident, questions=0)


async def test_slow_turn_of_one_resident_does_not_hold_up_another(
    ward: Ward, worker: FakeWorker
) -> None:
    """Turns wait for each other within a conversation only."""
    one, other = await ward.resident(), await ward.resident()
    with worker.held():
        slow = asyncio.create_task(one.turn(text=KNOWN))
        await worker.wait_for_calls(1)
        menu = await other.choose("menu")

        assert not slow.done()
        assert menu["outcome"] == "chitchat"
    assert (await slow).status_code == 200


async def _overtaken(resident: Resident, second: Ward, worker: FakeWorker, times: int) -> Turn:
    """Start a turn, and let the second gateway commit another first, ``times`` over."""
    quick = _through(second, resident)
    worker.hold(KNOWN)
    slow = asyncio.create_task(resident.turn(text=KNOWN))
    for attempt in range(1, times + 1):
        await worker.wait_for_calls(attempt, KNOWN)
        assert (await quick.choose("service:juminhyo"))["outcome"] == "answered"
        worker.let_one_through()
    worker.release()
    return slow


def _through(ward: Ward, resident: Resident) -> Resident:
    return Resident(ward.http, resident.opened)


async def _assert_gapless(resident: Resident, questions: int) -> None:
    transcript = await resident.transcript()

    assert list(range(1, len(transcript) + 1)) == [message["seq"] for message in transcript]
    assert questions == sum(message["role"] == "resident" for message in transcript)
