"""Transactions: durable, whole, one writer at a time, readers never in the way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text

from bot.store.database import Database, StoreUnavailable
from bot.store.tables import revisions
from tests.support.faults import full, locked, read_only


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "store.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    """A migrated database."""
    made = Database(f"sqlite:///{file}")
    made.migrate()
    yield made
    made.close()


def _add(connection: Connection, name: str) -> None:
    row = {"revision": name, "published_at": "", "files": b""}
    connection.execute(insert(revisions).values(row))


def _names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(select(revisions.c.revision).order_by("revision")))


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)],
)
def test_every_connection_is_durable(database: Database, pragma: str, value: object) -> None:
    """Also the connections of a burst, which are opened later, have each setting."""
    with ExitStack() as stack:
        burst = [stack.enter_context(database.read()) for _ in range(8)]
        found = [connection.scalar(text(f"PRAGMA {pragma}")) for connection in burst]

    assert found == [value] * 8


def test_commit_goes_through_the_write_ahead_log(database: Database, file: Path) -> None:
    """The mode is on in the file, not only asked for: a commit stands in the log beside it."""
    log = file.with_name(file.name + "-wal")
    before = log.stat().st_size
    with database.write() as connection:
        _add(connection, "r-in-the-log")

    assert before < log.stat().st_size
    assert b"r-in-the-log" in log.read_bytes()


def test_commit_is_there_for_another_process_at_once(database: Database, file: Path) -> None:
    """What a block has written is stored when the block is left."""
    with database.write() as connection:
        _add(connection, "r1")
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT revision FROM revisions").fetchall() == [("r1",)]


def test_failed_block_stores_nothing(database: Database) -> None:
    """An exception of the caller undoes all of the block and comes through as it is."""

    def fail(connection: Connection) -> None:
        _add(connection, "r1")
        raise LookupError("the caller's own")

    with pytest.raises(LookupError, match="the caller's own"), database.write() as connection:
        fail(connection)
    assert _names(database) == []


def test_failed_statement_stores_nothing_of_its_block(database: Database) -> None:
    """What the database refuses undoes what it took before."""
    with pytest.raises(StoreUnavailable, match="IntegrityError"), database.write() as connection:
        _add(connection, "r1")
        _add(connection, "r1")
    assert _names(database) == []


def test_reader_sees_one_state_and_does_not_wait(database: Database) -> None:
    """A transcript that is being read neither waits for a turn nor changes under the reader."""
    with database.read() as reading:
        assert list(reading.scalars(select(revisions.c.revision))) == []
        with database.write() as writing:
            _add(writing, "r1")
        during = list(reading.scalars(select(revisions.c.revision)))

    assert during == []
    assert _names(database) == ["r1"]


def test_writers_take_turns(database: Database) -> None:
    """Read, then write, from many threads at once: no write is lost, none is refused."""
    count = select(revisions.c.revision)

    def add_one(_: int) -> None:
        with database.write() as connection:
            seen = len(connection.execute(count).all())
            _add(connection, f"r{seen:03}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(40)))
    assert _names(database) == [f"r{number:03}" for number in range(40)]


def test_read_transaction_takes_no_writers_place(database: Database) -> None:
    """Two that only read and one that writes go on side by side."""
    with database.read() as one, database.read() as other, database.write() as writing:
        for connection in (one, other):
            connection.execute(select(revisions.c.revision)).all()
        _add(writing, "r1")

    assert _names(database) == ["r1"]


def test_check_leaves_nothing_behind(database: Database, file: Path) -> None:
    """The readiness probe writes, and takes back what it wrote."""
    with closing(sqlite3.connect(file)) as other:
        before = list(other.iterdump())
        database.check_writable()

        assert before == list(other.iterdump())


@pytest.mark.parametrize("broken", [locked, read_only, full])
def test_check_finds_a_database_that_takes_no_writes(
    database: Database, file: Path, broken: object
) -> None:
    """Locked, read-only, full: each is found, and each is over when it is over."""
    assert callable(broken)
    with broken(file), pytest.raises(StoreUnavailable, match="OperationalError"):
        database.check_writable()
    database.check_writable()


def test_reading_goes_on_while_nothing_can_be_written(database: Database, file: Path) -> None:
    """A locked database still answers what was said."""
    with database.write() as connection:
        _add(connection, "r1")
    with locked(file):
        assert _names(database) == ["r1"]


def test_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    """A damaged file is named as what it is to the program: a store that does not answer."""
    (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")

    with pytest.raises(StoreUnavailable, match="DatabaseError"):
        database.migrate()
    database.close()


def test_reason_quotes_no_parameter(database: Database) -> None:
    """The kind of the failure is told, not what would have been stored."""
    with pytest.raises(StoreUnavailable) as failed, database.write() as connection:
        _add(connection, "カナリア")
        _add(connection, "カナリア")

    assert "カナリア" not in f"{failed.value}{failed.value.__cause__}"
