"""What a conversation remembers between two turns: a small, versioned value that travels with the turn.

The worker's part (slots, active loop) goes to the worker and comes back; the rest is the gateway's own,
so that choices by number and a step back work in the same way while the worker is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.scenarios.model import LOCALES

VERSION = 1
MAX_OFFERED = 30
_MAX_TRAIL = 6
_MAX_CONSIDERED = 10
_MAX_LENGTH = 100

JAPANESE = ("ja", "ja-easy")

Place = tuple[str, ...]
"""What stood on the screen after a turn: the payloads that bring it back."""


@dataclass(frozen=True)
class Memory:
    """The state of a dialogue.

    ``offered`` holds the payloads of the last reply in the order shown, ``trail`` the last places with
    the present one at the end, ``considered`` the answers that the last question might have meant, best
    first, ``rejected`` those that the resident has turned down since. ``chosen`` is the language that was
    chosen by hand, if not Japanese; ``japanese`` the kind of Japanese to return to. ``misses`` counts the
    messages in a row that were not understood, ``question`` is the ``seq`` of the last question that was
    typed, ``pending`` why and to whom the resident was offered to be passed on, ``is_wait_told`` whether
    it was said that questions may be asked while waiting.
    """

    slots: Mapping[str, Any] = field(default_factory=dict)
    active_loop: str | None = None
    offered: tuple[str, ...] = ()
    trail: tuple[Place, ...] = ()
    considered: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    chosen: str | None = None
    japanese: str = "ja"
    is_easy_offered: bool = False
    misses: int = 0
    question: int | None = None
    pending: Mapping[str, str] = field(default_factory=dict)
    is_wait_told: bool = False

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Memory:
        """Read a stored state; what an older or newer version wrote in another shape is forgotten."""
        slots, loop, chosen = (state.get(name) for name in ("slots", "active_loop", "chosen"))
        trail = state.get("trail")
        places = [_names(place) for place in trail] if isinstance(trail, list) else []
        return cls(
            slots=slots if isinstance(slots, Mapping) else {},
            active_loop=loop if isinstance(loop, str) else None,
            offered=_names(state.get("offered")),
            trail=tuple(place for place in places if place),
            considered=_names(state.get("considered")),
            rejected=_names(state.get("rejected")),
            chosen=chosen if isinstance(chosen, str) and chosen in LOCALES else None,
            japanese="ja-easy" if state.get("japanese") == "ja-easy" else "ja",
            is_easy_offered=state.get("is_easy_offered") is True,
            misses=_number(state.get("misses")) or 0,
            question=_number(state.get("question")),
            pending=_pending(state.get("pending")),
            is_wait_told=state.get("is_wait_told") is True,
        )

    def written(self) -> dict[str, Any]:
        """Return the state as it is stored; its size is bounded."""
        return {
            "version": VERSION,
            **self.for_worker(),
            "offered": list(self.offered[:MAX_OFFERED]),
            "trail": [list(place) for place in self.trail[-_MAX_TRAIL:]],
            "considered": list(self.considered[:_MAX_CONSIDERED]),
            "rejected": list(self.rejected[-_MAX_CONSIDERED:]),
            "chosen": self.chosen,
            "japanese": self.japanese,
            "is_easy_offered": self.is_easy_offered,
            "misses": self.misses,
            "question": self.question,
            "pending": dict(self.pending),
            "is_wait_told": self.is_wait_told,
        }

    @classmethod
    def at_opening(cls, locale: str, offered: Sequence[str]) -> Memory:
        """Return the state of a new conversation, opened in ``locale``."""
        return cls(offered=tuple(offered)).choosing(locale)

    def choosing(self, locale: str) -> Memory:
        """Remember a language that was chosen by hand."""
        if locale in JAPANESE:
            return replace(self, chosen=None, japanese=locale)
        return replace(self, chosen=locale)

    def for_worker(self) -> dict[str, Any]:
        """Return the part that the worker reads and writes."""
        return {"slots": dict(self.slots), "active_loop": self.active_loop}

    def after_worker(self, state: Mapping[str, Any]) -> Memory:
        """Take the worker's part of the next state."""
        theirs = Memory.read(state)
        return replace(self, slots=theirs.slots, active_loop=theirs.active_loop)

    @property
    def service(self) -> str | None:
        """Return the service just discussed."""
        service = self.slots.get("service")
        return service if isinstance(service, str) else None

    def about(self, service: str | None) -> Memory:
        """Turn to a service, or away from any."""
        slots = {name: value for name, value in self.slots.items() if name != "service"}
        return replace(self, slots={**slots, "service": service} if service else slots)

    @property
    def here(self) -> Place:
        """Return the present place; empty before the first one."""
        return self.trail[-1] if self.trail else ()

    def at(self, place: Place) -> Memory:
        """Move on to a place; staying where one is leaves no second trace."""
        if not place or place == self.here:
            return self
        return replace(self, trail=(*self.trail, place)[-_MAX_TRAIL:])

    def back(self) -> Memory:
        """Return to the place before this one."""
        return replace(self, trail=self.trail[:-1])

    def understood(self, candidates: Sequence[str], *, keep: bool = False) -> Memory:
        """Remember what a question might mean; a new one settles the rejections, unless ``keep``."""
        rejected = self.rejected if keep else ()
        return replace(self, considered=tuple(candidates[:_MAX_CONSIDERED]), rejected=rejected)

    def rejecting(self, keys: Sequence[str]) -> Memory:
        """Remember what the resident did not mean."""
        new = [key for key in keys if key not in self.rejected]
        return replace(self, rejected=(*self.rejected, *new)[-_MAX_CONSIDERED:])

    @property
    def left(self) -> tuple[str, ...]:
        """Return what the last question might have meant and nobody has turned down."""
        return tuple(key for key in self.considered if key not in self.rejected)


def _number(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return int(value) if is_count else None  # type: ignore[call-overload]


def _pending(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        return {}
    texts = ((name, text) for name, text in value.items() if isinstance(text, str))
    return {str(name): text[:_MAX_LENGTH] for name, text in texts}


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(item for item in value if isinstance(item, str) and len(item) <= _MAX_LENGTH)
