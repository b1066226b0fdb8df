"""What the log records of conversations with a person: who asked, who came, what was said, how it ended.

Staff are named by their id. Every event carries ``handoff_id`` and ``section``, by which the desk
follows what changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.ledger.event import AuditEvent


@dataclass(frozen=True, kw_only=True)
class HandoffEvent(AuditEvent):
    """Something that happened to a handoff."""

    handoff_id: str
    section: str

    def open_fields(self) -> Mapping[str, Any]:
        """Return which handoff, and the section that it waits in or is served by."""
        return {"handoff_id": self.handoff_id, "section": self.section}


@dataclass(frozen=True, kw_only=True)
class StaffEvent(HandoffEvent):
    """Something that a member of staff did with a handoff."""

    agent: str

    def open_fields(self) -> Mapping[str, Any]:
        """Return which handoff, and who."""
        return {**super().open_fields(), "agent": self.agent}


@dataclass(frozen=True, kw_only=True)
class HandoffRequested(HandoffEvent):
    """A resident was passed on to people: number, reason, service asked about, whether the desk was open."""

    type: ClassVar[str] = "handoff_requested"
    reference: str
    reason: str
    turn_id: str
    service: str | None
    locale: str
    desk_open: bool

    def open_fields(self) -> Mapping[str, Any]:
        """Return everything; the question itself stands in the resident's message."""
        return {
            **super().open_fields(),
            "reference": self.reference,
            "reason": self.reason,
            "turn_id": self.turn_id,
            "service": self.service,
            "locale": self.locale,
            "desk_open": self.desk_open,
        }


@dataclass(frozen=True, kw_only=True)
class HandoffWithdrawn(HandoffEvent):
    """A resident does not wait any longer, or ended the conversation while waiting."""

    type: ClassVar[str] = "handoff_withdrawn"


@dataclass(frozen=True, kw_only=True)
class HandoffUrgent(HandoffEvent):
    """A resident wrote of an emergency while waiting for a person or talking with one."""

    type: ClassVar[str] = "handoff_urgent"
    kinds: tuple[str, ...]

    def open_fields(self) -> Mapping[str, Any]:
        """Return which handoff, and which kinds of emergency."""
        return {**super().open_fields(), "kinds": list(self.kinds)}


@dataclass(frozen=True, kw_only=True)
class HandoffAlarm(HandoffEvent):
    """Nobody has claimed a handoff for too long, although the desk is open."""

    type: ClassVar[str] = "handoff_alarm"
    waited_minutes: int

    def open_fields(self) -> Mapping[str, Any]:
        """Return which handoff, and for how many minutes it waits."""
        return {**super().open_fields(), "waited_minutes": self.waited_minutes}


@dataclass(frozen=True, kw_only=True)
class HandoffClaimed(StaffEvent):
    """A member of staff took a conversation; from here on the bot is silent."""

    type: ClassVar[str] = "handoff_claimed"


@dataclass(frozen=True, kw_only=True)
class HandoffReleased(StaffEvent):
    """A claim ended because nothing was heard from the desk any more; the resident waits again."""

    type: ClassVar[str] = "handoff_released"


@dataclass(frozen=True, kw_only=True)
class HandoffTransferred(StaffEvent):
    """A member of staff passed a conversation to a section or a colleague; why is sealed."""

    type: ClassVar[str] = "handoff_transferred"
    from_section: str
    to: str | None
    reason: str

    def open_fields(self) -> Mapping[str, Any]:
        """Return from which section, to which one, and to whom, if to one person."""
        return {**super().open_fields(), "from_section": self.from_section, "to": self.to}

    def sealed_fields(self) -> Mapping[str, str]:
        """Return why, if it was said."""
        return {"reason": self.reason} if self.reason else {}


@dataclass(frozen=True, kw_only=True)
class HandoffHandedBack(StaffEvent):
    """A member of staff gave a conversation back to the bot, which speaks again."""

    type: ClassVar[str] = "handoff_handed_back"


@dataclass(frozen=True, kw_only=True)
class HandoffClosed(StaffEvent):
    """A conversation with a person ended, with a result code of the ward's list."""

    type: ClassVar[str] = "handoff_closed"
    result: str

    def open_fields(self) -> Mapping[str, Any]:
        """Return which handoff, who, and the result."""
        return {**super().open_fields(), "result": self.result}


@dataclass(frozen=True, kw_only=True)
class HandoffViewed(StaffEvent):
    """A member of staff opened a conversation and read it."""

    type: ClassVar[str] = "handoff_viewed"


@dataclass(frozen=True, kw_only=True)
class UnansweredRead(AuditEvent):
    """A member of staff read the questions that led to people; how many."""

    type: ClassVar[str] = "unanswered_read"
    agent: str
    count: int

    def open_fields(self) -> Mapping[str, Any]:
        """Return who, and how many questions."""
        return {"agent": self.agent, "count": self.count}


@dataclass(frozen=True, kw_only=True)
class StaffMessage(StaffEvent):
    """A member of staff said something to the resident, sealed."""

    type: ClassVar[str] = "staff_message"
    turn_id: str
    client_message_id: str
    content: Mapping[str, Any]

    def open_fields(self) -> Mapping[str, Any]:
        """Return ids, who, and the role of the speaker."""
        return {
            **super().open_fields(),
            "turn_id": self.turn_id,
            "client_message_id": self.client_message_id,
            "role": "agent",
        }

    def sealed_fields(self) -> Mapping[str, str]:
        """Return the message as shown."""
        return {"content": json.dumps(self.content, ensure_ascii=False)}


@dataclass(frozen=True, kw_only=True)
class NoticeShown(HandoffEvent):
    """The counter told the resident what became of the handoff, or an emergency number; sealed.

    It is no answer of the bot: while a person has the conversation, only notices are shown.
    """

    type: ClassVar[str] = "notice_shown"
    turn_id: str
    content: Mapping[str, Any]

    def open_fields(self) -> Mapping[str, Any]:
        """Return the turn, the role and the kind of message."""
        return {
            **super().open_fields(),
            "turn_id": self.turn_id,
            "role": "system",
            "message_type": self.content["type"],
        }

    def sealed_fields(self) -> Mapping[str, str]:
        """Return the message as shown."""
        return {"content": json.dumps(self.content, ensure_ascii=False)}


@dataclass(frozen=True, kw_only=True)
class StaffNote(StaffEvent):
    """A member of staff kept a note that only staff see, sealed."""

    type: ClassVar[str] = "staff_note"
    text: str

    def sealed_fields(self) -> Mapping[str, str]:
        """Return the note."""
        return {"text": self.text}


@dataclass(frozen=True, kw_only=True)
class CallbackRequested(HandoffEvent):
    """A resident asked to be called back and agreed to leave a contact, sealed field by field."""

    type: ClassVar[str] = "callback_requested"
    name: str
    phone: str
    email: str
    preferred: str

    def sealed_fields(self) -> Mapping[str, str]:
        """Return the contact as typed; it is erased when the request is settled or withdrawn."""
        return {
            "name": self.name,
            "phone": self.phone,
            "email": self.email,
            "preferred": self.preferred,
        }


@dataclass(frozen=True, kw_only=True)
class CallbackWithdrawn(HandoffEvent):
    """A resident withdrew a callback request; the contact is erased."""

    type: ClassVar[str] = "callback_withdrawn"


@dataclass(frozen=True, kw_only=True)
class CallbackRead(StaffEvent):
    """A member of staff opened the contact of a callback request."""

    type: ClassVar[str] = "callback_read"


@dataclass(frozen=True, kw_only=True)
class CallbackSettled(StaffEvent):
    """A member of staff settled a callback request; the contact is erased."""

    type: ClassVar[str] = "callback_settled"
    result: str

    def open_fields(self) -> Mapping[str, Any]:
        """Return which handoff, who, and the result."""
        return {**super().open_fields(), "result": self.result}


HANDOFF_EVENTS: tuple[type[AuditEvent], ...] = (
    HandoffRequested,
    HandoffWithdrawn,
    HandoffUrgent,
    HandoffAlarm,
    HandoffClaimed,
    HandoffReleased,
    HandoffTransferred,
    HandoffHandedBack,
    HandoffClosed,
    HandoffViewed,
    UnansweredRead,
    StaffMessage,
    NoticeShown,
    StaffNote,
    CallbackRequested,
    CallbackWithdrawn,
    CallbackRead,
    CallbackSettled,
)
