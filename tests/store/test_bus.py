"""Wake-up hints reach who waits for them, and leave nothing behind."""

from __future__ import annotations

import asyncio

from bot.store.bus import Bus


async def test_everybody_who_waits_for_a_conversation_is_woken() -> None:
    """All streams of one conversation wake; those of another sleep on."""
    bus = Bus()
    with bus.subscribe("c1") as one, bus.subscribe("c1") as two, bus.subscribe("c2") as other:
        bus.wake("c1")

        assert (one.is_set(), two.is_set(), other.is_set()) == (True, True, False)


async def test_waiting_task_goes_on_when_woken() -> None:
    """A hint wakes a task that waits for it."""
    bus = Bus()
    with bus.subscribe("c1") as waiter:
        task = asyncio.create_task(waiter.wait())
        await asyncio.sleep(0)
        assert not task.done()
        bus.wake("c1")

        assert await task


async def test_hint_during_work_is_not_lost() -> None:
    """Who clears, reads and then waits learns of what came while reading."""
    bus = Bus()
    with bus.subscribe("c1") as waiter:
        waiter.clear()
        bus.wake("c1")

        assert await waiter.wait()


async def test_waking_nobody_is_no_failure() -> None:
    """Most turns have no stream; nothing is kept for one that may come."""
    bus = Bus()
    bus.wake("c1")
    with bus.subscribe("c1") as waiter:
        assert not waiter.is_set()


async def test_stream_that_ended_is_not_woken() -> None:
    """After its block a waiter hears nothing, and the others still do."""
    bus = Bus()
    with bus.subscribe("c1") as staying:
        with bus.subscribe("c1") as leaving:
            pass
        bus.wake("c1")

        assert (staying.is_set(), leaving.is_set()) == (True, False)


async def test_stream_that_broke_off_is_forgotten() -> None:
    """An exception in the block ends the subscription too."""
    bus = Bus()
    try:
        with bus.subscribe("c1") as broken:
            raise ConnectionResetError
    except ConnectionResetError:
        bus.wake("c1")

    assert not broken.is_set()


async def test_conversation_can_be_waited_for_again() -> None:
    """After the last stream has left, the next one is woken as the first was."""
    bus = Bus()
    for _ in range(2):
        with bus.subscribe("c1") as waiter:
            bus.wake("c1")
            assert waiter.is_set()
