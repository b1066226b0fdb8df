"""A clock that was set for a rehearsal is said, to residents and in the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.dialogue.published import Published
from bot.scenarios.model import LOCALES
from bot.scenarios.rendering import render
from bot.web.settings import Settings
from tests.support.ward import Ward, open_ward

START = datetime.fromisoformat("2031-04-01T09:00:00+09:00")


@pytest.mark.parametrize("locale", LOCALES)
async def test_rehearsal_is_said_before_anything_else(
    settings: Callable[..., Settings], published: Published, locale: str
) -> None:
    """The first thing that a resident reads is that this is no real counter."""
    phrase = published.catalogue.phrases["rehearsal"].texts
    notice = render(phrase, locale, published.catalogue.ward, START.date())
    async with open_ward(settings(clock=START), published) as ward:
        resident = await ward.resident(locale=locale)

    first = resident.opened["messages"][0]
    assert ("notice", notice.text) == (first["type"], first["text"])


async def test_rehearsal_is_not_said_on_a_true_clock(ward: Ward) -> None:
    """Residents of the real counter read no such thing."""
    phrase = ward.app.state.live.current.catalogue.phrases["rehearsal"].texts["ja"]
    resident = await ward.resident()

    assert phrase.strip() not in [message["text"] for message in resident.opened["messages"]]


@pytest.mark.parametrize("clock", [None, START], ids=["true", "shifted"])
async def test_log_says_at_the_start_which_clock_it_follows(
    settings: Callable[..., Settings], published: Published, clock: datetime | None
) -> None:
    """An auditor sees that the times which follow are a rehearsal's."""
    async with open_ward(settings(clock=clock), published) as ward:
        (started,) = ward.rows("SELECT * FROM records WHERE type = 'service_started'")

    flag = '"clock_shifted": false' if clock is None else '"clock_shifted": true'
    assert flag in started["envelope"]


async def test_log_follows_the_rehearsal_clock(
    settings: Callable[..., Settings], published: Published, tmp_path: Path
) -> None:
    """Every time in the log is the rehearsal's, in UTC with microseconds, and never runs back."""
    async with open_ward(settings(clock=START, data_dir=tmp_path / "new"), published) as ward:
        resident = await ward.resident()
        await resident.say("ありがとう")
        times = [row["at"] for row in ward.rows("SELECT at FROM records ORDER BY number")]

    assert {"2031-04-01T00"} == {time[:13] for time in times}
    assert sorted(times) == times
    assert {timedelta(0)} == {datetime.fromisoformat(time).utcoffset() for time in times}
    assert {len("2031-04-01T00:00:00.000000+00:00")} == set(map(len, times))
