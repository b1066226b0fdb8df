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

from bot.dialogue import conversations
from bot.dialogue.answering import Answerer
from bot.dialogue.conversations import Conversation, CounterError, Overtaken, TurnRequest
from bot.dialogue.following import Live
from bot.dialogue.masking import mask
from bot.dialogue.memory import Memory
from bot.dialogue.published import Published
from bot.dialogue.reply import Composer
from bot.dialogue.turn import Turn, bot_message, numbered, shown_message
from bot.dialogue.worker import Worker
from bot.ledger.events import ConversationEnded, ConversationStarted, FeedbackGiven
from bot.ledger.log import Log
from bot.scenarios.integrity import option_exists
from bot.store.bus import Bus
from bot.store.clock import Clock
from bot.store.database import Database

_ATTEMPTS = 3


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
    ) -> None:
        self._database, self._log, self._bus = database, log, bus
        self._live, self._clock = live, clock
        self._answerer = Answerer(worker, clock, new_id)
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
            for _ in range(_ATTEMPTS):
                published = self._live.current
                before = await asyncio.to_thread(
                    self._before_turn, conversation.id, request, published
                )
                if isinstance(before, bytes):
                    return before
                answered = await self._answerer.answer(before, request, published)
                turn = Turn(self._new_id(), before, request, answered)
                try:
                    reply = await asyncio.to_thread(self._commit, turn)
                except Overtaken:
                    continue
                self._bus.wake(conversation.id)
                return reply
        raise CounterError("too_fast")

    def _lock_of(self, conversation_id: str) -> asyncio.Lock:
        """Return the lock that its users keep alive; other gateways are kept off by the version."""
        return self._turn_locks.setdefault(conversation_id, asyncio.Lock())

    def _before_turn(
        self, conversation_id: str, request: TurnRequest, published: Published
    ) -> bytes | Conversation:
        """Return the stored reply of a repeated message, else the conversation as it stands now."""
        with self._database.read() as connection:
            stored = conversations.stored_reply(connection, conversation_id, request)
            if stored is not None:
                return stored
            conversation = conversations.current(connection, conversation_id)
            if request.choice and not (
                conversations.was_offered(connection, conversation_id, request.choice)
                and option_exists(published.catalogue, request.choice)
            ):
                raise CounterError("not_offered")
        return conversation

    def _commit(self, turn: Turn) -> bytes:
        """Store message, decision, reply and state in one transaction; the reply leaves after it."""
        body, before = turn.body(), turn.conversation
        with self._database.write() as connection:
            conversations.advance(
                connection,
                before,
                last_seq=turn.last_seq,
                dialogue=turn.answered.dialogue,
                locale=turn.locale,
            )
            self._log.append(connection, self._clock.now(), turn.events(), before.id)
            conversations.add_offers(connection, before.id, turn.answered.reply.offered)
            conversations.store_reply(connection, before.id, turn.request, turn.id, body)
        return body

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
                self._log.append(connection, self._clock.now(), [event], conversation.id)

        await asyncio.to_thread(write)

    async def end(self, conversation: Conversation) -> None:
        """End a conversation for good; ending an ended one changes nothing."""

        def write() -> None:
            with self._database.write() as connection:
                if conversations.close(connection, conversation.id):
                    event = ConversationEnded()
                    self._log.append(connection, self._clock.now(), [event], conversation.id)

        await asyncio.to_thread(write)
        self._bus.wake(conversation.id)


def _page(url: str) -> str:
    """Keep where the resident came from, without the query, which may hold personal data."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{mask(parts.path).text}" if host else ""
