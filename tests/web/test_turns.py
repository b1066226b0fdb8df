"""One turn, seen from the client: shape, choices, languages, order."""

from __future__ import annotations

import uuid

import pytest

from tests.support.fake_worker import FakeWorker
from tests.support.ward import KNOWN, UNKNOWN, Resident, Ward

FIELDS = {
    "turn_id",
    "seq",
    "state",
    "outcome",
    "zone",
    "answer",
    "candidates",
    "messages",
    "sources",
    "form",
    "handoff",
}


async def test_answered_turn_has_every_field_of_the_contract(ward: Ward) -> None:
    """An answer names itself, its revision, its sources and the runners-up."""
    turn = await (await ward.resident()).say(KNOWN)

    assert set(turn) >= FIELDS
    assert (turn["state"], turn["outcome"], turn["zone"]) == ("bot", "answered", "blue")
    assert {"service": "jido_teate", "topic": "documents"}.items() <= turn["answer"].items()
    assert ward.app.state.live.current.catalogue.revision == turn["answer"]["revision"]
    assert turn["sources"]
    assert {"title", "url", "reviewed_on"} == set(turn["sources"][0])
    assert turn["messages"][-1]["seq"] == turn["seq"]


async def test_candidates_are_at_most_three_best_first(ward: Ward) -> None:
    """Candidates come with falling scores, and the answer stands first."""
    turn = await (await ward.resident()).say(KNOWN)
    scores = [candidate["score"] for candidate in turn["candidates"]]

    assert len(scores) == 3
    assert sorted(scores, reverse=True) == scores
    assert tuple(turn["candidates"][0].values())[:2] == ("jido_teate", "documents")


@pytest.mark.parametrize(
    ("text", "key", "outcome", "zone"),
    [
        ("やあ", "utter_greeting", "chitchat", None),
        ("誰か出して", "utter_person", "handoff", None),
        ("終電は", "utter_out_of_scope", "out_of_scope", None),
        (UNKNOWN, "utter_nlu_fallback", "fallback", None),
        ("必要なものは", "utter_subject_missing", "clarify", "blue"),
    ],
    ids=["chitchat", "handoff", "out-of-scope", "fallback", "clarify"],
)
async def test_turn_has_the_outcome_of_its_phrase(
    ward: Ward, worker: FakeWorker, text: str, key: str, outcome: str, zone: str | None
) -> None:
    """What the worker decides decides the outcome; nothing but an answer carries sources."""
    worker.teach(text, key)
    turn = await (await ward.resident()).say(text)

    assert (outcome, zone) == (turn["outcome"], turn["zone"])
    assert (turn["answer"], turn["sources"]) == (None, [])
    assert turn["messages"][0]["text"]


async def test_worker_gets_state_locale_and_masked_text(ward: Ward, worker: FakeWorker) -> None:
    """Each call carries the state that the turn before left, and no personal number."""
    resident = await ward.resident(locale="en")
    await resident.say(KNOWN)
    await resident.say("電話は090-1234-5678です")
    first, second = worker.calls

    assert (first["text"], first["locale"], first["choice"]) == (KNOWN, "en", None)
    assert first["state"] == {"slots": {}, "active_loop": None}
    assert second["state"] == {"slots": {"service": "jido_teate"}, "active_loop": None}
    assert "1234" not in second["text"]
    assert first["turn_id"] != second["turn_id"]


async def test_transcript_names_the_clients_own_id(ward: Ward) -> None:
    """A client recognises its message by its id, also where what it typed is masked."""
    resident, message_id = await ward.resident(), str(uuid.uuid4())
    await resident.say("電話は090-1234-5678です", message_id=message_id)
    (said,) = [m for m in await resident.transcript() if m["role"] == "resident"]

    assert said["client_message_id"] == message_id
    assert "1234" not in said["text"]


async def test_offered_choice_is_answered(ward: Ward) -> None:
    """A pressed option leads to the answer that it names, and the transcript shows its title."""
    resident = await ward.resident()
    offered = (await resident.say(KNOWN))["messages"][-1]["options"][0]
    turn = await resident.choose(offered["payload"])
    said = next(m for m in await resident.transcript() if m.get("choice"))

    assert turn["outcome"] == "answered"
    assert offered["payload"] == "answer:{service}.{topic}".format(**turn["answer"])
    assert offered["payload"] == said["choice"]
    assert said["text"].endswith(offered["title"])


async def test_options_of_the_welcome_may_be_chosen(ward: Ward) -> None:
    """Every option that stands under the welcome leads somewhere."""
    resident = await ward.resident()
    options = resident.opened["messages"][-1]["options"]
    outcomes = [(await resident.choose(o["payload"]))["outcome"] for o in options[:5]]

    assert {"answered", "chitchat"} >= set(outcomes)
    assert "answered" in outcomes


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param("answer:kokuho_ryo.amount", id="exists"),
        pytest.param("service:none", id="no-service"),
        pytest.param("phrase:none", id="no-phrase"),
        pytest.param("answer:", id="no-target"),
        pytest.param("/restart", id="engine-command"),
    ],
)
async def test_choice_that_was_not_offered_is_refused(
    ward: Ward, worker: FakeWorker, payload: str
) -> None:
    """Only what this conversation was shown may be chosen; the worker never hears of the rest."""
    resident = await ward.resident()
    before = ward.everything()
    refused = await resident.turn(choice=payload)

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "not_offered")
    assert before == ward.everything()
    assert worker.calls == []


async def test_choice_offered_to_another_resident_is_refused(ward: Ward) -> None:
    """An option belongs to the conversation in which it was shown."""
    one, other = await ward.resident(), await ward.resident()
    payload = (await one.say(KNOWN))["messages"][-1]["options"][0]["payload"]
    refused = await other.turn(choice=payload)

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "not_offered")


async def test_choice_offered_long_ago_is_still_good(ward: Ward) -> None:
    """Residents scroll back and press earlier buttons."""
    resident = await ward.resident()
    early = resident.opened["messages"][-1]["options"][0]["payload"]
    await resident.say(KNOWN)
    await resident.say("ありがとう")

    assert (await resident.choose(early))["outcome"] == "answered"


async def test_seq_is_gapless_over_turns(ward: Ward) -> None:
    """Each turn takes up where the last one ended: one number for the question, then the reply."""
    resident = await ward.resident()
    last = resident.opened["messages"][-1]["seq"]
    for text in (KNOWN, "ありがとう", UNKNOWN):
        turn = await resident.say(text)
        numbers = [message["seq"] for message in turn["messages"]]

        assert list(range(last + 2, last + 2 + len(numbers))) == numbers
        last = turn["seq"]


async def test_locale_of_a_turn_holds_from_then_on(ward: Ward, worker: FakeWorker) -> None:
    """A turn may switch the language: of its reply and of all that follows."""
    resident = await ward.resident(locale="ja")
    japanese = await resident.say(KNOWN)
    easy = await resident.say(KNOWN, locale="ja-easy")
    after = await resident.say(KNOWN)

    assert [call["locale"] for call in worker.calls] == ["ja", "ja-easy", "ja-easy"]
    assert japanese["messages"][0]["text"] != easy["messages"][0]["text"]
    assert easy["messages"][0]["text"] == after["messages"][0]["text"]
    assert await _locale(ward, resident) == "ja-easy"


async def test_refused_turn_does_not_switch_the_locale(ward: Ward) -> None:
    """A turn that was not taken leaves the language as it was."""
    resident = await ward.resident(locale="ja")
    await resident.turn(choice="answer:not.offered", locale="ko")

    assert await _locale(ward, resident) == "ja"


async def test_answer_without_translation_says_so(ward: Ward) -> None:
    """A text that a reader's language lacks comes in plain Japanese, with a notice."""
    catalogue = ward.app.state.live.current.catalogue
    topic = next(t for t in catalogue.topics() if "vi" not in t.answers[0].texts)
    resident = await ward.resident(locale="vi")
    turn = await resident.say(next(iter(topic.examples["ja"])))

    assert (topic.service, topic.id) == (turn["answer"]["service"], turn["answer"]["topic"])
    assert "notice" in [message["type"] for message in turn["messages"]]


async def _locale(ward: Ward, resident: Resident) -> str:
    body = (await ward.http.get(f"{resident.path}/messages", headers=resident.headers)).json()
    return str(body["locale"])
