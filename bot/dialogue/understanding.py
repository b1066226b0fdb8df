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
_FAQ = "utter_faq/"
_NAMED_AT = 0.15  # what an answer of a service that the message names must reach
_OWN_SHARE = 0.3  # of the best score anywhere: the same for the service just discussed
NO_SUBJECT = "phrase:subject_missing"


@dataclass(frozen=True)
class Understanding:
    """The response key, the ranking behind it, the state for the next turn, and the trace.

    ``confidence`` is the probability that the key is right, as far as the engine knows.
    """

    key: str
    ranking: tuple[Mapping[str, Any], ...]
    state: Mapping[str, Any]
    is_reduced: bool
    trace: Mapping[str, Any] = field(default_factory=dict)
    confidence: float = 0.0

    @property
    def answer(self) -> str | None:
        """Return ``service.topic`` if the message is answered."""
        return self.key[len(_FAQ) :] if self.key.startswith(_FAQ) else None

    @property
    def candidates(self) -> tuple[str, ...]:
        """Return what the message might mean (``service.topic``), best first."""
        keys = (str(entry["key"]) for entry in self.ranking)
        return tuple(key for key in keys if ":" not in key)


# How common a message must be (SearchIndex.commonness) to be taken for one without a subject, by what it
# means by itself: the surer that is, the more.
_COMMON_AT = {"utter_subject_missing": 0.7, "utter_clarify": 0.7, "utter_nlu_fallback": 0.8}
_COMMON_AT_ANSWER = 0.9


def common_at(understood: Understanding, about: str) -> float | None:
    """Return how common a message must be to be about ``about``; nothing where it cannot be, or is."""
    if understood.answer is None:
        return _COMMON_AT.get(understood.key)
    return None if understood.answer.split(".")[0] == about else _COMMON_AT_ANSWER


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
    sure = (result.trace.get("intent") or {}).get("confidence")
    confidence = float(sure) if isinstance(sure, (int, float)) else 0.0
    return Understanding(result.responses[0], ranking, result.state, False, trace, confidence)


def _searched(index: SearchIndex, call: TurnCall, reason: str, started: float) -> Understanding:
    hits = (
        [Hit(call.choice, 1.0)]
        if call.choice
        else hits_of(index, call.searched or call.text, call.state)
    )
    ranking = tuple({"key": hit.key, "score": round(hit.score, 4)} for hit in hits)
    trace = {
        "engine": "search",
        "reason": reason,
        "ranking": list(ranking),
        "understanding_ms": _since(started),
    }
    key = _key_of(hits)
    score = hits[0].score if hits else 0.0
    return Understanding(key, ranking, _state_after(call.state, key), True, trace, score)


def hits_of(index: SearchIndex, text: str, state: Mapping[str, Any]) -> list[Hit]:
    """Search within the service that a message names; without one, first in the one just discussed."""
    hits = index.search(text, top=10)
    named, about = index.subject_of(text), (state.get("slots") or {}).get("service")
    # 「いくらですか」 is an example of many services: word for word it counts only at the beginning.
    is_verbatim = bool(hits) and hits[0].score == 1.0 and (named or not about)
    if _is_phrase(hits) or is_verbatim:
        return hits
    service = named or about
    own = index.search(text, top=10, within=str(service)) if service else []
    if not own or own[0].score < (_NAMED_AT if named else _OWN_SHARE * hits[0].score):
        return hits
    others = [hit for hit in hits if hit.key.split(".")[0] != service]
    return [Hit(own[0].key, max(own[0].score, ANSWER_AT)), *own[1:], *others]


def _is_phrase(hits: list[Hit]) -> bool:
    """Tell whether something was said that has no subject at all: thanks, a greeting, a step back."""
    best = hits[0] if hits else Hit(NO_SUBJECT, 0.0)
    said = best.key.startswith(_PHRASE) and best.key != NO_SUBJECT
    return said and best.score >= ANSWER_AT


def _key_of(hits: list[Hit]) -> str:
    if not hits or hits[0].score < OFFER_AT:
        return "utter_nlu_fallback"
    if hits[0].score < ANSWER_AT:
        topics = [hit for hit in hits if not hit.key.startswith((_PHRASE, _ZONE))]
        return "utter_clarify" if topics else "utter_nlu_fallback"
    best = hits[0].key
    if best.startswith(_ZONE):
        return f"utter_zone_{best[len(_ZONE) :]}"
    return f"utter_{best[len(_PHRASE) :]}" if best.startswith(_PHRASE) else f"{_FAQ}{best}"


def _state_after(state: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Remember the service answered about, as the worker's slot does."""
    if not key.startswith(_FAQ):
        return state
    service = key[len(_FAQ) :].split(".")[0]
    return {**state, "slots": {**(state.get("slots") or {}), "service": service}}


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
