"""The product's clock: the machine's, or one that was set for a rehearsal or a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from bot.scenarios.today import jst_date


class Clock:
    """Tells the time; with ``start``, as if it had been that moment when the clock was made."""

    def __init__(
        self, start: datetime | None = None, *, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self.is_shifted = start is not None
        self._start = start.astimezone(UTC) if start else None
        self._ticks = ticks
        self._made_at = ticks()

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        if self._start is None:
            return datetime.now(UTC)
        return self._start + timedelta(seconds=self._ticks() - self._made_at)

    def today(self) -> date:
        """Return the present date in Japan."""
        return jst_date(self.now())
