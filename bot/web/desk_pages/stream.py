"""The desk's stream: what changes, with the number of its record, and signs of life (docs/adr/0020)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from bot.dialogue.desk import Agent, Desk
from bot.store.bus import Bus
from bot.web.desk_pages.common import PREFIX, DeskOf, Polling
from bot.web.staff import still_signed_in

router = APIRouter(prefix=PREFIX)

_TICK_SECONDS = 15.0
_LOOK_SECONDS = 5.0  # so long at most an account that was disabled still hears something
_MANY = 500  # so many changes at once may not be all of them
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/events")
async def stream_events(
    request: Request, agent: Polling, desk: DeskOf, after: Annotated[int, Query(ge=0)] = 0
) -> StreamingResponse:
    """Stream what changes from record number ``after`` (or ``Last-Event-ID``) on."""
    resume = request.headers.get("last-event-id", "")
    is_number = resume.isascii() and resume.isdecimal() and len(resume) < 19
    start = max(after, int(resume)) if is_number else after
    events = _events(request, agent, desk, start)
    return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)


async def _events(request: Request, agent: Agent, desk: Desk, after: int) -> AsyncIterator[str]:
    """Yield changes as they are logged, signs of life as they change, and ticks that keep claims alive."""
    bus: Bus = request.app.state.bus
    shown: dict[str, Any] = {}
    ticked = time.monotonic()
    with bus.subscribe("desk") as waiter:
        yield "retry: 2000\n\n"
        while True:
            waiter.clear()  # before anything is looked at, so that no hint is lost
            if not await still_signed_in(request):
                return
            newest = await desk.last_event()
            changes = await desk.events(agent, after)
            for change in changes:
                after = change["number"]
                yield _event("change", change, after)
            # What was looked through and concerned nobody here is not looked through again.
            after = max(after, newest) if len(changes) < _MANY else after
            signs = await desk.signs(agent)
            if signs != shown:
                shown = signs
                yield _event("presence", signs)
            if time.monotonic() - ticked >= _TICK_SECONDS:
                ticked = time.monotonic()
                yield _event("tick", {}, after)
            with suppress(TimeoutError):
                await asyncio.wait_for(waiter.wait(), _LOOK_SECONDS)


def _event(
    kind: Literal["change", "presence", "tick"], data: Any, number: int | None = None
) -> str:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
