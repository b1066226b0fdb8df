"""The sections that staff may be in: the counters of the ward, as they are published now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request


def sections_of(request: Request) -> Mapping[str, str]:
    """Return the sections' ids with their names in Japanese."""
    ward: Mapping[str, Any] = request.app.state.live.current.catalogue.ward
    return {key: counter["name"]["ja"] for key, counter in ward["counters"].items()}
