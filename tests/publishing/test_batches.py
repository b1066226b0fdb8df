"""Many turns in one request: each gets its own answer, and none waits for ever."""

from __future__ import annotations

import asyncio

import pytest

from bot.dialogue.worker import TurnCall, WorkerUnavailable
from bot.publishing.batches import BatchWorker
from tests.support.fake_worker import TOKEN, FakeWorker

SERVICES = ("juminhyo", "toshokan", "jido_teate")


def call(number: int) -> TurnCall:
    """Return a turn with a text of its own."""
    return TurnCall(f"t{number}", {}, f"問{number}", "ja")


@pytest.fixture
def taught(worker: FakeWorker) -> FakeWorker:
    """A worker that answers each question with another service."""
    for number in range(60):
        worker.teach(f"問{number}", f"utter_faq/{SERVICES[number % 3]}.overview")
    return worker


async def test_each_turn_gets_its_own_answer(taught: FakeWorker) -> None:
    """Order and number do not matter, however they are put together."""
    async with BatchWorker(taught.url, TOKEN, 30.0) as worker:
        results = await asyncio.gather(*(worker.turn(call(number)) for number in range(60)))

    expected = [f"utter_faq/{SERVICES[number % 3]}.overview" for number in range(60)]
    assert expected == [result.responses[0] for result in results]
    assert {call["text"] for call in taught.calls} == {f"問{number}" for number in range(60)}


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (200, b"[]"), (200, b"nonsense")],
    ids=["failed", "too few answers", "no JSON"],
)
async def test_a_failed_request_fails_every_turn_in_it(
    taught: FakeWorker, status: int, body: bytes
) -> None:
    """Nobody gets another turn's answer, and nobody waits."""
    taught.respond_instead(status, body)
    async with BatchWorker(taught.url, TOKEN, 30.0) as worker:
        turns = (worker.turn(call(number)) for number in range(3))
        results = await asyncio.gather(*turns, return_exceptions=True)

    assert [type(result) for result in results] == [WorkerUnavailable] * 3


async def test_a_turn_that_nobody_waits_for_is_not_asked(taught: FakeWorker) -> None:
    """Who has given up before the request leaves is left out of it."""
    with taught.held("問0"):
        async with BatchWorker(taught.url, TOKEN, 30.0) as worker:
            first = asyncio.create_task(worker.turn(call(0)))
            await taught.wait_for_calls(1)
            second = asyncio.create_task(worker.turn(call(1)))
            await asyncio.sleep(0)
            second.cancel()
            third = asyncio.create_task(worker.turn(call(2)))
            await asyncio.sleep(0)
            third.cancel()
            taught.release()
            await first
            await asyncio.gather(second, third, return_exceptions=True)
            await worker.turn(call(3))

    assert [call["text"] for call in taught.calls] == ["問0", "問3"]
