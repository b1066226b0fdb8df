"""Questions about facilities, from the resident's message to the list, with and without the worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.dialogue.published import Published
from bot.scenarios.facilities.model import Facilities, Facility
from bot.scenarios.model import LOCALES
from bot.web.settings import Settings
from tests.support.fake_worker import FakeWorker
from tests.support.ward import Resident, Ward, open_ward

pytestmark = pytest.mark.slow

Check = Callable[[Facility], bool]

FACILITY_FIELDS = {
    *("name", "kind", "area", "address", "phone", "station", "ages", "capacity", "vacancies"),
}
UNSURE = "utter_nlu_fallback"
CHILDCARE = {"ninka", "kodomoen", "shokibo", "kateiteki", "jigyosho", "ninsho", "ninkagai"}


@pytest.fixture
async def ward(settings: Callable[..., Settings], published: Published) -> Any:
    """The running app on a day after the figures."""
    async with open_ward(settings(clock="2026-11-27T10:00:00+09:00"), published) as running:
        yield running


def _free(*ages: int) -> Check:
    return lambda f: f.figures is not None and all(f.figures.vacancies.get(a, 0) > 0 for a in ages)


def _near(station: str, within: int = 99) -> Check:
    return lambda f: any(w.station == station and w.minutes <= within for w in f.walks)


def _kind(*kinds: str) -> Check:
    return lambda f: f.kind in kinds


def _takes(*ages: int) -> Check:
    return lambda f: set(ages) <= f.classes


def _in(*towns: str) -> Check:
    return lambda f: f.town.startswith(towns)


def _open_until(minutes: int) -> Check:
    return lambda f: max(f.closes or 0, f.extended or 0) >= minutes


def _nursery(facility: Facility) -> bool:
    return facility.kind in CHILDCARE


def _all(*checks: Check) -> Check:
    return lambda f: all(check(f) for check in checks)


def _messages(turn: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [message for message in turn["messages"] if message["type"] == kind]


def _list(turn: dict[str, Any]) -> dict[str, Any]:
    (only,) = _messages(turn, "facility_list")
    return only


def _offered(turn: dict[str, Any]) -> dict[str, str]:
    options = [o for m in _messages(turn, "options") for o in m["options"]]
    return {o["title"]: o["payload"] for o in options}


def _expected(ward: Ward, check: Check) -> set[str]:
    return {f.id for f in ward.app.state.live.current.catalogue.facilities.every if check(f)}


async def _every(resident: Resident, turn: dict[str, Any]) -> set[str]:
    """Page through a list to its end; returns the ids in it."""
    found = {entry["id"] for entry in _list(turn)["facilities"]}
    while following := [p for t, p in _offered(turn).items() if "page=" in p]:
        turn = await resident.choose(following[0])
        found |= {entry["id"] for entry in _list(turn)["facilities"]}
    return found


QUESTIONS: list[tuple[str, Check]] = [
    ("みなも駅の近くで1歳の空きがある保育園は？", _all(_nursery, _near("みなも駅"), _free(1))),
    ("月影町の小規模保育", _all(_kind("shokibo"), _in("月影町"))),
    ("水鏡町で2才児を預けられる保育園を教えて", _all(_nursery, _in("水鏡町"), _takes(2))),
    ("みなもちゅうおうえきの ちかくの ほいくえん", _all(_nursery, _near("みなも中央駅"))),
    ("1才半の子を星降町で預けたいんですが、空きのある保育園は", _all(_nursery, _in("星降町"), _free(0))),
    ("2025年3月生まれです。風待町の保育園で空いている所は？", _all(_nursery, _in("風待町"), _free(1))),
    ("19時以降も預かってくれる保育園は月影駅の近くにありますか",
     _all(_nursery, _near("月影駅"), _open_until(19 * 60))),
    ("延長保育のある認可保育園 虹橋町",
     _all(_kind("ninka"), _in("虹橋町"), lambda f: f.extended is not None)),
    ("一時預かりをしている保育園 星降町", _all(_nursery, _in("星降町"), lambda f: "temporary" in f.features)),
    ("病児保育はどこでやっていますか", lambda f: "sick" in f.features),
    ("日曜日に開いている保育園", _all(_nursery, lambda f: 6 in f.days)),
    ("つきかげちようの小規模ほいく", _all(_kind("shokibo"), _in("月影町"))),
    ("みなも駅から徒歩5分以内の0歳の保育園", _all(_nursery, _near("みなも駅", 5), _takes(0))),
    ("0歳と3歳のきょうだいの空き、星降町の保育園", _all(_nursery, _in("星降町"), _free(0, 3))),
    ("みなもひかり保育園の電話番号", lambda f: f.name == "みなもひかり保育園"),
    ("どんぐり保育園の空きは", lambda f: "どんぐり" in f.name),
    ("雲居台の保育ママ", _all(_kind("kateiteki"), _in("雲居台"))),
    ("中央の認証保育所", _all(_kind("ninsho"), _in("中央"))),
    ("葦笛町か雲居台の認定こども園", _all(_kind("kodomoen"), _in("葦笛町", "雲居台"))),
    ("夕映町の幼稚園はどこ", _all(_kind("yochien"), _in("夕映町"))),
    ("虹橋町で夜8時まで預かる認可外保育", _all(_kind("ninkagai"), _in("虹橋町"), _open_until(20 * 60))),
    ("星降町の出張所はどこですか", _all(_kind("shutchojo"), _in("星降町"))),
    ("波音町の図書館", _all(_kind("toshokan"), _in("波音町"))),
    ("風待町の児童館の電話番号", _all(_kind("jidokan"), _in("風待町"))),
    ("泡雪町の子育てひろば", _all(_kind("hiroba"), _in("泡雪町"))),
    ("来年4月に1歳児クラスに入れる中央の保育園", _all(_nursery, _in("中央"), _takes(1))),
    ("ﾐﾅﾓｴｷ ﾁｶｸ 2ｻｲ ﾎｲｸｴﾝ ｱｷ", _all(_nursery, _near("みなも駅"), _free(2))),
    ("nursery near Mikagami Station with vacancy for 1 year old", _all(_nursery, _near("水鏡駅"), _free(1))),
    ("虹桥町有没有2岁的保育园", _all(_nursery, _in("虹橋町"), _takes(2))),
    ("미나모역 근처 1살 빈자리 있는 어린이집", _all(_nursery, _near("みなも駅"), _free(1))),
    ("nhà trẻ gần ga Minamo cho bé 1 tuổi còn chỗ", _all(_nursery, _near("みなも駅"), _free(1))),
    ("daycare malapit sa Tsukikage station para sa 2 taon", _all(_nursery, _near("月影駅"), _takes(2))),
]  # fmt: skip


@pytest.mark.parametrize("is_down", [False, True], ids=["worker unsure", "worker down"])
@pytest.mark.parametrize(("text", "check"), QUESTIONS, ids=[text for text, _ in QUESTIONS])
async def test_question_is_answered_with_exactly_what_fits(
    ward: Ward, worker: FakeWorker, text: str, check: Check, is_down: bool
) -> None:
    """Every match is on the list and nothing else, whether or not the worker can say what it is about."""
    worker.teach(text, UNSURE)
    if is_down:
        worker.die()
    resident = await ward.resident()
    turn = await resident.say(text)
    listed = _list(turn)
    expected = _expected(ward, check)

    assert (turn["outcome"], turn["zone"]) == ("answered", "blue")
    assert expected
    assert listed["total"] == len(expected)
    assert len(listed["facilities"]) == min(5, len(expected))
    assert listed["more"] == max(0, len(expected) - 5)
    assert expected == await _every(resident, turn)


async def test_list_has_the_fields_that_clients_show(ward: Ward) -> None:
    """Each entry is complete, the date is that of the figures, and the tables stand as sources."""
    turn = await (await ward.resident()).say("みなも駅の近くで1歳の空きがある保育園は？")
    listed = _list(turn)
    entry = listed["facilities"][0]
    minutes = [int(e["station"].split("徒歩")[1].rstrip("分")) for e in listed["facilities"]]

    assert listed["as_of"] == "2026-11-01"
    assert "2026年11月1日" in listed["text"]
    assert "おすすめの順ではありません" in listed["text"]
    assert set(entry) >= FACILITY_FIELDS
    assert entry["vacancies"]["1"] > 0
    assert all(e["phone"].startswith("03-0000-") for e in listed["facilities"])
    assert minutes == sorted(minutes)
    assert {s["title"] for s in turn["sources"]} == {
        "みなも区 子育て施設一覧（オープンデータ）",
        "みなも区 保育施設の空き状況",
    }
    assert turn["answer"]["service"] == "hoiku_kuki"
    assert turn["candidates"][0]["service"] == "hoiku_kuki"


async def test_facility_without_figures_has_no_vacancies(ward: Ward) -> None:
    """Where the ward publishes no figures, none are shown and the resident is told to ask there."""
    turn = await (await ward.resident()).say("中央の認証保育所の空き")
    listed = _list(turn)

    assert [entry["vacancies"] for entry in listed["facilities"]] == [None]
    assert "施設に直接聞いてください" in listed["text"]


async def test_follow_ups_keep_the_criteria(ward: Ward) -> None:
    """Another age, only those with a vacancy, another place: each goes on from the search before."""
    resident = await ward.resident()
    first = await resident.say("月影町の1歳の保育園")
    age = await resident.say("2歳は？")
    free = await resident.say("空いてるところだけ")
    town = await resident.say("じゃあ波音町では")
    checks = [
        (first, _all(_nursery, _in("月影町"), _takes(1))),
        (age, _all(_nursery, _in("月影町"), _takes(2))),
        (free, _all(_nursery, _in("月影町"), _free(2))),
        (town, _all(_nursery, _in("波音町"), _free(2))),
    ]

    for turn, check in checks:
        assert _list(turn)["total"] == len(_expected(ward, check))


async def test_small_talk_does_not_end_a_search_but_another_answer_does(
    ward: Ward, worker: FakeWorker
) -> None:
    """「2歳は？」 means the list after a thank-you, and nothing of it after another service."""
    worker.teach("2歳は？", UNSURE)
    resident = await ward.resident()
    await resident.say("月影町の1歳の保育園")
    await resident.say("ありがとう")
    after_thanks = await resident.say("2歳は？")
    await resident.say("児童手当の申請に必要なものは何ですか")
    after_answer = await resident.say("2歳は？")

    assert _messages(after_thanks, "facility_list")
    assert after_answer["outcome"] == "fallback"


async def test_search_is_remembered_beside_what_the_worker_remembers(
    ward: Ward, worker: FakeWorker
) -> None:
    """The worker sees its own part of the state alone, and the trace tells what was shown."""
    resident = await ward.resident()
    turn = await resident.say("月影町の小規模保育")
    await resident.say("ありがとう")
    decision = next(r for r in ward.records(resident) if r.type == "decision")
    trace = decision.envelope["trace"]

    (row,) = ward.rows("SELECT dialogue FROM conversations WHERE id = ?", resident.id)

    assert set(worker.calls[-1]["state"]) == {"slots", "active_loop"}
    assert json.loads(row["dialogue"])["facilities"] == trace["facilities"]
    assert trace["facilities"].startswith("facilities:kinds=shokibo;areas=月影町")
    assert trace["facility_ids"] == [entry["id"] for entry in _list(turn)["facilities"]]


async def test_buttons_narrow_to_what_they_say(ward: Ward) -> None:
    """Every offered value finds as many as its title says, and the transcript shows the choice."""
    resident = await ward.resident()
    turn = await resident.say("みなも駅の近くの保育園")
    offered = _offered(turn)
    menu = await resident.choose(offered["年齢を選ぶ"])
    titles = _offered(menu)
    chosen = await resident.choose(titles["1歳児クラス（17件）"])
    only = await resident.choose(_offered(chosen)["空きのある所だけ見る"])
    said = [m["text"] for m in await resident.transcript() if m.get("choice")]

    assert len(titles) == 6
    assert _list(chosen)["total"] == 17
    assert _list(only)["total"] == len(_expected(ward, _all(_nursery, _near("みなも駅"), _free(1))))
    assert said[0] == "年齢を選ぶ"
    assert "1歳児クラス" in said[1]


async def test_nothing_found_offers_what_would_find_something(ward: Ward) -> None:
    """Each button drops one criterion and finds as many as it promises."""
    resident = await ward.resident()
    turn = await resident.say("日曜に0歳の空きがある夕映町の保育園")
    wider = {title: p for title, p in _offered(turn).items() if p.startswith("facilities:")}

    assert (_list(turn)["total"], _list(turn)["facilities"]) == (0, [])
    assert turn["outcome"] == "answered"
    assert wider
    for title, payload in wider.items():
        listed = _list(await resident.choose(payload))
        assert f"（{listed['total']}件）" in title
        assert listed["total"] > 0


@pytest.mark.parametrize("text", ["渋谷駅の近くの保育園", "若葉町の保育園", "家の近くの保育園"])
async def test_place_that_is_missing_or_unknown_is_asked_for(ward: Ward, text: str) -> None:
    """Nothing is listed for a place that the ward does not have; the ones that it has are named."""
    resident = await ward.resident()
    turn = await resident.say(text)
    menu = await resident.choose(_offered(turn)["町を選ぶ"])
    town = await resident.choose(next(iter(_offered(menu).values())))

    assert (turn["outcome"], _messages(turn, "facility_list")) == ("clarify", [])
    assert "みなも中央駅" in turn["messages"][0]["text"]
    assert len(_offered(turn)) <= 4
    assert _list(town)["total"] > 0


@pytest.mark.parametrize(
    "text",
    [
        "月影町の保育園の申し込みに必要な書類は",
        "保育園の空き状況はいつ更新されますか",
        "みなも駅の近くでおすすめの保育園は",
        "小規模保育とは何ですか",
        "月影町に引っ越しました",
        "児童手当は1歳だといくら",
        "空き家の相談",
    ],
)
async def test_question_about_something_else_is_no_list(
    ward: Ward, worker: FakeWorker, text: str
) -> None:
    """A word for a facility or an age alone does not turn a question into a search."""
    worker.teach(text, UNSURE)
    turn = await (await ward.resident()).say(text)

    assert _messages(turn, "facility_list") == []


async def test_sure_answer_about_another_service_stays(ward: Ward, worker: FakeWorker) -> None:
    """Where the worker is sure, only a message that is nothing but a search overrules it."""
    vague, plain = "月影町の保育園に子どもを入れたら手当は出るの", "月影町の保育園"
    worker.teach(vague, "utter_faq/jido_teate.overview")
    worker.teach(plain, "utter_faq/hoiku_nyuen.overview")
    resident = await ward.resident()

    assert (await resident.say(vague))["answer"]["service"] == "jido_teate"
    assert (await resident.say(plain))["answer"]["service"] == "hoiku_kuki"


@pytest.mark.parametrize("key", ["utter_person", "utter_faq/hoiku_kuki.amount"])
async def test_person_and_missing_answers_are_not_overruled(
    ward: Ward, worker: FakeWorker, key: str
) -> None:
    """Whoever asks for a person gets one; an answer of the service keeps its topic where it is listed."""
    worker.teach("月影町の保育園", key)
    turn = await (await ward.resident()).say("月影町の保育園")

    assert (turn["outcome"] == "handoff") is (key == "utter_person")
    assert bool(_messages(turn, "facility_list")) is (key != "utter_person")


async def test_answer_about_a_service_with_a_list_offers_it(ward: Ward, worker: FakeWorker) -> None:
    """From every answer about vacancies the list is one button away."""
    worker.teach("空きを見るには", "utter_faq/hoiku_kuki.online")
    worker.teach("児童手当の対象", "utter_faq/jido_teate.eligibility", ("jido_teate.eligibility",))
    resident = await ward.resident()
    turn = await resident.say("空きを見るには")
    listed = await resident.choose(_offered(turn)["一覧から探す"])
    other = await resident.say("児童手当の対象")

    assert _list(listed)["total"] == len(_expected(ward, _nursery))
    assert (listed["answer"]["service"], listed["answer"]["topic"]) == ("hoiku_kuki", "online")
    assert "一覧から探す" not in _offered(other)


@pytest.mark.parametrize("locale", LOCALES)
async def test_list_speaks_every_language(ward: Ward, locale: str) -> None:
    """Words come in the reader's language, names stay Japanese with what the table adds to them."""
    resident = await ward.resident(locale=locale)
    turn = await resident.say("みなも駅の近くで1歳の空きがある保育園は？")
    empty = await resident.say("日曜に0歳の空きがある夕映町の保育園")
    where = await resident.say("渋谷駅の近くの保育園")
    entry = _list(turn)["facilities"][0]
    texts = [m["text"] for t in (turn, empty, where) for m in t["messages"]]
    titles = [title for t in (turn, empty, where) for title in _offered(t)]

    assert entry["name"].startswith("ちいさなふね保育室")
    assert ("（" in entry["name"]) is (locale != "ja")
    assert not any("turn." in text or "{" in text for text in [*texts, *titles])
    assert entry["kind"]
    assert (entry["kind"] == "小規模保育") is (locale == "ja")


async def test_button_that_a_publication_took_away_is_refused(
    ward: Ward, settings: Callable[..., Settings], published: Published
) -> None:
    """A list that was offered before and names what is gone since is not answered with another one."""
    resident = await ward.resident()
    turn = await resident.say("月影町の1歳の保育園")
    payload = next(p for p in _offered(turn).values() if p.startswith("facilities:"))
    facilities = published.catalogue.facilities
    areas = {name: area for name, area in facilities.words.areas.items() if name != "月影町"}
    smaller = replace(facilities, words=replace(facilities.words, areas=areas))
    later = Published(replace(published.catalogue, revision="later", facilities=smaller))
    without = Published(replace(published.catalogue, revision="none", facilities=Facilities()))

    for changed in (later, without):
        async with open_ward(settings(), changed) as gateway:
            refused = await Resident(gateway.http, resident.opened).turn(choice=payload)

            assert (refused.status_code, refused.json()["error"]["code"]) == (422, "not_offered")


async def test_ward_without_tables_answers_as_before(
    settings: Callable[..., Settings], published: Published, worker: FakeWorker
) -> None:
    """Without tables nothing is listed and nothing is offered."""
    without = Published(replace(published.catalogue, facilities=Facilities()))
    worker.teach("月影町の保育園の空き", "utter_faq/hoiku_kuki.overview")
    async with open_ward(settings(), without) as gateway:
        turn = await (await gateway.resident()).say("月影町の保育園の空き")

    assert _messages(turn, "facility_list") == []
    assert not [p for p in _offered(turn).values() if p.startswith("facilities:")]
