"""One conversation: what an agent sees of it and does with it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from bot.staff import accounts
from bot.web.desk_pages.common import (
    PREFIX,
    Acting,
    Body,
    DeskOf,
    Id,
    Polling,
    Result,
    WordsOf,
    canned_of,
)
from bot.web.staff import office_of

router = APIRouter(prefix=f"{PREFIX}/handoffs/{{handoff_id}}")

_MAX_TEXT = 1000
_MAX_REASON = 500


class NewReply(Body):
    """The body of ``reply``: the id makes a repetition harmless."""

    client_message_id: UUID
    text: str = Field(min_length=1, max_length=_MAX_TEXT)


class NewNote(Body):
    """The body of ``notes``."""

    text: str = Field(min_length=1, max_length=_MAX_TEXT)


class Transfer(Body):
    """The body of ``transfer``: to a section, or to a colleague."""

    section: Id | None = None
    to: Id | None = None
    reason: str = Field("", max_length=_MAX_REASON)


class Read(Body):
    """The body of ``read``."""

    seq: int = Field(ge=0, le=2**53)


@router.get("")
async def show_handoff(
    request: Request, handoff_id: str, agent: Acting, desk: DeskOf, words: WordsOf
) -> dict[str, Any]:
    """Return a conversation with all that helps to answer it; logged as a read."""
    view = await desk.view(agent, handoff_id)
    canned = canned_of(request, view["language"])
    return {
        **view,
        "names": await _names(request),
        "candidates": canned.candidates(view["candidates"]),
        "phrases": canned.phrases(words.phrases, view["section"]),
    }


@router.get("/messages")
async def list_messages(
    handoff_id: str, agent: Polling, desk: DeskOf, after: Annotated[int, Query(ge=0)] = 0
) -> dict[str, Any]:
    """Return what was said after a ``seq`` in a conversation that the agent has open."""
    return await desk.messages(agent, handoff_id, after)


@router.post("/claim")
async def claim(handoff_id: str, agent: Acting, desk: DeskOf) -> dict[str, Any]:
    """Take a waiting conversation."""
    return await desk.claim(agent, handoff_id)


@router.post("/heartbeat")
async def keep_claim(handoff_id: str, agent: Polling, desk: DeskOf) -> dict[str, Any]:
    """Keep a claim; the page sends this by itself."""
    return await desk.heartbeat(agent, handoff_id)


@router.post("/reply")
async def reply(handoff_id: str, body: NewReply, agent: Acting, desk: DeskOf) -> dict[str, Any]:
    """Say something to the resident."""
    return await desk.reply(agent, handoff_id, str(body.client_message_id), body.text)


@router.post("/notes", status_code=204)
async def add_note(handoff_id: str, body: NewNote, agent: Acting, desk: DeskOf) -> Response:
    """Keep a note that only staff see."""
    await desk.note(agent, handoff_id, body.text)
    return Response(status_code=204)


@router.post("/transfer")
async def transfer(handoff_id: str, body: Transfer, agent: Acting, desk: DeskOf) -> dict[str, Any]:
    """Pass a conversation on; refused where nobody is there."""
    return await desk.transfer(
        agent, handoff_id, section=body.section, to=body.to, reason=body.reason
    )


@router.post("/hand-back", status_code=204)
async def hand_back(handoff_id: str, agent: Acting, desk: DeskOf) -> Response:
    """Give a conversation back to the bot."""
    await desk.hand_back(agent, handoff_id)
    return Response(status_code=204)


@router.post("/close", status_code=204)
async def close(handoff_id: str, body: Result, agent: Acting, desk: DeskOf) -> Response:
    """End a conversation with a result."""
    await desk.close(agent, handoff_id, body.result)
    return Response(status_code=204)


@router.post("/typing", status_code=204)
async def tell_typing(handoff_id: str, agent: Acting, desk: DeskOf) -> Response:
    """Let the resident see that somebody writes."""
    await desk.typing(agent, handoff_id)
    return Response(status_code=204)


@router.post("/read", status_code=204)
async def tell_read(handoff_id: str, body: Read, agent: Polling, desk: DeskOf) -> Response:
    """Let the resident see up to where the agent has read."""
    await desk.read(agent, handoff_id, body.seq)
    return Response(status_code=204)


async def _names(request: Request) -> dict[str, str]:
    """Return the names of staff by id: the log knows them by their ids alone."""
    office = office_of(request)

    def read() -> dict[str, str]:
        with office.database.read() as connection:
            return {account.id: account.name for account in accounts.every(connection)}

    return await asyncio.to_thread(read)
