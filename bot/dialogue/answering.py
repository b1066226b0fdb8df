"""From a resident's message to a reply: one readable list of steps, none of which stores anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

    def __init__(
        self, worker: Worker, published: Published, clock: Clock, new_id: Callable[[], str]
    ) -> None:
        self._worker, self._published, self._clock = worker, published, clock
        self._new_id = new_id

    async def answer(self, conversation: Conversation, request: TurnRequest) -> Answered:
        """Answer one message of one conversation."""
        locale = request.locale or conversation.locale
        composer = self._composer(locale)
        facilities = self._facilities(locale, conversation)
        if facilities.owns(request.choice):
            return facilities.pressed(request.choice or "")
        masked = mask(request.text or composer.title(request.choice or ""))
        found = self._published.zones.recognise(masked.text) if request.text else Found()
        answered = await self._understood(conversation, request, masked, found, facilities)
        return self._zone_composer(composer).guarded(answered, found)

    async def _understood(
        self,
        conversation: Conversation,
        request: TurnRequest,
        masked: Masked,
        found: Found,
        facilities: FacilityAnswers,
    ) -> Answered:
        composer = self._composer(request.locale or conversation.locale)
        target = composer.topic_of(request.choice) if request.choice else None
        if request.choice and target is None:
            return _pressed(masked, composer.from_choice(request.choice), conversation, request)
        if found.is_emergency and not found.question:
            return _urgent(masked, conversation)
        text = found.question or masked.text
        call = TurnCall(self._new_id(), conversation.dialogue, text, composer.locale, target)
        try:
            understood = await understand(self._worker, self._published.index, call)
        except WorkerBusy:
            return _busy(masked, composer, conversation)
        answered = _composed(masked, composer, understood)
        if request.choice:
            return facilities.beside(answered)
        return facilities.instead_of(answered, understood, composer)

    def _facilities(self, locale: str, conversation: Conversation) -> FacilityAnswers:
        lists = FacilityLists(self._published.catalogue, locale, self._clock.today())
        return FacilityAnswers(lists, conversation.dialogue)

    def _composer(self, locale: str) -> Composer:
        return Composer(self._published.catalogue, locale, self._clock.today())

    def _zone_composer(self, composer: Composer) -> ZoneComposer:
        published = self._published
        return ZoneComposer(published.catalogue, published.zones, composer, self._clock.today())


def _pressed(
    masked: Masked, reply: Reply, conversation: Conversation, request: TurnRequest
) -> Answered:
    """A menu or a phrase of the bot's needs no understanding."""
    trace = {"engine": "menu", "choice": request.choice}
    return Answered(masked, reply, conversation.dialogue, trace)


def _urgent(masked: Masked, conversation: Conversation) -> Answered:
    """An emergency without a further question waits for no understanding; the guard says the rest."""
    return Answered(masked, Reply("emergency", None, ()), conversation.dialogue, {"engine": "none"})


def _busy(masked: Masked, composer: Composer, conversation: Conversation) -> Answered:
    reply = Reply("busy", None, (composer.notice("busy"),))
    trace: Mapping[str, Any] = {"engine": "none", "reason": "busy"}
    return Answered(masked, reply, conversation.dialogue, trace)


def _composed(masked: Masked, composer: Composer, understood: Understanding) -> Answered:
    reply = composer.from_key(understood.key, understood.ranking)
    if understood.is_reduced:
        reply = reply.after(composer.notice("reduced_service"))
    trace = {**understood.trace, "response": understood.key}
    return Answered(masked, reply, understood.state, trace)
