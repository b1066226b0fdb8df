"""Reference numbers: short, easy to read out on the telephone, not to be guessed.

Left out are letters and digits that look alike (0 O, 1 I L, 5 S, 8 B) or sound alike in Japanese
(B D E G P T V Z, M N).
"""

from __future__ import annotations

import secrets

ALPHABET = "234679ACFHKMRWXY"
_GROUPS, _LENGTH = 2, 4


def new_reference() -> str:
    """Return a number such as ``K7M3-4RX9``: 32 bits, so that nobody comes upon another's."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)
