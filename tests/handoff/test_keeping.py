"""The keeper of the queue: runs on when the database does not, and ends when told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta

import structlog

from bot.dialogue.person.keeping import Keeper
from bot.dialogue.published import Published
from bot.web.settings import Settings
from tests.support.faults import refusing

from .people import SATO, SUZUKI, desk_of, in_conversation, in_queue, ward_at

Make = Callable[..., Settings]


async def test_what_fails_is_logged_once_and_tried_again(
    settings: Make, published: Published
) -> None:
    """A database that does not take it ends nothing; afterwards the claim goes back."""
    async with ward_at(settings, published) as (ward, clock):
        resident = await ward.resident()
        await in_conversation(ward, resident)
        clock.move(seconds=61)
        tries: list[str] = []
        transactions = desk_of(ward)._transactions

        class Counting(Keeper):
            async def sweep(self) -> None:
                tries.append("again")
                if len(tries) == 3:
                    self.stop()
                await super().sweep()

        with structlog.testing.capture_logs() as said, refusing(ward.file, "records"):
            await Counting(transactions, timedelta(minutes=10), every_seconds=0.01).run()
        assert len(tries) == 3
        assert [line["event"] for line in said] == ["cannot_keep_queue"]
        await desk_of(ward)._keeper.sweep()
        assert ward.rows("SELECT state FROM handoffs") == [{"state": "waiting"}]


async def test_it_ends_when_told(settings: Make, published: Published) -> None:
    """After the step that it is at."""
    async with ward_at(settings, published) as (ward, _):
        keeper = desk_of(ward)._keeper
        running = asyncio.create_task(keeper.run())
        keeper.stop()
        await asyncio.wait_for(running, 30)


async def test_an_alarm_is_told_to_the_administrator_without_a_word_of_the_resident(
    settings: Make, published: Published
) -> None:
    """The log line names section and minutes."""
    async with ward_at(settings, published) as (ward, clock):
        await in_queue(ward, await ward.resident())
        clock.move(minutes=12)
        with structlog.testing.capture_logs() as said:
            await desk_of(ward)._keeper.sweep()

        (alarm,) = said
        assert (alarm["event"], alarm["log_level"]) == ("handoff_alarm", "warning")
        assert (alarm["section"], alarm["minutes"]) == ("sogo_annai", 12)
        assert set(json.loads(json.dumps(alarm))) == {
            "event",
            "log_level",
            "handoff",
            "section",
            "minutes",
        }


async def test_what_was_settled_meanwhile_is_left_alone(
    settings: Make, published: Published
) -> None:
    """Two keepers at once do each thing once."""
    async with ward_at(settings, published) as (ward, clock):
        resident = await ward.resident()
        handoff = await in_conversation(ward, resident)
        clock.move(seconds=61)
        keeper = desk_of(ward)._keeper
        await asyncio.gather(keeper.sweep(), keeper.sweep(), desk_of(ward).claim(SUZUKI, handoff))
        released = [r for r in ward.records(resident) if r.type == "handoff_released"]

        assert len(released) == 1
        assert (await desk_of(ward).queue(SATO))[0]["claimed_by"] == "suzuki"
