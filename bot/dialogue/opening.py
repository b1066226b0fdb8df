"""What a gateway answers from when it starts: what is published, or the first publication of all."""

from __future__ import annotations

from pathlib import Path

from bot.dialogue.following import Live
from bot.dialogue.publications import files_of, keep_files, live_publication, make_live
from bot.dialogue.published import Published
from bot.ledger.events import RevisionPublished
from bot.ledger.log import Log
from bot.store.clock import Clock
from bot.store.database import Database

_BY_ITSELF = "madoguchi"


def open_live(database: Database, log: Log, clock: Clock, first: Path | Published) -> Live:
    """Return what is live; ``first`` becomes so where nothing is, and where it is given as a value.

    Raises:
        ScenarioError: nothing is published yet and the folder cannot be.
        StoreUnavailable: the database did not answer.

    """
    with database.read() as connection:
        now = live_publication(connection)
        files = files_of(connection, now.revision) if now else {}
    if now and (isinstance(first, Path) or first.revision == now.revision):
        known = (
            Published.from_files(files, now.model, is_checked=False)
            if isinstance(first, Path)
            else first
        )
        return Live(known, now.number)
    published = Published.from_folder(first) if isinstance(first, Path) else first
    return publish_by_itself(database, log, clock, published, now.revision if now else None)


def publish_by_itself(
    database: Database, log: Log, clock: Clock, published: Published, replaces: str | None
) -> Live:
    """Make live what nobody has asked for and nothing stands against: the first revision."""
    event = RevisionPublished(
        revision=published.revision,
        replaces=replaces,
        model=published.model,
        by=_BY_ITSELF,
        files=(),
        figures={},
    )
    with database.write() as connection:
        now = live_publication(connection)
        if (
            now is None or now.revision != published.revision
        ):  # another gateway may have been quicker
            keep_files(connection, published.catalogue, clock.now())
            now = make_live(
                connection, log, clock.now(), published.revision, published.model, event
            )
    return Live(published, now.number)
