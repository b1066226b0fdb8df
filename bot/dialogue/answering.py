"""From a resident's message to a reply: one readable list of steps, none of which stores anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.dialogue.conversations import Conversation, TurnRequest
from bot.dialogue.facility_answers import FacilityAnswers
from bot.dialogue.facility_list import FacilityLists
from bot.dialogue.masking import Masked, mask
from bot.dialogue.published import Published
from bot.dialogue.reply import Composer, Reply
from bot.dialogue.turn import Answered
from bot.dialogue.understanding import Understanding, understand
from bot.dialogue.worker import TurnCall, Worker, WorkerBusy
from bot.dialogue.zone_reply import ZoneComposer
from bot.dialogue.zones import Found
from bot.store.clock import Clock


class Answerer:
    """Masks, understands and composes, from what is published at the time of the turn."""

    def __init__(self, worker: Worker, clock: Clock, new_id: Callable[[], str]) -> None:
        self._worker, self._clock, self._new_id = worker, clock, new_id

    async def answer(
        self, conversation: Conversation, request: TurnRequest, published: Published
    ) -> Answered:
        """Answer one message of one conversation from one revision."""
        answered = await self._answer(conversation, request, published)
        return replace(answered, trace={**answered.trace, "revision": published.revision})

    async def _answer(
        self, conversation: Conversation, request: TurnRequest, published: Published
    ) -> Answered:
        locale, today = request.locale or conversation.locale, self._clock.today()
        composer = Composer(published.catalogue, locale, today)
        lists = FacilityLists(published.catalogue, locale, today)
        facilities = FacilityAnswers(lists, conversation.dialogue)
        if facilities.owns(request.choice):
            return facilities.pressed(request.choice or "")
        masked = mask(request.text or composer.title(request.choice or ""))
        found = published.zones.recognise(masked.text) if request.text else Found()
        heard = _Heard(conversation, request, masked, found, composer, facilities, published)
        answered = await self._understood(heard)
        zones = ZoneComposer(published.catalogue, published.zones, composer, today)
        return zones.guarded(answered, found)

    async def _understood(self, heard: _Heard) -> Answered:
        request, composer, found = heard.request, heard.composer, heard.found
        target = composer.topic_of(request.choice) if request.choice else None
        if request.choice and target is None:
            return _pressed(heard)
        if found.is_emergency and not found.question:
            return _urgent(heard)
        call = TurnCall(
            self._new_id(),
            heard.conversation.dialogue,
            found.question or heard.masked.text,
            composer.locale,
            target,
            heard.published.model,
        )
        try:
            understood = await understand(self._worker, heard.published.index, call)
        except WorkerBusy:
            return _busy(heard)
        answered = _composed(heard, understood)
        if request.choice:
            return heard.facilities.beside(answered)
        return heard.facilities.instead_of(answered, understood, composer)


@dataclass(frozen=True)
class _Heard:
    conversation: Conversation
    request: TurnRequest
    masked: Masked
    found: Found
    composer: Composer
    facilities: FacilityAnswers
    published: Published


def _pressed(heard: _Heard) -> Answered:
    """A menu or a phrase of the bot's needs no understanding."""
    choice = heard.request.choice or ""
    trace = {"engine": "menu", "choice": choice}
    reply = heard.composer.from_choice(choice)
    return Answered(heard.masked, reply, heard.conversation.dialogue, trace)


def _urgent(heard: _Heard) -> Answered:
    """An emergency without a further question waits for no understanding; the guard says the rest."""
    reply = Reply("emergency", None, ())
    return Answered(heard.masked, reply, heard.conversation.dialogue, {"engine": "none"})


def _busy(heard: _Heard) -> Answered:
    reply = Reply("busy", None, (heard.composer.notice("busy"),))
    trace: Mapping[str, Any] = {"engine": "none", "reason": "busy"}
    return Answered(heard.masked, reply, heard.conversation.dialogue, trace)


def _composed(heard: _Heard, understood: Understanding) -> Answered:
    reply = heard.composer.from_key(understood.key, understood.ranking)
    if understood.is_reduced:
        reply = reply.after(heard.composer.notice("reduced_service"))
    trace = {**understood.trace, "response": understood.key}
    return Answered(heard.masked, reply, understood.state, trace)
