"""What is live: the catalogue that answers are rendered from, the search over it, and its model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.dialogue.facilities.words import prepare
from bot.dialogue.zones import ZoneRecogniser
from bot.scenarios.model import Catalogue
from bot.scenarios.reading import read_catalogue, with_changed_scenarios
from bot.scenarios.search import SearchIndex, index_catalogue


class Published:
    """One catalogue, its search index, its zones and its model, exchanged together.

    ``model`` is the file name of the model that understands its questions; empty where the worker is to
    answer with whatever it has. ``like`` lends its search index if it has the same questions, and its
    recogniser if it has the same zones.
    """

    def __init__(
        self, catalogue: Catalogue, model: str = "", like: Published | None = None
    ) -> None:
        self.catalogue = catalogue
        self.model = model
        prepare(catalogue.facilities)
        has_same_zones = like is not None and like.catalogue.zones == catalogue.zones
        self._zones: ZoneRecogniser | None = like._zones if like and has_same_zones else None
        is_alike = like is not None and has_same_questions(like.catalogue, catalogue)
        self._index: SearchIndex | None = like._index if like is not None and is_alike else None

    @property
    def zones(self) -> ZoneRecogniser:
        """Return the recogniser, made when it is first asked for; takes half a second."""
        if self._zones is None:
            self._zones = ZoneRecogniser(self.catalogue.zones)
        return self._zones

    @property
    def index(self) -> SearchIndex:
        """Return the index, made when it is first asked for; takes a second for sixty-six services."""
        if self._index is None:
            self._index = index_catalogue(self.catalogue)
        return self._index

    def prepare(self) -> None:
        """Make here what the first turn that needs it would otherwise wait for."""
        _ = self.index, self.zones

    @property
    def revision(self) -> str:
        """Name the content."""
        return self.catalogue.revision

    @classmethod
    def from_folder(cls, data: Path) -> Published:
        """Read ``data/``.

        Raises:
            ScenarioError: the files cannot be published as they stand.

        """
        return cls(read_catalogue(data))

    @classmethod
    def from_files(
        cls,
        files: Mapping[str, str],
        model: str = "",
        like: Published | None = None,
        *,
        is_checked: bool = True,
    ) -> Published:
        """Read the files of a revision as they were stored, when they had been checked.

        Raises:
            ScenarioError: they are checked again, and this version of the product cannot read them.

        """
        catalogue = with_changed_scenarios(files, like.catalogue) if like and is_checked else None
        if catalogue is not None:
            return cls(catalogue, model, like)
        with laid_out(files) as data:
            return cls(read_catalogue(data, is_checked=is_checked), model, like)


@contextmanager
def laid_out(files: Mapping[str, str]) -> Iterator[Path]:
    """Lay stored files out as the folder that they came from, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="")
        yield Path(folder, next(iter(files)).partition("/")[0])


def has_same_questions(one: Catalogue, other: Catalogue) -> bool:
    """Tell whether two catalogues are asked in the same words, whatever they answer."""
    return _questions(one) == _questions(other)


def _questions(catalogue: Catalogue) -> tuple[Mapping[str, object], ...]:
    return (
        {topic.key: topic.examples for topic in catalogue.topics()},
        {phrase.id: phrase.examples for phrase in catalogue.phrases.values()},
        {kind.id: kind.examples for kind in catalogue.zones.kinds.values()},
        catalogue.zones.blue,
        {scenario.id: (scenario.name, scenario.also) for scenario in catalogue.scenarios.values()},
        # Names in other languages, sayings and what is said elsewhere are learnt from, too.
        catalogue.labels,
        catalogue.lexicon,
        catalogue.background,
    )
