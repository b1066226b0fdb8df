"""How templates write values: places in a sentence filled, times as they are read in Japan."""

from __future__ import annotations

from datetime import datetime

from bot.scenarios.today import JST


def filled(text: str, **values: object) -> str:
    """Put values into the ``{places}`` of a sentence."""
    return text.format(**values)


def day_and_time(moment: datetime | str) -> str:
    """Write an aware moment as ``2026/11/28 09:05``, in Japan's time."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.astimezone(JST).strftime("%Y/%m/%d %H:%M")
