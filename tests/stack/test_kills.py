"""Whatever is killed whenever: what a resident was told is in the log, once, and as it was told."""

from __future__ import annotations

import os
import random
import secrets
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from .conftest import Launch
from .journals import (
    Follower,
    LogBook,
    as_shown,
    messages_in,
    replies_that_differ,
    times_logged,
    transcript_of,
    turns_counted,
)
from .product import ENGINE, FAKE_ENGINE, GATEWAY, Product, until
from .residents import Conversation, Resident, Said, Visitor

pytestmark = pytest.mark.stack

SEED = os.environ.get("KILL_SEED") or secrets.token_hex(4)
KILLS = int(os.environ.get("KILLS", "100"))
RESIDENTS = 4
SUPERVISOR = "supervisor"


@dataclass
class Run:
    """A run that is over: what was killed, what residents saw, what transcripts, streams and log say."""

    killed: list[str]
    conversations: list[Conversation]
    transcripts: dict[str, list[dict[str, object]]]
    repeated: dict[str, bytes]
    followers: list[Follower]
    log: LogBook


class Killer:
    """Kills one part after the other at moments that the seed draws."""

    def __init__(self, product: Product, residents: Sequence[Resident], seed: str) -> None:
        self._product, self._residents = product, residents
        self._random = random.Random(seed)
        self.killed: list[str] = []

    def kill_any(self, parts: Sequence[str], weights: Sequence[int], kills: int) -> None:
        """Kill at random; every other time only after each resident has been answered again."""
        while len(self.killed) < kills:
            if self._random.random() < 0.5:
                self.wait_for_replies()
            self.kill(self._random.choices(parts, weights)[0])

    def kill(self, part: str) -> None:
        """Kill a part within its next second."""
        if part != SUPERVISOR:
            self._product.wait_for(part)
        time.sleep(self._random.uniform(0.0, 1.0))
        if part == SUPERVISOR:
            self._replace_supervisor()
        else:
            _kill(self._product.pid_of(part))
        self.killed.append(part)

    def wait_for_replies(self) -> None:
        """Wait until every resident has got a reply that was not there before."""
        before = [resident.answered for resident in self._residents]
        until(
            lambda: all(r.answered > b for r, b in zip(self._residents, before, strict=True)),
            f"each resident is answered after {self.killed[-1:]}; {self._product.printed[-500:]}",
            60.0,
        )

    def _replace_supervisor(self) -> None:
        """Do what an init system does: start it again at once, and again if it ends."""
        old = self._product.processes()
        self._product.process.kill()
        self._product.process.wait(10)
        self._product.start()
        until(lambda: not old.keys() & self._product.processes().keys(), "no orphan is left")
        while self._product.process.poll() not in (None, 0):
            self._product.start()
            until(
                lambda: self._product.pid_of(GATEWAY) or self._product.process.poll() is not None,
                "the gateway starts",
            )


def _kill(pid: int | None) -> None:
    """Kill a process, unless it has just ended by itself."""
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


def start_residents(product: Product, seed: str) -> tuple[list[Resident], list[Follower]]:
    """Let residents write, and listen to the first conversation of each."""
    residents = [Resident(product.url, f"{seed}-{number}") for number in range(RESIDENTS)]
    for resident in residents:
        resident.start()
    followers = []
    for resident in residents:
        first = until(lambda: resident.conversations, "a conversation is open")[0]  # noqa: B023
        followers.append(Follower(product.url, first))
        followers[-1].start()
    return residents, followers


def finish(
    product: Product, killer: Killer, residents: list[Resident], followers: list[Follower]
) -> Run:
    """Let everybody end what is begun, ask for all that the counter has, and end the product."""
    product.wait_until_complete()
    for resident in residents:
        resident.stop()
        resident.join(60)
    conversations = [c for resident in residents for c in resident.conversations]
    visitor = Visitor(product.url)
    transcripts = {c.id: visitor.transcript(c) for c in conversations}
    for follower in followers:
        end = len(transcripts[follower.conversation.id])
        until(lambda: follower.last >= end, "the stream has caught up")  # noqa: B023
        follower.stop()
        follower.join(20)
    repeated = {c.id: visitor.send(c, next(iter(c.journal))).content for c in conversations}
    visitor.close()
    assert product.stop() == 0
    log = LogBook(product.data_dir)
    return Run(killer.killed, conversations, transcripts, repeated, followers, log)
