"""The fake worker of the fast tests and the real one answer the same calls in the same shapes."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.dialogue.published import Published
from bot.lifeline import VARIABLE as LIFELINE
from bot.supervisor import children_of, make_data_dir
from bot.training import ROOT, train_if_stale
from bot.web.settings import Settings
from tests.support.fake_worker import ROOT_PATH, TOKEN, FakeWorker

pytestmark = pytest.mark.stack
_PATIENCE = 180.0
_STATE = {"slots": {"service": "juminhyo"}, "active_loop": None}


def call(text: str, **more: Any) -> dict[str, Any]:
    """Return the body of a call, as the gateway sends it."""
    usual = {"turn_id": "t1", "state": {}, "locale": "ja", "choice": None}
    return {**usual, "text": text, **more}


# What is asked, and the response keys of which one must come from both.
TURNS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "question": (call("児童手当の申請に必要なものは何ですか"), {"utter_faq/jido_teate.documents"}),
    "question with a state": (
        call("住民票の写しとは何ですか", state=_STATE),
        {"utter_faq/juminhyo.overview"},
    ),
    "question in English": (
        call("hello", locale="en"),
        {"utter_greeting"},
    ),
    "thanks": (call("ありがとうございます"), {"utter_thanks"}),
    "wish for a person": (call("職員と話したい"), {"utter_person"}),
    "choice": (
        call("児童手当：金額・手数料", choice="jido_teate.amount"),
        {"utter_faq/jido_teate.amount"},
    ),
    "choice with a state": (
        call("", choice="juminhyo.overview", state=_STATE),
        {"utter_faq/juminhyo.overview"},
    ),
    "nonsense": (call("ぺぬぺぬる"), {"utter_nlu_fallback"}),
}


@dataclass(frozen=True)
class Engine:
    """A running worker, pretended or true."""

    url: str
    token: str

    def health(self) -> httpx.Response:
        """Ask whether it is ready."""
        return httpx.get(f"{self.url}/health", timeout=60, trust_env=False)

    def turn(self, body: dict[str, Any], token: str | None = None) -> httpx.Response:
        """Ask for one turn."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        url = f"{self.url}/turn"
        return httpx.post(url, json=body, headers=headers, timeout=30.0, trust_env=False)

    def is_ready(self) -> bool:
        """Tell whether a model is loaded."""
        try:
            return bool(self.health().json()["ready"])
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def fake(published: Published) -> Iterator[Engine]:
    """A fake worker."""
    with FakeWorker(published.index) as worker:
        yield Engine(worker.url + ROOT_PATH, TOKEN)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A real worker, started as the supervisor starts it."""
    model = train_if_stale(ROOT / "data", print)
    folder = tmp_path_factory.mktemp("engine")
    settings = Settings(data_dir=folder)
    make_data_dir(settings)
    child = children_of(settings, model)[0]
    engine = Engine(
        child.probe_url.removesuffix("/health"), child.environment["MADOGUCHI_WORKER_TOKEN"]
    )
    reading, writing = os.pipe()
    with child.log_file.open("wb") as printed:
        process = subprocess.Popen(
            child.command,
            cwd=ROOT,
            env={**os.environ, **child.environment, LIFELINE: str(reading)},
            stdout=printed,
            stderr=printed,
            pass_fds=[reading],
        )
    os.close(reading)
    try:
        _wait_until_ready(engine, process, child.log_file)
        yield engine
    finally:
        os.close(writing)  # the worker ends with its supervisor
        process.wait(_PATIENCE)


def _wait_until_ready(engine: Engine, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while not engine.is_ready():
        assert process.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < end, log.read_text("utf-8")
        time.sleep(0.1)


def shape(value: Any) -> Any:
    """Return what a value looks like: its fields and kinds, not what stands in it."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return {repr(shape(item)) for item in value}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def test_health_has_one_shape(fake: Engine, real: Engine) -> None:
    """Both say in the same words that they are ready, and with which model."""
    pretended, true = fake.health(), real.health()

    assert true.status_code == pretended.status_code
    assert shape(true.json()) == shape(pretended.json())


@pytest.mark.parametrize("name", TURNS)
def test_turn_has_one_shape(fake: Engine, real: Engine, name: str) -> None:
    """Response keys, next state and trace are built alike, and the decision is the same."""
    body, keys = TURNS[name]
    pretended, true = fake.turn(body), real.turn(body)

    assert true.status_code == pretended.status_code == 200
    assert shape(true.json()) == shape(pretended.json())
    assert set(true.json()["responses"]) == set(pretended.json()["responses"]) == keys
    assert true.json()["state"] == pretended.json()["state"]


@pytest.mark.parametrize("token", ["x", "{}x", "{} {}"])
def test_wrong_token_is_refused_alike(fake: Engine, real: Engine, token: str) -> None:
    """Whoever does not know the token of this start gets no answer."""
    pretended, true = (
        engine.turn(call("やあ"), token.format(engine.token, engine.token))
        for engine in (fake, real)
    )

    assert true.status_code == pretended.status_code == 403
    assert true.json() == pretended.json()


@pytest.mark.parametrize("text", ["/restart", "/greet", " /restart{}", "", "[a](b)", "𠮷" * 1000])
def test_text_never_commands_the_engine(fake: Engine, real: Engine, text: str) -> None:
    """What residents type is text: both answer it, and neither takes it for a command."""
    pretended, true = fake.turn(call(text)), real.turn(call(text))

    assert true.status_code == pretended.status_code == 200
    assert set(true.json()["trace"]) == set(pretended.json()["trace"])
    assert true.json()["responses"]


def test_ranking_is_best_first_and_of_published_answers(
    fake: Engine, real: Engine, published: Published
) -> None:
    """Both rank with falling scores between 0 and 1, and name only what is published."""
    body, _ = TURNS["question"]
    for engine in (fake, real):
        ranking = engine.turn(body).json()["trace"]["ranking"]
        scores = [entry["score"] for entry in ranking]

        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        answers = [e["key"] for e in ranking if not e["key"].startswith("phrase:")]
        assert all(published.catalogue.topic(key) for key in answers)


def test_worker_keeps_nothing_between_calls(fake: Engine, real: Engine) -> None:
    """The state travels with the call: the same call has the same answer, whatever came before."""
    body, _ = TURNS["question with a state"]
    for engine in (fake, real):
        first = engine.turn(body).json()
        engine.turn(TURNS["choice"][0])
        again = engine.turn(body).json()

        same = ("responses", "state")
        assert {n: first[n] for n in same} == {n: again[n] for n in same}
        assert first["trace"]["ranking"] == again["trace"]["ranking"]
