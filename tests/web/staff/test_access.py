"""Who is let through: roles, limits in time, other sites, pages and calls, streams."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import Depends, Request

from bot.staff.members import Member
from bot.web.staff import signed_in, still_signed_in
from tests.support.staff import SITE, Clerk, hire, let_time_pass, roster_of
from tests.support.ward import Ward

pytestmark = pytest.mark.slow

CALL, PAGE, POLL = "/api/v1/probe/call", "/desk/probe", "/api/v1/probe/poll"
STREAM, OTHER = "/api/v1/probe/stream", "/audit/probe"


Agent = Annotated[Member, Depends(signed_in("agent"))]
Anybody = Annotated[Member, Depends(signed_in())]
Background = Annotated[Member, Depends(signed_in("agent", is_activity=False))]


async def _who(member: Agent) -> dict[str, Any]:
    return {"id": member.id, "name": member.name, "sections": list(member.sections)}


async def _any_member(member: Anybody) -> dict[str, str]:
    return {"id": member.id}


async def _poll(member: Background) -> dict[str, str]:
    return {"id": member.id}


async def _still(request: Request) -> dict[str, bool]:
    return {"still": await still_signed_in(request)}


@pytest.fixture
def doors(ward: Ward) -> Ward:
    """The ward with what another part of the product would add: pages, calls, a poll, a stream."""
    ward.app.add_api_route(PAGE, _who, methods=["GET", "POST"])
    ward.app.add_api_route(CALL, _who, methods=["GET", "POST", "DELETE"])
    ward.app.add_api_route(OTHER, _any_member)
    ward.app.add_api_route(POLL, _poll)
    ward.app.add_api_route(STREAM, _still)
    return ward


async def test_a_member_with_the_role_is_let_through(doors: Ward) -> None:
    """The dependency gives who acts, and where."""
    clerk = await hire(doors, "agent", sections=["zeimu"])
    page, call = await clerk.get(PAGE), await clerk.get(CALL)

    assert (page.status_code, call.status_code) == (200, 200)
    assert call.json()["name"] == "山田 花子"
    assert call.json()["sections"] == ["zeimu"]


@pytest.mark.parametrize("role", ["operator", "approver", "auditor", "administrator"])
async def test_every_other_role_is_not(doors: Ward, role: str) -> None:
    """Not even an administrator: roles are duties, not ranks."""
    clerk = await hire(doors, role)
    page, call, other = await clerk.get(PAGE), await clerk.get(CALL), await clerk.get(OTHER)

    assert page.status_code == 403
    assert "役割がありません" in page.text
    assert call.status_code == 403
    assert call.json()["error"]["code"] == "role"
    assert other.status_code == 200


async def test_strangers_are_led_to_sign_in_and_calls_are_refused(doors: Ward) -> None:
    """A page leads on to where one wanted to go; a call gets the contract's error."""
    clerk = Clerk(doors, doors.http, "x@y.jp")
    page, call = await clerk.get(f"{PAGE}?section=zeimu"), await clerk.get(CALL)

    assert page.status_code == 303
    assert page.headers["location"] == "/staff/sign-in?next=%2Fdesk%2Fprobe%3Fsection%3Dzeimu"
    assert call.status_code == 401
    assert call.json() == {"error": {"code": "not_signed_in", "message": "ログインしてください。"}}
    assert call.headers["cache-control"] == "no-store"


async def test_a_session_ends_without_activity(doors: Ward) -> None:
    """A quarter of an hour; each request begins it anew."""
    clerk = await hire(doors)
    for _ in range(3):
        let_time_pass(doors, 14 * 60)
        assert (await clerk.get(CALL)).status_code == 200
    let_time_pass(doors, 15 * 60)

    assert (await clerk.get(CALL)).status_code == 401


async def test_what_a_page_polls_by_itself_is_no_activity(doors: Ward) -> None:
    """An abandoned desk does not stay open because its page keeps asking."""
    clerk = await hire(doors)
    statuses = []
    for _ in range(4):
        let_time_pass(doors, 5 * 60)
        statuses.append((await clerk.get(POLL)).status_code)

    assert statuses == [200, 200, 401, 401]


async def test_a_session_ends_after_twelve_hours_whatever_is_done(doors: Ward) -> None:
    """Activity prolongs it no further."""
    clerk = await hire(doors)
    statuses = set()
    for _ in range(71):
        let_time_pass(doors, 10 * 60)
        statuses.add((await clerk.get(CALL)).status_code)
    let_time_pass(doors, 10 * 60)

    assert {200} == statuses
    assert (await clerk.get(CALL)).status_code == 401


@pytest.mark.parametrize("what", ["disable", "roles", "reset"])
async def test_a_session_ends_at_once_when_an_administrator_says_so(doors: Ward, what: str) -> None:
    """The next request is refused, and a stream that is open learns it when it asks."""
    clerk = await hire(doors)
    roster = roster_of(doors)
    account = roster.of_login(clerk.login)
    before = await clerk.get(STREAM)
    if what == "disable":
        roster.disable(account.id)
    elif what == "roles":
        roster.assign(account.id, ["agent", "auditor"], [])
    else:
        roster.reset(account.id, second_factor_too=False)

    assert before.json() == {"still": True}
    assert (await clerk.get(STREAM)).json() == {"still": False}
    assert (await clerk.get(CALL)).status_code == 401


@pytest.mark.parametrize("path", [CALL, "/staff/sign-out-everywhere", "/staff/sign-in"])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing said"),
        pytest.param({"Origin": "https://evil.example"}, id="another origin"),
        pytest.param({"Origin": "http://ward.test.evil.example"}, id="one that begins alike"),
        pytest.param({"Origin": "https://ward.test"}, id="another scheme"),
        pytest.param({"Origin": "http://ward.test:8001"}, id="another port"),
        pytest.param({"Origin": "null"}, id="null"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="cross-site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="same site"),
        pytest.param({"Origin": SITE, "Sec-Fetch-Site": "cross-site"}, id="both, apart"),
        pytest.param(
            {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, id="apart"
        ),
    ],
)
async def test_other_sites_cannot_act(doors: Ward, path: str, headers: dict[str, str]) -> None:
    """A request that changes something must say that it comes from our own pages."""
    clerk = await hire(doors)
    refused = await clerk.http.post(path, headers=headers, data={"login": "x", "password": "y"})

    assert refused.status_code == 403
    assert "ほかのサイトから" in refused.text
    assert await clerk.is_in()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": SITE},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": SITE, "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_our_own_pages_can(doors: Ward, headers: dict[str, str]) -> None:
    """With either of the two signs that browsers give."""
    clerk = await hire(doors)

    assert (await clerk.http.delete(CALL, headers=headers)).status_code == 200


async def test_a_link_from_another_site_leads_on_once(doors: Ward) -> None:
    """The strict cookie stays behind; our own page leads on, and then it comes along."""
    clerk = Clerk(doors, doors.http, "x@y.jp")
    headers = {"Sec-Fetch-Site": "cross-site"}
    first = await clerk.http.get(f"{PAGE}?section=zeimu&x=%22%3E", headers=headers)
    second = await clerk.http.get(PAGE, headers={"Sec-Fetch-Site": "same-origin"})

    assert first.status_code == 200
    assert 'content="0;url=/desk/probe?section=zeimu&amp;x=%22%3E"' in first.text
    assert second.status_code == 303


async def test_staff_pages_are_never_cached_and_never_framed(doors: Ward) -> None:
    """Strict headers on every staff page, and a referrer for our own site only."""
    page = await doors.http.get("/staff/sign-in")
    policy = page.headers["content-security-policy"]

    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<script" not in page.text
    assert "style=" not in page.text


async def test_the_menu_shows_the_pages_of_ones_own_duties(doors: Ward) -> None:
    """What exists and what the roles allow; signing in leads to the first."""
    clerk = await hire(doors, "agent")
    page, start = await clerk.get("/staff/account"), await clerk.get("/staff/")

    assert start.headers["location"] == "/desk"
    assert 'href="/desk"' in page.text
    assert 'href="/studio"' not in page.text
    assert 'href="/staff/members"' not in page.text
