"""Sealing: what may name a person is encrypted under a key of its own conversation.

AES-256-GCM (NIST SP 800-38D). Each conversation has a data key, stored wrapped by the master key, so
erasing one small row makes a whole conversation unreadable for good, in every copy of the database.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_KEY_BITS = 256


class SealBroken(Exception):
    """A sealed value does not open: it was altered, moved, or sealed under another key."""


def load_master_key(path: Path, *, may_make: bool = True) -> bytes:
    """Read the master key, or make one on the first start (readable by its owner alone).

    Raises:
        SealBroken: the file is no key, or it is missing although it must be there.

    """
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        if not may_make:
            raise SealBroken(f"{path} is missing: restore it from the backup") from None
        key = _make_key(path)
    if len(key) * 8 != _KEY_BITS:
        raise SealBroken(f"{path}: expected {_KEY_BITS // 8} bytes of key, found {len(key)}")
    return key


def _make_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = AESGCM.generate_key(_KEY_BITS)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    # Of two first starts at once, one gives its key the name and both read that one, whole.
    try:
        os.link(unfinished, path)
    except FileExistsError:
        key = path.read_bytes()
    finally:
        unfinished.unlink()
    return key


class Seal:
    """Seals and opens the fields of one conversation."""

    def __init__(self, data_key: bytes) -> None:
        self._cipher = AESGCM(data_key)

    def seal(self, text: str, place: str) -> bytes:
        """Encrypt ``text`` for exactly one ``place`` (record and field); it opens nowhere else."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """Decrypt what :meth:`seal` gave.

        Raises:
            SealBroken: the value was altered or belongs elsewhere.

        """
        return _decrypt(self._cipher, sealed, place).decode()


class KeyRing:
    """Makes and unwraps the data keys of conversations."""

    def __init__(self, master_key: bytes) -> None:
        self._master = AESGCM(master_key)

    def new_key(self, conversation_id: str) -> tuple[bytes, Seal]:
        """Make a data key; returns it wrapped, for storing, and ready for use."""
        data_key = AESGCM.generate_key(_KEY_BITS)
        nonce = os.urandom(_NONCE_BYTES)
        wrapped = nonce + self._master.encrypt(nonce, data_key, conversation_id.encode())
        return wrapped, Seal(data_key)

    def unwrap(self, wrapped: bytes, conversation_id: str) -> Seal:
        """Return the seal of a conversation.

        Raises:
            SealBroken: the wrapped key was altered, or the master key is another one.

        """
        return Seal(_decrypt(self._master, wrapped, conversation_id))


def _decrypt(cipher: AESGCM, sealed: bytes, place: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken(place) from error
