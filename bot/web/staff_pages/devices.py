"""What a browser calls itself, as one recognises it in a list."""

from __future__ import annotations

_BROWSERS = (  # in this order: most of them also name those further down
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_name(agent: str) -> str:
    """Return browser and system of a ``User-Agent``, empty where neither is known."""
    parts = [_first(_BROWSERS, agent), _first(_SYSTEMS, agent)]
    return " / ".join(filter(None, parts))


def _first(names: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for mark, name in names if mark in agent), "")
