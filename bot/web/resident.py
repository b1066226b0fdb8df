"""The resident API, ``/api/v1``: thin routes over the counter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.dialogue.conversations import Conversation, CounterError, TurnRequest
from bot.dialogue.counter import Counter
from bot.dialogue.masking import mask
from bot.store.bus import Bus
from bot.web.limits import RateLimits

router = APIRouter(prefix="/api/v1")

Locale = Literal["ja", "ja-easy", "en", "zh-Hans", "ko", "vi", "tl"]
_HEARTBEAT_SECONDS = 15.0
_MAX_TEXT = 1000
_LAST_SEQ = 2**53  # what every JSON reader can hold


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class NewConversation(_Body):
    """The body of ``POST /conversations``."""

    locale: Locale = "ja"
    page_url: str = Field("", max_length=2000)


class NewTurn(_Body):
    """The body of ``POST /conversations/{id}/turns``: a text or a choice, never both."""

    client_message_id: UUID
    text: str | None = Field(None, max_length=_MAX_TEXT)
    choice: str | None = Field(None, min_length=1, max_length=200)
    locale: Locale | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> NewTurn:
        if (self.text is None) == (self.choice is None):
            raise ValueError("exactly one of text and choice")
        if self.text is not None and not self.text.strip():
            raise ValueError("text is empty")
        return self


class NewHandoff(_Body):
    """The body of ``POST /conversations/{id}/handoff``; without an id a repetition is a second wish."""

    client_message_id: UUID = Field(default_factory=uuid4)
    locale: Locale | None = None


class NewCallback(_Body):
    """The body of ``POST /conversations/{id}/callback``: a contact, given with consent."""

    client_message_id: UUID
    name: str = Field("", max_length=100)
    phone: str = Field("", max_length=30, pattern=r"^[0-9０-９+＋()（）ー\-−‐ 　]*$")
    email: str = Field("", max_length=254, pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$")
    preferred: str = Field("", max_length=200)
    consent: bool = False
    locale: Locale | None = None

    def contact(self) -> dict[str, str]:
        """Return what is to be sealed.

        Raises:
            CounterError: consent is missing, or a name or a way to reach the resident.

        """
        if not self.consent:
            raise CounterError("callback_consent")
        if not self.name.strip() or not (self.phone.strip() or self.email.strip()):
            raise CounterError("callback_contact")
        said = {"name": mask(self.name).kept, "preferred": mask(self.preferred).kept}
        return {**said, "phone": self.phone.strip(), "email": self.email.strip()}


class Signs(_Body):
    """The body of ``POST /conversations/{id}/presence``: what staff may see while it happens."""

    typing: bool = False
    read_seq: int = Field(0, ge=0, le=_LAST_SEQ)


class NewFeedback(_Body):
    """The body of ``POST /conversations/{id}/feedback``."""

    turn_id: str = Field(max_length=100)
    helpful: bool
    comment: str = Field("", max_length=_MAX_TEXT)


def _counter(request: Request) -> Counter:
    counter: Counter = request.app.state.counter
    return counter


def _limits(request: Request) -> RateLimits:
    limits: RateLimits = request.app.state.limits
    return limits


async def _admitted(
    request: Request,
    conversation_id: str,
    counter: Annotated[Counter, Depends(_counter)],
    authorization: Annotated[str, Header()] = "",
) -> Conversation:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise CounterError("token")
    conversation = await counter.admit(conversation_id, token.strip())
    request.state.locale = conversation.locale
    return conversation


CounterOf = Annotated[Counter, Depends(_counter)]
LimitsOf = Annotated[RateLimits, Depends(_limits)]
Admitted = Annotated[Conversation, Depends(_admitted)]


@router.post("/conversations", status_code=201)
async def open_conversation(
    body: NewConversation, request: Request, counter: CounterOf, limits: LimitsOf
) -> dict[str, Any]:
    """Open a conversation and return its token."""
    await limits.count_opening(_address(request))
    return await counter.open(body.locale, body.page_url)


@router.post("/conversations/{conversation_id}/turns")
async def take_turn(
    body: NewTurn, request: Request, conversation: Admitted, counter: CounterOf, limits: LimitsOf
) -> Response:
    """Take one turn; the body is the stored reply, byte for byte."""
    await limits.count_turn(conversation.id, _address(request))
    turn = TurnRequest(str(body.client_message_id), body.text, body.choice, body.locale)
    reply = await counter.take(conversation, turn)
    return Response(reply, media_type="application/json")


@router.get("/conversations/{conversation_id}/messages")
async def list_messages(conversation: Admitted, counter: CounterOf) -> dict[str, Any]:
    """Return the transcript so far."""
    messages = await counter.transcript(conversation)
    return {
        "conversation_id": conversation.id,
        **await counter.standing(conversation.id),
        "locale": conversation.locale,
        "messages": messages,
    }


@router.get("/conversations/{conversation_id}/events")
async def stream_events(
    request: Request,
    conversation: Admitted,
    counter: CounterOf,
    after: Annotated[int, Query(ge=0, le=_LAST_SEQ)] = 0,
) -> StreamingResponse:
    """Stream logged messages from ``after`` on, one server-sent event each."""
    resume = request.headers.get("last-event-id", "")
    start = max(after, min(int(resume), _LAST_SEQ)) if _is_seq(resume) else after
    bus: Bus = request.app.state.bus
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    events = _events(counter, bus, conversation, start)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(
    counter: Counter, bus: Bus, conversation: Conversation, after: int
) -> AsyncIterator[str]:
    with bus.subscribe(conversation.id) as waiter:
        yield "retry: 2000\n\n"
        told = None
        while True:
            waiter.clear()
            for message in await counter.transcript(conversation, after):
                after = message["seq"]
                yield f"id: {after}\nevent: message\ndata: {json.dumps(message, ensure_ascii=False)}\n\n"
            standing = await counter.standing(conversation.id)
            if standing != told and (told is not None or standing["state"] != "bot"):
                # Without an id: a client that reconnects is told how it stands then.
                yield f"event: state\ndata: {json.dumps(standing, ensure_ascii=False)}\n\n"
            told = standing
            try:
                await asyncio.wait_for(waiter.wait(), _HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"


@router.post("/conversations/{conversation_id}/handoff")
async def ask_for_person(
    request: Request,
    conversation: Admitted,
    counter: CounterOf,
    limits: LimitsOf,
    body: NewHandoff | None = None,
) -> Response:
    """Ask for a person, as the button of the same meaning does; the body is a turn."""
    await limits.count_turn(conversation.id, _address(request))
    wish = body or NewHandoff()
    turn = TurnRequest(str(wish.client_message_id), choice="phrase:person", locale=wish.locale)
    return Response(await counter.take(conversation, turn), media_type="application/json")


@router.post("/conversations/{conversation_id}/callback")
async def leave_contact(
    body: NewCallback,
    request: Request,
    conversation: Admitted,
    counter: CounterOf,
    limits: LimitsOf,
) -> Response:
    """Ask to be called back; the body is a turn, and the contact is sealed."""
    await limits.count_turn(conversation.id, _address(request))
    contact, message_id = body.contact(), str(body.client_message_id)
    turn = TurnRequest(message_id, choice="handoff:callback", locale=body.locale, contact=contact)
    return Response(await counter.take(conversation, turn), media_type="application/json")


@router.post("/conversations/{conversation_id}/presence", status_code=204)
async def show_signs(body: Signs, conversation: Admitted, counter: CounterOf) -> Response:
    """Say that the resident is typing, and how far the resident has read; kept nowhere."""
    counter.show_signs(conversation, is_typing=body.typing, read_seq=body.read_seq)
    return Response(status_code=204)


@router.post("/conversations/{conversation_id}/feedback", status_code=204)
async def give_feedback(body: NewFeedback, conversation: Admitted, counter: CounterOf) -> Response:
    """Take the resident's verdict on an answer."""
    await counter.give_feedback(conversation, body.turn_id, body.helpful, body.comment)
    return Response(status_code=204)


@router.delete("/conversations/{conversation_id}", status_code=204)
async def end_conversation(conversation: Admitted, counter: CounterOf) -> Response:
    """End the conversation."""
    await counter.end(conversation)
    return Response(status_code=204)


def _is_seq(header: str) -> bool:
    return header.isascii() and header.isdecimal() and len(header) < 20


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
