"""Signing in, from the one-time link to the session, and what does not get in."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from bot.dialogue.published import Published
from bot.staff.lockout import FREE
from bot.web.settings import Settings
from tests.support.staff import (
    SITE,
    Clerk,
    hire,
    let_time_pass,
    next_code_is_fresh,
    problem_on,
    roster_of,
)
from tests.support.ward import Ward, open_ward

pytestmark = pytest.mark.slow

STRANGER = "nobody@city.example.jp"
WRONG = "ちがうけれど長いパスワード"


def cookie(clerk: Clerk, name: str = "madoguchi_staff") -> str:
    """Return what the browser keeps."""
    return clerk.http.cookies.get(name) or ""


async def guess(
    clerk: Clerk, times: int = 1, login: str = "", password: str = WRONG
) -> httpx.Response:
    """Try a password; returns the last answer."""
    for _ in range(times):
        answer = await clerk.post("/staff/sign-in", login=login or clerk.login, password=password)
    return answer


async def test_an_invited_member_registers_and_is_in(ward: Ward) -> None:
    """Link, password, application, recovery codes, and the page of one's own account."""
    clerk = await hire(ward)

    assert len(set(clerk.recovery_codes)) == 10
    assert await clerk.is_in()


async def test_password_and_code_lead_in(ward: Ward) -> None:
    """And on to the page that was asked for."""
    clerk = (await hire(ward)).another_browser()
    asked = await clerk.get("/staff/account")
    first = await clerk.post(
        "/staff/sign-in",
        login=" ＹＡＭＡＤＡ@city.example.jp",
        password=clerk.password,
        next="/desk",
    )
    second = await clerk.post("/staff/code", code=clerk.code(), next="/desk")

    assert asked.headers["location"] == "/staff/sign-in?next=%2Fstaff%2Faccount"
    assert first.headers["location"] == "/staff/code?next=%2Fdesk"
    assert second.headers["location"] == "/desk"
    assert await clerk.is_in()


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/staff/../x",
        "/x",
        "javascript:1",
        "/desk\n",
    ],
)
async def test_nobody_is_led_elsewhere_after_signing_in(ward: Ward, to: str) -> None:
    """A link to the sign-in page cannot name a page that is not ours."""
    clerk = (await hire(ward)).another_browser()
    first = await clerk.post("/staff/sign-in", login=clerk.login, password=clerk.password, next=to)
    second = await clerk.post("/staff/code", code=clerk.code(), next=to)

    assert first.headers["location"] == "/staff/code"
    assert second.headers["location"] == "/staff/"


@pytest.mark.parametrize("kind", ["unknown", "disabled", "invited"])
async def test_who_may_not_sign_in_meets_the_answer_of_a_wrong_password(
    ward: Ward, kind: str
) -> None:
    """The answer tells nobody who works here: same words, same status, same headers."""
    clerk = (await hire(ward)).another_browser()
    other = clerk.another_browser("192.0.2.8")
    other.login, password = STRANGER, WRONG
    if kind == "disabled":
        suzuki = await hire(ward, name="鈴木", login=STRANGER)
        roster_of(ward).disable(roster_of(ward).of_login(STRANGER).id)
        password = suzuki.password
    elif kind == "invited":
        roster_of(ward).invite("鈴木", STRANGER, ["agent"], [])
    known = await guess(clerk)
    unknown = await guess(other, password=password)

    assert (known.status_code, unknown.status_code) == (401, 401)
    assert known.text.replace(clerk.login, "") == unknown.text.replace(STRANGER, "")
    assert {*known.headers} == {*unknown.headers}


async def test_an_unknown_account_waits_as_a_known_one_does(ward: Ward) -> None:
    """Waits, too, tell nobody who works here."""
    clerk = (await hire(ward)).another_browser()
    stranger = clerk.another_browser("192.0.2.8")
    stranger.login = STRANGER
    answers = [await guess(who, FREE["account"] + 2) for who in (clerk, stranger)]

    assert [answer.status_code for answer in answers] == [429, 429]
    assert [answer.headers["retry-after"] for answer in answers] == ["15", "15"]
    assert "あと15秒" in problem_on(answers[0])
    assert problem_on(answers[0]) == problem_on(answers[1])


async def test_a_right_password_is_not_looked_at_while_it_waits(ward: Ward) -> None:
    """Whoever guesses does not learn that the last guess was right; when the wait is over it is."""
    clerk = (await hire(ward)).another_browser()
    await guess(clerk, FREE["account"] + 1)
    early = await guess(clerk, password=clerk.password)
    let_time_pass(ward, 15)
    late = await guess(clerk, password=clerk.password)

    assert early.status_code == 429
    assert late.headers["location"] == "/staff/code"


async def test_guessing_elsewhere_does_not_touch_the_usual_browser(ward: Ward) -> None:
    """A colleague signs in as ever, from the same office even, while somebody guesses all day."""
    clerk = await hire(ward)
    attacker = clerk.another_browser("192.0.2.1")
    for _ in range(20):
        await guess(attacker, 2)
        let_time_pass(ward, 900)
    await guess(attacker, 2)
    locked = await guess(attacker)
    await clerk.post("/staff/sign-out")
    clerk.steps_ahead = 0
    entered = await clerk.sign_in()

    assert locked.status_code == 429
    assert entered.headers["location"] == "/staff/"


async def test_a_link_helps_whoever_is_made_to_wait_at_a_new_browser(ward: Ward) -> None:
    """The administrator's link sets a new password and the wait is forgotten."""
    clerk = await hire(ward)
    new = clerk.another_browser("192.0.2.44")
    await guess(new, FREE["account"] + 1)
    _, token = roster_of(ward).reset(
        roster_of(ward).of_login(clerk.login).id, second_factor_too=False
    )
    set_anew = await new.post(f"/staff/invitation/{token}", password=new.password)
    entered = await new.post("/staff/code", code=new.code())

    assert set_anew.headers["location"] == "/staff/code"
    assert entered.status_code == 303
    assert await new.is_in()


async def test_a_code_is_taken_once(ward: Ward) -> None:
    """Whoever looked over the shoulder cannot use it again, at this browser or another."""
    clerk = await hire(ward)
    code = clerk.code()
    first, second = clerk.another_browser(), clerk.another_browser()
    for who in (first, second):
        await guess(who, password=who.password)
    entered = await first.post("/staff/code", code=code)
    replayed = await second.post("/staff/code", code=code)

    assert entered.status_code == 303
    assert replayed.status_code == 401
    assert not await second.is_in()


async def test_a_recovery_code_is_taken_once_for_a_code(ward: Ward) -> None:
    """In whatever way it is typed."""
    clerk = await hire(ward)
    code = clerk.recovery_codes[3]
    first, second = clerk.another_browser(), clerk.another_browser()
    for who in (first, second):
        await guess(who, password=who.password)
    entered = await first.post("/staff/code", code=f" {code.upper().replace('-', ' ')} ")
    replayed = await second.post("/staff/code", code=code)

    assert entered.status_code == 303
    assert replayed.status_code == 401
    assert "残っている予備コード：9個" in (await first.get("/staff/account")).text


async def test_a_recovery_code_is_its_owners_alone(ward: Ward) -> None:
    """Another member's code is worth nothing, and is not used up."""
    clerk = await hire(ward)
    suzuki = await hire(ward, name="鈴木", login="suzuki@city.example.jp")
    other = suzuki.another_browser()
    await guess(other, password=other.password)
    refused = await other.post("/staff/code", code=clerk.recovery_codes[0])
    own = clerk.another_browser()
    await guess(own, password=own.password)
    taken = await own.post("/staff/code", code=clerk.recovery_codes[0])

    assert (refused.status_code, taken.status_code) == (401, 303)


async def test_codes_cannot_be_tried_out(ward: Ward) -> None:
    """After five wrong ones the next waits, also for whoever starts again with the password."""
    clerk = (await hire(ward)).another_browser()
    await guess(clerk, password=clerk.password)
    for n in range(FREE["code"] + 1):
        refused = await clerk.post("/staff/code", code=f"00000{n}")
    again = clerk.another_browser("192.0.2.77")
    await guess(again, password=again.password)
    waits = await again.post("/staff/code", code=clerk.code())

    assert refused.status_code == 401
    assert waits.status_code == 429


async def test_half_signed_in_is_not_signed_in(ward: Ward) -> None:
    """After the password alone no page opens, and the step is over after ten minutes."""
    clerk = (await hire(ward)).another_browser()
    await guess(clerk, password=clerk.password)
    half = await clerk.get("/staff/account")
    let_time_pass(ward, 599)
    in_time = await clerk.get("/staff/code")
    let_time_pass(ward, 2)
    late = await clerk.post("/staff/code", code=clerk.code())

    assert half.headers["location"].startswith("/staff/sign-in")
    assert in_time.status_code == 200
    assert late.headers["location"] == "/staff/sign-in"
    assert not await clerk.is_in()


async def test_each_step_has_its_own_page(ward: Ward) -> None:
    """Nobody enrols an application who has one, and nobody skips ahead."""
    clerk = (await hire(ward)).another_browser()
    await guess(clerk, password=clerk.password)
    enrol = await clerk.get("/staff/enrol")
    posted = await clerk.post("/staff/enrol", code=clerk.code())

    assert enrol.headers["location"].startswith("/staff/sign-in")
    assert posted.headers["location"] == "/staff/sign-in"


async def test_every_step_makes_a_new_session(ward: Ward) -> None:
    """The cookie changes at each, and an earlier one opens nothing: there is nothing to fixate."""
    clerk = (await hire(ward)).another_browser()
    clerk.http.cookies.set("madoguchi_staff", "planted-by-somebody-else")
    seen = [cookie(clerk)]
    clerk.http.cookies.clear()
    await guess(clerk, password=clerk.password)
    seen.append(cookie(clerk))
    await clerk.post("/staff/code", code=clerk.code())
    seen.append(cookie(clerk))
    thief = clerk.another_browser()
    opened = []
    for secret in seen:
        thief.http.cookies.clear()
        thief.http.cookies.set("madoguchi_staff", secret)
        opened.append(await thief.is_in())

    assert len(set(seen)) == 3
    assert all(len(secret) == 43 for secret in seen[1:])
    assert opened == [False, False, True]


async def test_signing_in_again_ends_the_session_before(ward: Ward) -> None:
    """A browser has one session, not a drawer full of them."""
    clerk = await hire(ward)
    before = cookie(clerk)
    next_code_is_fresh(clerk)
    await clerk.sign_in()
    thief = clerk.another_browser()
    thief.http.cookies.set("madoguchi_staff", before)

    assert not await thief.is_in()
    assert await clerk.is_in()


async def test_only_hashes_of_secrets_are_stored(ward: Ward) -> None:
    """Neither session, device, link, password, recovery code nor the application's secret can be read."""
    clerk = await hire(ward)
    _, token = roster_of(ward).invite("鈴木", STRANGER, ["agent"], [])
    secrets = [cookie(clerk), cookie(clerk, "madoguchi_device"), token]
    secrets += [clerk.secret, clerk.password, *clerk.recovery_codes]
    stored = repr(ward.everything()).encode()

    assert all(secret and secret.encode() not in stored for secret in secrets)
    assert [s for s in secrets if repr(s.encode())[2:-1].encode() in stored] == []


async def test_signing_out_ends_the_session_and_not_only_the_cookie(ward: Ward) -> None:
    """Whoever copied the cookie is out as well."""
    clerk = await hire(ward)
    thief = clerk.another_browser()
    thief.http.cookies.set("madoguchi_staff", cookie(clerk))
    was_in = await thief.is_in()
    left = await clerk.post("/staff/sign-out")

    assert was_in
    assert left.headers["location"] == "/staff/sign-in"
    assert cookie(clerk) == ""
    assert not await thief.is_in()


async def test_signing_out_twice_is_no_error(ward: Ward) -> None:
    """Nor is it without having been in."""
    clerk = await hire(ward)
    answers = [await clerk.post("/staff/sign-out") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]


async def test_who_is_in_is_led_past_the_form(ward: Ward) -> None:
    """The sign-in page and the start lead on to the first page of the member's own."""
    clerk = await hire(ward)
    form = await clerk.get("/staff/sign-in?next=/desk")
    start = await clerk.get("/staff/")

    assert form.headers["location"] == "/desk"
    assert start.headers["location"] == "/desk"


@pytest.mark.parametrize(
    ("public_url", "prefix", "is_secure"),
    [("", "", False), ("https://chat.city.example.jp", "__Host-", True)],
)
async def test_cookies_are_kept_from_scripts_other_sites_and_plain_pages(
    settings: Callable[..., Settings],
    published: Published,
    public_url: str,
    prefix: str,
    is_secure: bool,
) -> None:
    """HttpOnly, SameSite=Strict, and under https Secure with a name that no other host can set."""
    async with open_ward(settings(public_url=public_url), published) as ward:
        _, token = roster_of(ward).invite("山田", STRANGER, ["agent"], [])
        clerk = Clerk(ward, ward.http, STRANGER)
        answer = await clerk.post(
            f"/staff/invitation/{token}", origin=public_url or SITE, password=clerk.password
        )
        given = answer.headers["set-cookie"]

        assert given.startswith(f"{prefix}madoguchi_staff=")
        assert "HttpOnly" in given
        assert "SameSite=strict" in given
        assert "Path=/" in given
        assert "Domain" not in given
        assert "Max-Age" not in given
        assert ("Secure" in given) is is_secure


async def test_attempts_of_one_address_are_limited(
    settings: Callable[..., Settings], published: Published
) -> None:
    """Beyond so many a minute nothing is looked at, and the page says how long to wait."""
    async with open_ward(settings(address_rate=3), published) as ward:
        clerk = Clerk(ward, ward.http, STRANGER)
        answers = [await guess(clerk) for _ in range(4)]
        elsewhere = await guess(clerk.another_browser("198.51.100.1"))

        assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
        assert 0 < int(answers[3].headers["retry-after"]) <= 60
        assert "短い時間に何度も" in problem_on(answers[3])
        assert elsewhere.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"login=\xff\xfe", id="no UTF-8"),
        pytest.param(b"&".join(b"a%d=1" % n for n in range(200)), id="too many fields"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"login=%ff&password=%ff", id="escaped bytes"),
        pytest.param(b"login=" + b"x" * 3000 + b"&password=" + b"y" * 3000, id="long"),
        pytest.param("login=\u0000\u0000@a.b&password=\u0000".encode(), id="zero bytes"),
    ],
)
async def test_whatever_is_sent_gets_a_page(ward: Ward, body: bytes) -> None:
    """A form that no page of ours has made is refused in words."""
    clerk = await hire(ward)
    headers = {"Origin": SITE, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await clerk.another_browser().http.post(
        "/staff/sign-in", content=body, headers=headers
    )

    assert answer.status_code in (401, 422)
    assert problem_on(answer)


async def test_what_is_of_no_use_any_more_is_swept_away(ward: Ward) -> None:
    """Guesses, links, sessions and browsers of long ago do not pile up."""
    clerk = await hire(ward)
    await guess(clerk.another_browser(), login=STRANGER)
    roster_of(ward).invite("鈴木", STRANGER, ["agent"], [])
    tables = ("staff_failures", "staff_invitations", "staff_sessions", "staff_devices")
    before = [len(ward.rows(f"SELECT * FROM {table}")) for table in tables]
    let_time_pass(ward, 181 * 24 * 3600)
    clerk.steps_ahead = 0
    other = clerk.another_browser()
    await other.sign_in()
    after = [len(ward.rows(f"SELECT * FROM {table}")) for table in tables]

    assert before == [2, 1, 1, 1]
    assert after == [0, 0, 1, 1]


async def test_a_changed_master_key_opens_no_second_factor(ward: Ward) -> None:
    """The sealed secret does not open under another key: an error, and nobody is in."""
    clerk = (await hire(ward)).another_browser()
    await guess(clerk, password=clerk.password)
    from bot.staff.vault import Vault

    object.__setattr__(ward.app.state.staff, "vault", Vault(b"x" * 32))
    failed = await clerk.post("/staff/code", code=clerk.code())

    assert failed.status_code == 500
    assert not await clerk.is_in()


async def test_an_outdated_hash_is_renewed_when_the_password_is_known(ward: Ward) -> None:
    """Raising the cost reaches everybody at their next sign-in."""
    from argon2 import PasswordHasher

    from bot.staff import accounts, passwords

    clerk = (await hire(ward)).another_browser()
    cheap = PasswordHasher(time_cost=1, memory_cost=8192).hash(clerk.password)
    with ward.app.state.staff.database.write() as connection:
        account = accounts.by_login(connection, clerk.login)
        assert account
        accounts.change(connection, account, password_hash=cheap)
    entered = await clerk.sign_in()
    (row,) = ward.rows("SELECT password_hash FROM staff_accounts")

    assert entered.status_code == 303
    assert row["password_hash"] != cheap
    assert not passwords.is_outdated(row["password_hash"])
