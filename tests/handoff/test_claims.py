"""Claims on real SQLite: exactly one agent gets a conversation, and a lease ends when nothing is heard."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.handoff import claims, queue
from bot.handoff.claims import LEASE, ClaimError
from bot.handoff.queue import Changed, Handoff
from bot.store.database import Database
from bot.store.tables import conversations

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
RACES = 1000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A migrated database with one conversation."""
    database = Database(f"sqlite:///{tmp_path / 'm.db'}")
    database.migrate()
    with database.write() as connection:
        connection.execute(
            insert(conversations).values(
                id="c",
                token_hash=b"",
                locale="ja",
                state="waiting",
                dialogue={},
                last_seq=0,
                version=0,
                started_at=queue.stamp(NOW),
            )
        )
    yield database
    database.close()


def waiting(number: int = 0, **values: object) -> Handoff:
    """Return a handoff that waits since ``number`` seconds after NOW."""
    made = Handoff(
        id=f"h{number:04}",
        reference=f"R{number:04}",
        conversation_id="c",
        turn_id="t",
        section="koseki_jumin",
        reason="wish",
        locale="ja",
        state="waiting",
        requested_at=queue.stamp(NOW + timedelta(seconds=number)),
    )
    return replace(made, **values)  # type: ignore[arg-type]


def add(database: Database, *handoffs: Handoff) -> None:
    """Store handoffs."""
    with database.write() as connection:
        for handoff in handoffs:
            queue.add(connection, handoff)


def claim(database: Database, handoff_id: str, agent: str, now: datetime = NOW) -> datetime:
    """Claim in a transaction of its own."""
    with database.write() as connection:
        return claims.claim(connection, handoff_id, agent, f"職員{agent}", now)


def test_of_two_agents_who_race_a_thousand_times_exactly_one_wins_each(database: Database) -> None:
    """Two threads claim the same handoff at the same time; each handoff has one winner, who has it."""
    add(database, *(waiting(number) for number in range(RACES)))
    barrier = threading.Barrier(2)
    won: dict[str, list[str]] = {"a": [], "b": []}
    refused: dict[str, set[tuple[str, str]]] = {"a": set(), "b": set()}

    def race(agent: str) -> None:
        for number in range(RACES):
            barrier.wait()
            try:
                claim(database, f"h{number:04}", agent)
            except ClaimError as error:
                refused[agent].add((error.code, error.name))
            else:
                won[agent].append(f"h{number:04}")

    threads = [threading.Thread(target=race, args=(agent,)) for agent in won]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as connection:
        held = {h.id: h.claimed_by for h in queue.listed(connection, ())}
    assert sorted(won["a"] + won["b"]) == [f"h{number:04}" for number in range(RACES)]
    assert refused["a"] <= {("claimed_by_other", "職員b")}
    assert refused["b"] <= {("claimed_by_other", "職員a")}
    assert held == {**dict.fromkeys(won["a"], "a"), **dict.fromkeys(won["b"], "b")}


def test_a_claim_is_a_lease_that_a_heartbeat_keeps(database: Database) -> None:
    """It ends a minute after the last sign of life, to the second."""
    add(database, waiting())

    assert claim(database, "h0000", "a") == NOW + LEASE
    with database.write() as connection:
        last = NOW + LEASE - timedelta(microseconds=1)
        held = claims.held(connection, "h0000", "a", last)
        assert claims.keep(connection, held, last) == last + LEASE
        assert claims.expired(connection, last + LEASE - timedelta(microseconds=1)) == []
        assert [h.id for h in claims.expired(connection, last + LEASE)] == ["h0000"]
        with pytest.raises(ClaimError) as lost:
            claims.held(connection, "h0000", "a", last + LEASE)
    assert lost.value.code == "lease_lost"


@pytest.mark.parametrize(
    ("values", "code", "name"),
    [
        (
            {"state": "claimed", "claimed_by": "b", "claimed_name": "職員b"},
            "claimed_by_other",
            "職員b",
        ),
        ({"assigned_to": "b", "assigned_name": "職員b"}, "claimed_by_other", "職員b"),
        ({"state": "withdrawn"}, "not_claimed", ""),
        ({"state": "closed"}, "not_claimed", ""),
    ],
    ids=["claimed", "assigned", "withdrawn", "closed"],
)
def test_what_is_not_free_cannot_be_claimed(
    database: Database, values: dict[str, object], code: str, name: str
) -> None:
    """The refusal says why, and who has it."""
    add(database, waiting(**values))

    with pytest.raises(ClaimError) as refused:
        claim(database, "h0000", "a")
    assert (refused.value.code, refused.value.name) == (code, name)


def test_an_unknown_handoff_is_said_to_be_unknown(database: Database) -> None:
    """Neither claimed nor held."""
    with pytest.raises(ClaimError) as claiming:
        claim(database, "nowhere", "a")
    with database.read() as connection, pytest.raises(ClaimError) as holding:
        claims.held(connection, "nowhere", "a", NOW)
    assert claiming.value.code == holding.value.code == "unknown_handoff"


def test_a_conversation_passed_to_a_colleague_is_the_colleagues(database: Database) -> None:
    """Only the one it was passed to may claim it, and then it is an ordinary claim."""
    add(database, waiting(assigned_to="b", assigned_name="職員b"))

    claim(database, "h0000", "b")
    with database.read() as connection:
        held = claims.held(connection, "h0000", "b", NOW)
    assert (held.assigned_to, held.assigned_name) == (None, None)


def test_the_first_claim_is_remembered(database: Database) -> None:
    """A second claim after a release does not shorten the wait that was."""
    add(database, waiting())
    claim(database, "h0000", "a")
    with database.write() as connection:
        handoff = claims.held(connection, "h0000", "a", NOW)
        queue.change(connection, handoff, state="waiting", claimed_by=None, lease_until=None)
    claim(database, "h0000", "b", NOW + timedelta(minutes=9))
    with database.read() as connection:
        found = queue.find(connection, "h0000")

    assert found is not None
    assert found.first_claimed_at == queue.stamp(NOW)
    assert found.was_claimed


def test_a_change_of_what_has_changed_is_refused(database: Database) -> None:
    """Whoever acts on an old view of a handoff changes nothing."""
    add(database, waiting())
    with database.read() as connection:
        seen = queue.find(connection, "h0000")
    assert seen is not None
    claim(database, "h0000", "a")

    with database.write() as connection, pytest.raises(Changed):
        queue.change(connection, seen, state="withdrawn")


def test_the_place_in_the_queue_counts_who_waits_longer_in_the_same_section(
    database: Database,
) -> None:
    """Others' sections, the claimed and the ended do not count; equal times fall back on the id."""
    same_time = queue.stamp(NOW)
    add(
        database,
        waiting(1),
        waiting(2, requested_at=same_time),
        waiting(3, requested_at=same_time),
        waiting(4, section="zeimu"),
        waiting(5, state="claimed"),
        waiting(6, state="withdrawn"),
        waiting(7),
    )
    with database.read() as connection:
        found = {h.id: queue.position_of(connection, h) for h in queue.listed(connection, ())}
        assert queue.waiting_in(connection, "koseki_jumin") == 4
        assert queue.conversations_waiting_in(connection, "zeimu") == ["c"]
    assert found["h0002"] == 1
    assert found["h0003"] == 2
    assert found["h0001"] == 3
    assert found["h0007"] == 4
    assert found["h0004"] == 1
