"""The migrations make exactly the tables that the code uses."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import bot.store
from bot.store.database import Database, StoreUnavailable
from bot.store.tables import metadata

FOLDER = Path(bot.store.__file__).parent / "migrations"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A migrated database."""
    database = Database(f"sqlite:///{tmp_path / 'm.db'}")
    database.migrate()
    database.close()
    return tmp_path / "m.db"


def _inspected(url: str) -> dict[str, object]:
    """Return all that can be known of every table: columns, keys, constraints, indexes."""
    engine = sa.create_engine(url)
    found: dict[str, object] = {}
    inspector = sa.inspect(engine)
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        unique = [tuple(u["column_names"]) for u in inspector.get_unique_constraints(table)]
        foreign = inspector.get_foreign_keys(table)
        found[table] = {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)
            },
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "unique": sorted(unique),
            "foreign": sorted((*f["constrained_columns"], f["referred_table"]) for f in foreign),
            "indexes": sorted(
                (i["name"], *i["column_names"], i["unique"]) for i in inspector.get_indexes(table)
            ),
        }
    engine.dispose()
    return found


def test_migrations_make_the_tables_of_the_code(file: Path, tmp_path: Path) -> None:
    """Tables, columns, types, keys, constraints and indexes are those of ``tables.py``."""
    declared = sa.create_engine(f"sqlite:///{tmp_path / 'd.db'}")
    metadata.create_all(declared)
    declared.dispose()

    assert _inspected(f"sqlite:///{tmp_path / 'd.db'}") == _inspected(f"sqlite:///{file}")


def test_alembic_sees_nothing_to_migrate(file: Path) -> None:
    """A change of ``tables.py`` without its migration is found here."""
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_migrating_again_changes_nothing(file: Path) -> None:
    """Every start migrates; only the first one has to do anything."""
    before = _schema(file)
    database = Database(f"sqlite:///{file}")
    database.migrate()
    database.close()

    assert before == _schema(file)


def test_migrations_are_one_line_from_first_to_last() -> None:
    """No two migrations follow the same one, and the first follows none."""
    scripts = ScriptDirectory(str(FOLDER))
    revisions = [script.revision for script in scripts.walk_revisions()]

    assert scripts.get_bases() == [revisions[-1]]
    assert scripts.get_heads() == [revisions[0]]
    assert len(list(FOLDER.glob("versions/*.py"))) == len(revisions)


def test_log_and_revisions_are_guarded_by_triggers(file: Path) -> None:
    """A fresh database refuses to change or remove what is in the log."""
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT tbl_name, upper(sql) FROM sqlite_master WHERE type = 'trigger'"
        triggers = connection.execute(query).fetchall()
    guarded = {
        (table, verb) for table, text in triggers for verb in ("UPDATE", "DELETE") if verb in text
    }

    assert {(t, v) for t in ("records", "revisions") for v in ("UPDATE", "DELETE")} <= guarded


def test_first_migration_cannot_be_undone(file: Path) -> None:
    """Nobody loses a log by a slip: the way back is a backup."""
    before = _schema(file)
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(RuntimeError, match="restore a backup"):
            command.downgrade(config, "base")
    engine.dispose()

    assert before == _schema(file)


def test_interrupted_migration_leaves_an_empty_database(tmp_path: Path) -> None:
    """All of a migration takes place or none: here a table stands in its way."""
    file = tmp_path / "m.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE sealed_fields (n INTEGER)")
    before = _schema(file)
    database = Database(f"sqlite:///{file}")

    with pytest.raises(StoreUnavailable):
        database.migrate()
    database.close()
    assert before == _schema(file)


def _schema(file: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT name, sql FROM sqlite_master ORDER BY type, name"
        return connection.execute(query).fetchall()
