"""Many at once: whatever is tried at the same moment counts as if it had been tried in a row."""

from __future__ import annotations

import asyncio
from collections import Counter

from bot.staff.lockout import FREE
from tests.support.staff import Clerk, hire, next_code_is_fresh, roster_of
from tests.support.ward import Ward


async def browsers(clerk: Clerk, number: int, *, after_password: bool) -> list[Clerk]:
    """Bring the same person to several browsers, half signed in or not at all."""
    many = [clerk.another_browser(f"192.0.2.{n + 100}") for n in range(number)]
    for one in many if after_password else ():
        await one.post("/staff/sign-in", login=one.login, password=one.password)
    return many


async def test_guesses_at_once_win_nothing(ward: Ward) -> None:
    """Of thirty at the same moment no more are looked at than one after the other."""
    many = await browsers(await hire(ward), 30, after_password=False)
    answers = await asyncio.gather(
        *(
            one.post("/staff/sign-in", login=one.login, password=f"ちがうけれど長いもの{n}")
            for n, one in enumerate(many)
        )
    )
    looked_at = FREE["account"] + 1

    assert Counter(a.status_code for a in answers) == {401: looked_at, 429: 30 - looked_at}


async def test_one_code_lets_one_browser_in(ward: Ward) -> None:
    """Of four that send the same code at the same moment."""
    clerk = await hire(ward)
    many = await browsers(clerk, 4, after_password=True)
    next_code_is_fresh(clerk)
    code = clerk.code()
    answers = await asyncio.gather(*(one.post("/staff/code", code=code) for one in many))
    entered = [await one.is_in() for one in many]

    assert [a.status_code for a in answers].count(303) == 1
    assert entered.count(True) == 1


async def test_one_recovery_code_lets_one_browser_in(ward: Ward) -> None:
    """It is used up by whoever comes first."""
    clerk = await hire(ward)
    many = await browsers(clerk, 4, after_password=True)
    code = clerk.recovery_codes[0]
    await asyncio.gather(*(one.post("/staff/code", code=code) for one in many))

    assert [await one.is_in() for one in many].count(True) == 1


async def test_one_link_makes_one_account(ward: Ward) -> None:
    """Two people with the first administrator's link: the second is told that it is gone."""
    token = roster_of(ward).administrator_link()
    people = [Clerk(ward, ward.from_address(f"192.0.2.{n}"), f"x{n}@y.jp") for n in range(3)]
    answers = await asyncio.gather(
        *(
            one.post(
                f"/staff/invitation/{token}", name="管理", login=one.login, password=one.password
            )
            for one in people
        )
    )

    assert Counter(a.status_code for a in answers) == {303: 1, 404: 2}
    assert len(roster_of(ward).every()) == 1


async def test_disabling_while_somebody_signs_in_leaves_nobody_in(ward: Ward) -> None:
    """Whichever comes first, in the end the account has no session."""
    clerk = await hire(ward)
    many = await browsers(clerk, 3, after_password=True)
    member = roster_of(ward).of_login(clerk.login).id
    await asyncio.gather(
        many[0].post("/staff/code", code=clerk.recovery_codes[0]),
        many[1].post("/staff/code", code=clerk.recovery_codes[1]),
        asyncio.to_thread(roster_of(ward).disable, member),
        many[2].post("/staff/code", code=clerk.recovery_codes[2]),
    )

    assert [await one.is_in() for one in many] == [False, False, False]
