"""What a handoff keeps: no word of the resident's stands in the open, wherever it is quoted."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing

from bot.dialogue.published import Published
from bot.web.settings import Settings
from tests.support.fake_worker import FakeWorker

from .people import SATO, bytes_on_disk, desk_of, in_conversation, said_by, ward_at

CANARY = "カナリア山田太郎"


async def test_no_word_of_anybody_stands_in_the_open(
    settings: Callable[..., Settings], published: Published, worker: FakeWorker
) -> None:
    """The question that is shown back, what the person says, and notes are all sealed."""
    text = f"私の場合、就学援助は受けられますか。{CANARY}です"
    async with ward_at(settings, published) as (ward, _):
        resident = await ward.resident()
        offer = await resident.say(text)
        handoff = await in_conversation(ward, resident)
        await said_by(ward, SATO, handoff, f"{CANARY}様")
        await desk_of(ward).note(SATO, handoff, CANARY)

        assert CANARY in str(offer)
        assert CANARY.encode() not in bytes_on_disk(ward.settings.data_dir)


async def test_a_reply_of_a_former_version_is_still_repeated(
    settings: Callable[..., Settings], published: Published
) -> None:
    """What was stored in the open before replies were sealed is given back as it is."""
    async with ward_at(settings, published) as (ward, _):
        resident, message_id = await ward.resident(), str(uuid.uuid4())
        first = await resident.turn(message_id, choice="menu")
        with closing(sqlite3.connect(ward.file)) as connection, connection:
            connection.execute("UPDATE turns SET reply = ?", (first.content,))

        assert first.content == (await resident.turn(message_id, choice="menu")).content
