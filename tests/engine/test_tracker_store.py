"""The conversation's state is a value: handed in with each call, handed back with each reply."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.names import SERVICE_SLOT
from bot.engine.tracker_store import (
    EMPTY_STATE,
    Exchange,
    RequestTrackerStore,
    current,
    state_after,
)

DOMAIN = Domain.from_dict(
    {
        "intents": ["ask"],
        "forms": {"moving_in": {"required_slots": []}},
        "slots": {
            SERVICE_SLOT: {"type": "text", "mappings": [{"type": "custom"}]},
            "step": {"type": "any", "initial_value": 0, "mappings": [{"type": "custom"}]},
        },
    }
)
states = st.fixed_dictionaries(
    {
        "slots": st.fixed_dictionaries(
            {}, optional={SERVICE_SLOT: st.text(), "step": st.integers(min_value=1)}
        ),
        "active_loop": st.none() | st.just("moving_in"),
    }
)


@contextmanager
def exchanging(state: dict[str, Any]) -> Iterator[Exchange]:
    """Hold one exchange as the channel does."""
    exchange = Exchange(state)
    token = current.set(exchange)
    try:
        yield exchange
    finally:
        current.reset(token)


def retrieve(store: RequestTrackerStore, sender: str = "turn-1") -> DialogueStateTracker | None:
    """Ask the store for a conversation."""
    return asyncio.run(store.retrieve(sender))


@pytest.fixture
def store() -> RequestTrackerStore:
    """Return a store that knows two slots and a form."""
    return RequestTrackerStore(DOMAIN)


@given(state=states)
def test_the_state_that_came_in_goes_out(state: dict[str, Any]) -> None:
    """A turn that changes nothing hands back exactly the state that it was given."""
    with exchanging(state):
        tracker = retrieve(RequestTrackerStore(DOMAIN))

    assert tracker is not None
    assert state == state_after(tracker, DOMAIN)


@pytest.mark.parametrize("state", [EMPTY_STATE, {}, {"slots": None}], ids=["empty", "none", "null"])
def test_a_new_conversation_has_the_empty_state(
    store: RequestTrackerStore, state: dict[str, Any]
) -> None:
    """Without a past all slots are as they begin, and no form is active."""
    with exchanging(state):
        tracker = retrieve(store)

    assert tracker is not None
    assert state_after(tracker, DOMAIN) == EMPTY_STATE
    assert tracker.latest_action_name == "action_listen"


def test_what_a_turn_changes_is_in_the_next_state(store: RequestTrackerStore) -> None:
    """A slot that the turn sets goes out; one set back to its beginning does not."""
    with exchanging({"slots": {"step": 3}, "active_loop": None}) as exchange:
        tracker = retrieve(store)
        assert tracker is not None
        tracker.update_with_events([SlotSet(SERVICE_SLOT, "toshokan"), SlotSet("step", 0)], DOMAIN)
        asyncio.run(store.save(tracker))

    assert exchange.tracker is tracker
    assert state_after(tracker, DOMAIN) == {
        "slots": {SERVICE_SLOT: "toshokan"},
        "active_loop": None,
    }


def test_within_a_call_there_is_one_tracker(store: RequestTrackerStore) -> None:
    """Rasa asks several times a turn and must see its own changes."""
    with exchanging(EMPTY_STATE):
        first = retrieve(store)
        assert first is not None
        first.update(UserUttered("問い"), DOMAIN)

        assert first is retrieve(store)


def test_nothing_is_kept_between_calls(store: RequestTrackerStore) -> None:
    """The same conversation in another call begins from that call's state alone."""
    with exchanging({"slots": {SERVICE_SLOT: "toshokan"}, "active_loop": "moving_in"}):
        tracker = retrieve(store)
        assert tracker is not None
        asyncio.run(store.save(tracker))
    with exchanging(EMPTY_STATE):
        again = retrieve(store)

    assert again is not None
    assert state_after(again, DOMAIN) == EMPTY_STATE
    assert list(asyncio.run(store.keys())) == []
    assert retrieve(store) is None


def test_calls_at_once_do_not_see_each_other(store: RequestTrackerStore) -> None:
    """Turns that run side by side in one process each have their own state."""

    async def turn(service: str) -> dict[str, Any]:
        with exchanging({"slots": {SERVICE_SLOT: service}, "active_loop": None}):
            tracker = await store.retrieve("same")
            assert tracker is not None
            await asyncio.sleep(0)
            await store.save(tracker)
            await asyncio.sleep(0)
            again = await store.retrieve("same")
            assert again is not None
            return state_after(again, DOMAIN)

    async def together() -> list[dict[str, Any]]:
        return await asyncio.gather(*(turn(f"service{n}") for n in range(5)))

    found = [state["slots"][SERVICE_SLOT] for state in asyncio.run(together())]
    assert [f"service{n}" for n in range(5)] == found


def test_without_a_call_conversations_are_held_in_memory(store: RequestTrackerStore) -> None:
    """``rasa shell`` talks to the same store and remembers what was said."""
    tracker = DialogueStateTracker("person", DOMAIN.slots)
    tracker.update(SlotSet(SERVICE_SLOT, "toshokan"), DOMAIN)
    asyncio.run(store.save(tracker))

    found = retrieve(store, "person")
    assert found is not None
    assert found.get_slot(SERVICE_SLOT) == "toshokan"
    assert list(asyncio.run(store.keys())) == ["person"]


def test_a_slot_that_the_model_no_longer_has_is_dropped(store: RequestTrackerStore) -> None:
    """After a training without a slot, conversations that still carry it go on."""
    with exchanging({"slots": {"gone": 1, SERVICE_SLOT: "toshokan"}, "active_loop": None}):
        tracker = retrieve(store)

    assert tracker is not None
    assert state_after(tracker, DOMAIN) == {
        "slots": {SERVICE_SLOT: "toshokan"},
        "active_loop": None,
    }
