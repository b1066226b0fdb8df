"""What handing over was good for: figures, and the questions that a scenario might answer next time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.dialogue.person.desk_part import DeskPart
from bot.dialogue.person.figures import figures_of
from bot.dialogue.person.transactions import Agent, Work
from bot.handoff import queue
from bot.handoff.queue import Handoff
from bot.ledger.events import Decision
from bot.ledger.handoff_events import UnansweredRead

_MOST_QUESTIONS = 200


class ReportDesk(DeskPart):
    """Figures and questions of the agent's sections."""

    async def figures(
        self, agent: Agent, start: datetime, end: datetime, section: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the figures of each of the agent's sections for what was asked from start to end."""

        def act(work: Work) -> list[dict[str, Any]]:
            found = queue.ended_between(work.connection, agent.sections, start, end)
            sections = sorted({h.section for h in found if section in (None, h.section)})
            return [figures_of(name, [h for h in found if h.section == name]) for name in sections]

        return await self._transactions.reading(act)

    async def unanswered(
        self, agent: Agent, start: datetime, end: datetime
    ) -> list[dict[str, Any]]:
        """Return the questions (masked) that led to people, newest first, as possible scenarios; logged."""

        def act(work: Work) -> list[dict[str, Any]]:
            work.wakes.clear()
            found = queue.ended_between(work.connection, agent.sections, start, end)
            asked = [h for h in reversed(found) if h.question_seq is not None]
            questions = [self._question(work, h) for h in asked[:_MOST_QUESTIONS]]
            event = UnansweredRead(agent=agent.id, count=len(questions))
            self._log.append(work.connection, work.now, [event])
            return questions

        return await self._transactions.writing(act)

    def _question(self, work: Work, handoff: Handoff) -> dict[str, Any]:
        matter = self._flow.matter_of(work.connection, handoff)
        records = self._log.of_conversation(
            work.connection, handoff.conversation_id, types=(Decision.type,)
        )
        before = [r for r in records if r.envelope["turn_id"] != handoff.turn_id] or records
        return {
            "handoff_id": handoff.id,
            "requested_at": handoff.requested_at,
            "question": matter.question,
            "language": handoff.locale,
            "reason": handoff.reason,
            "section": handoff.section,
            "service": handoff.service,
            "result": handoff.result,
            "candidates": self._transactions.views.candidates(before),
        }
