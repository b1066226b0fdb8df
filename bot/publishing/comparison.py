"""Whether a candidate understands worse than what is live: the same questions, right before and after."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.evaluation.asking import Asked, Reply
from bot.evaluation.rows import Row

TOLERANCE = 1.0
"""Percentage points by which a share of right answers may fall: what refitting alone moves (ADR 0012)."""

_MEASURES = ("service", "topic", "outcome")
_NAMES = {"service": "手続き", "topic": "手続きと項目", "outcome": "結果の種類"}
_LOST_ANSWERS, _LOST_SHARE = 2, 0.2
_SHOWN = 20


@dataclass(frozen=True)
class Verdict:
    """What was right about one answer; None where the row names nothing to compare with."""

    service: bool | None
    topic: bool | None
    outcome: bool | None

    @property
    def is_right(self) -> bool:
        """Tell whether nothing was wrong."""
        return False not in (self.service, self.topic, self.outcome)


Verdicts = Mapping[str, Verdict]
"""By :func:`row_id`."""


@dataclass(frozen=True)
class Share:
    """Right answers of one measure, before and after, among the same ``n`` rows."""

    measure: str
    before: int
    after: int
    n: int

    @property
    def loss(self) -> float:
        """Return the loss in percentage points."""
        return 100 * (self.before - self.after) / self.n

    def __str__(self) -> str:
        shares = (f"{100 * right / self.n:.1f} %" for right in (self.before, self.after))
        return f"{_NAMES[self.measure]}：{' → '.join(shares)}（{self.n} 問）"


@dataclass(frozen=True)
class Comparison:
    """Both sides of the same rows; ``new`` are rows that what is live was not asked."""

    shares: tuple[Share, ...]
    worse: tuple[Row, ...]
    better: int
    by_service: Mapping[str, tuple[int, int]]
    new_right: int
    new: int

    def refusals(self, tolerance: float = TOLERANCE) -> list[str]:
        """Say why the candidate must not go live; empty if it may."""
        reasons = [
            f"正答率が {share.loss:.1f} ポイント下がります（許容 {tolerance:.1f}）。{share}"
            for share in self.shares
            if share.loss > tolerance
        ]
        for service, (before, after) in sorted(self.by_service.items()):
            lost = before - after
            if lost >= _LOST_ANSWERS and lost > _LOST_SHARE * before:
                reasons.append(f"{service} の正答が {before} 問から {after} 問に減ります。")
        return reasons

    def figures(self) -> dict[str, object]:
        """Return the figures for the audit log; no question stands in them."""
        shares = {s.measure: {"before": s.before, "after": s.after, "n": s.n} for s in self.shares}
        changed = {"worse": len(self.worse), "better": self.better}
        return {**shares, **changed, "new": self.new, "new_right": self.new_right}

    def lines(self) -> list[str]:
        """Return the figures and the questions that got worse, for people."""
        lines = [str(share) for share in self.shares]
        lines.append(f"よくなった質問 {self.better} 問、悪くなった質問 {len(self.worse)} 問")
        if self.new:
            lines.append(f"新しい質問：{self.new} 問のうち正答 {self.new_right} 問")
        lines += [f"  悪くなった：{_expected(row)} {row.text}" for row in self.worse[:_SHOWN]]
        if len(self.worse) > _SHOWN:
            lines.append(f"  ほか {len(self.worse) - _SHOWN} 問")
        return lines


def row_id(row: Row) -> str:
    """Name a row by its content."""
    wanted = (row.service, row.topic, row.outcome, row.both, row.also)
    content = json.dumps([row.text, row.before, wanted])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def verdict(asked: Asked) -> Verdict:
    """Judge one answer by its first candidate; the topic counts only together with the service.

    An answer that the row lets pass (``also``) counts as its own. Of two questions in one message, each
    must be answered or offered.
    """
    row, reply = asked.row, asked.reply
    if row.both:
        return Verdict(None, reply is not None and set(row.both) <= _shown(reply), None)
    best = next(iter(reply.candidates), "") if reply else ""
    return Verdict(
        service=best.partition(".")[0] == row.service if row.service else None,
        topic=best in row.right if row.right else None,
        outcome=(reply is not None and reply.outcome == row.outcome) if row.outcome else None,
    )


def _shown(reply: Reply) -> set[str]:
    return {*reply.answers, *(payload.removeprefix("answer:") for payload in reply.offered)}


def compare(rows: Sequence[Row], before: Verdicts, after: Verdicts) -> Comparison:
    """Compare the verdicts on ``rows``."""
    known = [row for row in rows if row_id(row) in before]
    new = [row for row in rows if row_id(row) not in before]
    pairs = [(row, before[row_id(row)], after[row_id(row)]) for row in known]
    return Comparison(
        shares=tuple(s for m in _MEASURES if (s := _share(m, [(b, a) for _, b, a in pairs])).n),
        worse=tuple(row for row, b, a in pairs if _is_worse(b, a)),
        better=sum(_is_worse(a, b) for _, b, a in pairs),
        by_service=_by_service(pairs),
        new_right=sum(after[row_id(row)].is_right for row in new),
        new=len(new),
    )


def _share(measure: str, pairs: Sequence[tuple[Verdict, Verdict]]) -> Share:
    measured = [(getattr(b, measure), getattr(a, measure)) for b, a in pairs]
    measured = [(b, a) for b, a in measured if b is not None]
    return Share(measure, sum(b for b, _ in measured), sum(a for _, a in measured), len(measured))


def _is_worse(before: Verdict, after: Verdict) -> bool:
    return any(getattr(before, m) and getattr(after, m) is False for m in _MEASURES)


def _by_service(
    pairs: Sequence[tuple[Row, Verdict, Verdict]],
) -> Mapping[str, tuple[int, int]]:
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for row, was, now in pairs:
        if row.service:
            before[row.service] += was.is_right
            after[row.service] += now.is_right
    return {service: (before[service], after[service]) for service in before}


def _expected(row: Row) -> str:
    wanted = ".".join(filter(None, (row.service, row.topic)))
    return f"［{wanted or '、'.join(row.both) or row.outcome}］"
