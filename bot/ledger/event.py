"""What every audit event is: a type, open fields, and fields that are sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class AuditEvent:
    """Something that happened; ``seq`` is set for messages only and gapless in a conversation."""

    type: ClassVar[str]
    seq: int | None = None

    def open_fields(self) -> Mapping[str, Any]:
        """Return what stays readable."""
        return {}

    def sealed_fields(self) -> Mapping[str, str]:
        """Return what is sealed under the conversation's key."""
        return {}
