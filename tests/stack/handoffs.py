"""Residents who ask for a person, and agents who come, while the gateway is killed between the two.

A desk over HTTP needs signed-in staff; here an agent works on the database itself, as another gateway
beside the killed one would, so that what is held against each other is the log and what residents saw.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
import uuid
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from bot.dialogue.counter import Counter
from bot.dialogue.desk import Agent, Desk, DeskError
from bot.dialogue.following import Live
from bot.dialogue.person.keeping import Keeper
from bot.dialogue.person.transactions import Transactions
from bot.dialogue.published import Published
from bot.dialogue.worker import Worker
from bot.ledger.log import Record
from bot.ledger.opening import open_log
from bot.store.bus import Bus
from bot.store.clock import Clock
from bot.store.database import Database

from .product import GATEWAY, PATIENCE, Product, until
from .residents import Conversation, opened

QUESTIONS = ("児童手当はいくらですか", "私の場合、受けられますか", "𠮷野です㈱", "もう死にたい")
AGENTS = (Agent("sato", "佐藤", ()), Agent("suzuki", "鈴木", ()))


class OtherDesk:
    """The desk of a second gateway on the same database."""

    def __init__(self, data_dir: Path, data: Path) -> None:
        self._database = Database(f"sqlite:///{data_dir / 'madoguchi.db'}")
        self.log = open_log(self._database, data_dir)
        live, clock, bus = Live(Published.from_folder(data)), Clock(), Bus()
        parts = (self._database, self.log, bus)
        counter = Counter(*parts, Worker("", "", 1.0), live, clock)
        transactions = Transactions(*parts, live, clock, counter)
        self.desk = Desk(transactions, Keeper(transactions, timedelta(minutes=10)))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, act: Coroutine[Any, Any, Any]) -> Any:
        """Do something at the desk, for whichever thread asks."""
        return asyncio.run_coroutine_threadsafe(act, self._loop).result(PATIENCE)

    def records(self, conversation: Conversation) -> list[Record]:
        """Return the log of a conversation, opened."""
        with self._database.read() as connection:
            return self.log.of_conversation(connection, conversation.id)

    def close(self) -> None:
        """Close the database."""
        self.do(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()
        self._database.close()


@dataclass
class Run:
    """One resident from the first question to the person's reply, and what each of them knows of it."""

    seed: str
    conversation: Conversation
    shown: list[dict[str, Any]] = field(default_factory=list)
    sent: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    reference: str = ""
    after_claim: list[dict[str, Any]] = field(default_factory=list)


_AT_ONCE = 8


class Ordeal:
    """Runs, several at a time, each with one kill of its own at a moment that its seed decides.

    The kills of the others come at any moment of it, too.
    """

    def __init__(self, product: Product, desk: OtherDesk) -> None:
        self._product, self._desk = product, desk
        self._http = httpx.Client(base_url=product.url, timeout=30.0, trust_env=False)
        self.kills = 0

    def all(self, seeds: Sequence[str]) -> list[Run]:
        """Make every run."""
        with ThreadPoolExecutor(_AT_ONCE) as residents:
            return list(residents.map(self.run, seeds))

    def run(self, seed: str) -> Run:
        """Ask, kill, wait for a person, and let both talk; every request is repeated until it is taken."""
        chance = random.Random(seed)
        run = Run(seed, opened(self._until_taken("POST", "/api/v1/conversations", {}, {})))
        moment = chance.randrange(4)
        self._say(run, chance.choice(QUESTIONS), dies=moment == 0, chance=chance)
        self._wish(run, dies=moment == 1, chance=chance)
        agent = chance.choice(AGENTS)
        handoff = self._claimed(run, agent)
        self._say(run, chance.choice(QUESTIONS), dies=moment == 2, chance=chance, is_after=True)
        self._reply(run, agent, handoff, dies=moment == 3)
        self._say(run, "ありがとう", dies=False, chance=chance, is_after=True)
        run.shown = self._transcript(run)
        self._desk.do(self._desk.desk.claim(agent, handoff))
        self._desk.do(self._desk.desk.close(agent, handoff, "answered"))
        return run

    def _claimed(self, run: Run, agent: Agent) -> str:
        """Let both agents try; exactly one gets it."""
        rows = self._desk.do(self._desk.desk.queue(agent))
        handoff = next(row["id"] for row in rows if row["reference"] == run.reference)
        self._desk.do(self._desk.desk.claim(agent, handoff))
        (other,) = (one for one in AGENTS if one != agent)
        try:
            self._desk.do(self._desk.desk.claim(other, handoff))
        except DeskError as error:
            run.said.append(error.code)
        return str(handoff)

    def _reply(self, run: Run, agent: Agent, handoff: str, *, dies: bool) -> None:
        """Send a reply twice under one id, the gateway perhaps killed in between.

        Many kills at once can take longer than a lease: then the desk claims anew, as its page does.
        """
        message_id, text = str(uuid.uuid4()), f"返事 {run.seed}"
        self._desk.do(self._desk.desk.claim(agent, handoff))
        first = self._desk.do(self._desk.desk.reply(agent, handoff, message_id, text))
        if dies:
            self._kill()
        again = self._desk.do(self._desk.desk.reply(agent, handoff, message_id, text))
        run.said.append("once" if first == again else "twice")

    def _say(
        self, run: Run, text: str, *, dies: bool, chance: random.Random, is_after: bool = False
    ) -> None:
        message_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        run.sent[message_id] = text
        body = {"client_message_id": message_id, "text": text}
        turn = self._taken_despite(run, "turns", body, dies, chance)
        if is_after:
            run.after_claim.append(turn)

    def _wish(self, run: Run, *, dies: bool, chance: random.Random) -> None:
        message_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        run.sent[message_id] = ""
        body = {"client_message_id": message_id}
        turn = self._taken_despite(run, "handoff", body, dies, chance)
        run.reference = turn["handoff"]["reference"]

    def _taken_despite(
        self, run: Run, path: str, body: dict[str, Any], dies: bool, chance: random.Random
    ) -> dict[str, Any]:
        """Send a request; a kill comes while it is under way or right after it, and it is sent again."""
        where = f"{run.conversation.path}/{path}"
        if dies:
            self._send_and_die(where, body, run, chance)
        answer = self._until_taken("POST", where, body, run.conversation.headers)
        return dict(answer.json())

    def _send_and_die(
        self, where: str, body: dict[str, Any], run: Run, chance: random.Random
    ) -> None:
        with httpx.Client(base_url=self._product.url, trust_env=False) as http:
            wait = chance.choice((0.001, 0.01, 0.05, 5.0))
            # Given up early, as on a lost network: the gateway is killed at whatever it is doing.
            with suppress(httpx.TransportError):
                http.post(where, json=body, headers=run.conversation.headers, timeout=wait)
        self._kill()

    def _kill(self) -> None:
        pid = self._product.wait_for(GATEWAY)
        with suppress(ProcessLookupError):  # another run's kill was quicker
            os.kill(pid, signal.SIGKILL)
            self.kills += 1

    def _transcript(self, run: Run) -> list[dict[str, Any]]:
        path = f"{run.conversation.path}/messages"
        answer = self._until_taken("GET", path, None, run.conversation.headers)
        return list(answer.json()["messages"])

    def _until_taken(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> httpx.Response:
        def taken() -> httpx.Response | None:
            try:
                answer = self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                return None
            if answer.is_success:
                return answer
            assert answer.status_code in (429, 503), answer.text
            return None

        return until(taken, f"{method} {path} is taken")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def wrongs(run: Run, records: list[Record]) -> list[str]:
    """Return everything about a run that must not be: lost, doubled, misdelivered, or the bot speaking."""
    found = []
    seqs = [line["seq"] for line in run.shown]
    if seqs != list(range(1, len(seqs) + 1)):
        found.append(f"numbers {seqs}")
    said = [r for r in records if r.type == "resident_message"]
    ids = [r.envelope["client_message_id"] for r in said]
    if sorted(ids) != sorted(run.sent):
        found.append(f"messages {len(ids)} of {len(run.sent)}")
    for record in said:
        text = run.sent.get(record.envelope["client_message_id"], "")
        if record.sealed["raw"] not in ("", text):
            found.append("another's words")
    replies = [line["text"] for line in run.shown if line["role"] == "agent"]
    if replies != [f"返事 {run.seed}"]:
        found.append(f"replies {replies}")
    types = [record.type for record in records]
    lost = types.count("handoff_released")
    for name, times in (
        ("handoff_requested", 1),
        ("handoff_claimed", 1 + lost),
        ("staff_message", 1),
    ):
        if types.count(name) != times:
            found.append(f"{name} {types.count(name)} times")
    if "bot_message" in types[types.index("handoff_claimed") :]:
        found.append("the bot spoke after the claim")
    if {turn["outcome"] for turn in run.after_claim} - {"human", "emergency"}:
        found.append("an answer of the bot's")
    if run.said != ["claimed_by_other", "once"]:
        found.append(f"claim and reply {run.said}")
    return found
