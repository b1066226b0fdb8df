"""Wake-up hints between the turn that wrote and the streams that wait; the log stays the truth."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Bus:
    """An in-process bus: a hint may be lost or doubled without harm, readers look into the log."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def wake(self, conversation_id: str) -> None:
        """Tell every stream of a conversation that there may be something new."""
        for waiter in self._waiting.get(conversation_id, ()):
            waiter.set()

    @contextmanager
    def subscribe(self, conversation_id: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the conversation may have something new."""
        waiter = asyncio.Event()
        self._waiting[conversation_id].add(waiter)
        try:
            yield waiter
        finally:
            self._waiting[conversation_id].discard(waiter)
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id]
