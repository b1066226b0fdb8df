"""The pages for administrators, and what becomes of those whom they change."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from bot.staff.members import StaffError
from bot.staff.roster import Actor, Roster
from tests.support.staff import (
    SECTIONS,
    Clerk,
    hire,
    let_time_pass,
    next_code_is_fresh,
    problem_on,
    roster_of,
)
from tests.support.ward import Ward

pytestmark = pytest.mark.slow

YAMADA = {"name": "山田 花子", "login": "yamada@city.example.jp"}


@pytest.fixture
async def boss(ward: Ward) -> Clerk:
    """An administrator who is signed in."""
    return await hire(ward, "administrator", name="管理 太郎", login="kanri@city.example.jp")


def link_on(response: httpx.Response) -> str:
    """Return the path of the one-time link that a page shows."""
    found = re.search(r"http://ward\.test(/staff/invitation/[\w-]+)", response.text)
    assert found, response.text
    return found[1]


async def invited(boss: Clerk, **fields: object) -> tuple[str, httpx.Response]:
    """Invite Yamada by the page; returns the link's path and the page."""
    sent = {**YAMADA, "roles": ["agent"], **fields}
    page = await boss.post("/staff/members/new", **sent)
    assert page.status_code == 200, page.text
    return link_on(page), page


async def register(boss: Clerk) -> Clerk:
    """Invite Yamada, who registers."""
    path, _ = await invited(boss)
    clerk = Clerk(boss.ward, boss.ward.from_address("192.0.2.50"), YAMADA["login"])
    await clerk.register(path)
    return clerk


def page_of(boss: Clerk, login: str = YAMADA["login"]) -> str:
    """Return the path of a member's page."""
    return f"/staff/members/{roster_of(boss.ward).of_login(login).id}"


async def test_an_invitation_leads_to_an_account(ward: Ward, boss: Clerk) -> None:
    """With the roles and sections that were ticked."""
    path, page = await invited(boss, roles=["agent", "operator"], sections=["zeimu"])
    clerk = Clerk(ward, ward.from_address("192.0.2.50"), YAMADA["login"])
    shown = await clerk.get(path)
    await clerk.register(path)
    own = await clerk.get("/staff/account")
    members = await boss.get("/staff/members")

    assert "2026/12/03 09:00" in page.text
    assert "山田 花子 さん" in shown.text
    assert "窓口担当" in own.text
    assert "税務課" in own.text
    assert "山田 花子" in members.text
    assert "利用中" in members.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"login": "yamada"}, "メールアドレスの形"),
        ({"login": "kanri@city.example.jp"}, "もう登録されています"),
        ({"login": "ＫＡＮＲＩ@city.example.jp"}, "もう登録されています"),
        ({"login": "a@b.c\r\nBcc: x@y.z"}, "メールアドレスの形"),
        ({"name": "  "}, "氏名を1文字以上"),
        ({"name": "名" * 51}, "氏名を1文字以上"),
        ({"name": "a\u0000b"}, "氏名を1文字以上"),
        ({"roles": []}, "役割を1つ以上"),
        ({"roles": ["cook"]}, "役割「cook」はありません"),
        ({"sections": ["<b>"]}, "窓口「<b>」はありません"),
    ],
)
async def test_an_invitation_that_cannot_be_is_refused_with_the_reason(
    ward: Ward, boss: Clerk, fields: dict[str, object], words: str
) -> None:
    """What was typed is still there, and no account is made."""
    sent = {**YAMADA, "roles": ["agent"], **fields}
    page = await boss.post("/staff/members/new", **sent)

    assert page.status_code == 422
    assert words in problem_on(page)
    assert "<b>」" not in page.text
    assert (
        html.escape(str(sent["name"]).replace("\u0000", "\ufffd")) in page.text
        or "\u0000" in page.text
    )
    assert len(roster_of(ward).every()) == 1


async def test_looking_at_a_link_does_not_use_it_up(ward: Ward, boss: Clerk) -> None:
    """Mail programs look too; setting the password does use it up."""
    path, _ = await invited(boss)
    clerk = Clerk(ward, ward.from_address("192.0.2.50"), YAMADA["login"])
    looked = [(await clerk.get(path)).status_code for _ in range(3)]
    await clerk.register(path)
    again = await clerk.post(path, password="べつの人が決めたパスワード")
    page = await clerk.get(path)

    assert looked == [200, 200, 200]
    assert (again.status_code, page.status_code) == (404, 404)
    assert "このリンクは使えません" in problem_on(page)


async def test_a_link_is_good_for_three_days(ward: Ward, boss: Clerk) -> None:
    """Not a moment longer, and a new one is made with the reset."""
    path, _ = await invited(boss)
    let_time_pass(ward, 3 * 24 * 3600 - 1)
    in_time = await boss.get(path)
    let_time_pass(ward, 1)
    late = await boss.post(path, password="おそすぎたパスワードです")

    assert in_time.status_code == 200
    assert late.status_code == 404


@pytest.mark.parametrize("path", ["x", "あ", "../sign-in", "x" * 500])
async def test_a_link_that_never_was_says_so(ward: Ward, boss: Clerk, path: str) -> None:
    """As one that was used."""
    answer = await boss.get(f"/staff/invitation/{path}")

    assert answer.status_code in (303, 404)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("みじかい", "12文字以上"),
        ("あ" * 129, "128文字まで"),
        ("password2026!", "よく使われている"),
        ("yamada＠1234567", "よく使われている"),
        ("みなも区の山田 花子です", "すぐに推測"),
    ],
)
async def test_a_password_that_is_likely_is_refused_and_the_link_stays(
    ward: Ward, boss: Clerk, password: str, words: str
) -> None:
    """The person chooses another one with the same link."""
    path, _ = await invited(boss)
    clerk = Clerk(ward, ward.from_address("192.0.2.50"), YAMADA["login"])
    refused = await clerk.post(path, password=password)
    await clerk.register(path)

    assert refused.status_code == 422
    assert words in problem_on(refused)
    assert password not in refused.text


async def test_a_disabled_member_is_out_at_once_and_can_come_back(ward: Ward, boss: Clerk) -> None:
    """With the same password and application as before."""
    clerk = await register(boss)
    was_in = await clerk.is_in()
    done = await boss.post(f"{page_of(boss)}/disable")
    out = await clerk.is_in()
    refused = await clerk.post("/staff/sign-in", login=clerk.login, password=clerk.password)
    shown = await boss.get(done.headers["location"])
    await boss.post(f"{page_of(boss)}/enable")
    next_code_is_fresh(clerk)
    await clerk.sign_in()

    assert (was_in, out) == (True, False)
    assert refused.status_code == 401
    assert "利用を止めました" in shown.text
    assert await clerk.is_in()


async def test_disabling_voids_the_invitation(ward: Ward, boss: Clerk) -> None:
    """Whoever still has the link cannot register."""
    path, _ = await invited(boss)
    await boss.post(f"{page_of(boss)}/disable")

    assert (await boss.get(path)).status_code == 404


async def test_other_roles_end_the_sessions(ward: Ward, boss: Clerk) -> None:
    """And count from the next sign-in on."""
    clerk = await register(boss)
    done = await boss.post(f"{page_of(boss)}/roles", roles=["administrator"], sections=[])
    out = await clerk.is_in()
    next_code_is_fresh(clerk)
    await clerk.sign_in()

    assert done.status_code == 303
    assert not out
    assert (await clerk.get("/staff/members")).status_code == 200


async def test_a_reset_takes_the_password_away_at_once(ward: Ward, boss: Clerk) -> None:
    """The link sets a new one; the application is still asked for."""
    clerk = await register(boss)
    path = link_on(await boss.post(f"{page_of(boss)}/reset"))
    out = await clerk.is_in()
    old = await clerk.post("/staff/sign-in", login=clerk.login, password=clerk.password)
    clerk.password = "あたらしくて長いパスワード"
    step = await clerk.post(path, password=clerk.password)
    await clerk.post("/staff/code", code=clerk.code())

    assert not out
    assert old.status_code == 401
    assert step.headers["location"] == "/staff/code"
    assert await clerk.is_in()


async def test_a_lost_phone_is_reset_too(ward: Ward, boss: Clerk) -> None:
    """Application and recovery codes are gone; the link leads to a new enrolment."""
    clerk = await register(boss)
    old = list(clerk.recovery_codes)
    path = link_on(await boss.post(f"{page_of(boss)}/reset", second="on"))
    await clerk.register(path)
    new = clerk.another_browser()
    await new.post("/staff/sign-in", login=new.login, password=new.password)
    refused = await new.post("/staff/code", code=old[0])

    assert await clerk.is_in()
    assert refused.status_code == 401


async def test_a_disabled_member_is_not_reset(ward: Ward, boss: Clerk) -> None:
    """First the administrator lets them in again."""
    await register(boss)
    await boss.post(f"{page_of(boss)}/disable")
    refused = await boss.post(f"{page_of(boss)}/reset")

    assert refused.status_code == 409
    assert "先に、利用を再開" in problem_on(refused)


@pytest.mark.parametrize("what", ["roles", "disable", "reset"])
async def test_administrators_do_not_do_it_to_themselves(
    ward: Ward, boss: Clerk, what: str
) -> None:
    """A slip would shut out the one who could mend it."""
    refused = await boss.post(f"{page_of(boss, boss.login)}/{what}", roles=["agent"])

    assert refused.status_code == 409
    assert await boss.is_in()


async def test_two_administrators_cannot_end_each_other(ward: Ward, boss: Clerk) -> None:
    """The second of two at the same moment is refused: somebody must be left."""
    other = await hire(ward, "administrator", name="二人目", login="futari@city.example.jp")
    roster = roster_of(ward)
    ids = [roster.of_login(clerk.login).id for clerk in (boss, other)]
    office = ward.app.state.staff
    Roster(office, Actor(ids[0]), SECTIONS).disable(ids[1])

    with pytest.raises(StaffError, match="last_administrator"):
        Roster(office, Actor(ids[1]), SECTIONS).disable(ids[0])
    with pytest.raises(StaffError, match="last_administrator"):
        Roster(office, Actor(ids[1]), SECTIONS).assign(ids[0], ["agent"], [])
    assert await boss.is_in()


@pytest.mark.parametrize("what", ["", "/roles", "/disable", "/enable", "/reset"])
async def test_a_member_who_is_not_there_is_told(ward: Ward, boss: Clerk, what: str) -> None:
    """A page in words, no failure."""
    path = f"/staff/members/m0{what}"
    answer = await (boss.post(path, roles=["agent"]) if what else boss.get(path))

    assert answer.status_code == 404
    assert "この職員は見つかりません" in problem_on(answer)


@pytest.mark.parametrize("role", ["agent", "operator", "approver", "auditor"])
async def test_only_administrators_administer(ward: Ward, boss: Clerk, role: str) -> None:
    """Neither pages nor what they send."""
    clerk = await hire(ward, role)
    path = page_of(boss, boss.login)
    answers = [await clerk.get(p) for p in ("/staff/members", "/staff/members/new", path)]
    answers += [
        await clerk.post(p, **YAMADA, roles=["administrator"])
        for p in (
            "/staff/members/new",
            *(f"{path}/{what}" for what in ("roles", "disable", "reset")),
        )
    ]

    assert {403} == {answer.status_code for answer in answers}
    assert await boss.is_in()


async def test_names_are_shown_and_never_run(ward: Ward, boss: Clerk) -> None:
    """What somebody calls themselves is text on every page."""
    name = "<script>alert(1)</script>"
    await boss.post("/staff/members/new", name=name, login=YAMADA["login"], roles=["agent"])
    pages = [await boss.get(path) for path in ("/staff/members", page_of(boss))]

    assert all(html.escape(name) in page.text for page in pages)
    assert all(name not in page.text for page in pages)


async def test_the_first_administrator_comes_from_the_machine(ward: Ward) -> None:
    """A link of half an hour, once; a new one voids the one before."""
    void, token = (roster_of(ward).administrator_link() for _ in range(2))
    clerk = Clerk(ward, ward.http, "kanri@city.example.jp")
    gone = await clerk.get(f"/staff/invitation/{void}")
    page = await clerk.get(f"/staff/invitation/{token}")
    fields = {"name": "管理 太郎", "login": clerk.login}
    nameless = await clerk.post(f"/staff/invitation/{token}", password=clerk.password, login="x")
    await clerk.register(f"/staff/invitation/{token}", **fields)
    again = await clerk.another_browser().post(
        f"/staff/invitation/{token}", password=clerk.password, name="二人目", login="x@y.jp"
    )

    assert gone.status_code == 404
    assert "最初の管理者の登録" in page.text
    assert nameless.status_code == 422
    assert again.status_code == 404
    assert (await clerk.get("/staff/members")).status_code == 200


async def test_the_first_administrators_link_ends_after_half_an_hour(ward: Ward) -> None:
    """Whoever comes later asks the machine for another one."""
    token = roster_of(ward).administrator_link()
    let_time_pass(ward, 30 * 60)

    assert (await ward.http.get(f"/staff/invitation/{token}")).status_code == 404
