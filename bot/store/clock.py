"""The product's clock: the machine's, or one that was set for a rehearsal or a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from bot.scenarios.today import jst_date


class Clock:
    """Tells the time; with ``start``, as if it had been that moment when the clock was made.

    ``since`` names another moment at which it was ``start``, in seconds of ``ticks``. The machine's
    monotonic clock is one for all its processes, so those with the same ``since`` agree on the time.
    """

    def __init__(
        self,
        start: datetime | None = None,
        since: float | None = None,
        *,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_shifted = start is not None
        self._start = start.astimezone(UTC) if start else None
        self._ticks = ticks
        self._since = ticks() if since is None else since

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        if self._start is None:
            return datetime.now(UTC)
        return self._start + timedelta(seconds=self._ticks() - self._since)

    def today(self) -> date:
        """Return the present date in Japan."""
        return jst_date(self.now())
