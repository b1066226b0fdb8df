"""Which addresses of a provider may be called."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def is_loopback(url: str) -> bool:
    """Tell whether an address is on this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def is_safe(url: str) -> bool:
    """Tell whether nobody on the way can read or change what goes to an address."""
    scheme = urlsplit(url).scheme
    return scheme == "https" or (scheme == "http" and is_loopback(url))
