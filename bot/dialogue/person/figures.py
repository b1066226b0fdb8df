"""Figures of the sections: how many were passed on, how long they waited, how it ended, whether it helped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median, quantiles
from typing import Any

from bot.handoff.queue import Handoff

_NINE_OF_TEN = 8  # the last of nine cut points


def figures_of(section: str, handoffs: Sequence[Handoff]) -> dict[str, Any]:
    """Return the figures of one section; times in seconds, None where there is nothing to measure."""
    verdicts = [handoff.helpful for handoff in handoffs if handoff.helpful is not None]
    return {
        "section": section,
        "asked": len(handoffs),
        "reasons": dict(Counter(handoff.reason for handoff in handoffs)),
        "states": dict(Counter(handoff.state for handoff in handoffs)),
        "results": dict(Counter(handoff.result for handoff in handoffs if handoff.result)),
        "waiting": _times((h.requested_at, h.first_claimed_at) for h in handoffs),
        "first_reply": _times((h.requested_at, h.first_reply_at) for h in handoffs),
        "handling": _times((h.first_claimed_at, h.ended_at) for h in handoffs),
        "helpful": {"yes": verdicts.count(True), "no": verdicts.count(False)},
    }


def _times(pairs: Iterable[tuple[str | None, str | None]]) -> dict[str, Any]:
    took = [
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
        for start, end in pairs
        if start and end
    ]
    return {
        "count": len(took),
        "median": median(took) if took else None,
        "nine_of_ten": quantiles(took, n=10)[_NINE_OF_TEN] if len(took) > 1 else None,
    }
