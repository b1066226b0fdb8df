"""The shapes in which a handoff is told: the ``handoff`` of a turn, the packet, the ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.dialogue.person.reception import CLOSED, NOBODY_FREE, Situation
from bot.dialogue.person.words import PersonWords, quoted
from bot.dialogue.reply import Message
from bot.scenarios.model import Catalogue
from bot.scenarios.rendering import Rendered
from bot.scenarios.today import JST


@dataclass(frozen=True)
class Matter:
    """What somebody is passed on with: number, reason, section, question (masked), service, language."""

    reference: str
    reason: str
    section: str
    locale: str
    service: str | None = None
    question: str = ""


class HandoffShapes:
    """Builds them for one reader and one day."""

    def __init__(self, catalogue: Catalogue, words: PersonWords, day: date) -> None:
        self._catalogue, self._words, self._day = catalogue, words, day

    def body(self, matter: Matter, situation: Situation, state: str) -> Mapping[str, Any]:
        """Return ``handoff`` as clients get it; ``state`` is the handoff's, or ``offered``."""
        counter = self._words.counter(matter.section)
        return {
            "state": state,
            "reference": matter.reference,
            "reason": matter.reason,
            "section": matter.section,
            "section_name": counter["name"],
            "place": counter["place"],
            "phone": counter["phone"],
            "hours": counter["hours"],
            **self._when(situation),
            "packet": self._packet(matter),
        }

    def _when(self, situation: Situation) -> dict[str, Any]:
        opens = situation.next_opening
        return {
            "desk_open": situation.is_open,
            "next_opening": opens.astimezone(JST).isoformat() if opens else None,
            "situation": situation.name,
            "position": situation.position,
            "expected_wait": situation.expected_wait,
            "may_leave_contact": situation.name in (CLOSED, NOBODY_FREE),
        }

    def _packet(self, matter: Matter) -> dict[str, Any]:
        return {
            "reason": self._words.line("reason." + self._reason(matter)).text,
            "question": matter.question or None,
            "service": matter.service,
            "language": matter.locale,
        }

    def _reason(self, matter: Matter) -> str:
        known = ("wish", "repeated_failure", "emergency")
        return matter.reason if matter.reason in known else "zone"

    def where_one_stands(self, situation: Situation) -> list[Rendered]:
        """Say which of closed, nobody free and on the way it is, and the wait where it is known."""
        words, section = self._words, self._words.section(situation.section)
        if situation.name == CLOSED:
            if situation.next_opening is None:
                phone = words.counter(situation.section)["phone"]
                return [words.line("closed_unknown", section=section, phone=phone)]
            opens = words.moment(situation.next_opening)
            return [words.line("closed", section=section, moment=opens)]
        if situation.name == NOBODY_FREE:
            lines = [words.line("nobody_free", section=section, position=situation.position or 1)]
            if situation.expected_wait is not None:
                minutes = max(1, round(situation.expected_wait / 60))
                lines.append(words.line("expected", minutes=minutes))
            return lines
        return [words.line("called", section=section)]

    def packet_lines(self, matter: Matter, *, is_offer: bool) -> Message:
        """Show the resident what is passed on, or would be."""
        words = self._words
        person = words.texts(self._catalogue.labels["option.person"])
        title = words.line("packet_asks", person=person.text) if is_offer else words.line("packet")
        lines = [title, words.line("packet.reason", reason=words.reason(self._reason(matter)))]
        if matter.question:
            lines.append(words.line("packet.question", question=quoted(matter.question)))
        if matter.service:
            lines.append(words.line("packet.service", service=words.service(matter.service)))
        language = words.marked("language")
        lines.append(words.line("packet.language", language=language))
        return words.message("notice", *lines, words.line("packet.transcript"))

    def ticket(self, matter: Matter, situation: Situation) -> Message:
        """Return the counter ticket: number, counter, hours, next opening, and what to bring."""
        words = self._words
        place = {name: words.counter_value(matter.section, name) for name in ("name", "place")}
        marked = {name: value.ruby or value.text for name, value in place.items()}
        counter = words.counter(matter.section)
        lines = [
            words.line(
                "ticket",
                reference=matter.reference,
                section=marked["name"],
                place=marked["place"],
                phone=counter["phone"],
                hours=counter["hours"],
            )
        ]
        if not situation.is_open and situation.next_opening:
            lines.append(words.line("ticket.opens", moment=words.moment(situation.next_opening)))
        when = self._when(situation)
        return {
            **words.message("handoff_ticket", *lines),
            "reference": matter.reference,
            "is_open": when["desk_open"],
            "opens_at": when["next_opening"],
            "position": when["position"],
            "expected_wait": when["expected_wait"],
            "section": matter.section,
            "section_name": counter["name"],
            "place": counter["place"],
            "phone": counter["phone"],
            "hours": counter["hours"],
            "service": matter.service,
            "bring": self._bring(matter.service),
        }

    def _bring(self, service: str | None) -> Message | None:
        """Return what the service's answer about documents says, under a title."""
        topic = self._catalogue.topic(f"{service}.documents") if service else None
        wording = topic.answer_on(self._day) if topic else None
        if topic is None or wording is None:
            return None
        words = self._words
        title = words.line("ticket.bring", service=words.service(topic.service))
        told = words.message("text", words.texts(wording.texts))
        return {**told, "title": title.text}
