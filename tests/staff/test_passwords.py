"""Passwords: what is taken, what is refused and why, and what is stored of them."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.staff import passwords

OWN = ("山田", "花子", "kurokawa", "みなも区", "madoguchi")


@pytest.mark.parametrize(
    "password",
    [
        "川べりを朝に散歩する黒い犬",
        "kawaberi no kuroi inu",
        "correct staple river umbrella",
        "xK3#vQ9!mZ2p",
        "🐕🐈🐦🐟🐢🐇🦊🐻🐼🐨🐯🦁",
        "kurokawa の家の裏の畑で鳴く猫",
    ],
)
def test_long_and_unlikely_passwords_are_taken(password: str) -> None:
    """Whatever letters they are made of; one's own name may be a part."""
    assert passwords.refusal(password, OWN) is None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_short"),
        ("みじかいことばです", "password_short"),
        ("abcdefghij1", "password_short"),
        ("か\u3099" * 8, "password_short"),
        ("a1" * 70, "password_long"),
        ("password2026", "password_common"),
        ("Password123456!!", "password_common"),
        ("ＰＡＳＳＷＯＲＤ２０２６", "password_common"),
        ("sakura-20261130", "password_common"),
        ("Kuyakusho#2026", "password_common"),
        ("aaaaaaaaaaaa", "password_common"),
        ("ああああああああああああ", "password_common"),
        ("abcabcabcabc", "password_common"),
        ("inu123inu123", "password_common"),
        ("123456789012", "password_common"),
        ("210987654321", "password_common"),
        ("abcdefghijkl", "password_common"),
        ("qwertyuiopas", "password_common"),
        ("kurokawa-20260401", "password_own"),
        ("山田花子と山田花子二〇二六", "password_own"),
        ("みなも区の山田花子です！", "password_own"),
        ("madoguchi-kurokawa", "password_own"),
    ],
)
def test_likely_passwords_are_refused_with_the_reason(password: str, code: str) -> None:
    """Each reason has its own sentence for the person."""
    assert code == passwords.refusal(password, OWN)


@given(st.text(max_size=200))
def test_any_text_is_judged(text: str) -> None:
    """Nothing that can be typed breaks the judgement, and length is judged after normalisation."""
    code = passwords.refusal(text, OWN)

    assert code in {None, "password_short", "password_long", "password_common", "password_own"}


def test_only_an_argon2id_hash_is_stored() -> None:
    """The parameters are those that were decided, and the salt is new each time."""
    stored = [passwords.hashed("川べりを朝に散歩する黒い犬") for _ in range(2)]
    parameters = extract_parameters(stored[0])

    assert stored[0].startswith("$argon2id$")
    assert (
        parameters.memory_cost,
        parameters.time_cost,
        parameters.parallelism,
    ) == (19456, 2, 1)
    assert stored[0] != stored[1]


@settings(max_examples=5, deadline=None)
@given(st.text(min_size=12, max_size=40), st.text(min_size=12, max_size=40))
def test_a_password_opens_its_own_hash_and_no_other(one: str, other: str) -> None:
    """Two that differ after normalisation are two passwords."""
    stored = passwords.hashed(one)

    assert passwords.is_right(stored, one)
    assert passwords.is_right(stored, other) is (
        passwords._normalised(one) == passwords._normalised(other)
    )


def test_keyboards_that_write_the_same_letters_differently_agree() -> None:
    """Full-width letters and composed kana are the same password."""
    stored = passwords.hashed("がっこうのとなりのＡＢＣ")

    assert passwords.is_right(stored, "か\u3099っこうのとなりのABC")


def test_where_there_is_no_account_the_work_is_that_of_one() -> None:
    """What is compared with instead costs as much as a real hash, and is nobody's."""
    assert not passwords.is_outdated(passwords._NOBODY)
    assert not passwords.is_right(None, "川べりを朝に散歩する黒い犬")


@pytest.mark.parametrize(
    "stored", ["", "$argon2id$", "plain text", "$2b$12$abcdefghijklmnopqrstuv"]
)
def test_a_hash_that_cannot_be_read_opens_to_nothing(stored: str) -> None:
    """A damaged row refuses instead of failing."""
    assert not passwords.is_right(stored, "川べりを朝に散歩する黒い犬")


def test_a_cheaper_hash_is_recognised_as_outdated() -> None:
    """When the cost is raised, the next sign-in stores a new one."""
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8192).hash("x"))


def test_every_listed_password_is_refused() -> None:
    """The list is read as it is written: small letters, no blanks."""
    listed = passwords._common()

    assert len(listed) > 150
    assert all(word == word.casefold().strip() for word in listed)
    assert {"password_common"} == {passwords.refusal(f"{word:2<14}") for word in listed}
