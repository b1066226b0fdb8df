"""A list of facilities as a reply: facts in a neutral order that is stated, never a recommendation.

The worker says what a question is about; whether it asks for a list, and which facilities are on it, is
decided here from the published tables, so that it works in the same way while the worker is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bot.dialogue.facilities.search import (
    PREFIX,
    Criteria,
    counted,
    find,
    payload_of,
    read_payload,
)
from bot.dialogue.facilities.texts import FacilityTexts
from bot.dialogue.facilities.words import Asked, read_request
from bot.dialogue.reply import Message, Reply
from bot.scenarios.facilities.model import CLASSES, Facility
from bot.scenarios.model import Catalogue

SHOWN = 5
STATE_KEY = "facilities"
_FAQ = "utter_faq/"
_MAX_WIDER = 4
_WORTH_A_LIST = 2
_MAX_PAYLOAD = 200
_ASKABLE = ("ages", "areas", "stations")
_LISTABLE = frozenset({"overview", "procedure", "counter"})
"""Sides of a service of which a list without a place or an age can be the answer."""


@dataclass(frozen=True)
class Listed:
    """A reply, and the search that the next turn may go on from."""

    reply: Reply
    remembered: str


class FacilityLists:
    """Answers questions about facilities from one catalogue, for one reader and one day."""

    def __init__(self, catalogue: Catalogue, locale: str, day: date) -> None:
        self._catalogue, self._day = catalogue, day
        self._facilities = catalogue.facilities
        self._texts = FacilityTexts(catalogue, locale, day)

    def from_text(
        self,
        text: str,
        key: str,
        ranking: Sequence[Mapping[str, Any]],
        state: Mapping[str, Any],
    ) -> Listed | None:
        """Answer a message if it asks for facilities; ``key`` is what it means otherwise."""
        if not self._facilities:
            return None
        before = read_payload(str(state.get(STATE_KEY, "")), self._facilities)
        asked = read_request(text, self._facilities, self._day)
        service = self._service_of(key)
        topic = self._topic(asked, key, ranking, before)
        if not topic:
            return None
        if before and self._follows(asked, key, service):
            return self._listed(before[0].then(asked.criteria), topic)
        asked = replace(asked, criteria=self._complete(asked.criteria, topic))
        if self._asks_where(asked, key, service):
            return self._which_place(asked.criteria, topic, asked)
        return (
            self._listed(asked.criteria, topic) if self._wants_list(asked, key, service) else None
        )

    def from_choice(self, payload: str) -> Listed | None:
        """Answer a pressed option of a list; ``None`` if it is none, or leads nowhere any more."""
        read = read_payload(payload, self._facilities)
        if read is None:
            return None
        criteria, more = read
        topic = more.get("for", "")
        if self._catalogue.topic(topic) is None:
            return None
        if more.get("ask") in _ASKABLE:
            return self._menu(criteria, topic, more["ask"])
        page = more.get("page", "1")
        return self._listed(criteria, topic, int(page) if page.isdecimal() else 1)

    def title(self, payload: str) -> str:
        """Return in words what a pressed option of a list said."""
        read = read_payload(payload, self._facilities)
        if read is None:
            return ""
        asked = read[1].get("ask")
        return self._texts.label(f"choose_{asked}") if asked else self._texts.conditions(read[0])

    def with_entry(self, reply: Reply) -> Reply:
        """Offer the list below an answer about a service that has one."""
        answer, last = reply.answer or {}, reply.messages[-1]
        kinds = self._kinds_of(str(answer.get("service", "")))
        if not kinds or last["type"] != "options":
            return reply
        if len(find(self._facilities, Criteria(kinds))) < _WORTH_A_LIST:
            return reply
        topic = f"{answer['service']}.{answer['topic']}"
        option = self._option(self._texts.shown("title", "open"), Criteria(kinds), topic)
        return replace(
            reply,
            messages=(*reply.messages[:-1], {**last, "options": [*last["options"], *option]}),
        )

    def _service_of(self, key: str) -> str | None:
        """Return the service that the worker is sure of, if it has a list."""
        service = key[len(_FAQ) :].split(".")[0] if key.startswith(_FAQ) else ""
        return service if service in self._facilities.services else None

    def _follows(self, asked: Asked, key: str, service: str | None) -> bool:
        if not asked.criteria or asked.asks_otherwise:
            return False
        return asked.is_plain or (service is not None and asked.criteria.narrows)

    def _asks_where(self, asked: Asked, key: str, service: str | None) -> bool:
        """Tell whether a place is wanted that was not said, or that the ward does not have."""
        criteria = asked.criteria
        if criteria.areas or criteria.stations or criteria.ids or asked.asks_otherwise:
            return False
        about = asked.is_facility and (service is not None or not key.startswith(_FAQ))
        is_open = asked.has_unknown_place or (asked.is_near and asked.is_plain)
        return about and is_open and len(find(self._facilities, criteria)) > SHOWN

    def _wants_list(self, asked: Asked, key: str, service: str | None) -> bool:
        criteria = asked.criteria
        if asked.asks_otherwise or not (asked.is_facility or service):
            return False
        has_place = bool(criteria.areas or criteria.stations or criteria.ids)
        is_sure = service is not None
        if not asked.is_plain:
            is_open = is_sure or not key.startswith(_FAQ)
            says_what = bool(criteria.areas or criteria.stations) or asked.asks_list
            with_age = bool(criteria.ages and criteria.has_vacancy)
            return is_open and ((has_place and says_what) or with_age)
        if has_place or (criteria.narrows and self._is_for_children(criteria)):
            return True
        if key.startswith(_FAQ) and (service is None or key.split(".")[-1] not in _LISTABLE):
            return False
        if not self._is_for_children(criteria):
            return asked.is_specific and asked.asks_list and not is_sure
        other_features = bool(criteria.features - {"vacancy"})
        return (
            (asked.is_specific and asked.asks_list)
            or (other_features and (asked.has_kind or not is_sure))
            or (criteria.has_vacancy and (asked.is_specific or not is_sure))
        )

    def _is_for_children(self, criteria: Criteria) -> bool:
        return any(
            facility.classes and (not criteria.kinds or facility.kind in criteria.kinds)
            for facility in self._facilities.every
        )

    def _topic(
        self,
        asked: Asked,
        key: str,
        ranking: Sequence[Mapping[str, Any]],
        before: tuple[Criteria, Mapping[str, str]] | None,
    ) -> str:
        """Name the answer that the list stands for: the worker's if it fits, else the service's first."""
        service = asked.service or self._service_of(key)
        if service is None and before is not None:
            return before[1].get("for", "")
        if service is None and asked.criteria.has_vacancy:
            service = self._facilities.words.features["vacancy"].service
        keys = [key[len(_FAQ) :]] if key.startswith(_FAQ) else []
        keys += [str(entry["key"]) for entry in ranking]
        mine = (k for k in keys if k.startswith(f"{service}.") and self._catalogue.topic(k))
        scenario = self._catalogue.scenarios.get(service or "")
        return next(mine, None) or (next(iter(scenario.topics.values())).key if scenario else "")

    def _complete(self, criteria: Criteria, topic: str) -> Criteria:
        """Give criteria without any kind those of the service, and drop a vacancy that no table has."""
        if (
            not criteria.kinds
            and not criteria.ids
            and not criteria.features & {"temporary", "sick"}
        ):
            criteria = replace(criteria, kinds=self._kinds_of(topic.split(".")[0]))
        elif criteria.ids:
            criteria = replace(criteria, kinds=frozenset(), features=frozenset())
        known = any(
            facility.figures for facility in find(self._facilities, Criteria(kinds=criteria.kinds))
        )
        return criteria if known else criteria.without("vacancy")

    def _kinds_of(self, service: str) -> frozenset[str]:
        words = self._facilities.words
        families = [f.kinds for f in words.families.values() if f.service == service]
        if families:
            return frozenset(families[0])
        return frozenset(name for name, kind in words.kinds.items() if kind.service == service)

    def _listed(self, criteria: Criteria, topic: str, page: int = 1) -> Listed:
        found = find(self._facilities, criteria)
        first = (page - 1) * SHOWN if 0 < (page - 1) * SHOWN < len(found) else 0
        shown = found[first : first + SHOWN]
        more = len(found) - first - len(shown)
        listed = self._message(criteria, found, shown, more)
        options = (
            self._narrower(criteria, topic, found, first, more)
            if found
            else self._wider(criteria, topic)
        )
        return self._reply((listed, *options), criteria, topic)

    def _message(
        self, criteria: Criteria, found: list[Facility], shown: list[Facility], more: int
    ) -> Message:
        return {
            "type": "facility_list",
            **self._texts.summary(criteria, found, more),
            "as_of": self._texts.as_of(shown).isoformat(),
            "total": len(found),
            "more": more,
            "facilities": [self._texts.entry(facility, criteria) for facility in shown],
        }

    def _narrower(
        self, criteria: Criteria, topic: str, found: list[Facility], first: int, more: int
    ) -> tuple[Message, ...]:
        options: list[Mapping[str, Any]] = []
        if more:
            following = {"page": first // SHOWN + 2}
            title = self._texts.shown("title", "following", count=min(more, SHOWN))
            options += self._option(title, criteria, topic, **following)
        free = replace(criteria, features=criteria.features | {"vacancy"})
        if 0 < len(find(self._facilities, free)) < len(found):
            options += self._option(self._texts.shown("title", "only_vacant"), free, topic)
        for name in _ASKABLE:
            if len(self._choices(criteria, name)) > 1:
                title = self._texts.shown("title", f"choose_{name}")
                options += self._option(title, criteria, topic, ask=name)
        return self._options("narrow", [*options, *self._follow_ups(topic)])

    def _wider(self, criteria: Criteria, topic: str) -> tuple[Message, ...]:
        """Offer to drop a criterion wherever that finds something."""
        without = {criteria.without(name): name for name in criteria.names() if name != "kinds"}
        options: list[Mapping[str, Any]] = []
        for wider, count in counted(self._facilities, without):
            dropped = self._texts.condition(criteria, without[wider])
            title = self._texts.shown("title", "without", condition=dropped, count=count)
            options += self._option(title, wider, topic)
        return self._options("widen", [*options[:_MAX_WIDER], *self._follow_ups(topic)])

    def _choices(self, criteria: Criteria, name: str) -> list[tuple[Criteria, int]]:
        """Return the values that may be chosen for a criterion that is not set, with what each finds."""
        if (
            criteria.ids
            or getattr(criteria, name)
            or (name != "ages" and self._has_place(criteria))
        ):
            return []
        words = self._facilities.words
        values: Iterable[Any] = {"ages": CLASSES, "areas": words.areas, "stations": words.stations}[
            name
        ]
        choices = [criteria.choosing(name, value) for value in values]
        return counted(self._facilities, choices)

    def _has_place(self, criteria: Criteria) -> bool:
        return bool(criteria.areas or criteria.stations)

    def _menu(self, criteria: Criteria, topic: str, name: str) -> Listed:
        options: list[Mapping[str, Any]] = []
        for choice, count in self._choices(criteria, name):
            condition = self._texts.condition(choice, name)
            title = self._texts.shown("title", "with_count", condition=condition, count=count)
            options += self._option(title, choice, topic)
        asked = self._options(f"choose_{name}", options)
        return Listed(Reply("chitchat", None, asked), payload_of(criteria, **{"for": topic}))

    def _which_place(self, criteria: Criteria, topic: str, asked: Asked) -> Listed:
        label = "unknown_place" if asked.has_unknown_place else "which_place"
        options = [
            option
            for name in ("areas", "stations")
            for option in self._option(
                self._texts.shown("title", f"choose_{name}"), criteria, topic, ask=name
            )
        ]
        messages = (self._texts.places(label), *self._options("narrow", options))
        reply = Reply("clarify", "blue", messages, candidates=(_candidate(topic),))
        return Listed(reply, payload_of(criteria, **{"for": topic}))

    def _reply(self, messages: tuple[Message, ...], criteria: Criteria, topic: str) -> Listed:
        service, _, side = topic.partition(".")
        reply = Reply(
            outcome="answered",
            zone="blue",
            messages=messages,
            answer={"service": service, "topic": side, "revision": self._catalogue.revision},
            sources=self._texts.sources(messages[0]["facilities"]),
            candidates=(_candidate(topic),),
        )
        return Listed(reply, payload_of(criteria, **{"for": topic}))

    def _follow_ups(self, topic: str) -> list[Mapping[str, Any]]:
        """Offer the answer that the list stands for: how to apply stands there, not in the list."""
        return [{**self._texts.topic_title(topic), "payload": f"answer:{topic}"}]

    def _option(
        self, title: Mapping[str, str], criteria: Criteria, topic: str, **more: Any
    ) -> list[Mapping[str, Any]]:
        payload = payload_of(criteria, **{"for": topic}, **more)
        return [{**title, "payload": payload}] if len(payload) <= _MAX_PAYLOAD else []

    def _options(self, label: str, options: list[Mapping[str, Any]]) -> tuple[Message, ...]:
        if not options:
            return ()
        return ({"type": "options", **self._texts.shown("text", label), "options": options},)


def is_of_a_list(payload: str | None) -> bool:
    """Tell whether a choice belongs to a list of facilities."""
    return bool(payload and payload.startswith(PREFIX))


def _candidate(topic: str) -> Mapping[str, Any]:
    service, _, side = topic.partition(".")
    return {"service": service, "topic": side, "score": 1.0}
