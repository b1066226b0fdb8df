"""Exchanging the model of a running worker, without losing a turn.

A turn names the model of the revision that it began with, so the former model is held beside the present
one: while a revision is exchanged, each turn is answered by its own. Loading happens in a thread, and turns
go on meanwhile. Like Rasa's own ``PUT /model``, it ends with another ``app.ctx.agent``.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, List, Optional

from rasa.core.agent import Agent
from rasa.core.tracker_store import TrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.shared.constants import DEFAULT_ENDPOINTS_PATH, DEFAULT_MODELS_PATH

_SUFFIX = ".tar.gz"


class NoSuchModel(Exception):
    """The name is not that of a model in ``models/``."""


class Models:
    """The present agent, which is the app's, and the one before it."""

    def __init__(self) -> None:
        """Start with what Rasa itself has loaded."""
        self._former: Optional[Agent] = None
        self._loading = asyncio.Lock()

    def held(self, app: Any) -> List[Agent]:
        """Return the agents that can answer, the present one first."""
        both = (present(app), self._former)
        return [agent for agent in both if agent is not None and agent.is_ready()]

    def agent(self, app: Any, name: Optional[str]) -> Optional[Agent]:
        """Return the agent of a model; without a name, the present one."""
        fitting = (agent for agent in self.held(app) if name in (None, "", agent.model_name))
        return next(fitting, None)

    async def load(self, app: Any, name: str) -> None:
        """Make a model of ``models/`` the present one, once however often it is asked for.

        Raises:
            NoSuchModel: there is no such file directly in that folder.

        """
        path = Path(DEFAULT_MODELS_PATH) / name
        if Path(name).name != name or not name.endswith(_SUFFIX) or not path.is_file():
            raise NoSuchModel(name)
        async with self._loading:
            if self.agent(app, name) is None:
                loaded = await asyncio.to_thread(_agent_of, path)
                self._former, app.ctx.agent = present(app), loaded


def present(app: Any) -> Optional[Agent]:
    """Return the app's agent; there is none until Rasa has loaded one."""
    return getattr(app.ctx, "agent", None)


def _agent_of(path: Path) -> Agent:
    """Load as ``rasa run`` does, with the parts that ``endpoints.yml`` names."""
    endpoints = AvailableEndpoints.read_endpoints(DEFAULT_ENDPOINTS_PATH)
    return Agent.load(
        path,
        generator=endpoints.nlg,
        tracker_store=TrackerStore.create(endpoints.tracker_store),
        action_endpoint=endpoints.action,
    )
