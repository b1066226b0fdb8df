"""From the files under ``data/`` to one frozen :class:`Catalogue`.

Both runtimes read the same files through this module, so it needs nothing beyond PyYAML and jsonschema
and runs on Python 3.10 and later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from bot.scenarios.facilities.model import Facilities
from bot.scenarios.facilities.reading import facility_texts, read_facilities
from bot.scenarios.glossary import Glossary
from bot.scenarios.integrity import integrity_problems
from bot.scenarios.model import GROUPS, Answer, Catalogue, Phrase, Scenario, Source, Topic
from bot.scenarios.opening import opening_of, opening_problems
from bot.scenarios.problems import Problem, ScenarioError
from bot.scenarios.validation import schema_problems
from bot.scenarios.yamlfile import YamlFile, parse_yaml, read_yaml
from bot.scenarios.zones import cue_problems, unknown_kinds, zones_of

# What helps to understand; a ward can do without, as one that answers in Japanese alone without a glossary.
_ZONE_EXAMPLES = "zone_examples.yml"
_OPTIONAL = ("glossary.yml", "lexicon.yml", "background.yml", _ZONE_EXAMPLES)


def read_catalogue(data: Path, *, is_checked: bool = False) -> Catalogue:
    """Read and check everything under ``data``.

    Checking takes four fifths of the time; ``is_checked`` spares it where these files, as they were
    stored when they were published, have passed it before.

    Raises:
        ScenarioError: with every finding of every file, not only the first.

    """
    return read_with_files(data, is_checked=is_checked).catalogue


@dataclass(frozen=True)
class Reading:
    """A catalogue with the files that it was read from: ward, phrases, zones, then the scenarios."""

    catalogue: Catalogue
    files: Sequence[YamlFile]
    helps: Sequence[YamlFile]

    def of_text(self, path: str, text: str) -> YamlFile | None:
        """Return a file of this reading if it has exactly this text."""
        return self._by_path.get(path) if self.catalogue.files.get(path) == text else None

    @cached_property
    def _by_path(self) -> Mapping[str, YamlFile]:
        return {file.path: file for file in (*self.files, *self.helps)}


def read_with_files(
    data: Path, *, is_checked: bool = False, before: Reading | None = None
) -> Reading:
    """Read as :func:`read_catalogue`, and return the files too.

    A file that has the same text as in ``before`` is taken from there: it was checked then, by itself,
    and only its references are checked again.
    """
    every, optional = _paths(data)
    files, problems = _read(every, data, is_checked, before)
    helps, more = _read(optional, data, is_checked, before)
    tables, undecodable = facility_texts(data)
    facilities, unusable = read_facilities(tables)
    if problems or more or undecodable or unusable:
        raise ScenarioError([*problems, *more, *undecodable, *unusable])
    ward, phrases, zones, *scenarios = files
    catalogue = _catalogue(ward, phrases, zones, scenarios, helps, data, tables, facilities)
    if not is_checked:
        said = [file for file in helps if file.path.endswith(_ZONE_EXAMPLES)]
        problems = [p for file in said for p in unknown_kinds(file, catalogue.zones)]
        problems += integrity_problems(catalogue, files)
    if problems:
        raise ScenarioError(problems)
    return Reading(catalogue, files, helps)


def with_changed_scenarios(files: Mapping[str, str], like: Catalogue) -> Catalogue | None:
    """Return the catalogue of stored files that differ from those of ``like`` in scenarios alone.

    Only what differs is read, as it was checked before it was stored. None if something else differs.
    """
    every = {*files, *like.files}
    changed = {path for path in every if files.get(path) != like.files.get(path)}
    if not all(map(_is_scenario, changed)):
        return None
    paths = sorted(filter(_is_scenario, files), key=PurePosixPath)
    scenarios = (
        _scenario(parse_yaml(files[path], path))
        if path in changed
        else like.scenarios[PurePosixPath(path).stem]
        for path in paths
    )
    return replace(
        like,
        revision=_revision(files),
        files=dict(files),
        scenarios={scenario.id: scenario for scenario in scenarios},
    )


def _is_scenario(path: str) -> bool:
    return PurePosixPath(path).match("scenarios/*/*.yml")


def read_files(paths: list[Path], data: Path) -> list[YamlFile]:
    """Read each file against its schema: its own name's beside ``ward.yml``, else the scenario's.

    Raises:
        ScenarioError: with every finding of every file.

    """
    files, problems = _read_all(paths, data)
    if problems:
        raise ScenarioError(problems)
    return files


def revision_of(data: Path) -> str:
    """Name the content of a folder as its catalogue does, without looking into the files.

    Raises:
        OSError: one of them cannot be read.
        ValueError: one of them is not UTF-8.

    """
    every, optional = _paths(data)
    tables, _ = facility_texts(data)
    return _revision({**{_shown_as(p, data): _text(p) for p in (*every, *optional)}, **tables})


def _paths(data: Path) -> tuple[list[Path], list[Path]]:
    """Return the files that must be there, and those that a ward can do without and has."""
    scenarios = sorted((data / "scenarios").glob("*/*.yml"))
    every = [*(data / f"{name}.yml" for name in ("ward", "phrases", "zones")), *scenarios]
    return every, [path for path in (data / name for name in _OPTIONAL) if path.is_file()]


def _shown_as(path: Path, data: Path) -> str:
    return path.relative_to(data.parent).as_posix()


def _read(
    paths: list[Path], data: Path, is_checked: bool, before: Reading | None
) -> tuple[list[YamlFile], list[Problem]]:
    files: list[YamlFile] = []
    problems: list[Problem] = []
    for path in paths:
        shown_as = _shown_as(path, data)
        known = _unchanged(path, shown_as, before) if before else None
        if is_checked or known:
            files.append(known or read_yaml(path, shown_as))
            problems.extend(() if is_checked else _place_problems(files[-1], path, data))
        else:
            read, found = _read_all([path], data)
            files.extend(read)
            problems.extend(found)
    return files, problems


def _unchanged(path: Path, shown_as: str, before: Reading) -> YamlFile | None:
    try:
        return before.of_text(shown_as, _text(path))
    except (FileNotFoundError, UnicodeDecodeError):
        return None  # whoever reads it tells what is wrong


def _read_all(paths: list[Path], data: Path) -> tuple[list[YamlFile], list[Problem]]:
    files: list[YamlFile] = []
    problems: list[Problem] = []
    for path in paths:
        shown_as = _shown_as(path, data)
        try:
            file = read_yaml(path, shown_as)
        except FileNotFoundError:
            message = "このファイルがありません。data/ の写しから戻してください。"
            problems.append(Problem(shown_as, 0, "SCN000", message))
            continue
        except ScenarioError as error:
            problems.extend(error.problems)
            continue
        schema = _schema(path, data)
        found = schema_problems(file, schema)
        if not found:
            found = _date_problems(file) + _place_problems(file, path, data)
            found += cue_problems(file) if schema == "zones" else ()
            found += opening_problems(file) if schema == "ward" else []
        problems.extend(found)
        files.append(file)
    return files, problems


def _schema(path: Path, data: Path) -> str:
    return path.stem if path.parent == data else "scenario"


def _place_problems(file: YamlFile, path: Path, data: Path) -> list[Problem]:
    """Return what is wrong with where a scenario stands."""
    return _identity_problems(file, path) if _schema(path, data) == "scenario" else []


def _identity_problems(file: YamlFile, path: Path) -> list[Problem]:
    assert isinstance(file.value, dict)
    problems = []
    if file.value["id"] != path.stem:
        message = f"id「{file.value['id']}」とファイル名「{path.name}」をそろえてください。"
        problems.append(Problem(file.path, file.line(("id",)), "SCN010", message))
    if path.parent.name not in GROUPS:
        known = "、".join(GROUPS)
        message = f"フォルダ「{path.parent.name}」は使えません。{known} のどれかに置いてください。"
        problems.append(Problem(file.path, 0, "SCN019", message))
    elsewhere = [other for other in path.parent.parent.glob(f"*/{path.name}") if other != path]
    if elsewhere:
        message = (
            f"同じサービスが {elsewhere[0].parent.name} にもあります。どちらか一方にしてください。"
        )
        problems.append(Problem(file.path, file.line(("id",)), "SCN011", message))
    return problems


def _date_problems(file: YamlFile) -> list[Problem]:
    """Find dates of the right shape that no calendar has, such as 2026-02-30."""
    problems = []
    for where, value in _leaves(file.value, ()):
        if where and where[-1] in {"valid_from", "valid_until", "reviewed_on"}:
            try:
                date.fromisoformat(str(value))
            except ValueError:
                message = f"{value} という日はありません。暦にある日にしてください。"
                problems.append(Problem(file.path, file.line(where), "SCN018", message))
    return problems


def _leaves(value: Any, where: tuple[Any, ...]) -> list[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*where, key))]
    if isinstance(value, list):
        return [leaf for i, item in enumerate(value) for leaf in _leaves(item, (*where, i))]
    return [(where, value)]


def _catalogue(
    ward: YamlFile,
    phrases: YamlFile,
    zones: YamlFile,
    scenarios: list[YamlFile],
    helps: list[YamlFile],
    data: Path,
    tables: Mapping[str, str],
    facilities: Facilities,
) -> Catalogue:
    every = (ward, phrases, zones, *scenarios, *helps)
    texts = {file.path: _text(data.parent / file.path) for file in every}
    texts.update(tables)
    help_of: Any = {Path(file.path).stem: file.value for file in helps}
    own: Any = phrases.value
    return Catalogue(
        revision=_revision(texts),
        scenarios={scenario.id: scenario for scenario in map(_scenario, scenarios)},
        phrases={key: _phrase(key, raw) for key, raw in own["phrases"].items()},
        labels=own["labels"],
        zones=zones_of(zones, help_of.get("zone_examples", {})),
        ward=ward.value,  # type: ignore[arg-type]  # the schema has checked its shape
        files=texts,
        facilities=facilities,
        glossary=_glossary(help_of.get("glossary", {"terms": {}})),
        lexicon=_lexicon(help_of.get("lexicon", {})),
        background=_lines(help_of.get("background", {})),
        opening=opening_of(ward.value),  # type: ignore[arg-type]  # the schema has checked its shape
    )


def _text(path: Path) -> str:
    return path.read_text("utf-8-sig")


def _glossary(raw: Mapping[str, Any]) -> Glossary:
    return Glossary(raw["terms"], tuple(raw.get("traditional", ())))


def _lexicon(raw: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    """Turn official words with what residents say into what residents say with official words."""
    meant: dict[str, list[str]] = {}
    for official, sayings in raw.items():
        for saying in sayings:
            meant.setdefault(saying, []).append(official)
    return {saying: tuple(officials) for saying, officials in meant.items()}


def _lines(raw: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    return {locale: tuple(lines) for locale, lines in raw.items()}


def _revision(texts: Mapping[str, str]) -> str:
    """Name the content: the same files give the same revision on every machine."""
    digest = hashlib.sha256()
    for path in sorted(texts):
        digest.update(f"{path}\0{texts[path]}\0".encode())
    return "r" + digest.hexdigest()[:16]


def _phrase(key: str, raw: Mapping[str, Any]) -> Phrase:
    return Phrase(
        id=key,
        texts=raw["text"],
        outcome=raw.get("outcome"),
        examples={locale: tuple(lines) for locale, lines in raw.get("examples", {}).items()},
        options=tuple(raw.get("options", ())),
    )


def _scenario(file: YamlFile) -> Scenario:
    raw: Any = file.value
    sources = {
        key: Source(source["title"], source["url"], date.fromisoformat(source["reviewed_on"]))
        for key, source in raw["sources"].items()
    }
    return Scenario(
        id=raw["id"],
        group=file.path.split("/")[-2],
        name=raw["name"],
        also=tuple(raw.get("also", ())),
        owner=raw["owner"],
        zone=raw["zone"],
        topics={
            key: _topic(raw["id"], key, topic, sources) for key, topic in raw["topics"].items()
        },
    )


def _topic(service: str, key: str, raw: Mapping[str, Any], sources: Mapping[str, Source]) -> Topic:
    return Topic(
        service=service,
        id=key,
        examples={locale: tuple(lines) for locale, lines in raw["examples"].items()},
        answers=_answers(raw, sources),
        follow_ups=tuple(
            follow_up if "." in follow_up else f"{service}.{follow_up}"
            for follow_up in raw.get("next", ())
        ),
    )


def _answers(raw: Mapping[str, Any], sources: Mapping[str, Source]) -> tuple[Answer, ...]:
    """Line up the present wording and its announced changes; each ends where the next begins."""
    entries = [raw, *sorted(raw.get("changes", ()), key=lambda change: str(change["valid_from"]))]
    answers = []
    for entry, following in zip(entries, [*entries[1:], None]):
        until = _day(entry.get("valid_until"))
        if following is not None:
            last = date.fromisoformat(following["valid_from"]) - timedelta(days=1)
            until = min(until or last, last)
        named = entry.get("sources", raw["sources"])
        answers.append(
            Answer(
                texts=entry["answer"],
                sources=tuple(sources[name] for name in named if name in sources),
                valid_from=_day(entry.get("valid_from")),
                valid_until=until,
            )
        )
    return tuple(answers)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
