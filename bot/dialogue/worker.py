"""The dialogue worker as the gateway sees it: one call per turn, with a limit on time and patience.

A worker that is down or hung must not make residents wait: each call has a deadline, and after a failure
the circuit stays open for a moment, so that only one turn in a while finds out whether it is back
(Nygard, Release It!, "circuit breaker").
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field

OPEN_SECONDS = 2.0
MAX_WAITING = 64
_LOADING_SECONDS = 60.0
# Trusts nobody: where no TLS is spoken, there is no need to read the world's certificates (20 ms).
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class WorkerUnavailable(Exception):
    """The worker gave no answer in time; ``reason`` stands in the trace, without any resident's text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ModelRefused(Exception):
    """The worker is there and cannot load the model; ``status`` is what it answered."""


class WorkerBusy(Exception):
    """More turns are waiting for the worker than it can answer in time."""


@dataclass(frozen=True)
class TurnCall:
    """What the worker needs for a turn: the state, the masked text or a choice, the locale, the model.

    ``searched`` is what the search looks for in its place, if not the text; ``said`` what was written,
    where the text is something else: the zone is that of what was written.
    """

    turn_id: str
    state: Mapping[str, Any]
    text: str
    locale: str
    choice: str | None = None
    model: str = ""
    searched: str | None = None
    said: str | None = None


class TurnResult(BaseModel):
    """What the worker decided: response keys, the next state, and why."""

    model_config = ConfigDict(frozen=True)

    responses: tuple[str, ...] = Field(min_length=1)
    state: dict[str, Any]
    trace: dict[str, Any]


class _Health(BaseModel):
    ready: bool = False
    models: tuple[str, ...] | None = None


class Worker:
    """Calls the dialogue worker on loopback."""

    def __init__(
        self,
        url: str,
        token: str,
        timeout: float,
        *,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the base URL, the shared token, and the seconds that a turn may take."""
        limits = httpx.Limits(max_connections=MAX_WAITING, max_keepalive_connections=MAX_WAITING)
        self._http = httpx.AsyncClient(
            base_url=f"{url}/webhooks/madoguchi",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=timeout,
            limits=limits,
            verify=httpx.create_ssl_context() if url.startswith("https:") else _NO_CERTIFICATES,
            trust_env=False,
        )
        self._timeout = timeout
        self._ticks = ticks
        self._has_failed = False
        self._try_again_at = 0.0
        self._waiting = 0

    async def turn(self, call: TurnCall) -> TurnResult:
        """Ask for one turn.

        Raises:
            WorkerUnavailable: it is down, hung or failed; the circuit is open for a while.
            WorkerBusy: too many turns are waiting already.

        """
        if self._is_open():
            raise WorkerUnavailable("circuit open")
        if self._waiting >= MAX_WAITING:
            raise WorkerBusy
        self._waiting += 1
        try:
            async with asyncio.timeout(self._timeout):
                result = await self._ask(call)
        except (httpx.HTTPError, ValueError, TimeoutError) as error:
            self._has_failed = True
            self._try_again_at = self._ticks() + OPEN_SECONDS
            raise WorkerUnavailable(type(error).__name__) from error
        finally:
            self._waiting -= 1
        self._has_failed = False
        return result

    def _is_open(self) -> bool:
        """Tell whether to spare the worker; of all turns after the pause, the first one tries it."""
        if not self._has_failed:
            return False
        if self._ticks() < self._try_again_at:
            return True
        self._try_again_at = self._ticks() + self._timeout + OPEN_SECONDS
        return False

    @staticmethod
    def body_of(call: TurnCall) -> dict[str, Any]:
        """Return a turn as the worker takes it."""
        return {
            "turn_id": call.turn_id,
            "state": dict(call.state),
            "text": call.text,
            "locale": call.locale,
            "choice": call.choice,
            **({"model": call.model} if call.model else {}),
            **({"said": call.said} if call.said else {}),
        }

    async def _ask(self, call: TurnCall) -> TurnResult:
        response = await self._http.post("/turn", json=self.body_of(call))
        response.raise_for_status()
        return TurnResult.model_validate_json(response.content)

    async def is_ready(self) -> bool:
        """Tell whether a model is loaded and turns are answered; if so, the next turn may try it."""
        try:
            is_ready = (await self._health()).ready
        except WorkerUnavailable:
            return False
        if is_ready:
            self._try_again_at = self._ticks()
        return is_ready

    async def holds(self, model: str) -> bool:
        """Tell whether turns can be answered with this model.

        Raises:
            WorkerUnavailable: it is down or hung, or has not loaded any model yet.

        """
        health = await self._health()
        if not health.ready:
            raise WorkerUnavailable("no model yet")
        return health.models is None or model in health.models

    async def _health(self) -> _Health:
        try:
            response = await self._http.get("/health", timeout=1.0)
            return _Health.model_validate_json(response.raise_for_status().content)
        except (httpx.HTTPError, ValueError) as error:
            raise WorkerUnavailable(type(error).__name__) from error

    async def load(self, model: str) -> None:
        """Have the worker load a model of ``models/`` beside the present one; turns go on meanwhile.

        Raises:
            WorkerUnavailable: it is down, or ended meanwhile.
            ModelRefused: it answered, and not that the model is loaded.

        """
        try:
            response = await self._http.post(
                "/models", json={"model": model}, timeout=_LOADING_SECONDS
            )
        except httpx.HTTPError as error:
            raise WorkerUnavailable(type(error).__name__) from error
        if not response.is_success:
            raise ModelRefused(f"{model}: status {response.status_code}")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
