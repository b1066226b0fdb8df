"""What is said around a conversation with a person, in the reader's language (labels ``handoff.…``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bot.dialogue.reply import Message
from bot.scenarios.handoff_texts import PREFIX
from bot.scenarios.model import Catalogue, Texts
from bot.scenarios.rendering import RUBY, Rendered, plain, render
from bot.scenarios.today import JST

_LONGEST_QUESTION = 200
_BRACES = str.maketrans("{}|", "｛｝｜")


class PersonWords:
    """Renders labels and counters for one reader and one day."""

    def __init__(self, catalogue: Catalogue, locale: str, day: date) -> None:
        self._catalogue, self._locale, self._day = catalogue, locale, day

    @property
    def are_there(self) -> bool:
        """Tell whether the published files are new enough to know these words."""
        return f"{PREFIX}called" in self._catalogue.labels

    def line(self, name: str, **values: object) -> Rendered:
        """Return a label with its values put in."""
        return self._render(self._catalogue.labels[PREFIX + name], **values)

    def marked(self, name: str, **values: object) -> str:
        """Return a label with the markup of its readings, to be put into another one."""
        return _marked(self.line(name, **values))

    def message(self, kind: str, *lines: Rendered) -> Message:
        """Return lines as one message."""
        marked = "\n".join(map(_marked, lines))
        message: Message = {"type": kind, "text": plain(marked, self._locale)}
        if RUBY.search(marked):
            message["ruby"] = marked
        return message

    def options(self, payloads: Sequence[str]) -> Message:
        """Return what may be chosen around a handoff."""
        asked = self._render(self._catalogue.labels["options.choose"])
        return {**self.message("options", asked), "options": [self.option(p) for p in payloads]}

    def option(self, payload: str) -> dict[str, str]:
        """Return one option with its title."""
        title = self.line(f"option.{payload.partition(':')[2]}")
        shown = {"title": title.text, "payload": payload}
        return {**shown, "ruby": title.ruby} if title.ruby else shown

    def moment(self, moment: datetime) -> str:
        """Return a day and a time in Japan in words, with the markup of readings."""
        local = moment.astimezone(JST)
        weekday = self.marked("weekdays").split(",")[local.weekday()]
        time = f"{local.hour}:{local.minute:02d}"
        return self.marked("moment", month=local.month, day=local.day, weekday=weekday, time=time)

    def reason(self, reason: str) -> str:
        """Return why somebody is passed on; every kind of ``zones.yml`` is a matter for a person."""
        name = f"reason.{reason}"
        known = PREFIX + name in self._catalogue.labels
        return self.marked(name if known else "reason.zone")

    def counter(self, section: str) -> dict[str, str]:
        """Return name, place and phone of a counter, and the hours, as plain text."""
        return {
            name: self.counter_value(section, name).text for name in ("name", "place", "phone")
        } | {"hours": self._render({"ja": "{{ hours.weekday }}"}).text}

    def counter_value(self, section: str, name: str) -> Rendered:
        """Return one value of a counter."""
        counters: Any = self._catalogue.ward["counters"]
        value = counters.get(section, {}).get(name, "")
        return self._render(value if isinstance(value, Mapping) else {"ja": str(value)})

    def section(self, section: str) -> str:
        """Return the name of a counter with the markup of readings."""
        return _marked(self.counter_value(section, "name"))

    def service(self, service: str) -> str:
        """Return the name of a service with the markup of readings."""
        return _marked(self._render(self._catalogue.scenarios[service].name))

    def texts(self, texts: Texts) -> Rendered:
        """Return any published text."""
        return self._render(texts)

    def _render(self, texts: Texts, **values: object) -> Rendered:
        said = {name: str(value) for name, value in values.items()}
        return render(texts, self._locale, {**self._catalogue.ward, "turn": said}, self._day)


def quoted(question: str) -> str:
    """Return a resident's words so that nothing in them is taken for markup, and not too long."""
    plain_words = " ".join(question.split()).translate(_BRACES)
    if len(plain_words) <= _LONGEST_QUESTION:
        return plain_words
    return plain_words[:_LONGEST_QUESTION] + "…"


def _marked(rendered: Rendered) -> str:
    return rendered.ruby or rendered.text
