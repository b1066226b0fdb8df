"""The counter: everything that can happen to a conversation, each as one transaction.

A turn is: find the stored reply, answer, commit, wake. The reply leaves only after message, decision,
reply and new state are durably in the log together.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from sqlalchemy import Connection

from bot.dialogue import conversations
from bot.dialogue.answering import Answerer
from bot.dialogue.conversations import Conversation, CounterError, Overtaken, TurnRequest
from bot.dialogue.following import Live
from bot.dialogue.masking import mask
from bot.dialogue.memory import Memory
from bot.dialogue.person.flow import Asked, PersonFlow
from bot.dialogue.person.passing import FEEDBACK, Passing
from bot.dialogue.person.reception import Reception
from bot.dialogue.published import Published
from bot.dialogue.reply import Composer
from bot.dialogue.turn import Answered, Turn, bot_message, numbered, shown_message
from bot.dialogue.worker import Worker
from bot.handoff import queue, states
from bot.handoff.presence import Presence
from bot.ledger.event import AuditEvent
from bot.ledger.events import ConversationEnded, ConversationStarted, FeedbackGiven
from bot.ledger.handoff_events import HandoffWithdrawn
from bot.ledger.log import Log
from bot.scenarios.integrity import option_exists
from bot.store.bus import Bus
from bot.store.clock import Clock
from bot.store.database import Database

DESK = "desk"
"""The name under which changes of the queue are announced on the bus."""

# Whoever is overtaken tries again: three answers of the bot's, or nine messages to a person, who may
# write line after line meanwhile.
_PATIENCE, _AN_ANSWER, _A_MESSAGE = 9, 3, 1
_SEALED = b"\0"  # before a sealed reply; those of former versions stand in the open, as JSON


class Counter:
    """Answers residents from what is published, through the worker, into the log."""

    def __init__(
        self,
        database: Database,
        log: Log,
        bus: Bus,
        worker: Worker,
        live: Live,
        clock: Clock,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        presence: Presence | None = None,
    ) -> None:
        self._database, self._log, self._bus = database, log, bus
        self._live, self._clock = live, clock
        self._answerer = Answerer(worker, clock, new_id)
        self.presence = presence or Presence()
        self.flow = PersonFlow(Reception(clock, self.presence), log, clock, new_id)
        self._passing = Passing(self.flow, clock)
        self._new_id = new_id
        self._turn_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def open(self, locale: str, page_url: str) -> dict[str, Any]:
        """Open a conversation; returns the body of the contract, token included."""
        return await asyncio.to_thread(self._open, locale, page_url)

    def _open(self, locale: str, page_url: str) -> dict[str, Any]:
        token, now = secrets.token_urlsafe(32), self._clock.now()
        published = self._live.current
        composer = Composer(published.catalogue, locale, self._clock.today())
        messages = numbered(composer.welcome(self._clock.is_shifted), after=0)
        offered = [o["payload"] for m in messages for o in m.get("options", ())]
        dialogue = Memory.at_opening(locale, offered).written()
        conversation = Conversation(self._new_id(), locale, "bot", dialogue, len(messages), 0)
        started = ConversationStarted(
            locale=locale, page=_page(page_url), revision=published.revision
        )
        shown = [bot_message("", message) for message in messages]
        with self._database.write() as connection:
            conversations.add_conversation(connection, conversation, token, now)
            self._log.open_conversation(connection, conversation.id)
            self._log.append(connection, now, [started, *shown], conversation.id)
            conversations.add_offers(connection, conversation.id, offered)
        return {
            "conversation_id": conversation.id,
            "token": token,
            "state": conversation.state,
            "locale": locale,
            "messages": list(messages),
        }

    async def admit(self, conversation_id: str, token: str) -> Conversation:
        """Return the conversation if the token is its own.

        Raises:
            CounterError: ``unknown_conversation`` or ``token``.

        """

        def admit() -> Conversation:
            with self._database.read() as connection:
                return conversations.admitted(connection, conversation_id, token)

        return await asyncio.to_thread(admit)

    async def locale_of(self, conversation_id: str) -> str | None:
        """Return the language of a conversation, for errors before anyone is admitted."""

        def read() -> str | None:
            with self._database.read() as connection:
                return conversations.locale_of(connection, conversation_id)

        return await asyncio.to_thread(read)

    async def take(self, conversation: Conversation, request: TurnRequest) -> bytes:
        """Take one turn and return the reply as stored: the same bytes for the same message id.

        Raises:
            CounterError: the conversation is closed, the choice was not offered, the id was reused.
            StoreUnavailable: nothing was said and nothing is stored.

        """
        async with self._lock_of(conversation.id):
            patience = _PATIENCE
            while patience > 0:
                published = self._live.current
                asked = await asyncio.to_thread(
                    self._before_turn, conversation.id, request, published
                )
                if isinstance(asked, bytes):
                    return asked
                answered = await self._answered(asked)
                turn = Turn(asked.turn_id, asked.conversation, request, answered)
                try:
                    reply, concerned = await asyncio.to_thread(self._commit, turn)
                except (Overtaken, queue.Changed):
                    patience -= _A_MESSAGE if asked.is_silent else _AN_ANSWER
                    continue
                self.presence.stopped(conversation.id, "resident")
                if turn.state not in (states.WAITING, states.HUMAN):
                    self.presence.forget(conversation.id)
                for name in (conversation.id, *concerned):
                    self._bus.wake(name)
                return reply
        raise CounterError("too_fast")

    def _lock_of(self, conversation_id: str) -> asyncio.Lock:
        """Return the lock that its users keep alive; other gateways are kept off by the version."""
        return self._turn_locks.setdefault(conversation_id, asyncio.Lock())

    async def _answered(self, asked: Asked) -> Answered:
        """Let whoever may speak answer: the bot, or nobody but the person who has the conversation."""
        request = asked.request
        if request.contact is not None:
            return await asyncio.to_thread(self._in_reading, self._passing.called_back, asked)
        if (request.choice or "").startswith(FEEDBACK):
            return await asyncio.to_thread(self._in_reading, self._passing.judged, asked)
        if asked.is_silent:
            return await asyncio.to_thread(self._in_reading, self._passing.passed_on, asked)
        answered = await self._answerer.answer(asked.conversation, request, asked.published)
        return await asyncio.to_thread(self._in_reading, self.flow.settled, asked, answered)

    def _in_reading(self, act: Callable[..., Answered], *values: object) -> Answered:
        with self._database.read() as connection:
            return act(connection, *values)

    def _before_turn(
        self, conversation_id: str, request: TurnRequest, published: Published
    ) -> bytes | Asked:
        """Return the stored reply of a repeated message, else how things stand now."""
        with self._database.read() as connection:
            stored = conversations.stored_reply(connection, conversation_id, request)
            if stored is not None:
                return self._opened(connection, conversation_id, request, stored)
            is_verdict = (request.choice or "").startswith(FEEDBACK)
            conversation = conversations.current(
                connection, conversation_id, may_be_closed=is_verdict
            )
            is_offered_anyway = request.contact is not None
            if (
                request.choice
                and not is_offered_anyway
                and not (
                    conversations.was_offered(connection, conversation_id, request.choice)
                    and option_exists(published.catalogue, request.choice)
                )
            ):
                raise CounterError("not_offered")
            handoff = queue.open_of(connection, conversation_id)
        return Asked(conversation, request, self._new_id(), published, handoff)

    def _commit(self, turn: Turn) -> tuple[bytes, list[str]]:
        """Store message, decision, reply, state and handoff in one transaction; the reply leaves after it.

        Returns the reply, and the names of whom else it concerns.
        """
        body, before, step = turn.body(), turn.conversation, turn.answered.step
        now, further = self._clock.now(), list[AuditEvent]()
        concerned = [DESK] if step or turn.state != "bot" else []
        with self._database.write() as connection:
            conversations.advance(
                connection,
                before,
                last_seq=turn.last_seq,
                dialogue=turn.answered.dialogue,
                locale=turn.locale,
                state=turn.state,
            )
            if step:
                further = step.apply(connection, self._log, now)
                section = step.handoff.section
                concerned += queue.conversations_waiting_in(connection, section)
            self._log.append(connection, now, [*turn.events(), *further], before.id)
            conversations.add_offers(connection, before.id, turn.answered.reply.offered)
            sealed = self._sealed(connection, before.id, turn.request, body)
            conversations.store_reply(connection, before.id, turn.request, turn.id, sealed)
        return body, concerned

    def _sealed(
        self, connection: Connection, conversation_id: str, request: TurnRequest, body: bytes
    ) -> bytes:
        """Seal a reply that is kept for repetitions: it may quote the resident."""
        place = f"turn/{request.client_message_id}"
        return _SEALED + self._log.sealed(connection, conversation_id, body.decode(), place)

    def _opened(
        self, connection: Connection, conversation_id: str, request: TurnRequest, stored: bytes
    ) -> bytes:
        if not stored.startswith(_SEALED):
            return stored
        sealed, place = stored[len(_SEALED) :], f"turn/{request.client_message_id}"
        return self._log.opened(connection, conversation_id, sealed, place).encode()

    async def standing(self, conversation_id: str) -> dict[str, Any]:
        """Return who may speak, the handoff if one is open, and what is seen of the person."""
        return await asyncio.to_thread(self._standing, conversation_id)

    def _standing(self, conversation_id: str) -> dict[str, Any]:
        published, now = self._live.current, self._clock.now()
        with self._database.read() as connection:
            conversation = conversations.current(connection, conversation_id, may_be_closed=True)
            handoff = queue.open_of(connection, conversation_id)
            body = None
            if handoff is not None:
                desk = self.flow.desk(published, conversation.locale)
                situation = self.flow.situation(connection, published, handoff)
                matter = self.flow.matter_of(connection, handoff)
                body = desk.shapes.body(matter, situation, handoff.state)
        signs = self.presence.signs(conversation_id, "staff", now)
        staff = {"typing": signs.is_typing, "read_seq": signs.read_seq}
        return {"state": conversation.state, "handoff": body, "staff": staff}

    def show_signs(self, conversation: Conversation, *, is_typing: bool, read_seq: int) -> None:
        """Let staff see that the resident is typing, and how far the resident has read.

        Signs that nobody can see are not kept, not even in memory.
        """
        if conversation.state not in (states.WAITING, states.HUMAN):
            return
        if is_typing:
            self.presence.typing(conversation.id, "resident", self._clock.now())
        else:
            self.presence.stopped(conversation.id, "resident")
        self.presence.read(conversation.id, "resident", min(read_seq, conversation.last_seq))
        self._bus.wake(DESK)

    async def transcript(self, conversation: Conversation, after: int = 0) -> list[dict[str, Any]]:
        """Return the messages after a seq, as they were shown, resident's words masked."""

        def read() -> list[dict[str, Any]]:
            with self._database.read() as connection:
                records = self._log.of_conversation(connection, conversation.id, after_seq=after)
            return [shown_message(record) for record in records]

        return await asyncio.to_thread(read)

    async def give_feedback(
        self, conversation: Conversation, turn_id: str, helpful: bool, comment: str
    ) -> None:
        """Log whether a turn helped.

        Raises:
            CounterError: ``unknown_turn``.

        """
        masked = mask(comment)
        event = FeedbackGiven(turn_id=turn_id, helpful=helpful, raw=masked.kept, masked=masked.text)

        def write() -> None:
            with self._database.write() as connection:
                if not conversations.has_turn(connection, conversation.id, turn_id):
                    raise CounterError("unknown_turn")
                queue.judge(connection, conversation.id, turn_id, helpful)
                self._log.append(connection, self._clock.now(), [event], conversation.id)

        await asyncio.to_thread(write)

    async def end(self, conversation: Conversation) -> None:
        """End a conversation for good; ending an ended one changes nothing."""

        def write() -> None:
            now, events = self._clock.now(), list[AuditEvent]()
            with self._database.write() as connection:
                handoff = queue.open_of(connection, conversation.id)
                if not conversations.close(connection, conversation.id):
                    return
                events.append(ConversationEnded())
                if handoff is not None:
                    ended = {"state": "withdrawn", "ended_at": queue.stamp(now)}
                    queue.change(connection, handoff, **ended)
                    events.append(HandoffWithdrawn(handoff_id=handoff.id, section=handoff.section))
                self._log.append(connection, now, events, conversation.id)

        await asyncio.to_thread(write)
        self.presence.forget(conversation.id)
        self._bus.wake(conversation.id)
        self._bus.wake(DESK)


def _page(url: str) -> str:
    """Keep where the resident came from, without the query, which may hold personal data."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{mask(parts.path).text}" if host else ""
