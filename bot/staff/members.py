"""Who may act: the members of staff, their roles, and how a request of theirs is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ROLES = ("agent", "operator", "approver", "auditor", "administrator")


def in_order(roles: Iterable[str]) -> list[str]:
    """Return roles once each, in the order in which they are always shown."""
    return sorted(set(roles), key=ROLES.index)


@dataclass(frozen=True)
class Member:
    """A member of staff who is signed in; no ``sections`` means every section."""

    id: str
    name: str
    roles: frozenset[str]
    sections: tuple[str, ...]

    def has(self, roles: Iterable[str]) -> bool:
        """Tell whether the member has at least one of the roles."""
        return not self.roles.isdisjoint(roles)


class StaffError(Exception):
    """A request that cannot be done; ``code`` names its sentence in ``data/staff.yml``."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
