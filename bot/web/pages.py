"""The pages that staff see: Jinja2 templates with autoescape, words from ``data/staff.yml``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.web.texts import day_and_time, filled

Words = Mapping[str, Mapping[str, str]]
_TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Renders templates; each may use ``words`` and what it is given, and nothing that is missing."""

    def __init__(self, words: Words, ward: Callable[[], str]) -> None:
        """Take the words, and what tells the ward's name as it is published now."""
        self.words, self.ward = words, ward
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(words=words, ward=ward, member=None, places=())
        self._environment.filters.update(filled=filled, day_and_time=day_and_time)

    def render(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page; give ``member`` where somebody is signed in."""
        return HTMLResponse(self._environment.get_template(template).render(values), status)

    def message(
        self, code: str, status: int, headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """Return a page that says one sentence of ``errors``."""
        known = code if code in self.words["errors"] else "malformed"
        page = self.render("staff/message.html", status, text=self.sentence(known))
        page.headers.update(headers or {})
        return page

    def sentence(self, code: str, **details: str) -> str:
        """Return the sentence of an error."""
        return filled(self.words["errors"][code], **details)

    def bounce(self, to: str) -> HTMLResponse:
        """Return a page that leads at once to another page of ours."""
        return self.render("staff/bounce.html", to=to)
