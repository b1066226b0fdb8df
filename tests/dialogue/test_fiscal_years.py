"""A running gateway walks across several ends of the fiscal year; announced changes switch by themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.dialogue.published import Published
from bot.scenarios.yamlfile import parse_yaml
from bot.store.clock import Clock
from bot.web.settings import Settings
from tests.support.fake_worker import FakeWorker
from tests.support.ward import Ward, open_ward

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TOPIC, ENDS, BEGINS = "juminhyo.amount", "juminhyo.online", "juminhyo.counter"
YEARS = (2027, 2028, 2029, 2030)
MARCH = datetime.fromisoformat("2027-03-20T10:00:00+09:00")
"""When all of it is published."""


class Time:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Return the seconds since the start."""
        return self.seconds

    def to(self, moment: datetime) -> None:
        """Let it become that moment."""
        self.seconds = (moment.astimezone(UTC) - MARCH.astimezone(UTC)).total_seconds()


def announced(target: Path) -> Published:
    """Read the shipped data with a wording and a fee for each year, an end and a beginning."""
    import shutil

    shutil.copytree(ROOT / "data", target)
    _edit(target / "scenarios" / "todoke" / "juminhyo.yml", _announce)
    _edit(target / "ward.yml", _raise_fees)
    return Published.from_folder(target)


def _announce(scenario: Any) -> None:
    topics = scenario["topics"]
    text = "{}年度の手数料は{{{{ services.juminhyo.yearly }}}}円です。"
    topics["amount"]["answer"] = {"ja": text.format(2026)}
    topics["amount"]["changes"] = [
        {"valid_from": f"{year}-04-01", "answer": {"ja": text.format(year)}} for year in YEARS
    ]
    topics["online"]["valid_until"] = "2028-03-31"
    topics["counter"]["valid_from"] = "2029-04-01"


def _raise_fees(ward: Any) -> None:
    dated = [{"valid_from": f"{y}-04-01", "value": 300 + 10 * (y - 2026)} for y in YEARS]
    ward["services"]["juminhyo"]["yearly"] = [{"value": 300}, *dated]


def _edit(path: Path, change: Callable[[Any], None]) -> None:
    value: Any = parse_yaml(path.read_text("utf-8"), path.name).value
    change(value)
    if path.name == "ward.yml":
        _numbers(value["services"]["juminhyo"]["yearly"])
    path.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), "utf-8")


def _numbers(entries: Any) -> None:
    for entry in entries:
        entry["value"] = int(entry["value"])


async def test_each_fiscal_year_begins_at_midnight_in_a_running_gateway(
    settings: Callable[..., Settings], worker: FakeWorker, tmp_path: Path
) -> None:
    """Wording and fee change together on 1 April, without any publication or restart in between."""
    time = Time()
    clock = Clock(MARCH, ticks=time)
    worker.teach("いくら", f"utter_faq/{TOPIC}", (TOPIC,))
    said = []
    async with open_ward(
        settings(data_dir=tmp_path / "new"), announced(tmp_path / "data"), clock
    ) as ward:
        for year in YEARS:
            midnight = datetime.fromisoformat(f"{year}-04-01T00:00:00+09:00")
            for moment in (midnight - timedelta(seconds=1), midnight):
                time.to(moment)
                said.append(await _first_text(ward, "いくら"))
        publications = ward.rows("SELECT * FROM publications")

    expected = []
    for year in YEARS:
        for fiscal in (year - 1, year):
            expected.append(f"{fiscal}年度の手数料は{300 + 10 * (fiscal - 2026)}円です。")
    assert expected == said
    assert len(publications) == 1


async def test_options_and_search_follow_the_day(
    settings: Callable[..., Settings], worker: FakeWorker, tmp_path: Path
) -> None:
    """What has ended is offered nowhere, what begins appears by itself, with or without the worker."""
    time = Time()
    clock = Clock(MARCH, ticks=time)
    offered, searched = {}, {}
    async with open_ward(
        settings(data_dir=tmp_path / "new"), announced(tmp_path / "data"), clock
    ) as ward:
        online = ward.app.state.live.current.catalogue.topic(ENDS).examples["ja"][0]
        worker.die()
        for day in ("2028-03-31", "2028-04-01", "2029-03-31", "2029-04-01"):
            time.to(datetime.fromisoformat(f"{day}T12:00:00+09:00"))
            turn = await (await ward.resident()).choose("menu")
            assert turn["outcome"] == "chitchat"
            resident = await ward.resident()
            await resident.choose("menu")
            await resident.choose("group:todoke")
            overview = await resident.choose("service:juminhyo")
            payloads = {o["payload"] for m in overview["messages"] for o in m.get("options", ())}
            offered[day] = (f"answer:{ENDS}" in payloads, f"answer:{BEGINS}" in payloads)
            found = await resident.say(online)
            searched[day] = any(
                candidate == {**candidate, "service": "juminhyo", "topic": "online"}
                for candidate in found["candidates"]
            )

    days = ("2028-03-31", "2028-04-01", "2029-03-31", "2029-04-01")
    assert [offered[day] for day in days] == [
        (True, False),
        (False, False),
        (False, False),
        (False, True),
    ]
    assert [searched[day] for day in days] == [True, False, False, False]


async def _first_text(ward: Ward, text: str) -> str:
    turn = await (await ward.resident()).say(text)
    first = next(m for m in turn["messages"] if m["type"] == "text")
    return str(first["text"])
