"""The two projects under test, written from the same scenarios.

Madoguchi gets a data folder of its own layout. Stock Rasa gets the ordinary shape: one intent, one rule and
one response with its text per answer, and the Japanese pipeline that Rasa documents for spaCy models.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from bot.scenarios.integrity import option_exists
from bot.scenarios.model import Catalogue, Scenario, Texts
from bot.scenarios.reading import read_catalogue
from bot.scenarios.rendering import render
from bot.scenarios.today import jst_today
from bot.scenarios.yamlfile import read_yaml

FIRST_SERVICES = (
    "jido_teate",
    "kodomo_iryo",
    "hoiku_nyuen",
    "ninshin_todoke",
    "shussei_todoke",
    "tennyu",
    "tenshutsu",
    "juminhyo",
    "mynumber_card",
    "kokuho_kanyu",
    "gomi_bunbetsu",
    "sodai_gomi",
)
LANGUAGE = "ja"


class UnknownService(Exception):
    """A service was asked for that ``data/scenarios`` does not have."""


@dataclass(frozen=True)
class Answer:
    """One answer as stock Rasa knows it; ``key`` is ``service.topic`` or ``phrase:<id>``."""

    key: str
    intent: str
    examples: tuple[str, ...]
    text: str


def pick(data: Path, services: Sequence[str] | None) -> Catalogue:
    """Return the catalogue of the named services; None takes all of them.

    Raises:
        UnknownService: with the names that do not exist.

    """
    catalogue = read_catalogue(data)
    if services is None:
        return catalogue
    missing = [name for name in services if name not in catalogue.scenarios]
    if missing:
        raise UnknownService(", ".join(missing))
    return replace(catalogue, scenarios={name: catalogue.scenarios[name] for name in services})


def answers_of(catalogue: Catalogue) -> list[Answer]:
    """Return every answer that has Japanese questions: topics, the bot's own phrases, zones."""
    return [*_topic_answers(catalogue), *_phrase_answers(catalogue), *_zone_answers(catalogue)]


def _topic_answers(catalogue: Catalogue) -> Iterator[Answer]:
    for topic in catalogue.topics():
        wording = topic.answer_on(jst_today())
        if wording is not None:
            intent, examples = f"{topic.service}_{topic.id}", topic.examples[LANGUAGE]
            yield Answer(topic.key, intent, examples, _text(catalogue, wording.texts))


def _phrase_answers(catalogue: Catalogue) -> Iterator[Answer]:
    for phrase in catalogue.phrases.values():
        examples = phrase.examples.get(LANGUAGE)
        if examples:
            text = _text(catalogue, phrase.texts)
            yield Answer(f"phrase:{phrase.id}", phrase.id, examples, text)


def _zone_answers(catalogue: Catalogue) -> Iterator[Answer]:
    for kind in catalogue.zones.kinds.values():
        yield Answer(f"zone:{kind.id}", f"zone_{kind.id}", kind.examples[LANGUAGE], kind.why)


def _text(catalogue: Catalogue, texts: Texts) -> str:
    return render(texts, LANGUAGE, catalogue.ward, jst_today()).text


def write_madoguchi(data: Path, catalogue: Catalogue, target: Path) -> None:
    """Write a data folder with these scenarios alone, Japanese questions only.

    Raises:
        ScenarioError: the folder does not pass the product's own check.

    """
    target.mkdir(parents=True)
    for file in data.glob("*.yml"):
        shutil.copy(file, target)
    _write_yaml(target / "phrases.yml", _phrases(data / "phrases.yml", catalogue))
    name = "zone_examples.yml"
    _write_yaml(target / name, _zone_examples(data / name))
    for scenario in catalogue.scenarios.values():
        place = Path("scenarios", scenario.group, f"{scenario.id}.yml")
        _write_yaml(target / place, _scenario(data / place, scenario, catalogue))
    read_catalogue(target)


def _phrases(source: Path, catalogue: Catalogue) -> Any:
    raw: Any = read_yaml(source, source.name).value
    for phrase in raw["phrases"].values():
        _keep_language(phrase)
        if "options" in phrase:
            phrase["options"] = [o for o in phrase["options"] if option_exists(catalogue, o)]
    return raw


def _zone_examples(source: Path) -> Any:
    raw: Any = read_yaml(source, source.name).value
    kinds = {key: {LANGUAGE: said[LANGUAGE]} for key, said in raw["kinds"].items()}
    return {"kinds": kinds, "blue": {LANGUAGE: raw["blue"][LANGUAGE]}}


def _scenario(source: Path, scenario: Scenario, catalogue: Catalogue) -> Any:
    raw: Any = read_yaml(source, source.name).value
    for topic in raw["topics"].values():
        _keep_language(topic)
        names = topic.get("next", ())
        topic["next"] = [n for n in names if "." not in n or catalogue.topic(n) is not None]
    return raw


def _keep_language(entry: dict[str, Any]) -> None:
    """Leave one language's questions; the answers keep all of theirs."""
    examples = entry.pop("examples", {})
    if LANGUAGE in examples:
        entry["examples"] = {LANGUAGE: examples[LANGUAGE]}


def write_stock(catalogue: Catalogue, target: Path, epochs: int) -> None:
    """Write an ordinary Rasa project; ``sql.yml`` is for the run that keeps the turns."""
    answers = answers_of(catalogue)
    files = {
        "config.yml": _stock_config(epochs),
        "domain.yml": _stock_domain(answers),
        "data/nlu.yml": _versioned(
            "nlu", [{"intent": a.intent, "examples": _listed(a.examples)} for a in answers]
        ),
        "data/rules.yml": _versioned("rules", [_stock_rule(a.intent) for a in answers]),
        "credentials.yml": {"rest": None},
    }
    for name, content in files.items():
        _write_yaml(target / name, content)


def write_sql_endpoints(file: Path, database: Path) -> None:
    """Write the endpoints that make Rasa keep its turns in SQLite, as its manual shows it."""
    _write_yaml(file, {"tracker_store": {"type": "SQL", "dialect": "sqlite", "db": str(database)}})


def _stock_config(epochs: int) -> dict[str, Any]:
    """Return Rasa's documented spaCy pipeline, without the parts for entities that nothing here has.

    Leaving those out (RegexFeaturizer, LexicalSyntacticFeaturizer, EntitySynonymMapper, ResponseSelector)
    and TEDPolicy, which learns from stories, makes the stock side quicker, never slower.
    """
    return {
        "recipe": "default.v1",
        "assistant_id": "stock",
        "language": LANGUAGE,
        "pipeline": [
            {"name": "SpacyNLP", "model": "ja_ginza"},
            {"name": "SpacyTokenizer"},
            {"name": "SpacyFeaturizer"},
            {
                "name": "CountVectorsFeaturizer",
                "analyzer": "char_wb",
                "min_ngram": 1,
                "max_ngram": 4,
            },
            {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True},
        ],
        "policies": [{"name": "MemoizationPolicy"}, {"name": "RulePolicy"}],
    }


def _stock_domain(answers: Sequence[Answer]) -> dict[str, Any]:
    return {
        "version": "3.1",
        "intents": [answer.intent for answer in answers],
        "responses": {f"utter_{answer.intent}": [{"text": answer.text}] for answer in answers},
        "session_config": {
            "session_expiration_time": 60,
            "carry_over_slots_to_new_session": True,
        },
    }


def _stock_rule(intent: str) -> dict[str, Any]:
    return {"rule": intent, "steps": [{"intent": intent}, {"action": f"utter_{intent}"}]}


def _versioned(key: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"version": "3.1", key: entries}


def _listed(lines: Sequence[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _write_yaml(file: Path, value: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as output:
        yaml.safe_dump(value, output, allow_unicode=True, sort_keys=False, width=1000)
