"""Someone at a screen: what they do with the widget, what they see, and what their browser complains of."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from .served import Ticket

READING = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
FOCUSED = """() => {
    const outer = document.activeElement;
    const inner = outer.shadowRoot?.activeElement;
    return inner ? inner.part.value : outer.id || outer.localName;
}"""


KEPT = "() => JSON.parse(sessionStorage.getItem('madoguchi-chat'))"


class Watch:
    """Everything that no visit may cause: console errors (a broken CSP is one), exceptions, cookies."""

    def __init__(
        self,
        context: BrowserContext,
        cookies: frozenset[str] = frozenset(),
        patience: float = 60.0,  # seconds; a busy machine is no defect
    ) -> None:
        self._context, self._cookies, self._patience = context, cookies, patience
        self._seen: list[str] = []
        self._expected: list[str] = []
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self._seen.append(f"exception: {error.error}"))

    def expect(self, pattern: str) -> None:
        """Tell that the test itself causes a complaint like this, at least once."""
        self._expected.append(pattern)

    def settle(self) -> None:
        """Wait for the expected complaints: the last answer of a visit may still be on its way."""
        deadline = time.monotonic() + self._patience
        pages = self._context.pages
        while pages and self._missing(self._seen) and time.monotonic() < deadline:
            pages[0].wait_for_timeout(50)

    def complaints(self) -> list[str]:
        """Return and forget what was seen and not expected, or expected and not seen."""
        self.settle()
        for page in self._context.pages:
            page.evaluate("() => 0")  # what the page has already said comes before this answer
        kept = {str(cookie.get("name")) for cookie in self._context.cookies()} - self._cookies
        cookies = [f"cookie: {name}" for name in sorted(kept)]
        seen, self._seen = self._seen, []
        unexpected = [s for s in seen if not any(re.search(p, s) for p in self._expected)]
        missing = [f"not seen: {pattern}" for pattern in self._missing(seen)]
        return [*unexpected, *cookies, *missing]

    def _missing(self, seen: list[str]) -> list[str]:
        return [p for p in self._expected if not any(re.search(p, s) for s in seen)]

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self._seen.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


class Visitor:
    """A page with the widget, described by the parts that its README names."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.watch = Watch(context)
        self.page: Page = context.new_page()
        self._posted: list[tuple[str, Any]] = []
        self.page.on("request", self._note)
        self.page.goto(url)

    def part(self, name: str) -> Locator:
        """Find what has a part's name."""
        return self.page.locator(f"[part~={name}]")

    @property
    def widget(self) -> Locator:
        """Find the element itself."""
        return self.page.locator("madoguchi-chat")

    @property
    def bubbles(self) -> Locator:
        """Find the texts of the talk, past and present."""
        return self.page.locator("[part~=message] .bubble")

    @property
    def said(self) -> Locator:
        """Find what the resident has said."""
        return self.page.locator("[part~=resident] .bubble")

    @property
    def focused(self) -> str:
        """Return the part that has the focus, or the id or tag outside of the widget."""
        return str(self.page.evaluate(FOCUSED))

    @property
    def ticket(self) -> Ticket:
        """Return id and token of the tab's conversation."""
        assert self.kept is not None
        return Ticket(self.kept["id"], self.kept["token"])

    @property
    def kept(self) -> dict[str, Any] | None:
        """Return what the tab's storage holds, if anything."""
        kept: dict[str, Any] | None = self.page.evaluate(KEPT)
        return kept

    def word(self, key: str, locale: str = "ja", **values: object) -> str:
        """Return one of the widget's own words without its readings."""
        load = "async ([key, locale]) => (await import('/widget/words.js')).WORDS[locale][key]"
        word = READING.sub(r"\1", self.page.evaluate(load, [key, locale]))
        return word.format(**values)

    def posted(self, end: str) -> list[Any]:
        """Return the bodies that were posted to paths with this end."""
        return [body for path, body in self._posted if path.endswith(f"/{end}")]

    def open(self) -> Visitor:
        """Open the panel and wait for what it can be asked."""
        self.part("launcher").click()
        expect(self.part("option").first).to_be_visible()
        return self

    def say(self, text: str) -> None:
        """Write into the text field and press Enter."""
        self.part("input").fill(text)
        self.part("input").press("Enter")

    def ask(self, text: str) -> None:
        """Say something and wait until the widget would take the next message."""
        self.say(text)
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Wait until no message is on its way."""
        expect(self.part("send")).to_have_attribute("aria-disabled", "false")

    def press_until(self, key: str, part: str, most: int = 40) -> list[str]:
        """Press a key until a part has the focus; returns the parts on the way, that one included."""
        passed: list[str] = []
        while not passed or passed[-1] != part:
            assert len(passed) < most, f"{part} was not reached: {passed}"
            self.page.keyboard.press(key)
            passed.append(self.focused)
        return passed

    def _note(self, request: Any) -> None:
        if request.method == "POST":
            self._posted.append((request.url, json.loads(request.post_data or "{}")))
