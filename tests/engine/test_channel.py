"""The dialogue worker's one door, asked over the network with a real trained model."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from rasa.plugin import plugin_manager

from bot.engine.privacy import hide_texts_in_logs
from bot.engine.tracker_store import EMPTY_STATE

from .commands import TOKEN, Worker

CANARY = "kanariya7"
KNOWN = "住民票の写しの手数料はいくらですか"


def turn(worker: Worker, **call: Any) -> dict[str, Any]:
    """Take a turn that succeeds."""
    status, reply = worker.turn(turn_id="turn-of-a-test", **call)
    assert status == 200, reply
    return dict(reply)


def test_the_worker_says_that_it_is_ready(worker: Worker) -> None:
    """Readiness comes with the id of the model that answers."""
    status, health = worker.health()

    assert (status, health["ready"]) == (200, True)
    assert re.fullmatch(r"[0-9a-f]{32}", health["model_id"])


def test_a_question_is_answered_with_a_key_and_the_whole_reason(worker: Worker) -> None:
    """The reply holds the response key, the next state, and the decision's trace."""
    reply = turn(worker, text=KNOWN, locale="ja")
    trace = reply["trace"]

    assert reply["responses"] == ["utter_faq/juminhyo.amount"]
    assert reply["state"] == {"slots": {"service": "juminhyo"}, "active_loop": None}
    assert (trace["intent"]["name"], trace["ranking"][0]["key"]) == ("faq", "juminhyo.amount")
    steps = [(step["action"], step["policy"]) for step in trace["actions"]]
    assert steps == [("utter_faq", "RulePolicy"), ("action_listen", "RulePolicy")]
    assert worker.health()[1]["model_id"] == trace["model_id"]
    assert trace["worker_ms"] > 0


def test_many_turns_at_once_are_answered_as_one_by_one(worker: Worker) -> None:
    """Whoever measures a model gets what residents get: keys, state and reasons, in the same order."""
    state = {"slots": {"service": "toshokan"}, "active_loop": None}
    calls: list[dict[str, Any]] = [
        {"text": KNOWN},
        {"text": "こんにちは"},
        {"text": "オンラインでできますか", "state": state},
        {"text": "オンラインでできますか"},
        {"text": "", "choice": "gomi_bunbetsu.overview"},
        {"text": "ϡϟϞ"},
    ]
    calls = [{"turn_id": f"t{number}", "locale": "ja", **call} for number, call in enumerate(calls)]
    singly = [worker.turn(**call)[1] for call in calls]
    status, together = worker.post(json.dumps({"turns": calls}).encode(), to="turns")
    for reply in (*singly, *together):
        del reply["trace"]["worker_ms"]

    assert status == 200
    assert together == singly


@pytest.mark.parametrize(
    ("body", "token", "status"),
    [
        ({"turns": []}, "wrong", 403),
        ({"turns": [], "model": "another"}, TOKEN, 409),
        ({"turns": []}, TOKEN, 200),
    ],
)
def test_many_turns_are_for_who_may_take_one(
    worker: Worker, body: dict[str, Any], token: str, status: int
) -> None:
    """Token and model are asked for as for a single turn."""
    assert status == worker.post(json.dumps(body).encode(), token, to="turns")[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("こんにちは", "utter_greeting"),
        ("ｺﾝﾆﾁﾊ", "utter_greeting"),
        ("Thank you", "utter_thanks"),
        ("ϡϟϞ", "utter_nlu_fallback"),
    ],
)
def test_what_residents_say_otherwise_has_its_own_response(
    worker: Worker, text: str, expected: str
) -> None:
    """Phrases of all languages are understood, and what is not understood is said so."""
    assert [expected] == turn(worker, text=text)["responses"]


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "/back",
        "/session_start",
        "/thanks",
        " /faq",
        '/nlu_fallback{"service": "toshokan"}',
        "/faq/juminhyo.amount",
        "／restart",
    ],
)
def test_text_that_begins_with_a_slash_is_only_text(worker: Worker, text: str) -> None:
    """Rasa would take it for an intent with confidence 1; here it is understood like any text."""
    state = {"slots": {"service": "juminhyo"}, "active_loop": None}
    reply = turn(worker, text=text, state=state)
    plain = turn(worker, text=text.strip().replace("/", "／", 1), state=state)

    assert plain["responses"] == reply["responses"]
    assert plain["state"] == reply["state"]
    assert reply["trace"]["intent"]["confidence"] < 1
    assert reply["trace"]["ranking"] != []


@pytest.mark.parametrize(
    ("choice", "response", "service"),
    [
        ("jido_teate.amount", "utter_faq/jido_teate.amount", "jido_teate"),
        ("toshokan.overview", "utter_faq/toshokan.overview", "toshokan"),
        ("phrase:person", "utter_person", "juminhyo"),
    ],
)
def test_a_choice_is_certain(worker: Worker, choice: str, response: str, service: str) -> None:
    """An option that was pressed leads to its answer whatever the text says."""
    state = {"slots": {"service": "juminhyo"}, "active_loop": None}
    reply = turn(worker, choice=choice, text="ごみの分け方", state=state)

    assert [response] == reply["responses"]
    assert reply["trace"]["intent"]["confidence"] == 1.0
    assert [{"key": choice, "score": 1.0}] == reply["trace"]["ranking"]
    assert service == reply["state"]["slots"]["service"]


def test_the_state_travels_with_the_conversation(worker: Worker) -> None:
    """What a turn learnt is in its state, and a later turn goes on from the state it is given."""
    first = turn(worker, text=KNOWN)["state"]
    second = turn(worker, text="ありがとう", state=first)["state"]
    changed = turn(worker, text="粗大ごみの出し方を教えて", state=second)["state"]

    services = [state["slots"]["service"] for state in (first, second, changed)]
    assert services == ["juminhyo", "juminhyo", "sodai_gomi"]


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("必要なものは", "utter_faq/juminhyo.documents"),
        ("いくら", "utter_faq/juminhyo.amount"),
        ("児童手当はいくらもらえますか", "utter_faq/jido_teate.amount"),
        ("ありがとう", "utter_thanks"),
    ],
)
def test_what_was_just_discussed_is_the_subject(worker: Worker, text: str, response: str) -> None:
    """A message without a subject is about the service in the state; one with a subject is not."""
    state = {"slots": {"service": "juminhyo"}, "active_loop": None}

    assert turn(worker, text=text, locale="ja", state=state)["responses"] == [response]


@pytest.mark.parametrize(
    "state",
    [
        {"slots": {"service": 7}},
        {"slots": {"gone": "x"}, "version": 9},
        {"slots": {"service": "gone"}},
    ],
)
def test_state_that_says_nothing_usable_is_no_obstacle(
    worker: Worker, state: dict[str, Any]
) -> None:
    """A slot of another version is forgotten, and a service that is gone is no subject."""
    assert turn(worker, text=KNOWN, locale="ja", state=state)["responses"] == [
        "utter_faq/juminhyo.amount"
    ]


@pytest.mark.parametrize("state", [None, {}, EMPTY_STATE], ids=["null", "none", "empty"])
def test_the_worker_keeps_nothing(worker: Worker, state: dict[str, Any] | None) -> None:
    """The same conversation without its state is a new one."""
    turn(worker, text=KNOWN)
    reply = turn(worker, text="ありがとう", state=state)

    assert reply["state"] == EMPTY_STATE


def test_the_same_turn_is_decided_the_same(worker: Worker) -> None:
    """A past turn can be replayed: same state and text, same decision."""
    state = {"slots": {"service": "juminhyo"}, "active_loop": None}
    one, other = (turn(worker, text="いくらかかるの", state=state) for _ in range(2))
    for reply in (one, other):
        del reply["trace"]["worker_ms"]

    assert one == other


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(500, b'{"text": "x"}', id="no turn id"),
        pytest.param(500, b'{"turn_id": "t", "choice": "phrase:unheard_of"}', id="no such intent"),
        pytest.param(500, b'{"turn_id": "t", "text": 5}', id="no text"),
        pytest.param(500, b"[]", id="no object"),
        pytest.param(400, b"no json", id="no JSON"),
    ],
)
def test_a_failure_is_a_failure(worker: Worker, status: int, body: bytes) -> None:
    """Nothing that went wrong is answered by 200 with an empty list, and the worker goes on."""
    assert status == worker.post(body)[0]
    assert turn(worker, text="こんにちは")["responses"] == ["utter_greeting"]


@pytest.mark.parametrize("token", ["", "wrong", "token-of-the-test"])
def test_only_the_gateway_may_ask(worker: Worker, token: str) -> None:
    """Without the shared token no turn is taken."""
    status, _ = worker.turn(token, turn_id="t", text=KNOWN)

    assert status == 403


def test_a_form_that_the_model_no_longer_has_is_left(worker: Worker) -> None:
    """After a training without a form, conversations that were in it go on."""
    state = {"slots": {}, "active_loop": "gone"}
    reply = turn(worker, text=KNOWN, state=state)

    assert reply["responses"] == ["utter_faq/juminhyo.amount"]
    assert reply["state"]["active_loop"] is None


def test_no_message_text_is_in_any_log(worker: Worker) -> None:
    """At debug level, in success and in failure, what a resident wrote stays out of the output."""
    state = {"slots": {"service": CANARY}, "active_loop": None}
    worker.turn(turn_id="log-1", text=f"{KNOWN} {CANARY}", state=state)
    worker.turn(turn_id="log-2", text=f"/{CANARY}")
    worker.turn(turn_id="log-3", choice=f"phrase:{CANARY}", text=CANARY)
    worker.turn(turn_id="log-4", text=[CANARY])
    worker.turn(turn_id="log-5", text=CANARY, state={"slots": {}, "active_loop": "gone"})
    worker.turn("wrong", turn_id="log-6", text=CANARY)
    worker.turn(text=CANARY)
    worker.post(f'{{"text": "{CANARY}"'.encode())
    assert worker.turn(turn_id="log-7", text=CANARY.upper())[0] == 200

    log = worker.log.read_text("utf-8", "replace")
    assert "DEBUG" in log
    assert {"'log-1'", "'log-5'", "'log-7'"} <= set(re.findall(r"'log-\d'", log))
    assert [line for line in log.splitlines() if CANARY in line.lower()] == []


def test_hiding_texts_twice_changes_nothing() -> None:
    """Importing the channel has registered the plugin; doing so again is harmless."""
    hide_texts_in_logs()
    before = len(plugin_manager().get_plugins())
    hide_texts_in_logs()

    assert before == len(plugin_manager().get_plugins())
    assert plugin_manager().hook.get_anonymization_pipeline().log_run("text") == "[not logged]"
