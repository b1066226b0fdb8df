"""Passwords as NIST SP 800-63B has them: long, not a common one, no rules of composition; argon2id.

Cost: 19 MiB, 2 passes, 1 lane (OWASP Password Storage Cheat Sheet). No more than two are worked on at
once, so that a flood of attempts takes neither the memory nor the cores that residents need.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 128
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(2)
_COMMON = Path(__file__).parent / "common_passwords.txt"
_RUNS = (
    "0123456789" * 3,
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb",
)
_REPEATED = re.compile(r"(.{1,6}?)\1+.{0,5}", re.DOTALL)
_SIGNS, _AROUND = re.compile(r"[\W\d_]+"), re.compile(r"^[\W\d_]+|[\W\d_]+$")
_LEAST_BESIDE = 8  # letters beside one's own names
# Of a random password that nobody knows: what there is to compare with where there is no account.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1"
    "$jyNoldUqAfr1bVVWDNKZLQ$tBphNvpc903cFtmXosVmr0qTnGNit0FTgHBab96stO8"
)


def refusal(password: str, own: tuple[str, ...] = ()) -> str | None:
    """Return why a new password is not taken, or None.

    ``own`` are words that everybody connects with its owner: name, address, ward.
    Codes: ``password_short``, ``password_long``, ``password_common``, ``password_own``.
    """
    password = _normalised(password)
    if len(password) < SHORTEST:
        return "password_short"
    if len(password) > LONGEST:
        return "password_long"
    if _is_common(password.casefold()):
        return "password_common"
    return "password_own" if _is_mostly(password.casefold(), own) else None


def hashed(password: str) -> str:
    """Return what is stored of a password."""
    with _AT_ONCE:
        return _HASHER.hash(_normalised(password))


def is_right(stored: str | None, password: str) -> bool:
    """Tell whether it is the password; without a stored one the work is the same and the answer no."""
    try:
        with _AT_ONCE:
            _HASHER.verify(stored or _NOBODY, _normalised(password)[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Tell whether a stored hash costs less than one made today."""
    return _HASHER.check_needs_rehash(stored)


def _normalised(password: str) -> str:
    """Make one password of the ways in which keyboards write the same letters (SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _is_common(password: str) -> bool:
    """Find what is listed, also with digits and signs around it, what repeats, and runs of keys."""
    letters, inner = _SIGNS.sub("", password), _AROUND.sub("", password)
    if not _common().isdisjoint({password, letters, inner}) or _REPEATED.fullmatch(password):
        return True
    return any(password in run or password[::-1] in run for run in _RUNS)


def _is_mostly(password: str, own: tuple[str, ...]) -> bool:
    words = {unicodedata.normalize("NFKC", word).casefold() for word in own}
    rest = password
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "") if len(word) > 1 else rest
    return rest != password and len(_SIGNS.sub("", rest)) < _LEAST_BESIDE


@cache
def _common() -> frozenset[str]:
    lines = _COMMON.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
