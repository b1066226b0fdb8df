"""What every part of the desk stands on."""

from __future__ import annotations

from bot.dialogue.person.keeping import Keeper
from bot.dialogue.person.transactions import Agent, DeskError, Transactions


class DeskPart:
    """One side of the desk; the parts together are :class:`bot.dialogue.desk.Desk`."""

    def __init__(self, transactions: Transactions, keeper: Keeper) -> None:
        self._transactions, self._keeper = transactions, keeper
        self._log, self._flow = transactions.log, transactions.flow
        self._presence = transactions.presence

    def _arrive(self, agent: Agent) -> None:
        now = self._transactions.clock.now()
        self._presence.arrive(agent.id, agent.name, agent.sections, now)

    def _check_result(self, result: str) -> None:
        known = {entry["id"] for entry in self._transactions.views.results()}
        if result not in known:
            raise DeskError("result_unknown", {"known": ", ".join(sorted(known))})
