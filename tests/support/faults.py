"""Ways in which a real SQLite database fails, made to happen and taken back."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Pool, event


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another process holds the writer's place, and no connection waits long for it."""
    with _every_connection("PRAGMA busy_timeout = 10"), closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.rollback()


@contextmanager
def read_only(file: Path) -> Iterator[None]:
    """The database takes reads and refuses writes, as on a disk mounted read-only."""
    with _every_connection("PRAGMA query_only = ON"):
        yield


@contextmanager
def full(file: Path) -> Iterator[None]:
    """No file of the process may grow beyond the write-ahead log, which is where commits go."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = file.with_name(file.name + "-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def refusing(file: Path, table: str, verb: str = "INSERT") -> Iterator[None]:
    """The database refuses one kind of statement, in the middle of a transaction."""
    with closing(sqlite3.connect(file)) as other:
        other.execute(
            f"CREATE TRIGGER refusing BEFORE {verb} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
        )
        try:
            yield
        finally:
            other.execute("DROP TRIGGER refusing")


@contextmanager
def _every_connection(pragma: str) -> Iterator[None]:
    """Set a pragma on each connection as it is taken from its pool, and its default afterwards."""
    name = pragma.split()[1]
    default = {"query_only": "OFF", "busy_timeout": "5000"}[name]

    def on_checkout(connection: Any, record: object, proxy: object) -> None:
        connection.execute(pragma)

    def on_checkin(connection: Any, record: object) -> None:
        if connection is not None:
            connection.execute(f"PRAGMA {name} = {default}")

    event.listen(Pool, "checkout", on_checkout)
    event.listen(Pool, "checkin", on_checkin)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", on_checkout)
        event.remove(Pool, "checkin", on_checkin)
