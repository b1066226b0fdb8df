"""What a message becomes that is not the bot's to answer: passed on to a person, a contact, a verdict."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from bot.dialogue.conversations import CounterError
from bot.dialogue.facilities.answers import FacilityAnswers
from bot.dialogue.facilities.lists import FacilityLists
from bot.dialogue.masking import Masked, mask
from bot.dialogue.memory import Memory
from bot.dialogue.person.flow import (
    CALLBACK,
    CALLBACK_WITHDRAW,
    EMERGENCY,
    WITHDRAW,
    Asked,
    PersonFlow,
    withdrawn,
)
from bot.dialogue.person.steps import Judge, LeaveCallback, Urgent
from bot.dialogue.reply import Message, Reply
from bot.dialogue.turn import Answered
from bot.dialogue.zone_reply import ZoneComposer
from bot.handoff import queue, states
from bot.handoff.queue import Handoff
from bot.store.clock import Clock

FEEDBACK = "feedback:"


class Passing:
    """Takes messages past the bot, each as one turn of the same shape as any other."""

    def __init__(self, flow: PersonFlow, clock: Clock) -> None:
        self._flow, self._clock = flow, clock

    def passed_on(self, connection: Connection, asked: Asked) -> Answered:
        """Pass a message to the person; of the bot nothing is heard but the numbers of an emergency."""
        assert asked.handoff is not None
        answered = self._taken(asked, Reply("human", None, ()), "human")
        desk = self._flow.desk(asked.published, answered.locale)
        if asked.request.choice == WITHDRAW and asked.conversation.state == states.WAITING:
            return withdrawn(asked, asked.handoff, answered, desk)
        situation = self._flow.situation(connection, asked.published, asked.handoff)
        matter = self._flow.matter_of(connection, asked.handoff)
        body = desk.shapes.body(matter, situation, asked.handoff.state)
        answered = replace(answered, reply=replace(answered.reply, handoff=body))
        return self._with_numbers(asked, answered, asked.handoff)

    def _with_numbers(self, asked: Asked, answered: Answered, handoff: Handoff) -> Answered:
        """Tell resident and staff the right number, as a notice, where there is danger."""
        zones = asked.published.zones
        found = zones.recognise(answered.masked.text) if asked.request.text else None
        if found is None or not found.is_emergency:
            return answered
        desk = self._flow.desk(asked.published, answered.locale)
        composer = ZoneComposer(
            asked.published.catalogue, zones, desk.composer, self._clock.today()
        )
        urgent = replace(answered, reply=replace(answered.reply, outcome=EMERGENCY))
        guarded = composer.guarded(urgent, found)
        notices = [m for m in guarded.reply.messages if "options" not in m]
        kinds = tuple(finding.kind.id for finding in found.findings)
        reply = replace(
            guarded.reply,
            messages=tuple({**message, "type": "notice"} for message in notices),
            handoff=answered.reply.handoff,
        )
        return replace(guarded, reply=reply, step=Urgent(handoff, kinds), notices_of=handoff)

    def judged(self, connection: Connection, asked: Asked) -> Answered:
        """Take the resident's verdict on the person, and say thanks.

        Raises:
            CounterError: ``not_offered``: no person was there.

        """
        ended = queue.latest_of(connection, asked.conversation.id, "closed", "handed_back")
        if ended is None:
            raise CounterError("not_offered")
        answered = self._taken(asked, Reply("chitchat", None, ()), "feedback")
        desk = self._flow.desk(asked.published, answered.locale)
        said = desk.words.message("notice", desk.words.line("thanks"))
        return replace(
            answered,
            reply=replace(answered.reply, messages=(said,)),
            step=Judge(ended, asked.request.choice == f"{FEEDBACK}yes"),
            notices_of=ended,
        )

    def called_back(self, connection: Connection, asked: Asked) -> Answered:
        """Take a request for a call; who was waiting waits no longer.

        Raises:
            CounterError: ``callback_not_now``: a person has the conversation.

        """
        if asked.conversation.state == states.HUMAN or asked.request.contact is None:
            raise CounterError("callback_not_now")
        answered = self._taken(asked, Reply("handoff", None, ()), "callback")
        desk = self._flow.desk(asked.published, answered.locale)
        memory = Memory.read(answered.dialogue)
        matter, handoff = self._flow.wished(connection, asked, answered)
        situation = self._flow.situation(connection, asked.published, handoff)
        section = desk.words.section(handoff.section)
        taken = desk.words.line("callback_taken", section=section, reference=handoff.reference)
        messages: tuple[Message, ...] = (
            desk.words.message("text", taken),
            desk.words.options([CALLBACK_WITHDRAW]),
        )
        body = desk.shapes.body(matter, replace(situation, position=None), "callback")
        is_new = asked.handoff is None
        step = LeaveCallback(handoff, is_new, situation.is_open, asked.request.contact)
        memory = replace(memory, pending={}, offered=(CALLBACK_WITHDRAW,))
        dialogue = {**answered.dialogue, **memory.written()}
        return replace(
            answered,
            reply=replace(answered.reply, messages=messages, handoff=body),
            dialogue=dialogue,
            step=step,
            state=states.after(asked.conversation.state, "leave_callback"),
        )

    def _taken(self, asked: Asked, reply: Reply, reason: str) -> Answered:
        """Return the message as it came in, masked, with nothing understood of it."""
        conversation, request = asked.conversation, asked.request
        locale = request.locale or conversation.locale
        trace = {"engine": "none", "reason": reason, "revision": asked.published.revision}
        masked = self._masked(asked, locale)
        state = conversation.state
        return Answered(masked, reply, locale, conversation.dialogue, trace, state=state)

    def _masked(self, asked: Asked, locale: str) -> Masked:
        """Mask what was typed, or the words of what was pressed."""
        request, desk = asked.request, self._flow.desk(asked.published, locale)
        if request.text is not None:
            return mask(request.text)
        choice = request.choice or CALLBACK
        lists = FacilityLists(asked.published.catalogue, locale, self._clock.today())
        facilities = FacilityAnswers(lists, asked.conversation.dialogue, locale)
        owned = facilities.owns(choice)
        return mask(facilities.title(choice) if owned else desk.composer.title(choice))
