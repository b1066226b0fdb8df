"""What every route of the desk needs: who acts, the desk, the words."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from bot.dialogue.canned import Canned
from bot.dialogue.desk import Agent, Desk
from bot.scenarios.deskwords import DeskWords
from bot.staff.members import Member
from bot.web.staff import signed_in

PREFIX = "/api/v1/desk"

Id = Annotated[str, Field(min_length=1, max_length=100)]
Section = Annotated[str, Query(max_length=100)]

admitted = signed_in("agent")
_polled = signed_in("agent", is_activity=False)


class Body(BaseModel):
    """A body of the desk's API."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


class Result(Body):
    """The body of ``close`` and of settling a callback."""

    result: Id


def _agent(member: Annotated[Member, Depends(admitted)]) -> Agent:
    return Agent(member.id, member.name, member.sections)


def _polling_agent(member: Annotated[Member, Depends(_polled)]) -> Agent:
    return Agent(member.id, member.name, member.sections)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _words(request: Request) -> DeskWords:
    words: DeskWords = request.app.state.desk_words
    return words


Acting = Annotated[Agent, Depends(_agent)]
"""Whoever does something; their session lasts on."""
Polling = Annotated[Agent, Depends(_polling_agent)]
"""Whoever's page asks by itself, which is no activity."""
DeskOf = Annotated[Desk, Depends(_desk)]
WordsOf = Annotated[DeskWords, Depends(_words)]


def canned_of(request: Request, locale: str) -> Canned:
    """Return the canned texts that are published now, for a resident's locale."""
    return Canned(request.app.state.live.current, request.app.state.clock.today(), locale)


def counters_of(request: Request) -> Any:
    """Return the ward's counters by id."""
    return request.app.state.live.current.catalogue.ward["counters"]


def now_of(request: Request) -> str:
    """Return the product's time, by which the page tells how long somebody has waited."""
    return str(request.app.state.clock.now().isoformat())
