"""The step of a turn in which a list of facilities takes the place of an answer, or is offered below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.dialogue.conversations import CounterError
from bot.dialogue.facilities.lists import STATE_KEY, FacilityLists, Listed, is_of_a_list
from bot.dialogue.masking import mask
from bot.dialogue.reply import Composer, Reply
from bot.dialogue.turn import Answered
from bot.dialogue.understanding import Understanding

_SETTLED = frozenset({"emergency", "refused", "handoff", "human", "form", "busy"})
"""Outcomes that no list may take the place of."""
_PASSING = frozenset({"chitchat", "clarify", "fallback", "busy"})
"""Outcomes after which a follow-up may still mean the list before."""


class FacilityAnswers:
    """The lists of one turn, and the search that the conversation remembers."""

    def __init__(self, lists: FacilityLists, dialogue: Mapping[str, Any], locale: str) -> None:
        self._lists, self._dialogue, self._locale = lists, dialogue, locale

    def owns(self, choice: str | None) -> bool:
        """Tell whether a choice belongs to a list."""
        return is_of_a_list(choice)

    def pressed(self, choice: str) -> Answered:
        """Answer an option of a list, which needs no understanding.

        Raises:
            CounterError: ``not_offered``, what it names is no longer published.

        """
        listed = self._lists.from_choice(choice)
        if listed is None:
            raise CounterError("not_offered")
        trace = {"engine": "facilities", "choice": choice, **_found(listed.reply)}
        masked, state = mask(self._lists.title(choice)), self._after(listed)
        return Answered(masked, listed.reply, self._locale, state, trace)

    def exists(self, choice: str) -> bool:
        """Tell whether an option of an earlier list still leads somewhere."""
        return self._lists.from_choice(choice) is not None

    def title(self, choice: str) -> str:
        """Return in words what an option of a list says."""
        return self._lists.title(choice)

    def instead_of(
        self, answered: Answered, understood: Understanding, composer: Composer
    ) -> Answered:
        """Return the list that the message asks for, or the answer as it is with the list offered."""
        if answered.reply.outcome in _SETTLED:
            return self.beside(answered)
        listed = self._lists.from_text(
            answered.masked.text, understood.key, understood.ranking, self._dialogue
        )
        if listed is None:
            return self.beside(answered)
        reply = listed.reply
        if understood.is_reduced:
            reply = reply.after(composer.notice("reduced_service"))
        state = {**answered.dialogue, STATE_KEY: listed.remembered}
        trace = {**answered.trace, "facilities": listed.remembered, **_found(listed.reply)}
        return replace(answered, reply=reply, dialogue=state, trace=trace)

    def _after(self, listed: Listed) -> dict[str, Any]:
        return {**self._dialogue, STATE_KEY: listed.remembered}

    def beside(self, answered: Answered) -> Answered:
        """Offer the list below the answer; a remembered search outlives nothing but small talk."""
        remembered = self._dialogue.get(STATE_KEY)
        state = {name: value for name, value in answered.dialogue.items() if name != STATE_KEY}
        if remembered and answered.reply.outcome in _PASSING:
            state[STATE_KEY] = remembered
        return replace(answered, reply=self._lists.with_entry(answered.reply), dialogue=state)


def _found(reply: Reply) -> dict[str, Any]:
    """Name for the trace what was shown, so that a list can be held against the tables of its day."""
    shown = [m for m in reply.messages if m["type"] == "facility_list"]
    return {"facility_ids": [entry["id"] for m in shown for entry in m["facilities"]]}
