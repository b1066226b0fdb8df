"""To the ward's OpenID provider and back.

The session cookie is strict, so on the way back from another site the browser keeps it to itself, and
also when it follows a redirect from there: what must survive the journey stands in a cookie of its own,
sealed, lax and short-lived, and the way back ends on a page of ours that leads on.
"""

from __future__ import annotations

import base64
import binascii

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from bot.ledger.sealing import SealBroken
from bot.staff.members import StaffError
from bot.staff.provider import Attempt, Provider, ProviderFailed, attempt_of
from bot.staff.signing_in import SignIn
from bot.staff.vouching import account_of
from bot.web.pages import Pages
from bot.web.staff import client_of, cookie_name, is_secure, office_of, site_of
from bot.web.staff_pages.forms import count, hand_over, home, next_page
from bot.web.staff_pages.sections import sections_of

router = APIRouter(prefix="/staff/provider")
_COOKIE, _SECONDS = "madoguchi_provider", 600
_PLACE = "provider attempt"
_log = structlog.get_logger()


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise StaffError("not_found")
    return provider


def _return_to(request: Request) -> str:
    return f"{site_of(request)}/staff/provider/return"


@router.get("/start")
def start(request: Request) -> Response:
    """Send the browser to the provider."""
    provider = _provider(request)
    to = home(request.query_params.get("next", ""))
    try:
        url, attempt = provider.begin(_return_to(request), to)
    except ProviderFailed as error:
        raise _refused(request, error) from error
    response = RedirectResponse(url, 303)
    _keep(request, response, attempt)
    return response


@router.get("/return")
async def come_back(request: Request) -> Response:
    """Take what the provider has sent back with the browser."""
    provider = _provider(request)
    await count(request)
    response = await run_in_threadpool(_come_back, request, provider)
    response.delete_cookie(cookie_name(request, _COOKIE), secure=is_secure(request))
    return response


def _come_back(request: Request, provider: Provider) -> Response:
    office, client = office_of(request), client_of(request)
    steps = SignIn(office)
    try:
        attempt = _kept(request)
        claims = provider.finish(attempt, dict(request.query_params), _return_to(request))
    except ProviderFailed as error:
        raise _refused(request, error) from error
    try:
        known = frozenset(sections_of(request))
        account_id = account_of(office, provider.settings, claims, known)
    except StaffError:
        steps.refused_by_provider("no_account", client)
        raise
    is_there = provider.settings.is_second_factor_there
    admission = steps.after_provider(account_id, client, is_second_factor_there=is_there)
    pages: Pages = request.app.state.pages
    response = pages.bounce(next_page(admission, attempt.to))
    hand_over(request, response, admission)
    return response


def _refused(request: Request, error: ProviderFailed) -> StaffError:
    _log.warning("provider_failed", reason=error.reason)
    SignIn(office_of(request)).refused_by_provider(error.reason, client_of(request))
    return StaffError("provider_failed")


def _keep(request: Request, response: Response, attempt: Attempt) -> None:
    sealed = office_of(request).vault.seal(attempt.text(), _PLACE)
    response.set_cookie(
        cookie_name(request, _COOKIE),
        base64.urlsafe_b64encode(sealed).decode(),
        max_age=_SECONDS,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _kept(request: Request) -> Attempt:
    value = request.cookies.get(cookie_name(request, _COOKIE), "")
    try:
        sealed = base64.urlsafe_b64decode(value)
        return attempt_of(office_of(request).vault.open(sealed, _PLACE))
    except (binascii.Error, SealBroken, ValueError) as error:
        raise ProviderFailed("state") from error
