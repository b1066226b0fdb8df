"""The desk: what staff do with conversations that were handed to people.

Every method is one transaction, durable before it returns, and logged with the agent's id. What was said
or done reaches resident and desk through the log; the bus only wakes who waits for it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from bot.dialogue import conversations
from bot.dialogue.masking import mask
from bot.dialogue.person.desk_callbacks import CallbackDesk
from bot.dialogue.person.desk_reports import ReportDesk
from bot.dialogue.person.desk_signs import SignDesk
from bot.dialogue.person.transactions import Agent, DeskError, Work, of
from bot.handoff import claims, queue, states
from bot.handoff.queue import Handoff, stamp
from bot.ledger.event import AuditEvent
from bot.ledger.events import BotMessage, ResidentMessage
from bot.ledger.handoff_events import (
    HANDOFF_EVENTS,
    HandoffClaimed,
    HandoffClosed,
    HandoffEvent,
    HandoffHandedBack,
    HandoffTransferred,
    HandoffViewed,
    StaffMessage,
    StaffNote,
)
from bot.ledger.log import Record
from bot.store.tables import staff_messages

__all__ = ["Agent", "Desk", "DeskError"]

_AT_ONCE = 500
_HAPPENED = tuple(e.type for e in HANDOFF_EVENTS if issubclass(e, HandoffEvent))
_SAID = (ResidentMessage.type, BotMessage.type)


class Desk(CallbackDesk, ReportDesk, SignDesk):
    """The staff's side of every handoff."""

    async def queue(self, agent: Agent, section: str | None = None) -> list[dict[str, Any]]:
        """Return who waits and who is being served, longest waiting first, with the alarm flag."""
        self._arrive(agent)

        def act(work: Work) -> list[dict[str, Any]]:
            views = self._transactions.views
            return [
                views.row(handoff, work.now, is_late=self._keeper.is_late(handoff, work.now))
                for handoff in queue.listed(work.connection, ())
                if agent.may_see(handoff) and section in (None, handoff.section)
            ]

        return await self._transactions.reading(act)

    async def view(self, agent: Agent, handoff_id: str) -> dict[str, Any]:
        """Return packet, transcript (masked), candidates, canned answers and notes; logged as a read.

        Raises:
            DeskError: ``unknown_handoff``.

        """

        def act(work: Work) -> dict[str, Any]:
            handoff = self._transactions.visible(work, agent, handoff_id)
            self._transactions.note_down(
                work, handoff, [HandoffViewed(**of(handoff), agent=agent.id)]
            )
            return self._viewed(work, handoff)

        return await self._transactions.writing(act)

    async def messages(self, agent: Agent, handoff_id: str, after: int) -> dict[str, Any]:
        """Return what was said after a ``seq``, to the agent who has the conversation.

        Raises:
            DeskError: the agent does not hold it, so reading on would be a read of its own.

        """

        def act(work: Work) -> dict[str, Any]:
            handoff = self._transactions.held(work, agent, handoff_id)
            records = self._log.of_conversation(
                work.connection, handoff.conversation_id, after_seq=after
            )
            return {
                "messages": self._transactions.views.transcript(records),
                **self._signs(work, handoff),
            }

        return await self._transactions.reading(act)

    def _viewed(self, work: Work, handoff: Handoff) -> dict[str, Any]:
        views = self._transactions.views
        records = self._log.of_conversation(work.connection, handoff.conversation_id)
        candidates = views.candidates(records)
        matter = self._flow.matter_of(work.connection, handoff)
        row = views.row(handoff, work.now, is_late=self._keeper.is_late(handoff, work.now))
        return {
            **row,
            "packet": {
                "question": matter.question,
                "service": handoff.service,
                "reason": row["reason_text"],
                "language": handoff.locale,
            },
            "messages": views.transcript(records),
            "candidates": candidates,
            "canned": views.canned(handoff, candidates),
            "notes": views.notes(records),
            "results": views.results(),
            "result": handoff.result,
            **self._signs(work, handoff),
        }

    async def events(self, agent: Agent, after: int) -> list[dict[str, Any]]:
        """Return what changed since record number ``after``, oldest first; basis of a stream with resume.

        Besides what happened to handoffs of the agent's sections, each message in their conversations.
        """
        self._arrive(agent)

        def act(work: Work) -> list[dict[str, Any]]:
            open_now = {h.conversation_id: h for h in queue.listed(work.connection, ())}
            number = after
            while True:
                records = self._log.after(
                    work.connection, number, _HAPPENED, _AT_ONCE, (_SAID, list(open_now))
                )
                told = ((record, open_now.get(record.conversation_id or "")) for record in records)
                events = [_told(*pair) for pair in told if _concerns(agent, *pair)]
                if events or len(records) < _AT_ONCE:
                    return events
                number = records[-1].number  # all of other sections: go on

        return await self._transactions.reading(act)

    async def last_event(self) -> int:
        """Return the number of the last record: where a stream that begins now begins."""
        return await self._transactions.reading(lambda work: self._log.last_number(work.connection))

    async def results(self) -> list[dict[str, str]]:
        """Return the ward's result codes with their titles."""
        return self._transactions.views.results()

    async def claim(self, agent: Agent, handoff_id: str) -> dict[str, Any]:
        """Take a conversation; exactly one agent gets it. Returns ``lease_until``.

        Raises:
            DeskError: ``unknown_handoff``, ``claimed_by_other``, ``not_claimed``, ``conversation_ended``.

        """
        self._arrive(agent)

        def act(work: Work) -> dict[str, Any]:
            handoff = self._transactions.visible(work, agent, handoff_id)
            if claims.is_expired(handoff, work.now):
                self._transactions.release(work, handoff)
            elif handoff.state == "claimed" and handoff.claimed_by == agent.id:
                return _lease(claims.keep(work.connection, handoff, work.now))
            until = claims.claim(work.connection, handoff_id, agent.id, agent.name, work.now)
            claimed = HandoffClaimed(**of(handoff), agent=agent.id)
            self._transactions.move(work, handoff, "claim", [claimed], ["joined"])
            return _lease(until)

        return await self._transactions.writing(act)

    async def heartbeat(self, agent: Agent, handoff_id: str) -> dict[str, Any]:
        """Keep a claim for another minute. Returns ``lease_until``.

        Raises:
            DeskError: the agent does not hold it (any more).

        """
        self._arrive(agent)

        def act(work: Work) -> dict[str, Any]:
            work.wakes.clear()
            handoff = self._transactions.held(work, agent, handoff_id)
            return _lease(claims.keep(work.connection, handoff, work.now))

        return await self._transactions.writing(act)

    async def reply(
        self, agent: Agent, handoff_id: str, client_message_id: str, text: str
    ) -> dict[str, Any]:
        """Say something to the resident; the same id says it once. Returns ``seq``.

        Raises:
            DeskError: the agent does not hold it, or ``message_id_reused``.

        """
        self._arrive(agent)
        digest = hashlib.sha256(text.encode()).digest()

        def act(work: Work) -> dict[str, Any]:
            said = self._said(work, handoff_id, client_message_id, digest)
            if said is not None:
                return {"seq": said}
            handoff = self._transactions.held(work, agent, handoff_id)
            seq = self._say(work, agent, handoff, client_message_id, text)
            first = {} if handoff.first_reply_at else {"first_reply_at": stamp(work.now)}
            until = stamp(work.now + claims.LEASE)
            queue.change(work.connection, handoff, lease_until=until, **first)
            row = {"handoff_id": handoff.id, "client_message_id": client_message_id}
            work.connection.execute(
                insert(staff_messages).values(**row, request_hash=digest, seq=seq)
            )
            self._presence.stopped(handoff.conversation_id, "staff")
            return {"seq": seq}

        return await self._transactions.writing(act)

    async def note(self, agent: Agent, handoff_id: str, text: str) -> None:
        """Keep a note that only staff see.

        Raises:
            DeskError: ``unknown_handoff``.

        """

        def act(work: Work) -> None:
            handoff = self._transactions.visible(work, agent, handoff_id)
            kept = mask(text).kept
            self._transactions.note_down(
                work, handoff, [StaffNote(**of(handoff), agent=agent.id, text=kept)]
            )

        await self._transactions.writing(act)

    async def transfer(
        self,
        agent: Agent,
        handoff_id: str,
        *,
        section: str | None = None,
        to: str | None = None,
        reason: str = "",
    ) -> dict[str, Any]:
        """Pass a claimed conversation to a section or a colleague; the resident waits for them.

        Raises:
            DeskError: the agent does not hold it, or ``nobody_there``.

        """

        def act(work: Work) -> dict[str, Any]:
            handoff = self._transactions.held(work, agent, handoff_id)
            target = section or handoff.section
            name = self._somebody_there(work, agent, target, to)
            self._transactions.set_free(
                work, handoff, section=target, assigned_to=to, assigned_name=name if to else None
            )
            passed = HandoffTransferred(
                handoff_id=handoff.id,
                section=target,
                agent=agent.id,
                from_section=handoff.section,
                to=to,
                reason=mask(reason).kept,
            )
            self._transactions.move(work, handoff, "release", [passed], ["transferred"], target)
            return {"state": "waiting", "section": target, "to": to}

        return await self._transactions.writing(act)

    async def hand_back(self, agent: Agent, handoff_id: str) -> None:
        """Give the conversation back to the bot, and ask the resident whether it helped.

        Raises:
            DeskError: the agent does not hold it.

        """

        def act(work: Work) -> None:
            handoff = self._transactions.held(work, agent, handoff_id)
            event = HandoffHandedBack(**of(handoff), agent=agent.id)
            self._finish(work, handoff, "hand_back", event, "handed_back")

        await self._transactions.writing(act)

    async def close(self, agent: Agent, handoff_id: str, result: str) -> None:
        """End the conversation with a result code of the ward's list, and ask whether it helped.

        Raises:
            DeskError: the agent does not hold it, or ``result_unknown``.

        """

        def act(work: Work) -> None:
            handoff = self._transactions.held(work, agent, handoff_id)
            self._check_result(result)
            event = HandoffClosed(**of(handoff), agent=agent.id, result=result)
            self._finish(work, handoff, "close", event, "ended", result)

        await self._transactions.writing(act)

    def _finish(
        self,
        work: Work,
        handoff: Handoff,
        move: str,
        event: AuditEvent,
        line: str,
        result: str | None = None,
    ) -> None:
        target = states.MOVES[move].handoff
        ended = {"state": target, "ended_at": stamp(work.now), "lease_until": None}
        queue.change(work.connection, handoff, **ended, result=result)
        self._transactions.move(work, handoff, move, [event], [line, "helped"])
        self._presence.forget(handoff.conversation_id)

    def _say(self, work: Work, agent: Agent, handoff: Handoff, message_id: str, text: str) -> int:
        before = conversations.current(work.connection, handoff.conversation_id)
        seq = before.last_seq + 1
        said = StaffMessage(
            **of(handoff),
            agent=agent.id,
            seq=seq,
            turn_id=handoff.turn_id,
            client_message_id=message_id,
            content=self._transactions.staff_text(handoff, before.locale, mask(text).kept),
        )
        conversations.advance(
            work.connection,
            before,
            last_seq=seq,
            dialogue=before.dialogue,
            locale=before.locale,
            state=before.state,
        )
        self._transactions.note_down(work, handoff, [said])
        return seq

    def _said(
        self, work: Work, handoff_id: str, client_message_id: str, digest: bytes
    ) -> int | None:
        """Return where a repeated reply was said."""
        query = select(staff_messages.c.seq, staff_messages.c.request_hash).where(
            staff_messages.c.handoff_id == handoff_id,
            staff_messages.c.client_message_id == client_message_id,
        )
        row = work.connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.request_hash != digest:
            raise DeskError("message_id_reused")
        return int(row.seq)

    def _somebody_there(self, work: Work, agent: Agent, section: str, to: str | None) -> str:
        """Return the name of whom a conversation is passed to.

        Raises:
            DeskError: ``nobody_there``.

        """
        if to is not None:
            seat = self._presence.seat(to, work.now)
            if seat is None or not seat.serves(section):
                raise DeskError("nobody_there", {"name": to})
            return seat.name
        name = self._transactions.views.section_name(section)
        if not self._presence.at_desk(section, work.now) - {agent.id}:
            hours = self._transactions.hours
            opens = hours.next_opening(section, work.now)
            when = {"next_opening": opens.isoformat()} if opens else {}
            raise DeskError("nobody_there", {"name": name, **when})
        return name


def _lease(until: datetime) -> dict[str, Any]:
    return {"lease_until": until.isoformat()}


def _told(record: Record, handoff: Handoff | None) -> dict[str, Any]:
    """Return a record as the desk follows it, without a word of anybody."""
    event: dict[str, Any] = {"number": record.number, "at": record.at, "type": record.type}
    shown = ("handoff_id", "section", "agent", "from_section", "to", "result", "reason")
    known = {name: record.envelope[name] for name in shown if name in record.envelope}
    whose = of(handoff) if handoff is not None else {}
    return {**event, **whose, **known, **({"seq": record.seq} if record.seq else {})}


def _concerns(agent: Agent, record: Record, handoff: Handoff | None) -> bool:
    if handoff is not None and agent.may_see(handoff):
        return True
    sections = {record.envelope.get("section"), record.envelope.get("from_section")}
    return not agent.sections or bool(sections & set(agent.sections))
