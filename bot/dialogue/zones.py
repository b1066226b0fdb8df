"""Recognises what the counter must not answer by itself: emergencies, and the red and yellow zones.

It looks for cues (``data/zones.yml``) in the masked message, before anything else is understood, so it
works whenever the gateway itself does; and it weighs the engine's probabilities, where there are any. What
it finds names kinds and cues, never a resident's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.scenarios.cues import CueIndex, Hit, clauses_of, folded
from bot.scenarios.model import ZoneKind, Zones

_PRECEDENCE = ("emergency", "red", "yellow")
_MOST_EMERGENCIES = 2

# The engine's probability from which a zone counts: an emergency missed costs most, a question that is
# answered although a person should decide more than one handed over (docs/zones.md has the figures).
_AT = {"emergency": 0.3, "red": 0.3, "yellow": 0.5}
_ANY_AT = 0.75  # that it is one of the three, where none is likely by itself
# Without kana there are few examples to tell from.
_FOREIGN_AT = {"emergency": 0.8, "red": 0.97, "yellow": 0.97}
_ASKING_AT = 0.97  # where the words ask for information (``unless``)
_NEVER_BELOW = 0.01  # where the engine is so sure of the contrary, a cue of red or yellow is none


@dataclass(frozen=True)
class Finding:
    """One kind that was recognised: by which cue (``kind.locale.number``), or by which recogniser."""

    kind: ZoneKind
    cue: str
    recogniser: str

    @property
    def locale(self) -> str | None:
        """Return the language of the cue, where a cue was found."""
        parts = self.cue.split(".")
        return parts[1] if len(parts) == 3 else None

    def is_more_urgent_than(self, other: Finding) -> bool:
        """Tell whether its zone goes before the other's."""
        return _PRECEDENCE.index(self.kind.zone) < _PRECEDENCE.index(other.kind.zone)

    def trace(self) -> Mapping[str, str]:
        """Return why, without any word of the resident."""
        return {"kind": self.kind.id, "cue": self.cue, "recogniser": self.recogniser}


@dataclass(frozen=True)
class Found:
    """What the cues say about a message, and the question that is left to answer besides."""

    findings: tuple[Finding, ...] = ()
    question: str = ""

    @property
    def is_emergency(self) -> bool:
        """Tell whether anything found is an emergency."""
        return any(finding.kind.zone == "emergency" for finding in self.findings)


class ZoneRecogniser:
    """All cues of one ``data/zones.yml``, ready to search."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones
        self._cues = CueIndex(_named(zones), zones.words)
        self._harmless = CueIndex(
            ((str(i), cue) for i, cue in enumerate(zones.harmless)), zones.words
        )
        self._asks = CueIndex(((str(i), cue) for i, cue in enumerate(zones.asks)), zones.words)
        self._unless = {
            kind.id: CueIndex(((str(i), cue) for i, cue in enumerate(kind.unless)), zones.words)
            for kind in zones.kinds.values()
            if kind.unless
        }
        claims = (
            (f"claims.{locale}.{number}", cue)
            for locale, cues in zones.claims.items()
            for number, cue in enumerate(cues)
        )
        self._claims = CueIndex(claims, zones.words)

    def recognise(self, text: str) -> Found:
        """Return the kinds that show themselves in a masked message, most urgent first."""
        message = folded(text)
        uncovered = self._harmless.erase(message)
        hits: dict[str, list[Hit]] = {}
        for hit in self._cues.search(uncovered):
            hits.setdefault(hit.name.split(".")[0], []).append(hit)
        kinds = [self._zones.kinds[name] for name in hits]
        kinds = [kind for kind in kinds if not self._is_cancelled(kind, text)]
        kinds.sort(key=lambda kind: (_PRECEDENCE.index(kind.zone), self._place(kind)))
        chosen = _chosen(kinds)
        findings = tuple(Finding(kind, hits[kind.id][0].name, "cue") for kind in chosen)
        return Found(findings, self._question(text, chosen, hits))

    def upheld(
        self, found: tuple[Finding, ...], zone: Mapping[str, Any] | None, text: str
    ) -> tuple[Finding, ...]:
        """Return the findings that the engine does not surely contradict.

        An emergency's cue stands whatever the engine says, and every cue where it has judged nothing.
        """
        shares, kinds = (zone or {}).get("shares", {}), (zone or {}).get("kinds", {})
        if not kinds or not _has_kana(text):
            return found
        return tuple(
            finding
            for finding in found
            if finding.kind.zone == "emergency"
            or shares.get(finding.kind.zone, 0.0) >= _NEVER_BELOW
        )

    def judged(self, zone: Mapping[str, Any] | None, text: str) -> Finding | None:
        """Return what the engine's probabilities say: ``shares`` by zone, the likeliest of its ``kinds``."""
        shares, kinds = (zone or {}).get("shares", {}), (zone or {}).get("kinds", {})
        known = {name: self._zones.kinds.get(kinds.get(name)) for name in _PRECEDENCE}
        present = {name: kind for name, kind in known.items() if kind is not None}
        for name, kind in present.items():
            if shares.get(name, 0.0) >= self._needed(kind, text):
                return Finding(kind, "", "ranking")
        likeliest = max(present, key=lambda name: shares.get(name, 0.0), default="")
        zoned = sum(shares.get(name, 0.0) for name in present)
        if likeliest and zoned >= max(_ANY_AT, self._needed(present[likeliest], text)):
            return Finding(present[likeliest], "", "ranking")
        return None

    def _needed(self, kind: ZoneKind, text: str) -> float:
        if self._is_cancelled(kind, text):
            return _ASKING_AT
        return (_AT if _has_kana(text) else _FOREIGN_AT)[kind.zone]

    def _is_cancelled(self, kind: ZoneKind, text: str) -> bool:
        unless = self._unless.get(kind.id)
        return unless is not None and bool(unless.search(folded(text)))

    def _place(self, kind: ZoneKind) -> int:
        return list(self._zones.kinds).index(kind.id)

    def _question(self, text: str, chosen: list[ZoneKind], hits: Mapping[str, list[Hit]]) -> str:
        """Return what there is to answer besides an emergency: clauses without a cue that ask."""
        if not chosen or chosen[0].zone != "emergency" or chosen[0].whole_question:
            return text
        taken = {clause for found in hits.values() for hit in found for clause in hit.clauses}
        clauses = clauses_of(folded(text), text)
        rest = "".join(clause for i, clause in enumerate(clauses) if i not in taken)
        return rest.strip() if self._asks.search(folded(rest)) else ""

    def claim_in(self, reply: str) -> str | None:
        """Name the claim that a reply must not make, if it makes one."""
        hits = self._claims.search(folded(reply))
        return hits[0].name if hits else None


def _has_kana(text: str) -> bool:
    return any("\u3040" <= letter <= "\u30ff" for letter in text)


def _named(zones: Zones) -> Iterable[tuple[str, str]]:
    for kind in zones.kinds.values():
        for locale, cues in kind.cues.items():
            yield from ((f"{kind.id}.{locale}.{i}", cue) for i, cue in enumerate(cues))


def _chosen(kinds: list[ZoneKind]) -> list[ZoneKind]:
    """Keep the emergencies, two at most; without any, the one most urgent kind."""
    emergencies = [kind for kind in kinds if kind.zone == "emergency"]
    return emergencies[:_MOST_EMERGENCIES] or kinds[:1]
