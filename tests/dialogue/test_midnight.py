"""Announced changes switch by themselves, at midnight in Japan."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from bot.dialogue.published import Published
from bot.dialogue.reply import Composer
from bot.web.settings import Settings
from tests.support.edited import BEGINS, CHANGES, ENDS, FIRST_DAY, LAST_DAY, NEW_TEXT
from tests.support.fake_worker import FakeWorker
from tests.support.ward import open_ward

pytestmark = pytest.mark.slow

MIDNIGHT = datetime.fromisoformat("2027-04-01T00:00:00+09:00")
BEFORE = MIDNIGHT - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("key", "last_day", "first_day"),
    [
        (CHANGES, "answered", "answered"),
        (ENDS, "answered", "fallback"),
        (BEGINS, "fallback", "answered"),
    ],
    ids=["changes", "ends", "begins"],
)
@pytest.mark.parametrize("clock", [BEFORE, MIDNIGHT], ids=["before", "after"])
async def test_answer_switches_at_midnight_in_japan(
    settings: Callable[..., Settings],
    edited: Published,
    worker: FakeWorker,
    clock: datetime,
    key: str,
    last_day: str,
    first_day: str,
) -> None:
    """A minute before midnight JST the old answer holds, from midnight on the new one."""
    worker.teach("今は？", f"utter_faq/{key}")
    async with open_ward(settings(clock=clock), edited) as ward:
        turn = await (await ward.resident()).say("今は？")

    is_new = clock == MIDNIGHT
    assert (first_day if is_new else last_day) == turn["outcome"]
    assert (is_new and key == CHANGES) == (turn["messages"][0]["text"] == NEW_TEXT)


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own day is another one than Japan's."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


async def test_machine_in_another_time_zone_switches_at_the_same_moment(
    settings: Callable[..., Settings],
    edited: Published,
    worker: FakeWorker,
    in_new_york: None,
) -> None:
    """Where the server's own clock stands does not matter."""
    worker.teach("今は？", f"utter_faq/{CHANGES}")
    utc = datetime.fromisoformat("2027-03-31T15:00:00+00:00")
    async with open_ward(settings(clock=utc), edited) as ward:
        turn = await (await ward.resident()).say("今は？")

    assert turn["messages"][0]["text"] == NEW_TEXT


def test_answer_out_of_force_is_offered_nowhere(edited: Published) -> None:
    """Neither as a next question nor among the candidates nor to choose from."""
    for day, gone in ((LAST_DAY, BEGINS), (FIRST_DAY, ENDS)):
        composer = Composer(edited.catalogue, "ja", day)
        overview = composer.from_key("utter_faq/juminhyo.overview", ())
        ranking = [{"key": key, "score": 0.5} for key in (gone, CHANGES)]
        asked_back = composer.from_key("utter_clarify", ranking)

        assert f"answer:{gone}" not in (*overview.offered, *asked_back.offered)
        assert gone.split(".")[1] not in {c["topic"] for c in asked_back.candidates}


async def test_option_that_went_out_of_force_meanwhile_says_so(
    settings: Callable[..., Settings], edited: Published
) -> None:
    """A button from before midnight, pressed after it, names the office instead of an old answer."""
    async with open_ward(settings(clock=BEFORE), edited) as ward:
        resident = await ward.resident()
        offered = await resident.choose("service:juminhyo")
    async with open_ward(settings(clock=MIDNIGHT), edited) as ward:
        resident.http = ward.http
        turn = await resident.choose(f"answer:{ENDS}")

    assert f"answer:{ENDS}" in str(offered)
    assert (turn["outcome"], turn["answer"]) == ("fallback", None)
