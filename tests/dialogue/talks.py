"""Conversations as tables: what a resident writes, and what must come back.

A talk is a text of lines ``what is written -> what comes``. ``>payload`` presses an option. What comes is
any of: an outcome, ``service.topic`` (two of them for two answers), ``@locale``, ``?payload`` for an option
that is offered, ``!payload`` for one that is not, ``"text"`` that stands in a message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from bot.dialogue.answering import Answerer
from bot.dialogue.conversations import Conversation, TurnRequest
from bot.dialogue.memory import Memory
from bot.dialogue.published import Published
from bot.dialogue.turn import Answered
from bot.dialogue.worker import Worker

OUTCOMES = {"answered", "clarify", "chitchat", "handoff", "out_of_scope", "fallback", "busy"}
DAY = date(2026, 12, 1)
_EXPECTED = re.compile(r'"[^"]*"|\S+')


@dataclass
class Today:
    """A clock that stands still."""

    day: date = DAY

    def today(self) -> date:
        """Return the day."""
        return self.day


class Talk:
    """One conversation with the counter, without a database."""

    def __init__(self, published: Published, worker: Worker, locale: str = "ja") -> None:
        """Open a conversation."""
        ids = count(1)
        clock: Any = Today()
        self._answerer = Answerer(worker, clock, lambda: f"turn-{next(ids)}")
        self._published = published
        welcome = published.catalogue.phrases["welcome"].options
        state = Memory.at_opening(locale, welcome).written()
        self.conversation = Conversation("c", locale, "bot", state, 0, 0)
        self.last: Answered | None = None

    async def say(self, text: str, locale: str | None = None) -> Answered:
        """Write a text, or press an option (``>payload``)."""
        is_choice = text.startswith(">")
        request = TurnRequest(
            "m", None if is_choice else text, text[1:] if is_choice else None, locale
        )
        answered = await self._answerer.answer(self.conversation, request, self._published)
        state = answered.dialogue
        self.conversation = Conversation("c", answered.locale, "bot", state, 0, 0)
        self.last = answered
        return answered

    async def play(self, talk: str) -> list[str]:
        """Play the lines of a talk; returns what came differently from what stands there."""
        wrong = []
        for line in filter(None, map(str.strip, talk.splitlines())):
            text, _, expected = line.partition(" -> ")
            answered = await self.say(text.strip())
            missing = [e for e in _EXPECTED.findall(expected) if not came(answered, e)]
            if missing:
                wrong.append(f"{text}: expected {missing}, came {described(answered)}")
        return wrong


def came(answered: Answered, expected: str) -> bool:
    """Tell whether a turn has what is expected of it."""
    reply = answered.reply
    if expected in OUTCOMES:
        return reply.outcome == expected
    if expected[0] in "@?!":
        found = {"@": [answered.locale], "?": reply.offered, "!": reply.offered}[expected[0]]
        return (expected[1:] in found) != (expected[0] == "!")
    if expected[0] == '"':
        return any(expected.strip('"') in message["text"] for message in reply.messages)
    keys = [f"{answer['service']}.{answer['topic']}" for answer in reply.answers]
    return expected in keys


def described(answered: Answered) -> str:
    """Return what came, in one line."""
    reply = answered.reply
    keys = [f"{answer['service']}.{answer['topic']}" for answer in reply.answers]
    return f"{reply.outcome} {answered.locale} {keys} offering {list(reply.offered)}"
