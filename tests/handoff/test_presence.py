"""Who is at the desk: believed for a minute, and forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.handoff.presence import AT_DESK_FOR, TYPING_FOR, Presence, Signs

NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)


def test_an_agent_is_there_for_a_minute_after_each_sign() -> None:
    """To the second, and for the own sections only."""
    presence = Presence()
    presence.arrive("a", "佐藤", ("zeimu",), NOW)
    presence.arrive("b", "鈴木", (), NOW)
    last = NOW + AT_DESK_FOR - timedelta(microseconds=1)

    assert presence.at_desk("zeimu", last) == {"a", "b"}
    assert presence.at_desk("koseki_jumin", last) == {"b"}
    assert presence.at_desk("zeimu", NOW + AT_DESK_FOR) == frozenset()
    assert presence.seat("a", NOW + AT_DESK_FOR) is None
    assert [seat.name for seat in presence.seats(NOW)] == ["佐藤", "鈴木"]


def test_who_leaves_is_gone_at_once() -> None:
    """Also who never came can leave."""
    presence = Presence()
    presence.arrive("a", "佐藤", (), NOW)
    presence.leave("a")
    presence.leave("b")

    assert presence.seats(NOW) == []


def test_typing_fades_and_reading_never_goes_back() -> None:
    """Each side has signs of its own."""
    presence = Presence()
    presence.typing("c", "staff", NOW)
    presence.read("c", "staff", 7)
    presence.read("c", "staff", 3)

    assert presence.signs("c", "staff", NOW) == Signs(True, 7)
    assert presence.signs("c", "resident", NOW) == Signs(False, 0)
    assert presence.signs("c", "staff", NOW + TYPING_FOR) == Signs(False, 7)
    presence.typing("c", "staff", NOW)
    presence.stopped("c", "staff")
    assert presence.signs("c", "staff", NOW) == Signs(False, 7)
    presence.forget("c")
    assert presence.signs("c", "staff", NOW) == Signs()
