"""The worker's one door: a turn comes in as a value and leaves as a value.

Rasa's REST channel swallows every exception, logs it with the resident's text and answers 200 with an
empty list (core/channels/rest.py). Here a failure is a failure, and nothing of the text is logged.
"""

from __future__ import annotations

import hmac
import os
import time
from typing import Any, Awaitable, Callable, Dict, List, Optional, Union

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.nlu.constants import RESPONSE_SELECTOR_PROPERTY_NAME as RESPONSE_SELECTOR
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import (
    ENTITIES,
    FULL_RETRIEVAL_INTENT_NAME_KEY,
    INTENT,
    INTENT_RESPONSE_KEY,
    RESPONSE,
)
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.engine.models import Models, NoSuchModel, present
from bot.engine.names import FAQ, SAID, SELECTOR_PROPERTY, ZONE
from bot.engine.privacy import hide_texts_in_logs
from bot.engine.selector import parse_data_of_choice
from bot.engine.tracker_store import EMPTY_STATE, Exchange, current, state_after

TOKEN_VARIABLE = "MADOGUCHI_WORKER_TOKEN"  # noqa: S105  # a name, not a secret

hide_texts_in_logs()


class KeyCollector(OutputChannel):
    """Collects response keys instead of sending texts."""

    def __init__(self) -> None:
        """Start empty."""
        self.keys: List[str] = []

    @classmethod
    def name(cls) -> str:
        """Name the channel in Rasa's events."""
        return "madoguchi"

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Take a response key; our NLG returns nothing else."""
        self.keys.append(text)


class TurnChannel(InputChannel):
    """``POST /webhooks/madoguchi/turn``: state and masked text in, response keys, state and trace out.

    ``/turns`` takes many, for whoever measures a model: their messages are understood at once, in half
    the time.
    """

    @classmethod
    def name(cls) -> str:
        """Name the channel in the URL."""
        return "madoguchi"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes of the worker."""
        routes = Blueprint("madoguchi_turn")
        models = Models()

        @routes.route("/health", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            names = [agent.model_name for agent in models.held(request.app)]
            return response.json(
                {"ready": bool(names), "model_id": _model_id(request), "models": names}
            )

        @routes.route("/models", methods=["POST"])
        async def load(request: Request) -> HTTPResponse:
            return await _load(request, models)

        @routes.route("/turn", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            agent = _agent(request, models)
            if isinstance(agent, HTTPResponse):
                return agent
            is_present = agent is present(request.app)
            handle = on_new_message if is_present else agent.handle_message
            return response.json(await _turn(request.json, handle, agent))

        @routes.route("/turns", methods=["POST"])
        async def turns(request: Request) -> HTTPResponse:
            agent = _agent(request, models)
            if isinstance(agent, HTTPResponse):
                return agent
            calls: List[Dict[str, Any]] = request.json["turns"]
            parsed = _parsed(agent, [_message(call, KeyCollector()) for call in calls])
            results = [
                await _turn(call, agent.handle_message, agent, known)
                for call, known in zip(calls, parsed)
            ]
            return response.json(results)

        return routes


async def _load(request: Request, models: Models) -> HTTPResponse:
    if not _is_allowed(request):
        return response.json({"error": "forbidden"}, status=403)
    try:
        await models.load(request.app, str(request.json["model"]))
    except NoSuchModel as error:
        return response.json({"error": f"no such model: {error}"}, status=404)
    return response.json({"model_id": _model_id(request)})


def _agent(request: Request, models: Models) -> Union[Agent, HTTPResponse]:
    """Return the agent that a request is for, or the refusal."""
    if not _is_allowed(request):
        return response.json({"error": "forbidden"}, status=403)
    if not models.held(request.app):
        return response.json({"error": "no model is loaded"}, status=503)
    agent = models.agent(request.app, request.json.get("model"))
    return agent or response.json({"error": "the model is not loaded"}, status=409)


def _parsed(agent: Agent, messages: List[UserMessage]) -> List[Dict[str, Any]]:
    """Understand messages as Rasa's processor does one (``_parse_message_with_graph``)."""
    processor = agent.processor
    target = processor.model_metadata.nlu_target
    tracker = DialogueStateTracker.from_events("", [])
    inputs = {PLACEHOLDER_MESSAGE: messages, PLACEHOLDER_TRACKER: tracker}
    understood = processor.graph_runner.run(inputs=inputs, targets=[target])[target]
    return [_parse_data(one.as_dict(only_output_properties=True)) for one in understood]


def _parse_data(found: Dict[str, Any]) -> Dict[str, Any]:
    selected = found.get(RESPONSE_SELECTOR, {}).get(FAQ)
    if selected:
        name = selected[RESPONSE][INTENT_RESPONSE_KEY]
        found[INTENT] = {**found[INTENT], FULL_RETRIEVAL_INTENT_NAME_KEY: name}
    return {ENTITIES: [], **found}


async def _turn(
    call: Dict[str, Any],
    handle: Callable[[UserMessage], Awaitable[Any]],
    agent: Agent,
    parsed: Optional[Dict[str, Any]] = None,
) -> Dict[str, Any]:
    exchange = Exchange(call.get("state") or EMPTY_STATE)
    collector = KeyCollector()
    started = time.perf_counter()
    token = current.set(exchange)
    try:
        await handle(_message(call, collector, parsed))
    finally:
        current.reset(token)
    if exchange.tracker is None or not collector.keys:
        raise RuntimeError("the turn ended without a response: is there a rule for every intent?")
    return {
        "responses": collector.keys,
        "state": state_after(exchange.tracker, agent.domain),
        "trace": {
            **trace_of(exchange.tracker),
            "model_id": agent.model_id,
            "model": agent.model_name,
            "worker_ms": round((time.perf_counter() - started) * 1000, 2),
        },
    }


def _message(
    call: Dict[str, Any], collector: KeyCollector, parsed: Optional[Dict[str, Any]] = None
) -> UserMessage:
    chosen: Optional[str] = call.get("choice")
    state: Dict[str, Any] = call.get("state") or EMPTY_STATE
    return UserMessage(
        text=_inert(call.get("text") or ""),
        output_channel=collector,
        sender_id=call["turn_id"],
        parse_data=parse_data_of_choice(chosen) if chosen else parsed,
        input_channel=TurnChannel.name(),
        message_id=call["turn_id"],
        metadata={
            "locale": call.get("locale"),
            "slots": state.get("slots") or {},
            SAID: call.get(SAID),
        },
    )


def _inert(text: str) -> str:
    """Make engine syntax plain text: Rasa reads a leading ``/`` as an intent (``/restart``)."""
    stripped = text.strip()
    return "／" + stripped[1:] if stripped.startswith("/") else stripped


def trace_of(tracker: DialogueStateTracker) -> Dict[str, Any]:
    """Return why it was answered so: ranking, confidence, the policy and action of each step."""
    parsed = dict(tracker.latest_message.parse_data) if tracker.latest_message else {}
    events = list(tracker.events)
    last_user = max((i for i, e in enumerate(events) if e.type_name == "user"), default=0)
    return {
        "intent": parsed.get("intent"),
        "ranking": parsed.get(SELECTOR_PROPERTY, []),
        "service_confidence": parsed.get("service_confidence"),
        "likeness": parsed.get("likeness"),
        ZONE: parsed.get(ZONE),
        "actions": [
            {"action": event.action_name, "policy": event.policy, "confidence": event.confidence}
            for event in events[last_user:]
            if isinstance(event, ActionExecuted)
        ],
    }


def _is_allowed(request: Request) -> bool:
    wanted = os.environ.get(TOKEN_VARIABLE, "")
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode()) if wanted else True


def _model_id(request: Request) -> Optional[str]:
    agent = present(request.app)
    return agent.model_id if agent is not None else None
