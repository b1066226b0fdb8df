"""A candidate, asked the golden questions: its own worker, the product's own answering, no log.

The worker is a process beside the one that residents talk to, so that they do not wait; with a fork server
it is there in a moment. What is asked goes through the same masking, understanding and composing as a
resident's message, and nothing of it is stored.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from bot.dialogue.answering import Answerer
from bot.dialogue.conversations import Conversation, TurnRequest
from bot.dialogue.published import Published
from bot.dialogue.turn import Turn
from bot.evaluation.asking import Asked, Reply
from bot.evaluation.rows import Row
from bot.lifeline import VARIABLE as LIFELINE
from bot.publishing.batches import BatchWorker
from bot.publishing.comparison import Verdicts, row_id, verdict
from bot.store.clock import Clock
from bot.supervisor import free_port
from bot.training import MODELS, RASA, ROOT

_START_SECONDS = 180.0
_TURN_SECONDS = 30.0
_AT_ONCE = 48  # two batches, below what a worker lets wait
_TAIL = 10


class CandidateFailed(Exception):
    """The candidate could not be asked; the text says why."""


def judge(
    published: Published, rows: Sequence[Row], clock: Clock, variables: Mapping[str, str]
) -> Verdicts:
    """Ask every row of a candidate and say what was right.

    Raises:
        CandidateFailed: its worker did not start, or a question was not answered by it.

    """
    with _running_worker(MODELS / published.model, variables) as (url, token):
        asked = asyncio.run(ask_all(published, rows, clock, url, token))
    return {row_id(one.row): verdict(one) for one in asked}


async def ask_all(
    published: Published, rows: Sequence[Row], clock: Clock, url: str, token: str
) -> list[Asked]:
    """Ask every row of the worker at ``url``, a few at once, each in a conversation of its own.

    Raises:
        CandidateFailed: a question was not answered by the worker.

    """
    places = asyncio.Semaphore(_AT_ONCE)
    async with BatchWorker(url, token, _TURN_SECONDS) as worker:
        answerer = Answerer(worker, clock, lambda: uuid.uuid4().hex)

        async def ask(row: Row) -> Asked:
            async with places:
                return Asked(row, Reply.of(await _converse(answerer, published, row)))

        return await asyncio.gather(*map(ask, rows))


async def _converse(answerer: Answerer, published: Published, row: Row) -> Mapping[str, object]:
    """Say what comes before, then the question, in one conversation; returns the last turn."""
    conversation = Conversation("evaluation", "ja", "bot", {}, 0, 0)
    turn: Mapping[str, object] = {}
    for text in (*row.before, row.text):
        request = TurnRequest(uuid.uuid4().hex, text)
        answered = await answerer.answer(conversation, request, published)
        if answered.trace.get("engine") == "search" or answered.reply.outcome == "busy":
            raise CandidateFailed(f"対話エンジンが答えません（{answered.trace.get('reason')}）")
        turn = json.loads(Turn(uuid.uuid4().hex, conversation, request, answered).body())
        conversation = replace(conversation, dialogue=answered.dialogue)
    return turn


@contextmanager
def _running_worker(model: Path, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Run a worker with the model until the block ends; yields its address and token."""
    port, token = free_port(), secrets.token_urlsafe(32)
    command = [*RASA, "run", "--model", str(model), "--port", str(port)]
    command += ["--interface", "127.0.0.1", "--endpoints", "endpoints.yml"]
    command += ["--credentials", "credentials.yml"]
    reading, writing = os.pipe()
    own = {"MADOGUCHI_WORKER_TOKEN": token, LIFELINE: str(reading)}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **variables, **own},
            pass_fds=[reading],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(process, url)
            yield url, token
        except _Ended:
            log.seek(0)
            last = log.read().decode("utf-8", "replace").splitlines()[-_TAIL:]
            raise CandidateFailed("\n".join(["対話エンジンを起動できません", *last])) from None
        finally:
            process.kill()
            process.wait()
            os.close(reading)
            os.close(writing)


class _Ended(Exception):
    """The worker ended by itself, or was not ready in time."""


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(timeout=1.0, trust_env=False) as http:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if http.get(f"{url}/webhooks/madoguchi/health").json()["ready"]:
                    return
            except (httpx.HTTPError, ValueError):
                pass  # it does not listen yet
            time.sleep(0.05)
    raise _Ended
