"""What staff can put into a reply: published answers and phrases, in the resident's language.

Each comes with its Japanese, since the agent must know what it says, and says whether the language is
the resident's own or a fallback. Nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from bot.dialogue.published import Published
from bot.dialogue.reply import shown_source
from bot.scenarios.deskwords import DeskPhrase
from bot.scenarios.model import Scenario, Topic
from bot.scenarios.normalise import normalise
from bot.scenarios.rendering import plain, render, zone_values

_FOUND = 8
_OF_SUBJECT, _BY_NAME = 4, 2  # answers of the service that is named; services with such a name


class Canned:
    """Canned texts of one revision on one day, for one resident's locale."""

    def __init__(self, published: Published, day: date, locale: str) -> None:
        self._published, self._day, self._locale = published, day, locale
        self._catalogue = published.catalogue

    def candidates(self, ranked: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the bot's candidates with their texts; one that is no longer published is left out."""
        found = ((c, self._answer(c["key"])) for c in ranked)
        return [{**answer, "score": c["score"]} for c, answer in found if answer]

    def search(self, text: str, section: str = "") -> list[dict[str, Any]]:
        """Return published answers for words of the agent's, best first; those of ``section`` for none."""
        keys = self._keys_for(text) if text.strip() else self._keys_of(section)
        found = (self._answer(key) for key in dict.fromkeys(keys))
        return [answer for answer in found if answer][:_FOUND]

    def phrases(self, phrases: Sequence[DeskPhrase], section: str) -> list[dict[str, Any]]:
        """Return the ward's phrases, with the name and the number of the section put in."""
        values = zone_values(self._catalogue.ward, {}, section)
        return [
            {
                "id": phrase.id,
                "title": phrase.title,
                "text": render(phrase.texts, self._locale, values, self._day).text,
                "ja": render(phrase.texts, "ja", values, self._day).text,
                "locale": self._locale,
            }
            for phrase in phrases
        ]

    def _keys_for(self, text: str) -> Iterator[str]:
        index, wanted = self._published.index, normalise(text).text.split()
        subject = index.subject_of(text)
        if subject:
            yield from (hit.key for hit in index.search(text, _OF_SUBJECT, within=subject))
        scenarios = self._catalogue.scenarios.values()
        named = [s for s in scenarios if all(word in _spoken(s) for word in wanted)]
        for scenario in named[:_BY_NAME]:
            yield from (topic.key for topic in scenario.topics.values())
        yield from (hit.key for hit in index.search(text, 2 * _FOUND))

    def _keys_of(self, section: str) -> Iterator[str]:
        for scenario in self._catalogue.scenarios.values():
            if scenario.owner == section:
                yield from (topic.key for topic in scenario.topics.values())

    def _answer(self, key: str) -> dict[str, Any] | None:
        topic = self._catalogue.topic(key)
        wording = topic.answer_on(self._day) if topic else None
        if topic is None or wording is None:
            return None
        shown = render(wording.texts, self._locale, self._catalogue.ward, self._day)
        japanese = render(wording.texts, "ja", self._catalogue.ward, self._day)
        return {
            "service": topic.service,
            "topic": topic.id,
            "title": self._title(topic),
            "text": shown.text,
            "ja": japanese.text,
            "locale": shown.locale,
            "sources": [shown_source(source) for source in wording.sources],
        }

    def _title(self, topic: Topic) -> str:
        name = self._catalogue.scenarios[topic.service].name["ja"]
        side = self._catalogue.labels[f"topic.{topic.id}"]["ja"]
        return f"{plain(name, 'ja')}：{plain(side, 'ja')}"


def _spoken(scenario: Scenario) -> str:
    return normalise(" ".join([scenario.name["ja"], *scenario.also])).text
