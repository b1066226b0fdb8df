"""The retrieval selector: one component that names the intent and, for FAQ, the answer.

It plugs in as an intent classifier and fills Rasa's ``response_selector`` property, so Rasa's own
retrieval action picks the response. Whether to answer, to offer choices or to say that nothing was
understood is decided here, by two thresholds in ``config.yml``, and stands in the trace.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RESPONSE_KEY, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.features import Grams, Word, grams_of
from bot.engine.lexicon import Lexicon
from bot.engine.names import (
    CLARIFY,
    FALLBACK,
    FAQ,
    OUT_OF_SCOPE,
    SAID,
    SELECTOR_PROPERTY,
    SERVICE_SLOT,
    ZONE,
    ZONE_KIND,
    utter,
)
from bot.engine.ranker import PHRASE, Ranked, Ranker, Ranking
from bot.engine.readings import Readings
from bot.engine.sources import sources_hash
from bot.engine.tokenizer import SudachiTokenizer, words_of
from bot.engine.vectors import GINZA
from bot.engine.zoning import NOT_ZONED, Zoned, ZoneExamples
from bot.scenarios.normalise import normalise


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ScenarioSelector(GraphComponent, IntentClassifier):
    """Rank all answers of the catalogue and all phrases of the bot."""

    @classmethod
    def required_components(cls) -> List[type]:
        """Name what must come earlier in the pipeline."""
        return [SudachiTokenizer]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Name the thresholds, on the calibrated confidences of the best answer and its service."""
        return {
            "answer_at": 0.25,
            "service_at": 0.75,
            "offer_at": 0.2,
            "phrase_at": 0.2,
            "outside_at": 0.4,
            "outside_below": 0.1,
            "known_at": 0.5,
        }

    @staticmethod
    def required_packages() -> List[str]:
        """Name what the ranking is computed with."""
        return ["numpy", "scipy", "sklearn", "msgpack"]

    @staticmethod
    def fingerprint_addon(config: Dict[str, Any]) -> Optional[str]:
        """Hash what Rasa's fingerprint misses: the modules and word vectors of the ranking."""
        # Rasa would import ja_ginza, and spaCy with it, were it among the required packages.
        return f"{sources_hash()} {version(GINZA)}"

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        ranker: Ranker | None = None,
        lexicon: Lexicon | None = None,
    ) -> None:
        """Take the configuration, and the ranker and its lexicon where they are loaded."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._ranker = ranker
        self._lexicon = lexicon or Lexicon({})

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ScenarioSelector:
        """Create an untrained selector."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ScenarioSelector:
        """Load the ranker from the model archive."""
        with model_storage.read_from(resource) as folder:
            parts = Ranker.load(folder), Lexicon.load(folder)
            return cls(config, model_storage, resource, *parts)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the ranker on every example that has an intent, and its zones on those that name one."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        zoned = [e for e in training_data.training_examples if e.get(ZONE)]
        readings = Readings.of(map(_words, [*examples, *zoned]))
        self._lexicon = Lexicon(training_data.entity_synonyms, readings)
        keys = [_key(e) for e in examples]
        zones = ZoneExamples(
            [self._grams(e) for e in zoned],
            [e.get(ZONE_KIND) for e in zoned],
            {e.get(ZONE_KIND): e.get(ZONE) for e in zoned if e.get(ZONE_KIND)},
        )
        self._ranker = Ranker.fit([self._grams(e) for e in examples], keys, zones=zones)
        with self._model_storage.write_to(self._resource) as folder:
            self._ranker.save(folder)
            self._lexicon.save(folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Add intent, answer and ranking to each message."""
        if self._ranker is None:
            return messages
        for about, group in _by_service_discussed(messages).items():
            rankings = self._ranker.rank_all([self._grams(message) for message in group], about)
            for message, ranking in zip(group, rankings):
                ranking = replace(ranking, zone=self._zone(message, ranking))
                for name, value in self._decision(ranking).items():
                    message.set(name, value, add_to_output=True)
        return messages

    def _zone(self, message: Message, ranking: Ranking) -> Zoned:
        """Return the zone of what was said, where the ranking is of something else, and only if readable."""
        said = (message.get(METADATA) or {}).get(SAID)
        if said and self._ranker is not None:
            words = [Word(*word) for word in words_of(said)]
            ranking = self._ranker.rank(self._understood(said, words), top=1)
        return ranking.zone if ranking.known >= self._config["known_at"] else NOT_ZONED

    def _grams(self, message: Message) -> Grams:
        return self._understood(message.get(TEXT), _words(message))

    def _understood(self, said: str, words: List[Word]) -> Grams:
        text = normalise(said).text
        return self._lexicon.understood(text, grams_of(text, words))

    def _decision(self, ranking: Ranking) -> Dict[str, Any]:
        best = ranking.answers[0].key if ranking.answers else ""
        return decision(self._intent(ranking, best), best, ranking)

    def _intent(self, ranking: Ranking, best: str) -> str:
        """Name what to do; every threshold follows from what a mistake costs (config.yml)."""
        is_answer = bool(best) and ":" not in best
        if is_answer and self._is_sure(ranking):
            return FAQ
        is_phrase = not is_answer and best != PHRASE + OUT_OF_SCOPE
        if is_phrase and ranking.confidence >= self._config["phrase_at"]:
            # What is no answer promises nothing, so it needs less certainty than an offer.
            return best[len(PHRASE) :] if best.startswith(PHRASE) else best
        is_readable = ranking.known >= self._config["known_at"]
        if is_readable and ranking.outside >= self._config["outside_at"]:
            return OUT_OF_SCOPE
        is_offer = is_answer and ranking.service_confidence >= self._config["offer_at"]
        return CLARIFY if is_offer else FALLBACK

    def _is_sure(self, ranking: Ranking) -> bool:
        """Tell whether to answer: the wrong service misleads, the wrong side of it is a button away."""
        return bool(
            ranking.service_confidence >= self._config["service_at"]
            and ranking.confidence >= self._config["answer_at"]
            and ranking.outside < self._config["outside_below"]
        )


def _by_service_discussed(messages: List[Message]) -> Dict[Optional[str], List[Message]]:
    """Part the messages that nothing has understood yet by the service just discussed."""
    found: Dict[Optional[str], List[Message]] = {}
    for message in messages:
        if not message.get(INTENT):
            found.setdefault(_about(message), []).append(message)
    return found


def _about(message: Message) -> Optional[str]:
    """Return the service just discussed, as the state of the call names it."""
    slots = (message.get(METADATA) or {}).get("slots") or {}
    service = slots.get(SERVICE_SLOT)
    return service if isinstance(service, str) else None


def decision(intent: str, best: str, ranking: Ranking) -> Dict[str, Any]:
    """Return the parse properties of a decision, in the shapes that Rasa's actions read."""
    named = {"name": intent, "confidence": ranking.confidence}
    properties: Dict[str, Any] = {
        INTENT: named,
        "intent_ranking": [named],
        SELECTOR_PROPERTY: [{"key": a.key, "score": a.score} for a in ranking.answers],
        "service_confidence": ranking.service_confidence,
        "likeness": ranking.likeness,
        "subject": ranking.subject,
        ZONE: {"shares": dict(ranking.zone.shares), "kinds": dict(ranking.zone.kinds)},
    }
    if intent == FAQ:
        properties["response_selector"] = _response_selector(best, ranking.confidence)
        properties[ENTITIES] = [{"entity": SERVICE_SLOT, "value": best.split(".")[0]}]
    return properties


def parse_data_of_choice(key: str) -> Dict[str, Any]:
    """Return the parse of an answer that the resident chose from those offered: certain."""
    chosen = Ranking((Ranked(key, 1.0),), 1.0, 1.0, 1.0)
    intent = key[len(PHRASE) :] if key.startswith(PHRASE) else (key if ":" in key else FAQ)
    parsed = decision(intent, key, chosen)
    parsed[ENTITIES] = parsed.get(ENTITIES, [])
    return {"text": "", **parsed}


def _response_selector(key: str, confidence: float) -> Dict[str, Any]:
    name = f"{FAQ}/{key}"
    return {
        "all_retrieval_intents": [FAQ],
        FAQ: {
            "response": {
                "responses": [{"text": key}],
                "confidence": confidence,
                "intent_response_key": name,
                "utter_action": utter(name),
            },
            "ranking": [{"confidence": confidence, "intent_response_key": name}],
        },
    }


def _words(message: Message) -> List[Word]:
    return [
        Word(token.lemma, token.get("reading", ""), token.get("pos", ""))
        for token in message.get(TOKENS_NAMES[TEXT], [])
    ]


def _key(example: Message) -> str:
    """Return ``service.topic`` or ``<prefix>:<id>``; Rasa keeps a retrieval intent as ``faq/<key>``."""
    retrieval = example.get(INTENT_RESPONSE_KEY)
    if retrieval:
        return str(retrieval.split("/", 1)[1])
    intent = str(example.get(INTENT))
    return intent if ":" in intent else PHRASE + intent
