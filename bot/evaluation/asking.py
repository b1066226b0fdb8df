"""Asking the counter as a resident does: every row in a fresh conversation, one message at a time."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bot.evaluation.rows import Row

Turn = Mapping[str, Any]
"""A turn as the resident API returns it."""

Ask = Callable[[Sequence[str]], Turn]
"""Says the messages of one new conversation in order and returns the last turn; may raise AskFailed."""

_TRIES = 8
_LONGEST_WAIT = 30.0
_CIRCUIT_SECONDS = 2.5  # the gateway spares a worker that failed for two seconds


class AskFailed(Exception):
    """The counter gave no turn; the text says why, without the resident's words."""


@dataclass(frozen=True)
class Reply:
    """What of a turn is scored; answers and candidates are ``service.topic`` keys, best first."""

    outcome: str
    answers: tuple[str, ...]
    candidates: tuple[str, ...]
    offered: tuple[str, ...]

    @classmethod
    def of(cls, turn: Turn) -> Reply:
        """Read a turn; a counter that answers two questions at once lists them in ``answers``."""
        given = [turn.get("answer"), *(turn.get("answers") or ())]
        messages = turn.get("messages") or ()
        return cls(
            outcome=str(turn["outcome"]),
            answers=tuple(dict.fromkeys(_key(answer) for answer in given if answer)),
            candidates=tuple(_key(candidate) for candidate in turn.get("candidates") or ()),
            offered=tuple(
                str(option["payload"]) for m in messages for option in m.get("options") or ()
            ),
        )


def _key(answer: Mapping[str, Any]) -> str:
    return f"{answer['service']}.{answer['topic']}"


@dataclass(frozen=True)
class Asked:
    """A row and what came of it; without a reply, ``failure`` says why."""

    row: Row
    reply: Reply | None
    failure: str = ""


def ask_all(ask: Ask, rows: Iterable[Row]) -> list[Asked]:
    """Ask every row, in order."""
    return list(ask_each(ask, rows))


def ask_each(ask: Ask, rows: Iterable[Row]) -> Iterator[Asked]:
    """Yield every row as soon as it is asked; one that gets no turn does not end the run."""
    for row in rows:
        try:
            yield Asked(row, Reply.of(ask([*row.before, row.text])))
        except AskFailed as error:
            yield Asked(row, None, str(error))
        except (KeyError, TypeError, AttributeError) as error:
            yield Asked(row, None, f"not a turn of the resident API: {error!r}")


class HttpAsk:
    """An ``Ask`` over HTTP that waits when the counter says that it is asked too fast.

    A turn that only the search answered, because the worker was late, begins with the text
    ``reduced_notice``; it says nothing about the understanding and is asked again.
    """

    def __init__(
        self, url: str, reduced_notice: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._http = httpx.Client(base_url=url, timeout=30.0, trust_env=False)
        self._reduced_notice = reduced_notice
        self._sleep = sleep

    def __enter__(self) -> HttpAsk:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def __call__(self, messages: Sequence[str]) -> Turn:
        """Say the messages in a new conversation."""
        for _ in range(_TRIES):
            turn = self._converse(messages)
            if turn.get("outcome") != "busy" and not self._is_reduced(turn):
                return turn
            self._sleep(_CIRCUIT_SECONDS)
        raise AskFailed("the dialogue worker did not answer in time; the search answered instead")

    def _converse(self, messages: Sequence[str]) -> Turn:
        opened = self._post("/api/v1/conversations", {"locale": "ja"}, {})
        path = f"/api/v1/conversations/{opened['conversation_id']}"
        headers = {"Authorization": f"Bearer {opened['token']}"}
        turn: Turn = {}
        for message in messages:
            body = {"client_message_id": str(uuid.uuid4()), "text": message}
            turn = self._post(f"{path}/turns", body, headers)
        return turn

    def _is_reduced(self, turn: Turn) -> bool:
        first: Mapping[str, Any] = next(iter(turn.get("messages") or ()), {})
        return first.get("type") == "notice" and first.get("text") == self._reduced_notice

    def _post(self, path: str, body: Mapping[str, str], headers: Mapping[str, str]) -> Turn:
        for _ in range(_TRIES):
            try:
                answer = self._http.post(path, json=body, headers=dict(headers))
                if answer.status_code not in (429, 503):
                    answer.raise_for_status()
                    turn: Turn = answer.json()
                    return turn
            except (httpx.HTTPError, ValueError) as error:
                raise AskFailed(_reason(error)) from error
            self._sleep(_wait(answer))
        raise AskFailed(f"still {answer.status_code} after {_TRIES} tries")


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"status {error.response.status_code}"
    return type(error).__name__


def _wait(answer: httpx.Response) -> float:
    wanted = answer.headers.get("Retry-After", "1")
    return min(float(wanted) if wanted.isdigit() else 1.0, _LONGEST_WAIT)
