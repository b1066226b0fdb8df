"""The way from ``data/`` to residents, and back: check, train, measure, compare, make live.

Nothing is stored before the last step, which is one transaction: files, publication and audit event.
Running gateways follow by themselves (bot/dialogue/following.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import insert, select

from bot.dialogue.publications import (
    Publication,
    files_of,
    keep_files,
    live_publication,
    make_live,
    past_publications,
)
from bot.dialogue.published import Published, has_same_questions, laid_out
from bot.evaluation.rows import Row, read_rows
from bot.ledger.events import RevisionPublished, RevisionRolledBack
from bot.ledger.opening import open_log
from bot.publishing.candidate import judge
from bot.publishing.comparison import Comparison, Verdict, Verdicts, compare, row_id
from bot.publishing.person import staff_name
from bot.scenarios.lint.checking import check_reading
from bot.scenarios.lint.findings import Finding
from bot.scenarios.model import Catalogue
from bot.scenarios.problems import Problem, ScenarioError
from bot.scenarios.reading import Reading, read_catalogue, read_with_files
from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.tables import evaluations, publications
from bot.training import MODELS, ROOT, Say, train_if_stale, training
from bot.warm import variables_in
from bot.web.settings import Settings

Judge = Callable[[Published, Sequence[Row], Clock, Mapping[str, str]], Verdicts]


class Refused(Exception):
    """The candidate must not go live; carries the reasons and the figures."""

    def __init__(self, reasons: Sequence[str], comparison: Comparison) -> None:
        super().__init__("\n".join(reasons))
        self.reasons, self.comparison = tuple(reasons), comparison


class NothingToRollBack(Exception):
    """There is no earlier revision."""


@dataclass(frozen=True)
class Candidate:
    """What would go live: the new revision, the live one, which files differ, what was measured.

    ``comparison`` is None where nothing can have changed, or nothing is there to compare with or by.
    """

    published: Published
    live: Published | None
    number: int
    files: tuple[str, ...]
    warnings: tuple[Finding, ...]
    comparison: Comparison | None

    @property
    def is_live(self) -> bool:
        """Tell whether it is live already."""
        return self.live is not None and self.live.revision == self.published.revision


class Gate:
    """Publishes into one database; the steps are the same for every caller."""

    def __init__(
        self, settings: Settings, say: Say, clock: Clock | None = None, judge: Judge = judge
    ) -> None:
        self._settings, self._say, self._judge = settings, say, judge
        self._clock = clock or settings.new_clock()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._database = Database(settings.store_url)
        if not self._database.has_table(publications.name):
            self._database.migrate()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def live(self) -> Published | None:
        """Return what is live."""
        publication, files = self._live()
        return Published.from_files(files, publication.model) if publication else None

    def unpublished_files(self, catalogue: Catalogue) -> tuple[str, ...]:
        """Name the files that differ from what is live; none where nothing is live."""
        _, files = self._live()
        return _changed(files, catalogue.files) if files else ()

    def candidate(self, data: Path) -> Candidate:
        """Check, train if the questions changed, and measure what would go live.

        Raises:
            ScenarioError: the files have mistakes.
            TrainingFailed: Rasa did not make a model.
            CandidateFailed: the golden questions could not be asked.
            BadRows: a file of golden questions cannot be read.

        """
        publication, before = self._live_reading()
        live = Published(before.catalogue, publication.model) if publication and before else None
        number = publication.number if publication else 0
        reading = read_with_files(data, before=before)
        catalogue = reading.catalogue
        changed = _changed(live.catalogue.files if live else {}, catalogue.files)
        if live is not None and live.revision == catalogue.revision:
            return Candidate(live, live, number, (), (), None)
        variables = variables_in(self._settings.data_dir)
        with training(data, self._say, catalogue, variables) as trained:
            # While it trains: what is wrong ends both.
            warnings = self._findings(data, reading, live, changed)
            model = trained()
        published = Published(catalogue, model.name, live)
        comparison = self._compared(live, published, data, variables)
        return Candidate(published, live, number, changed, warnings, comparison)

    def first(self, data: Path) -> Candidate:
        """Return what is published first of all: readable and trained, but not looked at by the linter.

        Raises:
            ScenarioError: the files have mistakes.
            TrainingFailed: Rasa did not make a model.

        """
        catalogue = read_catalogue(data)
        model = train_if_stale(data, self._say, catalogue=catalogue)
        return Candidate(Published(catalogue, model.name), None, 0, (), (), None)

    def _findings(
        self, data: Path, reading: Reading, live: Published | None, changed: Sequence[str]
    ) -> tuple[Finding, ...]:
        """Return the linter's warnings; of a text that changed, only those about its own file.

        Raises:
            ScenarioError: it finds what must not be published.

        """
        if not (data / "lint.yml").is_file():
            return ()  # a folder without rules, as in tests and benchmarks
        is_text = live is not None and has_same_questions(live.catalogue, reading.catalogue)
        files = {f"{data.name}/{name}" for name in changed} if is_text else None
        _, findings = check_reading(reading, data, self._clock.today(), files)
        errors = [f for f in findings if f.severity == "error"]
        if errors:
            raise ScenarioError(Problem(f.path, f.line, f.code, f.message) for f in errors)
        named = {f"{data.name}/{name}" for name in changed}
        return tuple(finding for finding in findings if finding.path in named)

    def publish(self, candidate: Candidate, accepted: str | None = None) -> Publication:
        """Make a candidate live; ``accepted`` is the reason why somebody lets it be worse.

        Raises:
            Refused: it understands worse than what is live, beyond the tolerance.

        """
        comparison = candidate.comparison
        reasons = comparison.refusals() if comparison else []
        if comparison and reasons and not accepted:
            raise Refused(reasons, comparison)
        published, live = candidate.published, candidate.live
        event = RevisionPublished(
            revision=published.revision,
            replaces=live.revision if live else None,
            model=published.model,
            by=staff_name(),
            files=candidate.files,
            figures=comparison.figures() if comparison else {},
            accepted=accepted if reasons else None,
        )
        return self._make_live(published.catalogue, published.model, event)

    def rollback(self, revision: str | None = None) -> Publication:
        """Make a former revision live again; the last one that was live, if none is named.

        Raises:
            NothingToRollBack: nothing else was ever live.
            UnknownRevision: it was never published here.
            TrainingFailed: its model is gone and could not be made again.

        """
        with self._database.read() as connection:
            past = past_publications(connection)
            others = [p.revision for p in past if p.revision != past[0].revision]
            if not others:
                raise NothingToRollBack
            wanted = revision or others[0]
            files = files_of(connection, wanted)
        catalogue, model = self._with_model(files)
        event = RevisionRolledBack(
            revision=wanted, replaces=past[0].revision, model=model, by=staff_name()
        )
        return self._make_live(catalogue, model, event)

    def ensure_live_model(self) -> Path | None:
        """Return the model of what is live, trained anew where the engine has changed since."""
        publication, files = self._live()
        if publication is None:
            return None
        catalogue, model = self._with_model(files)
        if model != publication.model:
            event = RevisionPublished(
                revision=publication.revision,
                replaces=publication.revision,
                model=model,
                by="madoguchi",
                files=(),
                figures={},
            )
            self._make_live(catalogue, model, event)
        return MODELS / model

    def _with_model(self, files: Mapping[str, str]) -> tuple[Catalogue, str]:
        variables = variables_in(self._settings.data_dir)
        with laid_out(files) as data:
            catalogue = read_catalogue(data)
            model = train_if_stale(data, self._say, catalogue=catalogue, variables=variables)
        return catalogue, model.name

    def _live(self) -> tuple[Publication | None, Mapping[str, str]]:
        with self._database.read() as connection:
            publication = live_publication(connection)
            return publication, (files_of(connection, publication.revision) if publication else {})

    def _live_reading(self) -> tuple[Publication | None, Reading | None]:
        publication, files = self._live()
        if publication is None:
            return None, None
        with laid_out(files) as data:
            return publication, read_with_files(data, is_checked=True)

    def _compared(
        self,
        live: Published | None,
        published: Published,
        data: Path,
        variables: Mapping[str, str],
    ) -> Comparison | None:
        if live is None or self._fingerprint(live) == self._fingerprint(published):
            return None
        rows = golden_rows(data, published.catalogue)
        if not rows:
            return None
        self._say(f"評価用の質問 {len(rows)} 問で、公開中のものと比べています")
        asked_before = [row for row in rows if _is_known(row, live.catalogue)]
        before = self._verdicts(live, asked_before, variables)
        return compare(rows, before, self._verdicts(published, rows, variables))

    def _verdicts(
        self, published: Published, rows: Sequence[Row], variables: Mapping[str, str]
    ) -> Verdicts:
        """Return the verdicts on the rows, from an earlier evaluation where there was one."""
        fingerprint = self._fingerprint(published)
        query = select(evaluations.c.verdicts).where(evaluations.c.fingerprint == fingerprint)
        with self._database.read() as connection:
            stored = connection.scalar(query)
        known = _read_verdicts(stored) if stored else {}
        missing = [row for row in rows if row_id(row) not in known]
        if missing:
            if not (MODELS / published.model).exists():
                published = Published(*self._with_model(published.catalogue.files), published)
            known = {**known, **self._judge(published, missing, self._clock, variables)}
            self._keep_verdicts(fingerprint, known)
        return {row_id(row): known[row_id(row)] for row in rows}

    def _keep_verdicts(self, fingerprint: str, verdicts: Verdicts) -> None:
        values = {
            "at": self._clock.now().isoformat(timespec="microseconds"),
            "verdicts": zlib.compress(
                json.dumps({key: asdict(v) for key, v in verdicts.items()}).encode()
            ),
        }
        with self._database.write() as connection:
            connection.execute(evaluations.delete().where(evaluations.c.fingerprint == fingerprint))
            connection.execute(insert(evaluations).values(fingerprint=fingerprint, **values))

    def _fingerprint(self, published: Published) -> str:
        """Hash all that the answers to golden questions depend on: everything but the wordings."""
        today, catalogue = self._clock.today(), published.catalogue
        in_force = sorted(t.key for t in catalogue.topics() if t.answer_on(today) is not None)
        zones = {scenario.id: scenario.zone for scenario in catalogue.scenarios.values()}
        outcomes = {phrase.id: phrase.outcome for phrase in catalogue.phrases.values()}
        other = {n: text for n, text in catalogue.files.items() if not _is_wording(n)}
        code = [f.read_text("utf-8") for f in sorted((ROOT / "bot" / "dialogue").glob("*.py"))]
        parts = [published.model, in_force, zones, outcomes, other, code]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _make_live(
        self, catalogue: Catalogue, model: str, event: RevisionPublished | RevisionRolledBack
    ) -> Publication:
        now = self._clock.now()
        log = open_log(self._database, self._settings.data_dir)
        with self._database.write() as connection:
            keep_files(connection, catalogue, now)
            publication = make_live(connection, log, now, catalogue.revision, model, event)
        point_to(self._settings.data_dir, model)
        return publication


def golden_rows(data: Path, catalogue: Catalogue) -> list[Row]:
    """Read the questions of ``golden/`` that are about what the catalogue knows, never ``golden/blind``."""
    rows = [row for file in sorted((data / "golden").glob("*.jsonl")) for row in read_rows(file)]
    return [row for row in rows if _is_known(row, catalogue)]


def _is_known(row: Row, catalogue: Catalogue) -> bool:
    """Tell whether the catalogue has every service that a question is about."""
    named = {row.service, *(key.partition(".")[0] for key in row.both)} - {None}
    return named <= set(catalogue.scenarios)


def live_model(data_dir: Path) -> Path:
    """Return the link to the live model, which a worker follows whenever it is started."""
    return data_dir / "run" / "model.tar.gz"


def point_to(data_dir: Path, model: str) -> None:
    """Make the link lead to a model, in one step."""
    link = live_model(data_dir)
    link.parent.mkdir(parents=True, exist_ok=True)
    unfinished = link.with_name(f"{link.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(MODELS / model)
    unfinished.replace(link)


def _changed(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    mine = {name.partition("/")[2]: text for name, text in one.items()}
    theirs = {name.partition("/")[2]: text for name, text in other.items()}
    return tuple(sorted(n for n in {*mine, *theirs} if mine.get(n) != theirs.get(n)))


def _is_wording(name: str) -> bool:
    _, _, below = name.partition("/")
    return below in ("ward.yml", "phrases.yml") or below.startswith("scenarios/")


def _read_verdicts(stored: bytes) -> dict[str, Verdict]:
    return {key: Verdict(**v) for key, v in json.loads(zlib.decompress(stored)).items()}
