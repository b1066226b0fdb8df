"""However the product is ended, nothing of it is left; and one start under a rehearsal's clock."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.ledger.log import Record

from .conftest import Launch
from .journals import Line, LogBook
from .product import ENGINE, MAKE_RUN, READY, Product, until
from .residents import Visitor
from .ward_files import opening_words

pytestmark = pytest.mark.stack

CLOCK = datetime(2027, 4, 1, 8, 30, tzinfo=timezone(timedelta(hours=9)))
SIGNALS = [
    pytest.param(signal.SIGTERM, id="terminated"),
    pytest.param(signal.SIGINT, id="ctrl-c"),
    pytest.param(signal.SIGHUP, id="terminal-closed"),
]


def launch_half(launch: Launch) -> Product:
    """Start the product until the gateway answers; Rasa is still being imported then."""
    product = launch()
    product.wait_for(ENGINE)
    until(lambda: product.get("/healthz"), "the gateway answers")
    return product


def test_serve_is_not_ready_before_its_worker(launch: Launch) -> None:
    """While Rasa is imported the gateway lives, is not ready, gives the reason, and no URL is printed."""
    product = launch_half(launch)

    answer = product.get("/readyz")

    assert answer is not None
    expected = (503, {"status": "not ready", "reason": "dialogue worker: starting"})
    assert expected == (answer.status_code, answer.json())
    assert "http" not in product.printed


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_every_process(launch: Launch, number: signal.Signals) -> None:
    """After SIGTERM, Ctrl-C or a closed terminal `serve` ends with status 0 and leaves nothing."""
    product = launch_half(launch)

    status = product.stop(number)

    assert (status, product.processes()) == (0, {})


def test_no_orphan_is_left_while_rasa_is_imported(launch: Launch) -> None:
    """Killed before Rasa has even been imported, the supervisor takes its children with it."""
    product = launch_half(launch)

    product.process.kill()

    product.wait_until_gone()


def test_no_orphan_is_left_of_a_complete_product(launch: Launch) -> None:
    """Killed in full operation, the supervisor takes its children with it."""
    product = launch()
    product.wait_until_ready()

    product.process.kill()

    product.wait_until_gone()


@dataclass
class Rehearsal:
    """What `make run` under another clock printed, said, logged and left behind."""

    printed: str
    opening: list[Line]
    turn: dict[str, object]
    records: list[Record]
    left: dict[int, str]


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory, compiled: Path) -> Rehearsal:
    """Run `make run` under another clock, ask one question as soon as it is ready, and end it."""
    product = Product(
        tmp_path_factory.mktemp("rehearsal"), compiled, MAKE_RUN, MADOGUCHI_CLOCK=CLOCK.isoformat()
    )
    product.start()
    try:
        product.wait_until_ready()
        with Visitor(product.url) as visitor:
            conversation = visitor.open()
            turn = visitor.say(conversation, "児童手当の申請に必要なものは何ですか")
        product.stop(signal.SIGTERM)
        left = product.processes()
    finally:
        product.end()
    log = LogBook(product.data_dir)
    records = [*log.every()]
    log.close()
    return Rehearsal(product.printed, conversation.opening, turn, records, left)


def test_make_run_answers_as_soon_as_it_prints_the_url(rehearsal: Rehearsal) -> None:
    """The first question after the printed line has its full answer."""
    assert READY in rehearsal.printed
    assert rehearsal.turn["outcome"] == "answered"
    assert "notice" not in [message["type"] for message in rehearsal.turn["messages"]]


def test_sigterm_to_make_ends_every_process(rehearsal: Rehearsal) -> None:
    """Ending `make run` ends all that it started."""
    assert rehearsal.left == {}


def test_a_rehearsal_says_so_on_the_terminal_and_to_residents(rehearsal: Rehearsal) -> None:
    """The terminal names the time that was set, and a conversation begins with the notice."""
    notice = rehearsal.opening[0]

    assert f"練習用の時計です： {CLOCK}" in rehearsal.printed
    assert ("notice", opening_words("rehearsal")) == (notice["type"], notice["text"])


def test_a_rehearsal_is_logged_as_one_under_its_own_clock(rehearsal: Rehearsal) -> None:
    """The log says that the clock was set, and every record bears a time of that clock."""
    started = next(record for record in rehearsal.records if record.type == "service_started")
    times = [datetime.fromisoformat(record.at) for record in rehearsal.records]

    assert started.envelope["clock_shifted"] is True
    assert times == sorted(times)
    assert CLOCK <= times[0] <= times[-1] < CLOCK + timedelta(hours=1)
