"""Which options to ask back with: at most three answers in plain words, and the menu as the way out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

MAX_CLARIFY = 4
_ONE_SERVICE = 0.6  # of all shares: then the question is only which side of it
_LIKELY = 0.15  # of all shares: a service that a message without a subject may still hint at
_ONE_TOPIC = 0.35  # of all shares: then a message without a subject still says which side it wants
MENU = "menu"

Scores = Mapping[str, float]
"""Shares of published answers (``service.topic``), best first."""


def between(scores: Scores) -> list[str]:
    """Return the options where several answers fit: sides of one service, else several services."""
    services = _summed(scores, 0)
    likeliest = _best(services)
    if likeliest and services[likeliest[0]] >= _ONE_SERVICE * sum(services.values()):
        offered = [f"answer:{key}" for key in scores if key.startswith(f"{likeliest[0]}.")]
    else:
        keys = [_first_of(service, scores) for service in likeliest]
        # Where all of them would be asked for the same side, the answer is one step nearer.
        is_one_side = len({key.partition(".")[2] for key in keys}) == 1 and len(keys) > 1
        offered = [f"answer:{key}" for key in keys] if is_one_side else _services(likeliest)
    return [*offered[: MAX_CLARIFY - 1], MENU]


def without_subject(scores: Scores, common: Sequence[str], published: Sequence[str]) -> list[str]:
    """Return the options where the subject is missing: what the message hints at, else what is common.

    ``common`` names services, ``published`` all answers in force.
    """
    total = sum(scores.values()) or 1.0
    services = _summed(scores, 0)
    hinted = [service for service in _best(services) if services[service] >= _LIKELY * total]
    likely = list(dict.fromkeys([*hinted, *common]))[: MAX_CLARIFY - 1]
    topics = _summed(scores, 1)
    topic = max(topics, key=lambda name: topics[name], default="")
    if topic and topics[topic] >= _ONE_TOPIC * total:
        keys = [f"{service}.{topic}" for service in likely]
        offered = [
            f"answer:{key}" if key in published else f"service:{key.split('.')[0]}" for key in keys
        ]
    else:
        offered = _services(likely)
    return [*offered, MENU]


def _summed(scores: Scores, part: int) -> dict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for key, score in scores.items():
        sums[key.split(".")[part]] += score
    return dict(sums)


def _best(sums: Mapping[str, float]) -> list[str]:
    return sorted(sums, key=lambda name: -sums[name])[: MAX_CLARIFY - 1]


def _first_of(service: str, scores: Scores) -> str:
    return next(key for key in scores if key.startswith(f"{service}."))


def _services(names: Sequence[str]) -> list[str]:
    return [f"service:{name}" for name in names]
