"""Signing in, from the one-time link to the session, and what does not get in."""

from __future__ import annotations

from tests.support.staff import hire
from tests.support.ward import Ward


async def test_an_invited_member_registers_and_is_in(ward: Ward) -> None:
    """Link, password, application, recovery codes, and the page of one's own account."""
    clerk = await hire(ward)

    assert len(set(clerk.recovery_codes)) == 10
    assert await clerk.is_in()
