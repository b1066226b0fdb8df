"""Alive, and ready: a turn can be answered and logged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.dialogue.published import Published
from bot.store.database import StoreUnavailable
from bot.web.app import create_app
from bot.web.settings import Settings
from tests.support.fake_worker import FakeWorker
from tests.support.faults import full, locked, read_only
from tests.support.ward import API, KNOWN, Ward, open_ward

BROKEN_STORES = {"locked": locked, "read-only": read_only, "full": full}
any_broken_store = pytest.mark.parametrize("broken", BROKEN_STORES)


async def test_ready_when_log_and_worker_answer(ward: Ward) -> None:
    """Both probes are 200 when a turn can be taken."""
    alive, ready = await ward.http.get("/healthz"), await ward.http.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "worker": "ready"})


@pytest.mark.parametrize("state", ["no model", "dead", "not itself"])
async def test_not_ready_before_the_worker_has_been(
    ward: Ward, worker: FakeWorker, state: str
) -> None:
    """A fresh start takes no traffic on search alone; it says what it waits for."""
    worker.is_ready = False
    if state == "dead":
        worker.die()
    if state == "not itself":
        worker.health_instead = (200, b"<html>")
    alive, ready = await ward.http.get("/healthz"), await ward.http.get("/readyz")

    assert (alive.status_code, ready.status_code) == (200, 503)
    assert tuple(ready.json().values()) == ("not ready", "dialogue worker: starting")


async def test_loss_of_the_worker_after_the_start_only_degrades(
    ward: Ward, worker: FakeWorker
) -> None:
    """A gateway that has once been complete keeps its traffic: search answers meanwhile."""
    await ward.http.get("/readyz")
    worker.die()
    degraded = await ward.http.get("/readyz")
    worker.revive()
    restored = await ward.http.get("/readyz")

    assert (degraded.status_code, degraded.json()["worker"]) == (200, "down: search only")
    assert (restored.status_code, restored.json()["worker"]) == (200, "ready")


@any_broken_store
async def test_not_ready_while_the_log_cannot_be_written(ward: Ward, broken: str) -> None:
    """Without the log nothing may be answered; the probe says so, and recovers by itself."""
    await ward.http.get("/readyz")
    with BROKEN_STORES[broken](ward.file):
        down = await ward.http.get("/readyz")
        alive = await ward.http.get("/healthz")
    up = await ward.http.get("/readyz")

    assert (down.status_code, down.json()["status"]) == (503, "not ready")
    assert down.json()["reason"].startswith("log: ")
    assert [alive.status_code, up.status_code] == [200, 200]


@any_broken_store
async def test_nothing_is_answered_while_the_log_cannot_be_written(
    ward: Ward, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bot says that it is out of service instead of answering unlogged."""
    resident = await ward.resident()
    turn_id = (await resident.say(KNOWN))["turn_id"]
    before = ward.everything()
    with BROKEN_STORES[broken](ward.file):
        refused = [
            await resident.turn(text=KNOWN),
            await ward.http.post(f"{API}/conversations", json={}),
            await resident.judge(turn_id),
            await resident.end(),
        ]

    assert [reply.status_code for reply in refused] == [503] * 4
    assert {"unavailable"} == {reply.json()["error"]["code"] for reply in refused}
    assert {"10"} == {reply.headers["Retry-After"] for reply in refused}
    assert before == ward.everything()
    assert capsys.readouterr().out.count("store_unavailable") == 4


@any_broken_store
async def test_message_refused_for_the_log_is_taken_later(ward: Ward, broken: str) -> None:
    """The client sends the same message again and loses nothing, and no number is missing."""
    resident = await ward.resident()
    last = resident.opened["messages"][-1]["seq"]
    message_id = "00000000-0000-4000-8000-00000000000a"
    with BROKEN_STORES[broken](ward.file):
        refused = await resident.turn(message_id, text=KNOWN)
    taken = await resident.turn(message_id, text=KNOWN)

    assert (refused.status_code, taken.status_code) == (503, 200)
    assert last + 2 == taken.json()["messages"][0]["seq"]


@any_broken_store
async def test_transcript_can_be_read_while_the_log_cannot_be_written(
    ward: Ward, broken: str
) -> None:
    """What was said stays readable."""
    resident = await ward.resident()
    await resident.say(KNOWN)
    before = await resident.transcript()
    with BROKEN_STORES[broken](ward.file):
        during = await resident.transcript()

    assert before == during


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all.db", "sqlite:///file:{0}?mode=ro&uri=true"]
)
async def test_gateway_does_not_start_without_a_database(
    settings: Callable[..., Settings], published: Published, tmp_path: Path, url: str
) -> None:
    """A database that cannot be opened or migrated is found out at the start."""
    (tmp_path / "empty.db").touch()
    unusable = settings(database_url=url.format(tmp_path / "empty.db"))

    with pytest.raises(StoreUnavailable):
        create_app(unusable, published)


async def test_state_directory_is_made_on_the_first_start(
    settings: Callable[..., Settings], published: Published, tmp_path: Path
) -> None:
    """A fresh machine needs no preparation."""
    folder = tmp_path / "not" / "there" / "yet"
    async with open_ward(settings(data_dir=folder), published) as ward:
        ready = await ward.http.get("/readyz")

    assert ready.status_code == 200
    assert (folder / "madoguchi.db").exists()
