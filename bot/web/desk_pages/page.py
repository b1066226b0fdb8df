"""The page ``/desk``, what it needs once, and the answer to whatever the desk refuses."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from bot.dialogue.desk import DeskError
from bot.scenarios.deskwords import DeskWords
from bot.staff.members import Member
from bot.web.desk_pages import lists, stream, talks
from bot.web.desk_pages.common import (
    PREFIX,
    Acting,
    DeskOf,
    WordsOf,
    admitted,
    counters_of,
    now_of,
)
from bot.web.pages import Pages

router = APIRouter()

SHORTCUTS = (
    ("?", "key_help"),
    ("j", "key_next"),
    ("k", "key_previous"),
    ("Enter", "key_open"),
    ("c", "key_claim"),
    ("r", "key_reply"),
    ("n", "key_note"),
    ("/", "key_search"),
    ("t", "key_transfer"),
    ("b", "key_hand_back"),
    ("e", "key_close"),
    ("1 2 3 4", "key_tabs"),
    ("m", "key_mute"),
)
_STATUS = {"unknown_handoff": 404, "result_unknown": 422}  # every other one is a conflict


def install(app: FastAPI, words: DeskWords) -> None:
    """Add the page, the API and the answer to whatever the desk refuses."""
    app.state.desk_words = words
    for module in (talks, lists, stream):
        app.include_router(module.router)
    app.include_router(router, include_in_schema=False)

    @app.exception_handler(DeskError)
    async def on_desk_error(_: Request, error: DeskError) -> JSONResponse:
        message = words.errors[error.code]
        for name, value in error.details.items():
            message = message.replace(f"{{{name}}}", value)
        body = {**error.details, "code": error.code, "message": message}
        return JSONResponse({"error": body}, _STATUS.get(error.code, 409))


@router.get("/desk")
async def show_page(
    request: Request, member: Annotated[Member, Depends(admitted)], words: WordsOf
) -> HTMLResponse:
    """Show the page; everything on it comes by the API."""
    rendered: Pages = request.app.state.pages
    me = words.words["signed_in_as"].replace("{name}", member.name)
    is_rehearsal = request.app.state.clock.is_shifted
    return rendered.render(
        "desk.html", w=words.words, me=me, is_rehearsal=is_rehearsal, shortcuts=SHORTCUTS
    )


@router.get(f"{PREFIX}/setup")
async def set_up(request: Request, agent: Acting, desk: DeskOf, words: WordsOf) -> dict[str, Any]:
    """Return what the page needs once: words, who asks, sections, results, where its stream begins."""
    counters = counters_of(request)
    own = agent.sections or tuple(counters)
    return {
        "me": {"id": agent.id, "name": agent.name},
        "words": words.words,
        "languages": words.languages,
        "sections": [{"id": key, "name": counters[key]["name"]["ja"]} for key in own],
        "results": await desk.results(),
        "number": await desk.last_event(),
        "now": now_of(request),
    }


@router.post(f"{PREFIX}/here", status_code=204)
async def tell_activity(agent: Acting) -> Response:
    """Note that somebody is at the page, so that waiting for residents does not end the session."""
    return Response(status_code=204)
