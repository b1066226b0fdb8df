"""From a resident's message to a reply: one readable list of steps, none of which stores anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
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
        locale = request.locale or conversation.locale
        composer = Composer(published.catalogue, locale, self._clock.today())
        facilities = self._facilities(locale, conversation, published)
        if facilities.owns(request.choice):
            return facilities.pressed(request.choice or "")
        masked = mask(request.text or composer.title(request.choice or ""))
        target = composer.topic_of(request.choice) if request.choice else None
        if request.choice and target is None:
            return _pressed(masked, composer.from_choice(request.choice), conversation, request)
        call = TurnCall(
            self._new_id(), conversation.dialogue, masked.text, locale, target, published.model
        )
        try:
            understood = await understand(self._worker, published.index, call)
        except WorkerBusy:
            return _busy(masked, composer, conversation)
        answered = _composed(masked, composer, understood)
        if request.choice:
            return facilities.beside(answered)
        return facilities.instead_of(answered, understood, composer)

    def _facilities(
        self, locale: str, conversation: Conversation, published: Published
    ) -> FacilityAnswers:
        lists = FacilityLists(published.catalogue, locale, self._clock.today())
        return FacilityAnswers(lists, conversation.dialogue)


def _pressed(
    masked: Masked, reply: Reply, conversation: Conversation, request: TurnRequest
) -> Answered:
    """A menu or a phrase of the bot's needs no understanding."""
    trace = {"engine": "menu", "choice": request.choice}
    return Answered(masked, reply, conversation.dialogue, trace)


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
