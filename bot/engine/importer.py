"""Rasa's training data straight from the scenario files; nothing is generated or written twice."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

import rasa.shared.utils.io
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.names import (
    CLARIFY,
    FALLBACK,
    FAQ,
    OUT_OF_SCOPE,
    SERVICE_SLOT,
    ZONE,
    ZONE_KIND,
    utter,
)
from bot.engine.zoning import BLUE
from bot.scenarios.model import TOPICS, Catalogue, Texts
from bot.scenarios.reading import read_catalogue, revision_of

# Rasa looks for its own class by name and would miss ours, which fills the same property.
warnings.filterwarnings("ignore", message=".*does not include a response selector component")

CHECKED = "MADOGUCHI_CHECKED"
"""Names in the environment the revision that has been checked already, as in ``bot/training.py``."""

_NOTES = re.compile(r"\s*[（(][^（）()]*[）)]")


Examples = Mapping[str, Tuple[str, ...]]


class _Example(Message):
    """A training message that is cheap to hash, to copy and to fingerprint.

    While it merges and trains, Rasa copies every message some ten times, token by token, and hashes each
    of them some thirty times: more than half of a training. Nothing but the time changes: equal messages
    still have equal hashes and fingerprints, and nobody alters a value that two copies share.
    """

    def __hash__(self) -> int:
        """Hash the text alone; ``Message`` computes an MD5 of its whole content."""
        return hash(self.data.get(TEXT))

    def __deepcopy__(self, memo: Dict[int, Any]) -> _Example:
        """Copy what may be replaced, and share the values, which are texts and finished token lists."""
        copied = _Example.__new__(_Example)
        copied.__dict__.update(self.__dict__)
        copied.data, copied.features = self.data.copy(), self.features.copy()
        copied.output_properties = self.output_properties.copy()
        return copied

    def fingerprint(self) -> str:
        """Name the text, its labels and which properties there are, instead of hashing every token.

        Tokens are made from the text alone, by a tokenizer that is in the fingerprint of its own node.
        """
        get = self.data.get
        parts = (get(TEXT), get(INTENT), get(INTENT_RESPONSE_KEY), *self.data)
        features = "".join(feature.fingerprint() for feature in self.features)
        return f"{parts}{features}"


class ScenarioImporter(TrainingDataImporter):
    """Read ``data/`` as one Rasa domain, its rules and its NLU examples.

    Every answer is a response of the one retrieval intent ``faq``, so the number of rules, and with it
    the cost of a turn, does not grow with the number of answers.
    """

    def __init__(
        self,
        config_file: Optional[str] = None,
        domain_path: Optional[str] = None,
        training_data_paths: Optional[Union[List[str], str]] = None,
        **kwargs: Any,
    ) -> None:
        """Remember the paths; ``--data FOLDER`` trains from another folder of the same layout."""
        self._config_file = config_file
        self._paths = _as_list(training_data_paths)
        self._read: Optional[Catalogue] = None
        self._nlu_data: Optional[TrainingData] = None

    def get_domain(self) -> Domain:
        """Build the domain: the phrases' intents, one slot; Rasa adds the retrieval intent itself."""
        return Domain.from_dict(domain_of(self._catalogue()))

    def get_stories(self, exclusion_percentage: Optional[int] = None) -> StoryGraph:
        """Build one rule per intent; there are no stories."""
        return StoryGraph(_read_rules(self.get_domain(), rules_of(self._catalogue())))

    def get_conversation_tests(self) -> StoryGraph:
        """Read the conversation tests (``test_*.yml``) that ``rasa test`` was pointed at."""
        domain = self.get_domain()
        steps = []
        for file in _test_files(self._paths):
            reader = YAMLStoryReader(domain)
            steps.extend(reader.read_from_file(file))
        return StoryGraph(steps)

    def get_nlu_data(self, language: Optional[str] = "en") -> TrainingData:
        """Build the training messages of every topic and phrase, in every language offered."""
        if self._nlu_data is None:  # Rasa asks some ten times
            catalogue = self._catalogue()
            responses = {utter(f"{FAQ}/{t.key}"): [{"text": t.key}] for t in catalogue.topics()}
            # Rasa's own place for "this means that"; the selector takes its lexicon from there.
            meant, examples = sayings_of(catalogue), list(_messages(catalogue))
            self._nlu_data = TrainingData(examples, entity_synonyms=meant, responses=responses)
        return self._nlu_data

    def get_config(self) -> Dict[str, Any]:
        """Read ``config.yml`` as it is."""
        if not self._config_file:
            return {}
        return dict(rasa.shared.utils.io.read_model_configuration(self._config_file))

    def get_config_file_for_auto_config(self) -> Optional[str]:
        """Name ``config.yml``; it leaves nothing to auto-configure."""
        return self._config_file

    def _catalogue(self) -> Catalogue:
        if self._read is None:
            folder = self._data_folder()
            self._read = read_catalogue(folder, is_checked=_is_checked(folder))
        return self._read

    def _data_folder(self) -> Path:
        given = [Path(path) for path in self._paths if (Path(path) / "ward.yml").is_file()]
        root = Path(self._config_file).resolve().parent if self._config_file else Path.cwd()
        return given[0].resolve() if given else root / "data"


def _is_checked(data: Path) -> bool:
    """Tell whether whoever asked for the training has checked just this content."""
    try:
        return os.environ.get(CHECKED) == revision_of(data)
    except (OSError, ValueError):
        return False  # reading it will tell what is wrong


def domain_of(catalogue: Catalogue) -> Dict[str, Any]:
    """Return the Rasa domain of a catalogue, in the shape of a domain file."""
    spoken = [intent for intent, _ in _spoken(catalogue)]
    return {
        "version": "3.1",
        "session_config": {"session_expiration_time": 0, "carry_over_slots_to_new_session": True},
        "intents": [FAQ, CLARIFY, FALLBACK, *spoken],
        "entities": [SERVICE_SLOT],
        "slots": {
            SERVICE_SLOT: {
                "type": "text",
                "influence_conversation": False,
                "mappings": [{"type": "from_entity", "entity": SERVICE_SLOT}],
            }
        },
        "responses": {utter(name): [{"text": name}] for name in [CLARIFY, FALLBACK, *spoken]},
    }


def rules_of(catalogue: Catalogue) -> List[Dict[str, Any]]:
    """Return one rule per intent: what residents say, and the key of what is said to them."""
    intents = [FAQ, CLARIFY, FALLBACK, *(intent for intent, _ in _spoken(catalogue))]
    return [
        {"rule": f"answer {intent}", "steps": [{"intent": intent}, {"action": utter(intent)}]}
        for intent in intents
    ]


def _spoken(catalogue: Catalogue) -> List[Tuple[str, Examples]]:
    """Return what residents say besides questions: the phrases' intents."""
    return [(p.id, p.examples) for p in catalogue.phrases.values() if p.examples]


def _messages(catalogue: Catalogue) -> Iterator[Message]:
    for topic in catalogue.topics():
        for lines in topic.examples.values():
            yield from (_Example.build(line, f"{FAQ}/{topic.key}") for line in lines)
    for scenario in catalogue.scenarios.values():
        first = next(iter(scenario.topics.values()))
        names = (_without_notes(scenario.name["ja"]), *scenario.also)
        yield from (_Example.build(name, f"{FAQ}/{first.key}") for name in names)
    for intent, examples in _spoken(catalogue):
        for lines in examples.values():
            yield from (_Example.build(line, intent) for line in lines)
    if OUT_OF_SCOPE in catalogue.phrases:
        for lines in catalogue.background.values():
            yield from (_Example.build(line, OUT_OF_SCOPE) for line in lines)
    yield from _zone_messages(catalogue)


def _zone_messages(catalogue: Catalogue) -> Iterator[Message]:
    """Yield what belongs to a zone, without an intent: the zone is no answer, it is judged beside it."""
    for kind in catalogue.zones.kinds.values():
        for lines in kind.examples.values():
            yield from (_zone_message(line, kind.zone, kind.id) for line in lines)
    for lines in catalogue.zones.blue.values():
        yield from (_zone_message(line, BLUE, "") for line in lines)


def _zone_message(line: str, zone: str, kind: str) -> Message:
    return _Example({TEXT: line, ZONE: zone, ZONE_KIND: kind})


def sayings_of(catalogue: Catalogue) -> Dict[str, str]:
    """Return what residents say for official words, several of these on lines of their own.

    The names of services and topics in other languages say the same as the Japanese ones, so a
    language is understood in part before anybody has written examples in it.
    """
    meant = {saying: list(words) for saying, words in catalogue.lexicon.items()}
    for scenario in catalogue.scenarios.values():
        for saying in _other_names(scenario.name):
            meant.setdefault(saying, []).append(_without_notes(scenario.name["ja"]))
    for key in TOPICS:
        label = catalogue.labels.get(f"topic.{key}", {})
        for saying in _other_names(label):
            meant.setdefault(saying, []).append(label["ja"])
    return {saying: "\n".join(dict.fromkeys(words)) for saying, words in meant.items()}


def _other_names(names: Texts) -> Iterator[str]:
    for locale, name in names.items():
        if locale not in {"ja", "ja-easy"}:
            yield _without_notes(name)


def _without_notes(name: str) -> str:
    return _NOTES.sub("", name).strip()


def _read_rules(domain: Domain, rules: List[Dict[str, Any]]) -> List[Any]:
    reader = YAMLStoryReader(domain)
    steps: List[Any] = reader.read_from_parsed_yaml({"version": "3.1", "rules": rules})
    return steps


def _as_list(paths: Optional[Union[List[str], str]]) -> List[str]:
    if paths is None:
        return []
    return [paths] if isinstance(paths, str) else list(paths)


def _test_files(paths: List[str]) -> List[Path]:
    found = []
    for path in map(Path, paths):
        found.extend([path] if path.is_file() else sorted(path.rglob("test_*.yml")))
    return [file for file in found if file.name.startswith("test_")]
