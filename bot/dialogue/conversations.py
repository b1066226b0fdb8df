"""Conversations in the database: who may go on with one, what was offered, what was answered.

Every method MUST run inside the caller's transaction.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.store.tables import conversations, offers, turns

STANDING_OFFERS = frozenset({"menu", "phrase:person"})


class CounterError(Exception):
    """A request that cannot be taken; ``code`` names a phrase ``error_<code>`` for the resident."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Overtaken(Exception):
    """Another turn of the same conversation committed first."""


@dataclass(frozen=True)
class Conversation:
    """A conversation as it stands between two turns."""

    id: str
    locale: str
    state: str
    dialogue: Mapping[str, Any]
    last_seq: int
    version: int


@dataclass(frozen=True)
class TurnRequest:
    """What a resident sent: a text or a choice, under an id that the client made.

    ``contact`` comes with the choice ``handoff:callback``; it is sealed as it was typed.
    """

    client_message_id: str
    text: str | None = None
    choice: str | None = None
    locale: str | None = None
    contact: Mapping[str, str] | None = None

    def digest(self) -> bytes:
        """Return a hash by which a repeated id with other content is recognised."""
        said: list[Any] = [self.text, self.choice, self.locale]
        said += [dict(sorted(self.contact.items()))] if self.contact else []
        content = json.dumps(said, ensure_ascii=False)
        return hashlib.sha256(content.encode()).digest()


def add_conversation(
    connection: Connection, conversation: Conversation, token: str, now: datetime
) -> None:
    """Store a new conversation; of the token only its hash."""
    connection.execute(
        insert(conversations).values(
            id=conversation.id,
            token_hash=_hash(token),
            locale=conversation.locale,
            state=conversation.state,
            dialogue=dict(conversation.dialogue),
            last_seq=conversation.last_seq,
            version=conversation.version,
            started_at=now.isoformat(timespec="microseconds"),
        )
    )


def admitted(connection: Connection, conversation_id: str, token: str) -> Conversation:
    """Return the conversation if the token is its own.

    Raises:
        CounterError: ``unknown_conversation`` or ``token``.

    """
    row = _row_of(connection, conversation_id)
    if row is None:
        raise CounterError("unknown_conversation")
    if not hmac.compare_digest(row["token_hash"], _hash(token)):
        raise CounterError("token")
    return _conversation(row)


def locale_of(connection: Connection, conversation_id: str) -> str | None:
    """Return the language of a conversation, if there is one of that id."""
    query = select(conversations.c.locale).where(conversations.c.id == conversation_id)
    return connection.scalar(query)


def current(
    connection: Connection, conversation_id: str, *, may_be_closed: bool = False
) -> Conversation:
    """Return the conversation as it stands now.

    Raises:
        CounterError: ``conversation_ended``.

    """
    row = _row_of(connection, conversation_id)
    if row is None or (row["state"] == "closed" and not may_be_closed):
        raise CounterError("conversation_ended")
    return _conversation(row)


def advance(
    connection: Connection,
    before: Conversation,
    *,
    last_seq: int,
    dialogue: Mapping[str, Any],
    locale: str,
    state: str,
) -> None:
    """Move a conversation on by one turn, or by one step of staff.

    Raises:
        Overtaken: it is no longer as it was in ``before``.

    """
    changed = connection.execute(
        update(conversations)
        .where(conversations.c.id == before.id, conversations.c.version == before.version)
        .values(
            last_seq=last_seq,
            dialogue=dict(dialogue),
            locale=locale,
            state=state,
            version=before.version + 1,
        )
    )
    if changed.rowcount != 1:
        raise Overtaken


def close(connection: Connection, conversation_id: str) -> bool:
    """Close a conversation for good; returns whether it was open."""
    closing = (
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.state != "closed")
        .values(state="closed", version=conversations.c.version + 1)
    )
    return bool(connection.execute(closing).rowcount)


def stored_reply(
    connection: Connection, conversation_id: str, request: TurnRequest
) -> bytes | None:
    """Return the reply that this message already got, byte for byte.

    Raises:
        CounterError: ``message_id_reused``: the id came with other content before.

    """
    query = select(turns.c.reply, turns.c.request_hash).where(
        turns.c.conversation_id == conversation_id,
        turns.c.client_message_id == request.client_message_id,
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.request_hash != request.digest():
        raise CounterError("message_id_reused")
    return bytes(row.reply)


def store_reply(
    connection: Connection, conversation_id: str, request: TurnRequest, turn_id: str, reply: bytes
) -> None:
    """Keep the reply for repetitions of the same message."""
    connection.execute(
        insert(turns).values(
            conversation_id=conversation_id,
            client_message_id=request.client_message_id,
            turn_id=turn_id,
            request_hash=request.digest(),
            reply=reply,
        )
    )


def has_turn(connection: Connection, conversation_id: str, turn_id: str) -> bool:
    """Tell whether a turn belongs to a conversation."""
    query = select(turns.c.turn_id).where(
        turns.c.turn_id == turn_id, turns.c.conversation_id == conversation_id
    )
    return connection.execute(query).first() is not None


def add_offers(connection: Connection, conversation_id: str, payloads: Iterable[str]) -> None:
    """Remember which options were shown; only these may be chosen."""
    known = select(offers.c.payload).where(offers.c.conversation_id == conversation_id)
    new = sorted(set(payloads) - set(connection.scalars(known)))
    if new:
        rows = [{"conversation_id": conversation_id, "payload": payload} for payload in new]
        connection.execute(insert(offers), rows)


def was_offered(connection: Connection, conversation_id: str, payload: str) -> bool:
    """Tell whether an option was shown in this conversation, or stands open in every one."""
    if payload in STANDING_OFFERS:
        return True
    query = select(offers).where(
        offers.c.conversation_id == conversation_id, offers.c.payload == payload
    )
    return connection.execute(query).first() is not None


def _row_of(connection: Connection, conversation_id: str) -> Mapping[str, Any] | None:
    query = select(conversations).where(conversations.c.id == conversation_id)
    row = connection.execute(query).mappings().one_or_none()
    return dict(row) if row is not None else None


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
