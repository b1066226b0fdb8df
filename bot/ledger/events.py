"""What the log records. Each class is one type of audit event, and its docstring is its documentation.

``open_fields`` stay readable for good and never hold personal data; ``sealed_fields`` are encrypted and
can be erased one by one. Those of a conversation with a person stand in ``handoff_events.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bot.ledger.event import AuditEvent as AuditEvent
from bot.ledger.handoff_events import HANDOFF_EVENTS


@dataclass(frozen=True, kw_only=True)
class ServiceStarted(AuditEvent):
    """The gateway started: version, the clock it follows, the revision it answers from."""

    type: ClassVar[str] = "service_started"
    version: str
    revision: str
    clock_shifted: bool

    def open_fields(self) -> Mapping[str, Any]:
        """Return the version, the revision and whether the clock is a rehearsal's."""
        return {
            "version": self.version,
            "revision": self.revision,
            "clock_shifted": self.clock_shifted,
        }


@dataclass(frozen=True, kw_only=True)
class RevisionPublished(AuditEvent):
    """Somebody made a revision live: who, what it replaces, which files differ, what was measured."""

    type: ClassVar[str] = "revision_published"
    revision: str
    replaces: str | None
    model: str
    by: str
    files: tuple[str, ...]
    figures: Mapping[str, Any] = field(default_factory=dict)
    accepted: str | None = None

    def open_fields(self) -> Mapping[str, Any]:
        """Return everything; staff are named, residents are not concerned."""
        return {
            "revision": self.revision,
            "replaces": self.replaces,
            "model": self.model,
            "by": self.by,
            "files": list(self.files),
            "figures": dict(self.figures),
            "accepted": self.accepted,
        }


@dataclass(frozen=True, kw_only=True)
class RevisionRolledBack(AuditEvent):
    """Somebody made a former revision live again: who, which one, and which one it replaces."""

    type: ClassVar[str] = "revision_rolled_back"
    revision: str
    replaces: str
    model: str
    by: str

    def open_fields(self) -> Mapping[str, Any]:
        """Return everything."""
        return {
            "revision": self.revision,
            "replaces": self.replaces,
            "model": self.model,
            "by": self.by,
        }


@dataclass(frozen=True, kw_only=True)
class StaffSignedIn(AuditEvent):
    """A member of staff signed in: who, by password or provider, with which second factor."""

    type: ClassVar[str] = "staff_signed_in"
    member: str
    method: str
    factor: str
    session: str

    def open_fields(self) -> Mapping[str, Any]:
        """Return everything; the session's public id admits to nothing."""
        return {
            "member": self.member,
            "method": self.method,
            "factor": self.factor,
            "session": self.session,
        }


@dataclass(frozen=True, kw_only=True)
class StaffSignInFailed(AuditEvent):
    """Somebody did not get in: at which step and why; ``origin`` tells attempts of one address together."""

    type: ClassVar[str] = "staff_sign_in_failed"
    member: str | None
    step: str
    reason: str
    origin: str

    def open_fields(self) -> Mapping[str, Any]:
        """Return everything; no member where there is no such account, and never what was typed."""
        return {
            "member": self.member,
            "step": self.step,
            "reason": self.reason,
            "origin": self.origin,
        }


@dataclass(frozen=True, kw_only=True)
class StaffLockedOut(AuditEvent):
    """Failures in a row made the next attempt wait: whose, counted by what, for how many seconds."""

    type: ClassVar[str] = "staff_locked_out"
    member: str | None
    counted_by: str
    seconds: int
    origin: str

    def open_fields(self) -> Mapping[str, Any]:
        """Return everything."""
        return {
            "member": self.member,
            "counted_by": self.counted_by,
            "seconds": self.seconds,
            "origin": self.origin,
        }


@dataclass(frozen=True, kw_only=True)
class StaffSignedOut(AuditEvent):
    """A member of staff signed out or ended sessions of their own: which, and how many."""

    type: ClassVar[str] = "staff_signed_out"
    member: str
    session: str | None
    ended: int

    def open_fields(self) -> Mapping[str, Any]:
        """Return everything; no session where all were ended."""
        return {"member": self.member, "session": self.session, "ended": self.ended}


@dataclass(frozen=True, kw_only=True)
class StaffAccountChanged(AuditEvent):
    """An account was made or changed: what, by whom, what it may do now, how many sessions that ended."""

    type: ClassVar[str] = "staff_account_changed"
    member: str
    change: str
    by: str
    roles: tuple[str, ...]
    sections: tuple[str, ...]
    sessions_ended: int = 0

    def open_fields(self) -> Mapping[str, Any]:
        """Return everything; the account's id stands for the person."""
        return {
            "member": self.member,
            "change": self.change,
            "by": self.by,
            "roles": list(self.roles),
            "sections": list(self.sections),
            "sessions_ended": self.sessions_ended,
        }


@dataclass(frozen=True, kw_only=True)
class ConversationStarted(AuditEvent):
    """A resident opened the counter: language, page (without query), revision shown."""

    type: ClassVar[str] = "conversation_started"
    locale: str
    page: str
    revision: str

    def open_fields(self) -> Mapping[str, Any]:
        """Return locale, page and revision."""
        return {"locale": self.locale, "page": self.page, "revision": self.revision}


@dataclass(frozen=True, kw_only=True)
class ResidentMessage(AuditEvent):
    """A resident wrote something or pressed a button; the text as kept and as masked, sealed apart."""

    type: ClassVar[str] = "resident_message"
    turn_id: str
    client_message_id: str
    locale: str
    raw: str
    masked: str
    masked_types: tuple[str, ...] = ()
    choice: str | None = None

    def open_fields(self) -> Mapping[str, Any]:
        """Return ids, locale, the button pressed, and which kinds of data were masked."""
        return {
            "turn_id": self.turn_id,
            "client_message_id": self.client_message_id,
            "role": "resident",
            "locale": self.locale,
            "choice": self.choice,
            "masked_types": list(self.masked_types),
        }

    def sealed_fields(self) -> Mapping[str, str]:
        """Return the text as typed and as masked."""
        return {"raw": self.raw, "masked": self.masked}


@dataclass(frozen=True, kw_only=True)
class Decision(AuditEvent):
    """Why the bot answered as it did: outcome, zone, answer, ranking, rule, model, revision, timings."""

    type: ClassVar[str] = "decision"
    turn_id: str
    outcome: str
    zone: str | None
    answer: Mapping[str, Any] | None
    trace: Mapping[str, Any] = field(default_factory=dict)

    def open_fields(self) -> Mapping[str, Any]:
        """Return the decision and its trace; neither holds any words of the resident."""
        return {
            "turn_id": self.turn_id,
            "outcome": self.outcome,
            "zone": self.zone,
            "answer": self.answer,
            "trace": dict(self.trace),
        }


@dataclass(frozen=True, kw_only=True)
class BotMessage(AuditEvent):
    """The bot said something: the message exactly as it was shown, sealed."""

    type: ClassVar[str] = "bot_message"
    turn_id: str
    content: Mapping[str, Any]

    def open_fields(self) -> Mapping[str, Any]:
        """Return the turn, the speaker and the kind of message."""
        return {"turn_id": self.turn_id, "role": "bot", "message_type": self.content["type"]}

    def sealed_fields(self) -> Mapping[str, str]:
        """Return the message as shown."""
        return {"content": json.dumps(self.content, ensure_ascii=False)}


@dataclass(frozen=True, kw_only=True)
class FeedbackGiven(AuditEvent):
    """A resident said whether an answer helped; the comment is sealed."""

    type: ClassVar[str] = "feedback_given"
    turn_id: str
    helpful: bool
    raw: str
    masked: str

    def open_fields(self) -> Mapping[str, Any]:
        """Return the turn and the verdict."""
        return {"turn_id": self.turn_id, "helpful": self.helpful}

    def sealed_fields(self) -> Mapping[str, str]:
        """Return the comment, as typed and as masked."""
        return {"raw": self.raw, "masked": self.masked} if self.raw else {}


@dataclass(frozen=True, kw_only=True)
class ConversationEnded(AuditEvent):
    """A resident ended the conversation; no further turn is taken."""

    type: ClassVar[str] = "conversation_ended"


EVENT_TYPES: tuple[type[AuditEvent], ...] = (
    ServiceStarted,
    RevisionPublished,
    RevisionRolledBack,
    StaffSignedIn,
    StaffSignInFailed,
    StaffLockedOut,
    StaffSignedOut,
    StaffAccountChanged,
    ConversationStarted,
    ResidentMessage,
    Decision,
    BotMessage,
    FeedbackGiven,
    ConversationEnded,
    *HANDOFF_EVENTS,
)
