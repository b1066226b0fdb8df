"""What the staff pages share: forms as they were sent, answers, refusals, and where to go next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from bot.staff.members import Member, StaffError
from bot.staff.sessions import Session
from bot.staff.signing_in import Admission
from bot.web.errors import TooFast
from bot.web.limits import RateLimits
from bot.web.pages import Pages
from bot.web.staff import (
    NotAdmitted,
    check_origin,
    client_of,
    keep,
    keep_device,
    session_of,
    show,
)

_STATUS = {
    "wrong": 401,
    "wrong_password": 403,
    "wrong_code": 401,
    "locked": 429,
    "too_fast": 429,
    "link_gone": 404,
    "unknown_member": 404,
    "oneself": 409,
    "last_administrator": 409,
    "is_disabled": 409,
    "no_account": 403,
    "provider_failed": 502,
    "not_found": 404,
}
_BAD_FIELDS = {
    "wrong": ("login", "password"),
    "wrong_password": ("old",),
    "wrong_code": ("code",),
    "login_form": ("login",),
    "login_taken": ("login",),
    "name_form": ("name",),
    "password_short": ("password", "new"),
    "password_long": ("password", "new"),
    "password_common": ("password", "new"),
    "password_own": ("password", "new"),
}
_STEPS = {"code": "/staff/code", "enrol": "/staff/enrol"}
_OURS = re.compile(
    r"/(desk|studio|audit|staff)(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*/?(\?[A-Za-z0-9=&%_.-]*)?"
)
_MOST_FIELDS = 100


@dataclass(frozen=True)
class Form:
    """The fields of a form as a browser sent them."""

    fields: dict[str, list[str]]

    def one(self, name: str) -> str:
        """Return the last value of a field; empty where there is none."""
        return self.fields.get(name, [""])[-1]

    def many(self, name: str) -> tuple[str, ...]:
        """Return every value of a field, such as the boxes that were ticked."""
        return tuple(self.fields.get(name, ()))


async def _form(request: Request) -> Form:
    check_origin(request)
    try:
        text = (await request.body()).decode()
        return Form(parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise StaffError("malformed") from None


async def _counted_form(request: Request) -> Form:
    form = await _form(request)
    await count(request)
    return form


async def count(request: Request) -> None:
    """Count a try to prove who one is against its address.

    Raises:
        StaffError: ``too_fast`` with the ``seconds`` to wait.

    """
    limits: RateLimits = request.app.state.limits
    try:
        await limits.count_sign_in(client_of(request).address)
    except TooFast as error:
        raise StaffError("too_fast", seconds=str(error.retry_after)) from None


async def _at_any_stage(request: Request) -> Session | None:
    return await session_of(request)


FormOf = Annotated[Form, Depends(_form)]
CountedForm = Annotated[Form, Depends(_counted_form)]
AnySession = Annotated[Session | None, Depends(_at_any_stage)]


def at_stage(session: Session | None, stage: str) -> Session:
    """Return the session if it is at this step of signing in.

    Raises:
        NotAdmitted: ``not_signed_in``.

    """
    if session is None or session.stage != stage:
        raise NotAdmitted("not_signed_in")
    return session


def go_on(request: Request, admission: Admission, to: str) -> Response:
    """Lead to the next step of signing in, or to where somebody wanted to go."""
    response = RedirectResponse(next_page(admission, to), 303)
    hand_over(request, response, admission)
    return response


def next_page(admission: Admission, to: str) -> str:
    """Return the page of the next step, or where somebody wanted to go."""
    step = _STEPS.get(admission.stage)
    if step is None:
        return home(to)
    return f"{step}?{urlencode({'next': to})}" if home(to) == to else step


def hand_over(request: Request, response: Response, admission: Admission) -> None:
    """Give the browser what the step has made."""
    keep(request, response, admission.secret)
    if admission.device:
        keep_device(request, response, admission.device)


def home(to: str = "") -> str:
    """Return where to go after signing in: as asked, if that is a page of ours."""
    return to if _OURS.fullmatch(to) else "/staff/"


def refused(request: Request, error: StaffError) -> dict[str, Any]:
    """Return what a template shows of an error, and what :func:`answer` needs to send it."""
    return {
        "problem": sentence(request, error),
        "status": _STATUS.get(error.code, 422),
        "bad": _BAD_FIELDS.get(error.code, ()),
        "retry_after": error.details.get("seconds"),
    }


def sentence(request: Request, error: StaffError) -> str:
    """Return the error in words; seconds to wait as people say them."""
    pages: Pages = request.app.state.pages
    details = dict(error.details)
    if "seconds" in details:
        details["wait"] = _duration(pages, int(details["seconds"]))
    return pages.sentence(error.code, **details)


def _duration(pages: Pages, seconds: int) -> str:
    words = pages.words["durations"]
    if seconds < 60:
        return words["seconds"].format(number=seconds)
    return words["minutes"].format(number=-(-seconds // 60))


def answer(
    request: Request, template: str, *, member: Member | None = None, **values: Any
) -> Response:
    """Return a page; ``problem``, ``status`` and ``retry_after`` as :func:`refused` gives them."""
    status, retry_after = values.pop("status", 200), values.pop("retry_after", None)
    values = {"problem": None, "bad": (), **values}
    response = show(request, template, status, member=member, **values)
    if retry_after:
        response.headers["Retry-After"] = retry_after
    return response


def install(app: FastAPI) -> None:
    """Answer what a page did not show itself."""

    @app.exception_handler(StaffError)
    async def on_staff_error(request: Request, error: StaffError) -> Response:
        if error.code == "not_signed_in":
            return RedirectResponse("/staff/sign-in", 303)
        shown = refused(request, error)
        return answer(request, "staff/message.html", text=shown["problem"], **shown)
