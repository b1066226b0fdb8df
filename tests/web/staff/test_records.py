"""What the audit log has of it all: every step, and nothing that is secret."""

from __future__ import annotations

import json
from typing import Any

from bot.staff.lockout import FREE
from tests.support.faults import locked, refusing
from tests.support.staff import HOST, hire, next_code_is_fresh, roster_of
from tests.support.ward import Ward


def records(ward: Ward) -> list[tuple[str, dict[str, Any]]]:
    """Return what the log has of staff."""
    rows = ward.rows("SELECT type, envelope FROM records WHERE type LIKE 'staff%' ORDER BY number")
    return [(row["type"].removeprefix("staff_"), json.loads(row["envelope"])) for row in rows]


async def test_every_step_of_an_account_is_a_record(ward: Ward) -> None:
    """From the invitation to the end, with who did it and what it ended."""
    clerk = await hire(ward, "agent", sections=["zeimu"])
    member = roster_of(ward).of_login(clerk.login).id
    await clerk.post("/staff/account/codes", code=clerk.code())
    await clerk.post("/staff/sign-out")
    next_code_is_fresh(clerk)
    await clerk.sign_in()
    await clerk.post("/staff/sign-out-everywhere")
    roster_of(ward).disable(member)
    kept = records(ward)

    assert [
        (kind, fields.get("change") or fields.get("factor") or fields.get("ended"))
        for kind, fields in kept
    ] == [
        ("account_changed", "created"),
        ("account_changed", "password_set"),
        ("account_changed", "second_factor_enrolled"),
        ("signed_in", "totp"),
        ("account_changed", "recovery_codes_renewed"),
        ("signed_out", 1),
        ("signed_in", "totp"),
        ("signed_out", 1),
        ("account_changed", "disabled"),
    ]
    assert {member} == {fields["member"] for _, fields in kept}
    assert [HOST.id, member, member, member, HOST.id] == [
        fields["by"] for kind, fields in kept if kind == "account_changed"
    ]
    assert kept[0][1]["sections"] == ["zeimu"]


async def test_failures_and_waits_are_records(ward: Ward) -> None:
    """Whose, at which step, and once for each wait; refusals while it waits are not."""
    clerk = (await hire(ward)).another_browser()
    for _ in range(FREE["account"] + 3):
        await clerk.post("/staff/sign-in", login=clerk.login, password="ちがうけれど長いパスワード")
    stranger = clerk.another_browser("198.51.100.9")
    await stranger.post("/staff/sign-in", login="x@y.jp", password="ちがうけれど長いパスワード")
    failed = [fields for kind, fields in records(ward) if kind == "sign_in_failed"]
    waits = [fields for kind, fields in records(ward) if kind == "locked_out"]

    assert len(failed) == FREE["account"] + 2
    assert [("password", "wrong")] * len(failed) == [(f["step"], f["reason"]) for f in failed]
    assert failed[-1]["member"] is None
    assert failed[0]["origin"] != failed[-1]["origin"]
    assert [(w["counted_by"], w["seconds"]) for w in waits] == [("account", 15)]


async def test_the_log_has_no_secret_no_address_and_no_name(ward: Ward) -> None:
    """Only the ids of accounts and sessions."""
    clerk = await hire(ward)
    other = clerk.another_browser("198.51.100.9")
    await other.post(
        "/staff/sign-in", login="typed@city.example.jp", password="うっかり打ったパスワード"
    )
    await other.post("/staff/sign-in", login=clerk.login, password=clerk.password)
    await other.post("/staff/code", code="123456")
    text = json.dumps(records(ward), ensure_ascii=False)
    hidden = [clerk.login, "typed@", "うっかり", clerk.password, "123456", "山田", "198.51.100"]
    hidden += [clerk.secret, *clerk.recovery_codes, clerk.http.cookies["madoguchi_staff"]]

    assert [word for word in hidden if word in text] == []


async def test_nothing_happens_that_cannot_be_recorded(ward: Ward) -> None:
    """Where the log takes no record, nobody is disabled, and nobody comes in."""
    clerk = await hire(ward)
    boss = await hire(ward, "administrator", name="管理", login="kanri@city.example.jp")
    member = roster_of(ward).of_login(clerk.login).id
    with refusing(ward.file, "records"):
        refused = await boss.post(f"/staff/members/{member}/disable")
        other = clerk.another_browser()
        next_code_is_fresh(other)
        await other.post("/staff/sign-in", login=other.login, password=other.password)
        failed = await other.post("/staff/code", code=other.code())

    assert refused.status_code == 503
    assert failed.status_code == 503
    assert await clerk.is_in()
    assert not await other.is_in()


async def test_a_database_that_is_locked_is_told(ward: Ward) -> None:
    """503 with a time to come back, as everywhere."""
    clerk = await hire(ward)
    with locked(ward.file):
        answer = await clerk.post("/staff/sign-out")

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
