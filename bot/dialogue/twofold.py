"""Two questions in one message: answered both where both are sure, else the second one is offered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.dialogue.splitting import halves, loose_halves
from bot.dialogue.understanding import Understanding

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Understanding]]
"""Understands a text in a state, as a whole turn does."""

SURE_AT = 0.4
OFFER_AT = 0.25
_MOST_SPLITS = 3


@dataclass(frozen=True)
class Twofold:
    """Two questions, each understood by itself; the second one only offered unless ``is_sure``."""

    first: Understanding
    second: Understanding
    is_sure: bool


async def both_questions(
    text: str,
    whole: Understanding,
    state: Mapping[str, Any],
    ask: Ask,
    subject_of: Callable[[str], str | None],
) -> Twofold | None:
    """Return the two questions of a message, or nothing where it holds one or the halves are unsure.

    A second half without a subject is about what the first one is about.
    """
    offered: Twofold | None = None
    pairs = dict.fromkeys(halves(text), False)
    for pair in loose_halves(text, subject_of):
        pairs.setdefault(pair, True)
    for (left, right), is_loose in list(pairs.items())[:_MOST_SPLITS]:
        first = await ask(left, state)
        if first.answer is None or first.confidence < OFFER_AT:
            continue
        second = await _second(right, first, ask)
        found = _joined(first, second, whole)
        if found is not None and is_loose and _service(first) == _service(second):
            continue
        if found is not None and found.is_sure:
            return found
        offered = offered or found
    return offered


async def _second(text: str, first: Understanding, ask: Ask) -> Understanding:
    """Understand the second half by itself; only where that fails, after the first one."""
    slots = {n: v for n, v in (first.state.get("slots") or {}).items() if n != "service"}
    alone = await ask(text, {**first.state, "slots": slots})
    is_clear = alone.answer is not None and alone.confidence >= OFFER_AT
    return alone if is_clear else await ask(text, first.state)


def _service(understood: Understanding) -> str:
    return (understood.answer or "").split(".")[0]


def _joined(first: Understanding, second: Understanding, whole: Understanding) -> Twofold | None:
    if second.answer is None or first.answer == second.answer:
        return None
    surest, weakest = sorted((first.confidence, second.confidence), reverse=True)
    if weakest >= SURE_AT:
        return Twofold(first, second, is_sure=True)
    # Half of a sure question is no question: the whole must have meant one of the two.
    if surest >= SURE_AT and weakest >= OFFER_AT and whole.answer in (first.answer, second.answer):
        return Twofold(first, second, is_sure=False)
    return None
