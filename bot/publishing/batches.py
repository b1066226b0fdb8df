"""Turns in batches: a worker of one's own understands many messages in half the time.

While it is at one batch, the answers of the one before are composed, so both cores are used.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any

import httpx

from bot.dialogue.worker import TurnCall, TurnResult, Worker

_BATCH = 24


class BatchWorker(Worker):
    """The worker at ``url``, asked by one request for all turns that are waiting; a context manager."""

    def __init__(self, url: str, token: str, timeout: float) -> None:
        super().__init__(url, token, timeout)
        self._waiting_turns: list[tuple[TurnCall, asyncio.Future[TurnResult]]] = []
        self._is_asked = asyncio.Event()

    async def __aenter__(self) -> BatchWorker:
        self._sending = asyncio.create_task(self._send_all())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._sending.cancel()
        with suppress(asyncio.CancelledError):
            await self._sending
        await self.close()

    async def _ask(self, call: TurnCall) -> TurnResult:
        answer: asyncio.Future[TurnResult] = asyncio.get_running_loop().create_future()
        self._waiting_turns.append((call, answer))
        self._is_asked.set()
        return await answer

    async def _send_all(self) -> None:
        while True:
            await self._is_asked.wait()
            batch, self._waiting_turns = self._waiting_turns[:_BATCH], self._waiting_turns[_BATCH:]
            if not self._waiting_turns:
                self._is_asked.clear()
            await self._send(batch)

    async def _send(self, batch: list[tuple[TurnCall, asyncio.Future[TurnResult]]]) -> None:
        open_turns = [(call, answer) for call, answer in batch if not answer.done()]
        if not open_turns:
            return  # whoever waited for them has given up
        calls = [call for call, _ in open_turns]
        body = {"model": calls[0].model, "turns": [self.body_of(call) for call in calls]}
        try:
            response = await self._http.post("/turns", json=body)
            found: list[Any] = response.raise_for_status().json()
            results = [TurnResult.model_validate(one) for one in found]
            pairs = list(zip(open_turns, results, strict=True))
        except (httpx.HTTPError, ValueError) as error:
            for _, answer in open_turns:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), result in pairs:
            if not answer.done():
                answer.set_result(result)
