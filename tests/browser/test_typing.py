"""The text field: input methods of Japanese, Chinese and Korean, line breaks, the limit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, expect

from .visitor import Visitor

pytestmark = pytest.mark.browser

IME_KEY = 229  # what a key is while an input method handles it
SURROGATES = "𠮷"  # one character, two units of JavaScript's
SAFARI = """input => {
    input.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
}"""
KEYDOWN = """(input, key) => input.dispatchEvent(
    new KeyboardEvent("keydown", { bubbles: true, cancelable: true, composed: true, ...key }))"""


class InputMethod:
    """An input method at work in the browser, by the protocol that Chromium offers for it."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    def compose(self, *stages: str) -> None:
        """Show unconverted text, stage by stage."""
        for text in stages:
            selection = {"selectionStart": len(text), "selectionEnd": len(text)}
            self._session.send("Input.imeSetComposition", {"text": text, **selection})

    def confirm(self, text: str) -> None:
        """Press Enter inside the conversion, then put the converted text in."""
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": IME_KEY}
        self._session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
        self._session.send("Input.insertText", {"text": text})
        self._session.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})


@pytest.fixture
def ready(visitor: Visitor) -> Visitor:
    """A visitor whose text field has the focus."""
    visitor.open().part("input").focus()
    return visitor


@pytest.fixture
def unsent(reader: Visitor) -> Iterator[Visitor]:
    """A visitor for whom nothing may be sent; what is typed is wiped out afterwards."""
    before = reader.posted("turns"), reader.said.all_inner_texts()
    yield reader
    assert before == (reader.posted("turns"), reader.said.all_inner_texts())
    reader.part("input").fill("")


@pytest.mark.parametrize(
    ("stages", "text"),
    [(("じ", "じど", "じどうてあて"), "児童手当"), (("ㅇ", "아", "아동수다"), "아동수당")],
    ids=["Japanese", "Korean"],
)
def test_enter_in_a_conversion_sends_nothing(
    ready: Visitor, stages: tuple[str, ...], text: str
) -> None:
    """The Enter that confirms a conversion leaves the text in the field; the next one sends it."""
    input_method = InputMethod(ready.context.new_cdp_session(ready.page))
    input_method.compose(*stages)
    input_method.confirm(text)
    expect(ready.part("input")).to_have_value(text)
    assert ready.posted("turns") == []
    ready.page.keyboard.press("Enter")
    expect(ready.said).to_have_text([text])
    ready.wait_until_idle()

    assert [text] == [turn["text"] for turn in ready.posted("turns")]


def test_enter_of_the_task_in_which_a_composition_ended_sends_nothing(unsent: Visitor) -> None:
    """Safari tells the end of the conversion first and the Enter that ended it after."""
    unsent.part("input").fill("住民票")
    unsent.part("input").evaluate(SAFARI)

    expect(unsent.part("input")).to_have_value("住民票")


@pytest.mark.parametrize(
    "key", [{"key": "Enter", "keyCode": IME_KEY}, {"key": "Enter", "isComposing": True}], ids=str
)
def test_enter_of_an_input_method_sends_nothing(unsent: Visitor, key: dict[str, object]) -> None:
    """Either sign of a conversion is enough: browsers differ in which they give."""
    unsent.part("input").fill("住民票")
    unsent.part("input").evaluate(KEYDOWN, key)

    expect(unsent.part("input")).to_have_value("住民票")


def test_escape_in_a_conversion_does_not_close_the_panel(unsent: Visitor) -> None:
    """It takes the conversion back, and that is all."""
    unsent.part("input").evaluate(KEYDOWN, {"key": "Escape", "isComposing": True})

    expect(unsent.part("panel")).to_be_visible()


def test_shift_and_enter_break_the_line(ready: Visitor) -> None:
    """A message of two lines is sent and shown as two lines."""
    for key in ("1", "Shift+Enter", "2", "Enter"):
        ready.page.keyboard.press(key)
    ready.wait_until_idle()

    assert [turn["text"] for turn in ready.posted("turns")] == ["1\n2"]
    assert ready.said.all_inner_texts() == ["1\n2"]


@pytest.mark.parametrize("text", ["", "  \n ", "\u3000"], ids=["nothing", "spaces", "wide space"])
def test_nothing_is_not_sent(unsent: Visitor, text: str) -> None:
    """Enter on an empty field does nothing, and the field stays as it is."""
    unsent.say(text)

    expect(unsent.part("input")).to_have_value(text)


@pytest.mark.parametrize(
    ("length", "word", "n"),
    [(899, None, 0), (900, "remaining", 100), (1000, "remaining", 0), (1003, "tooLong", 3)],
)
def test_limit_is_told_when_it_is_near(
    unsent: Visitor, length: int, word: str | None, n: int
) -> None:
    """The count is of characters, as a reader counts them, and comes with the last hundred."""
    unsent.part("input").fill(SURROGATES * length)

    expect(unsent.part("counter")).to_have_text(unsent.word(word, n=n) if word else "")
    expect(unsent.part("input")).to_have_attribute("aria-invalid", str(length > 1000).lower())


def test_longer_message_is_not_sent_and_not_cut(unsent: Visitor) -> None:
    """What is too long stays in the field, whole."""
    unsent.say("あ" * 1001)

    expect(unsent.part("input")).to_have_value("あ" * 1001)


def test_longest_message_is_taken(ready: Visitor) -> None:
    """A thousand characters of two units each pass the widget's limit and the gateway's."""
    ready.ask(SURROGATES * 1000)

    expect(ready.said).to_have_text([SURROGATES * 1000])
    expect(ready.part("retry")).to_have_count(0)
