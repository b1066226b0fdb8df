"""The second factor: time-based codes (RFC 6238) and recovery codes. Nothing here knows a database."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from datetime import datetime

import pyotp
import segno

STEP_SECONDS = 30
RECOVERY_CODES = 10
_AROUND = 1
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without the letters that are taken for one another
_GROUPS, _GROUP = 4, 4  # 16 of 31 letters: 79 bits


def new_secret() -> str:
    """Return a secret of 160 bits in base32, as applications take it."""
    return pyotp.random_base32()


def step_of(moment: datetime) -> int:
    """Return the number of the 30 seconds in which a moment lies."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """Return the code of a step."""
    return str(pyotp.TOTP(secret).generate_otp(step))


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """Return the step that a code belongs to: now or one to either side, and later than the last used.

    A code that was used is worth nothing any more, nor is an earlier one (RFC 6238, 5.2).
    """
    present, found = step_of(now), None
    for step in range(present - _AROUND, present + _AROUND + 1):
        is_same = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if is_same and step > last_step and found is None:
            found = step
    return found


def plain(code: str) -> str:
    """Return a code as typed without spaces and hyphens, full-width digits as digits."""
    folded = unicodedata.normalize("NFKC", code).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def is_of_application(code: str) -> bool:
    """Tell a code of an application, six digits, from a recovery code."""
    return len(code) == 6 and code.isascii() and code.isdigit()


def enrolment_uri(secret: str, login: str, issuer: str) -> str:
    """Return what an application reads from the picture."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer))


def picture(uri: str) -> str:
    """Return a QR code as SVG that stands inline in a page without style or script."""
    code = segno.make(uri, error="m", micro=False)
    return code.svg_inline(omitsize=True, border=4, light="#fff", svgclass="qr", lineclass=None)


def new_recovery_codes() -> list[str]:
    """Return fresh recovery codes as they are shown."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
        for _ in range(RECOVERY_CODES)
    ]
