"""The resident's verdict on an answer."""

from __future__ import annotations

import pytest

from tests.support.ward import KNOWN, Ward


@pytest.mark.parametrize("helpful", [True, False])
async def test_feedback_is_logged_with_its_turn(ward: Ward, helpful: bool) -> None:
    """The log names turn and verdict in the open, and seals the comment as typed and as masked."""
    resident = await ward.resident()
    turn_id = (await resident.say(KNOWN))["turn_id"]
    comment = "電話は090-1234-5678へ"
    given = await resident.judge(turn_id, helpful=helpful, comment=comment)
    record = ward.records(resident)[-1]

    assert (given.status_code, given.content) == (204, b"")
    assert (record.type, record.seq) == ("feedback_given", None)
    assert {"turn_id": turn_id, "helpful": helpful} == record.envelope
    assert comment == record.sealed["raw"]
    assert "1234" not in record.sealed["masked"]


async def test_feedback_without_a_comment_seals_nothing(ward: Ward) -> None:
    """A bare verdict leaves nothing to erase."""
    resident = await ward.resident()
    await resident.judge((await resident.say(KNOWN))["turn_id"])

    assert ward.records(resident)[-1].sealed == {}


async def test_feedback_is_no_message(ward: Ward) -> None:
    """A verdict takes no number, so the transcript and the next turn run on without a gap."""
    resident = await ward.resident()
    turn = await resident.say(KNOWN)
    before = await resident.transcript()
    await resident.judge(turn["turn_id"], comment="よかった")

    assert before == await resident.transcript()
    assert turn["seq"] + 2 == (await resident.say("ありがとう"))["messages"][0]["seq"]


async def test_feedback_on_an_unknown_turn_is_not_found(ward: Ward) -> None:
    """Only a turn of this conversation can be judged; nothing else is logged."""
    one, other = await ward.resident(), await ward.resident()
    foreign = (await other.say(KNOWN))["turn_id"]
    before = ward.everything()
    refused = [await one.judge(turn_id) for turn_id in ("nope", "", foreign)]

    assert [reply.status_code for reply in refused] == [404] * 3
    assert {"unknown_turn"} == {reply.json()["error"]["code"] for reply in refused}
    assert before == ward.everything()


@pytest.mark.parametrize(
    "body",
    [{"helpful": "maybe"}, {"helpful": None}, {"turn_id": 7}, {"comment": ["x"]}],
    ids=["unclear", "null", "number-as-id", "list-as-comment"],
)
async def test_feedback_of_the_wrong_shape_is_malformed(
    ward: Ward, body: dict[str, object]
) -> None:
    """A verdict that cannot be read is refused."""
    resident = await ward.resident()
    turn_id = (await resident.say(KNOWN))["turn_id"]
    refused = await resident.judge(**{"turn_id": turn_id, **body})

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "malformed")


async def test_feedback_is_taken_after_the_end(ward: Ward) -> None:
    """Residents judge when they leave; the conversation's end does not shut them up."""
    resident = await ward.resident()
    turn_id = (await resident.say(KNOWN))["turn_id"]
    await resident.end()

    assert (await resident.judge(turn_id)).status_code == 204
