"""What was made live when: each revision's files, and the list whose last entry is live.

Every function MUST run inside the caller's transaction; the change and the audit event that describes it
are stored together or not at all.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from bot.ledger.events import AuditEvent
from bot.ledger.log import Log
from bot.scenarios.model import Catalogue
from bot.store.tables import publications, revisions

_QUICKLY = 1  # nobody can write while files are stored: a third of the time for a quarter more room


@dataclass(frozen=True)
class Publication:
    """One entry of the list; ``number`` counts from 1."""

    number: int
    revision: str
    model: str
    at: str


class UnknownRevision(Exception):
    """No revision of that name was ever published."""


def live_publication(connection: Connection) -> Publication | None:
    """Return what is live; None while nothing was ever published."""
    row = connection.execute(select(publications).order_by(publications.c.number.desc()).limit(1))
    found = row.mappings().one_or_none()
    return Publication(**found) if found else None


def past_publications(connection: Connection) -> list[Publication]:
    """Return everything that was ever live, newest first."""
    rows = connection.execute(select(publications).order_by(publications.c.number.desc()))
    return [Publication(**row) for row in rows.mappings()]


def files_of(connection: Connection, revision: str) -> Mapping[str, str]:
    """Return the files of a revision by their path, ``data/ward.yml`` and so on.

    Raises:
        UnknownRevision: it was never published here.

    """
    stored = connection.scalar(select(revisions.c.files).where(revisions.c.revision == revision))
    if stored is None:
        raise UnknownRevision(revision)
    files: Mapping[str, str] = json.loads(zlib.decompress(stored))
    return files


def make_live(
    connection: Connection, log: Log, at: datetime, revision: str, model: str, event: AuditEvent
) -> Publication:
    """Make a stored revision live, and log it."""
    last = connection.scalar(select(func.coalesce(func.max(publications.c.number), 0))) or 0
    publication = Publication(last + 1, revision, model, at.isoformat(timespec="microseconds"))
    connection.execute(insert(publications).values(**publication.__dict__))
    log.append(connection, at, [event])
    return publication


def keep_files(connection: Connection, catalogue: Catalogue, at: datetime) -> None:
    """Store a revision's files, so that any past answer can be shown from its own texts."""
    query = select(revisions.c.revision).where(revisions.c.revision == catalogue.revision)
    if connection.execute(query).first() is None:
        files = json.dumps(dict(catalogue.files), ensure_ascii=False).encode()
        connection.execute(
            insert(revisions).values(
                revision=catalogue.revision,
                published_at=at.isoformat(timespec="microseconds"),
                files=zlib.compress(files, _QUICKLY),
            )
        )
