"""Who may speak: the table of moves, and whole lives of conversations drawn by chance on a real database."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.dialogue.conversations import CounterError, TurnRequest
from bot.dialogue.counter import Counter
from bot.dialogue.desk import Agent, Desk, DeskError
from bot.dialogue.following import Live
from bot.dialogue.person.keeping import Keeper
from bot.dialogue.person.transactions import Transactions
from bot.dialogue.published import Published
from bot.dialogue.worker import Worker
from bot.handoff import queue, states
from bot.handoff.states import BOT, CLOSED, HUMAN, MOVES, WAITING, WrongMove
from bot.ledger.opening import open_log
from bot.store.bus import Bus
from bot.store.database import Database

from .people import OFFICE_HOURS, SATO, SUZUKI, HandClock

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TEXTS = st.sampled_from(
    ["児童手当の申請に必要なものは何ですか", "もう死にたい", "ｗｗｗ", "こんにちは"]
)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", [BOT, WAITING, HUMAN, CLOSED])
def test_a_move_leads_where_the_table_says_or_nowhere(state: str, move: str) -> None:
    """Every pair is either allowed, with one target, or refused by name."""
    if state in MOVES[move].sources:
        assert MOVES[move].target == states.after(state, move)
    else:
        with pytest.raises(WrongMove, match=move):
            states.after(state, move)


def test_nothing_leads_out_of_closed_and_only_four_states_exist() -> None:
    """A closed conversation stays closed; a person comes only over the queue."""
    assert not [move for move in MOVES.values() if CLOSED in move.sources]
    assert {BOT, WAITING, HUMAN, CLOSED} == {m.target for m in MOVES.values()} | {BOT}
    assert [m.sources for m in MOVES.values() if m.target == HUMAN] == [frozenset({WAITING})]


class Life(RuleBasedStateMachine):
    """Residents and agents do what they like in any order; what must never happen never does."""

    published: Published

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory()
        self._ids = iter(range(10**6))
        self._model = BOT
        self._had_person = False
        self._refusals: set[str] = set()

    @initialize()
    def open(self) -> None:
        """Open one conversation."""
        folder = Path(self._folder.name)
        self._database = Database(f"sqlite:///{folder / 'm.db'}")
        self._database.migrate()
        log, bus, live = open_log(self._database, folder), Bus(), Live(self.published)
        self._clock, self._log = HandClock(OFFICE_HOURS), log
        worker = Worker("", "", 1.0)
        parts = (self._database, log, bus)
        self._counter = Counter(*parts, worker, live, self._clock)
        transactions = Transactions(*parts, live, self._clock, self._counter)
        self._keeper = Keeper(transactions, timedelta(minutes=10))
        self._desk = Desk(transactions, self._keeper)
        opened = self._do(self._counter.open("ja", ""))
        self._id = opened["conversation_id"]
        self._conversation = self._do(self._counter.admit(self._id, opened["token"]))

    def teardown(self) -> None:
        """Close what was opened."""
        if hasattr(self, "_database"):
            self._database.close()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self._folder.cleanup()

    def _do(self, awaitable: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(awaitable)

    def _handoff(self) -> str:
        with self._database.read() as connection:
            newest = queue.listed(connection, (), ("waiting", "claimed", "callback"))
        return newest[-1].id if newest else "none"

    def _turn(self, **said: Any) -> bytes | None:
        request = TurnRequest(f"m{next(self._ids)}", **said)
        try:
            return bytes(self._do(self._counter.take(self._conversation, request)))
        except CounterError as error:
            self._refusals.add(error.code)
            return None

    def _agent(self, act: Coroutine[Any, Any, Any]) -> bool:
        try:
            self._do(act)
        except DeskError:
            return False
        return True

    @rule(text=TEXTS)
    def say(self, text: str) -> None:
        """A message; in a person's hands it never brings an answer of the bot's."""
        reply = self._turn(text=text)
        assert (reply is None) is (self._model == CLOSED)

    @rule()
    def wish(self) -> None:
        """A wish for a person."""
        self._turn(choice="phrase:person")
        if self._model == BOT:
            self._model, self._had_person = WAITING, False

    @rule()
    def withdraw(self) -> None:
        """Taking it back counts while waiting only."""
        if self._turn(choice="handoff:withdraw") and self._model == WAITING:
            self._model, self._had_person = BOT, False

    @rule()
    def leave_contact(self) -> None:
        """A request to be called back ends the waiting."""
        contact = {"name": "山田", "phone": "090-1234-5678", "email": "", "preferred": ""}
        taken = self._turn(choice="handoff:callback", contact=contact)
        assert (taken is not None) is (self._model in (BOT, WAITING))
        if taken:
            self._model, self._had_person = BOT, False

    @rule(agent=st.sampled_from([SATO, SUZUKI]))
    def claim(self, agent: Agent) -> None:
        """A claim counts while somebody waits (or the own one is kept)."""
        if self._agent(self._desk.claim(agent, self._handoff())):
            assert self._model in (WAITING, HUMAN)
            self._model, self._had_person = HUMAN, True

    @rule(agent=st.sampled_from([SATO, SUZUKI]))
    def reply(self, agent: Agent) -> None:
        """A person speaks only while having the conversation."""
        said = self._desk.reply(agent, self._handoff(), f"r{next(self._ids)}", "はい")
        if self._agent(said):
            assert self._model == HUMAN

    @rule(agent=st.sampled_from([SATO, SUZUKI]))
    def hand_back(self, agent: Agent) -> None:
        """The bot speaks again only from here."""
        if self._agent(self._desk.hand_back(agent, self._handoff())):
            assert self._model == HUMAN
            self._model, self._had_person = BOT, False

    @rule(agent=st.sampled_from([SATO, SUZUKI]))
    def transfer(self, agent: Agent) -> None:
        """Passed on to whoever is at the desk."""
        if self._agent(self._desk.transfer(agent, self._handoff(), section="sogo_annai")):
            assert self._model == HUMAN
            self._model = WAITING

    @precondition(lambda self: self._model == HUMAN)
    @rule()
    def lose(self) -> None:
        """Nothing is heard from the desk for a minute."""
        self._clock.move(seconds=61)
        self._do(self._keeper.sweep())
        self._model = WAITING

    @precondition(lambda self: self._model == HUMAN)
    @rule(agent=st.sampled_from([SATO, SUZUKI]))
    def close(self, agent: Agent) -> None:
        """The end, with a result."""
        if self._agent(self._desk.close(agent, self._handoff(), "answered")):
            self._model = CLOSED

    @invariant()
    def state_is_the_models(self) -> None:
        """The database says what the moves so far lead to, and the handoff agrees with it."""
        if not hasattr(self, "_database"):
            return
        standing = self._do(self._counter.standing(self._id))
        with self._database.read() as connection:
            handoff = queue.open_of(connection, self._id)
        assert standing["state"] == self._model
        assert (handoff.state if handoff else None) == {
            BOT: None,
            WAITING: "waiting",
            HUMAN: "claimed",
            CLOSED: None,
        }[self._model]
        if handoff:
            assert handoff.was_claimed is self._had_person

    @invariant()
    def refusals_are_known(self) -> None:
        """What is refused is refused because the conversation ended, was never offered, or has a person."""
        assert self._refusals <= {"conversation_ended", "not_offered", "callback_not_now"}

    @invariant()
    def bot_is_silent_after_a_claim(self) -> None:
        """Between a claim and the next hand-back, withdrawal or call-back there is no answer of the bot's."""
        if not hasattr(self, "_database"):
            return
        with self._database.read() as connection:
            records = self._log.of_conversation(connection, self._id)
        seqs = [record.seq for record in records if record.seq is not None]
        assert seqs == list(range(1, len(seqs) + 1))
        is_silent = False
        for record in records:
            if record.type == "handoff_claimed":
                is_silent = True
            assert not (
                is_silent and record.type == "bot_message" and not _ends_with(records, record)
            )
            if record.type in ("handoff_handed_back", "handoff_withdrawn", "callback_requested"):
                is_silent = False


def _ends_with(records: list[Any], message: Any) -> bool:
    """Tell whether the turn of a message is the resident's own end of waiting."""
    after = records[records.index(message) :]
    following = next((r.type for r in after if r.type != "bot_message"), "")
    return following in ("handoff_withdrawn", "callback_requested")


@pytest.fixture(scope="module", autouse=True)
def _published(published: Published) -> None:
    """Give every life the shipped data."""
    Life.published = published


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
