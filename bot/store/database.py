"""Connections and transactions: SQLite by default, durable to the disk at each commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, inspect
from sqlalchemy.exc import SQLAlchemyError

from bot.store.tables import probe

_WRITES = "madoguchi_writes"


class StoreUnavailable(Exception):
    """The database cannot be read or written now; nothing of the transaction took place."""


class Database:
    """Short transactions on one database; one writer at a time."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, hide_parameters=True)
        if self._engine.dialect.name == "sqlite":
            _make_durable(self._engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads.

        Raises:
            StoreUnavailable: the database did not answer.

        """
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that holds the one writer's place; all of it is durable after the block.

        Raises:
            StoreUnavailable: the database did not take it; nothing is stored.

        """
        with self._transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        try:
            with self._engine.connect() as plain:
                connection = plain.execution_options(**{_WRITES: writes})
                with connection.begin():
                    yield connection
        except SQLAlchemyError as error:
            raise StoreUnavailable(type(error).__name__) from error

    def check_writable(self) -> None:
        """Write and take back one row.

        Raises:
            StoreUnavailable: the log could not be written now.

        """
        with self.write() as connection:
            connection.execute(insert(probe).values(n=1))
            connection.execute(delete(probe))

    def migrate(self) -> None:
        """Bring the schema to the newest migration."""
        # Imported here: a command that only reads starts a fifth of a second sooner.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def has_table(self, name: str) -> bool:
        """Tell whether the schema has come as far as this table, without the cost of migrating.

        Raises:
            StoreUnavailable: the database did not answer.

        """
        with self.read() as connection:
            return inspect(connection).has_table(name)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _make_durable(engine: Engine) -> None:
    """WAL so that readers never wait, synchronous=FULL so that a commit survives a power cut."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: object) -> None:
        # The driver's own transaction handling would begin too late for BEGIN IMMEDIATE.
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "busy_timeout = 5000",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
