"""One's own account: sessions, password, recovery codes, a new phone."""

from __future__ import annotations

import re

import pytest

from bot.staff.lockout import FREE
from tests.support.staff import Clerk, hire, next_code_is_fresh, problem_on
from tests.support.ward import Ward

NEW = "あたらしくて長いパスワード"


async def second_browser(clerk: Clerk) -> Clerk:
    """Sign the same person in at another browser."""
    other = clerk.another_browser()
    other.http.headers["User-Agent"] = "Mozilla/5.0 (iPhone; CPU) AppleWebKit Version/17 Safari/604"
    next_code_is_fresh(other)
    await other.sign_in()
    return other


def session_ids(page: str) -> list[str]:
    """Return the sessions that a page offers to end."""
    return re.findall(r"/staff/account/sessions/(s[0-9a-f]+)/end", page)


async def test_the_sessions_are_listed_and_one_can_be_ended(ward: Ward) -> None:
    """With the device as people know it; this one is marked."""
    clerk = await hire(ward)
    other = await second_browser(clerk)
    page = await clerk.get("/staff/account")
    (session,) = session_ids(page.text)
    done = await clerk.post(f"/staff/account/sessions/{session}/end")

    assert "Safari / iPhone" in page.text
    assert "この端末" in page.text
    assert "192.0.2.7" in page.text
    assert done.status_code == 303
    assert not await other.is_in()
    assert await clerk.is_in()


async def test_nobody_ends_the_sessions_of_others(ward: Ward) -> None:
    """An id of somebody else's session does nothing."""
    clerk = await hire(ward)
    await second_browser(clerk)
    suzuki = await hire(ward, name="鈴木", login="suzuki@city.example.jp")
    (session,) = session_ids((await clerk.get("/staff/account")).text)
    await suzuki.post(f"/staff/account/sessions/{session}/end")

    assert session_ids((await clerk.get("/staff/account")).text) == [session]


async def test_signing_out_everywhere_ends_every_session(ward: Ward) -> None:
    """This one too."""
    clerk = await hire(ward)
    other = await second_browser(clerk)
    await other.post("/staff/sign-out-everywhere")

    assert [await who.is_in() for who in (clerk, other)] == [False, False]


async def test_a_new_password_ends_all_other_sessions(ward: Ward) -> None:
    """The old one opens nothing any more."""
    clerk = await hire(ward)
    other = await second_browser(clerk)
    done = await clerk.post("/staff/account/password", old=clerk.password, new=NEW)
    page = await clerk.get(done.headers["location"])
    old = await other.post("/staff/sign-in", login=other.login, password=other.password)
    new = await other.post("/staff/sign-in", login=other.login, password=NEW)

    assert "パスワードを変えました" in page.text
    assert not await other.is_in()
    assert (old.status_code, new.status_code) == (401, 303)


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [("ちがうけれど長いパスワード", NEW, 403), ("", NEW, 403), (None, "みじかい", 422)],
)
async def test_a_password_is_not_changed_without_the_old_one_or_to_a_likely_one(
    ward: Ward, old: str | None, new: str, status: int
) -> None:
    """Whoever finds an open desk cannot take the account over."""
    clerk = await hire(ward)
    refused = await clerk.post(
        "/staff/account/password", old=old or clerk.password if old is None else old, new=new
    )
    other = clerk.another_browser()
    still = await other.post("/staff/sign-in", login=other.login, password=other.password)

    assert refused.status_code == status
    assert problem_on(refused)
    assert still.status_code == 303


async def test_the_old_password_cannot_be_tried_out(ward: Ward) -> None:
    """At an open desk it waits as the form for signing in does."""
    clerk = await hire(ward)
    for _ in range(FREE["device"] + 2):
        refused = await clerk.post("/staff/account/password", old="x" * 12, new=NEW)

    assert refused.status_code == 429
    assert "しばらく受け付けません" in problem_on(refused)


async def test_new_recovery_codes_void_the_old_ones(ward: Ward) -> None:
    """They are shown once, after a code."""
    clerk = await hire(ward)
    without = await clerk.post("/staff/account/codes", code="000000")
    page = await clerk.post("/staff/account/codes", code=clerk.code())
    fresh = re.findall(r"<code>([a-z0-9-]{19})</code>", page.text)
    other = clerk.another_browser()
    await other.post("/staff/sign-in", login=other.login, password=other.password)
    old = await other.post("/staff/code", code=clerk.recovery_codes[0])
    new = await other.post("/staff/code", code=fresh[0])

    assert without.status_code == 401
    assert len(set(fresh)) == 10
    assert set(fresh).isdisjoint(clerk.recovery_codes)
    assert (old.status_code, new.status_code) == (401, 303)


async def test_a_new_phone_is_enrolled_after_a_code_of_the_old_one(ward: Ward) -> None:
    """The old application counts until the new one has given its first code."""
    clerk = await hire(ward)
    old = clerk.another_browser()
    refused = await clerk.post("/staff/account/phone", code="000000")
    led = await clerk.post("/staff/account/phone", code=clerk.recovery_codes[0])
    meanwhile = await clerk.is_in()
    clerk.steps_ahead = 0
    await clerk.enrol()
    next_code_is_fresh(old)
    await old.post("/staff/sign-in", login=old.login, password=old.password)
    with_old = await old.post("/staff/code", code=old.code())

    assert refused.status_code == 401
    assert led.headers["location"] == "/staff/enrol?next=%2Fstaff%2Faccount"
    assert not meanwhile
    assert clerk.secret != old.secret
    assert await clerk.is_in()
    assert with_old.status_code == 401


async def test_an_abandoned_enrolment_leaves_the_old_phone(ward: Ward) -> None:
    """Whoever stops half way signs in as before, and begins with another picture next time."""
    clerk = await hire(ward)
    await clerk.post("/staff/account/phone", code=clerk.code())
    await clerk.get("/staff/enrol")
    wrong = await clerk.post("/staff/enrol", code="000000")
    other = clerk.another_browser()
    next_code_is_fresh(other)
    await other.sign_in()

    assert wrong.status_code == 401
    assert await other.is_in()
