"""The counter: everything that can happen to a conversation, each as one transaction.

A turn is a list of named steps: find the stored turn, mask, understand, compose, commit, wake. The
reply leaves only after message, decision, reply and new state are durably in the log together.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from sqlalchemy import Connection, insert, select, update

from bot.dialogue.masking import Masked, mask
from bot.dialogue.published import Published
from bot.dialogue.reply import Composer, Message, Reply
from bot.dialogue.understanding import understand
from bot.dialogue.worker import TurnCall, Worker, WorkerBusy
from bot.ledger.events import (
    AuditEvent,
    BotMessage,
    ConversationEnded,
    ConversationStarted,
    Decision,
    FeedbackGiven,
    ResidentMessage,
)
from bot.ledger.log import Log, Record
from bot.scenarios.integrity import option_exists
from bot.store.bus import Bus
from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.tables import conversations, offers, turns

_ATTEMPTS = 3


class CounterError(Exception):
    """A request that cannot be taken; ``code`` names a phrase ``error_<code>`` for the resident."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Overtaken(Exception):
    """Another turn of the same conversation committed first."""


@dataclass(frozen=True)
class Conversation:
    """A conversation as it stands before a turn."""

    id: str
    locale: str
    state: str
    dialogue: Mapping[str, Any]
    last_seq: int
    version: int


@dataclass(frozen=True)
class TurnRequest:
    """What a resident sent: a text or a choice, under an id that the client made."""

    client_message_id: str
    text: str | None = None
    choice: str | None = None
    locale: str | None = None

    def digest(self) -> bytes:
        """Return a hash by which a repeated id with other content is recognised."""
        content = json.dumps([self.text, self.choice, self.locale], ensure_ascii=False)
        return hashlib.sha256(content.encode()).digest()


class Counter:
    """Answers residents from what is published, through the worker, into the log."""

    def __init__(
        self,
        database: Database,
        log: Log,
        bus: Bus,
        worker: Worker,
        published: Published,
        clock: Clock,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._database, self._log, self._bus = database, log, bus
        self._worker, self._published, self._clock = worker, published, clock
        self._new_id = new_id
        self._turn_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def open(self, locale: str, page_url: str) -> dict[str, Any]:
        """Open a conversation; returns the body of the contract, token included."""
        return await asyncio.to_thread(self._open, locale, page_url)

    def _open(self, locale: str, page_url: str) -> dict[str, Any]:
        conversation_id, token = self._new_id(), secrets.token_urlsafe(32)
        composer = self._composer(locale)
        welcome = list(composer.welcome())
        if self._clock.is_shifted:
            welcome.insert(0, composer.notice("rehearsal"))
        messages = _numbered(welcome, after=0)
        started = ConversationStarted(
            locale=locale, page=_page(page_url), revision=self._published.catalogue.revision
        )
        now = self._clock.now()
        with self._database.write() as connection:
            connection.execute(
                insert(conversations).values(
                    id=conversation_id,
                    token_hash=_hash(token),
                    locale=locale,
                    state="bot",
                    dialogue={},
                    last_seq=len(messages),
                    version=0,
                    started_at=now.isoformat(timespec="microseconds"),
                )
            )
            self._log.open_conversation(connection, conversation_id)
            shown = [_bot_message("", message) for message in messages]
            self._log.append(connection, now, [started, *shown], conversation_id)
            self._add_offers(connection, conversation_id, _offered(messages))
        return {
            "conversation_id": conversation_id,
            "token": token,
            "state": "bot",
            "locale": locale,
            "messages": messages,
        }

    async def admit(self, conversation_id: str, token: str) -> Conversation:
        """Return the conversation if the token is its own.

        Raises:
            CounterError: ``unknown_conversation`` or ``token``.

        """
        return await asyncio.to_thread(self._admit, conversation_id, token)

    def _admit(self, conversation_id: str, token: str) -> Conversation:
        with self._database.read() as connection:
            row = _row_of(connection, conversation_id)
        if row is None:
            raise CounterError("unknown_conversation")
        if not hmac.compare_digest(row["token_hash"], _hash(token)):
            raise CounterError("token")
        return _conversation(row)

    async def take(self, conversation: Conversation, request: TurnRequest) -> bytes:
        """Take one turn and return the reply as stored: the same bytes for the same message id.

        Raises:
            CounterError: the conversation is closed, the choice was not offered, the id was reused.
            StoreUnavailable: nothing was said and nothing is stored.

        """
        async with self._lock_of(conversation.id):
            for _ in range(_ATTEMPTS):
                stored = await asyncio.to_thread(self._before_turn, conversation.id, request)
                if isinstance(stored, bytes):
                    return stored
                turn = await self._answer(stored, request)
                try:
                    reply = await asyncio.to_thread(self._commit, stored, request, *turn)
                except _Overtaken:
                    continue
                self._bus.wake(conversation.id)
                return reply
        raise CounterError("too_fast")

    def _lock_of(self, conversation_id: str) -> asyncio.Lock:
        """Return the lock that its users keep alive; other gateways are kept off by the version."""
        return self._turn_locks.setdefault(conversation_id, asyncio.Lock())

    def _before_turn(self, conversation_id: str, request: TurnRequest) -> bytes | Conversation:
        """Return the stored reply of a repeated message, else the conversation as it stands now."""
        with self._database.read() as connection:
            key = (conversation_id, request.client_message_id)
            stored = connection.execute(_turn_query(*key)).mappings().one_or_none()
            row = _row_of(connection, conversation_id)
            offered = not request.choice or (
                _is_offered(connection, conversation_id, request.choice)
                and option_exists(self._published.catalogue, request.choice)
            )
        if stored is not None:
            if stored["request_hash"] != request.digest():
                raise CounterError("message_id_reused")
            return bytes(stored["reply"])
        if row is None or row["state"] == "closed":
            raise CounterError("conversation_ended")
        if not offered:
            raise CounterError("not_offered")
        return _conversation(row)

    async def _answer(
        self, conversation: Conversation, request: TurnRequest
    ) -> tuple[Masked, Reply, Mapping[str, Any], Mapping[str, Any]]:
        """Mask, understand, compose; returns what to store, and stores nothing."""
        locale = request.locale or conversation.locale
        composer = self._composer(locale)
        masked = mask(request.text or composer.title(request.choice or ""))
        target = composer.topic_of(request.choice) if request.choice else None
        if request.choice and target is None:
            trace = {"engine": "menu", "choice": request.choice}
            return masked, composer.from_choice(request.choice), conversation.dialogue, trace
        call = TurnCall(self._new_id(), conversation.dialogue, masked.text, locale, target)
        try:
            understood = await understand(self._worker, self._published.index, call)
        except WorkerBusy:
            busy = Reply("busy", None, (composer.notice("busy"),))
            return masked, busy, conversation.dialogue, {"engine": "none", "reason": "busy"}
        reply = composer.from_key(understood.key, understood.ranking)
        if understood.is_reduced:
            reply = _with_notice(reply, composer.notice("reduced_service"))
        trace = {**understood.trace, "response": understood.key}
        return masked, reply, understood.state, trace

    def _commit(
        self,
        conversation: Conversation,
        request: TurnRequest,
        masked: Masked,
        reply: Reply,
        dialogue: Mapping[str, Any],
        trace: Mapping[str, Any],
    ) -> bytes:
        """Store message, decision, reply and state in one transaction; the reply leaves after it."""
        turn_id, now = self._new_id(), self._clock.now()
        messages = _numbered(reply.messages, after=conversation.last_seq + 1)
        body = _turn_body(turn_id, conversation.state, reply, messages)
        stored = json.dumps(body, ensure_ascii=False).encode()
        locale = request.locale or conversation.locale
        with self._database.write() as connection:
            self._advance(connection, conversation, messages[-1]["seq"], dialogue, locale)
            events = _turn_events(turn_id, conversation, request, masked, reply, messages, trace)
            self._log.append(connection, now, events, conversation.id)
            self._add_offers(connection, conversation.id, reply.offered)
            connection.execute(
                insert(turns).values(
                    conversation_id=conversation.id,
                    client_message_id=request.client_message_id,
                    turn_id=turn_id,
                    request_hash=request.digest(),
                    reply=stored,
                )
            )
        return stored

    def _advance(
        self,
        connection: Connection,
        conversation: Conversation,
        last_seq: int,
        dialogue: Mapping[str, Any],
        locale: str,
    ) -> None:
        """Move the conversation on, unless another turn was quicker."""
        changed = connection.execute(
            update(conversations)
            .where(
                conversations.c.id == conversation.id,
                conversations.c.version == conversation.version,
            )
            .values(
                last_seq=last_seq,
                dialogue=dict(dialogue),
                locale=locale,
                version=conversation.version + 1,
            )
        )
        if changed.rowcount != 1:
            raise _Overtaken

    async def transcript(self, conversation: Conversation, after: int = 0) -> list[dict[str, Any]]:
        """Return the messages after a seq, as they were shown, resident's words masked."""
        return await asyncio.to_thread(self._transcript, conversation.id, after)

    def _transcript(self, conversation_id: str, after: int) -> list[dict[str, Any]]:
        with self._database.read() as connection:
            found = self._log.of_conversation(connection, conversation_id, after_seq=after)
        return [_shown_message(record) for record in found]

    async def give_feedback(
        self, conversation: Conversation, turn_id: str, helpful: bool, comment: str
    ) -> None:
        """Log whether a turn helped.

        Raises:
            CounterError: ``unknown_turn``.

        """
        await asyncio.to_thread(self._give_feedback, conversation, turn_id, helpful, comment)

    def _give_feedback(
        self, conversation: Conversation, turn_id: str, helpful: bool, comment: str
    ) -> None:
        query = select(turns.c.turn_id).where(
            turns.c.turn_id == turn_id, turns.c.conversation_id == conversation.id
        )
        masked = mask(comment).text
        event = FeedbackGiven(turn_id=turn_id, helpful=helpful, raw=comment, masked=masked)
        with self._database.write() as connection:
            if connection.execute(query).first() is None:
                raise CounterError("unknown_turn")
            self._log.append(connection, self._clock.now(), [event], conversation.id)

    async def end(self, conversation: Conversation) -> None:
        """End a conversation for good; ending an ended one changes nothing."""
        await asyncio.to_thread(self._end, conversation)
        self._bus.wake(conversation.id)

    def _end(self, conversation: Conversation) -> None:
        closing = (
            update(conversations)
            .where(conversations.c.id == conversation.id, conversations.c.state != "closed")
            .values(state="closed", version=conversations.c.version + 1)
        )
        with self._database.write() as connection:
            if connection.execute(closing).rowcount:
                event = ConversationEnded()
                self._log.append(connection, self._clock.now(), [event], conversation.id)

    def _composer(self, locale: str) -> Composer:
        return Composer(self._published.catalogue, locale, self._clock.today())

    def _add_offers(self, connection: Connection, conversation_id: str, payloads: set[str]) -> None:
        known = select(offers.c.payload).where(offers.c.conversation_id == conversation_id)
        new = payloads - set(connection.scalars(known))
        if new:
            rows = [{"conversation_id": conversation_id, "payload": p} for p in sorted(new)]
            connection.execute(insert(offers), rows)


def _turn_body(
    turn_id: str, state: str, reply: Reply, messages: Sequence[Message]
) -> dict[str, Any]:
    """Return the turn in the contract's shape."""
    return {
        "turn_id": turn_id,
        "seq": messages[-1]["seq"],
        "state": state,
        "outcome": reply.outcome,
        "zone": reply.zone,
        "answer": reply.answer,
        "candidates": list(reply.candidates),
        "messages": list(messages),
        "sources": list(reply.sources),
        "form": None,
        "handoff": None,
    }


def _turn_events(
    turn_id: str,
    conversation: Conversation,
    request: TurnRequest,
    masked: Masked,
    reply: Reply,
    messages: Sequence[Message],
    trace: Mapping[str, Any],
) -> list[AuditEvent]:
    """Return the audit events of a turn, in the order in which they happened."""
    said = ResidentMessage(
        seq=conversation.last_seq + 1,
        turn_id=turn_id,
        client_message_id=request.client_message_id,
        locale=request.locale or conversation.locale,
        raw=request.text or "",
        masked=masked.text,
        masked_types=masked.types,
        choice=request.choice,
    )
    decision = Decision(
        turn_id=turn_id,
        outcome=reply.outcome,
        zone=reply.zone,
        answer=reply.answer,
        trace=trace,
    )
    last = {
        **messages[-1],
        "outcome": reply.outcome,
        "answer": reply.answer,
        "sources": list(reply.sources),
    }
    shown = [_bot_message(turn_id, message) for message in [*messages[:-1], last]]
    return [said, decision, *shown]


def _bot_message(turn_id: str, message: Message) -> BotMessage:
    content = {name: value for name, value in message.items() if name != "seq"}
    return BotMessage(seq=message["seq"], turn_id=turn_id, content=content)


def _shown_message(record: Record) -> dict[str, Any]:
    base = {
        "seq": record.seq,
        "turn_id": record.envelope["turn_id"],
        "role": record.envelope["role"],
        "at": record.at,
    }
    if record.type == ResidentMessage.type:
        choice = record.envelope["choice"]
        return {**base, "type": "text", "text": record.sealed["masked"], "choice": choice}
    return {**base, **json.loads(record.sealed["content"])}


def _with_notice(reply: Reply, notice: Message) -> Reply:
    return Reply(
        reply.outcome,
        reply.zone,
        (notice, *reply.messages),
        reply.answer,
        reply.sources,
        reply.candidates,
    )


def _numbered(messages: Sequence[Message], after: int) -> list[Message]:
    return [{"seq": seq, **message} for seq, message in enumerate(messages, start=after + 1)]


def _offered(messages: Sequence[Message]) -> set[str]:
    return {o["payload"] for message in messages for o in message.get("options", ())}


def _row_of(connection: Connection, conversation_id: str) -> Mapping[str, Any] | None:
    query = select(conversations).where(conversations.c.id == conversation_id)
    row = connection.execute(query).mappings().one_or_none()
    return dict(row) if row is not None else None


def _turn_query(conversation_id: str, client_message_id: str) -> Any:
    return select(turns.c.reply, turns.c.request_hash).where(
        turns.c.conversation_id == conversation_id,
        turns.c.client_message_id == client_message_id,
    )


def _is_offered(connection: Connection, conversation_id: str, payload: str) -> bool:
    query = select(offers).where(
        offers.c.conversation_id == conversation_id, offers.c.payload == payload
    )
    return connection.execute(query).first() is not None


def _conversation(row: Mapping[str, Any]) -> Conversation:
    return Conversation(
        id=row["id"],
        locale=row["locale"],
        state=row["state"],
        dialogue=row["dialogue"],
        last_seq=row["last_seq"],
        version=row["version"],
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _page(url: str) -> str:
    """Keep where the resident came from, without the query, which may hold personal data."""
    parts = urlsplit(url[:500])
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else ""
