"""The queue and the other lists: colleagues, canned answers, callbacks, figures, questions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from bot.scenarios.model import LOCALES
from bot.scenarios.today import JST
from bot.web.desk_pages.common import (
    PREFIX,
    Acting,
    DeskOf,
    Polling,
    Result,
    Section,
    canned_of,
    counters_of,
    now_of,
)

router = APIRouter(prefix=PREFIX)

_QUESTIONS_OF = timedelta(days=30)


@router.get("/queue")
async def list_queue(
    request: Request, agent: Polling, desk: DeskOf, section: Section = ""
) -> dict[str, Any]:
    """Return who waits and who is talked with, longest waiting first."""
    return {"queue": await desk.queue(agent, section or None), "now": now_of(request)}


@router.get("/colleagues")
async def list_colleagues(request: Request, agent: Acting, desk: DeskOf) -> dict[str, Any]:
    """Return who else is at the desk now, and how many of them serve each section."""
    people = await desk.colleagues(agent)
    counters = counters_of(request)
    sections = [
        {"id": key, "name": counter["name"]["ja"], "people": sum(_serves(p, key) for p in people)}
        for key, counter in counters.items()
    ]
    return {"people": people, "sections": sections}


@router.get("/canned")
async def searchcanned_of(
    request: Request,
    agent: Acting,
    q: Annotated[str, Query(max_length=200)] = "",
    locale: Annotated[str, Query()] = "ja",
    section: Section = "",
) -> dict[str, Any]:
    """Return published answers for the agent's words, in the resident's language and in Japanese."""
    canned = canned_of(request, locale if locale in LOCALES else "ja")
    return {"answers": await asyncio.to_thread(canned.search, q, section)}


@router.get("/callbacks")
async def list_callbacks(agent: Polling, desk: DeskOf, section: Section = "") -> dict[str, Any]:
    """Return who wants to be called back, without their contacts."""
    return {"callbacks": await desk.callbacks(agent, section or None)}


@router.post("/callbacks/{callback_id}/open")
async def open_callback(callback_id: str, agent: Acting, desk: DeskOf) -> dict[str, Any]:
    """Return one contact; logged as a read."""
    return await desk.open_callback(agent, callback_id)


@router.post("/callbacks/{callback_id}/finish", status_code=204)
async def finish_callback(callback_id: str, body: Result, agent: Acting, desk: DeskOf) -> Response:
    """Settle a callback request."""
    await desk.settle_callback(agent, callback_id, body.result)
    return Response(status_code=204)


@router.get("/figures")
async def show_figures(
    request: Request, agent: Acting, desk: DeskOf, section: Section = ""
) -> dict[str, Any]:
    """Return today's figures of each section."""
    start = datetime.combine(request.app.state.clock.today(), time(), JST)
    figures = await desk.figures(agent, start, start + timedelta(days=1), section or None)
    return {"sections": figures}


@router.get("/unanswered")
async def list_unanswered(
    request: Request, agent: Acting, desk: DeskOf, section: Section = ""
) -> dict[str, Any]:
    """Return the questions of the last month that led to a handoff; logged."""
    now = request.app.state.clock.now()
    found = await desk.unanswered(agent, now - _QUESTIONS_OF, now)
    return {"questions": [q for q in found if section in ("", q["section"])]}


def _serves(person: Mapping[str, Any], section: str) -> bool:
    return not person["sections"] or section in person["sections"]
