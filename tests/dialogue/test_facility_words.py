"""What residents ask of the list of facilities, in their words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.dialogue.facilities.search import Criteria
from bot.dialogue.facilities.words import Asked, read_request
from bot.dialogue.published import Published

DAY = date(2026, 11, 27)
NURSERIES = "hoiku"


def _read(published: Published, text: str, day: date = DAY) -> Asked:
    return read_request(text, published.catalogue.facilities, day)


def _said(published: Published, text: str) -> dict[str, Any]:
    criteria = _read(published, text).criteria
    families = published.catalogue.facilities.words.families
    said = {name: getattr(criteria, name, True) for name in criteria.names()}
    if said.get("kinds") == set(families[NURSERIES].kinds):
        said["kinds"] = NURSERIES
    return {n: sorted(v) if isinstance(v, frozenset) else v for n, v in said.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("月影町の小規模保育", {"kinds": ["shokibo"], "areas": ["月影町"]}),
        ("みなも駅の近くの保育園", {"kinds": NURSERIES, "stations": ["みなも駅"]}),
        ("みなも中央駅の保育園", {"kinds": NURSERIES, "stations": ["みなも中央駅"]}),
        ("ﾂｷｶｹﾞﾁｮｳのﾎｲｸｴﾝ", {"kinds": NURSERIES, "areas": ["月影町"]}),
        ("ミナモエキ　ノ　ホイクエン", {"kinds": NURSERIES, "stations": ["みなも駅"]}),
        ("中央二丁目の認可保育園", {"kinds": ["ninka"], "areas": ["中央"]}),
        ("水鏡町か波音町の幼稚園", {"kinds": ["yochien"], "areas": ["水鏡町", "波音町"]}),
        ("保育ママ 葦笛", {"kinds": ["kateiteki"], "areas": ["葦笛町"]}),
        ("認可外の園", {"kinds": ["ninkagai"]}),
        ("認証保育所と認可保育園", {"kinds": ["ninka", "ninsho"]}),
        ("空いてるところだけ", {"vacancy": True}),
        ("一時預かりのある保育園", {"kinds": NURSERIES, "temporary": True}),
        ("病後児保育", {"sick": True}),
        ("土曜日も預かる保育園", {"kinds": NURSERIES, "saturday": True}),
        ("延長保育と日曜", {"extended": True, "sunday": True}),
        ("みなもひかり保育園の空き", {"ids": ["K0012"], "vacancy": True}),
        ("中央図書館", {"ids": ["P0011"]}),
        ("図書館", {"kinds": ["toshokan"]}),
        ("駅から徒歩5分以内", {"within": 5}),
        ("歩いて10分の保育園", {"kinds": NURSERIES, "within": 10}),
        ("19時以降も", {"closes_after": 1140}),
        ("夜8時半まで", {"closes_after": 1230}),
        ("7時まで預かる", {"closes_after": 1140}),
        ("朝7時から", {"opens_by": 420}),
        ("7:30からの保育園", {"kinds": NURSERIES, "opens_by": 450}),
        ("nursery near Minamo-Chuo Station", {"kinds": NURSERIES, "stations": ["みなも中央駅"]}),
        ("kindergarten in Tsukikage", {"kinds": ["yochien"], "areas": ["月影町"]}),
        ("虹桥町的保育园", {"kinds": NURSERIES, "areas": ["虹橋町"]}),
        ("미나모역 어린이집", {"kinds": NURSERIES, "stations": ["みなも駅"]}),
        ("nhà trẻ gần ga Minamo", {"kinds": NURSERIES, "stations": ["みなも駅"]}),
        ("元気ですか", {}),
    ],
)
def test_words_become_criteria(published: Published, text: str, expected: dict[str, Any]) -> None:
    """Kinds, places, features, names and times in every way of writing."""
    assert expected == _said(published, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("つきかげちようの保育園", ["月影町"]),
        ("みかがみちょ の保育園", ["水鏡町"]),
        ("ほしふいちょうの保育園", ["星降町"]),
        ("なみおちとょうの保育園", ["波音町"]),
        ("nursery in kazemaci cho", ["風待町"]),
    ],
    ids=["another letter", "one missing", "exchanged", "swapped", "latin"],
)
def test_one_wrong_letter_is_forgiven(published: Published, text: str, expected: list[str]) -> None:
    """A typo of one letter in kana or Latin still finds the town."""
    assert expected == _said(published, text)["areas"]


@pytest.mark.parametrize("text", ["みなも区の保育園", "認定保育園", "すみれちょうの保育園"])
def test_what_only_looks_alike_is_not_taken_for_it(published: Published, text: str) -> None:
    """The ward is no station, a word that differs in a kanji is another word, another town another town."""
    said = _said(published, text)

    assert not said.keys() & {"areas", "stations"}
    assert said.get("kinds") == NURSERIES


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("1歳", DAY, {1}),
        ("２才児クラス", DAY, {2}),
        ("三歳", DAY, {3}),
        ("ゼロ歳児", DAY, {0}),
        ("さんさい", DAY, {3}),
        ("10歳", DAY, set()),
        ("65歳", DAY, set()),
        ("0〜2歳", DAY, {0, 1, 2}),
        ("0歳から2歳まで", DAY, {0, 1, 2}),
        ("0歳と3歳のきょうだい", DAY, {0, 3}),
        ("1、2歳児", DAY, {1, 2}),
        ("1才半", DAY, {0}),
        ("1歳半", date(2027, 3, 31), {0}),
        ("1歳8か月", DAY, {1}),
        ("生後10か月", DAY, {0}),
        ("8ヶ月", date(2026, 4, 1), {0}),
        ("18か月", date(2026, 5, 10), {1}),
        ("2025年5月生まれ", DAY, {0}),
        ("2025年3月生まれ", DAY, {1}),
        ("2025年4月1日生まれ", DAY, {1}),
        ("2025年4月2日生まれ", DAY, {0}),
        ("令和6年10月生まれ", DAY, {1}),
        ("R6.10生まれ", DAY, {1}),
        ("令和元年6月生まれ", date(2021, 5, 1), {1}),
        ("去年の5月生まれ", DAY, {0}),
        ("今年8月うまれ", DAY, {0}),
        ("2025年5月生まれ 来年4月入園", DAY, {1}),
        ("2025年5月生まれ", date(2027, 3, 31), {0}),
        ("2025年5月生まれ", date(2027, 4, 1), {1}),
        ("2010年5月生まれ", DAY, set()),
        ("1 year old", DAY, {1}),
        ("18 months old", DAY, {0}),
        ("born in May 2025", DAY, {0}),
        ("1岁", DAY, {1}),
        ("두 살", DAY, set()),
        ("2살", DAY, {2}),
        ("3 tuổi", DAY, {3}),
        ("2 taon", DAY, {2}),
    ],
)
def test_ages_become_the_class_of_the_school_year(
    published: Published, text: str, day: date, expected: set[int]
) -> None:
    """A class is the age on April 1; who is born on April 1 belongs to the older class."""
    assert expected == _read(published, text, day).criteria.ages


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("2歳は？", True),
        ("じゃあ、波音町では？", True),
        ("月影町の小規模保育を教えてください", True),
        ("月影町に引っ越しました", False),
        ("児童手当は1歳でもらえる", False),
        ("月影町の保育園の申し込み", False),
    ],
)
def test_what_is_left_tells_whether_it_asks_for_anything_else(
    published: Published, text: str, is_plain: bool
) -> None:
    """Only a message that is about nothing else overrules what the worker has understood."""
    assert is_plain is _read(published, text).is_plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("渋谷駅の保育園", True),
        ("すずめ町", False),
        ("若葉町の保育園", True),
        ("最寄りの町会", False),
    ],
)
def test_place_that_the_ward_does_not_have_is_noticed(
    published: Published, text: str, expected: bool
) -> None:
    """A foreign station or town must not silently be left out."""
    assert expected is _read(published, text).has_unknown_place


def test_part_of_a_name_finds_every_facility_that_has_it(published: Published) -> None:
    """Residents leave out the first part of a name, and several may be meant."""
    names = {f.id: f.name for f in published.catalogue.facilities.every}
    found = _read(published, "どんぐり保育園").criteria.ids

    assert sorted(names[i] for i in found) == ["みなもどんぐり保育園", "みなもどんぐり保育園 分園"]


def test_long_text_is_read_in_time(published: Published) -> None:
    """No arrangement of small words makes the reading explode."""
    asked = _read(published, "ではでもからまでなのでは" * 80 + "絵")

    assert asked.criteria == Criteria()
    assert asked.rest == "絵"
