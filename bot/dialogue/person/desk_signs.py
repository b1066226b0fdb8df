"""Signs of life between desk and resident: typing, read, at the desk or gone."""

from __future__ import annotations

from typing import Any

from bot.dialogue.counter import DESK
from bot.dialogue.person.desk_part import DeskPart
from bot.dialogue.person.transactions import Agent, Work
from bot.handoff import queue
from bot.handoff.queue import Handoff


class SignDesk(DeskPart):
    """What is seen while it happens, and kept nowhere."""

    async def typing(self, agent: Agent, handoff_id: str) -> None:
        """Let the resident see that the person is typing.

        Raises:
            DeskError: the agent does not hold it.

        """
        handoff = await self._own(agent, handoff_id)
        now = self._transactions.clock.now()
        self._presence.typing(handoff.conversation_id, "staff", now)
        self._transactions.bus.wake(handoff.conversation_id)

    async def read(self, agent: Agent, handoff_id: str, seq: int) -> None:
        """Let the resident see up to which message the person has read.

        Raises:
            DeskError: the agent does not hold it.

        """
        handoff = await self._own(agent, handoff_id)
        self._presence.read(handoff.conversation_id, "staff", seq)
        self._transactions.bus.wake(handoff.conversation_id)

    async def signs(self, agent: Agent) -> dict[str, dict[str, Any]]:
        """Return, of each conversation that the agent has, whether the resident types and has read what."""
        self._arrive(agent)

        def act(work: Work) -> dict[str, dict[str, Any]]:
            held = queue.listed(work.connection, (), ("claimed",))
            own = [handoff for handoff in held if handoff.claimed_by == agent.id]
            return {h.id: self._signs(work, h)["resident"] for h in own}

        return await self._transactions.reading(act)

    def _signs(self, work: Work, handoff: Handoff) -> dict[str, Any]:
        signs = self._presence.signs(handoff.conversation_id, "resident", work.now)
        return {"resident": {"typing": signs.is_typing, "read_seq": signs.read_seq}}

    async def colleagues(self, agent: Agent) -> list[dict[str, Any]]:
        """Return who else is at the desk, to whom a conversation can be passed."""
        seats = self._presence.seats(self._transactions.clock.now())
        return [
            {"id": seat.agent_id, "name": seat.name, "sections": list(seat.sections)}
            for seat in seats
            if seat.agent_id != agent.id
        ]

    def leave(self, agent: Agent) -> None:
        """Note that an agent has closed the desk."""
        self._presence.leave(agent.id)
        self._transactions.bus.wake(DESK)

    async def _own(self, agent: Agent, handoff_id: str) -> Handoff:
        held = self._transactions.held
        return await self._transactions.reading(lambda work: held(work, agent, handoff_id))
