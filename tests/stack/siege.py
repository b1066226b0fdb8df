"""A run under kills: residents write, parts are killed, and in the end everybody compares notes."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from .journals import Follower, Line, LogBook
from .product import GATEWAY, PATIENCE, Product, until
from .residents import Conversation, Resident, Visitor

SUPERVISOR = "supervisor"
_RESIDENTS = 4


class Siege:
    """A product, those who write to it and listen to it, and what has been killed so far."""

    def __init__(self, product: Product, seed: str) -> None:
        self.product = product
        self.killed: list[str] = []
        self.residents = [Resident(product.url, f"{seed}-{n}") for n in range(_RESIDENTS)]
        self.followers: list[Follower] = []
        self._random = random.Random(seed)

    @property
    def conversations(self) -> list[Conversation]:
        """Return every conversation of every resident."""
        return [c for resident in self.residents for c in resident.conversations]

    def let_them_write(self) -> None:
        """Start the residents, and listen to the first conversation of each."""
        for resident in self.residents:
            resident.start()
        for resident in self.residents:
            first = until(partial(getattr, resident, "conversations"), "it is open")[0]
            self.followers.append(Follower(self.product.url, first))
            self.followers[-1].start()

    def kill_any(self, weights: dict[str, int], kills: int) -> None:
        """Kill what runs; every other time only once all residents have been answered again."""
        while len(self.killed) < kills:
            if self._random.random() < 0.5:
                self.wait_for_replies()
            time.sleep(self._random.uniform(0.0, 0.8))
            self.kill(self._random.choices(list(weights), list(weights.values()))[0])

    def kill_each(self, parts: Sequence[str]) -> None:
        """Kill the parts in a random order, each while all the others run and residents write."""
        for part in self._random.sample(parts, len(parts)):
            self.product.wait_until_complete()
            self.wait_for_replies()
            time.sleep(self._random.uniform(0.0, 0.8))
            until(partial(self.kill, part), f"{part} runs and is killed")

    def kill(self, part: str) -> bool:
        """Kill a part now, unless it is away; a killed supervisor is replaced, the rest is its work."""
        before = self.product.processes()
        pid = self._pid_of(part)
        if not pid:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.killed.append(part)
        if part == SUPERVISOR:
            self._replace_supervisor(before)
        return True

    def wait_for_replies(self) -> None:
        """Wait until every resident has got a reply that was not there before."""
        before = {resident: resident.answered for resident in self.residents}
        until(
            lambda: all(resident.answered > count for resident, count in before.items()),
            f"each resident is answered after {self.killed[-1:]}",
        )

    def finish(self) -> None:
        """Let everybody end what is begun."""
        self.product.wait_until_complete()
        for resident in self.residents:
            resident.stop()
            resident.join(PATIENCE)

    def give_up(self) -> None:
        """End everybody, whatever they wait for."""
        for resident in self.residents:
            resident.give_up()
        for follower in self.followers:
            follower.stop()
        for thread in (*self.residents, *self.followers):
            thread.join(PATIENCE)

    def _pid_of(self, part: str) -> int | None:
        return self.product.process.pid if part == SUPERVISOR else self.product.pid_of(part)

    def _replace_supervisor(self, orphans: dict[int, str]) -> None:
        """Start it again at once, as an init system does, and again if it finds the port taken."""
        self.product.process.wait(PATIENCE)
        self.product.start()
        until(lambda: not orphans.keys() & self.product.processes().keys(), "no orphan is left")
        while not self._gateway_has_started():
            self.product.start()

    def _gateway_has_started(self) -> bool:
        process = self.product.process
        until(lambda: self.product.pid_of(GATEWAY) or process.poll() is not None, "it starts")
        return process.poll() is None


class Outcome:
    """A run that is over: what residents were shown, and what the counter has of it."""

    def __init__(self, siege: Siege, visitor: Visitor) -> None:
        self.killed = siege.killed
        self.conversations = siege.conversations
        self.transcripts = {c.id: visitor.transcript(c) for c in self.conversations}
        self.asked_again = {
            c.id: visitor.send_again(c, next(iter(c.journal))) for c in self.conversations
        }
        self.heard = {f.conversation.id: self._all_of(f) for f in siege.followers}
        self.log: LogBook

    def _all_of(self, follower: Follower) -> list[Line]:
        end = len(self.transcripts[follower.conversation.id])
        until(lambda: follower.last >= end, "the event stream has caught up")
        return follower.heard


@contextmanager
def besieged(product: Product, seed: str) -> Iterator[Siege]:
    """Let residents write for the length of the block; leaves none of them behind."""
    siege = Siege(product, seed)
    product.start()
    try:
        product.wait_until_complete()
        siege.let_them_write()
        yield siege
    finally:
        siege.give_up()
        product.end()


def compare_notes(siege: Siege) -> Outcome:
    """End the run, ask the counter for all that it has, end the product and open its log."""
    siege.finish()
    with Visitor(siege.product.url) as visitor:
        outcome = Outcome(siege, visitor)
    siege.give_up()
    assert siege.product.stop() == 0
    outcome.log = LogBook(siege.product.data_dir)
    return outcome
