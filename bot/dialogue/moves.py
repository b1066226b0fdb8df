"""Moves within a conversation: a step back, once more, more of it, from the start.

A move is a phrase that residents say (``data/phrases.yml``), understood like any other. What it does
depends on what stands on the screen, so it is done here and not by the worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.dialogue.clarifying import MAX_CLARIFY, MENU
from bot.dialogue.memory import Memory, Place
from bot.dialogue.reply import Composer, Reply

ASKED = "ask:"
_PERSON = "phrase:person"
Moved = tuple[Reply, Memory]


def move_of(key: str) -> str | None:
    """Return the move that a response key of the understanding stands for, if it is one."""
    name = key.removeprefix("utter_")
    return name if name in _MOVES else None


def moved(name: str, composer: Composer, memory: Memory) -> Moved:
    """Do a move; the memory is that of the place where it leads."""
    return _MOVES[name](composer, memory)


def show(place: Place, composer: Composer) -> Reply | None:
    """Bring back what stood on the screen; nothing where it is no longer published."""
    head, *rest = place or ("",)
    if head.startswith(ASKED):
        payloads = [payload for payload in rest if composer.exists(payload)]
        return composer.ask(head[len(ASKED) :], payloads) if payloads else None
    keys = [composer.topic_of(payload) for payload in place if composer.exists(payload)]
    answers = [composer.from_key(f"utter_faq/{key}", ()) for key in keys if key]
    if len(answers) == 2:
        return composer.both(*answers)
    if answers:
        return answers[0]
    return composer.from_choice(head) if composer.exists(head) else None


def place_of(reply: Reply, choice: str | None = None) -> Place:
    """Return the place that a reply makes; greetings and remarks make none."""
    if reply.answers:
        return tuple(f"answer:{a['service']}.{a['topic']}" for a in reply.answers)
    if reply.outcome == "clarify":
        return (f"{ASKED}clarify", *reply.offered)
    return (choice,) if choice and choice.partition(":")[0] in ("group", MENU) else ()


def answered_keys(memory: Memory) -> list[str]:
    """Return the keys of the answers that stand on the screen."""
    if memory.here and memory.here[0].startswith(ASKED):
        return []
    return [p.partition(":")[2] for p in memory.here if p.startswith("answer:")]


def candidates_left(composer: Composer, memory: Memory) -> list[str]:
    """Return the payloads of what else the last question might have meant."""
    keys = [key for key in memory.left if composer.exists(f"answer:{key}")]
    return [f"answer:{key}" for key in keys[: MAX_CLARIFY - 1]]


def rejecting_here(memory: Memory) -> Memory:
    """Turn down what stands on the screen: its answers, or the options of a question back."""
    offered = [p.partition(":")[2] for p in memory.here if p.startswith(("answer:", "service:"))]
    # A service that was turned down takes all of its sides along.
    sides = [k for k in memory.considered if k in offered or k.split(".")[0] in offered]
    return memory.rejecting([*answered_keys(memory), *sides])


def _not_that(composer: Composer, memory: Memory) -> Moved:
    memory = rejecting_here(memory)
    left = candidates_left(composer, memory)
    ways_out = [MENU] if left else [MENU, _PERSON]
    reply = composer.ask("not_that", [*left, *ways_out])
    return reply, memory.at(place_of(reply))


def _again(composer: Composer, memory: Memory) -> Moved:
    reply = show(memory.here, composer)
    return reply or composer.phrase("again", ()), memory


def _more(composer: Composer, memory: Memory) -> Moved:
    """Offer the other sides of the service just discussed; the counter knows what no side says."""
    service = memory.service
    shown = answered_keys(memory)
    sides = [key for key in composer.sides_of(service or "") if key not in shown]
    if not sides:
        return composer.missing_subject(()), memory.about(None)
    counter = f"{service}.counter"
    rest = MAX_CLARIFY - 1
    if counter in sides[rest:]:
        sides = [*sides[: rest - 1], counter]
    reply = composer.ask("more", [*(f"answer:{key}" for key in sides[:rest]), MENU])
    return reply, memory.at(place_of(reply))


def _unclear(composer: Composer, memory: Memory) -> Moved:
    """Say it again in やさしい日本語; who reads that already, or another language, needs a person."""
    answers = answered_keys(memory)
    if not answers:
        return show(memory.here, composer) or composer.phrase("help", ()), memory
    if composer.locale != "ja":
        return composer.phrase("unclear", ()), memory
    easy = composer.in_locale("ja-easy").from_key(f"utter_faq/{answers[0]}", ())
    lead = composer.phrase("unclear", ()).messages[0]
    return replace(easy, messages=(lead, *easy.messages)), memory


def _back(composer: Composer, memory: Memory) -> Moved:
    before = memory.back()
    reply = show(before.here, composer) if before.here else None
    if reply is None:
        reply, before = composer.from_choice(MENU), before.back()
    services = [answer["service"] for answer in reply.answers]
    return reply, before.about(services[-1]) if services else before


def _start_over(composer: Composer, memory: Memory) -> Moved:
    fresh = Memory(
        chosen=memory.chosen, japanese=memory.japanese, is_easy_offered=memory.is_easy_offered
    )
    return composer.phrase("start_over", ()), fresh


_MOVES: Mapping[str, Callable[[Composer, Memory], Moved]] = {
    "not_that": _not_that,
    "again": _again,
    "more": _more,
    "unclear": _unclear,
    # Rasa keeps the intent `back` for itself.
    "go_back": _back,
    "start_over": _start_over,
}
