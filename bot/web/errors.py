"""Every error leaves as ``{"error": {"code", "message"}}``, in words for the person who meets it."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from bot.dialogue.conversations import CounterError
from bot.dialogue.published import Published
from bot.scenarios.model import LOCALES
from bot.scenarios.rendering import render
from bot.store.clock import Clock
from bot.store.database import StoreUnavailable

_STATUS = {
    "unknown_conversation": 404,
    "token": 401,
    "not_offered": 422,
    "conversation_ended": 409,
    "message_id_reused": 409,
    "unknown_turn": 404,
    "too_fast": 429,
    "too_large": 413,
    "too_long": 422,
    "empty": 422,
    "malformed": 422,
    "not_found": 404,
    "unavailable": 503,
    "internal": 500,
}
_log = structlog.get_logger()


class TooFast(CounterError):
    """Too many messages; ``retry_after`` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too_fast")
        self.retry_after = retry_after


def error_response(
    request: Request, code: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Answer with a phrase of ``data/phrases.yml`` in the reader's language."""
    published: Published = request.app.state.published
    clock: Clock = request.app.state.clock
    texts = published.catalogue.phrases[f"error_{code}"].texts
    shown = render(texts, _locale(request), published.catalogue.ward, clock.today())
    body = {"error": {"code": code, "message": shown.text}}
    return JSONResponse(body, _STATUS.get(code, 400), headers)


def install(app: FastAPI) -> None:
    """Register a handler for each way in which a request can fail."""

    @app.exception_handler(CounterError)
    async def on_counter_error(request: Request, error: CounterError) -> JSONResponse:
        wait = getattr(error, "retry_after", 1)
        headers = {"Retry-After": str(wait)} if error.code == "too_fast" else None
        if error.code == "token":
            headers = {"WWW-Authenticate": "Bearer"}
        return error_response(request, error.code, headers)

    @app.exception_handler(StoreUnavailable)
    async def on_store_unavailable(request: Request, error: StoreUnavailable) -> JSONResponse:
        _log.error("store_unavailable", cause=str(error), path=request.url.path)
        return error_response(request, "unavailable", {"Retry-After": "10"})

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return error_response(request, _validation_code(error))

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> JSONResponse:
        response = error_response(request, "not_found" if error.status_code == 404 else "malformed")
        response.status_code = error.status_code
        return response

    @app.exception_handler(Exception)
    async def on_any(request: Request, error: Exception) -> JSONResponse:
        # The exception's text may hold a resident's words; its type and place may not.
        _log.error("unexpected_error", type=type(error).__name__, path=request.url.path)
        return error_response(request, "internal")


def _validation_code(error: RequestValidationError) -> str:
    for detail in error.errors():
        if detail["type"] == "string_too_long" and detail["loc"][-1] in ("text", "comment"):
            return "too_long"
        if detail["type"] == "value_error":
            return "empty"
    return "malformed"


def _locale(request: Request) -> str:
    """Return the conversation's locale where it is known, else the browser's, else Japanese."""
    known: Any = getattr(request.state, "locale", None)
    if known:
        return str(known)
    for entry in request.headers.get("accept-language", "").split(","):
        tag = entry.split(";")[0].strip().lower()
        for locale in LOCALES:
            if tag == locale.lower() or tag.split("-")[0] == locale.split("-")[0].lower():
                return locale
    return "ja"
