"""How much one resident, one address and one request may ask for."""

from __future__ import annotations

import math
import time
from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.errors import TooFast

MAX_BODY_BYTES = 8 * 1024
_BURST = 5


class RateLimits:
    """One message a second with a burst of five per conversation; so many a minute per address."""

    def __init__(self, address_rate: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._conversation = RateLimitItemPerSecond(_BURST, _BURST)
        self._address = RateLimitItemPerMinute(address_rate) if address_rate else None

    async def count_turn(self, conversation_id: str, address: str) -> None:
        """Count one message.

        Raises:
            TooFast: with the seconds to wait.

        """
        if self._address:
            await self._count(self._address, "address", address)
        await self._count(self._conversation, "conversation", conversation_id)

    async def count_opening(self, address: str) -> None:
        """Count one new conversation against its address.

        Raises:
            TooFast: with the seconds to wait.

        """
        if self._address:
            await self._count(self._address, "opening", address)

    async def count_sign_in(self, address: str) -> None:
        """Count a try to sign in against its address.

        Raises:
            TooFast: with the seconds to wait.

        """
        if self._address:
            await self._count(self._address, "sign-in", address)

    async def _count(self, limit: RateLimitItem, *who: str) -> None:
        if not await self._limiter.hit(limit, *who):
            window = await self._limiter.get_window_stats(limit, *who)
            raise TooFast(max(1, math.ceil(window.reset_time - time.time())))


class BodyLimit:
    """Refuses bodies over 8 KB before they are read into memory."""

    def __init__(self, app: ASGIApp, on_too_large: Any) -> None:
        self._app, self._on_too_large = app, on_too_large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _read_up_to(receive, MAX_BODY_BYTES) if _has_body(scope) else b""
        if body is None:
            await self._on_too_large(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


def _has_body(scope: Scope) -> bool:
    return scope["method"] in {"POST", "PUT", "PATCH"}


async def _read_up_to(receive: Receive, limit: int) -> bytes | None:
    """Return the whole body, or None as soon as it is longer than ``limit``."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > limit:
            return None
        if not message.get("more_body"):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once
