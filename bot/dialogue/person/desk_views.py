"""What staff see: rows of the queue, a whole conversation, suggestions and canned answers, in Japanese.

Answers are also rendered in the resident's language, as they would be shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bot.dialogue.person.words import PersonWords
from bot.dialogue.published import Published
from bot.dialogue.reply import Composer, shown_source
from bot.dialogue.turn import shown_message
from bot.handoff.queue import Handoff
from bot.ledger.events import Decision
from bot.ledger.handoff_events import HandoffTransferred, StaffNote
from bot.ledger.log import Record

_MOST_CANDIDATES = 3
_STAFF = "ja"


class DeskViews:
    """Builds them from one revision, on one day."""

    def __init__(self, published: Published, day: date) -> None:
        self._catalogue, self._day = published.catalogue, day
        self._words = PersonWords(published.catalogue, _STAFF, day)

    def row(self, handoff: Handoff, now: datetime, *, is_late: bool) -> dict[str, Any]:
        """Return one line of the queue; no words of the resident stand in it."""
        asked = datetime.fromisoformat(handoff.requested_at)
        scenario = self._catalogue.scenarios.get(handoff.service or "")
        return {
            "id": handoff.id,
            "reference": handoff.reference,
            "state": handoff.state,
            "section": handoff.section,
            "section_name": self.section_name(handoff.section),
            "service": handoff.service,
            "service_name": scenario.name["ja"] if scenario else None,
            "reason": handoff.reason,
            "reason_text": self._words.reason(handoff.reason),
            "language": handoff.locale,
            "is_urgent": handoff.is_urgent,
            "requested_at": handoff.requested_at,
            "waiting_seconds": max(0, int((now - asked).total_seconds())),
            "alarm": is_late,
            "claimed_by": handoff.claimed_by,
            "claimed_name": handoff.claimed_name,
            "lease_until": handoff.lease_until,
            "assigned_to": handoff.assigned_to,
            "assigned_name": handoff.assigned_name,
        }

    def section_name(self, section: str) -> str:
        """Return the name of a counter in Japanese."""
        return self._words.counter_value(section, "name").text

    def results(self) -> list[dict[str, str]]:
        """Return the ward's result codes with their titles."""
        desk: Any = self._catalogue.ward.get("desk", {})
        return [{"id": key, "title": title} for key, title in desk.get("results", {}).items()]

    def transcript(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        """Return every message of a conversation, the resident's words masked."""
        return [
            {**shown_message(record), "agent": record.envelope.get("agent")}
            for record in records
            if record.seq is not None
        ]

    def notes(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        """Return the notes of staff, and why a conversation was passed on, in order."""
        kinds = {StaffNote.type: "text", HandoffTransferred.type: "reason"}
        return [
            {
                "at": record.at,
                "agent": record.envelope["agent"],
                "text": record.sealed.get(kinds[record.type], ""),
                "type": record.type,
            }
            for record in records
            if record.type in kinds
        ]

    def candidates(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        """Return what the bot would have thought of, best first: of the last decision that ranked."""
        rankings = [
            record.envelope["trace"].get("ranking") or []
            for record in records
            if record.type == Decision.type
        ]
        ranking: Sequence[Mapping[str, Any]] = next(filter(None, reversed(rankings)), [])
        known = [entry for entry in ranking if self._is_in_force(str(entry["key"]))]
        return [
            {
                "key": entry["key"],
                "title": self._title(str(entry["key"])),
                "score": entry["score"],
            }
            for entry in known[:_MOST_CANDIDATES]
        ]

    def canned(
        self, handoff: Handoff, candidates: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return the published answers of the service asked about, and those of the candidates."""
        scenario = self._catalogue.scenarios.get(handoff.service or "")
        keys = [str(entry["key"]) for entry in candidates]
        keys += [topic.key for topic in scenario.topics.values()] if scenario else []
        wanted = [key for key in dict.fromkeys(keys) if self._is_in_force(key)]
        return [self._answer(key, handoff.locale) for key in wanted]

    def _answer(self, key: str, locale: str) -> dict[str, Any]:
        topic = self._catalogue.topic(key)
        wording = topic.answer_on(self._day) if topic else None
        assert wording is not None
        theirs = PersonWords(self._catalogue, locale, self._day).texts(wording.texts)
        return {
            "key": key,
            "title": self._title(key),
            "text": theirs.text,
            "language": theirs.locale,
            "ja": self._words.texts(wording.texts).text,
            "sources": [shown_source(source) for source in wording.sources],
        }

    def _is_in_force(self, key: str) -> bool:
        topic = self._catalogue.topic(key)
        return topic is not None and topic.answer_on(self._day) is not None

    def _title(self, key: str) -> str:
        return Composer(self._catalogue, _STAFF, self._day).title(f"answer:{key}")
