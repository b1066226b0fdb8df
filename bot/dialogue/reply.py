"""From response keys to what the resident reads: published texts, options, sources.

Nothing here decides what is answered; that is the worker's (or, without it, the search's) trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bot.dialogue.clarifying import between, without_subject
from bot.scenarios.integrity import OWN_OPTIONS, option_exists
from bot.scenarios.model import GROUPS, Catalogue, Source, Texts, Topic
from bot.scenarios.rendering import Rendered, render

Message = dict[str, Any]

_FAQ_PREFIX = "utter_faq/"
_UTTER = "utter_"
_PHRASE = "phrase:"
MAX_CANDIDATES = 3
_OF_EACH = 3  # what to ask next, of each of two answers
_JOINTS = {"en": ": ", "ko": ": ", "vi": ": ", "tl": ": "}


@dataclass(frozen=True)
class Reply:
    """One bot turn before it is numbered and stored."""

    outcome: str
    zone: str | None
    messages: tuple[Message, ...]
    answer: Mapping[str, Any] | None = None
    second: Mapping[str, Any] | None = None
    sources: tuple[Mapping[str, Any], ...] = ()
    candidates: tuple[Mapping[str, Any], ...] = ()
    handoff: Mapping[str, Any] | None = None

    @property
    def answers(self) -> tuple[Mapping[str, Any], ...]:
        """Return what was answered: nothing, one question or two."""
        return tuple(answer for answer in (self.answer, self.second) if answer)

    @property
    def offered(self) -> tuple[str, ...]:
        """Return the payloads of the options in this reply, in the order shown."""
        return tuple(o["payload"] for m in self.messages for o in m.get("options", ()))

    def after(self, notice: Message) -> Reply:
        """Return the same reply with a notice before it."""
        return replace(self, messages=(notice, *self.messages))

    def before(self, message: Message) -> Reply:
        """Return the same reply with one more message under it."""
        return replace(self, messages=(*self.messages, message))


class Composer:
    """Renders replies from one catalogue, for one reader and one day."""

    def __init__(self, catalogue: Catalogue, locale: str, day: date) -> None:
        self._catalogue, self._locale, self._day = catalogue, locale, day

    @property
    def locale(self) -> str:
        """Return the language of the reader."""
        return self._locale

    def in_locale(self, locale: str) -> Composer:
        """Return the composer for a reader of another language."""
        return Composer(self._catalogue, locale, self._day)

    def offer(self, payloads: Sequence[str]) -> Message:
        """Compose a choice of where to go on."""
        return self._options(self._catalogue.labels["options.choose"], payloads)

    def from_key(self, key: str, ranking: Sequence[Mapping[str, Any]]) -> Reply:
        """Compose the reply for a response key of the worker."""
        candidates = self._candidates(ranking)
        if key.startswith(_FAQ_PREFIX):
            return self.answer(key[len(_FAQ_PREFIX) :], candidates)
        if key == "utter_clarify":
            return self.clarify(ranking, candidates)
        if key == "utter_subject_missing":
            return self.missing_subject(ranking, candidates)
        return self.phrase(key.removeprefix(_UTTER), candidates)

    def from_choice(self, payload: str) -> Reply:
        """Compose the reply to an option that leads to no understanding: menus and phrases."""
        kind, _, target = payload.partition(":")
        if kind == "group":
            return self._menu("choose_service", self._services_of(target))
        if kind == "phrase":
            return self.phrase(target, ())
        return self._menu(
            "menu", [f"group:{group}" for group in GROUPS if self._services_of(group)]
        )

    def topic_of(self, payload: str) -> str | None:
        """Return the key of the answer that an option leads to, if it leads to one."""
        kind, _, target = payload.partition(":")
        if kind == "service":
            return self._first_topic(target)
        return target if kind == "answer" else None

    def title(self, payload: str) -> str:
        """Return what the resident pressed, in words."""
        return self._title(payload, None).text if payload else ""

    def welcome(self, is_rehearsal: bool) -> tuple[Message, ...]:
        """Compose the first messages of a conversation."""
        welcome = self._catalogue.phrases["welcome"]
        return (
            *([self.notice("rehearsal")] if is_rehearsal else []),
            self.notice("privacy"),
            self._text("welcome"),
            self._options(self._catalogue.labels["options.common"], welcome.options),
        )

    def notice(self, phrase: str) -> Message:
        """Compose a remark about the service itself."""
        return self._text(phrase, kind="notice")

    def answer(self, key: str, candidates: Sequence[Mapping[str, Any]]) -> Reply:
        """Compose the published answer of a topic, or say that none is in force on this day."""
        topic = self._catalogue.topic(key)
        wording = topic.answer_on(self._day) if topic else None
        if topic is None or wording is None:
            return self.phrase("not_in_force", candidates)
        messages = [self._rendered(wording.texts)]
        if self._locale not in wording.texts and "ja-easy" != self._locale != "ja":
            messages.append(self._text("not_translated", kind="notice"))
        options = self._follow_ups(topic)
        if options:
            messages.append(
                self._options(self._catalogue.labels["options.next"], options, topic.service)
            )
        revision = self._catalogue.revision
        answer = {"service": topic.service, "topic": topic.id, "revision": revision}
        return Reply(
            outcome="answered",
            zone=self._catalogue.scenarios[topic.service].zone,
            messages=tuple(messages),
            answer=answer,
            sources=tuple(map(shown_source, wording.sources)),
            candidates=tuple(candidates) or (_candidate(key, 1.0),),
        )

    def clarify(
        self, ranking: Sequence[Mapping[str, Any]], candidates: Sequence[Mapping[str, Any]]
    ) -> Reply:
        """Ask back: which side of the service, where that is clear, else which service."""
        return self.ask("clarify", between(self._scores(ranking)), candidates)

    def missing_subject(
        self, ranking: Sequence[Mapping[str, Any]], candidates: Sequence[Mapping[str, Any]] = ()
    ) -> Reply:
        """Ask which procedure is meant, with the likeliest ones to choose from."""
        welcome = self._catalogue.phrases["welcome"].options
        common = [o.partition(":")[2] for o in welcome if o.startswith("service:")]
        published = [t.key for t in self._catalogue.topics() if self._in_force(t.key)]
        payloads = without_subject(self._scores(ranking), common, published)
        return self.ask("subject_missing", payloads, candidates)

    def ask(
        self,
        phrase: str,
        payloads: Sequence[str],
        candidates: Sequence[Mapping[str, Any]] = (),
    ) -> Reply:
        """Ask back with these options."""
        phrases = self._catalogue.phrases
        asked = self._options(phrases.get(phrase, phrases["clarify"]).texts, payloads)
        return Reply("clarify", "blue", (asked,), candidates=tuple(candidates))

    def both(self, first: Reply, second: Reply) -> Reply:
        """Answer two questions in one turn; the first one is the turn's answer."""
        answers = (*first.answers, *second.answers)
        asked = {f"answer:{answer['service']}.{answer['topic']}" for answer in answers}
        options = dict.fromkeys((*first.offered[:_OF_EACH], *second.offered[:_OF_EACH]))
        left = [payload for payload in options if payload not in asked]
        texts = [m for reply in (first, second) for m in reply.messages if "options" not in m]
        labels = self._catalogue.labels
        more = [self._options(labels["options.next"], left)] if left else []
        return replace(
            first,
            messages=(*texts, *more),
            second=second.answer,
            sources=tuple({s["url"]: s for s in (*first.sources, *second.sources)}.values()),
            candidates=_first_of_each(first.candidates, second.candidates),
        )

    def offering(self, reply: Reply, label: str, payloads: Sequence[str]) -> Reply:
        """Return the same reply with a few more options under it."""
        return reply.before(self._options(self._catalogue.labels[label], payloads))

    def sides_of(self, service: str) -> list[str]:
        """Return the keys of a service's answers in force."""
        scenario = self._catalogue.scenarios.get(service)
        topics = scenario.topics.values() if scenario else ()
        return [topic.key for topic in topics if self._in_force(topic.key)]

    def exists(self, payload: str) -> bool:
        """Tell whether an option of an earlier turn still leads to something."""
        key = self.topic_of(payload) if option_exists(self._catalogue, payload) else None
        return option_exists(self._catalogue, payload) and (key is None or self._in_force(key))

    def names(self, payload: str) -> tuple[str, ...]:
        """Return every name by which a resident may mean an option."""
        kind, _, target = payload.partition(":")
        titles = [self._title(payload, None)]
        if kind == "answer":
            service, _, topic = target.partition(".")
            titles.append(self._render(self._catalogue.labels[f"topic.{topic}"]))
            titles.append(self._render(self._catalogue.scenarios[service].name))
        also = self._catalogue.scenarios[target].also if kind == "service" else ()
        japanese = [self.in_locale(locale).title(payload) for locale in ("ja", "ja-easy")]
        return tuple(dict.fromkeys([*(t.text for t in titles), *japanese, *also]))

    def _scores(self, ranking: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        return {str(e["key"]): float(e["score"]) for e in ranking if self._in_force(str(e["key"]))}

    def phrase(self, name: str, candidates: Sequence[Mapping[str, Any]]) -> Reply:
        """Compose one of the bot's own phrases, with its options."""
        # A model may be older than the phrases: what is no longer published was not understood.
        phrases = self._catalogue.phrases
        phrase = phrases.get(name, phrases["nlu_fallback"])
        messages = [self._rendered(phrase.texts)]
        if phrase.options:
            messages.append(self._options(self._catalogue.labels["options.choose"], phrase.options))
        outcome = phrase.outcome or "chitchat"
        zone = "blue" if outcome == "clarify" else None
        return Reply(outcome, zone, tuple(messages), candidates=tuple(candidates))

    def _menu(self, phrase: str, payloads: Sequence[str]) -> Reply:
        asked = self._options(self._catalogue.phrases[phrase].texts, payloads)
        return Reply("chitchat", None, (asked,))

    def _follow_ups(self, topic: Topic) -> list[str]:
        """Offer the author's next questions; after an overview, every side of the service."""
        keys = list(topic.follow_ups)
        if topic.id == "overview":
            others = self._catalogue.scenarios[topic.service].topics.values()
            keys += [other.key for other in others if other.key not in (*keys, topic.key)]
        return [f"answer:{key}" for key in keys if self._in_force(key)]

    def _in_force(self, key: str) -> bool:
        topic = self._catalogue.topic(key)
        return topic is not None and topic.answer_on(self._day) is not None

    def _candidates(self, ranking: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
        known = [entry for entry in ranking if self._in_force(str(entry["key"]))]
        return tuple(_candidate(e["key"], e["score"]) for e in known[:MAX_CANDIDATES])

    def _first_topic(self, service: str) -> str:
        topics = list(self._catalogue.scenarios[service].topics.values())
        topics.sort(key=lambda topic: (not self._in_force(topic.key), topic.id != "overview"))
        return topics[0].key

    def _services_of(self, group: str) -> list[str]:
        scenarios = self._catalogue.scenarios.values()
        return [
            f"service:{scenario.id}"
            for scenario in scenarios
            if scenario.group == group
            and any(self._in_force(topic.key) for topic in scenario.topics.values())
        ]

    def _text(self, phrase: str, kind: str = "text") -> Message:
        return {**self._rendered(self._catalogue.phrases[phrase].texts), "type": kind}

    def _rendered(self, texts: Texts) -> Message:
        return {"type": "text", **_shown("text", self._render(texts))}

    def _options(self, asked: Texts, payloads: Iterable[str], within: str | None = None) -> Message:
        options = [
            {**_shown("title", self._title(payload, within)), "payload": payload}
            for payload in payloads
        ]
        return {"type": "options", **_shown("text", self._render(asked)), "options": options}

    def _title(self, payload: str, within: str | None) -> Rendered:
        kind, _, target = payload.partition(":")
        if kind == "answer":
            return self._topic_title(target, within)
        if kind == "service":
            return self._render(self._catalogue.scenarios[target].name)
        kinds = {"group": "group", "phrase": "option", "locale": "option"}
        kinds.update(dict.fromkeys(OWN_OPTIONS, "handoff.option"))
        label = f"{kinds[kind]}.{target}" if kind in kinds else "option.menu"
        return self._render(self._catalogue.labels[label])

    def _topic_title(self, key: str, within: str | None) -> Rendered:
        service, _, topic = key.partition(".")
        side = self._render(self._catalogue.labels[f"topic.{topic}"])
        if service == within:
            return side
        name = self._render(self._catalogue.scenarios[service].name)
        joint = _JOINTS.get(self._locale, "：")
        ruby = f"{name.ruby or name.text}{joint}{side.ruby or side.text}"
        marked = ruby if name.ruby or side.ruby else None
        return Rendered(f"{name.text}{joint}{side.text}", marked, self._locale)

    def _render(self, texts: Texts) -> Rendered:
        return render(texts, self._locale, self._catalogue.ward, self._day)


def _shown(field: str, rendered: Rendered) -> Message:
    shown: Message = {field: rendered.text}
    if rendered.ruby:
        shown["ruby"] = rendered.ruby
    return shown


def _candidate(key: str, score: float) -> Mapping[str, Any]:
    service, _, topic = key.partition(".")
    return {"service": service, "topic": topic, "score": score}


def _first_of_each(
    one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    """Return candidates of two questions: the best of each before the rest of the first."""
    lined_up = [*one[:1], *other[:1], *one[1:], *other[1:]]
    different = {(c["service"], c["topic"]): c for c in reversed(lined_up)}
    return tuple(c for c in lined_up if different.get((c["service"], c["topic"])) is c)[
        :MAX_CANDIDATES
    ]


def shown_source(source: Source) -> Mapping[str, Any]:
    """Return a source in the contract's shape."""
    return {
        "title": source.title,
        "url": source.url,
        "reviewed_on": source.reviewed_on.isoformat(),
    }
