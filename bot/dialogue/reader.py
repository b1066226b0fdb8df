"""In which language a resident writes and is answered.

A language chosen by hand wins. Else the conversation follows a clear change of language, and returns to
the resident's own kind of Japanese with the first Japanese message. What tells nothing changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialogue.conversations import Conversation, TurnRequest
from bot.dialogue.language import detect
from bot.dialogue.memory import JAPANESE, Memory


@dataclass(frozen=True)
class Reader:
    """The locale of the reply and the one before, the language of the message, what to remember."""

    locale: str
    before: str
    spoken: str
    memory: Memory


def reader_of(conversation: Conversation, request: TurnRequest) -> Reader:
    """Decide for one message, or for a pressed option, which has no language of its own."""
    memory = Memory.read(conversation.dialogue)
    heard = detect(request.text) if request.text else None
    if request.locale:
        memory = memory.choosing(request.locale)
        locale = request.locale
    elif heard == "ja":
        # Who chose a language by hand reads it best, in whatever language the question comes.
        locale = memory.chosen or _japanese(conversation, memory)
    else:
        locale = heard or conversation.locale
    return Reader(locale, conversation.locale, heard or _base(locale), memory)


def _japanese(conversation: Conversation, memory: Memory) -> str:
    return conversation.locale if conversation.locale in JAPANESE else memory.japanese


def _base(locale: str) -> str:
    return "ja" if locale in JAPANESE else locale
