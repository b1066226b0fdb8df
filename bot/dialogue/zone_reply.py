"""What is said in an emergency, in the red zone and in the yellow zone, and the last look at each reply.

The texts are those of ``data/zones.yml``. The guard runs on every reply before it is stored: the numbers
of an emergency come first whatever was understood, and a reply that claims a decision never leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from bot.dialogue.reply import Composer, Message, Reply, shown_source
from bot.dialogue.turn import Answered
from bot.dialogue.zones import Finding, Found, ZoneRecogniser
from bot.scenarios.model import Catalogue, HelpLine, Source, Texts, fallback_chain
from bot.scenarios.rendering import render, zone_values

ZONE_KEY = "utter_zone_"
_WISH = "wish"
_SURE_OF_SERVICE = 0.3
_SURE_OF_PHRASE = 0.6
_MOST_TOPICS = 2


class ZoneComposer:
    """Composes the replies of the zones for one reader and one day, and guards all others."""

    def __init__(
        self, catalogue: Catalogue, recogniser: ZoneRecogniser, composer: Composer, day: date
    ) -> None:
        self._catalogue, self._recogniser = catalogue, recogniser
        self._composer, self._day = composer, day

    def guarded(self, answered: Answered, found: Found) -> Answered:
        """Return what may leave: the zone's reply where a kind was found, with the reason in the trace."""
        findings = self._decisive(found.findings, answered)
        if not findings:
            return self._without_claims(answered)
        reply = self._of_zone(findings, self._without_claims(answered).reply)
        trace = {**answered.trace, "zones": [finding.trace() for finding in findings]}
        return replace(answered, reply=reply, trace=trace)

    def _decisive(self, found: tuple[Finding, ...], answered: Answered) -> tuple[Finding, ...]:
        """Choose between cues and engine: the more urgent zone wins, then the cues that stand."""
        zone, text = answered.trace.get("zone"), answered.masked.text
        found = self._recogniser.upheld(found, zone, text)
        ranked = self._ranked(answered.trace)
        if ranked is None and not self._is_phrase(answered.trace):
            ranked = self._recogniser.judged(zone, text)
        if ranked is None or (found and not ranked.is_more_urgent_than(found[0])):
            return found
        return (ranked,)

    def _is_phrase(self, trace: Mapping[str, Any]) -> bool:
        """Tell whether a greeting, a wish for a person or the like was surely meant."""
        intent = trace.get("intent") or {}
        phrase = self._catalogue.phrases.get(str(intent.get("name")))
        said = phrase is not None and bool(phrase.examples) and phrase.outcome != "out_of_scope"
        return said and float(intent.get("confidence") or 0.0) >= _SURE_OF_PHRASE

    def _ranked(self, trace: Mapping[str, Any]) -> Finding | None:
        key = str(trace.get("response", ""))
        kind = self._catalogue.zones.kinds.get(key.removeprefix(ZONE_KEY))
        if kind is None or not key.startswith(ZONE_KEY):
            return None
        return Finding(kind, "", "search" if trace.get("engine") == "search" else "ranking")

    def _of_zone(self, findings: Sequence[Finding], besides: Reply) -> Reply:
        zone = findings[0].kind.zone
        if zone == "emergency":
            return self._emergency(findings, besides)
        return self._passed_on(findings[0], besides, "refused" if zone == "red" else "handoff")

    def _emergency(self, findings: Sequence[Finding], besides: Reply) -> Reply:
        """Put the numbers first, then the answer to an ordinary question, then the way to a person."""
        messages = [message for finding in findings for message in self._numbers(finding)]
        lines = [line for finding in findings for line in finding.kind.numbers]
        sources = [shown_source(source) for source in _sources_of(lines)]
        answered = besides if besides.outcome == "answered" else None
        if answered is not None:
            messages += answered.messages
            sources += [source for source in answered.sources if source not in sources]
        messages.append(self._composer.offer(["phrase:person", "menu"]))
        return Reply(
            "emergency",
            None,
            tuple(messages),
            answer=answered.answer if answered else None,
            sources=tuple(sources),
            candidates=besides.candidates,
        )

    def _numbers(self, finding: Finding) -> list[Message]:
        """Render an emergency's text in the reader's language, and in the one it was typed in."""
        kind = finding.kind
        readers = [self._composer.locale]
        if finding.locale and finding.locale not in fallback_chain(self._composer.locale):
            readers.append(finding.locale)
        parts: list[tuple[Texts, HelpLine | None]] = [(kind.says, None)]
        parts += [(self._catalogue.zones.lines["number"], line) for line in kind.numbers]
        parts.append((self._catalogue.zones.lines["section"], None))
        return [self._text(parts, kind.section, reader) for reader in readers]

    def _passed_on(self, finding: Finding, besides: Reply, outcome: str) -> Reply:
        """Say why the counter does not do it and who can; offer what it may tell about the matter."""
        kind, section = finding.kind, self._section(finding, besides)
        parts: list[tuple[Texts, HelpLine | None]] = [
            (kind.says, None),
            (self._catalogue.zones.lines["section"], None),
        ]
        told = [f"answer:{c['service']}.{c['topic']}" for c in _agreed(besides)[:_MOST_TOPICS]]
        return Reply(
            outcome,
            kind.zone,
            (
                self._text(parts, section, self._composer.locale),
                self._composer.offer([*told, "phrase:person", "menu"]),
            ),
            candidates=besides.candidates,
            handoff=self._handoff(kind.id, section) if outcome == "handoff" else None,
        )

    def _section(self, finding: Finding, besides: Reply) -> str:
        """Name the counter: that of the service in question, where the kind asks for it and it is clear."""
        best = besides.candidates[0] if besides.candidates else None
        if finding.kind.goes_to_owner and best and best["score"] >= _SURE_OF_SERVICE:
            return self._catalogue.scenarios[best["service"]].owner
        return finding.kind.section

    def _handoff(self, reason: str, section: str) -> Mapping[str, Any]:
        """Say why and to whom; reference number and queue come with the desk."""
        values = zone_values(self._catalogue.ward, {}, section)
        phone, hours = (
            render({"ja": text}, "ja", values, self._day).text
            for text in ("{{ section.phone }}", "{{ hours.weekday }}")
        )
        return {"reason": reason, "section": section, "phone": phone, "hours": hours}

    def _text(
        self, parts: Sequence[tuple[Texts, HelpLine | None]], section: str, reader: str
    ) -> Message:
        """Render several texts as the lines of one message."""
        zones = self._catalogue.zones
        lines = [
            render(
                texts,
                reader,
                zone_values(self._catalogue.ward, zones.numbers, section, line),
                self._day,
            )
            for texts, line in parts
        ]
        message: Message = {"type": "text", "text": "\n".join(line.text for line in lines)}
        if any(line.ruby for line in lines):
            message["ruby"] = "\n".join(line.ruby or line.text for line in lines)
        return message

    def _without_claims(self, answered: Answered) -> Answered:
        """Replace a reply that claims a decision or a promise; name the section of a handoff."""
        reply, zones = answered.reply, self._catalogue.zones
        claim = next(filter(None, map(self._claim_in, reply.messages)), None)
        if claim is not None:
            finding = Finding(zones.kinds[zones.claim_kind], claim, "guard")
            held = self._passed_on(finding, Reply("", None, ()), "handoff")
            trace = {**answered.trace, "zones": [finding.trace()]}
            return replace(answered, reply=held, trace=trace)
        if reply.outcome == "handoff" and reply.handoff is None:
            handoff = self._handoff(_WISH, zones.default_section)
            return replace(answered, reply=replace(reply, handoff=handoff))
        return answered

    def _claim_in(self, message: Message) -> str | None:
        return self._recogniser.claim_in(message.get("text", ""))


def _agreed(besides: Reply) -> list[Mapping[str, Any]]:
    """Return the candidates of the best one's service; one alone that no other agrees with is a guess."""
    best = besides.candidates[0]["service"] if besides.candidates else None
    agreed = [c for c in besides.candidates if c["service"] == best]
    is_sure = any(c["score"] >= _SURE_OF_SERVICE for c in agreed)
    return agreed if len(agreed) > 1 or is_sure else []


def _sources_of(lines: Iterable[HelpLine]) -> list[Source]:
    """Return the pages behind the numbers, each once."""
    return list(dict.fromkeys(source for line in lines for source in line.sources))
