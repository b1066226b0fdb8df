"""Pages for administrators: who is there, inviting, roles, stopping, registering anew."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from bot.staff import invitations
from bot.staff.accounts import Account
from bot.staff.members import ROLES, Member, StaffError
from bot.staff.roster import Actor, Roster
from bot.web.staff import office_of, signed_in, site_of
from bot.web.staff_pages.forms import FormOf, answer, refused
from bot.web.staff_pages.sections import sections_of

router = APIRouter(prefix="/staff/members")
Administrator = Annotated[Member, Depends(signed_in("administrator"))]
Done = Annotated[str, Query(pattern="^(done_roles|done_disabled|done_enabled|)$")]


def _roster(request: Request, member: Member) -> Roster:
    return Roster(office_of(request), Actor(member.id), sections_of(request))


@router.get("")
def members_page(request: Request, member: Administrator) -> Response:
    """Show all members of staff."""
    shown = {"members": _roster(request, member).every(), "sections": sections_of(request)}
    return answer(request, "staff/members.html", member=member, **shown)


@router.get("/new")
def invite_page(request: Request, member: Administrator) -> Response:
    """Show the form of an invitation."""
    return _invite_page(request, member)


@router.post("/new")
def invite(request: Request, member: Administrator, form: FormOf) -> Response:
    """Make an account, and show its link this once."""
    name, login = form.one("name"), form.one("login")
    roles, sections = form.many("roles"), form.many("sections")
    try:
        account, token = _roster(request, member).invite(name, login, roles, sections)
    except StaffError as error:
        typed = {"name": name, "login": login, "chosen": roles, "chosen_sections": sections}
        return _invite_page(request, member, **typed, **refused(request, error))
    return _link_page(request, member, account, token)


def _invite_page(request: Request, member: Member, **more: Any) -> Response:
    typed = {"name": "", "login": "", "chosen": ("agent",), "chosen_sections": (), **more}
    shown = {"roles": ROLES, "sections": sections_of(request), **typed}
    return answer(request, "staff/invite.html", member=member, **shown)


def _link_page(request: Request, member: Member, account: Account, token: str) -> Response:
    office = office_of(request)
    with office.database.read() as connection:
        invitation = invitations.read(connection, token, office.now())
    shown = {
        "account": account,
        "invitation": invitation,
        "link": f"{site_of(request)}/staff/invitation/{token}",
    }
    return answer(request, "staff/link.html", member=member, **shown)


@router.get("/{account_id}")
def member_page(
    request: Request, member: Administrator, account_id: str, done: Done = ""
) -> Response:
    """Show one member of staff and what can be done."""
    return _member_page(request, member, account_id, done=done)


def _member_page(request: Request, member: Member, account_id: str, **more: Any) -> Response:
    account = _roster(request, member).one(account_id)
    shown = {"account": account, "roles": ROLES, "sections": sections_of(request), "done": ""}
    return answer(request, "staff/member.html", member=member, **{**shown, **more})


@router.post("/{account_id}/roles")
def assign(request: Request, member: Administrator, account_id: str, form: FormOf) -> Response:
    """Give exactly the roles and sections that are ticked."""
    try:
        roster = _roster(request, member)
        roster.assign(account_id, form.many("roles"), form.many("sections"))
    except StaffError as error:
        return _refused(request, member, account_id, error)
    return _back(account_id, "done_roles")


@router.post("/{account_id}/disable")
def disable(request: Request, member: Administrator, account_id: str, form: FormOf) -> Response:
    """Let somebody in no more."""
    try:
        _roster(request, member).disable(account_id)
    except StaffError as error:
        return _refused(request, member, account_id, error)
    return _back(account_id, "done_disabled")


@router.post("/{account_id}/enable")
def enable(request: Request, member: Administrator, account_id: str, form: FormOf) -> Response:
    """Let somebody in again."""
    _roster(request, member).enable(account_id)
    return _back(account_id, "done_enabled")


@router.post("/{account_id}/reset")
def reset(request: Request, member: Administrator, account_id: str, form: FormOf) -> Response:
    """Have somebody set a new password, and show the link for it this once."""
    is_phone_lost = form.one("second") == "on"
    try:
        roster = _roster(request, member)
        account, token = roster.reset(account_id, second_factor_too=is_phone_lost)
    except StaffError as error:
        return _refused(request, member, account_id, error)
    return _link_page(request, member, account, token)


def _refused(request: Request, member: Member, account_id: str, error: StaffError) -> Response:
    if error.code == "unknown_member":
        raise error
    return _member_page(request, member, account_id, **refused(request, error))


def _back(account_id: str, done: str) -> Response:
    return RedirectResponse(f"/staff/members/{account_id}?done={done}", 303)
