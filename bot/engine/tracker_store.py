"""Conversation state as a value: handed in with each call, handed back with each reply.

Rasa keeps trackers in a store and, when a store fails, silently in memory (core/agent.py wraps every
store in FailSafeTrackerStore). Here there is nothing to fail: the state travels with the request.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Dict, Iterable, List, Optional

from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

EMPTY_STATE: Dict[str, Any] = {"slots": {}, "active_loop": None}


class Exchange:
    """One call: the state it came with, and the tracker that Rasa left."""

    def __init__(self, state: Dict[str, Any]) -> None:
        """Take the state of the conversation before this turn."""
        self.state = state
        self.tracker: Optional[DialogueStateTracker] = None

    def prelude(self, domain: Domain) -> List[Event]:
        """Return the few events from which Rasa can go on as if it had seen the whole conversation.

        A form that the model no longer has is left: ``RulePolicy`` fails on an unknown loop.
        """
        slots = self.state.get("slots") or {}
        events: List[Event] = [SlotSet(name, value) for name, value in sorted(slots.items())]
        if self.state.get("active_loop") in domain.form_names:
            events.append(ActiveLoop(self.state["active_loop"]))
        return [*events, ActionExecuted(ACTION_LISTEN_NAME)]


current: ContextVar[Optional[Exchange]] = ContextVar("exchange", default=None)


class RequestTrackerStore(InMemoryTrackerStore):
    """A tracker store that lives for one request; without a request (``rasa shell``) in memory."""

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Hand the tracker to the call it belongs to."""
        exchange = current.get()
        if exchange is None:
            await super().save(tracker)
        else:
            exchange.tracker = tracker

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """Rebuild the tracker from the state of the call."""
        exchange = current.get()
        if exchange is None:
            return await super().retrieve(sender_id)
        if exchange.tracker is None:
            exchange.tracker = DialogueStateTracker.from_events(
                sender_id, exchange.prelude(self.domain), self.domain.slots, domain=self.domain
            )
        return exchange.tracker

    async def keys(self) -> Iterable[str]:
        """Name the conversations held in memory: none of the counter's."""
        return await super().keys()


def state_after(tracker: DialogueStateTracker, domain: Domain) -> Dict[str, Any]:
    """Return what the next turn needs: slots that differ from their initial value, the active loop."""
    initial = {slot.name: slot.initial_value for slot in domain.slots}
    slots = {
        name: value
        for name, value in tracker.current_slot_values().items()
        if name in initial and value != initial[name]
    }
    return {"slots": slots, "active_loop": tracker.active_loop_name}
