"""Whole conversations with the real worker: choices, follow-ups, steps back, two questions, languages."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from .product import Product
from .residents import Said, Visitor

pytestmark = pytest.mark.stack

TALKS = {
    "a question without a subject, then a number": "必要なものは？ -> clarify ?menu\n2 -> answered",
    "a topic without a subject, then a name": "手続きについて聞きたい -> clarify\n住民票のほう -> answered",
    "follow-ups in Japanese": "児童手当の申請方法を教えてください -> jido_teate.procedure\n"
    "いくら -> jido_teate.amount\nいつまで？ -> jido_teate.deadline",
    "follow-ups about opening hours and post": "住民票はどこで取れますか -> juminhyo.counter\n"
    "郵送でもできる？ -> juminhyo.online",
    "thanks between": "粗大ごみの申し込み方を知りたい -> sodai_gomi.procedure\nありがとう -> chitchat\n"
    "料金は -> sodai_gomi.amount",
    "a new subject": "児童手当は何歳までもらえますか -> jido_teate.eligibility\n"
    "住民票の写しの手数料は -> juminhyo.amount",
    "a step back": "転入届に必要なものは -> tennyu.documents\n違う -> clarify !answer:tennyu.documents\n"
    "違う、粗大ごみはいくらですか -> sodai_gomi.amount",
    "once more, back and from the start": "住民票の写しの手数料は -> juminhyo.amount\n"
    "粗大ごみの料金はいくらですか -> sodai_gomi.amount\nもう一度 -> sodai_gomi.amount\n"
    "戻る -> juminhyo.amount\n最初から -> chitchat ?service:tennyu",
    "too hard, and more of it": "児童手当の必要書類を教えて -> jido_teate.documents\n"
    "わからない -> jido_teate.documents\nもっと詳しく -> clarify ?menu",
    "two questions": "児童手当は月いくらで、医療証はどうやって申し込むんですか -> jido_teate.amount "
    "kodomo_iryo.procedure",
    "two things, one side": "児童手当と018サポートの金額 -> jido_teate.amount support018.amount",
    "English, and back": "How much is the child allowance? -> jido_teate.amount @en\n"
    "What documents do I need? -> jido_teate.documents @en\nいつまでですか -> jido_teate.deadline @ja",
    "Chinese": "儿童津贴多少钱？ -> jido_teate.amount @zh-Hans\n需要什么材料 -> jido_teate.documents",
    "Korean": "주민표는 어디서 받아요? -> juminhyo.counter @ko",
    "Vietnamese": "Trợ cấp nhi đồng được bao nhiêu tiền? -> jido_teate.amount @vi",
    "Filipino": "Magkano po ang allowance ng bata? -> jido_teate.amount @tl",
    "easy Japanese": "じどうてあて は いくら もらえますか -> jido_teate.amount ?locale:ja-easy\n"
    ">locale:ja-easy -> jido_teate.amount @ja-easy\nひつようなものは -> jido_teate.documents @ja-easy",
}


def came(turn: dict[str, Any], expected: str) -> bool:
    """Tell whether a turn has an outcome, an answer, a ``@locale``, a ``?payload`` (``!payload``: not)."""
    offered = [o["payload"] for message in turn["messages"] for o in message.get("options", ())]
    answers = [f"{answer['service']}.{answer['topic']}" for answer in turn["answers"]]
    if expected[0] in "?!":
        return (expected[1:] in offered) != (expected[0] == "!")
    return expected in (turn["outcome"], f"@{turn['locale']}", *answers)


@pytest.mark.parametrize("lines", TALKS.values(), ids=TALKS.keys())
def test_resident_is_understood_from_turn_to_turn(counter: Product, lines: str) -> None:
    """The trained worker keeps the thread."""
    counter.wait_until_complete()
    wrong = []
    with Visitor(counter.url) as visitor:
        conversation = visitor.open()
        for line in lines.splitlines():
            text, _, expected = line.partition(" -> ")
            payload = text.removeprefix(">")
            is_choice = payload != text
            turn = (
                visitor.send(conversation, Said(str(uuid4()), choice=payload)).json()
                if is_choice
                else visitor.say(conversation, text)
            )
            missing = [word for word in expected.split() if not came(turn, word)]
            if missing:
                wrong.append(
                    f"{text}: expected {missing}, came {turn['outcome']} {turn['answers']}"
                )

    assert wrong == []
