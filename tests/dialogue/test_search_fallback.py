"""Without the worker residents are still answered: by search, at once, and told so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.dialogue.published import Published
from bot.dialogue.understanding import understand
from bot.dialogue.worker import MAX_WAITING, TurnCall, Worker
from bot.scenarios.rendering import render
from bot.web.settings import Settings
from tests.support.fake_worker import FakeWorker
from tests.support.ward import KNOWN, UNKNOWN, Resident, Ward, open_ward

pytestmark = pytest.mark.slow

_PATIENCE = 120.0


def _trace(ward: Ward, resident: Resident) -> dict[str, Any]:
    decisions = [r for r in ward.records(resident) if r.type == "decision"]
    return dict(decisions[-1].envelope["trace"])


def _notice(ward: Ward, phrase: str) -> str:
    catalogue = ward.app.state.live.current.catalogue
    today = ward.app.state.clock.today()
    return render(catalogue.phrases[phrase].texts, "ja", catalogue.ward, today).text


@pytest.mark.parametrize("fault", ["dead", "failing", "talking nonsense"])
async def test_search_answers_while_the_worker_cannot(
    ward: Ward, worker: FakeWorker, fault: str
) -> None:
    """The answer is the same, with a notice before it and the reason in the trace."""
    resident = await ward.resident()
    if fault == "dead":
        worker.die()
    else:
        worker.respond_instead(*((500, b"{}") if fault == "failing" else (200, b"?")))
    turn = await resident.say(KNOWN)
    trace = _trace(ward, resident)

    assert turn["outcome"] == "answered"
    assert {"service": "jido_teate", "topic": "documents"}.items() <= turn["answer"].items()
    assert turn["sources"]
    first = turn["messages"][0]
    assert ("notice", _notice(ward, "reduced_service")) == (first["type"], first["text"])
    assert trace["engine"] == "search"
    assert trace["reason"]


async def test_hung_worker_does_not_make_residents_wait(
    settings: Callable[..., Settings], published: Published, worker: FakeWorker
) -> None:
    """The first turn is answered at the deadline, the next ones without asking, all of them in full."""
    async with open_ward(settings(worker_timeout=0.3), published) as ward:
        resident, other = await ward.resident(), await ward.resident()
        with worker.held():
            first = await resident.say(KNOWN)
            second = await resident.say(KNOWN)
            third = await other.say(KNOWN)
        reasons = [_trace(ward, who)["reason"] for who in (resident, other)]

    assert [turn["outcome"] for turn in (first, second, third)] == ["answered"] * 3
    assert len(worker.calls) == 1
    assert reasons == ["circuit open"] * 2


async def test_worker_that_comes_back_is_asked_again(ward: Ward, worker: FakeWorker) -> None:
    """Nobody has to restart anything: after a while a turn finds out that the worker is back."""
    resident = await ward.resident()
    worker.die()
    await resident.say(KNOWN)
    worker.revive()
    end = time.monotonic() + _PATIENCE
    while not worker.calls:
        resident = await ward.resident()
        turn = await resident.say(KNOWN)
        assert time.monotonic() < end
        await asyncio.sleep(0.02)

    assert _trace(ward, resident)["engine"] == "rasa"
    assert "notice" not in [message["type"] for message in turn["messages"]]


async def test_state_of_the_dialogue_outlives_the_loss(
    ward: Ward, settings: Callable[..., Settings], published: Published, worker: FakeWorker
) -> None:
    """A turn that search answered leaves the state that the worker would have left."""
    resident = await ward.resident()
    await resident.choose("service:juminhyo")
    worker.die()
    await resident.say(KNOWN)
    worker.revive()
    async with open_ward(settings(), published) as other_gateway:
        await Resident(other_gateway.http, resident.opened).say(KNOWN)

    assert worker.calls[-1]["state"] == {"slots": {"service": "jido_teate"}, "active_loop": None}


async def test_pressed_option_is_answered_without_the_worker(
    ward: Ward, worker: FakeWorker
) -> None:
    """A choice says itself what it means, so the loss of the worker changes nothing in the answer."""
    resident = await ward.resident()
    worker.die()
    turn = await resident.choose("service:juminhyo")

    assert turn["outcome"] == "answered"
    assert {"service": "juminhyo", "topic": "overview"}.items() <= turn["answer"].items()


async def test_menus_never_need_the_worker(ward: Ward, worker: FakeWorker) -> None:
    """Menus and the bot's own phrases come without the worker, and without any notice."""
    resident = await ward.resident()
    worker.die()
    menu = await resident.choose("menu")
    group = await resident.choose("group:todoke")

    assert {"chitchat"} == {menu["outcome"], group["outcome"]}
    assert "notice" not in [m["type"] for turn in (menu, group) for m in turn["messages"]]
    trace = _trace(ward, resident)
    assert (trace["engine"], trace["choice"]) == ("menu", "group:todoke")


@pytest.fixture
async def lost() -> AsyncIterator[Worker]:
    """A worker that nobody has started."""
    worker = Worker("http://127.0.0.1:9", "t", 0.5)
    yield worker
    await worker.close()


async def _searched(published: Published, lost: Worker, text: str) -> str:
    understood = await understand(lost, published.index, TurnCall("t", {}, text, "ja"))

    assert understood.is_reduced
    return understood.key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (KNOWN, "utter_faq/jido_teate.documents"),
        ("ありがとうございます", "utter_thanks"),
        ("職員と話したい", "utter_person"),
        (UNKNOWN, "utter_nlu_fallback"),
        ("", "utter_nlu_fallback"),
        ("手当のことで少し", "utter_clarify"),
    ],
    ids=["question", "thanks", "person", "nonsense", "nothing", "vague"],
)
async def test_search_decides_by_how_sure_it_is(
    published: Published, lost: Worker, text: str, key: str
) -> None:
    """Sure: the answer or the phrase; less sure: a question back; unsure: a plain apology."""
    assert key == await _searched(published, lost, text)


async def test_search_knows_every_published_question(published: Published, lost: Worker) -> None:
    """A question that stands in a scenario finds an answer in which it stands."""
    asked: dict[str, set[str]] = {}
    for topic in published.catalogue.topics():
        question = min(topic.examples["ja"], key=len)
        asked.setdefault(question, set()).add(f"utter_faq/{topic.key}")
    wrong = [q for q, keys in asked.items() if await _searched(published, lost, q) not in keys]

    assert wrong == []


async def test_flood_is_answered_busy_and_nothing_is_lost(
    settings: Callable[..., Settings], published: Published, worker: FakeWorker
) -> None:
    """Who comes when too many are waiting is told to wait, in the log as on the screen."""
    patient = settings().model_copy(update={"worker_timeout": 60.0})
    async with open_ward(patient, published) as ward:
        residents = [await ward.resident() for _ in range(MAX_WAITING + 1)]
        with worker.held():
            waiting = [asyncio.create_task(who.say(KNOWN)) for who in residents[:-1]]
            await worker.wait_for_calls(MAX_WAITING)
            busy = await residents[-1].say(KNOWN)
        answered = await asyncio.gather(*waiting)
        trace, text = _trace(ward, residents[-1]), _notice(ward, "busy")

    assert ("busy", None, text) == (busy["outcome"], busy["zone"], busy["messages"][0]["text"])
    assert (trace["engine"], trace["reason"]) == ("none", "busy")
    assert {"answered"} == {turn["outcome"] for turn in answered}


async def test_phrase_that_is_no_longer_published_falls_back(
    ward: Ward, worker: FakeWorker
) -> None:
    """A response key that the published data does not have is answered as not understood."""
    worker.teach("あのね", "utter_phrase_of_yesterday")

    assert (await (await ward.resident()).say("あのね"))["outcome"] == "fallback"
