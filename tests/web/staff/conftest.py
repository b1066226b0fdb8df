"""A ward whose clock goes on when a test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest

from bot.dialogue.published import Published
from bot.store.clock import Clock
from bot.web.settings import Settings
from tests.support.staff import Ticks, phone_clock
from tests.support.ward import Ward, open_ward

START = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)


@pytest.fixture
async def ward(settings: Callable[..., Settings], published: Published) -> AsyncIterator[Ward]:
    """The running app at nine o'clock on a Monday; phones go by the same clock."""
    clock = Clock(START, ticks=Ticks())
    async with open_ward(settings(), published, clock) as running:
        phone_clock(running, clock)
        yield running
