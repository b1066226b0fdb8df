"""`madoguchi serve` with Rasa: what residents notice when a part dies, hangs and comes back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from .journals import Line, LogBook, as_shown, transcript_of
from .product import ENGINE, GATEWAY, READY, Product
from .residents import Conversation, Visitor
from .ward_files import opening_words

pytestmark = pytest.mark.stack

QUESTION = "児童手当の申請に必要なものは何ですか"
# The hung one first: the supervisor has patience with a worker that it has not yet seen alive.
FAULTS = [pytest.param(signal.SIGSTOP, id="hung"), pytest.param(signal.SIGKILL, id="killed")]
TOLD = {signal.SIGKILL: "終了しました（コード -9）", signal.SIGSTOP: "応答がないため止めました"}


@dataclass
class Incident:
    """What was seen before, while and after the worker failed."""

    fault: signal.Signals
    conversation: Conversation
    before: Mapping[str, Any]
    during: list[Mapping[str, Any]]
    after: Mapping[str, Any]
    ready_during: Mapping[str, Any]
    transcript: list[Line]
    engines: list[str]
    is_rid_of_worker: bool
    printed: str


@pytest.fixture(scope="module", params=FAULTS)
def incident(request: pytest.FixtureRequest, counter: Product) -> Incident:
    """Kill or stop the worker, ask meanwhile, wait for its successor, and ask again."""
    counter.wait_until_complete()
    printed_before = len(counter.printed)
    with Visitor(counter.url) as visitor:
        conversation = visitor.open()
        before = visitor.say(conversation, QUESTION)
        worker = counter.wait_for(ENGINE)
        os.kill(worker, request.param)
        during = [visitor.say(conversation, QUESTION) for _ in range(3)]
        ready = counter.get("/readyz")
        counter.wait_for(ENGINE, other_than=worker)
        counter.wait_until_complete()
        after = visitor.say(conversation, QUESTION)
        transcript = visitor.transcript(conversation)
    return Incident(
        fault=request.param,
        conversation=conversation,
        before=before,
        during=during,
        after=after,
        ready_during=ready.json() if ready else {},
        transcript=transcript,
        engines=engines_of(counter, conversation),
        is_rid_of_worker=worker not in counter.processes(),
        printed=counter.printed[printed_before:],
    )


def engines_of(product: Product, conversation: Conversation) -> list[str]:
    """Return from the log what answered each turn."""
    log = LogBook(product.data_dir)
    decisions = [record for record in log.of(conversation) if record.type == "decision"]
    log.close()
    return [decision.envelope["trace"]["engine"] for decision in decisions]


def is_reduced(turn: Mapping[str, Any]) -> bool:
    """Tell whether a turn begins with the notice that the search alone answers."""
    first = turn["messages"][0]
    is_notice: bool = first["type"] == "notice"
    return is_notice and first["text"].startswith(opening_words("reduced_service"))


@pytest.fixture
def visitor(counter: Product) -> Iterator[Visitor]:
    """Somebody who asks the complete counter."""
    counter.wait_until_complete()
    with Visitor(counter.url) as visitor:
        yield visitor


def test_serve_prints_the_url_at_which_it_answers(counter: Product, visitor: Visitor) -> None:
    """The line that says "ready" holds the URL, and there a question gets its answer from Rasa."""
    turn = visitor.say(visitor.open(), QUESTION)

    assert f"{READY}： {counter.url}/" in counter.printed
    assert (
        f"管理者を登録するリンク（30分、1回だけ）： {counter.url}/staff/invitation/"
        in counter.printed
    )
    assert (turn["answer"]["service"], turn["answer"]["topic"]) == ("jido_teate", "documents")
    assert not is_reduced(turn)


def test_search_answers_while_the_worker_is_away(incident: Incident) -> None:
    """Each turn meanwhile is answered all the same, from search, as the log records."""
    answers = [turn["answer"] for turn in incident.during]

    assert [(a["service"], a["topic"]) for a in answers] == [("jido_teate", "documents")] * 3
    assert incident.engines == ["rasa", "search", "search", "search", "rasa"]


def test_a_notice_says_that_only_search_answers(incident: Incident) -> None:
    """Residents are told of the reduced service while it lasts, and not before or after."""
    turns = [incident.before, *incident.during, incident.after]

    assert [is_reduced(turn) for turn in turns] == [False, True, True, True, False]


def test_readiness_tells_that_the_worker_is_away(incident: Incident) -> None:
    """The counter stays ready without its worker, and says that it is reduced to search."""
    assert incident.ready_during == {"status": "ready", "worker": "down: search only"}


def test_nothing_is_lost_with_the_worker(incident: Incident) -> None:
    """The transcript holds every turn before, during and after, each once."""
    assert transcript_of(incident.conversation) == [as_shown(line) for line in incident.transcript]


def test_the_worker_is_replaced_by_itself(incident: Incident) -> None:
    """The supervisor ends a hung worker, starts another in place of the old, and says why."""
    assert incident.is_rid_of_worker
    assert f"対話エンジン：{TOLD[incident.fault]}。起動し直します\n" == incident.printed


def test_a_conversation_goes_on_after_the_gateway_was_killed(
    counter: Product, visitor: Visitor
) -> None:
    """The same token, transcript and stored reply are good at the gateway's successor."""
    conversation = visitor.open()
    visitor.say(conversation, QUESTION)
    (said, shown) = next(iter(conversation.journal.items()))
    gateway = counter.wait_for(GATEWAY)

    os.kill(gateway, signal.SIGKILL)
    counter.wait_for(GATEWAY, other_than=gateway)
    counter.wait_until_complete()
    visitor.say(conversation, QUESTION)

    assert shown[0] == visitor.send(conversation, said).content
    transcript = [as_shown(line) for line in visitor.transcript(conversation)]
    assert transcript_of(conversation) == transcript
