"""Rasa's answers are keys; whoever shows them to a person looks up the published text."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Optional

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.engine.names import FAQ, utter
from bot.engine.tracker_store import current
from bot.scenarios.model import Catalogue, Texts
from bot.scenarios.reading import read_catalogue
from bot.scenarios.rendering import render
from bot.scenarios.today import jst_today


class ResponseKeys(NaturalLanguageGenerator):
    """Return the response key itself; in ``rasa shell``, where a person reads, the Japanese text."""

    def __init__(self, endpoint_config: EndpointConfig, domain: Domain) -> None:
        """Take Rasa's arguments; there is nothing to configure."""

    async def generate(
        self,
        utter_action: str,
        tracker: DialogueStateTracker,
        output_channel: str,
        **kwargs: Any,
    ) -> Optional[Dict[str, Any]]:
        """Return the response for a key; unknown keys are the domain's business, not ours."""
        if current.get() is not None:
            return {"text": utter_action}
        return {"text": _japanese_text(utter_action)}


def _japanese_text(action: str) -> str:
    catalogue = _catalogue()
    prefix = utter(f"{FAQ}/")
    if action.startswith(prefix):
        topic = catalogue.topic(action[len(prefix) :])
        answer = topic.answer_on(jst_today()) if topic else None
        return _rendered(catalogue, answer.texts) if answer else action
    phrase = catalogue.phrases.get(action[len("utter_") :])
    return _rendered(catalogue, phrase.texts) if phrase else action


def _rendered(catalogue: Catalogue, texts: Texts) -> str:
    return render(texts, "ja", catalogue.ward, jst_today()).text


@lru_cache(maxsize=1)
def _catalogue() -> Catalogue:
    return read_catalogue(Path.cwd() / "data")
