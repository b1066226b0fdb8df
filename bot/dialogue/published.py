"""What is live: the catalogue that answers are rendered from, and the search over it."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

from sqlalchemy import insert, select

from bot.dialogue.facility_words import prepare
from bot.dialogue.zones import ZoneRecogniser
from bot.scenarios.model import Catalogue
from bot.scenarios.reading import read_catalogue
from bot.scenarios.search import SearchIndex, index_catalogue
from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.tables import revisions


class Published:
    """One catalogue with its search index and its zones, exchanged together."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.index: SearchIndex = index_catalogue(catalogue)
        prepare(catalogue.facilities)
        self.zones = ZoneRecogniser(catalogue.zones)

    @classmethod
    def from_folder(cls, data: Path) -> Published:
        """Read ``data/``.

        Raises:
            ScenarioError: the files cannot be published as they stand.

        """
        return cls(read_catalogue(data))

    def keep(self, database: Database, clock: Clock) -> None:
        """Store the revision's files, so that any past answer can be shown from its own texts."""
        query = select(revisions.c.revision).where(revisions.c.revision == self.catalogue.revision)
        files = json.dumps(dict(self.catalogue.files), ensure_ascii=False).encode()
        with database.write() as connection:
            if connection.execute(query).first() is None:
                connection.execute(
                    insert(revisions).values(
                        revision=self.catalogue.revision,
                        published_at=clock.now().isoformat(timespec="microseconds"),
                        files=zlib.compress(files),
                    )
                )
