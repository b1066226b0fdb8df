"""What stands between a resident and a person right now: closed, nobody free, or on the way.

Numbers are told only where they are known: the wait is estimated from how long the last conversations of
the section took, and is none where there were too few or nobody is at the desk.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Connection

from bot.handoff import queue
from bot.handoff.hours import OpeningHours
from bot.handoff.presence import Presence
from bot.handoff.queue import Handoff
from bot.scenarios.opening import Opening
from bot.store.clock import Clock

CLOSED, NOBODY_FREE, CALLED = "closed", "nobody_free", "called"
_AT_ONCE = 3  # conversations that one agent can follow; a chat leaves pauses
_ENOUGH = 5


@dataclass(frozen=True)
class Situation:
    """How it stands with one section for one resident; ``expected_wait`` in seconds, None if unknown."""

    section: str
    is_open: bool
    next_opening: datetime | None
    position: int | None
    is_somebody_free: bool
    expected_wait: int | None

    @property
    def name(self) -> str:
        """Return which of the three things is to be said."""
        if not self.is_open:
            return CLOSED
        return CALLED if self.is_somebody_free else NOBODY_FREE


class Reception:
    """Looks at hours, queue and desk at the time of asking."""

    def __init__(self, clock: Clock, presence: Presence) -> None:
        self._clock, self._presence = clock, presence

    def situation(
        self, connection: Connection, opening: Opening, section: str, handoff: Handoff | None = None
    ) -> Situation:
        """Return how it stands for a handoff, or for one that would be made now."""
        now, hours = self._clock.now(), OpeningHours(opening)
        position = _position(connection, section, handoff)
        agents = self._presence.at_desk(section, now)
        free = _places_free(connection, agents)
        is_open = hours.is_open(section, now)
        ahead = position - free if position else 0
        return Situation(
            section=section,
            is_open=is_open,
            next_opening=hours.next_opening(section, now),
            position=position,
            is_somebody_free=free > 0 and ahead <= 0,
            expected_wait=(
                _expected(queue.recent_handling(connection, section, now), ahead, len(agents))
                if is_open and agents and ahead > 0
                else None
            ),
        )


def _position(connection: Connection, section: str, handoff: Handoff | None) -> int | None:
    if handoff is None:
        return queue.waiting_in(connection, section) + 1
    return queue.position_of(connection, handoff) if handoff.state == "waiting" else None


def _places_free(connection: Connection, agents: frozenset[str]) -> int:
    """Return how many more conversations the agents at the desk can follow."""
    claimed = queue.listed(connection, (), ("claimed",))
    counts = Counter(handoff.claimed_by for handoff in claimed)
    return sum(max(0, _AT_ONCE - counts[agent]) for agent in agents)


def _expected(handling: list[timedelta], ahead: int, agents: int) -> int | None:
    """Return the seconds until ``ahead`` conversations are through, each agent following several."""
    if len(handling) < _ENOUGH:
        return None
    typical = median(took.total_seconds() for took in handling)
    return math.ceil(typical * math.ceil(ahead / (agents * _AT_ONCE)))
