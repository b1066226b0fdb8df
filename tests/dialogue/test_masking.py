"""What identifies a person is covered, wherever and however it was typed; the rest stays."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.dialogue.masking import (
    LABELS,
    Masked,
    has_luhn_check_digit,
    has_my_number_check_digit,
    mask,
)

untimed = settings(deadline=None)  # a slow machine is no defect

HYPHENS = "-‐‑‒–—―−ーｰ－﹣~〜～"
SPACES = " \u3000\u00a0"
WRITINGS = ("0123456789", "０１２３４５６７８９", "〇一二三四五六七八九", "零一二三四五六七八九")


def spans(masked: Masked) -> list[tuple[int, int, str]]:
    """Return the spans as plain values."""
    return [(span.start, span.end, span.type) for span in masked.spans]


@pytest.mark.parametrize(
    ("kind", "before", "number", "after"),
    [
        ("my_number", "番号は", "123456789018", "です"),
        ("my_number", "番号は", "1234 5678 9018", "です"),
        ("my_number", "番号は", "1234-5678-9012", "です"),
        ("my_number", "", "１２３４　５６７８　９０１８", ""),
        ("my_number", "マイナンバー", "一二三四五六七八九〇一八", "を書きます"),
        ("my_number", "運転中です。マイナンバーは", "123456789018", ""),
        ("phone", "電話は", "090-1234-5678", "です"),
        ("phone", "", "09012345678", ""),
        ("phone", "携帯", "０９０－１２３４－５６７８", "まで"),
        ("phone", "℡", "(03)1234-5678", "に"),
        ("phone", "自宅 ", "03（1234）5678", "、夜"),
        ("phone", "", "0120-123-456", "はどこですか"),
        ("phone", "from abroad ", "+81 90 1234 5678", " please"),
        ("phone", "", "+819012345678", ""),
        ("phone", "よみは", "〇九〇一二三四五六七八", "です"),
        ("phone", "", "090\u200b1234\u200b5678", ""),
        ("email", "連絡は", "taro.yamada+x@mail.example.jp", "へ"),
        ("email", "", "Taro_99@Example.JP", "。"),
        ("email", "", "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ", ""),
        ("credit_card", "カード", "4111 1111 1111 1111", "で払う"),
        ("credit_card", "", "5555-5555-5555-4444", ""),
        ("credit_card", "", "３７８２８２２４６３１０００５", "の"),
        pytest.param("credit_card", "", "30569309025904", ""),
        ("bank_account", "口座番号は", "1234567", "です"),
        ("bank_account", "普通　", "１２３４５６７", ""),
        ("bank_account", "ゆうちょの", "1234567", ""),
        ("bank_account", "口座は", "123456", "です"),
        ("passport", "旅券は", "TK1234567", "です"),
        ("passport", "", "ｔｋ１２３４５６７", ""),
        ("residence_card", "在留カード", "AB12345678CD", "の更新"),
        ("residence_card", "", "ＡＢ１２３４５６７８ＣＤ", ""),
        ("license", "免許証の番号は", "301234567890", "です"),
        ("health_insurance", "保険証は", "12345678", "です"),
        ("health_insurance", "被保険者証の記号 12 番号 ", "345", " です"),
        ("pension_number", "基礎年金番号", "1234-567890", ""),
        ("pension_number", "年金手帳 ", "1234567890", "です"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_number_is_covered_with_its_kind(kind: str, before: str, number: str, after: str) -> None:
    """The span is the number in code points of the original, and nothing else is touched."""
    masked = mask(before + number + after)

    assert [(len(before), len(before + number), kind)] == spans(masked)
    assert f"{before}【{LABELS[kind]}】{after}" == masked.text
    assert (kind,) == masked.types


@pytest.mark.parametrize("separator", [*HYPHENS, *SPACES, "", "・", "."], ids=ascii)
@pytest.mark.parametrize("digits", WRITINGS, ids=["ascii", "full-width", "kanji", "old kanji"])
def test_every_hyphen_and_space_joins_digits_in_every_writing(separator: str, digits: str) -> None:
    """A phone number is one number whichever key the hyphen came from."""
    written = "090-1234-5678".translate({ord(str(n)): digits[n] for n in range(10)})
    number = written.replace("-", separator)

    assert [(2, 2 + len(number), "phone")] == spans(mask(f"電話{number}です"))


@pytest.mark.parametrize("separator", [" - ", "　－　"], ids=ascii)
@pytest.mark.parametrize("digits", ["1234|5678|9018", "090|1234|5678"], ids=["my number", "phone"])
def test_a_hyphen_with_spaces_around_it_joins_digits_too(digits: str, separator: str) -> None:
    """Numbers spread out for legibility are the same numbers."""
    number = digits.replace("|", separator)

    assert [(0, len(number))] == [(start, end) for start, end, _ in spans(mask(number))]


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("123456789012", id="My Number with a wrong check digit"),
        pytest.param("4111-1111-1111-1112", id="card with a wrong check digit"),
        pytest.param("4111111111111112", id="the same without hyphens"),
    ],
)
def test_a_mistyped_number_is_covered_all_the_same(number: str) -> None:
    """A wrong check digit does not make a number harmless."""
    masked = mask(f"番号{number}です")

    assert [(2, 2 + len(number))] == [(start, end) for start, end, _ in spans(masked)]


@pytest.mark.parametrize(
    "text",
    [
        "2026年4月1日に転入します",
        "令和8年4月1日から有効ですか",
        "R8.4.1に出生届を出した",
        "2026-11-22に引っ越した",
        "2026/11/22までに届け出る",
        "期限は20261122ですか",
        "二〇二六年十一月二十二日",
        "1,234,567円は戻りますか",
        "手数料は300円、三千五百円",
        "所得が1234567円です",
        "〒135-8383に住んでいます",
        "郵便番号1358383の地域",
        "8:30から17:00まで、12時〜13時は休み",
        "1歳と3歳と12歳の子がいます",
        "#7119か#8000、110番か119番、189番",
        "第3号様式と第12条の2",
        "1234-56の書類",
        "18歳になって最初の3月31日まで",
        "3LDK 65.5㎡ 10階",
        "Form 1A, 3 copies, 2 people",
        "@ward を見ました a@b",
        "ABC1234",
        "",
        pytest.param("2026-11-22 10:30に予約"),
        pytest.param("2026/11/22 10:30に予約"),
        pytest.param("1,234,567円を振込みました"),
        pytest.param("2026/04/01から国民健康保険に入る"),
        pytest.param("受付番号A1B2C3D4E5F6A7B8C9D0E1F2"),
        pytest.param("国民健康保険に2026-04-01から入りたい"),
        pytest.param("国保の保険料 20260401"),
        pytest.param("〒135-8383の近くの銀行"),
        pytest.param("普通に考えて1234567円は高い"),
    ],
    ids=lambda text: text[:12] or "nothing",
)
def test_ordinary_questions_stay_as_they_are(text: str) -> None:
    """Dates, times, amounts, postal codes and short numbers identify nobody."""
    assert Masked(text, ()) == mask(text)


def test_several_numbers_are_each_covered_in_place() -> None:
    """Every number has its span, in the order of the text."""
    text = "👪電話は090-1234-5678、メールはa@b.example、個人番号は123456789018です"
    masked = mask(text)

    assert masked.types == ("email", "my_number", "phone")
    assert [text[start:end] for start, end, _ in spans(masked)] == [
        "090-1234-5678",
        "a@b.example",
        "123456789018",
    ]
    assert (
        masked.text
        == "👪電話は【電話番号】、メールは【メールアドレス】、個人番号は【個人番号】です"
    )


@pytest.mark.parametrize(
    ("digits", "right"),
    [
        ("123456789018", True),
        ("123456789010", False),
        ("000000000000", True),
        ("12345678901", False),
        ("1234567890188", False),
        ("", False),
    ],
)
def test_the_check_digit_of_my_number_follows_the_ordinance(digits: str, right: bool) -> None:
    """Twelve digits of which the last fits the others; anything else is wrong."""
    assert right is has_my_number_check_digit(digits)


@given(digits=st.text("0123456789", min_size=11, max_size=11))
def test_eleven_digits_have_exactly_one_check_digit(digits: str) -> None:
    """Of the ten numbers that begin alike, one is right."""
    assert sum(has_my_number_check_digit(f"{digits}{last}") for last in range(10)) == 1


@pytest.mark.parametrize(
    ("digits", "right"),
    [
        ("4111111111111111", True),
        ("378282246310005", True),
        ("79927398713", True),
        ("79927398710", False),
        ("4111111111111112", False),
        ("", False),
    ],
)
def test_the_check_digit_of_a_card_follows_luhn(digits: str, right: bool) -> None:
    """The published examples of the standard come out right."""
    assert right is has_luhn_check_digit(digits)


plain = st.text("かなカナガｶﾞ漢字窓口か\u3099🎌👨\u200d👩é、。？！\n", max_size=12)
pieces = st.sampled_from(
    [
        "090-1234-5678",
        "123456789018",
        "１２３４５６７",
        "12345678",
        "口座",
        "番号",
        "保険証",
        "年金",
    ]
    + ["a@b.jp", "TK1234567", "AB12345678CD", "、", "と", " ", "-", "12", "〇九〇", "👪", "免許"]
)


@untimed
@given(
    before=plain, after=plain, writing=st.sampled_from(WRITINGS), hyphen=st.sampled_from(HYPHENS)
)
def test_a_span_counts_code_points_of_the_original(
    before: str, after: str, writing: str, hyphen: str
) -> None:
    """Emoji, marks that combine and half-width kana before a number do not shift its span."""
    digits = "0312345678".translate({ord(str(n)): writing[n] for n in range(10)})
    number = f"{digits[:2]}{hyphen}{digits[2:6]}{hyphen}{digits[6:]}"
    masked = mask(f"{before}/{number}/{after}")

    start = len(before) + 1
    assert [(start, start + len(number), "phone")] == spans(masked)


@untimed
@given(text=st.text(max_size=40) | st.lists(pieces | plain, max_size=8).map("".join))
def test_spans_are_in_order_and_give_the_masked_text(text: str) -> None:
    """Spans never overlap, never are empty, and replacing them by labels is all that happens."""
    masked = mask(text)
    ends = [0, *(end for _, end, _ in spans(masked))]
    rebuilt, at = "", 0
    for start, end, kind in spans(masked):
        rebuilt, at = f"{rebuilt}{text[at:start]}【{LABELS[kind]}】", end

    assert all(last <= start < end for last, (start, end, _) in zip(ends, spans(masked)))
    assert rebuilt + text[at:] == masked.text


@untimed
@given(
    digits=st.text("0123456789", min_size=12, max_size=12),
    writing=st.sampled_from(WRITINGS),
    gap=st.sampled_from(["", *HYPHENS, *SPACES]),
    groups=st.sampled_from([(4, 4, 4), (12,), (3, 3, 3, 3), (1,) * 12]),
)
def test_no_digit_of_a_my_number_survives(
    digits: str, writing: str, gap: str, groups: tuple[int, ...]
) -> None:
    """Twelve digits in any writing and grouping are covered from the first to the last."""
    written = digits.translate({ord(str(n)): writing[n] for n in range(10)})
    cuts = [sum(groups[:n]) for n in range(len(groups) + 1)]
    number = gap.join(written[a:b] for a, b in zip(cuts, cuts[1:]))
    masked = mask(f"個人番号「{number}」")

    assert not set(masked.text) & set("".join(WRITINGS))
    assert (5, 5 + len(number)) == (masked.spans[0].start, masked.spans[-1].end)


@untimed
@given(text=st.lists(pieces | plain, max_size=8).map("".join))
@example("保険証 12345678、350円")
def test_masking_twice_changes_nothing(text: str) -> None:
    """What is covered stays covered, and what was left is left again."""
    once = mask(text).text

    assert Masked(once, ()) == mask(once)


@pytest.mark.parametrize("label", LABELS.values())
def test_a_label_is_no_number(label: str) -> None:
    """Masked text may be masked again, as when an old message is quoted."""
    assert mask(f"前に【{label}】と書きました").spans == ()


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1-",
        "0- ",
        "(0)-",
        "一ー",
        "a@",
        "a.",
        "a" * 64 + "@" + "a" * 255,
        "ab 1234567 ",
        "番号保険証",
        "口座1",
        "①\u200b",
        "ｶﾞ",
        "\u3099",
        "1" * 11 + "x",
        "1" * 40 + "x",
    ],
    ids=lambda unit: ascii(unit)[:12],
)
def test_ten_kilobytes_of_anything_come_to_an_end(unit: str) -> None:
    """No input makes the patterns try ever more ways; whoever hangs here never returns."""
    text = (unit * 10_240)[:10_240]

    assert mask(f"{text}。電話は090-1234-5678").text.endswith("【電話番号】")
