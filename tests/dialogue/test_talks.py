"""Whole conversations over the fake worker, which understands by search and remembers the service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.dialogue.published import Published
from bot.dialogue.worker import Worker
from tests.dialogue.talks import Talk
from tests.support.fake_worker import TOKEN, FakeWorker

pytestmark = pytest.mark.slow

CLARIFIED = ("jido_teate.amount", "juminhyo.amount", "tennyu.documents", "sodai_gomi.amount")

CHOOSING = {
    "by digit": "迷っている -> clarify\n2 -> answered juminhyo.overview",
    "by full-width digit and counter": "迷っている -> clarify\n２番 -> juminhyo.overview",
    "by Japanese number": "迷っている -> clarify\n二つ目 -> juminhyo.overview",
    "by kana number": "迷っている -> clarify\nふたつめ -> juminhyo.overview",
    "by circled digit": "迷っている -> clarify\n② -> juminhyo.overview",
    "by keycap emoji": "迷っている -> clarify\n2️⃣ -> juminhyo.overview",
    "by number in brackets": "迷っている -> clarify\n（3） -> tennyu.overview",
    "by number with a full stop": "迷っている -> clarify\n1. -> jido_teate.overview",
    "by a polite number": "迷っている -> clarify\n３番でお願いします -> tennyu.overview",
    "by a hesitating number": "迷っている -> clarify\nえっと、一番目のやつです -> jido_teate.overview",
    "from above": "迷っている -> clarify\n上から2番目 -> juminhyo.overview",
    "from below": "迷っている -> clarify\n下から2番目 -> juminhyo.overview",
    "the upper one": "迷っている -> clarify\n一番上 -> jido_teate.overview",
    "the lower one is an answer, not the menu": "迷っている -> clarify\n下のやつ -> tennyu.overview",
    "the last one is an answer, not the menu": "迷っている -> clarify\n最後の -> tennyu.overview",
    "the middle one": "迷っている -> clarify\n真ん中のでお願いします -> juminhyo.overview",
    "the number of the menu": "迷っている -> clarify ?menu\n4 -> chitchat ?group:kosodate",
    "by the word for the menu": "迷っている -> clarify\nメニュー -> chitchat ?group:kosodate",
    "by a part of the title": "迷っている -> clarify\n住民票のほう -> juminhyo.overview",
    "by a part in the middle": "迷っている -> clarify\n手当の方で -> jido_teate.overview",
    "by its kana": "迷っている -> clarify\nじどうてあて -> jido_teate.overview",
    "by another name of it": "迷っている -> clarify\n子ども手当 -> jido_teate.overview",
    "in English": "迷っている -> clarify\nthe second one -> juminhyo.overview",
    "in Chinese": "迷っている -> clarify\n第二个 -> juminhyo.overview",
    "in Korean": "迷っている -> clarify\n두 번째 -> juminhyo.overview",
    "in Vietnamese": "迷っている -> clarify\ncái thứ hai -> juminhyo.overview",
    "in Filipino": "迷っている -> clarify\npangalawa -> juminhyo.overview",
    "a number that no option has": "迷っている -> clarify\n8 -> clarify ?service:juminhyo ?menu\n"
    "2 -> juminhyo.overview",
    "of the welcome": "3 -> juminhyo.overview",
    "of what to ask next": "迷っている -> clarify\n1 -> jido_teate.overview\n1 -> jido_teate.amount",
    "a new question wins": "迷っている -> clarify\n住民票の写しの手数料はいくらですか -> juminhyo.amount",
    "a sentence with a number is no choice": "迷っている -> clarify\n"
    "2人目の児童手当はいくらですか -> jido_teate.amount",
    "a part that fits two options is no choice": "似た二つ -> clarify\n登録 -> !menu",
}

STEPPING = {
    "not that one": "児童手当の申請に必要なものは何ですか -> jido_teate.documents\n"
    "違う -> clarify !answer:jido_teate.documents ?menu",
    "not that, said at length": "児童手当の申請に必要なものは何ですか -> answered\n"
    "それじゃない -> clarify !answer:jido_teate.documents",
    "not that, twice": "どっちつかず -> answered jido_teate.amount\n"
    "違う -> clarify ?answer:jido_teate.deadline ?answer:juminhyo.amount\n"
    "違います -> clarify ?answer:sodai_gomi.amount !answer:jido_teate.amount\n"
    "1 -> sodai_gomi.amount",
    "not that, until nothing is left": "どっちつかず -> answered\n違う -> clarify\n違う -> clarify\n"
    "違う -> clarify ?menu ?phrase:person",
    "none of these": "迷っている -> clarify\nこの中にない -> clarify ?menu ?phrase:person "
    "!service:jido_teate",
    "not that but another service": "児童手当の申請に必要なものは何ですか -> answered\n"
    "違う、住民票の写しの手数料はいくらですか -> juminhyo.amount",
    "not that but another candidate": "どっちつかず -> jido_teate.amount\n"
    "そうじゃなくて期限のほう -> jido_teate.deadline",
    "not that, after a choice": "迷っている -> clarify\n住民票のほう -> juminhyo.overview\n"
    "違う -> clarify ?answer:jido_teate.amount ?answer:tennyu.documents !answer:juminhyo.overview",
    "not that, after a choice from the menu": "どっちつかず -> answered\n>menu -> chitchat\n"
    ">group:todoke -> chitchat\n>service:passport -> passport.overview\n違う -> clarify ?menu ?phrase:person",
    "not that, before anything was said": "違う -> clarify ?menu ?phrase:person",
    "once more": "住民票の写しの手数料はいくらですか -> juminhyo.amount\nもう一度 -> juminhyo.amount",
    "once more after a question back": "迷っている -> clarify\nもう一度お願いします -> clarify "
    "?service:jido_teate\n1 -> jido_teate.overview",
    "once more before anything was said": "もう一度 -> chitchat ?menu",
    "once more after thanks": "住民票の写しの手数料はいくらですか -> juminhyo.amount\n"
    "ありがとう -> chitchat\nもう一度 -> juminhyo.amount",
    "more of it": "住民票の写しの手数料はいくらですか -> juminhyo.amount\n"
    "もっと詳しく -> clarify ?answer:juminhyo.counter !answer:juminhyo.amount ?menu",
    "more of nothing": "もっと詳しく -> clarify ?menu",
    "too hard": "児童手当の申請に必要なものは何ですか -> answered @ja\n"
    'わからない -> jido_teate.documents "持（も）" @ja',
    "too hard in another language": "How much is the child allowance? -> answered @en\n"
    "I don't understand -> chitchat ?phrase:person",
    "too hard with nothing on the screen": "わからない -> chitchat ?menu",
    "back to the answer before": "住民票の写しの手数料はいくらですか -> juminhyo.amount\n"
    "粗大ごみの料金はいくらですか -> sodai_gomi.amount\n戻る -> juminhyo.amount",
    "back to the question before": "迷っている -> clarify\n2 -> juminhyo.overview\n"
    "戻る -> clarify ?service:tennyu\n3 -> tennyu.overview",
    "back from the first answer": "住民票の写しの手数料はいくらですか -> juminhyo.amount\n"
    "戻る -> chitchat ?group:todoke",
    "back within the menu": ">menu -> ?group:todoke\n>group:todoke -> ?service:juminhyo\n"
    "戻る -> ?group:kosodate",
    "back takes the subject along": "住民票の写しの手数料はいくらですか -> juminhyo.amount\n"
    "粗大ごみの料金はいくらですか -> sodai_gomi.amount\n戻る -> juminhyo.amount\n"
    "窓口はどこですか -> juminhyo.counter",
    "from the start": "児童手当の申請に必要なものは何ですか -> answered\n"
    "最初から -> chitchat ?service:tennyu\n必要なものは -> clarify ?menu",
}

FOLLOWING = {
    "what is needed": "住民票の写しの手数料はいくらですか -> juminhyo.amount\n"
    "必要なものは -> juminhyo.documents",
    "a title of what to ask next": "住民票の写しの手数料はいくらですか -> answered\n"
    "オンライン・郵送 -> juminhyo.online",
    "thanks keep the subject": "住民票の写しの手数料はいくらですか -> answered\n"
    "ありがとうございます -> chitchat\n必要なものは -> juminhyo.documents",
    "a greeting keeps the subject": "住民票の写しの手数料はいくらですか -> answered\n"
    "こんにちは -> chitchat\n必要なものは -> juminhyo.documents",
    "the menu keeps the subject": "住民票の写しの手数料はいくらですか -> answered\n>menu -> chitchat\n"
    "必要なものは -> juminhyo.documents",
    "a pressed option sets the subject": ">service:passport -> passport.overview\n"
    "必要なものは -> passport.documents",
    "a new subject wins": "住民票の写しの手数料はいくらですか -> answered\n"
    "児童手当の申請に必要なものは何ですか -> jido_teate.documents\nいくら -> jido_teate.amount",
    "without a subject the likeliest are offered": "必要なものは？ -> clarify "
    "?answer:tennyu.documents ?answer:juminhyo.documents ?menu\n2 -> tennyu.documents",
    "without subject or side, services are offered": "手続きについて聞きたい -> clarify ?menu\n"
    "メニュー -> chitchat ?group:kosodate",
}

TWOFOLD = {
    "two sides of one service": "児童手当の金額と必要書類 -> jido_teate.amount jido_teate.documents",
    "two services": "児童手当の月額を教えてください。あと、粗大ごみの料金はいくらですか -> "
    "jido_teate.amount sodai_gomi.amount",
    "one list is one question": "転入届と一緒に児童手当の申請もできますか -> !options",
}


LANGUAGES = {
    "English": "How much is the child allowance? -> jido_teate.amount @en",
    "Chinese": "儿童津贴多少钱？ -> jido_teate.amount @zh-Hans",
    "Chinese in traditional characters": "請問兒童津貼多少錢？ -> jido_teate.amount @zh-Hans",
    "Korean": "아동수당 금액이 얼마예요? -> jido_teate.amount @ko",
    "Vietnamese": "Trợ cấp nhi đồng được bao nhiêu tiền? -> jido_teate.amount @vi",
    "Vietnamese without marks": "toi muon hoi tro cap nhi dong duoc bao nhieu tien -> "
    "jido_teate.amount @vi",
    "Filipino": "Magkano po ang allowance ng bata? -> @tl",
    "romanised Japanese stays Japanese": "jido teate wa ikura desu ka -> jido_teate.amount @ja",
    "and back to Japanese": "How much is the child allowance? -> @en\n"
    "児童手当の申請に必要なものは何ですか -> jido_teate.documents @ja",
    "a follow-up in another language": "児童手当の申請に必要なものは何ですか -> @ja\n"
    "얼마예요? -> jido_teate.amount @ko",
    "thanks do not change the language": "児童手当の申請に必要なものは何ですか -> @ja\nthanks -> @ja\n"
    "OK -> @ja",
    "a product name does not change the language": "児童手当の申請に必要なものは何ですか -> @ja\n"
    "My Number -> @ja",
    "katakana alone does not change the language": "How much is the child allowance? -> @en\n"
    "マイナンバーカード -> @en",
    "Chinese characters alone change nothing": "How much is the child allowance? -> @en\n住民票 -> @en",
    "a choice in another language": "迷っている -> clarify\n두 번째 -> juminhyo.overview @ko",
    "easy Japanese is offered once": "じどうてあて の おかね は いくら ですか -> @ja ?locale:ja-easy\n"
    "じどうてあて は いつ まで ですか -> @ja !locale:ja-easy",
    "easy Japanese, once taken, stays": "じどうてあて の おかね は いくら ですか -> ?locale:ja-easy\n"
    ">locale:ja-easy -> clarify @ja-easy\n"
    '児童手当の申請に必要なものは何ですか -> jido_teate.documents @ja-easy "持（も）"',
    "easy Japanese repeats an answer": "じどうてあて は いつ まで ですか -> jido_teate.deadline @ja ?locale:ja-easy\n"
    ">locale:ja-easy -> jido_teate.deadline @ja-easy",
    "easy Japanese is returned to": "じどうてあて の おかね は いくら ですか -> @ja\n"
    ">locale:ja-easy -> @ja-easy\nHow much is the child allowance? -> @en\nありがとう -> @ja-easy",
    "who writes kanji is not offered it": "児童手当の申請に必要なものは何ですか -> !locale:ja-easy",
}


@pytest.fixture
async def talk(published: Published, worker: FakeWorker) -> AsyncIterator[Talk]:
    """A conversation in Japanese."""
    worker.teach("迷っている", "utter_clarify", CLARIFIED[:3])
    worker.teach("じどうてあて の おかね は いくら ですか", "utter_clarify", CLARIFIED[:3])
    worker.teach("似た二つ", "utter_clarify", ("inu_toroku.overview", "inkan.overview"))
    alike = ("jido_teate.amount", "jido_teate.deadline", "juminhyo.amount", "tennyu.documents")
    worker.teach("どっちつかず", "utter_faq/jido_teate.amount", (*alike, "sodai_gomi.amount"))
    client = Worker(worker.url, TOKEN, 5.0)
    yield Talk(published, client)
    await client.close()


def named(talks: dict[str, str]) -> pytest.MarkDecorator:
    """Parametrise over talks by name."""
    return pytest.mark.parametrize("lines", talks.values(), ids=talks.keys())


@named(CHOOSING)
async def test_option_is_chosen_by_what_is_typed(talk: Talk, lines: str) -> None:
    """A number, a place or a part of the title means one of the options just shown."""
    assert await talk.play(lines) == []


@named(STEPPING)
async def test_moves_do_what_a_resident_expects(talk: Talk, lines: str) -> None:
    """Back, again, more, easier, not that, from the start."""
    assert await talk.play(lines) == []


@named(FOLLOWING)
async def test_question_without_a_subject_follows_the_last_one(talk: Talk, lines: str) -> None:
    """What was just discussed is the subject, until another one is named."""
    assert await talk.play(lines) == []


@named(TWOFOLD)
async def test_two_questions_get_two_answers(talk: Talk, lines: str) -> None:
    """Both halves of a message are answered, a single question stays whole."""
    assert await talk.play(lines) == []


@named(LANGUAGES)
async def test_reply_comes_in_the_language_of_the_message(talk: Talk, lines: str) -> None:
    """The conversation follows a clear change of language, and nothing less."""
    assert await talk.play(lines) == []


@pytest.mark.parametrize("locale", ["en", "zh-Hans", "ko", "vi", "tl", "ja-easy"])
async def test_language_chosen_by_hand_is_kept(
    published: Published, worker: FakeWorker, locale: str
) -> None:
    """Who opened the counter in a language reads it, also when the question comes in Japanese."""
    client = Worker(worker.url, TOKEN, 5.0)
    talk = Talk(published, client, locale)
    wrong = await talk.play(
        f"児童手当の申請に必要なものは何ですか -> jido_teate.documents @{locale}"
    )
    await client.close()

    assert wrong == []


async def test_language_of_the_request_wins(talk: Talk) -> None:
    """A locale in the request holds for its turn and for the Japanese ones after it."""
    first = await talk.say("How much is the child allowance?", locale="ko")
    second = await talk.say("児童手当の申請に必要なものは何ですか")

    assert (first.locale, second.locale) == ("ko", "ko")


LOST = {
    "a number": "手当のことで少し -> clarify\n1 -> answered",
    "a follow-up": "児童手当の申請に必要なものは何ですか -> jido_teate.documents\nいくら -> jido_teate.amount",
    "a step back": "児童手当の申請に必要なものは何ですか -> jido_teate.documents\n"
    "違う -> clarify !answer:jido_teate.documents",
    "once more": "児童手当の申請に必要なものは何ですか -> jido_teate.documents\n"
    "もう一度 -> jido_teate.documents",
    "another language": "아동수당 금액이 얼마예요? -> jido_teate.amount @ko",
    "a language that mixes in English": "Magkano po ang allowance ng bata? -> jido_teate.amount @tl",
    "an option of the welcome": "2 -> tennyu.overview\n必要なものは -> tennyu.documents",
}


@named(LOST)
async def test_search_keeps_the_thread_while_the_worker_is_lost(
    published: Published, lines: str
) -> None:
    """Choices, follow-ups, moves and languages need no worker."""
    client = Worker("http://127.0.0.1:9", "t", 0.5)
    wrong = await Talk(published, client).play(lines)
    await client.close()

    assert wrong == []


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"slots": {"service": "juminhyo"}, "active_loop": None},
        {"version": 99, "slots": {"service": 5}, "offered": "menu", "trail": [1, ["x"], None]},
        {"version": 0, "slots": None, "trail": {"a": 1}, "considered": [None, {}], "chosen": "fr"},
        {
            "offered": ["answer:gone.overview", "phrase:gone", "x" * 500],
            "trail": [["answer:gone.x"]],
        },
    ],
    ids=["empty", "of version 0.1", "of a later version", "of another shape", "of what is gone"],
)
async def test_state_of_another_version_does_no_harm(talk: Talk, state: dict[str, object]) -> None:
    """What a state does not say in the known way is forgotten; the conversation goes on."""
    talk.conversation = replace(talk.conversation, dialogue=state)
    lines = "1 -> !gone\nもう一度 -> !gone\n戻る -> !gone\n違う -> clarify\n住民票の写しの手数料はいくらですか -> answered"

    assert await talk.play(lines) == []


async def test_state_stays_small(talk: Talk) -> None:
    """However long a conversation is, its state does not grow."""
    sizes = []
    for _ in range(12):
        for text in (
            "迷っている",
            "違う",
            "2",
            "住民票の写しの手数料はいくらですか",
            "メニュー",
            "戻る",
        ):
            answered = await talk.say(text)
        sizes.append(len(json.dumps(answered.dialogue)))

    assert max(sizes) < 4096
    assert max(sizes[:6]) >= sizes[-1]
