"""Who is at the desk, who is typing, who has read how far: nothing of it outlives the process.

A shared store can take this class's place once several gateways serve one desk; everything that must
not be lost is in the database instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

AT_DESK_FOR = timedelta(seconds=60)
TYPING_FOR = timedelta(seconds=8)


@dataclass(frozen=True)
class Seat:
    """An agent at the desk: name, sections (none: all), and until when that is believed."""

    agent_id: str
    name: str
    sections: tuple[str, ...]
    until: datetime

    def serves(self, section: str) -> bool:
        """Tell whether the agent serves a section."""
        return not self.sections or section in self.sections


@dataclass(frozen=True)
class Signs:
    """What one side of a conversation sees of the other: typing now, and read up to which ``seq``."""

    is_typing: bool = False
    read_seq: int = 0


class Presence:
    """Ephemeral signs of life, each with its own end."""

    def __init__(self) -> None:
        self._seats: dict[str, Seat] = {}
        self._typing: dict[tuple[str, str], datetime] = {}
        self._read: dict[tuple[str, str], int] = {}

    def arrive(self, agent_id: str, name: str, sections: Sequence[str], now: datetime) -> None:
        """Note that an agent is at the desk; holds for a minute, so call it again before."""
        self._seats[agent_id] = Seat(agent_id, name, tuple(sections), now + AT_DESK_FOR)

    def leave(self, agent_id: str) -> None:
        """Note that an agent has left the desk."""
        self._seats.pop(agent_id, None)

    def seat(self, agent_id: str, now: datetime) -> Seat | None:
        """Return the seat of an agent who is at the desk."""
        seat = self._seats.get(agent_id)
        return seat if seat is not None and seat.until > now else None

    def seats(self, now: datetime) -> list[Seat]:
        """Return who is at the desk, by name."""
        there = (seat for seat in self._seats.values() if seat.until > now)
        return sorted(there, key=lambda seat: (seat.name, seat.agent_id))

    def at_desk(self, section: str, now: datetime) -> frozenset[str]:
        """Return the ids of the agents at the desk who serve a section."""
        return frozenset(seat.agent_id for seat in self.seats(now) if seat.serves(section))

    def typing(self, conversation_id: str, side: str, now: datetime) -> None:
        """Note that ``side`` (``resident`` or ``staff``) is typing."""
        self._typing[conversation_id, side] = now + TYPING_FOR

    def stopped(self, conversation_id: str, side: str) -> None:
        """Note that ``side`` has stopped typing, or has sent what it typed."""
        self._typing.pop((conversation_id, side), None)

    def read(self, conversation_id: str, side: str, seq: int) -> None:
        """Note up to which message ``side`` has read; it never goes back."""
        key = conversation_id, side
        self._read[key] = max(seq, self._read.get(key, 0))

    def signs(self, conversation_id: str, side: str, now: datetime) -> Signs:
        """Return the signs of life of ``side``."""
        key = conversation_id, side
        until = self._typing.get(key)
        return Signs(until is not None and until > now, self._read.get(key, 0))

    def forget(self, conversation_id: str) -> None:
        """Forget a conversation that no person has any more."""
        for side in ("resident", "staff"):
            self._typing.pop((conversation_id, side), None)
            self._read.pop((conversation_id, side), None)
