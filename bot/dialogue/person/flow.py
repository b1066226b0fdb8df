"""From an answered message to what becomes of it with a person: offered, passed on, waiting, taken back.

The bot's answer comes in, and goes out with what the handoff adds to it. Nothing is stored here: a
change of a handoff is a step that is committed with the turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from bot.dialogue.conversations import Conversation, TurnRequest
from bot.dialogue.memory import MAX_OFFERED, Memory
from bot.dialogue.person.body import HandoffShapes, Matter
from bot.dialogue.person.reception import CALLED, Reception, Situation
from bot.dialogue.person.steps import Ask, Step, Urgent, Withdraw, WithdrawCallback
from bot.dialogue.person.words import PersonWords
from bot.dialogue.published import Published
from bot.dialogue.reply import Composer, Message, Reply
from bot.dialogue.turn import Answered
from bot.handoff import queue, states
from bot.handoff.queue import Handoff, stamp
from bot.ledger.log import Log
from bot.store.clock import Clock

WISH, STUCK, EMERGENCY = "wish", "repeated_failure", "emergency"
WITHDRAW, TICKET = "handoff:withdraw", "handoff:ticket"
CALLBACK, CALLBACK_WITHDRAW = "handoff:callback", "handoff:callback_withdraw"
_PERSON = "phrase:person"
_SURE_OF_SERVICE = 0.3
_MISSES = 2
_NO_QUESTION = ("chitchat", "busy")


@dataclass(frozen=True)
class Asked:
    """A message as the flow sees it: of which turn and conversation, and the handoff that is open."""

    conversation: Conversation
    request: TurnRequest
    turn_id: str
    published: Published
    handoff: Handoff | None = None

    @property
    def is_silent(self) -> bool:
        """Tell whether a person has, or has had and not handed back, the conversation."""
        return self.handoff is not None and (
            self.conversation.state == states.HUMAN or self.handoff.was_claimed
        )


@dataclass(frozen=True)
class Desk:
    """What one turn needs to speak about people: the words, the shapes, the composer."""

    words: PersonWords
    shapes: HandoffShapes
    composer: Composer


class PersonFlow:
    """Decides, for each answered message, what the resident gets besides or instead of the answer."""

    def __init__(
        self, reception: Reception, log: Log, clock: Clock, new_id: Callable[[], str]
    ) -> None:
        self._reception, self._log = reception, log
        self._clock, self._new_id = clock, new_id

    def desk(self, published: Published, locale: str) -> Desk:
        """Return words and shapes for one reader, today."""
        catalogue, today = published.catalogue, self._clock.today()
        words = PersonWords(catalogue, locale, today)
        shapes = HandoffShapes(catalogue, words, today)
        return Desk(words, shapes, Composer(catalogue, locale, today))

    def settled(self, connection: Connection, asked: Asked, answered: Answered) -> Answered:
        """Return what leaves: the answer as it is, or with what a person has to do with it."""
        desk = self.desk(asked.published, answered.locale)
        if not desk.words.are_there:
            return answered
        answered = _remembering(asked, answered)
        pressed = _pressed(answered)
        if pressed:
            return self._pressed(connection, asked, answered, desk, pressed)
        if asked.handoff is not None:
            return self._while_waiting(connection, asked, answered, desk, asked.handoff)
        return self._by_the_bot(connection, asked, answered, desk)

    def _by_the_bot(
        self, connection: Connection, asked: Asked, answered: Answered, desk: Desk
    ) -> Answered:
        """Pass on who asked for a person, and offer one where the bot's help ends."""
        reply, memory = answered.reply, Memory.read(answered.dialogue)
        if reply.outcome == "handoff" and _reason_of(reply) == WISH:
            return self._passed_on(connection, asked, answered, desk)
        if reply.outcome == "handoff":
            return self._offered(connection, asked, answered, desk, _reason_of(reply))
        if reply.outcome == EMERGENCY:
            return _keeping(answered, replace(memory, pending=self._urgent(asked, answered)))
        if memory.misses >= _MISSES and reply.outcome in ("fallback", "clarify"):
            return self._offered(connection, asked, answered, desk, STUCK)
        if asked.request.text is not None and reply.outcome == "answered":
            return _keeping(answered, replace(memory, pending={}))
        return answered

    def _urgent(self, asked: Asked, answered: Answered) -> Mapping[str, str]:
        """Remember to whom an emergency goes, for when a person is asked for next."""
        kinds = asked.published.catalogue.zones.kinds
        found = [kinds[zone["kind"]] for zone in answered.trace.get("zones", ())]
        return {"reason": EMERGENCY, "section": found[0].section} if found else {}

    def _offered(
        self, connection: Connection, asked: Asked, answered: Answered, desk: Desk, reason: str
    ) -> Answered:
        """Offer a person, and show what would be passed on; nothing is passed on yet."""
        reply, memory = answered.reply, Memory.read(answered.dialogue)
        section = str((reply.handoff or {}).get("section") or self._section(asked, memory))
        matter = self._matter(connection, asked, answered, reason, section)
        opening = asked.published.catalogue.opening
        situation = self._reception.situation(connection, opening, section)
        *said, last = self._cannot(reply, desk) if reason == STUCK else reply.messages
        packet = desk.shapes.packet_lines(matter, is_offer=True)
        pending = {"reason": reason, "section": section, "reference": matter.reference}
        pending |= {"service": matter.service} if matter.service else {}
        body = desk.shapes.body(matter, situation, "offered")
        offered = replace(reply, outcome="handoff", messages=(*said, packet, last), handoff=body)
        return _keeping(replace(answered, reply=offered), replace(memory, pending=pending))

    def _cannot(self, reply: Reply, desk: Desk) -> list[Message]:
        """Say that the bot cannot answer; what it would have asked back stays."""
        asked_back = reply.messages if reply.outcome == "clarify" else ()
        cannot = desk.words.message("text", desk.words.line("cannot"))
        return [cannot, *asked_back, desk.composer.offer([_PERSON, "menu"])]

    def _passed_on(
        self, connection: Connection, asked: Asked, answered: Answered, desk: Desk
    ) -> Answered:
        """Put the resident into the queue and say how it stands."""
        memory = Memory.read(answered.dialogue)
        reason = memory.pending.get("reason", WISH)
        section = memory.pending.get("section") or self._section(asked, memory)
        matter = self._matter(connection, asked, answered, reason, section)
        handoff = self.new_handoff(asked, matter, memory)
        opening = asked.published.catalogue.opening
        situation = self._reception.situation(connection, opening, section)
        ways = [WITHDRAW, *([] if situation.name == CALLED else [CALLBACK])]
        messages = (
            desk.words.message("text", *desk.shapes.where_one_stands(situation)),
            desk.shapes.ticket(matter, situation),
            desk.shapes.packet_lines(matter, is_offer=False),
            desk.words.options(ways),
        )
        reply = replace(
            answered.reply,
            messages=messages,
            handoff=desk.shapes.body(matter, situation, "waiting"),
        )
        memory = replace(memory, pending={}, misses=0, is_wait_told=False)
        step = Ask(handoff, situation.is_open)
        state = states.after(asked.conversation.state, "ask")
        return _keeping(replace(answered, reply=reply, step=step, state=state), memory)

    def new_handoff(self, asked: Asked, matter: Matter, memory: Memory) -> Handoff:
        """Return the handoff of a matter, as it is stored."""
        return Handoff(
            id=self._new_id(),
            reference=matter.reference,
            conversation_id=asked.conversation.id,
            turn_id=asked.turn_id,
            section=matter.section,
            reason=matter.reason,
            locale=matter.locale,
            state="waiting",
            requested_at=stamp(self._clock.now()),
            question_seq=memory.question,
            service=matter.service,
            is_urgent=matter.reason == EMERGENCY,
        )

    def _while_waiting(
        self,
        connection: Connection,
        asked: Asked,
        answered: Answered,
        desk: Desk,
        handoff: Handoff,
    ) -> Answered:
        """Answer what can be answered, keep the rest for the person; everything goes to the person."""
        reply, memory = answered.reply, Memory.read(answered.dialogue)
        situation = self.situation(connection, asked.published, handoff)
        matter = self.matter_of(connection, handoff)
        body = desk.shapes.body(matter, situation, handoff.state)
        step: Step | None = None
        if reply.outcome in ("fallback", "handoff"):
            kept = desk.words.line("kept", reference=handoff.reference)
            stands = desk.shapes.where_one_stands(situation)
            said = desk.words.message("text", kept, *stands)
            reply = replace(
                reply, outcome="handoff", messages=(said, desk.words.options([WITHDRAW]))
            )
        elif reply.outcome == EMERGENCY:
            step = Urgent(handoff, _kinds(answered))
        elif not memory.is_wait_told:
            note = desk.words.line("waiting_note", reference=handoff.reference)
            reply = reply.before(desk.words.message("notice", note))
            memory = replace(memory, is_wait_told=True)
        reply = replace(reply, handoff=body)
        answered = replace(answered, reply=reply, step=step, state=asked.conversation.state)
        return _keeping(answered, replace(memory, pending={}, misses=0))

    def _pressed(
        self, connection: Connection, asked: Asked, answered: Answered, desk: Desk, pressed: str
    ) -> Answered:
        """Do what an option around the handoff says."""
        if pressed == CALLBACK_WITHDRAW:
            called = queue.latest_of(connection, asked.conversation.id, "callback")
            if called is None:
                return _said(answered, desk, "nothing_open")
            step: Step = WithdrawCallback(called)
            return replace(_said(answered, desk, "callback_withdrawn"), step=step)
        if asked.handoff is None:
            return _said(answered, desk, "nothing_open")
        if pressed == WITHDRAW:
            return withdrawn(asked, asked.handoff, answered, desk)
        return self._shown(connection, asked, answered, desk, pressed)

    def _shown(
        self, connection: Connection, asked: Asked, answered: Answered, desk: Desk, pressed: str
    ) -> Answered:
        """Show the ticket, or where to ring for those whose page has no form for a call back."""
        assert asked.handoff is not None
        handoff = asked.handoff
        situation = self.situation(connection, asked.published, handoff)
        matter = self.matter_of(connection, handoff)
        messages: list[Message] = [desk.shapes.ticket(matter, situation)]
        if pressed == CALLBACK:
            messages = [desk.words.message("text", *desk.shapes.where_one_stands(situation))]
            messages.append(desk.shapes.ticket(matter, situation))
        body = desk.shapes.body(matter, situation, handoff.state)
        shown = (*messages, desk.words.options([WITHDRAW]))
        reply = replace(answered.reply, messages=shown, handoff=body)
        return replace(answered, reply=reply)

    def situation(
        self, connection: Connection, published: Published, handoff: Handoff
    ) -> Situation:
        """Return how it stands for a handoff now."""
        opening = published.catalogue.opening
        return self._reception.situation(connection, opening, handoff.section, handoff)

    def matter_of(self, connection: Connection, handoff: Handoff) -> Matter:
        """Return with what somebody was passed on; the question is read from the log."""
        return Matter(
            handoff.reference,
            handoff.reason,
            handoff.section,
            handoff.locale,
            handoff.service,
            self._question(connection, handoff.conversation_id, handoff.question_seq),
        )

    def _matter(
        self,
        connection: Connection,
        asked: Asked,
        answered: Answered,
        reason: str,
        section: str,
    ) -> Matter:
        memory = Memory.read(answered.dialogue)
        is_own = memory.question == asked.conversation.last_seq + 1
        question = (
            answered.masked.text
            if is_own
            else self._question(connection, asked.conversation.id, memory.question)
        )
        reference = memory.pending.get("reference") or queue.free_reference(connection)
        service = memory.pending.get("service") or _service(answered, memory)
        known = service if service in asked.published.catalogue.scenarios else None
        return Matter(reference, reason, section, answered.locale, known, question)

    def _question(self, connection: Connection, conversation_id: str, seq: int | None) -> str:
        record = self._log.message(connection, conversation_id, seq) if seq else None
        return record.sealed.get("masked", "") if record else ""

    def wished(
        self, connection: Connection, asked: Asked, answered: Answered
    ) -> tuple[Matter, Handoff]:
        """Return the open handoff, or a new one for who asks to be called back without having waited."""
        if asked.handoff is not None:
            return self.matter_of(connection, asked.handoff), asked.handoff
        memory = Memory.read(answered.dialogue)
        reason = memory.pending.get("reason", WISH)
        section = memory.pending.get("section") or self._section(asked, memory)
        matter = self._matter(connection, asked, answered, reason, section)
        return matter, self.new_handoff(asked, matter, memory)

    def _section(self, asked: Asked, memory: Memory) -> str:
        """Name the counter of the service just discussed, else the one for everything."""
        catalogue = asked.published.catalogue
        scenario = catalogue.scenarios.get(memory.service or "")
        return scenario.owner if scenario else catalogue.zones.default_section


def withdrawn(asked: Asked, handoff: Handoff, answered: Answered, desk: Desk) -> Answered:
    """Take the resident out of the queue; the bot speaks again because the resident wants it to."""
    state = states.after(asked.conversation.state, "withdraw")
    return replace(_said(answered, desk, "withdrawn"), step=Withdraw(handoff), state=state)


def _said(answered: Answered, desk: Desk, line: str) -> Answered:
    said = desk.words.message("text", desk.words.line(line))
    messages = (said, desk.composer.offer(["menu", _PERSON]))
    reply = Reply("chitchat", None, messages, candidates=answered.reply.candidates)
    return _offering(replace(answered, reply=reply))


def _remembering(asked: Asked, answered: Answered) -> Answered:
    """Count what was not understood in a row, and remember which message was the last question."""
    memory, reply = Memory.read(answered.dialogue), answered.reply
    is_typed = asked.request.text is not None and "picked" not in answered.trace
    if reply.outcome == "busy":
        return answered
    if not is_typed:
        return _keeping(answered, replace(memory, misses=0))
    before = Memory.read(asked.conversation.dialogue)
    is_same = reply.outcome == "clarify" and before.offered == reply.offered[:MAX_OFFERED]
    if reply.outcome == "fallback" or is_same:
        misses = memory.misses + 1
    else:
        misses = memory.misses if reply.outcome == "clarify" else 0
    is_question = reply.outcome not in _NO_QUESTION and not (
        reply.outcome == "handoff" and _reason_of(reply) == WISH
    )
    question = asked.conversation.last_seq + 1 if is_question else memory.question
    return _keeping(answered, replace(memory, misses=misses, question=question))


def _keeping(answered: Answered, memory: Memory) -> Answered:
    # A list of facilities keeps its criteria beside the memory.
    return _offering(replace(answered, dialogue={**answered.dialogue, **memory.written()}))


def _offering(answered: Answered) -> Answered:
    """Remember what stands on the screen, which the handoff may have changed."""
    if answered.reply.outcome == "busy":
        return answered
    offered = list(answered.reply.offered[:MAX_OFFERED])
    return replace(answered, dialogue={**answered.dialogue, "offered": offered})


def _pressed(answered: Answered) -> str | None:
    choice: Any = answered.trace.get("choice")
    return choice if isinstance(choice, str) and choice.startswith("handoff:") else None


def _reason_of(reply: Reply) -> str:
    return str((reply.handoff or {}).get("reason", WISH))


def _kinds(answered: Answered) -> tuple[str, ...]:
    return tuple(str(zone["kind"]) for zone in answered.trace.get("zones", ()))


def _service(answered: Answered, memory: Memory) -> str | None:
    """Name the service in question: that of the best candidate where it is sure, else the last one."""
    best = answered.reply.candidates[0] if answered.reply.candidates else None
    if best and best["score"] >= _SURE_OF_SERVICE:
        return str(best["service"])
    return memory.service
