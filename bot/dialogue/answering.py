"""From a resident's message to a reply: one readable list of steps, none of which stores anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.dialogue.choices import Option, OutOfRange, pick
from bot.dialogue.conversations import Conversation, TurnRequest
from bot.dialogue.corrections import correction_of
from bot.dialogue.facilities.answers import FacilityAnswers
from bot.dialogue.facilities.lists import FacilityLists
from bot.dialogue.language import reads_simple_japanese
from bot.dialogue.masking import Masked, mask
from bot.dialogue.memory import MAX_OFFERED, Memory
from bot.dialogue.moves import (
    ASKED,
    candidates_left,
    move_of,
    moved,
    place_of,
    rejecting_here,
    show,
)
from bot.dialogue.published import Published
from bot.dialogue.reader import Reader, reader_of
from bot.dialogue.reply import Composer, Reply
from bot.dialogue.turn import Answered
from bot.dialogue.twofold import Twofold, both_questions
from bot.dialogue.understanding import NO_SUBJECT, Understanding, common_at, understand
from bot.dialogue.worker import TurnCall, Worker, WorkerBusy
from bot.dialogue.zone_reply import ZoneComposer
from bot.dialogue.zones import Found
from bot.store.clock import Clock

_LOCALE = "locale:"
_WITH_ENGLISH = ("en", "tl")
_COVERED = re.compile("【[^】]*】")


@dataclass(frozen=True)
class Heard:
    """A message as it came in: masked, with its reader, and what it refers to on the screen."""

    request: TurnRequest
    published: Published
    masked: Masked
    text: str
    found: Found
    reader: Reader
    memory: Memory
    composer: Composer
    lists: FacilityAnswers
    choice: str | None = None
    is_off_the_list: bool = False
    is_correction: bool = False

    @property
    def trace(self) -> dict[str, Any]:
        """Return how the message was read, without any of its words."""
        picked = {"picked": self.choice} if self.choice != self.request.choice else {}
        foreign = {"spoken": self.reader.spoken} if self.reader.spoken != "ja" else {}
        return {**picked, **foreign, **({"correction": True} if self.is_correction else {})}


class Answerer:
    """Masks, understands and composes, from what is published at the time of the turn."""

    def __init__(self, worker: Worker, clock: Clock, new_id: Callable[[], str]) -> None:
        self._worker, self._clock, self._new_id = worker, clock, new_id

    async def answer(
        self, conversation: Conversation, request: TurnRequest, published: Published
    ) -> Answered:
        """Answer one message of one conversation from one revision."""
        heard = self._heard(conversation, request, published)
        try:
            answered = (
                self._urgent(heard)
                or self._listed(heard)
                or self._switched(heard)
                or self._about_person(heard)
                or self._off_the_list(heard)
                or self._pressed(heard)
                or await self._understood(heard)
            )
        except WorkerBusy:
            answered = _busy(heard)
        return _finished(heard, self._guarded(heard, answered))

    def _heard(
        self, conversation: Conversation, request: TurnRequest, published: Published
    ) -> Heard:
        """Mask the message; find its zone, its reader, and whether it names an option on the screen."""
        reader = reader_of(conversation, request)
        catalogue, today = published.catalogue, self._clock.today()
        composer = Composer(catalogue, reader.locale, today)
        facilities = FacilityLists(catalogue, reader.locale, today)
        lists = FacilityAnswers(facilities, conversation.dialogue, reader.locale)
        masked = mask(request.text or composer.title(request.choice or ""))
        found = published.zones.recognise(masked.text) if request.text else Found()
        said = (request, published, masked, found.question or masked.text, found, reader)
        heard = Heard(*said, reader.memory, composer, lists, request.choice)
        is_plain = request.choice or found.is_emergency
        return heard if is_plain else _picked(_corrected(heard))

    def _guarded(self, heard: Heard, answered: Answered) -> Answered:
        """Let the zones have the last word on what leaves."""
        published, today, composer = heard.published, self._clock.today(), heard.composer
        if heard.found.is_emergency and not heard.request.locale:
            # Somebody else may stand beside: what the page was read in until now stays, too.
            composer = composer.in_locale(heard.reader.before)
        zones = ZoneComposer(published.catalogue, published.zones, composer, today)
        return zones.guarded(answered, heard.found)

    def _urgent(self, heard: Heard) -> Answered | None:
        """An emergency without a further question waits for no understanding; the guard says the rest."""
        if not heard.found.is_emergency or heard.found.question:
            return None
        return _answered(heard, Reply("emergency", None, ()), heard.memory, {"engine": "none"})

    def _listed(self, heard: Heard) -> Answered | None:
        """Answer an option of a list of facilities."""
        if not heard.choice or not heard.lists.owns(heard.choice):
            return None
        answered = heard.lists.pressed(heard.choice)
        return replace(answered, masked=answered.masked if heard.request.choice else heard.masked)

    def _switched(self, heard: Heard) -> Answered | None:
        """Show what stands on the screen in the language that was chosen."""
        if not heard.choice or not heard.choice.startswith(_LOCALE):
            return None
        locale = heard.choice[len(_LOCALE) :]
        composer, memory = heard.composer.in_locale(locale), heard.memory.choosing(locale)
        reply = show(memory.here, composer) or composer.phrase("start_over", ())
        heard = replace(heard, composer=composer)
        return _answered(heard, reply, memory, {"engine": "menu", "choice": heard.choice})

    def _about_person(self, heard: Heard) -> Answered | None:
        """Leave an option around a handoff to the flow to a person (``person/flow.py``)."""
        if not heard.choice or not heard.choice.startswith("handoff:"):
            return None
        trace = {"engine": "menu", "choice": heard.choice}
        return _answered(heard, Reply("handoff", None, ()), heard.memory, trace)

    def _off_the_list(self, heard: Heard) -> Answered | None:
        """Show the options again to who named a number that none of them has."""
        if not heard.is_off_the_list:
            return None
        reply = heard.composer.ask("off_the_list", _offered(heard))
        return _answered(heard, reply, heard.memory, {"engine": "menu", "reason": "off the list"})

    def _pressed(self, heard: Heard) -> Answered | None:
        """A menu or a phrase of the bot's needs no understanding."""
        if not heard.choice or heard.composer.topic_of(heard.choice) is not None:
            return None
        move = move_of(heard.choice.removeprefix("phrase:"))
        if move:
            reply, memory = moved(move, heard.composer, heard.memory)
        else:
            reply, memory = heard.composer.from_choice(heard.choice), heard.memory
        memory = memory.at(place_of(reply, heard.choice))
        return _answered(heard, reply, memory, {"engine": "menu", "choice": heard.choice})

    async def _understood(self, heard: Heard) -> Answered:
        """Ask the engine what the message means, and compose its answer, its move or its two answers."""
        whole = await self._ask(heard.text, heard, heard.memory.for_worker())
        if heard.choice:
            return heard.lists.beside(_composed(heard, whole))
        move = "not_that" if _repeats_a_mistake(heard, whole) else move_of(whole.key)
        if move:
            reply, memory = moved(move, heard.composer, heard.memory)
            answered = _answered(heard, _reduced(heard, whole, reply), memory, _trace(whole))
            return answered if move == "start_over" else heard.lists.beside(answered)
        two = await both_questions(
            heard.text,
            whole,
            heard.memory.for_worker(),
            lambda text, state: self._ask(text, heard, state),
            heard.published.index.subject_of,
        )
        both = _composed_both(heard, two, whole) if two else None
        if both:
            return heard.lists.beside(both)
        return heard.lists.instead_of(_composed(heard, whole), whole, heard.composer)

    async def _ask(self, text: str, heard: Heard, state: Mapping[str, Any]) -> Understanding:
        """Understand a text; one without a subject is asked again with the service just discussed.

        The engine then weighs a whole question, so its probabilities mean what they always mean, and
        what is nobody's business does not become a question about that service.
        """
        understood = await self._asked(text, heard, state)
        about = (state.get("slots") or {}).get("service")
        scenario = heard.published.catalogue.scenarios.get(str(about))
        if heard.choice or scenario is None:
            return understood
        words, enough = _key_words(text, heard) or text, common_at(understood, scenario.id)
        if enough is None or heard.published.index.commonness(words) < enough:
            return understood
        about_it = f"{scenario.name['ja']} {words}"
        whole = await self._asked(about_it, heard, state, is_japanese=True, said=text)
        is_about = (whole.answer or "").split(".")[0] == scenario.id
        return (
            replace(whole, trace={**whole.trace, "about": scenario.id}) if is_about else understood
        )

    async def _asked(
        self,
        text: str,
        heard: Heard,
        state: Mapping[str, Any],
        *,
        is_japanese: bool = False,
        said: str | None = None,
    ) -> Understanding:
        target = heard.composer.topic_of(heard.choice) if heard.choice else None
        words = None if target or is_japanese else _key_words(text, heard)
        # The engine has examples in English, so English words stay beside the Japanese ones.
        keeps_words = words is None or heard.reader.spoken in _WITH_ENGLISH
        asked = " ".join(filter(None, (text if keeps_words else None, words)))
        asking = (asked, heard.reader.locale, target, heard.published.model, words)
        written = said or (text if asked != text else None)
        call = TurnCall(self._new_id(), state, *asking, written)
        return await understand(self._worker, heard.published.index, call)


def _key_words(text: str, heard: Heard) -> str | None:
    """Return the Japanese key words of a foreign message, unless the engine knows it as it is."""
    published, spoken = heard.published, heard.reader.spoken
    is_japanese = spoken == "ja" and not text.isascii()
    if is_japanese or published.index.keys_of(text) - {NO_SUBJECT}:
        return None
    return published.catalogue.glossary.japanese(_COVERED.sub(" ", text), spoken)


def _corrected(heard: Heard) -> Heard:
    """Part 「違う、転出のほう」 into the step back and what is meant instead."""
    rest = correction_of(heard.text) if heard.memory.trail else None
    if rest is None:
        return heard
    memory = rejecting_here(heard.memory)
    left = candidates_left(heard.composer, memory)
    memory = replace(memory, offered=(*left, *memory.offered))
    return replace(heard, text=rest, memory=memory, is_correction=True)


def _picked(heard: Heard) -> Heard:
    """Find the option of the last reply that a typed message names."""
    options = [Option(payload, _names(heard, payload)) for payload in _offered(heard)]
    here = heard.memory.here
    was_asked = heard.is_correction or bool(here and here[0].startswith(ASKED))
    found = pick(heard.text, options, asked=was_asked)
    if isinstance(found, OutOfRange):
        return replace(heard, is_off_the_list=True)
    return replace(heard, choice=found.payload) if found else heard


def _offered(heard: Heard) -> list[str]:
    """Return the options of the last reply that still lead somewhere."""
    exists, lists = heard.composer.exists, heard.lists
    return [
        payload
        for payload in dict.fromkeys(heard.memory.offered)
        if (lists.exists(payload) if lists.owns(payload) else exists(payload))
    ]


def _names(heard: Heard, payload: str) -> tuple[str, ...]:
    if heard.lists.owns(payload):
        return (heard.lists.title(payload),)
    return heard.composer.names(payload)


def _repeats_a_mistake(heard: Heard, understood: Understanding) -> bool:
    """Tell whether a correction was understood as the very thing that it turned down."""
    return heard.is_correction and understood.answer in heard.memory.rejected


def _composed(heard: Heard, understood: Understanding) -> Answered:
    ranking = [e for e in understood.ranking if e["key"] not in heard.memory.rejected]
    reply = heard.composer.from_key(
        understood.key, ranking if heard.is_correction else understood.ranking
    )
    memory = heard.memory.after_worker(understood.state)
    # What was chosen from a list is no new question: the rest of the list is still what may be meant.
    is_of_the_list = heard.choice and set(understood.candidates) & set(_keys_of(heard.memory))
    if reply.outcome in ("answered", "clarify", "fallback") and not is_of_the_list:
        memory = memory.understood(understood.candidates, keep=heard.is_correction)
    memory = memory.at(place_of(reply, heard.choice))
    reply = _reduced(heard, understood, reply)
    return _answered(heard, reply, memory, _trace(understood))


def _keys_of(memory: Memory) -> set[str]:
    """Return what the last question might have meant, each service with its overview."""
    services = {key.split(".")[0] for key in memory.considered}
    return {*memory.considered, *(f"{service}.overview" for service in services)}


def _composed_both(heard: Heard, two: Twofold, whole: Understanding) -> Answered | None:
    """Compose both answers; the zone is that of the message as a whole."""
    zone = {"zone": whole.trace["zone"]} if "zone" in whole.trace else {}
    first, second = (heard.composer.from_key(u.key, u.ranking) for u in (two.first, two.second))
    if not (first.answers and second.answers):
        return None
    last = two.second if two.is_sure else two.first
    memory = heard.memory.after_worker(last.state)
    memory = memory.understood((*two.first.candidates[:5], *two.second.candidates[:5]))
    if two.is_sure:
        reply = heard.composer.both(first, second)
    else:
        reply = heard.composer.offering(first, "options.also", [f"answer:{two.second.answer}"])
    memory = memory.at(place_of(reply))
    trace = {**_trace(two.first), "second": {**_trace(two.second), "is_sure": two.is_sure}, **zone}
    return _answered(heard, _reduced(heard, two.first, reply), memory, trace)


def _reduced(heard: Heard, understood: Understanding, reply: Reply) -> Reply:
    return reply.after(heard.composer.notice("reduced_service")) if understood.is_reduced else reply


def _trace(understood: Understanding) -> dict[str, Any]:
    return {**understood.trace, "response": understood.key}


def _busy(heard: Heard) -> Answered:
    reply = Reply("busy", None, (heard.composer.notice("busy"),))
    trace = {"engine": "none", "reason": "busy"}
    return _answered(heard, reply, heard.reader.memory, trace)


def _answered(heard: Heard, reply: Reply, memory: Memory, trace: Mapping[str, Any]) -> Answered:
    locale = heard.composer.locale
    return Answered(heard.masked, reply, locale, memory.written(), trace)


def _finished(heard: Heard, answered: Answered) -> Answered:
    """Finish a turn: offer easier Japanese once, and remember what stands on the screen."""
    reply, state = answered.reply, dict(answered.dialogue)
    if _would_read_easier(heard, reply):
        reply = heard.composer.offering(reply, "options.easy", [f"{_LOCALE}ja-easy"])
        state["is_easy_offered"] = True
    if reply.outcome != "busy":
        state["offered"] = list(reply.offered[:MAX_OFFERED])
    trace = {**answered.trace, **heard.trace, "revision": heard.published.revision}
    return replace(answered, reply=reply, dialogue=state, trace=trace)


def _would_read_easier(heard: Heard, reply: Reply) -> bool:
    return (
        heard.composer.locale == "ja"
        and not heard.memory.is_easy_offered
        and heard.request.locale is None
        and reply.outcome in ("answered", "clarify", "fallback")
        and reads_simple_japanese(heard.masked.text)
    )
