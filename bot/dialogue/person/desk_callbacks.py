"""Who wants to be called back: the list, a contact opened one by one, and its end."""

from __future__ import annotations

from typing import Any

from bot.dialogue.person.desk_part import DeskPart
from bot.dialogue.person.steps import erase_contact
from bot.dialogue.person.transactions import Agent, Work, of
from bot.handoff import queue
from bot.handoff.queue import stamp
from bot.ledger.handoff_events import CallbackRead, CallbackRequested, CallbackSettled


class CallbackDesk(DeskPart):
    """Call-back requests; the id of one is that of its handoff."""

    async def callbacks(self, agent: Agent, section: str | None = None) -> list[dict[str, Any]]:
        """Return who wants to be called back, without contact."""

        def act(work: Work) -> list[dict[str, Any]]:
            views = self._transactions.views
            return [
                views.row(handoff, work.now, is_late=False)
                for handoff in queue.listed(work.connection, agent.sections, ("callback",))
                if section in (None, handoff.section)
            ]

        return await self._transactions.reading(act)

    async def open_callback(self, agent: Agent, callback_id: str) -> dict[str, Any]:
        """Return the contact of one callback request (its handoff's id); logged as a read.

        Raises:
            DeskError: ``unknown_handoff``.

        """

        def act(work: Work) -> dict[str, Any]:
            handoff = self._transactions.visible(work, agent, callback_id, "callback")
            self._transactions.note_down(
                work, handoff, [CallbackRead(**of(handoff), agent=agent.id)]
            )
            records = self._log.of_conversation(
                work.connection, handoff.conversation_id, types=(CallbackRequested.type,)
            )
            own = [r for r in records if r.envelope["handoff_id"] == handoff.id]
            return {"id": handoff.id, "reference": handoff.reference, **own[-1].sealed}

        return await self._transactions.writing(act)

    async def settle_callback(self, agent: Agent, callback_id: str, result: str) -> None:
        """Settle a callback request; its contact is erased for good.

        Raises:
            DeskError: ``unknown_handoff`` or ``result_unknown``.

        """

        def act(work: Work) -> None:
            handoff = self._transactions.visible(work, agent, callback_id, "callback")
            self._check_result(result)
            ended = {"state": "closed", "result": result, "ended_at": stamp(work.now)}
            queue.change(work.connection, handoff, **ended)
            erase_contact(work.connection, self._log, handoff)
            settled = CallbackSettled(**of(handoff), agent=agent.id, result=result)
            self._transactions.note_down(work, handoff, [settled])

        await self._transactions.writing(act)
