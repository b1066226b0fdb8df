"""Who may speak: one small state machine, the only place that knows which move leads where.

``bot`` the counter answers; ``waiting`` a person was asked for; ``human`` a person has the conversation
and the bot is silent; ``closed`` nobody says anything any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BOT, WAITING, HUMAN, CLOSED = "bot", "waiting", "human", "closed"


class WrongMove(Exception):
    """A move that the present state does not allow; nothing has changed."""


@dataclass(frozen=True)
class Move:
    """From which states a move leads to which one, and what becomes of the handoff."""

    sources: frozenset[str]
    target: str
    handoff: str


MOVES: Mapping[str, Move] = {
    "ask": Move(frozenset({BOT}), WAITING, "waiting"),
    "withdraw": Move(frozenset({WAITING}), BOT, "withdrawn"),
    "leave_callback": Move(frozenset({BOT, WAITING}), BOT, "callback"),
    "claim": Move(frozenset({WAITING}), HUMAN, "claimed"),
    "release": Move(frozenset({HUMAN}), WAITING, "waiting"),
    "hand_back": Move(frozenset({HUMAN}), BOT, "handed_back"),
    "close": Move(frozenset({HUMAN}), CLOSED, "closed"),
    "end": Move(frozenset({BOT, WAITING, HUMAN}), CLOSED, "withdrawn"),
}


def after(state: str, move: str) -> str:
    """Return the state of a conversation after a move.

    Raises:
        WrongMove: the state does not allow it.

    """
    if state not in MOVES[move].sources:
        raise WrongMove(f"{move} is not possible in state {state}")
    return MOVES[move].target
