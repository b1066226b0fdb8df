"""The client, in a process of its own: the same loop for every server.

usage: python -m bench.load < job.json > result.json

Closed loop: each client asks its next question when it has the answer to the last one. After a few
questions it begins a new conversation, as residents do; what that costs the server is counted, too.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol
from uuid import uuid4

import httpx

from bench.servers import cpu_seconds, machine_cpu_seconds, memory, processors
from bot.training import ROOT

_TIMEOUT_SECONDS = 30.0


class LoadFailed(Exception):
    """The client could not do its job; the text holds its last line."""


@dataclass(frozen=True)
class Job:
    """What to do: against which server, with how many clients, for how long; or ask each thing once."""

    kind: str
    url: str
    root_pid: int
    questions: Sequence[str]
    clients: int = 1
    warm_up: float = 0.0
    seconds: float = 0.0
    turns_per_conversation: int = 5
    once: bool = False
    reduced_notice: str = ""


@dataclass(frozen=True)
class Reply:
    """An answer as the client saw it; ``problem`` is empty if the server really answered.

    ``best`` is Madoguchi's first candidate (``service.topic``), ``shown`` what the resident reads: its key
    from Madoguchi, its text from Rasa, which names nothing else.
    """

    best: str = ""
    shown: str = ""
    problem: str = ""


class Chat(Protocol):
    """One resident's side of one conversation at a time."""

    async def open(self) -> None:
        """Begin a new conversation."""

    async def ask(self, text: str) -> Reply:
        """Send one message and wait for the answer."""


class MadoguchiChat:
    """Speaks the resident API (``/api/v1``)."""

    def __init__(self, http: httpx.AsyncClient, job: Job) -> None:
        self._http, self._reduced = http, job.reduced_notice
        self._path, self._headers = "", {"Authorization": ""}

    async def open(self) -> None:
        response = await self._http.post("/api/v1/conversations", json={"locale": "ja"})
        body = response.raise_for_status().json()
        self._path = f"/api/v1/conversations/{body['conversation_id']}/turns"
        self._headers = {"Authorization": f"Bearer {body['token']}"}

    async def ask(self, text: str) -> Reply:
        body = {"client_message_id": str(uuid4()), "text": text}
        response = await self._http.post(self._path, json=body, headers=self._headers)
        if response.status_code != 200:
            return Reply(problem=f"HTTP {response.status_code}")
        turn = response.json()
        if turn["outcome"] == "busy" or turn["messages"][0]["text"] == self._reduced:
            return Reply(problem="answered without the engine")
        answer, candidates = turn["answer"], turn["candidates"]
        return Reply(
            best=_key(candidates[0]) if candidates else "", shown=_key(answer) if answer else ""
        )


class RestChat:
    """Speaks Rasa's REST channel, which answers 200 and an empty list when a turn failed."""

    def __init__(self, http: httpx.AsyncClient, job: Job) -> None:
        self._http, self._sender = http, ""

    async def open(self) -> None:
        self._sender = uuid4().hex

    async def ask(self, text: str) -> Reply:
        body = {"sender": self._sender, "message": text}
        response = await self._http.post("/webhooks/rest/webhook", json=body)
        if response.status_code != 200:
            return Reply(problem=f"HTTP {response.status_code}")
        messages = [message.get("text", "") for message in response.json()]
        return Reply(shown="\n\n".join(messages), problem="" if messages else "empty answer")


_CHATS: dict[str, type[MadoguchiChat] | type[RestChat]] = {
    "madoguchi": MadoguchiChat,
    "rest": RestChat,
}


@dataclass
class Tally:
    """What the clients have seen since it was last emptied."""

    turns: list[float] = field(default_factory=list)
    openings: list[float] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)

    def empty(self) -> None:
        """Start counting anew."""
        self.turns, self.openings, self.problems = [], [], Counter()


@dataclass(frozen=True)
class Snapshot:
    """Clocks read at one moment: wall, the server's CPU, the client's own, the whole machine's."""

    wall: float
    server: float
    client: float
    machine: float

    @classmethod
    def of(cls, root_pid: int) -> Snapshot:
        """Read them all."""
        return cls(
            time.perf_counter(),
            cpu_seconds(root_pid),
            time.process_time(),
            machine_cpu_seconds(),
        )


async def run_job(job: Job) -> dict[str, Any]:
    """Do one job; the result is plain data."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=job.url, timeout=_TIMEOUT_SECONDS, limits=limits, trust_env=False
    ) as http:
        return await (_ask_once(http, job) if job.once else _measure(http, job))


async def _ask_once(http: httpx.AsyncClient, job: Job) -> dict[str, Any]:
    """Ask every question once, each in a conversation of its own."""
    chat = _CHATS[job.kind](http, job)
    replies = []
    for question in job.questions:
        await chat.open()
        replies.append(asdict(await chat.ask(question)))
    return {"replies": replies}


async def _measure(http: httpx.AsyncClient, job: Job) -> dict[str, Any]:
    """Keep the clients going; count only what is finished between the two snapshots."""
    tally, questions = Tally(), itertools.cycle(job.questions)
    chats = [_CHATS[job.kind](http, job) for _ in range(job.clients)]
    clients = [asyncio.create_task(_keep_asking(c, job, questions, tally)) for c in chats]
    await asyncio.sleep(job.warm_up)
    before = Snapshot.of(job.root_pid)
    tally.empty()
    await asyncio.sleep(job.seconds)
    after = Snapshot.of(job.root_pid)
    result = _window(tally, before, after, job)
    for client in clients:
        client.cancel()
    for ended in await asyncio.gather(*clients, return_exceptions=True):
        if not isinstance(ended, asyncio.CancelledError):
            raise RuntimeError("a client ended by itself") from ended
    return result


async def _keep_asking(chat: Chat, job: Job, questions: Iterator[str], tally: Tally) -> None:
    while True:
        try:
            await _converse(chat, job, questions, tally)
        except httpx.HTTPError as error:
            tally.problems[type(error).__name__] += 1
            await asyncio.sleep(0.1)


async def _converse(chat: Chat, job: Job, questions: Iterator[str], tally: Tally) -> None:
    """Hold one conversation."""
    started = time.perf_counter()
    await chat.open()
    tally.openings.append(time.perf_counter() - started)
    for _ in range(job.turns_per_conversation):
        started = time.perf_counter()
        reply = await chat.ask(next(questions))
        tally.turns.append(time.perf_counter() - started)
        if reply.problem:
            tally.problems[reply.problem] += 1


def _window(tally: Tally, before: Snapshot, after: Snapshot, job: Job) -> dict[str, Any]:
    """Sum one window up; times in milliseconds, shares of all processors from 0 to 1."""
    wall, turns = after.wall - before.wall, len(tally.turns)
    server, client = after.server - before.server, after.client - before.client
    capacity = wall * processors()
    others = after.machine - before.machine - server - client
    held = memory(job.root_pid)
    return {
        "turns": turns,
        "seconds": round(wall, 3),
        "turns_per_second": round(turns / wall, 3),
        **{f"p{p}_ms": round(percentile(tally.turns, p) * 1000, 2) for p in (50, 95, 99)},
        "cpu_ms_per_turn": round(server * 1000 / max(1, turns), 3),
        "openings": len(tally.openings),
        "opening_p50_ms": round(percentile(tally.openings, 50) * 1000, 2),
        "rss_mb": round(held.rss, 1),
        "pss_mb": round(held.pss, 1),
        "client_share": round(client / capacity, 3),
        "other_share": round(max(0.0, others) / capacity, 3),
        "problems": dict(tally.problems),
    }


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile; 0.0 of nothing."""
    rank = math.ceil(len(values) * percent / 100)
    return sorted(values)[max(0, rank - 1)] if values else 0.0


def _key(named: dict[str, Any]) -> str:
    return f"{named['service']}.{named['topic']}"


def send(job: Job) -> dict[str, Any]:
    """Run a job in a process of its own and wait for its result.

    Raises:
        LoadFailed: a server refused a conversation, or the client itself failed.

    """
    command = [sys.executable, "-m", "bench.load"]
    text = json.dumps(asdict(job), ensure_ascii=False).encode()
    done = subprocess.run(command, input=text, capture_output=True, cwd=ROOT)
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise LoadFailed(f"{job.url}: {next((x for x in reversed(lines) if 'Error' in x), lines)}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run_job(Job(**json.load(sys.stdin))))))
