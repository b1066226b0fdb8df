"""A repeated message id: the same bytes, and nothing written."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from bot.dialogue.published import Published
from bot.web.settings import Settings
from tests.support.fake_worker import FakeWorker
from tests.support.ward import KNOWN, Resident, Ward, open_ward

ID = "8d0f5f1e-2f44-4c0d-9b7e-6a1c6f3f0a11"


@pytest.mark.parametrize(
    "body",
    [
        {"text": KNOWN},
        {"text": "𠮷野家の㈱ﾃｽﾄ😀"},
        {"choice": "menu"},
        {"text": KNOWN, "locale": "en"},
    ],
    ids=["text", "odd-characters", "choice", "with-locale"],
)
async def test_repeated_message_gets_the_stored_bytes_and_writes_nothing(
    ward: Ward, worker: FakeWorker, body: dict[str, str]
) -> None:
    """A client that never saw the reply asks again and gets it, byte for byte."""
    resident = await ward.resident()
    first = await resident.turn(ID, **body)
    before, calls = ward.everything(), len(worker.calls)
    again = await resident.turn(ID, **body)

    assert (200, first.content) == (again.status_code, again.content)
    assert first.headers["Content-Type"] == again.headers["Content-Type"]
    assert before == ward.everything()
    assert calls == len(worker.calls)


async def test_repeated_message_gets_the_stored_reply_after_later_turns(ward: Ward) -> None:
    """The stored reply is that of its turn, not of the newest."""
    resident = await ward.resident()
    first = await resident.turn(ID, text=KNOWN)
    await resident.say("ありがとう")

    assert first.content == (await resident.turn(ID, text=KNOWN)).content


async def test_message_id_is_the_same_in_any_spelling(ward: Ward) -> None:
    """A UUID in capitals or without hyphens is the same UUID."""
    resident = await ward.resident()
    spellings = (ID, ID.upper(), ID.replace("-", ""))
    replies = {(await resident.turn(spelling, text=KNOWN)).content for spelling in spellings}

    assert len(replies) == 1


@pytest.mark.parametrize(
    "other",
    [{"text": KNOWN + "？"}, {"text": KNOWN, "locale": "en"}, {"choice": "menu"}],
    ids=["text", "locale", "choice"],
)
async def test_reused_message_id_with_other_content_is_refused(
    ward: Ward, other: dict[str, str]
) -> None:
    """An id that comes back with other content is a client's mistake: 409, nothing is written."""
    resident = await ward.resident()
    await resident.turn(ID, text=KNOWN)
    before = ward.everything()
    refused = await resident.turn(ID, **other)

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "message_id_reused")
    assert before == ward.everything()


async def test_same_message_id_in_two_conversations_is_two_messages(ward: Ward) -> None:
    """An id counts within its conversation only."""
    one, other = await ward.resident(), await ward.resident()
    first, second = await one.turn(ID, text=KNOWN), await other.turn(ID, text="ありがとう")

    assert (first.json()["outcome"], second.json()["outcome"]) == ("answered", "chitchat")


async def test_refused_message_may_come_again_under_its_id(ward: Ward) -> None:
    """A refusal stores nothing, so the corrected message is taken."""
    resident = await ward.resident()
    refused = await resident.turn(ID, choice="answer:not.offered")
    taken = await resident.turn(ID, text=KNOWN)

    assert (refused.status_code, taken.status_code) == (422, 200)


async def test_stored_reply_survives_a_restart_and_a_lost_worker(
    settings: Callable[..., Settings], published: Published, worker: FakeWorker
) -> None:
    """The stored reply needs neither the process that made it nor the worker."""
    async with open_ward(settings(), published) as ward:
        resident = await ward.resident()
        first = await resident.turn(ID, text=KNOWN)
    worker.die()
    async with open_ward(settings(), published) as ward:
        again = await Resident(ward.http, resident.opened).turn(ID, text=KNOWN)

    assert (200, first.content) == (again.status_code, again.content)


async def test_stored_reply_is_not_recomposed_in_another_language(ward: Ward) -> None:
    """What was shown stays what was shown, whatever language the conversation has by now."""
    resident = await ward.resident(locale="ja")
    first = await resident.turn(ID, text=KNOWN)
    await resident.turn(str(uuid.uuid4()), text=KNOWN, locale="ja-easy")

    assert first.content == (await resident.turn(ID, text=KNOWN)).content
