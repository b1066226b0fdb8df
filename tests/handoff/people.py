"""Residents and agents of a ward in office hours, without a web page for the desk."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.dialogue.desk import Agent, Desk
from bot.dialogue.published import Published
from bot.scenarios.today import JST
from bot.store.clock import Clock
from bot.web.settings import Settings
from tests.support.ward import Resident, Ward, open_ward

OFFICE_HOURS = datetime(2026, 11, 27, 10, 0, tzinfo=JST)
NIGHT = datetime(2026, 11, 27, 20, 0, tzinfo=JST)

SATO = Agent("sato", "佐藤", ())
SUZUKI = Agent("suzuki", "鈴木", ())
ZEIMU = Agent("tanaka", "田中", ("zeimu",))


class HandClock(Clock):
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._seconds = 0.0
        super().__init__(start, ticks=lambda: self._seconds)
        self.is_shifted = False

    def move(self, **by: float) -> None:
        """Let time pass."""
        self._seconds += timedelta(**by).total_seconds()


@asynccontextmanager
async def ward_at(
    settings: Callable[..., Settings], published: Published, start: datetime = OFFICE_HOURS
) -> AsyncIterator[tuple[Ward, HandClock]]:
    """Open a ward at a certain time."""
    clock = HandClock(start)
    async with open_ward(settings(), published, clock) as ward:
        yield ward, clock


def desk_of(ward: Ward) -> Desk:
    """Return the ward's desk."""
    desk: Desk = ward.app.state.desk
    return desk


async def in_queue(ward: Ward, resident: Resident) -> str:
    """Ask for a person; returns the id of the handoff."""
    turn = await resident.choose("phrase:person")
    rows = await desk_of(ward).queue(SATO)
    return next(row["id"] for row in rows if row["reference"] == turn["handoff"]["reference"])


async def in_conversation(ward: Ward, resident: Resident, agent: Agent = SATO) -> str:
    """Ask for a person who comes; returns the id of the handoff."""
    handoff = await in_queue(ward, resident)
    await desk_of(ward).claim(agent, handoff)
    return handoff


async def said_by(ward: Ward, agent: Agent, handoff: str, text: str) -> int:
    """Let an agent say something; returns its ``seq``."""
    said = await desk_of(ward).reply(agent, handoff, str(uuid.uuid4()), text)
    return int(said["seq"])


async def callback(resident: Resident, **body: Any) -> Any:
    """Post a request to be called back."""
    contact = {"name": "山田花子", "phone": "090-1234-5678", "consent": True}
    sent = {"client_message_id": str(uuid.uuid4()), **contact, **body}
    return await resident.http.post(
        f"{resident.path}/callback", json=sent, headers=resident.headers
    )


def bytes_on_disk(folder: Path) -> bytes:
    """Return everything that the database's files hold."""
    return b"".join(path.read_bytes() for path in folder.glob("*.db*"))
