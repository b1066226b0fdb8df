"""Every rule with something that it finds, and with something near it that is right."""

from __future__ import annotations

from datetime import date

import pytest

from bot.scenarios.lint.rules import RULES
from tests.scenarios.folders import DataFolder

from .conftest import GOMI, JUMINHYO, TODAY, findings

MAIN = "        - 住民票の取り方\n"
ANSWER = "窓口に来てください。困ったときは189番へ。"
EASY = '      ja-easy: "{窓口|まどぐち}に{来|き}てください。"\n'

WRONG = [
    ("LNT001", "lint.yml", "severity: {}", "severity: {LNT999: off}", "LNT999"),
    ("LNT001", "lint.yml", "pardons: []", "pardons: [{code: LNT998, file: x, text: x, why: x}]", "LNT998"),
    ("LNT101", "catalog.yml", "    gomi_bunbetsu:", "    gomi_bunbetu:", "id: gomi"),
    ("LNT101", "catalog.yml", "  kurashi:", "  kosodate:", "id: gomi"),
    ("LNT102", "catalog.yml", "[overview, eligibility, documents,", "[eligibility, documents,", "topics:"),
    ("LNT103", "ward.yml", "services:\n", "services:\n  jumin:\n    fee: 1\n", "  jumin:"),
    ("LNT104", JUMINHYO, "[procedure, gomi", "[procedure, amount, gomi", "next:"),
    ("LNT104", JUMINHYO, "[procedure, gomi", "[procedure, juminhyo.procedure, gomi", "next:"),
    ("LNT105", GOMI, "    valid_until: 2027-03-31", "    valid_from: 2027-01-01", "next:"),
    ("LNT106", "phrases.yml", "  option.greeting:", "  option.hello:", "options:"),
    ("LNT107", JUMINHYO, "  fees:\n", "  old:\n    title: 古い\n    url: https://a.example/\n    reviewed_on: 2026-10-01\n  fees:\n", "  old:"),
    ("LNT108", "catalog.yml", "phrases: [welcome]", "phrases: [welcome, privacy]", "phrases:"),
    ("LNT108", "catalog.yml", "labels: [option.menu]", "labels: [topic.amount]", "labels:"),
    ("LNT201", JUMINHYO, MAIN, "", "      ja:"),
    ("LNT202", JUMINHYO, MAIN, "        - 住民票の取り方\n" + MAIN, "住民票の取り方"),
    ("LNT202", JUMINHYO, MAIN, MAIN + "        - ABCの手続き\n        - abcの手続き\n", "abc"),
    ("LNT203", JUMINHYO, MAIN, MAIN + "        - 転入したので写しがほしいときの手続きは\n", "転入したので"),
    ("LNT204", GOMI, "ごみの分け方を教えて", "住民票の取り方", "住民票の取り方"),
    ("LNT204", "phrases.yml", "[hello]", '["How much is a certificate of residence?"]', "[\"How"),
    ("LNT205", GOMI, "ごみの分け方を教えて", "住民票の取り方を教えてください", "住民票の取り方"),
    ("LNT205", GOMI, "ごみの分け方を教えて", "世帯全員の写しを1通もらうときの 料金は", "世帯全員"),
    ("LNT206", GOMI, "ごみの分け方を教えて", "粗大ごみを捨てるにはどうしたらいいのかしら", "粗大ごみ"),
    ("LNT206", GOMI, "ごみの分け方を教えて", "引っ越しの前の晩に気づいたことを相談したいです", "引っ越し"),
    ("LNT207", GOMI, "ごみの分け方を教えて", "'{{ ward.name }}のごみの分け方を教えて'", "ward.name"),
    ("LNT207", GOMI, "ごみの分け方を教えて", "'ごみの{分|わ}け方を教えて'", "{分|わ}"),
    ("LNT208", "golden/first.jsonl", '{"text": "こんにちは"}', '{"question": "こんにちは"}', '"question"'),
    ("LNT208", "golden/first.jsonl", '{"text": "こんにちは"}', '{"text": "こんにち', '"こんにち'),
    ("LNT301", JUMINHYO, ANSWER, "あ" * 85, "あああ"),
    ("LNT302", JUMINHYO, ANSWER, "窓口に{来}てください。", "{来}"),
    ("LNT302", JUMINHYO, ANSWER, "窓口に｛来｜き｝てください。", "｛来"),
    ("LNT303", JUMINHYO, ANSWER, "窓口に{来て|きて}ください。", "{来て"),
    ("LNT303", JUMINHYO, ANSWER, "窓口に{来|kite}てください。", "{来|"),
    ("LNT304", JUMINHYO, ANSWER, "〇〇に来てください。", "〇〇"),
    ("LNT305", JUMINHYO, ANSWER, "電話は03-1234-5678です。", "03-1234"),
    ("LNT305", JUMINHYO, ANSWER, "電話は03ー1234ー5678です。", "03ー"),
    ("LNT305", JUMINHYO, ANSWER, "電話は0312345678です。", "0312"),
    ("LNT305", JUMINHYO, ANSWER, "電話は(03)1234-5678です。", "(03)"),
    ("LNT305", JUMINHYO, ANSWER, "電話は03 1234 5678です。", "03 1"),
    ("LNT305", JUMINHYO, ANSWER, "電話は#9999です。", "#9999"),
    ("LNT305", JUMINHYO, ANSWER, "電話は177番です。", "177"),
    ("LNT305", "ward.yml", '"03-0000-0101"', '"03-1111-0101"', "1111"),
    ("LNT306", JUMINHYO, ANSWER, "港区の窓口に来てください。", "港区の"),
    ("LNT306", JUMINHYO, "Please come to the counter.", "Please come to Minato City.", "Minato"),
    ("LNT307", JUMINHYO, ANSWER, "sato@mail.jpに送ってください。", "sato@"),
    ("LNT307", GOMI, "ごみの分け方を教えて", "番号は1234 5678 9018です", "1234"),
    ("LNT307", GOMI, "ごみの分け方を教えて", "在留カードはAB12345678CDです", "AB123"),
    ("LNT308", GOMI, "ごみの分け方を教えて", "佐藤花子です。ごみの日はいつ", "佐藤"),
    ("LNT308", GOMI, "ごみの分け方を教えて", "昭和55年3月2日生まれの母のごみ", "昭和"),
    ("LNT308", GOMI, "ごみの分け方を教えて", "中央二丁目3番のごみの日", "二丁目"),
    ("LNT403", GOMI, "reviewed_on: 2026-09-30", "reviewed_on: 2025-11-26", "reviewed_on"),
    ("LNT404", GOMI, "reviewed_on: 2026-09-30", "reviewed_on: 2026-11-28", "reviewed_on"),
    ("LNT405", "ward.yml", "valid_from: 2028-04-01", "valid_from: 2026-04-01", "2026-04-01"),
    ("LNT405", "ward.yml", "      - {value: 300}\n", "      - {value: 200}\n      - {value: 300}\n", "value: 300"),
    ("LNT406", GOMI, "      - valid_from: 2027-04-01\n", "      - valid_from: 2027-04-01\n        valid_until: 2027-03-31\n", "        valid_until"),
    ("LNT406", JUMINHYO, "    examples:\n      ja:\n        - 住民票はいくらですか", "      - {valid_from: 2027-04-01, answer: {ja: あ。, ja-easy: あ。, en: A.}}\n    examples:\n      ja:\n        - 住民票はいくらですか", "{valid_from"),
    ("LNT407", GOMI, "valid_until: 2027-03-31", "valid_until: 2027-03-30", "      - valid_from"),
    ("LNT408", GOMI, "valid_until: 2027-03-31", "valid_until: 2027-04-01", "      - valid_from"),
    ("LNT409", "ward.yml", "      2027-01-01: 元日", "      2026-11-23: 勤労感謝の日", "    days:"),
    ("LNT410", "ward.yml", "desk:\n  results: {answered: お答えした}\n", "", "ward:"),
    ("LNT501", GOMI, '      ja-easy: "ごみを{分|わ}けてください。"\n', "", "    answer:"),
    ("LNT501", GOMI, "  ja-easy: ごみ\n", "", "name:"),
    ("LNT502", JUMINHYO, "      en: Please come to the counter.\n", "", "    answer:"),
    ("LNT502", JUMINHYO, "  en: Certificate of residence\n", "", "name:"),
    ("LNT503", JUMINHYO, "      vi: Xin đến quầy.\n", "", "    answer:"),
    ("LNT504", "phrases.yml", ", vi: Xin chào.", "", "text: {ja: こんにちは"),
    ("LNT504", "phrases.yml", ", ko: 메뉴", "", "option.menu"),
    ("LNT505", "ward.yml", ", en: weekdays", "", "when:"),
    ("LNT601", JUMINHYO, EASY, '      ja-easy: "とてもとてもとてもとてもとてもながいぶんです。"\n', "とても"),
    ("LNT602", JUMINHYO, EASY, '      ja-easy: "窓口に{来|き}てください。"\n', "ja-easy: \"窓口"),
    ("LNT603", JUMINHYO, EASY, '      ja-easy: "{紙|かみ}が{送|おく}られます。"\n', "られます"),
    ("LNT603", JUMINHYO, EASY, '      ja-easy: "{紙|かみ}がくばられます。"\n', "られます"),
    ("LNT603", JUMINHYO, EASY, '      ja-easy: "{名前|なまえ}が{呼|よ}ばれたとき。"\n', "ばれた"),
    ("LNT604", JUMINHYO, EASY, '      ja-easy: "{出|だ}さなければなりません。"\n', "なければ"),
    ("LNT605", JUMINHYO, EASY, '      ja-easy: "{世帯主|せたいぬし}が{来|き}ます。"\n', "世帯主"),
    ("LNT701", JUMINHYO, "owner: koseki", "owner: koseki  ", "owner"),
    ("LNT701", JUMINHYO, "円です。\n        ・受付", "円です。　\n        ・受付", "円です。"),
    ("LNT702", JUMINHYO, "窓口に来てください。困", "１番の窓口に来てください。困", "１番"),
    ("LNT702", GOMI, "ごみの分け方を教えて", "ｺﾞﾐの分け方を教えて", "ｺﾞﾐ"),
    ("LNT703", JUMINHYO, "owner: koseki\nzone: blue", "zone: blue\nowner: koseki", "id:"),
]  # fmt: skip

RIGHT = [
    (JUMINHYO, MAIN, MAIN + "        - 住民票の 取り方を もう一度 くわしく 知りたい\n"),
    (JUMINHYO, "        - 世帯全員", "        - 住民票はどこでしょうか\n        - 世帯全員"),
    (GOMI, "ごみの分け方を教えて", "転居届の出し方"),
    (GOMI, "ごみの分け方を教えて", "こんにちわ"),
    (GOMI, "ごみの分け方を教えて", "粗大ごみの料金はいくらかしら"),
    (GOMI, "ごみの分け方を教えて", "佐藤錦の箱はどう捨てるの"),
    (GOMI, "ごみの分け方を教えて", "平成30年3月2日生まの牛乳"),
    (JUMINHYO, ANSWER, "電話は03-0000-1234か#7119か0120-95-0178です。"),
    (JUMINHYO, ANSWER, "見てください：https://a.example/0312345678/a@b.jp"),
    (JUMINHYO, ANSWER, "110番地ではなく、手数料は12,345,678円です。"),
    (JUMINHYO, ANSWER, "新宿区役所前運転免許センターに来てください。"),
    (JUMINHYO, ANSWER, "メールはa@city.exampleです。2027-04-01から。"),
    (JUMINHYO, ANSWER, "'{窓口|まどぐち}に、{{ ward.name }}の人が来てください。'"),
    (JUMINHYO, ANSWER, "あ" * 84),
    (GOMI, "reviewed_on: 2026-09-30", "reviewed_on: 2025-11-27"),
    (GOMI, "reviewed_on: 2026-09-30", "reviewed_on: 2026-11-27"),
    (JUMINHYO, EASY, '      ja-easy: "ここを{見|み}てください：https://www.city.mihon.example/guide/"\n'),
    (JUMINHYO, EASY, '      ja-easy: "{子|こ}どもが{生|う}まれたとき。"\n'),
    (JUMINHYO, EASY, '      ja-easy: "{証明書|しょうめいしょ}を{見|み}られます。{受|う}けられます。"\n'),
    (JUMINHYO, EASY, '      ja-easy: "三つあります。"\n'),
    (JUMINHYO, EASY, '      ja-easy: "「{世帯主|せたいぬし}」（{家族|かぞく}の{代表|だいひょう}）が{来|き}ます。"\n'),
    (JUMINHYO, EASY, '      ja-easy: "{家|いえ}の{人|ひと}（{世帯主|せたいぬし}）が{来|き}ます。"\n'),
    (JUMINHYO, EASY, '      ja-easy: "{世帯主変更届|せたいぬしへんこうとどけ}"\n'),
]  # fmt: skip


def test_a_folder_without_mistakes_has_no_finding(clean: DataFolder) -> None:
    """What all rules are content with gives nothing at all."""
    assert findings(clean) == []


@pytest.mark.parametrize(
    ("code", "file", "old", "new", "part"),
    WRONG,
    ids=[f"{code}-{number}" for number, (code, *_) in enumerate(WRONG)],
)
def test_a_rule_finds_what_it_is_for(
    clean: DataFolder, code: str, file: str, old: str, new: str, part: str
) -> None:
    """One mistake gives one finding, at its line, that says what to do; no other rule speaks up."""
    clean.replace(file, old, new)

    (finding,) = findings(clean)
    lines = (clean.path.parent / finding.path).read_text("utf-8").split("\n")
    assert code == finding.code
    assert part in lines[finding.line - 1]
    assert 1 <= finding.column <= len(lines[finding.line - 1]) + 1
    assert all((finding.expected, finding.came, finding.todo))


@pytest.mark.parametrize(("file", "old", "new"), RIGHT, ids=range(len(RIGHT)))
def test_what_is_right_is_left_alone(clean: DataFolder, file: str, old: str, new: str) -> None:
    """Near misses give no finding."""
    clean.replace(file, old, new)

    assert findings(clean) == []


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2027, 3, 1), ["LNT402"]),
        (date(2027, 2, 28), []),
        (date(2027, 3, 31), ["LNT402"]),
        (date(2027, 4, 1), ["LNT105", "LNT401"]),
    ],
)
def test_the_end_of_a_wording_is_told_in_time(
    clean: DataFolder, day: date, codes: list[str]
) -> None:
    """Without a successor an answer's end is told thirty days before, and is an error afterwards."""
    change = '    changes:\n      - valid_from: 2027-04-01\n        answer:\n          ja: 3つに分けます。\n          ja-easy: "3つに{分|わ}けてください。"\n'
    clean.replace(GOMI, change, "")

    found = [f for f in findings(clean, day) if f.code != "LNT403"]
    assert codes == sorted(finding.code for finding in found)


def test_every_rule_is_tried_here() -> None:
    """A new rule brings its example."""
    tried = {code for code, *_ in WRONG} | {"LNT401", "LNT402"}

    assert {rule.code for rule in RULES} == tried


def test_every_rule_has_a_code_a_title_and_a_docstring() -> None:
    """Codes are unique, and what a rule demands stands with it."""
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert all(rule.title and rule.check.__doc__ for rule in RULES)


def test_a_golden_question_is_never_shown(clean: DataFolder) -> None:
    """A finding names the golden file, and nothing of its text but what the example itself says."""
    clean.replace(GOMI, "ごみの分け方を教えて", "粗大ごみを捨てるにはどうしたらいいのかしらね")

    (finding,) = findings(clean)
    assert "data/golden/first.jsonl" in finding.message
    assert "粗大" not in finding.message


def test_the_ward_decides_how_grave_a_rule_is(clean: DataFolder) -> None:
    """A severity of its own, and `off`, take the place of the rule's."""
    clean.replace(JUMINHYO, MAIN, "")
    clean.replace(GOMI, "owner: koseki", "owner: koseki ")
    clean.replace("lint.yml", "severity: {}", "severity: {LNT201: warning, LNT701: off}")

    assert [(f.code, f.severity) for f in findings(clean)] == [("LNT201", "warning")]


@pytest.mark.parametrize(("text", "left"), [("1 個", []), ("7 個", ["LNT201"])])
def test_a_pardon_is_for_one_finding(clean: DataFolder, text: str, left: list[str]) -> None:
    """What was looked at and accepted is not told again; anything else is."""
    clean.replace(JUMINHYO, MAIN, "")
    pardon = f"{{code: LNT201, file: data/{JUMINHYO}, text: {text}, why: 数えた}}"
    clean.replace("lint.yml", "pardons: []", f"pardons: [{pardon}]")

    assert left == [finding.code for finding in findings(clean)]


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("lint.yml", "columns: 42", "columns: many", "SCN003"),
        ("catalog.yml", "phrases: [welcome]\n", "", "SCN001"),
        (GOMI, "owner: koseki", "owner: nobody", "SCN013"),
    ],
)
def test_what_cannot_be_read_comes_first_and_alone(
    clean: DataFolder, file: str, old: str, new: str, code: str
) -> None:
    """Errors of reading are shown as errors of the check; no rule runs on what is not understood."""
    clean.replace(JUMINHYO, MAIN, "")
    clean.replace(file, old, new)

    assert [(code, "error")] == [(f.code, f.severity) for f in findings(clean)]


def test_missing_limits_are_a_finding(clean: DataFolder) -> None:
    """Without its two files the check says which is missing."""
    (clean.path / "lint.yml").unlink()
    (clean.path / "catalog.yml").unlink()

    assert [f.path for f in findings(clean)] == ["data/catalog.yml", "data/lint.yml"]


def test_findings_do_not_depend_on_the_day_of_the_machine(clean: DataFolder) -> None:
    """The day is given; a year later every review is too old, and the holidays come to their end."""
    later = [f.code for f in findings(clean, TODAY.replace(year=2027))]

    assert later == [*["LNT403"] * 3, "LNT409"]


def test_a_value_that_does_not_hold_yet_has_no_length(clean: DataFolder) -> None:
    """As on a day before a ward value begins, the texts around it are checked without it."""
    clean.replace(
        "ward.yml", "      - {value: 300}\n", "      - {valid_from: 2026-11-01, value: 3}\n"
    )
    clean.replace(JUMINHYO, "手数料は{{", "あ" * 84 + "{{")

    found = {f.code for f in findings(clean, date(2026, 10, 31))}
    assert found == {"LNT301"}
