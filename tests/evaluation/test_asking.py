"""Asking: the real gateway with the fake worker behind it, over TCP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.dialogue.published import Published
from bot.evaluation.asking import AskFailed, HttpAsk, Reply, ask_all
from bot.evaluation.product import _serving, reduced_notice
from bot.evaluation.rows import Row
from bot.web.settings import Settings
from tests.support.fake_worker import FakeWorker
from tests.support.ward import KNOWN

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def url(settings: Callable[..., Settings]) -> Iterator[str]:
    with _serving(settings()) as address:
        yield address


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def ask(url: str, published: Published, naps: list[float]) -> Iterator[HttpAsk]:
    with HttpAsk(url, reduced_notice(published.catalogue), sleep=naps.append) as asking:
        yield asking


def test_every_row_is_asked_in_a_conversation_of_its_own(ask: HttpAsk, worker: FakeWorker) -> None:
    """The state of one question never reaches the next; the answers come in the order of the rows."""
    worker.teach("甲の問い", "utter_faq/jido_teate.amount", ("jido_teate.amount",))
    worker.teach("乙の問い", "utter_faq/juminhyo.amount", ("juminhyo.amount",))

    done = ask_all(ask, [Row("甲の問い"), Row("乙の問い")])

    assert [one.reply and one.reply.answers for one in done] == [
        ("jido_teate.amount",),
        ("juminhyo.amount",),
    ]
    assert worker.calls[0]["state"] == worker.calls[1]["state"]


def test_what_was_said_before_is_said_first(ask: HttpAsk, worker: FakeWorker) -> None:
    """Of a conversation the last turn is scored."""
    worker.teach("次", "utter_faq/juminhyo.amount", ("juminhyo.amount",))

    (done,) = ask_all(ask, [Row("次", before=(KNOWN,))])

    assert [call["text"] for call in worker.calls] == [KNOWN, "次"]
    assert done.reply is not None
    assert done.reply.candidates == ("juminhyo.amount",)


def test_an_answer_of_the_search_is_asked_again(
    ask: HttpAsk, worker: FakeWorker, naps: list[float]
) -> None:
    """The understanding is measured, not what stands in for it; in the end the row has no reply."""
    worker.respond_instead(500)

    (done,) = ask_all(ask, [Row(KNOWN)])

    assert done.reply is None
    assert "search answered instead" in done.failure
    assert len(naps) == 8


def test_an_address_that_asks_too_fast_waits(
    settings: Callable[..., Settings], published: Published, naps: list[float]
) -> None:
    """A status 429 is waited for as long as the gateway says, and no longer than eight times."""
    notice = reduced_notice(published.catalogue)
    with (
        _serving(settings(address_rate=1)) as url,
        HttpAsk(url, notice, sleep=naps.append) as ask,
    ):
        first, second = ask_all(ask, [Row(KNOWN), Row(KNOWN)])

    assert first.reply is not None
    assert second.failure == "still 429 after 8 tries"
    assert naps
    assert all(1 <= nap <= 30 for nap in naps)


def test_nobody_at_the_address_is_a_failure_of_each_row(naps: list[float]) -> None:
    """The run goes on; each row says why."""
    with HttpAsk("http://127.0.0.1:9", "", sleep=naps.append) as ask:
        done = ask_all(ask, [Row("a"), Row("b")])

    assert [one.failure for one in done] == ["ConnectError", "ConnectError"]


def test_a_status_that_waiting_does_not_mend_is_a_failure(url: str) -> None:
    """A wrong address on a living server is told with its status."""
    with HttpAsk(f"{url}/nowhere", "") as ask, pytest.raises(AskFailed, match="status 404"):
        ask(["a"])


@pytest.mark.parametrize(
    "turn", [{}, {"outcome": "x", "candidates": [{}]}, {"outcome": "x", "answer": 1}]
)
def test_what_is_no_turn_is_a_failure(turn: Mapping[str, Any]) -> None:
    """A server of another kind does not end the run."""

    def ask(messages: Sequence[str]) -> Mapping[str, Any]:
        return turn

    (done,) = ask_all(ask, [Row("a")])

    assert done.reply is None
    assert done.failure.startswith("not a turn")


def test_a_reply_holds_every_answer_once_and_every_option() -> None:
    """A counter may answer two questions in one turn."""
    side = {"service": "a", "topic": "amount"}
    options = {"type": "options", "options": [{"title": "x", "payload": "answer:b.amount"}]}

    reply = Reply.of(
        {"outcome": "answered", "answer": side, "answers": [side], "messages": [options]}
    )

    assert reply == Reply("answered", ("a.amount",), (), ("answer:b.amount",))
