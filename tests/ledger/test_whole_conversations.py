"""Any order of openings, turns, repetitions, verdicts, ends, failures and restarts keeps the log whole."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as runs
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from bot.dialogue.masking import mask
from bot.dialogue.published import Published
from bot.scenarios.model import LOCALES
from bot.web.settings import Settings
from tests.support.faults import refusing
from tests.support.ward import KNOWN, UNKNOWN, Resident, Ward, open_ward

pytestmark = pytest.mark.slow

_BURST = 5
RUNS = runs(
    max_examples=12,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
texts = st.one_of(
    st.sampled_from([KNOWN, UNKNOWN, "ありがとう", "手続きについて聞きたい", "090-1234-5678です"]),
    st.text(min_size=1, max_size=40).filter(str.strip),
)
tables = st.sampled_from(["records", "sealed_fields", "turns"])


@dataclass
class Story:
    """What one resident sent and was shown."""

    resident: Resident
    shown: list[dict[str, Any]]
    offered: list[str]
    taken: dict[str, tuple[dict[str, str], bytes]] = field(default_factory=dict)
    posts: int = 0
    is_over: bool = False


class CounterInUse(RuleBasedStateMachine):
    """A counter that is used, broken and restarted in any order."""

    stories = Bundle("stories")

    def __init__(self, settings: Settings, published: Published) -> None:
        super().__init__()
        self.settings, self.published = settings, published
        self.runner, self.open_now = asyncio.Runner(), AsyncExitStack()
        self.all: list[Story] = []

    def run(self, coroutine: Any) -> Any:
        """Run in the machine's own event loop."""
        return self.runner.run(coroutine)

    @initialize()
    def start(self) -> None:
        """Start on the folder."""
        opening = self.open_now.enter_async_context(open_ward(self.settings, self.published))
        self.ward: Ward = self.run(opening)

    @rule()
    def restart(self) -> None:
        """End the gateway and start it on the same folder; rates start anew."""
        self.run(self.open_now.aclose())
        self.start()
        for story in self.all:
            story.resident.http, story.posts = self.ward.http, 0

    @rule(target=stories, locale=st.sampled_from(LOCALES))
    def open(self, locale: str) -> Story:
        """Open a conversation."""
        resident = self.run(self.ward.resident(locale=locale))
        messages = resident.opened["messages"]
        story = Story(resident, [dict(m, role="bot") for m in messages], _offered(messages))
        self.all.append(story)
        return story

    @rule(story=stories, text=texts, locale=st.one_of(st.none(), st.sampled_from(LOCALES)))
    def say(self, story: Story, text: str, locale: str | None) -> None:
        """Write something."""
        self._take(story, {"text": text} | ({"locale": locale} if locale else {}))

    @rule(story=stories, data=st.data())
    def choose(self, story: Story, data: st.DataObject) -> None:
        """Press an option, of now or of long ago."""
        self._take(story, {"choice": data.draw(st.sampled_from(story.offered))})

    @rule(story=stories, text=texts, table=tables)
    def say_in_vain(self, story: Story, text: str, table: str) -> None:
        """Write something while the log cannot be written."""
        if not story.is_over:
            with refusing(self.ward.file, table):
                assert self._post(story, str(uuid.uuid4()), {"text": text}).status_code == 503
        self._check(story)

    @rule(story=stories, data=st.data())
    def repeat(self, story: Story, data: st.DataObject) -> None:
        """Send a message again, as a client does that lost the reply."""
        if story.taken:
            message_id = data.draw(st.sampled_from(sorted(story.taken)))
            body, reply = story.taken[message_id]
            assert self._post(story, message_id, body).content == reply
        self._check(story)

    @rule(story=stories, data=st.data(), text=texts)
    def reuse(self, story: Story, data: st.DataObject, text: str) -> None:
        """Send something else under an id that was used."""
        if story.taken:
            message_id = data.draw(st.sampled_from(sorted(story.taken)))
            body = {"text": text + "、そのほか"}
            assert self._post(story, message_id, body).status_code == 409
        self._check(story)

    @rule(story=stories, comment=st.text(max_size=20), data=st.data())
    def judge(self, story: Story, comment: str, data: st.DataObject) -> None:
        """Give feedback on a turn."""
        if story.taken:
            _, reply = data.draw(st.sampled_from(list(story.taken.values())))
            judged = story.resident.judge(json.loads(reply)["turn_id"], comment=comment)
            assert self.run(judged).status_code == 204
        self._check(story)

    @rule(story=stories)
    def end(self, story: Story) -> None:
        """End the conversation, once or again."""
        assert self.run(story.resident.end()).status_code == 204
        story.is_over = True
        self._check(story)

    def _take(self, story: Story, body: dict[str, str]) -> None:
        message_id = str(uuid.uuid4())
        response = self._post(story, message_id, body)
        if story.is_over:
            assert response.status_code == 409
        else:
            assert response.status_code == 200, response.text
            turn = response.json()
            said = {"role": "resident", "seq": turn["messages"][0]["seq"] - 1, **body}
            story.shown += [said, *(dict(m, role="bot") for m in turn["messages"])]
            story.offered += _offered(turn["messages"])
            story.taken[message_id] = (body, response.content)
        self._check(story)

    def _post(self, story: Story, message_id: str, body: dict[str, str]) -> Any:
        if story.posts == _BURST:
            self.restart()
        story.posts += 1
        return self.run(story.resident.turn(message_id, **body))

    def _check(self, story: Story) -> None:
        transcript = self.run(story.resident.transcript())
        logged = self.ward.records(story.resident)
        said = Counter(
            r.envelope["client_message_id"] for r in logged if r.type == "resident_message"
        )

        assert [message["seq"] for message in transcript] == list(range(1, len(story.shown) + 1))
        assert [_as_shown(line) for line in story.shown] == [_as_shown(line) for line in transcript]
        assert said == dict.fromkeys(story.taken, 1)
        assert [r.type for r in logged].count("conversation_ended") == story.is_over

    def teardown(self) -> None:
        """Read the whole log once more, and end."""
        if hasattr(self, "ward"):
            for story in self.all:
                self._check(story)
            numbers = [row["number"] for row in self.ward.rows("SELECT number FROM records")]
            assert sorted(numbers) == list(range(1, len(numbers) + 1))
        self.run(self.open_now.aclose())
        self.runner.close()


def _offered(messages: list[dict[str, Any]]) -> list[str]:
    return [option["payload"] for message in messages for option in message.get("options", ())]


def _as_shown(line: dict[str, Any]) -> dict[str, Any]:
    """Return what can be compared: of a message all that was shown, of a choice its payload."""
    if line["role"] == "bot":
        return {name: line.get(name) for name in ("seq", "type", "text", "ruby", "options")}
    if line.get("choice"):
        return {"seq": line["seq"], "choice": line["choice"]}
    return {"seq": line["seq"], "text": mask(line["text"]).text}


def test_any_order_of_events_keeps_the_log_whole(
    settings: Callable[..., Settings], published: Published, tmp_path: Path
) -> None:
    """Numbers without a gap, each taken message once, and a transcript of exactly what was shown."""

    def counter() -> CounterInUse:
        return CounterInUse(settings(data_dir=tmp_path / uuid.uuid4().hex), published)

    run_state_machine_as_test(counter, settings=RUNS)  # type: ignore[no-untyped-call]
