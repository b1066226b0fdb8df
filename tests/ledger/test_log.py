"""The log itself: only ever longer, in order, and sealed in place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from bot.ledger.events import EVENT_TYPES, AuditEvent, BotMessage, ResidentMessage, ServiceStarted
from bot.ledger.log import Log
from bot.ledger.sealing import KeyRing, SealBroken
from bot.store.database import Database, StoreUnavailable
from bot.store.tables import conversations

NOW = datetime(2027, 4, 1, tzinfo=UTC)
STARTED = ServiceStarted(version="1", revision="r1", clock_shifted=False)


def said(text: str, seq: int = 1) -> ResidentMessage:
    """Return a resident's message."""
    return ResidentMessage(
        seq=seq, turn_id="t", client_message_id="m", locale="ja", raw=text, masked=f"伏せた{text}"
    )


class Ledger:
    """A log on a database of its own."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.database = Database(f"sqlite:///{file}")
        self.database.migrate()
        self.log = Log(KeyRing(b"k" * 32))

    def open(self, conversation: str) -> None:
        """Start a conversation."""
        with self.database.write() as connection:
            row = {"id": conversation, "token_hash": b"", "locale": "ja", "state": "bot"}
            row |= {"dialogue": {}, "last_seq": 0, "version": 0, "started_at": ""}
            connection.execute(insert(conversations).values(row))
            self.log.open_conversation(connection, conversation)

    def append(self, *events: AuditEvent, to: str | None = None) -> None:
        """Append in a transaction of its own."""
        with self.database.write() as connection:
            self.log.append(connection, NOW, events, to)

    def texts(self, conversation: str, log: Log | None = None) -> list[str]:
        """Return the opened raw texts."""
        with self.database.read() as connection:
            found = (log or self.log).of_conversation(connection, conversation)
        return [record.sealed["raw"] for record in found]

    def execute(self, statement: str) -> None:
        """Run a statement past the product, as whoever has the file can."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(statement)

    def rows(self) -> list[tuple[object, ...]]:
        """Return the records as they stand in the file."""
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute("SELECT * FROM records ORDER BY number").fetchall()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A log with two conversations and three records."""
    made = Ledger(tmp_path / "log.db")
    made.append(STARTED)
    made.open("c1")
    made.open("c2")
    made.append(said("ひとつ"), to="c1")
    made.append(said("ふたつ"), to="c2")
    yield made
    made.database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET at = ''",
        "UPDATE records SET envelope = '{}' WHERE number = 2",
        "UPDATE OR REPLACE records SET number = 1 WHERE number = 2",
        "UPDATE OR IGNORE records SET conversation_id = 'c2' WHERE number = 2",
        "DELETE FROM records WHERE number = 1",
        "DELETE FROM records",
        "REPLACE INTO records SELECT number, NULL, NULL, '', 'forged', '{}' FROM records",
        "INSERT OR REPLACE INTO records VALUES (2, NULL, NULL, '', 'forged', '{}')",
        "INSERT INTO records VALUES (2, NULL, NULL, '', 'forged', '{}') "
        "ON CONFLICT (number) DO UPDATE SET type = 'forged'",
        "INSERT OR REPLACE INTO records VALUES (99, 'c1', 1, '', 'forged', '{}')",
    ],
)
def test_record_cannot_be_changed_or_removed(ledger: Ledger, statement: str) -> None:
    """Also a stranger's own SQL only ever makes the log longer."""
    before = ledger.rows()

    with pytest.raises(sqlite3.DatabaseError):
        ledger.execute(statement)
    assert before == ledger.rows()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE revisions SET files = x''",
        "DELETE FROM revisions",
        "REPLACE INTO revisions VALUES ('r1', '', x'')",
    ],
)
def test_published_revision_cannot_be_changed_or_removed(ledger: Ledger, statement: str) -> None:
    """The texts behind past answers stay what they were."""
    ledger.execute("INSERT INTO revisions VALUES ('r1', 'then', x'01')")

    with pytest.raises(sqlite3.DatabaseError):
        ledger.execute(statement)
    with closing(sqlite3.connect(ledger.file)) as connection:
        assert connection.execute("SELECT * FROM revisions").fetchall() == [("r1", "then", b"\1")]


def test_records_are_numbered_without_a_gap_over_all_conversations(ledger: Ledger) -> None:
    """A missing number would be a missing record."""
    ledger.append(said("みっつ", 2), said("よっつ", 3), to="c1")
    with ledger.database.read() as connection:
        records = list(ledger.log.every(connection))

    assert [record.number for record in records] == [1, 2, 3, 4, 5]
    assert [record.conversation_id for record in records] == [None, "c1", "c2", "c1", "c1"]
    assert all(record.sealed == {} for record in records)


def test_rolled_back_record_leaves_no_trace(ledger: Ledger) -> None:
    """What was not committed was never logged, and its number is free."""
    before = ledger.rows()

    class _Undone(Exception):
        pass

    def give_up(connection: Connection) -> None:
        ledger.log.append(connection, NOW, [said("なし", 2)], "c1")
        raise _Undone

    with pytest.raises(_Undone), ledger.database.write() as connection:
        give_up(connection)
    assert before == ledger.rows()
    assert ledger.texts("c1") == ["ひとつ"]


def test_seq_stands_once_in_a_conversation(ledger: Ledger) -> None:
    """Two messages with one number cannot both be in the log."""
    with pytest.raises(StoreUnavailable):
        ledger.append(said("もう一度", 1), to="c1")


def test_conversation_is_read_in_order_from_a_seq_on(ledger: Ledger) -> None:
    """A reader that knows a seq gets the later messages, and no record that is none."""
    ledger.append(said("みっつ", 2), STARTED, said("よっつ", 3), to="c1")
    with ledger.database.read() as connection:
        found = ledger.log.of_conversation(connection, "c1", after_seq=1)

    assert [(record.seq, record.sealed["raw"]) for record in found] == [
        (2, "みっつ"),
        (3, "よっつ"),
    ]


def test_conversation_that_nobody_opened_has_no_records(ledger: Ledger) -> None:
    """Reading an unknown conversation is no failure."""
    assert ledger.texts("nobody") == []


def test_sealed_field_needs_a_conversation(ledger: Ledger) -> None:
    """Without a conversation there is no key, and nothing personal may be logged in clear."""
    with pytest.raises(ValueError, match="resident_message: a sealed field needs a conversation"):
        ledger.append(said("だれ"))


@pytest.mark.parametrize(
    "move",
    [
        "UPDATE sealed_fields SET sealed = (SELECT sealed FROM sealed_fields "
        "WHERE record_number = 2 AND name = 'masked') WHERE record_number = 2 AND name = 'raw'",
        "UPDATE sealed_fields SET sealed = (SELECT sealed FROM sealed_fields "
        "WHERE record_number = 3 AND name = 'raw') WHERE record_number = 2 AND name = 'raw'",
        "UPDATE sealed_fields SET sealed = (SELECT sealed FROM sealed_fields "
        "WHERE record_number = 4 AND name = 'raw') WHERE record_number = 2 AND name = 'raw'",
        "UPDATE sealed_fields SET sealed = x''",
        "UPDATE conversation_keys SET wrapped = x'00' WHERE conversation_id = 'c1'",
        "UPDATE conversation_keys SET wrapped = (SELECT wrapped FROM conversation_keys "
        "WHERE conversation_id = 'c2') WHERE conversation_id = 'c1'",
    ],
    ids=["other-field", "other-resident", "other-message", "emptied", "key-lost", "key-moved"],
)
def test_sealed_field_opens_only_in_its_place(ledger: Ledger, move: str) -> None:
    """A text that was moved or altered is not shown as if it had been said there."""
    ledger.append(said("みっつ", 2), to="c1")
    ledger.execute(move)

    with pytest.raises(SealBroken):
        ledger.texts("c1")


def test_sealed_fields_do_not_open_under_another_master_key(ledger: Ledger) -> None:
    """A copy of the database without the key file is worth nothing."""
    with pytest.raises(SealBroken):
        ledger.texts("c1", Log(KeyRing(b"x" * 32)))


def test_erased_conversation_key_closes_one_conversation_for_good(ledger: Ledger) -> None:
    """One small row less, and this resident's words are gone; the others' are not."""
    ledger.execute("UPDATE conversation_keys SET wrapped = x'' WHERE conversation_id = 'c1'")

    with pytest.raises(SealBroken):
        ledger.texts("c1")
    assert ledger.texts("c2") == ["ふたつ"]


@pytest.mark.parametrize("event", EVENT_TYPES, ids=lambda event: event.type)
def test_event_type_says_what_it_is(event: type[AuditEvent]) -> None:
    """Each type has a name of its own and a docstring that auditors read."""
    names = [other.type for other in EVENT_TYPES]

    assert names.count(event.type) == 1
    assert event.__doc__
    assert not event.__doc__.startswith(event.__name__ + "(")


@pytest.mark.parametrize(
    "make",
    [
        lambda text: said(text),
        lambda text: BotMessage(turn_id="t", content={"type": "text", "text": text}),
    ],
    ids=["resident", "bot"],
)
def test_open_fields_hold_nothing_that_is_sealed(make: Callable[[str], AuditEvent]) -> None:
    """What is said can be erased; what stays readable does not quote it."""
    event = make("カナリア")

    assert "カナリア" in str(event.sealed_fields())
    assert "カナリア" not in str(event.open_fields())
