"""Who may read and continue a conversation: whoever holds its token."""

from __future__ import annotations

import uuid

import httpx
import pytest

from tests.support.ward import API, KNOWN, Resident, Ward

pytestmark = pytest.mark.slow

CALLS = {
    "turn": ("POST", "/turns", {"client_message_id": str(uuid.uuid4()), "text": KNOWN}),
    "transcript": ("GET", "/messages", None),
    "events": ("GET", "/events", None),
    "feedback": ("POST", "/feedback", {"turn_id": "t", "helpful": True}),
    "end": ("DELETE", "", None),
}
every_call = pytest.mark.parametrize("call", CALLS)


async def _ask(ward: Ward, call: str, conversation: str, headers: dict[str, str]) -> httpx.Response:
    method, path, body = CALLS[call]
    url = f"{API}/conversations/{conversation}{path}"
    return await ward.http.request(method, url, json=body, headers=headers)


@every_call
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"],
    ids=["none", "empty", "no-token", "blank", "wrong", "basic", "bare", "longer"],
)
async def test_call_without_the_token_is_refused(
    ward: Ward, call: str, authorization: str | None
) -> None:
    """Without the conversation's own token every call is 401 and changes nothing."""
    resident = await ward.resident()
    before = ward.everything()
    token = resident.opened["token"]
    headers = {"Authorization": authorization.format(token=token)} if authorization else {}
    refused = await _ask(ward, call, resident.id, headers)

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert before == ward.everything()


@every_call
async def test_token_of_another_conversation_is_refused(ward: Ward, call: str) -> None:
    """One resident's token opens no other resident's conversation."""
    one, other = await ward.resident(), await ward.resident()
    before = ward.everything()
    refused = await _ask(ward, call, one.id, other.headers)

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token")
    assert before == ward.everything()


@every_call
@pytest.mark.parametrize("conversation", ["nope", "x" * 300, "窓口", "%00"])
async def test_unknown_conversation_is_not_found(ward: Ward, call: str, conversation: str) -> None:
    """An id that nobody gave out is 404, whatever the token."""
    resident = await ward.resident()
    refused = await _ask(ward, call, conversation, resident.headers)

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "unknown_conversation")


async def test_scheme_of_the_token_is_read_in_any_case(ward: Ward) -> None:
    """``bearer`` is ``Bearer`` (RFC 9110, 11.1), and white space around the token does not matter."""
    resident = await ward.resident()
    headers = {"Authorization": f"bearer  {resident.opened['token']} "}

    assert (await _ask(ward, "transcript", resident.id, headers)).status_code == 200


async def test_transcripts_never_mix(ward: Ward) -> None:
    """Each resident reads the own words only."""
    one, other = await ward.resident(), await ward.resident()
    await one.say("ひみつのことば")
    await other.say(KNOWN)

    assert "ひみつ" in await _texts(one)
    assert "ひみつ" not in await _texts(other)


async def _texts(resident: Resident) -> str:
    return "\n".join(message["text"] for message in await resident.transcript())
