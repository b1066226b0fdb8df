"""Codes of the second factor: the known answers of RFC 6238, the window, and that no step counts twice."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.staff import codes

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 11, 30, 0, 0, 7, tzinfo=UTC)
SECRETS = st.binary(min_size=20, max_size=20).map(lambda raw: base64.b32encode(raw).decode())


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """The last six digits of the SHA-1 rows of RFC 6238, appendix B."""
    moment = datetime.fromtimestamp(seconds, UTC)

    assert code == codes.code_at(RFC_SECRET, codes.step_of(moment))
    assert codes.step_of(moment) == codes.matching_step(RFC_SECRET, code, moment, 0)


@given(SECRETS, st.integers(-6, 6))
def test_a_code_is_taken_for_a_step_to_either_side_and_no_further(secret: str, away: int) -> None:
    """Clocks differ a little; a code from further away is taken only if it happens to be the same."""
    present = codes.step_of(NOW)
    code = codes.code_at(secret, present + away)
    near = {codes.code_at(secret, present + step): step for step in (1, 0, -1)}
    found = codes.matching_step(secret, code, NOW, 0)

    assert found == (present + near[code] if code in near else None)


@given(SECRETS, st.lists(st.tuples(st.integers(0, 40), st.integers(-2, 2)), max_size=30))
def test_no_step_is_taken_twice_and_none_before_the_last(
    secret: str, tries: list[tuple[int, int]]
) -> None:
    """However codes are repeated and mixed, the steps that are taken only ever rise."""
    moment, last, taken = NOW, 0, []
    for seconds, away in tries:
        moment += timedelta(seconds=seconds)
        code = codes.code_at(secret, codes.step_of(moment) + away)
        step = codes.matching_step(secret, code, moment, last)
        if step is not None:
            taken.append(step)
            last = step

    assert taken == sorted(set(taken))


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("123 456", "123456"),
        ("１２３４５６", "123456"),
        (" 123-456\n", "123456"),
        ("ABCD-efgh-2345-6789", "abcdefgh23456789"),
        ("ａｂｃｄ ー ２３４５", "abcdー2345"),
        ("", ""),
    ],
)
def test_codes_are_read_as_people_type_them(typed: str, plain: str) -> None:
    """Spaces, hyphens, capitals and full width do not matter."""
    assert plain == codes.plain(typed)


@given(st.text())
def test_anything_may_be_typed(text: str) -> None:
    """Whatever arrives is a code of the application, or is looked up as a recovery code."""
    plain = codes.plain(text)

    assert codes.plain(plain) == plain or not codes.is_of_application(plain)
    assert codes.matching_step(RFC_SECRET, plain, NOW, codes.step_of(NOW) + 2) is None


def test_recovery_codes_are_ten_long_and_all_different() -> None:
    """Sixteen letters each, none of which is taken for another."""
    fresh = codes.new_recovery_codes()
    letters = {letter for code in fresh for letter in codes.plain(code)}

    assert len(set(fresh)) == codes.RECOVERY_CODES == 10
    assert {16} == {len(codes.plain(code)) for code in fresh}
    assert letters.isdisjoint("01lio")
    assert not any(codes.is_of_application(codes.plain(code)) for code in fresh)


def test_the_picture_stands_inline_without_style_or_script() -> None:
    """A strict content security policy lets it be seen."""
    uri = codes.enrolment_uri(codes.new_secret(), "yamada@city.example.jp", "みなも区")
    picture = codes.picture(uri)

    assert picture.startswith("<svg ")
    assert "style=" not in picture
    assert uri.startswith("otpauth://totp/")
    assert "issuer=%E3%81%BF%E3%81%AA%E3%82%82%E5%8C%BA" in uri
