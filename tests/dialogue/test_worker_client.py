"""The worker's client: what it asks, when it gives up, and when it tries again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bot.dialogue.worker import (
    MAX_WAITING,
    OPEN_SECONDS,
    TurnCall,
    TurnResult,
    Worker,
    WorkerBusy,
    WorkerUnavailable,
)
from tests.support.fake_worker import TOKEN, FakeWorker

CALL = TurnCall("t1", {"slots": {"service": "juminhyo"}}, "児童手当", "ja")
PATIENT, IMPATIENT = 60.0, 0.2
TIMED_OUT = "TimeoutError|ReadTimeout"
Client = Callable[..., Worker]


class Ticks:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    """The client's clock."""
    return Ticks()


@pytest.fixture
async def client(worker: FakeWorker, ticks: Ticks) -> AsyncIterator[Client]:
    """Make clients of the fake worker that are closed with the test."""
    made: list[Worker] = []

    def make(timeout: float = PATIENT, token: str = TOKEN) -> Worker:
        made.append(Worker(worker.url, token, timeout, ticks=ticks))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def _fail(client: Worker, reason: str) -> None:
    with pytest.raises(WorkerUnavailable, match=f"^({reason})$"):
        await client.turn(CALL)


async def test_call_carries_everything_and_the_answer_comes_back(
    client: Client, worker: FakeWorker
) -> None:
    """What the worker decided is handed on as it came."""
    worker.teach(CALL.text, "utter_faq/jido_teate.amount", ("jido_teate.amount",))
    result = await client().turn(CALL)

    assert worker.calls == [
        {
            "turn_id": "t1",
            "state": {"slots": {"service": "juminhyo"}},
            "text": "児童手当",
            "locale": "ja",
            "choice": None,
        }
    ]
    assert result.responses == ("utter_faq/jido_teate.amount",)
    assert result.state["slots"] == {"service": "jido_teate"}
    assert result.trace["ranking"] == [{"key": "jido_teate.amount", "score": 0.9}]


async def test_worker_that_is_down_is_unavailable(client: Client, worker: FakeWorker) -> None:
    """A closed port is found out at once."""
    one = client()
    worker.die()

    await _fail(one, "ConnectError")


async def test_worker_that_dies_in_a_turn_is_unavailable(
    client: Client, worker: FakeWorker
) -> None:
    """A killed worker fails the turn it was thinking about."""
    with worker.held():
        turn = asyncio.create_task(client().turn(CALL))
        await worker.wait_for_calls(1)
        worker.die()

        with pytest.raises(WorkerUnavailable, match=r"^(ReadError|RemoteProtocolError)$"):
            await turn


async def test_hung_worker_is_given_up(client: Client, worker: FakeWorker) -> None:
    """A worker that takes calls and never answers is left after the deadline."""
    with worker.held():
        await _fail(client(IMPATIENT), TIMED_OUT)

    assert len(worker.calls) == 1


async def test_dripping_worker_is_given_up(ticks: Ticks) -> None:
    """The deadline is for the whole turn: a byte now and then does not extend it."""
    released = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not released.is_set():
            writer.write(b" ")
            await asyncio.sleep(IMPATIENT / 10)
        writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    one = Worker(f"http://127.0.0.1:{port}", TOKEN, IMPATIENT, ticks=ticks)
    async with server:
        await _fail(one, TIMED_OUT)
        released.set()
        await one.close()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b"{}", "HTTPStatusError"),
        (503, b'{"error": "no model is loaded"}', "HTTPStatusError"),
        (200, b"<html>", "ValidationError"),
        (200, b"", "ValidationError"),
        (200, b"\xff", "ValidationError"),
        (200, b"{}", "ValidationError"),
        (200, b'{"responses": ["utter_greeting"]}', "ValidationError"),
        (200, b"[]", "ValidationError"),
        (200, b"null", "ValidationError"),
        (200, b'{"responses": [], "state": {}, "trace": {}}', "ValidationError"),
    ],
)
async def test_worker_that_talks_nonsense_is_unavailable(
    client: Client, worker: FakeWorker, status: int, body: bytes, reason: str
) -> None:
    """Whatever comes back that is no answer counts as none."""
    worker.respond_instead(status, body)

    await _fail(client(), reason)


async def test_wrong_token_is_unavailable(client: Client) -> None:
    """A worker of another start refuses; the resident gets the search."""
    await _fail(client(token="another"), "HTTPStatusError")


async def test_failed_worker_is_spared_for_a_while(
    client: Client, worker: FakeWorker, ticks: Ticks
) -> None:
    """After a failure no turn asks until the pause is over; then one does, and all is well again."""
    one = client()
    worker.respond_instead(500)
    await _fail(one, "HTTPStatusError")
    worker.mend()
    ticks.now += OPEN_SECONDS * 0.99
    await _fail(one, "circuit open")
    ticks.now += OPEN_SECONDS * 0.02
    results = [await one.turn(CALL) for _ in range(2)]

    assert len(worker.calls) == 3
    assert all(isinstance(result, TurnResult) for result in results)


async def test_failed_trial_opens_the_circuit_again(
    client: Client, worker: FakeWorker, ticks: Ticks
) -> None:
    """A worker that is still broken is spared for another while."""
    one = client()
    worker.respond_instead(500)
    for _ in range(3):
        await _fail(one, "HTTPStatusError")
        await _fail(one, "circuit open")
        ticks.now += OPEN_SECONDS

    assert len(worker.calls) == 3


async def test_only_one_of_many_turns_tries_the_worker(
    client: Client, worker: FakeWorker, ticks: Ticks
) -> None:
    """While one turn finds out whether the worker is back, the others do not wait for it."""
    one = client()
    worker.respond_instead(500)
    await _fail(one, "HTTPStatusError")
    worker.mend()
    ticks.now += OPEN_SECONDS
    with worker.held():
        trial = asyncio.create_task(one.turn(CALL))
        await worker.wait_for_calls(2)
        for _ in range(5):
            await _fail(one, "circuit open")
    await trial

    assert len(worker.calls) == 2
    assert (await one.turn(CALL)).responses


async def test_more_turns_than_can_wait_are_busy(client: Client, worker: FakeWorker) -> None:
    """A flood is turned away at once, and who waited is answered."""
    one = client()
    with worker.held():
        waiting = [asyncio.create_task(one.turn(CALL)) for _ in range(MAX_WAITING)]
        await worker.wait_for_calls(MAX_WAITING)

        with pytest.raises(WorkerBusy):
            await one.turn(CALL)
    results = await asyncio.gather(*waiting)

    assert MAX_WAITING == len(results) == len(worker.calls)
    assert await one.turn(CALL)


async def test_turn_that_the_resident_left_frees_its_place(
    client: Client, worker: FakeWorker
) -> None:
    """Cancelled turns do not add up to a worker that seems busy for good."""
    one = client()
    with worker.held():
        for number in range(1, MAX_WAITING + 2):
            turn = asyncio.create_task(one.turn(CALL))
            await worker.wait_for_calls(number)
            turn.cancel()
            await asyncio.wait([turn])
    assert await one.turn(CALL)


@pytest.mark.parametrize(
    ("health", "is_ready"),
    [
        (None, True),
        ((200, b'{"ready": false, "model_id": null}'), False),
        ((200, b"{}"), False),
        ((200, b"<html>"), False),
        ((500, b'{"ready": true}'), False),
        ((200, b"[]"), False),
    ],
    ids=["ready", "no-model", "silent", "not-json", "failing", "list"],
)
async def test_readiness_is_what_the_worker_says(
    client: Client, worker: FakeWorker, health: tuple[int, bytes] | None, is_ready: bool
) -> None:
    """Only a worker that says that its model is loaded is ready."""
    worker.health_instead = health

    assert is_ready == await client().is_ready()


async def test_dead_worker_is_not_ready(client: Client, worker: FakeWorker) -> None:
    """Nobody listens, nobody is ready."""
    one = client()
    worker.die()

    assert not await one.is_ready()


async def test_worker_that_says_that_it_is_ready_is_tried_at_once(
    client: Client, worker: FakeWorker
) -> None:
    """Whoever has seen that the worker is back need not wait for the end of the pause."""
    one = client()
    worker.respond_instead(500)
    await _fail(one, "HTTPStatusError")
    worker.mend()
    assert await one.is_ready()

    assert (await one.turn(CALL)).responses


async def test_empty_token_is_sent_or_left_out(client: Client) -> None:
    """With the default token the worker is asked, and refuses or answers by itself."""
    await _fail(client(token=""), "HTTPStatusError")
