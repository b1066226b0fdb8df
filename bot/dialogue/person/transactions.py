"""What everything at the desk has in common: one transaction, the resident told, who waits woken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from bot.dialogue import conversations
from bot.dialogue.conversations import CounterError, Overtaken
from bot.dialogue.counter import DESK, Counter
from bot.dialogue.following import Live
from bot.dialogue.person.desk_views import DeskViews
from bot.dialogue.reply import Message
from bot.dialogue.turn import notice, numbered
from bot.handoff import claims, queue, states
from bot.handoff.claims import ClaimError
from bot.handoff.hours import OpeningHours
from bot.handoff.queue import Changed, Handoff
from bot.ledger.event import AuditEvent
from bot.ledger.handoff_events import HandoffReleased
from bot.ledger.log import Log
from bot.store.bus import Bus
from bot.store.clock import Clock
from bot.store.database import Database

Result = TypeVar("Result")
_ATTEMPTS = 5


@dataclass(frozen=True)
class Agent:
    """Who acts; made by the web layer from the signed-in staff member. No sections means all."""

    id: str
    name: str
    sections: tuple[str, ...]

    def may_see(self, handoff: Handoff) -> bool:
        """Tell whether a handoff is of the agent's sections, or was given to the agent."""
        is_own = self.id in (handoff.claimed_by, handoff.assigned_to)
        return not self.sections or handoff.section in self.sections or is_own


class DeskError(Exception):
    """What cannot be done now; ``code`` names the reason, ``details`` what to tell of it.

    Codes: ``unknown_handoff``, ``claimed_by_other`` (details: ``name``), ``not_claimed``, ``lease_lost``,
    ``nobody_there`` (details: ``name`` and, of a section, ``next_opening``), ``conversation_ended``,
    ``result_unknown`` (details: ``known``), ``message_id_reused``.
    """

    def __init__(self, code: str, details: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.details: Mapping[str, str] = details or {}


@dataclass
class Work:
    """One transaction at the desk: its connection, its moment, and whom it will wake."""

    connection: Connection
    now: datetime
    wakes: set[str] = field(default_factory=lambda: {DESK})


class Transactions:
    """Short transactions on conversations that people have."""

    def __init__(
        self, database: Database, log: Log, bus: Bus, live: Live, clock: Clock, counter: Counter
    ) -> None:
        self.log, self.clock, self.bus = log, clock, bus
        self.flow, self.presence = counter.flow, counter.presence
        self._database, self._live = database, live

    @property
    def hours(self) -> OpeningHours:
        """Return the opening hours that are published now."""
        return OpeningHours(self._live.current.catalogue.opening)

    @property
    def views(self) -> DeskViews:
        """Return what staff see of what is published now."""
        return DeskViews(self._live.current, self.clock.today())

    async def reading(self, act: Callable[[Work], Result]) -> Result:
        """Do something that only reads."""

        def read() -> Result:
            with _as_desk_error(), self._database.read() as connection:
                return act(Work(connection, self.clock.now()))

        return await asyncio.to_thread(read)

    async def writing(self, act: Callable[[Work], Result]) -> Result:
        """Do something in one transaction, again if somebody else was quicker; then wake whom it concerns.

        Raises:
            DeskError: it cannot be done now; nothing has changed.

        """

        def write() -> tuple[Result, set[str]]:
            with _as_desk_error(), self._database.write() as connection:
                work = Work(connection, self.clock.now())
                return act(work), work.wakes

        for _ in range(_ATTEMPTS - 1):
            try:
                result, wakes = await asyncio.to_thread(write)
                break
            except (Overtaken, Changed):
                continue
        else:
            result, wakes = await asyncio.to_thread(write)
        for name in wakes:
            self.bus.wake(name)
        return result

    def visible(
        self, work: Work, agent: Agent, handoff_id: str, state: str | None = None
    ) -> Handoff:
        """Return a handoff that an agent may see, in a certain state if one is asked for.

        Raises:
            DeskError: ``unknown_handoff``.

        """
        handoff = queue.find(work.connection, handoff_id)
        if handoff is None or not agent.may_see(handoff) or state not in (None, handoff.state):
            raise DeskError("unknown_handoff")
        return handoff

    def held(self, work: Work, agent: Agent, handoff_id: str) -> Handoff:
        """Return a handoff that the agent has claimed.

        Raises:
            DeskError: the agent does not have it (any more), or the conversation has ended.

        """
        try:
            return claims.held(work.connection, handoff_id, agent.id, work.now)
        except ClaimError as error:
            handoff = queue.find(work.connection, handoff_id)
            if error.code == "not_claimed" and handoff is not None:
                # Raises where it is not that nobody has it, but that there is nothing left to have.
                conversations.current(work.connection, handoff.conversation_id)
            raise

    def note_down(self, work: Work, handoff: Handoff, events: Iterable[AuditEvent]) -> None:
        """Append to the log of the conversation."""
        self.log.append(work.connection, work.now, list(events), handoff.conversation_id)
        work.wakes.add(handoff.conversation_id)

    def move(
        self,
        work: Work,
        handoff: Handoff,
        move: str,
        events: Sequence[AuditEvent],
        lines: Sequence[str],
        section: str | None = None,
    ) -> None:
        """Move the conversation on, and tell the resident of it in the resident's language.

        ``section`` is the one that it goes to, where that is another than the present one.
        """
        before = conversations.current(work.connection, handoff.conversation_id)
        target = section or handoff.section
        messages = numbered(self._notices(before.locale, handoff, target, lines), before.last_seq)
        told = [notice(handoff, handoff.turn_id, message) for message in messages]
        offered = [o["payload"] for message in messages for o in message.get("options", ())]
        conversations.advance(
            work.connection,
            before,
            last_seq=before.last_seq + len(messages),
            dialogue=before.dialogue,
            locale=before.locale,
            state=states.after(before.state, move),
        )
        conversations.add_offers(work.connection, before.id, offered)
        self.note_down(work, handoff, [*events, *told])
        for name in {handoff.section, target}:
            work.wakes.update(queue.conversations_waiting_in(work.connection, name))

    def _notices(
        self, locale: str, handoff: Handoff, section: str, lines: Sequence[str]
    ) -> list[Message]:
        words = self.flow.desk(self._live.current, locale).words
        shown: list[Message] = []
        for line in lines:
            if line == "helped":
                asked = words.message("options", words.line(line))
                answers = [words.option(f"feedback:{name}") for name in ("yes", "no")]
                feedback = {"turn_id": handoff.turn_id}
                shown.append({**asked, "options": answers, "feedback": feedback})
            else:
                named = {"section": words.section(section)}
                shown.append(words.message("notice", words.line(line, **named)))
        return shown

    def staff_text(self, handoff: Handoff, locale: str, text: str) -> Message:
        """Return what a person says, with the name of the section in the resident's language."""
        words = self.flow.desk(self._live.current, locale).words
        name = words.counter(handoff.section)["name"]
        return {"type": "text", "text": text, "section": handoff.section, "section_name": name}

    def release(self, work: Work, handoff: Handoff) -> None:
        """Put a lost claim back into the queue; the bot stays silent, another person goes on."""
        released = HandoffReleased(**of(handoff), agent=handoff.claimed_by or "")
        self.set_free(work, handoff)
        self.move(work, handoff, "release", [released], ["released"])

    def set_free(self, work: Work, handoff: Handoff, **values: Any) -> None:
        """Let a claimed handoff wait again."""
        free = {"state": "waiting", "claimed_by": None, "claimed_name": None, "lease_until": None}
        queue.change(work.connection, handoff, **{**free, **values, "alarmed_at": None})


def of(handoff: Handoff) -> dict[str, Any]:
    """Return what every event of a handoff carries."""
    return {"handoff_id": handoff.id, "section": handoff.section}


@contextmanager
def _as_desk_error() -> Iterator[None]:
    """Tell what the layers below refuse in the words of the desk."""
    try:
        yield
    except ClaimError as error:
        details = {"name": error.name} if error.name else {}
        raise DeskError(error.code, details) from error
    except CounterError as error:
        raise DeskError(error.code) from error
