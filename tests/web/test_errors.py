"""Every failure is ``{"error": {"code", "message"}}``, in the words and the language of its reader."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import Any

import httpx
import pytest

from bot.dialogue.published import Published
from bot.scenarios.model import LOCALES
from bot.web.settings import Settings
from tests.support.edited import error_text
from tests.support.ward import API, KNOWN, Resident, Ward, open_ward

pytestmark = pytest.mark.slow

ID = str(uuid.uuid4())


@pytest.fixture
async def translated(settings: Callable[..., Settings], edited: Published) -> AsyncIterator[Ward]:
    """A ward whose errors name their locale and code."""
    async with open_ward(settings(), edited) as running:
        yield running


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "malformed"),
        ({"client_message_id": ID}, "empty"),
        ({"client_message_id": ID, "text": "", "choice": None}, "empty"),
        ({"client_message_id": ID, "text": " \n\u3000"}, "empty"),
        ({"client_message_id": ID, "text": "a", "choice": "menu"}, "empty"),
        ({"client_message_id": "1", "text": "a"}, "malformed"),
        ({"client_message_id": None, "text": "a"}, "malformed"),
        ({"client_message_id": ID, "text": 7}, "malformed"),
        ({"client_message_id": ID, "text": ["a"]}, "malformed"),
        ({"client_message_id": ID, "text": "a", "locale": "fr"}, "malformed"),
        ({"client_message_id": ID, "choice": ""}, "malformed"),
        ({"client_message_id": ID, "choice": "x" * 201}, "malformed"),
        ([], "malformed"),
        ("text", "malformed"),
        (None, "malformed"),
    ],
)
async def test_turn_of_the_wrong_shape_is_refused(ward: Ward, body: Any, code: str) -> None:
    """What cannot be read is 422, is not stored, and says what to do."""
    resident = await ward.resident()
    before = ward.everything()
    url = f"{resident.path}/turns"
    refused = await ward.http.post(url, json=body, headers=resident.headers)

    assert (422, code) == (refused.status_code, refused.json()["error"]["code"])
    assert {"code", "message"} == set(refused.json()["error"])
    assert before == ward.everything()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"\x00" * 10, b"[" * 5000],
    ids=["nothing", "cut-off", "not-utf-8", "zeros", "deep"],
)
@pytest.mark.parametrize("path", ["", "/turns", "/feedback"])
async def test_body_that_is_no_json_is_malformed(ward: Ward, path: str, content: bytes) -> None:
    """A broken body is the client's mistake, never a failure of ours."""
    resident = await ward.resident()
    url = resident.path + path if path else f"{API}/conversations"
    headers = {**resident.headers, "Content-Type": "application/json"}
    refused = await ward.http.post(url, content=content, headers=headers)

    assert refused.status_code in {400, 422}
    assert refused.json()["error"]["code"] == "malformed"


@pytest.mark.parametrize("half", ["\\ud842", "\\udfb7"], ids=["high", "low"])
async def test_half_a_surrogate_pair_is_malformed(ward: Ward, half: str) -> None:
    """Half a character, as a cut-off copy leaves it, cannot be stored as UTF-8 and is refused."""
    resident = await ward.resident()
    content = f'{{"client_message_id": "{ID}", "text": "{half}"}}'
    headers = {**resident.headers, "Content-Type": "application/json"}
    refused = await ward.http.post(f"{resident.path}/turns", content=content, headers=headers)

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "malformed")


@pytest.mark.parametrize(
    "body",
    [{"locale": "fr"}, {"locale": None}, {"locale": ""}, {"page_url": 7}, {"page_url": "x" * 2001}],
)
async def test_opening_of_the_wrong_shape_is_malformed(ward: Ward, body: Any) -> None:
    """A language that the counter does not speak opens nothing."""
    refused = await ward.http.post(f"{API}/conversations", json=body)

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "malformed")
    assert ward.rows("SELECT * FROM conversations") == []


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", f"{API}/nowhere", 404, "not_found"),
        ("GET", "/widget/nowhere.js", 404, "not_found"),
        ("GET", "/widget/../pyproject.toml", 404, "not_found"),
        ("GET", "/widget/%2e%2e/pyproject.toml", 404, "not_found"),
        ("PUT", f"{API}/conversations", 405, "malformed"),
        ("POST", "/widget/demo.html", 405, "malformed"),
    ],
)
async def test_path_that_does_not_exist_gets_an_error_of_ours(
    ward: Ward, method: str, path: str, status: int, code: str
) -> None:
    """Also what the framework refuses has our shape, and no file outside the widget is served."""
    refused = await ward.http.request(method, path)

    assert (status, code) == (refused.status_code, refused.json()["error"]["code"])


async def _unexpected(ward: Ward, resident: Resident) -> httpx.Response:
    """Fail as nothing foresees: a sealed field was altered behind the ward's back."""
    with closing(sqlite3.connect(ward.file)) as connection, connection:
        connection.execute("UPDATE sealed_fields SET sealed = x'00'")
    return await ward.http.get(f"{resident.path}/messages", headers=resident.headers)


async def test_failure_that_nobody_foresaw_is_an_internal_error(
    ward: Ward, capsys: pytest.CaptureFixture[str]
) -> None:
    """The resident reads how to go on, the log the kind of the failure, nobody its text."""
    resident = await ward.resident()
    failed = await _unexpected(ward, resident)

    assert (failed.status_code, failed.json()["error"]["code"]) == (500, "internal")
    assert "unexpected_error" in capsys.readouterr().out
    assert "SealBroken" not in failed.text


async def _too_fast(ward: Ward, resident: Resident) -> httpx.Response:
    return [await resident.turn(choice="menu") for _ in range(6)][-1]


async def _ended(ward: Ward, resident: Resident) -> httpx.Response:
    await resident.end()
    return await resident.turn(text=KNOWN)


async def _reused(ward: Ward, resident: Resident) -> httpx.Response:
    await resident.turn(ID, text=KNOWN)
    return await resident.turn(ID, text="ほかのこと")


async def _raw(ward: Ward, resident: Resident, content: bytes) -> httpx.Response:
    headers = {**resident.headers, "Content-Type": "application/json"}
    return await ward.http.post(f"{resident.path}/turns", content=content, headers=headers)


FAILURES: dict[str, Callable[[Ward, Resident], Any]] = {
    "not_offered": lambda ward, resident: resident.turn(choice="answer:a.b"),
    "empty": lambda ward, resident: resident.turn(text=" "),
    "malformed": lambda ward, resident: resident.turn(text=7),
    "too_long": lambda ward, resident: resident.turn(text="あ" * 1001),
    "unknown_turn": lambda ward, resident: resident.judge("nope"),
    "conversation_ended": _ended,
    "message_id_reused": _reused,
    "too_fast": _too_fast,
    "internal": _unexpected,
}


@pytest.mark.parametrize("code", FAILURES)
async def test_error_speaks_the_language_of_its_conversation(translated: Ward, code: str) -> None:
    """Whatever language the browser prefers, the conversation's own counts."""
    resident = await translated.resident(locale="ko")
    translated.http.headers["Accept-Language"] = "en"
    refused = await FAILURES[code](translated, resident)

    assert {"code": code, "message": error_text("ko", code)} == refused.json()["error"]


@pytest.mark.parametrize(
    ("content", "code"), [(b"{", "malformed"), (b" " * 9000, "too_large")], ids=["cut-off", "large"]
)
async def test_error_before_the_body_is_read_speaks_the_language_of_its_conversation(
    translated: Ward, content: bytes, code: str
) -> None:
    """Also a body that cannot be read comes from somebody with a language."""
    resident = await translated.resident(locale="ko")
    refused = await _raw(translated, resident, content)

    assert {"code": code, "message": error_text("ko", code)} == refused.json()["error"]


@pytest.mark.parametrize("locale", LOCALES)
async def test_error_speaks_the_language_after_a_switch(translated: Ward, locale: str) -> None:
    """A turn that switched the language switched that of later errors."""
    resident = await translated.resident()
    await resident.say(KNOWN, locale=locale)
    refused = await resident.turn(choice="answer:a.b")

    assert error_text(locale, "not_offered") == refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("", "ja"),
        ("en-US,en;q=0.9", "en"),
        ("fr, ko;q=0.5", "ko"),
        ("zh-CN", "zh-Hans"),
        ("zh-hans", "zh-Hans"),
        ("vi", "vi"),
        ("TL", "tl"),
        ("ja-JP", "ja"),
        ("*", "ja"),
        (",;,", "ja"),
    ],
)
async def test_error_without_a_conversation_follows_the_browser(
    translated: Ward, accepted: str, locale: str
) -> None:
    """Whose conversation it is nobody knows, so the browser's first known language counts."""
    path = f"{API}/conversations/nope/messages"
    headers = {"Accept-Language": accepted, "Authorization": "Bearer x"}
    refused = await translated.http.get(path, headers=headers)

    assert error_text(locale, "unknown_conversation") == refused.json()["error"]["message"]


@pytest.mark.parametrize("locale", LOCALES)
async def test_shipped_errors_can_be_read_in_every_language(ward: Ward, locale: str) -> None:
    """No error text has an unfilled place or is empty, in any locale."""
    resident = await ward.resident(locale=locale)
    message = (await resident.turn(choice="answer:a.b")).json()["error"]["message"]

    assert message.strip()
    assert not {"{", "}", "|"} & set(message)
