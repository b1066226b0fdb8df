"""From asked rows to figures, each with a 95 % interval, overall, by tag, and between groups.

Intervals of shares are Wilson's, those of differences Newcombe's (Newcombe 1998, method 10).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from bot.evaluation.asking import Asked
from bot.evaluation.rows import Row

_Z = 1.959963984540054  # the normal distribution's 97.5 % point
_NOTHING_TO_ANSWER = {"out_of_scope", "fallback"}
FAIRNESS_AXES = ("register", "lang", "length")
NO_REPLY = "(no reply)"
NO_CANDIDATE = "(none)"


@dataclass(frozen=True)
class Rate:
    """A share of ``n`` rows with its 95 % interval; None where there is no row to measure."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Figures:
    """The figures of one set of rows.

    ``topic`` counts rows whose service is right, ``topic_joint`` all rows that name a topic;
    ``right_answers`` are those answers that are right as they stand, among all answers given, ``reached``
    the rows whose right answer was given or one button away; for both, other answers that a clerk would
    let pass are right, too (``also`` in a row).
    ``false_answers`` are answers to what has none, ``wrong_answers`` answers about another service;
    ``both_answers`` are messages with two questions of which each was answered or offered,
    ``both_services`` the same without regard to the topic.
    """

    rows: int
    failed: int
    service_top1: Rate
    service_top3: Rate
    topic: Rate
    topic_joint: Rate
    outcome: Rate
    answer_rate: Rate
    right_answers: Rate
    reached: Rate
    false_answers: Rate
    wrong_answers: Rate
    both_answers: Rate
    both_services: Rate

    def rates(self) -> dict[str, Rate]:
        """Return every share by its name."""
        values = {field.name: getattr(self, field.name) for field in fields(Figures)}
        return {name: value for name, value in values.items() if isinstance(value, Rate)}


@dataclass(frozen=True)
class Spread:
    """How far the best and the worst group of an axis are apart, in service top-1."""

    best: str
    worst: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Scores(Figures):
    """The figures of a run, what was taken for what, and how fairly the groups fare."""

    confusion: Mapping[str, Mapping[str, int]]
    confused: Mapping[tuple[str, str], tuple[Asked, ...]]
    tags: Mapping[str, Figures]
    fairness: Mapping[str, Spread]


def score(asked: Sequence[Asked]) -> Scores:
    """Score a run; the order of the rows does not matter."""
    by_tag: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        for tag in one.row.tags:
            by_tag[tag].append(one)
    tags = {tag: _figures(group) for tag, group in sorted(by_tag.items())}
    overall = _figures(asked)
    return Scores(
        **{field.name: getattr(overall, field.name) for field in fields(Figures)},
        confusion=_confusion(asked),
        confused=_confused(asked),
        tags=tags,
        fairness={axis: found for axis in FAIRNESS_AXES if (found := _spread(axis, tags))},
    )


def rate(hits: Iterable[bool]) -> Rate:
    """Return the share of true ones with Wilson's interval (Wilson 1927)."""
    seen = list(hits)
    n = len(seen)
    if n == 0:
        return Rate(None, None, None, 0)
    share = sum(seen) / n
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return Rate(share, min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)), n)


def _figures(asked: Sequence[Asked]) -> Figures:
    served = [one for one in asked if one.row.service]
    sided = [one for one in served if one.row.topic]
    twofold = [one for one in asked if one.row.both]
    return Figures(
        rows=len(asked),
        failed=sum(one.reply is None for one in asked),
        service_top1=rate(_has_service(one, 1) for one in served),
        service_top3=rate(_has_service(one, 3) for one in served),
        topic=rate(_has_topic(one) for one in sided if _has_service(one, 1)),
        topic_joint=rate(_has_service(one, 1) and _has_topic(one) for one in sided),
        outcome=rate(_outcome(one) == one.row.outcome for one in asked if one.row.outcome),
        answer_rate=rate(_is_answered(one) for one in asked if _wants_answer(one.row)),
        right_answers=rate(_is_right(one) for one in sided if _is_answered(one)),
        reached=rate(bool(one.row.right & _shown(one)) for one in sided),
        false_answers=rate(
            _is_answered(one) for one in asked if one.row.outcome in _NOTHING_TO_ANSWER
        ),
        wrong_answers=rate(_is_wrong(one) for one in served),
        both_answers=rate(set(one.row.both) <= _shown(one) for one in twofold),
        both_services=rate(_has_both_services(one) for one in twofold),
    )


def _wants_answer(row: Row) -> bool:
    return row.outcome in (None, "answered")


def _candidates(asked: Asked) -> list[tuple[str, str]]:
    keys = asked.reply.candidates if asked.reply else ()
    return [(service, topic) for service, _, topic in (key.partition(".") for key in keys)]


def _has_service(asked: Asked, top: int) -> bool:
    return any(service == asked.row.service for service, _ in _candidates(asked)[:top])


def _has_topic(asked: Asked) -> bool:
    return any(topic == asked.row.topic for _, topic in _candidates(asked)[:1])


def _outcome(asked: Asked) -> str:
    return asked.reply.outcome if asked.reply else NO_REPLY


def _is_answered(asked: Asked) -> bool:
    return _outcome(asked) == "answered"


def _is_right(asked: Asked) -> bool:
    return asked.reply is not None and bool(asked.row.right.intersection(asked.reply.answers[:1]))


def _is_wrong(asked: Asked) -> bool:
    answers = asked.reply.answers if asked.reply and _is_answered(asked) else ()
    return bool(answers) and all(a.partition(".")[0] != asked.row.service for a in answers)


def _shown(asked: Asked) -> set[str]:
    """Return the answers that were given or can be had by one button."""
    if asked.reply is None:
        return set()
    offered = {payload.partition(":")[2] for payload in asked.reply.offered}
    return {*asked.reply.answers, *offered}


def _has_both_services(asked: Asked) -> bool:
    keys = {*_shown(asked), *(asked.reply.candidates if asked.reply else ())}
    return {key.partition(".")[0] for key in asked.row.both} <= {k.partition(".")[0] for k in keys}


def _confusion(asked: Sequence[Asked]) -> dict[str, dict[str, int]]:
    """Count, for each outcome that was wanted, those that came."""
    seen = Counter((one.row.outcome, _outcome(one)) for one in asked if one.row.outcome)
    table: dict[str, dict[str, int]] = defaultdict(dict)
    for (wanted, came), count in sorted(seen.items(), key=str):
        table[str(wanted)][came] = count
    return dict(table)


def _confused(asked: Sequence[Asked]) -> dict[tuple[str, str], tuple[Asked, ...]]:
    """Group the rows whose service was taken for another by (wanted, came), largest group first."""
    groups: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for one in asked:
        if one.row.service and not _has_service(one, 1):
            came = _candidates(one)[0][0] if _candidates(one) else NO_CANDIDATE
            groups[one.row.service, came].append(one)
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return {pair: tuple(group) for pair, group in ranked}


def _spread(axis: str, tags: Mapping[str, Figures]) -> Spread | None:
    groups = {
        tag.partition(":")[2]: figures.service_top1
        for tag, figures in tags.items()
        if tag.startswith(f"{axis}:") and figures.service_top1.n
    }
    if len(groups) < 2:
        return None
    ranked = sorted(groups, key=lambda name: (groups[name].value or 0.0, name))
    worst, best = ranked[0], ranked[-1]
    return Spread(best, worst, *_difference(groups[best], groups[worst]))


def _difference(one: Rate, other: Rate) -> tuple[float, float, float]:
    p, low_p, high_p = _numbers(one)
    q, low_q, high_q = _numbers(other)
    apart = p - q
    below = math.hypot(p - low_p, high_q - q)
    above = math.hypot(high_p - p, q - low_q)
    return apart, apart - below, apart + above


def _numbers(measured: Rate) -> tuple[float, float, float]:
    return measured.value or 0.0, measured.low or 0.0, measured.high or 0.0
