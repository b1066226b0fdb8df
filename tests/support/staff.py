"""Members of staff for tests: a browser without a screen that signs in as people do."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pyotp

from bot.staff.codes import STEP_SECONDS
from bot.staff.roster import Actor, Roster
from bot.store.clock import Clock
from tests.support.ward import Ward

SITE = "http://ward.test"
PASSWORD = "川べりを朝に散歩する黒い犬"
HOST = Actor("os:test", is_host=True)
SECTIONS = ("koseki_jumin", "zeimu")


class Ticks:
    """A clock's ticks that go on when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Return the seconds so far."""
        return self.seconds


@dataclass
class Clerk:
    """One member of staff at one browser; keeps the secret of the application and the recovery codes."""

    ward: Ward
    http: httpx.AsyncClient
    login: str
    password: str = PASSWORD
    secret: str = ""
    recovery_codes: list[str] = field(default_factory=list)
    steps_ahead: int = 0

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page, without following where it leads."""
        return await self.http.get(path, headers=headers)

    async def post(self, path: str, origin: str = SITE, **fields: object) -> httpx.Response:
        """Send a form as our own page would."""
        return await self.http.post(path, data=fields, headers={"Origin": origin})

    async def register(self, path: str, **fields: str) -> httpx.Response:
        """Follow a one-time link to the end: password, application, recovery codes."""
        taken = await self.post(path, password=self.password, **fields)
        assert taken.headers.get("location", "").startswith("/staff/enrol"), taken.text
        return await self.enrol()

    async def enrol(self) -> httpx.Response:
        """Read the picture with the application and type its code."""
        page = await self.get("/staff/enrol")
        self.secret = secret_on(page.text)
        shown = await self.post("/staff/enrol", code=self.code())
        assert shown.status_code == 200, shown.text
        self.recovery_codes = re.findall(r"<code>([a-z0-9-]{19})</code>", shown.text)
        return shown

    async def sign_in(self) -> httpx.Response:
        """Take both steps; returns the answer of the last."""
        first = await self.post("/staff/sign-in", login=self.login, password=self.password)
        assert first.headers.get("location") == "/staff/code", first.text
        return await self.post("/staff/code", code=self.code())

    def code(self) -> str:
        """Return the next code that has not been used: the application's, or that of the step after."""
        now = self.ward.app.state.staff.phone_clock.now()
        code: str = pyotp.TOTP(self.secret).at(now + self.steps_ahead * timedelta(seconds=30))
        self.steps_ahead = 1
        return code

    async def is_in(self) -> bool:
        """Tell whether the browser is signed in now."""
        return (await self.get("/staff/account")).status_code == 200

    def another_browser(self, address: str = "192.0.2.7") -> Clerk:
        """Return the same person at a browser that has never been seen."""
        copy = Clerk(self.ward, self.ward.from_address(address), self.login, self.password)
        copy.secret, copy.recovery_codes = self.secret, self.recovery_codes
        copy.steps_ahead = self.steps_ahead
        return copy


def roster_of(ward: Ward) -> Roster:
    """Administer from the command line of the machine."""
    return Roster(ward.app.state.staff, HOST, SECTIONS)


async def hire(
    ward: Ward,
    *roles: str,
    name: str = "山田 花子",
    login: str = "yamada@city.example.jp",
    sections: Iterable[str] = (),
    address: str = "192.0.2.1",
) -> Clerk:
    """Invite somebody and let them register; they are signed in afterwards."""
    _, token = roster_of(ward).invite(name, login, roles or ("agent",), tuple(sections))
    clerk = Clerk(ward, ward.from_address(address), login)
    await clerk.register(f"/staff/invitation/{token}")
    return clerk


def let_time_pass(ward: Ward, seconds: float) -> None:
    """Let the ward's clock and the phones' clock go on."""
    ticks = ward.app.state.staff.clock._ticks
    assert isinstance(ticks, Ticks), "the ward runs by the machine's clock"
    ticks.seconds += seconds


def next_code_is_fresh(clerk: Clerk) -> None:
    """Wait until the application shows a code that has never been used."""
    let_time_pass(clerk.ward, 2 * STEP_SECONDS)
    clerk.steps_ahead = 0


def secret_on(page: str) -> str:
    """Return the secret that the page of enrolment shows for typing."""
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
    assert found, page
    return found[1].replace(" ", "")


def problem_on(response: httpx.Response) -> str:
    """Return what a page complains of; empty where it does not."""
    found = re.search(r'role="alert"[^>]*>([^<]*)<', response.text)
    return html.unescape(found[1]) if found else ""


def phone_clock(ward: Ward, clock: Clock) -> None:
    """Let phones go by this clock."""
    object.__setattr__(ward.app.state.staff, "phone_clock", clock)
