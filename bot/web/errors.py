"""Every error leaves as ``{"error": {"code", "message"}}``, in words for the person who meets it."""

from __future__ import annotations

import re
from traceback import extract_tb

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.dialogue.conversations import CounterError
from bot.dialogue.counter import Counter
from bot.dialogue.published import Published
from bot.scenarios.model import LOCALES
from bot.scenarios.rendering import render
from bot.store.clock import Clock
from bot.store.database import StoreUnavailable
from bot.web.headers import is_staff_page
from bot.web.pages import Pages

_STATUS = {
    "unknown_conversation": 404,
    "token": 401,
    "not_offered": 422,
    "conversation_ended": 409,
    "message_id_reused": 409,
    "unknown_turn": 404,
    "callback_contact": 422,
    "callback_consent": 422,
    "callback_not_now": 409,
    "too_fast": 429,
    "too_large": 413,
    "too_long": 422,
    "empty": 422,
    "malformed": 422,
    "not_found": 404,
    "unavailable": 503,
    "internal": 500,
}
_CONVERSATION = re.compile(r"/api/v1/conversations/([^/]+)")
_log = structlog.get_logger()


class TooFast(CounterError):
    """Too many messages; ``retry_after`` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too_fast")
        self.retry_after = retry_after


async def error_response(
    request: Request, code: str, headers: dict[str, str] | None = None
) -> Response:
    """Answer with a phrase of ``data/phrases.yml`` in the reader's language; on staff pages with a page."""
    if is_staff_page(request.url.path):
        pages: Pages = request.app.state.pages
        return pages.message(code, _STATUS.get(code, 400), headers)
    published: Published = request.app.state.live.current
    clock: Clock = request.app.state.clock
    texts = published.catalogue.phrases[f"error_{code}"].texts
    shown = render(texts, await _locale(request), published.catalogue.ward, clock.today())
    body = {"error": {"code": code, "message": shown.text}}
    return JSONResponse(body, _STATUS.get(code, 400), headers)


def install(app: FastAPI) -> None:
    """Register a handler for each way in which a request can fail."""

    @app.exception_handler(CounterError)
    async def on_counter_error(request: Request, error: CounterError) -> Response:
        wait = getattr(error, "retry_after", 1)
        headers = {"Retry-After": str(wait)} if error.code == "too_fast" else None
        if error.code == "token":
            headers = {"WWW-Authenticate": "Bearer"}
        return await error_response(request, error.code, headers)

    @app.exception_handler(StoreUnavailable)
    async def on_store_unavailable(request: Request, error: StoreUnavailable) -> Response:
        _log.error("store_unavailable", cause=str(error), path=request.url.path)
        return await error_response(request, "unavailable", {"Retry-After": "10"})

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        return await error_response(request, _validation_code(error))

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        response = await error_response(
            request, "not_found" if error.status_code == 404 else "malformed"
        )
        response.status_code = error.status_code
        return response


class Unforeseen:
    """Innermost middleware: answers what no handler foresaw, and logs its kind and places.

    Starlette's own last resort stands outside every middleware, so its answer would lack the security
    headers, and it hands the exception on to a server that logs the message, which may quote a text.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http":
                raise
            frames = [f"{f.filename}:{f.lineno}" for f in extract_tb(error.__traceback__)[-6:]]
            kind = type(error).__name__
            _log.error("unexpected_error", type=kind, path=scope["path"], frames=frames)
            if not has_begun:
                response = await error_response(Request(scope), "internal")
                await response(scope, receive, send)


def _validation_code(error: RequestValidationError) -> str:
    for detail in error.errors():
        if detail["type"] == "string_too_long" and detail["loc"][-1] in ("text", "comment"):
            return "too_long"
        if detail["type"] == "value_error":
            return "empty"
    return "malformed"


async def _locale(request: Request) -> str:
    """Return the conversation's locale where it is known, else the browser's, else Japanese."""
    known = getattr(request.state, "locale", None) or await _conversation_locale(request)
    if known:
        return str(known)
    for entry in request.headers.get("accept-language", "").split(","):
        tag = entry.split(";")[0].strip().lower().replace("fil", "tl")
        for locale in LOCALES:
            if tag == locale.lower() or tag.split("-")[0] == locale.split("-")[0].lower():
                return locale
    return "ja"


async def _conversation_locale(request: Request) -> str | None:
    """Look up whose request failed before it was admitted; only the language of the error tells."""
    found = _CONVERSATION.match(request.url.path)
    counter: Counter = request.app.state.counter
    try:
        return await counter.locale_of(found[1]) if found else None
    except StoreUnavailable:
        return None
