"""A running gateway follows what is published, each turn from one revision, and survives what goes wrong."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.dialogue.following import WAKE, Follower, Live
from bot.dialogue.publications import keep_files, make_live
from bot.dialogue.published import Published
from bot.dialogue.worker import Worker
from bot.ledger.events import RevisionPublished
from bot.ledger.opening import open_log
from bot.store.bus import Bus
from bot.store.clock import Clock
from bot.store.database import Database, StoreUnavailable
from bot.web.settings import Settings
from tests.support.fake_worker import TOKEN, FakeWorker
from tests.support.ward import KNOWN, Ward, open_ward

pytestmark = pytest.mark.slow

_TRIES = 1200
ANSWER = "utter_faq/jido_teate.documents"
NEW = "madoguchi-new.tar.gz"


def publish(settings: Settings, published: Published, model: str = "") -> int:
    """Publish from outside, as another process does; returns the number."""
    database = Database(settings.store_url)
    log, now = open_log(database, settings.data_dir), Clock().now()
    event = RevisionPublished(
        revision=published.revision, replaces=None, model=model, by="x", files=(), figures={}
    )
    with database.write() as connection:
        keep_files(connection, published.catalogue, now)
        made = make_live(connection, log, now, published.revision, model, event)
    database.close()
    return made.number


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds; fail if it never does."""
    for _ in range(_TRIES):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come about")


async def followed(ward: Ward, number: int) -> None:
    """Wait until the gateway answers from a publication."""
    await until(lambda: ward.app.state.live.number == number)


@pytest.fixture
async def two_gateways(
    settings: Callable[..., Settings], published: Published
) -> AsyncIterator[tuple[Ward, Ward]]:
    """Two gateways on one database."""
    async with open_ward(settings(), published) as one, open_ward(settings(), published) as other:
        yield one, other


async def test_every_gateway_follows_without_a_restart(
    two_gateways: tuple[Ward, Ward], edited: Published
) -> None:
    """Both answer from the new revision, and the log's decision says which it was."""
    number = publish(two_gateways[0].settings, edited)
    for ward in two_gateways:
        await followed(ward, number)
        resident = await ward.resident()
        turn = await resident.say(KNOWN)
        decision = next(r for r in ward.records(resident) if r.type == "decision")

        assert edited.revision == turn["answer"]["revision"]
        assert edited.revision == decision.envelope["trace"]["revision"]


async def test_turn_in_flight_keeps_the_revision_and_model_it_began_with(
    ward: Ward, edited: Published, published: Published, worker: FakeWorker
) -> None:
    """The exchange happens while the worker thinks; the turn ends as it began."""
    worker.teach("いま", ANSWER, ("jido_teate.documents",))
    resident = await ward.resident()
    with worker.held("いま"):
        asked = asyncio.create_task(resident.say("いま"))
        await worker.wait_for_calls(1, "いま")
        worker.models = [NEW]
        ward.app.state.live.current = Published(edited.catalogue, NEW)
    during, after = await asked, await resident.say("いま")

    revisions = [turn["answer"]["revision"] for turn in (during, after)]
    assert [published.revision, edited.revision] == revisions
    assert [call.get("model") for call in worker.calls] == [None, NEW]


async def test_model_is_loaded_before_the_revision_takes_over(
    ward: Ward, edited: Published, published: Published, worker: FakeWorker
) -> None:
    """While the worker refuses the model, texts and model stay; afterwards both change."""
    worker.refuses_models = True
    number = publish(ward.settings, edited, NEW)
    await until(lambda: worker.refused > 1)
    before = await (await ward.resident()).say(KNOWN)
    worker.refuses_models = False
    await followed(ward, number)

    assert published.revision == before["answer"]["revision"]
    assert worker.models == [NEW]


async def test_texts_go_live_without_a_worker(
    ward: Ward, edited: Published, worker: FakeWorker
) -> None:
    """The search answers from the new revision; the worker gets its model when it is back."""
    worker.die()
    number = publish(ward.settings, edited, NEW)
    await followed(ward, number)
    turn = await (await ward.resident()).say(KNOWN)
    worker.revive()
    await until(lambda: worker.models == [NEW])

    assert edited.revision == turn["answer"]["revision"]


async def test_worker_started_anew_gets_the_live_model(
    ward: Ward, edited: Published, worker: FakeWorker
) -> None:
    """A worker that came back with an older model is brought up to date."""
    await followed(ward, publish(ward.settings, edited, NEW))
    worker.models = ["madoguchi-old.tar.gz"]
    await until(lambda: NEW in worker.models)
    turn = await (await ward.resident()).say(KNOWN)

    assert "notice" not in [message["type"] for message in turn["messages"]]


async def test_gateway_starts_with_what_is_published(
    settings: Callable[..., Settings], published: Published, edited: Published, tmp_path: Path
) -> None:
    """What lies in the folder does not count any more once something is published."""
    async with open_ward(settings(), published) as ward:
        publish(ward.settings, edited)
    async with open_ward(settings(scenarios=tmp_path / "nowhere"), None) as again:
        revision = again.app.state.live.current.revision
        events = again.rows("SELECT * FROM records WHERE type = 'revision_published'")

    assert edited.revision == revision
    assert len(events) == 2


async def test_health_tells_which_publication_is_followed(ward: Ward, edited: Published) -> None:
    """Whoever publishes can see when a gateway answers from it."""
    first = await ward.http.get("/healthz")
    number = publish(ward.settings, edited)
    await followed(ward, number)
    second = await ward.http.get("/healthz")

    seen = [answer.headers["Madoguchi-Publication"] for answer in (first, second)]
    assert [str(number - 1), str(number)] == seen


async def test_wake_up_is_enough(
    ward: Ward, edited: Published, published: Published, worker: FakeWorker
) -> None:
    """A hint on the bus makes a gateway look that would not look for an hour."""
    database, bus, live = Database(ward.settings.store_url), Bus(), Live(published, 1)
    client = Worker(worker.url, TOKEN, 2.0)
    follower = Follower(database, client, bus, live, poll_seconds=3600.0)
    following = asyncio.create_task(follower.run())
    number = publish(ward.settings, edited)
    for _ in range(_TRIES):  # the hint may come before anybody listens
        bus.wake(WAKE)
        await asyncio.sleep(0.05)
        if live.number == number:
            break
    follower.stop()
    await following
    await client.close()
    database.close()

    assert (number, edited.revision) == (live.number, live.current.revision)


async def test_lost_database_does_not_end_the_following(
    ward: Ward, edited: Published, worker: FakeWorker
) -> None:
    """What cannot be read now is read later."""
    with closing(sqlite3.connect(ward.file)) as other:
        other.execute("ALTER TABLE publications RENAME TO elsewhere")
        database, client = Database(ward.settings.store_url), Worker(worker.url, TOKEN, 1.0)
        follower = Follower(database, client, Bus(), ward.app.state.live)
        with pytest.raises(StoreUnavailable):
            await follower.follow()
        await client.close()
        database.close()
        other.execute("ALTER TABLE elsewhere RENAME TO publications")
    await followed(ward, publish(ward.settings, edited))
