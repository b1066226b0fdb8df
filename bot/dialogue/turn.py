"""One finished turn: its shape for the client, its events for the log, its messages for a transcript."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.dialogue.conversations import Conversation, TurnRequest
from bot.dialogue.masking import Masked
from bot.dialogue.person.steps import Step
from bot.dialogue.reply import Message, Reply
from bot.handoff.queue import Handoff
from bot.ledger.events import AuditEvent, BotMessage, Decision, ResidentMessage
from bot.ledger.handoff_events import NoticeShown, StaffMessage
from bot.ledger.log import Record


@dataclass(frozen=True)
class Answered:
    """What came of a message: the reply and its language, the next state of the dialogue, and why.

    ``step`` is what it does to a handoff, ``state`` who may speak afterwards (None: as before). With
    ``notices_of`` the messages are no answers of the bot's, but notices about that handoff.
    """

    masked: Masked
    reply: Reply
    locale: str
    dialogue: Mapping[str, Any]
    trace: Mapping[str, Any]
    step: Step | None = None
    state: str | None = None
    notices_of: Handoff | None = None


@dataclass(frozen=True)
class Turn:
    """An answered message with its number and ids; nothing of it is stored yet."""

    id: str
    conversation: Conversation
    request: TurnRequest
    answered: Answered
    messages: tuple[Message, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Number the messages: the resident's comes first."""
        after = self.conversation.last_seq + 1
        object.__setattr__(self, "messages", numbered(self.answered.reply.messages, after))

    @property
    def last_seq(self) -> int:
        """Return the number of the turn's last message; the resident's own where nobody answers."""
        return self.conversation.last_seq + 1 + len(self.messages)

    @property
    def state(self) -> str:
        """Return who may speak after the turn."""
        return self.answered.state or self.conversation.state

    @property
    def locale(self) -> str:
        """Return the language of the reply."""
        return self.answered.locale

    def body(self) -> bytes:
        """Return the turn as JSON in the contract's shape."""
        reply = self.answered.reply
        body = {
            "turn_id": self.id,
            "seq": self.last_seq,
            "state": self.state,
            "outcome": reply.outcome,
            "zone": reply.zone,
            "locale": self.locale,
            "answer": reply.answer,
            "answers": list(reply.answers),
            "candidates": list(reply.candidates),
            "messages": list(self.messages),
            "sources": list(reply.sources),
            "form": None,
            "handoff": reply.handoff,
        }
        return json.dumps(body, ensure_ascii=False).encode()

    def events(self) -> list[AuditEvent]:
        """Return the audit events of the turn, in the order in which they happened."""
        reply = self.answered.reply
        closing = {
            "outcome": reply.outcome,
            "answer": reply.answer,
            "sources": list(reply.sources),
        }
        *first, last = self.messages or [{}]
        shown = [*first, {**last, **closing}] if last else []
        return [self._said(), self._decision(), *map(self._shown, shown)]

    def _shown(self, message: Message) -> AuditEvent:
        of = self.answered.notices_of
        if of is None:
            return bot_message(self.id, message)
        return notice(of, self.id, message)

    def _said(self) -> ResidentMessage:
        return ResidentMessage(
            seq=self.conversation.last_seq + 1,
            turn_id=self.id,
            client_message_id=self.request.client_message_id,
            locale=self.locale,
            raw=self.answered.masked.kept if self.request.text else "",
            masked=self.answered.masked.text,
            masked_types=self.answered.masked.types,
            choice=self.request.choice,
        )

    def _decision(self) -> Decision:
        reply = self.answered.reply
        return Decision(
            turn_id=self.id,
            outcome=reply.outcome,
            zone=reply.zone,
            answer=reply.answer,
            trace=self.answered.trace,
        )


def numbered(messages: Sequence[Message], after: int) -> tuple[Message, ...]:
    """Give each message the next ``seq``."""
    return tuple({"seq": seq, **message} for seq, message in enumerate(messages, start=after + 1))


def bot_message(turn_id: str, message: Message) -> BotMessage:
    """Return the audit event of one shown message."""
    content = {name: value for name, value in message.items() if name != "seq"}
    return BotMessage(seq=message["seq"], turn_id=turn_id, content=content)


def notice(handoff: Handoff, turn_id: str, message: Message) -> NoticeShown:
    """Return the audit event of a notice about a handoff."""
    content = {name: value for name, value in message.items() if name != "seq"}
    return NoticeShown(
        seq=message["seq"],
        handoff_id=handoff.id,
        section=handoff.section,
        turn_id=turn_id,
        content=content,
    )


def shown_message(record: Record) -> dict[str, Any]:
    """Return a message of the log as clients show it; the resident's words are the masked ones."""
    base = {
        "seq": record.seq,
        "turn_id": record.envelope["turn_id"],
        "role": record.envelope["role"],
        "at": record.at,
    }
    if record.type == ResidentMessage.type:
        own = {name: record.envelope[name] for name in ("client_message_id", "choice")}
        return {**base, "type": "text", "text": record.sealed["masked"], **own}
    if record.type == StaffMessage.type:
        base["client_message_id"] = record.envelope["client_message_id"]
    return {**base, **json.loads(record.sealed["content"])}
