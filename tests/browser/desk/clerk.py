"""A member of staff at the desk: what they press, write and see, by the names that the page gives."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.seats import COOKIE, SignedIn

from ..visitor import Watch


class Clerk:
    """The desk in a browser of its own."""

    def __init__(self, context: BrowserContext, url: str, member: SignedIn) -> None:
        self.context, self.member = context, member
        self.watch = Watch(context, frozenset({COOKIE}))
        cookie: Any = {"name": COOKIE, "value": member.secret, "url": url, "sameSite": "Strict"}
        context.add_cookies([{**cookie, "httpOnly": True}])
        self.page: Page = context.new_page()
        self.page.goto(f"{url}/desk")
        self.wait_until_live()

    def wait_until_live(self) -> None:
        """Wait until the page hears of changes."""
        expect(self.page.locator("#connection")).to_have_attribute("data-state", "live")

    def find(self, selector: str) -> Locator:
        """Find a part of the page."""
        return self.page.locator(selector)

    def act(self, name: str) -> Locator:
        """Find the button of an action."""
        return self.page.locator(f"[data-do={name}]:visible")

    @property
    def waiting(self) -> Locator:
        """Find who waits."""
        return self.page.locator(".group.waiting .item")

    @property
    def mine(self) -> Locator:
        """Find who is talked with here."""
        return self.page.locator(".group.mine .item")

    @property
    def reply_box(self) -> Locator:
        """Find where a reply is written."""
        return self.page.locator("#reply")

    @property
    def standing(self) -> Locator:
        """Find what is said about whose the conversation is."""
        return self.page.locator("#standing")

    def messages(self, role: str) -> Locator:
        """Find what somebody said, past and new."""
        return self.page.locator(f".message.{role} .bubble")

    def open(self, item: Locator | None = None) -> None:
        """Open an entry of the queue, the first if none is named."""
        (item or self.page.locator(".item")).first.click()
        expect(self.page.locator("#conversation-title")).to_be_focused()

    def claim(self) -> None:
        """Take the open conversation."""
        self.act("claim").click()
        expect(self.page.locator("#open")).to_have_attribute("data-standing", "mine")
        expect(self.reply_box).to_be_focused()

    def reply(self, text: str) -> None:
        """Write a reply, send it by Ctrl+Enter, and wait until it stands in the transcript."""
        self.reply_box.fill(text)
        self.reply_box.press("Control+Enter")
        expect(self.page.locator("#log .message.own", has_text=text)).to_be_visible()

    @property
    def focused(self) -> str:
        """Return the id of what has the focus, or its action, or its tag."""
        script = "() => { const n = document.activeElement; return n.id || n.dataset.do || n.localName; }"
        return str(self.page.evaluate(script))
