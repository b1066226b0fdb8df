"""The desk: what staff do with conversations that were handed to people.

Every method is one transaction, durable before it returns, and logged with the agent's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Agent:
    """Who acts; made by the web layer from the signed-in staff member. No sections means all."""

    id: str
    name: str
    sections: tuple[str, ...]


class DeskError(Exception):
    """What cannot be done now; ``code`` names the reason, ``details`` what to tell of it.

    Codes: ``unknown_handoff``, ``claimed_by_other`` (details: ``name``), ``not_claimed``, ``lease_lost``,
    ``nobody_there``, ``conversation_ended``, ``result_unknown``, ``message_id_reused``.
    """

    def __init__(self, code: str, details: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.details: Mapping[str, str] = details or {}


class Desk:
    """The staff's side of every handoff (first importable form; the methods follow)."""

    async def queue(self, agent: Agent, section: str | None = None) -> list[dict[str, Any]]:
        """Return who waits and who is being served, longest waiting first."""
        raise NotImplementedError

    async def claim(self, agent: Agent, handoff_id: str) -> dict[str, Any]:
        """Take a conversation; exactly one agent gets it. Returns ``lease_until``."""
        raise NotImplementedError

    async def heartbeat(self, agent: Agent, handoff_id: str) -> dict[str, Any]:
        """Keep a claim for another minute. Returns ``lease_until``."""
        raise NotImplementedError

    async def view(self, agent: Agent, handoff_id: str) -> dict[str, Any]:
        """Return packet, transcript (masked), candidates, canned answers and notes."""
        raise NotImplementedError

    async def reply(
        self, agent: Agent, handoff_id: str, client_message_id: str, text: str
    ) -> dict[str, Any]:
        """Say something to the resident; the same id says it once. Returns ``seq``."""
        raise NotImplementedError

    async def note(self, agent: Agent, handoff_id: str, text: str) -> None:
        """Keep a note that only staff see."""
        raise NotImplementedError

    async def transfer(
        self,
        agent: Agent,
        handoff_id: str,
        *,
        section: str | None = None,
        to: str | None = None,
        reason: str = "",
    ) -> dict[str, Any]:
        """Pass a claimed conversation to a section or a colleague."""
        raise NotImplementedError

    async def hand_back(self, agent: Agent, handoff_id: str) -> None:
        """Give the conversation back to the bot."""
        raise NotImplementedError

    async def close(self, agent: Agent, handoff_id: str, result: str) -> None:
        """End the conversation with a result code of the ward's list."""
        raise NotImplementedError

    async def callbacks(self, agent: Agent, section: str | None = None) -> list[dict[str, Any]]:
        """Return who wants to be called back, without contact."""
        raise NotImplementedError

    async def open_callback(self, agent: Agent, callback_id: str) -> dict[str, Any]:
        """Return the contact of one callback request; logged as a read."""
        raise NotImplementedError

    async def settle_callback(self, agent: Agent, callback_id: str, result: str) -> None:
        """Settle a callback request; its contact is erased."""
        raise NotImplementedError

    async def events(self, agent: Agent, after: int) -> list[dict[str, Any]]:
        """Return what changed since record number ``after``: basis of a stream with resume."""
        raise NotImplementedError

    async def last_event(self) -> int:
        """Return the number of the last record: where a stream that begins now begins."""
        raise NotImplementedError

    async def results(self) -> list[dict[str, Any]]:
        """Return the ward's result codes with their titles."""
        raise NotImplementedError
