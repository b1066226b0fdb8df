"""What a message means: the worker's decision, or the search's while the worker cannot answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.dialogue.worker import TurnCall, Worker, WorkerUnavailable
from bot.scenarios.search import Hit, SearchIndex

ANSWER_AT = 0.55
OFFER_AT = 0.25
_PHRASE, _ZONE = "phrase:", "zone:"


@dataclass(frozen=True)
class Understanding:
    """The response key, the ranking behind it, the state for the next turn, and the trace."""

    key: str
    ranking: tuple[Mapping[str, Any], ...]
    state: Mapping[str, Any]
    is_reduced: bool
    trace: Mapping[str, Any] = field(default_factory=dict)


async def understand(worker: Worker, index: SearchIndex, call: TurnCall) -> Understanding:
    """Ask the worker; answer from search over the published questions if it cannot.

    Raises:
        WorkerBusy: too many turns are waiting.

    """
    started = time.perf_counter()
    try:
        result = await worker.turn(call)
    except WorkerUnavailable as unavailable:
        return _searched(index, call, unavailable.reason, started)
    trace = {"engine": "rasa", **result.trace, "understanding_ms": _since(started)}
    ranking = tuple(result.trace.get("ranking", ()))
    return Understanding(result.responses[0], ranking, result.state, False, trace)


def _searched(index: SearchIndex, call: TurnCall, reason: str, started: float) -> Understanding:
    hits = [Hit(call.choice, 1.0)] if call.choice else index.search(call.text, top=10)
    ranking = tuple({"key": hit.key, "score": round(hit.score, 4)} for hit in hits)
    trace = {
        "engine": "search",
        "reason": reason,
        "ranking": list(ranking),
        "understanding_ms": _since(started),
    }
    return Understanding(_key_of(hits), ranking, call.state, True, trace)


def _key_of(hits: list[Hit]) -> str:
    if not hits or hits[0].score < OFFER_AT:
        return "utter_nlu_fallback"
    if hits[0].score < ANSWER_AT:
        topics = [hit for hit in hits if not hit.key.startswith((_PHRASE, _ZONE))]
        return "utter_clarify" if topics else "utter_nlu_fallback"
    best = hits[0].key
    if best.startswith(_ZONE):
        return f"utter_zone_{best[len(_ZONE) :]}"
    return f"utter_{best[len(_PHRASE) :]}" if best.startswith(_PHRASE) else f"utter_faq/{best}"


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
