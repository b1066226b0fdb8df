"""The calendar of the counter: Japan has one time zone and no daylight saving."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")


def jst_date(moment: datetime) -> date:
    """Return the Japanese date of an aware moment."""
    return moment.astimezone(JST).date()


def jst_today() -> date:
    """Return today's date in Japan by the machine's clock."""
    return jst_date(datetime.now(timezone.utc))
