"""A hash of the engine's own sources, for Rasa's fingerprints.

Rasa hashes a component's class but not the modules it calls (engine/training/fingerprinting.py), so a
change in one of them would silently reuse what an older one had trained.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from bot.scenarios import normalise


@lru_cache(maxsize=1)
def sources_hash() -> str:
    """Hash every module of the engine and the normaliser."""
    files = [*sorted(Path(__file__).parent.glob("*.py")), Path(normalise.__file__)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
