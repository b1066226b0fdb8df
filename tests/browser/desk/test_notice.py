"""A new resident who waits: heard, seen in the title, told to screen readers, and an alarm if nobody comes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .clerk import Clerk
from .conftest import Clerks, Turnable, Wait

pytestmark = pytest.mark.browser

COUNT_TONES = """() => {
    window.tones = 0;
    const make = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function () { window.tones++; return make.call(this); };
}"""


def tones(clerk: Clerk) -> int:
    """Return how many tones were played."""
    return int(clerk.page.evaluate("() => window.tones"))


def test_new_resident_is_heard_seen_and_announced(wait: Wait, clerk: Clerks) -> None:
    """A sound, the number in the title, and a sentence for screen readers."""
    yamada = clerk("山田")
    yamada.page.evaluate(COUNT_TONES)
    yamada.find("#queue-title").click()
    expect(yamada.find("#sound-hint")).to_be_hidden()
    wait()

    expect(yamada.find("#announcer")).to_contain_text("新しい相談")
    expect(yamada.page).to_have_title("1人待ち 窓口デスク")
    expect(yamada.find("#waiting-count")).to_have_text("1")
    assert tones(yamada) > 0


def test_muted_desk_stays_silent_for_good(wait: Wait, clerk: Clerks) -> None:
    """The choice outlives a reload; title and announcement still tell."""
    yamada = clerk("山田")
    yamada.find("#sound").click()
    yamada.page.reload()
    yamada.wait_until_live()
    yamada.page.evaluate(COUNT_TONES)
    yamada.find("#queue-title").click()
    wait()

    expect(yamada.find("#announcer")).to_contain_text("新しい相談")
    expect(yamada.find("#sound")).to_have_attribute("aria-pressed", "false")
    assert tones(yamada) == 0


def test_nobody_claims_and_the_alarm_shows(wait: Wait, clerk: Clerks, ticks: Turnable) -> None:
    """After the ward's minutes the entry says so in words, and so does the page."""
    yamada = clerk("山田")
    wait()
    expect(yamada.waiting).to_have_count(1)
    expect(yamada.find("#alarm")).to_be_hidden()
    ticks.forward(600)

    expect(yamada.find("#alarm")).to_contain_text("1人")
    expect(yamada.find(".item.late .alarm")).to_have_text("だれも出ていません")
    yamada.open(yamada.find(".item.late"))
    yamada.claim()
    expect(yamada.find("#alarm")).to_be_hidden()


def test_nothing_moves_for_those_who_asked_for_stillness(
    wait: Wait, clerk: Clerks, ticks: Turnable
) -> None:
    """With reduced motion the alarm does not blink."""
    yamada = clerk("山田", reduced_motion="reduce")
    wait()
    expect(yamada.waiting).to_have_count(1)
    ticks.forward(600)
    wait("児童手当の申請に必要なものは何ですか")
    expect(yamada.find(".item.late")).to_be_visible()
    running = yamada.page.evaluate("() => document.getAnimations().length")

    assert running == 0


def test_filter_shows_one_section_and_keeps_what_is_mine(wait: Wait, clerk: Clerks) -> None:
    """Another section's queue is put aside; a conversation of one's own never is."""
    yamada = clerk("山田")
    wait()
    expect(yamada.waiting).to_have_count(1)
    section = yamada.find(".item .section").inner_text()
    other = "税務課" if section != "税務課" else "保育課"
    yamada.find("#section").select_option(label=other)
    expect(yamada.waiting).to_have_count(0)
    yamada.find("#section").select_option(label=section)
    yamada.open()
    yamada.claim()
    yamada.find("#section").select_option(label=other)

    expect(yamada.mine).to_have_count(1)
