"""The page of one's own account: sessions, password, recovery codes, a new phone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from bot.staff.members import Member, StaffError
from bot.staff.own_account import OwnAccount
from bot.staff.sessions import Session
from bot.staff.signing_in import Admission
from bot.web.pages import Pages
from bot.web.staff import client_of, forget, office_of, signed_in
from bot.web.staff_pages.devices import device_name
from bot.web.staff_pages.forms import CountedForm, FormOf, answer, go_on, refused
from bot.web.staff_pages.sections import sections_of
from bot.web.staff_pages.signing_in import check_password

router = APIRouter(prefix="/staff")
SignedIn = Annotated[Member, Depends(signed_in())]
Done = Annotated[str, Query(pattern="^(password_done|done_session|)$")]


def _session(request: Request) -> Session:
    session: Session = request.state.staff_session
    return session


def _own(request: Request) -> OwnAccount:
    return OwnAccount(office_of(request), _session(request), client_of(request))


@router.get("/account")
def account_page(request: Request, member: SignedIn, done: Done = "") -> Response:
    """Show the account."""
    return _page(request, member, done=done)


def _page(request: Request, member: Member, **more: Any) -> Response:
    own, session = _own(request), _session(request)
    pages: Pages = request.app.state.pages
    unknown = pages.words["account"]["unknown_device"]
    known = sections_of(request)
    shown = {
        "account": session.account,
        "sections": [known.get(section, section) for section in member.sections],
        "here": session.id,
        "sessions": [(s, device_name(s.device) or unknown) for s in own.sessions()],
        "codes_left": own.recovery_codes_left(),
        "done": "",
        **more,
    }
    return answer(request, "staff/account.html", member=member, **shown)


@router.post("/account/password")
def change_password(request: Request, member: SignedIn, form: CountedForm) -> Response:
    """Set a new password."""
    login = _session(request).account.login
    try:
        check_password(request, form.one("new"), member.name, login)
        _own(request).change_password(form.one("old"), form.one("new"))
    except StaffError as error:
        return _page(request, member, **refused(request, error))
    return RedirectResponse("/staff/account?done=password_done", 303)


@router.post("/account/codes")
def renew_codes(request: Request, member: SignedIn, form: CountedForm) -> Response:
    """Show new recovery codes this once."""
    try:
        fresh = _own(request).renew_recovery_codes(form.one("code"))
    except StaffError as error:
        return _page(request, member, **refused(request, error))
    return answer(request, "staff/recovery.html", member=member, codes=fresh, to="/staff/account")


@router.post("/account/phone")
def enrol_again(request: Request, member: SignedIn, form: CountedForm) -> Response:
    """Go back to the enrolment of an application."""
    try:
        secret = _own(request).enrol_again(form.one("code"))
    except StaffError as error:
        return _page(request, member, **refused(request, error))
    return go_on(request, Admission(secret, "enrol"), "/staff/account")


@router.post("/account/sessions/{session_id}/end")
def end_session(request: Request, member: SignedIn, session_id: str, form: FormOf) -> Response:
    """End one session of one's own."""
    _own(request).end(session_id)
    return RedirectResponse("/staff/account?done=done_session", 303)


@router.post("/sign-out-everywhere")
def sign_out_everywhere(request: Request, member: SignedIn, form: FormOf) -> Response:
    """End every session of one's own, this one too."""
    _own(request).end_everywhere()
    response = RedirectResponse("/staff/sign-in", 303)
    forget(request, response)
    return response
