"""Signing in by the ward's OpenID provider: a real one on loopback, honest and not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from bot.dialogue.published import Published
from bot.store.clock import Clock
from bot.web.settings import Settings
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, running_provider
from tests.support.staff import Clerk, Ticks, hire, phone_clock, problem_on, roster_of
from tests.support.ward import Ward, open_ward

from .conftest import START

pytestmark = pytest.mark.slow

YAMADA = {
    "sub": "0000-1111",
    "email": "Yamada@city.example.jp",
    "email_verified": True,
    "name": "山田 花子",
}
OpenWard = Callable[..., Any]


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    """The provider, which vouches for Yamada."""
    with running_provider() as running:
        running.person = dict(YAMADA)
        yield running


@pytest.fixture
def opened(
    settings: Callable[..., Settings], published: Published, provider: OpenIdProvider
) -> OpenWard:
    """Open a ward that uses the provider, with further settings."""

    @asynccontextmanager
    async def opening(**more: Any) -> AsyncIterator[Ward]:
        given = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT_ID}
        given |= {"oidc_client_secret": CLIENT_SECRET, **more}
        clock = Clock(START, ticks=Ticks())
        async with open_ward(settings(**given), published, clock) as ward:
            phone_clock(ward, clock)
            yield ward

    return opening


async def journey(clerk: Clerk, path: str = "/staff/provider/start") -> httpx.Response:
    """Go to the provider and come back, as a browser does."""
    out = await clerk.get(path)
    assert out.status_code == 303, out.text
    async with httpx.AsyncClient(timeout=60, trust_env=False) as browser:
        back = await browser.get(out.headers["location"])
    return await clerk.get(back.headers["location"].removeprefix("http://ward.test"))


def visitor(ward: Ward) -> Clerk:
    """Somebody at a browser that has never been seen."""
    return Clerk(ward, ward.from_address("192.0.2.9"), "yamada@city.example.jp")


def led_to(response: httpx.Response) -> str:
    """Return where the page of the way back leads on to."""
    assert response.status_code == 200, (response.status_code, problem_on(response))
    return response.text.split('content="0;url=')[1].split('"')[0]


async def test_the_provider_is_asked_with_pkce_nonce_and_state(
    opened: OpenWard, provider: OpenIdProvider
) -> None:
    """What goes out holds a challenge, not the verifier, and differs each time."""
    async with opened() as ward:
        asked = []
        for _ in range(2):
            out = await visitor(ward).get("/staff/provider/start")
            query = parse_qs(urlsplit(out.headers["location"]).query)
            asked.append({name: values[0] for name, values in query.items()})

    assert asked[0]["code_challenge_method"] == "S256"
    assert asked[0]["redirect_uri"] == "http://ward.test/staff/provider/return"
    assert all(asked[0][k] != asked[1][k] for k in ("state", "nonce", "code_challenge"))
    assert "code_verifier" not in asked[0]


@pytest.mark.parametrize("secret", ["", CLIENT_SECRET], ids=["public", "confidential"])
async def test_a_member_with_a_verified_address_gets_in_with_the_second_factor(
    opened: OpenWard, provider: OpenIdProvider, secret: str
) -> None:
    """The account of the address is found, the application still asked for."""
    provider.secret = secret
    async with opened(oidc_client_secret=secret) as ward:
        hired = await hire(ward)
        clerk = hired.another_browser()
        to = led_to(await journey(clerk, "/staff/provider/start?next=/staff/account"))
        entered = await clerk.post("/staff/code", code=clerk.code(), next="/staff/account")

        assert to == "/staff/code?next=%2Fstaff%2Faccount"
        assert entered.headers["location"] == "/staff/account"
        assert await clerk.is_in()


async def test_the_person_is_known_again_when_the_address_changes(
    opened: OpenWard, provider: OpenIdProvider
) -> None:
    """Once tied, the provider's own id counts, and nobody else gets in by the address."""
    async with opened(oidc_second_factor="provider") as ward:
        await hire(ward)
        led_to(await journey(visitor(ward)))
        provider.person = {**YAMADA, "email": "suzuki@city.example.jp"}
        married = visitor(ward)
        led_to(await journey(married))
        provider.person = {**YAMADA, "sub": "2222-3333"}
        namesake = visitor(ward)
        refused = await journey(namesake)

        assert await married.is_in()
        assert refused.status_code == 403
        assert not await namesake.is_in()


async def test_the_provider_may_be_trusted_with_the_second_factor(opened: OpenWard) -> None:
    """Only where the setting says so does the way back lead straight in."""
    async with opened(oidc_second_factor="provider") as ward:
        roster_of(ward).invite("山田 花子", "yamada@city.example.jp", ["agent"], [])
        clerk = visitor(ward)
        to = led_to(await journey(clerk))

        assert to == "/staff/"
        assert await clerk.is_in()


async def test_an_invited_member_enrols_after_the_provider(opened: OpenWard) -> None:
    """Without a password, too, the application is set up at the first sign-in."""
    async with opened() as ward:
        roster_of(ward).invite("山田 花子", "yamada@city.example.jp", ["agent"], [])
        clerk = visitor(ward)
        assert led_to(await journey(clerk)) == "/staff/enrol?next=%2Fstaff%2F"
        await clerk.enrol()

        assert await clerk.is_in()


@pytest.mark.parametrize(
    "person",
    [
        pytest.param({"email_verified": False}, id="not verified"),
        pytest.param({"email_verified": "true"}, id="verified in words"),
        pytest.param({"email_verified": None}, id="nothing said"),
        pytest.param({"email": "nobody@city.example.jp"}, id="unknown"),
        pytest.param({"email": None}, id="no address"),
        pytest.param(
            {"roles": ["administrator"]} | {"email": "new@city.example.jp"}, id="with roles"
        ),
    ],
)
async def test_nobody_gets_an_account_by_signing_in(
    opened: OpenWard, provider: OpenIdProvider, person: dict[str, Any]
) -> None:
    """The provider vouches for people whom we do not know: they are told to ask for an invitation."""
    provider.person = {name: v for name, v in {**YAMADA, **person}.items() if v is not None}
    async with opened(oidc_second_factor="provider") as ward:
        roster_of(ward).invite("山田 花子", "yamada@city.example.jp", ["agent"], [])
        clerk = visitor(ward)
        refused = await journey(clerk)
        failures = ward.rows("SELECT envelope FROM records WHERE type = 'staff_sign_in_failed'")

        assert refused.status_code == 403
        assert "管理者に招待を頼んでください" in problem_on(refused)
        assert not await clerk.is_in()
        assert len(roster_of(ward).every()) == 1
        assert '"no_account"' in failures[0]["envelope"]


async def test_where_a_claim_gives_roles_accounts_follow_it(
    opened: OpenWard, provider: OpenIdProvider
) -> None:
    """Made at the first sign-in, changed at the next, let in no more when no role is left."""
    claims = {"oidc_role_claim": "realm.roles", "oidc_section_claim": "dept"}
    async with opened(oidc_second_factor="provider", **claims) as ward:
        provider.person = {**YAMADA, "realm": {"roles": ["agent", "cook"]}, "dept": "zeimu"}
        first, second, third = visitor(ward), visitor(ward), visitor(ward)
        led_to(await journey(first))
        (made,) = roster_of(ward).every()
        provider.person = {
            **YAMADA,
            "realm": {"roles": ["agent", "auditor"]},
            "dept": "zeimu,koseki_jumin",
        }
        led_to(await journey(second))
        was_first_out = not await first.is_in()
        (followed,) = roster_of(ward).every()
        provider.person = {**YAMADA, "realm": {"roles": ["cook"]}}
        refused = await journey(third)

        assert (made.roles, made.sections, made.name) == (("agent",), ("zeimu",), "山田 花子")
        assert followed.roles == ("agent", "auditor")
        assert followed.sections == ("koseki_jumin", "zeimu")
        assert was_first_out
        assert refused.status_code == 403


async def test_sections_that_we_do_not_know_do_not_turn_into_all(
    opened: OpenWard, provider: OpenIdProvider
) -> None:
    """No section means every section, so a claim full of strangers must not give an account."""
    provider.person = {**YAMADA, "roles": "agent", "dept": ["unknown"]}
    async with opened(oidc_role_claim="roles", oidc_section_claim="dept") as ward:
        refused = await journey(visitor(ward))

        assert refused.status_code == 403
        assert roster_of(ward).every() == []


@pytest.mark.parametrize(
    "lies",
    [
        pytest.param({"nonce": "another"}, id="nonce"),
        pytest.param({"nonce": None}, id="no nonce"),
        pytest.param({"aud": "somebody-else"}, id="audience"),
        pytest.param({"aud": [CLIENT_ID, "somebody-else"]}, id="two audiences, no azp"),
        pytest.param({"azp": "somebody-else"}, id="authorised party"),
        pytest.param({"iss": "https://evil.example"}, id="issuer"),
        pytest.param({"exp": 1_000_000_000}, id="expired"),
        pytest.param({"exp": None}, id="no expiry"),
        pytest.param({"sub": None}, id="no subject"),
        pytest.param({"sub": ""}, id="empty subject"),
        pytest.param({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, id="another access token"),
    ],
)
async def test_a_token_that_does_not_fit_vouches_for_nobody(
    opened: OpenWard, provider: OpenIdProvider, lies: dict[str, Any]
) -> None:
    """Each claim that binds the token to this attempt is looked at."""
    provider.lies = lies
    async with opened(oidc_second_factor="provider") as ward:
        await hire(ward)
        clerk = visitor(ward)
        refused = await journey(clerk)

        assert refused.status_code == 502
        assert not await clerk.is_in()


@pytest.mark.parametrize("forged", ["another key", "none", "HS256"])
async def test_a_token_that_the_provider_did_not_sign_vouches_for_nobody(
    opened: OpenWard, provider: OpenIdProvider, forged: str
) -> None:
    """Neither a stranger's key nor an algorithm that needs none."""
    if forged == "another key":
        provider.signs_with = RSAKey.generate_key(2048)
    elif forged == "HS256":
        provider.signs_with = OctKey.import_key(CLIENT_SECRET.encode() * 2)  # type: ignore[assignment]
        provider.algorithm = "HS256"
    else:
        provider.algorithm = "none"
    async with opened(oidc_second_factor="provider") as ward:
        await hire(ward)
        clerk = visitor(ward)
        refused = await journey(clerk)

        assert refused.status_code == 502
        assert not await clerk.is_in()


async def test_a_new_key_of_the_provider_is_fetched(
    opened: OpenWard, provider: OpenIdProvider
) -> None:
    """Providers change keys without telling anybody."""
    async with opened(oidc_second_factor="provider") as ward:
        await hire(ward)
        led_to(await journey(visitor(ward)))
        provider.rotate()
        clerk = visitor(ward)
        led_to(await journey(clerk))

        assert await clerk.is_in()
        assert provider.asked.count("/jwks") == 2
        assert provider.asked.count("/.well-known/openid-configuration") == 1


async def test_an_answer_is_taken_only_by_the_browser_that_asked(
    opened: OpenWard, provider: OpenIdProvider
) -> None:
    """A link with somebody's code signs nobody in elsewhere, and works once."""
    async with opened(oidc_second_factor="provider") as ward:
        await hire(ward)
        attacker, victim = visitor(ward), visitor(ward)
        out = await attacker.get("/staff/provider/start")
        async with httpx.AsyncClient(timeout=60, trust_env=False) as browser:
            back = (await browser.get(out.headers["location"])).headers["location"]
        path = back.removeprefix("http://ward.test")
        without_cookie = await victim.get(path)
        await victim.get("/staff/provider/start")
        with_another = await victim.get(path)
        first = await attacker.get(path)
        again = await attacker.get(path)

        assert [without_cookie.status_code, with_another.status_code] == [502, 502]
        assert [first.status_code, again.status_code] == [200, 502]
        assert not await victim.is_in()


async def test_an_answer_of_another_provider_is_refused(
    opened: OpenWard, provider: OpenIdProvider
) -> None:
    """The parameter iss tells who answers (RFC 9207)."""
    async with opened(oidc_second_factor="provider") as ward:
        await hire(ward)
        clerk = visitor(ward)
        out = await clerk.get("/staff/provider/start")
        state = parse_qs(urlsplit(out.headers["location"]).query)["state"][0]
        path = f"/staff/provider/return?state={state}&code=x&iss=https://evil.example"
        refused = await clerk.get(path)

        assert refused.status_code == 502
        assert "/token" not in provider.asked


async def test_a_refusal_of_the_provider_is_told_in_our_words(
    opened: OpenWard, provider: OpenIdProvider
) -> None:
    """What the provider wrote is not shown; the reason stands in the log."""
    provider.refuses = "access_denied"
    async with opened() as ward:
        refused = await journey(visitor(ward))
        (failed,) = ward.rows("SELECT envelope FROM records WHERE type = 'staff_sign_in_failed'")

        assert "庁内の認証でログインできませんでした" in problem_on(refused)
        assert "access_denied" not in refused.text
        assert '"denied"' in failed["envelope"]


@pytest.mark.parametrize(
    "lies",
    [
        pytest.param({"issuer": "https://evil.example"}, id="issuer"),
        pytest.param({"jwks_uri": None}, id="no keys"),
        pytest.param({"token_endpoint": "http://evil.example/token"}, id="in the clear"),
    ],
)
async def test_a_discovery_that_does_not_fit_is_not_followed(
    opened: OpenWard, provider: OpenIdProvider, lies: dict[str, Any]
) -> None:
    """Secrets go only where the issuer says, and never unencrypted over a network."""
    provider.metadata_lies = lies
    async with opened() as ward:
        refused = await visitor(ward).get("/staff/provider/start")

        assert refused.status_code == 502


async def test_a_provider_that_is_down_leaves_the_password(
    opened: OpenWard, provider: OpenIdProvider
) -> None:
    """Its failure is told, and whoever has a password still gets in."""
    async with opened() as ward:
        hired = await hire(ward)
        provider.is_broken = True
        refused = await visitor(ward).get("/staff/provider/start")
        clerk = hired.another_browser()
        entered = await clerk.sign_in()

        assert refused.status_code == 502
        assert entered.status_code == 303
        assert await clerk.is_in()


async def test_a_disabled_member_does_not_get_in_by_the_provider(opened: OpenWard) -> None:
    """Whatever the provider says, an account that is stopped stays stopped."""
    async with opened(oidc_second_factor="provider") as ward:
        account, _ = roster_of(ward).invite("山田 花子", "yamada@city.example.jp", ["agent"], [])
        led_to(await journey(visitor(ward)))
        roster_of(ward).disable(account.id)
        refused = await journey(visitor(ward))

        assert refused.status_code == 403


async def test_without_a_provider_there_is_no_button_and_no_way(ward: Ward) -> None:
    """The default calls nobody outside."""
    clerk = visitor(ward)
    page = await clerk.get("/staff/sign-in")
    pages = [await clerk.get(f"/staff/provider/{name}") for name in ("start", "return")]

    assert "/staff/provider/" not in page.text
    assert [page.status_code for page in pages] == [404, 404]
