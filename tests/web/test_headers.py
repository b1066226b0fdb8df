"""Security headers, caching, and who may call from another page."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing

import httpx
import pytest

from bot.dialogue.published import Published
from bot.web.settings import Settings
from tests.support.faults import locked
from tests.support.ward import API, Ward, open_ward

WARD_PAGE, OTHER_PAGE = "https://www.city.example.jp", "https://evil.example"
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def _assert_secure(response: httpx.Response) -> None:
    assert {name: response.headers.get(name) for name in SECURITY} == SECURITY
    policy = response.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "script-src 'self'", "base-uri 'none'"} <= set(policy.split("; "))
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(policy.replace(";", "").split())
    assert "microphone=()" in response.headers["Permissions-Policy"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/widget/madoguchi-chat.js", 200),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("POST", f"{API}/conversations", 422),
        ("GET", f"{API}/conversations/nope/messages", 401),
        ("GET", "/nowhere", 404),
        ("PUT", "/healthz", 405),
    ],
)
async def test_every_response_carries_the_security_headers(
    ward: Ward, method: str, path: str, status: int
) -> None:
    """Pages, scripts, probes, API and errors alike (OWASP ASVS 5.0, 3.4)."""
    response = await ward.http.request(method, path)

    assert status == response.status_code
    _assert_secure(response)


async def test_responses_made_before_the_app_carry_the_security_headers(ward: Ward) -> None:
    """Also a body that is refused unread is answered with all headers."""
    response = await ward.http.post(f"{API}/conversations", content=b" " * 9000)

    assert response.status_code == 413
    _assert_secure(response)
    assert response.headers["Cache-Control"] == "no-store"


async def test_unavailable_carries_the_security_headers(ward: Ward) -> None:
    """A ward whose log is locked still answers properly."""
    with locked(ward.file):
        response = await ward.http.post(f"{API}/conversations", json={})

    assert response.status_code == 503
    _assert_secure(response)


async def test_internal_error_carries_the_security_headers(ward: Ward) -> None:
    """A failure that nobody foresaw is no exception to the headers."""
    resident = await ward.resident()
    with closing(sqlite3.connect(ward.file)) as connection, connection:
        connection.execute("UPDATE sealed_fields SET sealed = x'00'")
    response = await ward.http.get(f"{resident.path}/messages", headers=resident.headers)

    assert response.status_code == 500
    _assert_secure(response)


async def test_conversations_are_never_cached(ward: Ward) -> None:
    """What the API says to one resident no cache may keep for another."""
    resident = await ward.resident()
    turn = await resident.turn(choice="menu")
    transcript = await ward.http.get(f"{resident.path}/messages", headers=resident.headers)

    assert {"no-store"} == {r.headers["Cache-Control"] for r in (turn, transcript)}


async def test_demo_page_shows_the_widget(ward: Ward) -> None:
    """The front page is HTML that loads the widget from the ward itself and nothing from elsewhere."""
    page = await ward.http.get("/")

    assert page.headers["Content-Type"].startswith("text/html")
    assert "madoguchi-chat" in page.text
    assert "<script>" not in page.text
    assert 'src="http' not in page.text


@pytest.fixture
async def embedded(settings: Callable[..., Settings], published: Published) -> AsyncIterator[Ward]:
    """A ward whose widget stands on two pages, named as an administrator names them."""
    pages = f"{WARD_PAGE}, https://bosai.example.jp"
    async with open_ward(settings(allowed_origins=pages), published) as running:
        yield running


@pytest.mark.parametrize("origin", [WARD_PAGE, "https://bosai.example.jp"])
async def test_allowed_page_may_call(embedded: Ward, origin: str) -> None:
    """An allowed page reads the reply, and the time to wait where it was too fast."""
    headers = {"Origin": origin}
    response = await embedded.http.post(f"{API}/conversations", json={}, headers=headers)

    assert response.status_code == 201
    assert origin == response.headers["Access-Control-Allow-Origin"]
    assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_allowed_page_may_ask_beforehand(embedded: Ward, method: str) -> None:
    """The browser's preflight is granted for the methods and headers that the widget uses."""
    preflight = await _preflight(embedded, WARD_PAGE, method)

    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == WARD_PAGE
    assert method in preflight.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("origin", [OTHER_PAGE, f"{WARD_PAGE}.evil.example", "null"])
async def test_other_pages_may_not_call(embedded: Ward, origin: str) -> None:
    """No browser hands the reply to a page that was not named."""
    headers = {"Origin": origin}
    response = await embedded.http.post(f"{API}/conversations", json={}, headers=headers)
    preflight = await _preflight(embedded, origin, "POST")

    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Access-Control-Allow-Origin" not in preflight.headers
    assert preflight.status_code == 400


async def test_no_page_may_call_unless_one_is_named(ward: Ward) -> None:
    """The default is the ward's own origin alone."""
    headers = {"Origin": WARD_PAGE}
    response = await ward.http.post(f"{API}/conversations", json={}, headers=headers)

    assert response.status_code == 201
    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_error_can_be_read_by_an_allowed_page(embedded: Ward) -> None:
    """The widget on a ward page can show why something was refused."""
    headers = {"Origin": WARD_PAGE, "Authorization": "Bearer x"}
    response = await embedded.http.get(f"{API}/conversations/nope/messages", headers=headers)

    assert response.status_code == 404
    assert response.headers["Access-Control-Allow-Origin"] == WARD_PAGE


async def _preflight(ward: Ward, origin: str, method: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type, last-event-id",
    }
    return await ward.http.request("OPTIONS", f"{API}/conversations", headers=headers)
