"""Pages for signing in: password, second factor, enrolment, one-time links."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from bot.staff import accounts, codes, invitations, passwords
from bot.staff.accounts import Account
from bot.staff.invitations import Invitation
from bot.staff.members import Member, StaffError
from bot.staff.own_account import OwnAccount
from bot.staff.roster import checked_login, checked_name
from bot.staff.sessions import Session
from bot.staff.signing_in import SignIn
from bot.web.pages import Pages
from bot.web.staff import client_of, forget, office_of, places_of, signed_in
from bot.web.staff_pages.forms import (
    AnySession,
    CountedForm,
    FormOf,
    answer,
    at_stage,
    go_on,
    hand_over,
    home,
    refused,
)

router = APIRouter(prefix="/staff")
Next = Annotated[str, Query(alias="next", max_length=300)]
SignedIn = Annotated[Member, Depends(signed_in())]


@router.get("/")
def start(request: Request, member: SignedIn) -> Response:
    """Lead to the first page that the member works with."""
    return RedirectResponse(places_of(request, member)[0]["path"], 303)


@router.get("/sign-in")
def sign_in_page(request: Request, session: AnySession, to: Next = "") -> Response:
    """Show the form, or go on where somebody is signed in."""
    if session and session.stage == "in":
        return RedirectResponse(home(to), 303)
    return _sign_in_page(request, to)


@router.post("/sign-in")
def sign_in(request: Request, form: CountedForm, session: AnySession) -> Response:
    """Take login and password."""
    login, password, to = form.one("login"), form.one("password"), form.one("next")
    steps = SignIn(office_of(request))
    try:
        admission = steps.with_password(login, password, client_of(request), session)
    except StaffError as error:
        return _sign_in_page(request, to, login, **refused(request, error))
    return go_on(request, admission, to)


def _sign_in_page(request: Request, to: str, login: str = "", **more: Any) -> Response:
    is_there = request.app.state.provider is not None
    return answer(
        request, "staff/sign_in.html", login=login, to=home(to), has_provider=is_there, **more
    )


@router.get("/code")
def code_page(request: Request, session: AnySession, to: Next = "") -> Response:
    """Ask for the second factor."""
    at_stage(session, "code")
    return answer(request, "staff/code.html", to=home(to))


@router.post("/code")
def take_code(request: Request, form: CountedForm, session: AnySession) -> Response:
    """Take the second factor."""
    session = at_stage(session, "code")
    steps = SignIn(office_of(request))
    try:
        admission = steps.with_code(session, form.one("code"), client_of(request))
    except StaffError as error:
        shown = refused(request, error)
        return answer(request, "staff/code.html", to=home(form.one("next")), **shown)
    return go_on(request, admission, form.one("next"))


@router.get("/enrol")
def enrol_page(request: Request, session: AnySession, to: Next = "") -> Response:
    """Show what the application is to read."""
    return _enrol_page(request, at_stage(session, "enrol"), to)


@router.post("/enrol")
def enrol(request: Request, form: CountedForm, session: AnySession) -> Response:
    """Take the first code of the application, and show the recovery codes this once."""
    session, to = at_stage(session, "enrol"), form.one("next")
    try:
        admission = SignIn(office_of(request)).with_enrolment(
            session, form.one("code"), client_of(request)
        )
    except StaffError as error:
        if error.code == "not_signed_in":
            raise
        return _enrol_page(request, session, to, **refused(request, error))
    fresh = admission.recovery_codes
    response = answer(request, "staff/recovery.html", codes=fresh, to=home(to))
    hand_over(request, response, admission)
    return response


def _enrol_page(request: Request, session: Session, to: str, **more: Any) -> Response:
    pages: Pages = request.app.state.pages
    secret = SignIn(office_of(request)).enrolment(session)
    uri = codes.enrolment_uri(secret, session.account.login, pages.ward())
    grouped = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    # The picture is made here from letters of our own choosing; nothing typed by anybody is in its markup.
    picture = Markup(codes.picture(uri))  # noqa: S704
    shown = {"picture": picture, "secret": grouped, "uri": uri, "to": home(to), **more}
    return answer(request, "staff/enrol.html", **shown)


@router.get("/invitation/{token}")
def invitation_page(request: Request, token: str) -> Response:
    """Show whose link it is; looking at it does not use it up, for mail programs look too."""
    invitation, account = _invited(request, token)
    return _invitation_page(request, invitation, account)


@router.post("/invitation/{token}")
def accept_invitation(request: Request, token: str, form: CountedForm) -> Response:
    """Set the password, which uses the link up."""
    invitation, account = _invited(request, token)
    name, login, password = form.one("name"), form.one("login"), form.one("password")
    try:
        if account is None:
            name, login = checked_name(name), checked_login(login)
        check_password(request, password, account.name if account else name, login)
        steps = SignIn(office_of(request))
        admission = steps.with_link(token, password, client_of(request), name, login)
    except StaffError as error:
        typed = {"name": name, "login": login, **refused(request, error)}
        return _invitation_page(request, invitation, account, **typed)
    return go_on(request, admission, "")


def _invited(request: Request, token: str) -> tuple[Invitation, Account | None]:
    office = office_of(request)
    with office.database.read() as connection:
        invitation = invitations.read(connection, token, office.now())
        if invitation.account_id is None:
            return invitation, None
        return invitation, accounts.by_id(connection, invitation.account_id)


def _invitation_page(
    request: Request, invitation: Invitation, account: Account | None, **more: Any
) -> Response:
    shown = {"name": "", "login": "", **more}
    return answer(
        request, "staff/invitation.html", purpose=invitation.purpose, account=account, **shown
    )


def check_password(request: Request, password: str, name: str, login: str) -> None:
    """Look at a new password.

    Raises:
        StaffError: why it is not taken.

    """
    pages: Pages = request.app.state.pages
    own = (*name.split(), login.partition("@")[0], pages.ward(), "madoguchi")
    code = passwords.refusal(password, own)
    if code:
        raise StaffError(code)


@router.post("/sign-out")
def sign_out(request: Request, form: FormOf, session: AnySession) -> Response:
    """End the session of this browser, at whatever stage it is."""
    if session:
        OwnAccount(office_of(request), session, client_of(request)).end(session.id)
    response = RedirectResponse("/staff/sign-in", 303)
    forget(request, response)
    return response
