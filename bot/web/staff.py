"""Who is signed in: the session cookie, the check of where a request was sent from, the dependency.

Pages send whoever is not signed in to ``/staff/sign-in``; calls of the API get 401 or 403 in the
contract's form. Another site cannot act for a member of staff: the cookie is SameSite=Strict, and every
unsafe request must come from our own pages (Fetch Metadata and Origin, as OWASP's CSRF cheat sheet says).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.routing import Match

from bot.staff import sessions
from bot.staff.members import Member
from bot.staff.office import Office
from bot.staff.sessions import Client, Session
from bot.web.pages import Pages

SIGN_IN = "/staff/sign-in"
_COOKIE, _DEVICE = "madoguchi_staff", "madoguchi_device"
_PLACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("desk", "/desk", ("agent",)),
    ("studio", "/studio", ("operator", "approver")),
    ("audit", "/audit", ("auditor",)),
    ("members", "/staff/members", ("administrator",)),
    ("account", "/staff/account", ()),
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_DEVICE_SECONDS = 180 * 24 * 3600
_STATUS = {"not_signed_in": 401, "role": 403, "origin": 403}


class NotAdmitted(Exception):
    """``not_signed_in``, ``role`` (the member has none of the roles) or ``origin`` (sent from elsewhere)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def signed_in(*roles: str, is_activity: bool = True) -> Callable[[Request], Awaitable[Member]]:
    """Return a FastAPI dependency that gives the member of staff who has one of ``roles``, or any.

    What a page asks for by itself, without anybody at it, is no activity and must not keep a session
    alive: pass ``is_activity=False`` there.
    """

    async def admitted(request: Request) -> Member:
        check_origin(request)
        session = await session_of(request)
        if session is None or session.stage != "in":
            raise NotAdmitted("not_signed_in")
        if roles and not session.account.member.has(roles):
            raise NotAdmitted("role")
        if is_activity:
            await asyncio.to_thread(_touch, office_of(request), session)
        request.state.staff_session = session
        return session.account.member

    return admitted


async def still_signed_in(request: Request) -> bool:
    """Tell whether a request that goes on, such as a stream, would be admitted now; ask every few seconds."""
    session = await session_of(request)
    return session is not None and session.stage == "in"


async def session_of(request: Request) -> Session | None:
    """Return the session of the request, at whatever stage, if it holds now."""
    secret = request.cookies.get(cookie_name(request, _COOKIE), "")
    if not secret:
        return None
    return await asyncio.to_thread(_find, office_of(request), secret)


def office_of(request: Request) -> Office:
    """Return what staff accounts work with."""
    office: Office = request.app.state.staff
    return office


def client_of(request: Request) -> Client:
    """Return where the request comes from."""
    address = request.client.host if request.client else "unknown"
    device = request.headers.get("user-agent", "")
    return Client(address, device, request.cookies.get(cookie_name(request, _DEVICE), ""))


def site_of(request: Request) -> str:
    """Return the origin of our own pages: the public one where it is set, else as the request came."""
    return request.app.state.public_url or f"{request.url.scheme}://{request.url.netloc}"


def places_of(request: Request, member: Member) -> list[dict[str, Any]]:
    """Return the pages that the member works with, of those that this gateway has."""
    here = request.url.path
    return [
        {"name": name, "path": path, "is_here": here == path}
        for name, path, roles in _PLACES
        if (not roles or member.has(roles)) and _is_served(request.app, path)
    ]


def show(
    request: Request, template: str, status: int = 200, *, member: Member | None, **values: Any
) -> Response:
    """Return a staff page, with the menu of the member who is signed in."""
    pages: Pages = request.app.state.pages
    places = places_of(request, member) if member else ()
    return pages.render(template, status, member=member, places=places, **values)


def check_origin(request: Request) -> None:
    """Refuse an unsafe request that did not come from our own pages.

    Raises:
        NotAdmitted: ``origin``.

    """
    if request.method in _SAFE:
        return
    fetched_from = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if fetched_from not in (None, "same-origin") or origin not in (None, site_of(request)):
        raise NotAdmitted("origin")
    if fetched_from is None and origin is None:
        raise NotAdmitted("origin")


def keep(request: Request, response: Response, secret: str) -> None:
    """Give the browser its session; without an expiry, so that it ends with the browser at the latest."""
    _set(request, response, _COOKIE, secret, None)


def keep_device(request: Request, response: Response, token: str) -> None:
    """Let the browser be known again; the token admits to nothing."""
    _set(request, response, _DEVICE, token, _DEVICE_SECONDS)


def forget(request: Request, response: Response) -> None:
    """Take the session back from the browser."""
    _set(request, response, _COOKIE, "", 0)


def install(app: FastAPI) -> None:
    """Answer whoever is not admitted."""

    @app.exception_handler(NotAdmitted)
    async def on_not_admitted(request: Request, error: NotAdmitted) -> Response:
        pages: Pages = request.app.state.pages
        status = _STATUS[error.code]
        if request.url.path.startswith("/api/"):
            body = {"code": error.code, "message": pages.words["errors"][error.code]}
            return JSONResponse({"error": body}, status)
        if error.code == "not_signed_in":
            return _to_sign_in(request, pages)
        return pages.message(error.code, status)


def _is_served(app: FastAPI, path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in app.router.routes)


def _to_sign_in(request: Request, pages: Pages) -> Response:
    """Lead to the page for signing in, or once more to the same page if the link stood on another site.

    A browser does not send a strict cookie when it follows a link from another site; from our own page it
    does. The second request says that it comes from here, so this cannot go round in circles.
    """
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method not in _SAFE:
        return RedirectResponse(SIGN_IN, 303)
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return pages.bounce(here)
    return RedirectResponse(f"{SIGN_IN}?next={quote(here, safe='')}", 303)


def _find(office: Office, secret: str) -> Session | None:
    with office.database.read() as connection:
        return sessions.find(connection, secret, office.now(), office.limits)


def _touch(office: Office, session: Session) -> None:
    now = office.now()
    if sessions.is_worth_touching(session, now):
        with office.database.write() as connection:
            sessions.touch(connection, session, now)


def _set(request: Request, response: Response, name: str, value: str, age: int | None) -> None:
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=age,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="strict",
    )


def cookie_name(request: Request, name: str) -> str:
    """Return the cookie's name; with the prefix no other host and no plain page can plant one."""
    return f"__Host-{name}" if is_secure(request) else name


def is_secure(request: Request) -> bool:
    """Tell whether browsers reach us by https."""
    return site_of(request).startswith("https:")
