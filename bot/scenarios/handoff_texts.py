"""The labels with which a person is called, and what the turn puts into each of them."""

from __future__ import annotations

from collections.abc import Mapping

PREFIX = "handoff."
_VALUES: Mapping[str, tuple[str, ...]] = {
    "moment": ("month", "day", "weekday", "time"),
    "called": ("section",),
    "nobody_free": ("section", "position"),
    "expected": ("minutes",),
    "closed": ("section", "moment"),
    "closed_unknown": ("section", "phone"),
    "packet_asks": ("person",),
    "packet.reason": ("reason",),
    "packet.question": ("question",),
    "packet.service": ("service",),
    "packet.language": ("language",),
    "waiting_note": ("reference",),
    "kept": ("reference",),
    "joined": ("section",),
    "transferred": ("section",),
    "ticket": ("reference", "section", "place", "phone", "hours"),
    "ticket.opens": ("moment",),
    "ticket.bring": ("service",),
    "callback_taken": ("section", "reference"),
}
TURN_VALUES = frozenset(name for names in _VALUES.values() for name in names)
"""Every value that a turn puts into a label."""


def handoff_values(where: tuple[str | int, ...]) -> tuple[str, ...]:
    """Name the values ``{{ turn.… }}`` that the text at this place of ``phrases.yml`` may use."""
    kind, name = (*map(str, where[:2]), "", "")[:2]
    known = kind == "labels" and name.startswith(PREFIX)
    return _VALUES.get(name[len(PREFIX) :], ()) if known else ()
