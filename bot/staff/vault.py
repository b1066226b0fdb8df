"""Secrets that must be usable again, sealed; secrets that need only be recognised, as keyed hashes.

Both keys are derived from the master key (HKDF, RFC 5869), so a copy of the database alone gives neither.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.ledger.sealing import Seal


class Vault:
    """Seals and recognises what belongs to staff accounts."""

    def __init__(self, master_key: bytes) -> None:
        self._seal = Seal(_derived(master_key, "seal"))
        self._key = _derived(master_key, "digest")

    def seal(self, text: str, place: str) -> bytes:
        """Encrypt ``text`` for exactly one ``place``."""
        return self._seal.seal(text, f"staff/{place}")

    def open(self, sealed: bytes, place: str) -> str:
        """Decrypt what :meth:`seal` gave.

        Raises:
            SealBroken: the value was altered, belongs elsewhere, or the master key is another one.

        """
        return self._seal.open(sealed, f"staff/{place}")

    def digest(self, kind: str, text: str) -> bytes:
        """Return 32 bytes by which ``text`` is recognised; without the key nobody can search for it."""
        return hmac.digest(self._key, f"{kind}\0{text}".encode(), hashlib.sha256)


def _derived(master_key: bytes, use: str) -> bytes:
    info = f"madoguchi/staff/{use}/v1".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(master_key)
