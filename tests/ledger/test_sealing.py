"""Sealed values open under their own key and in their own place, and nowhere else."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ledger.sealing import KeyRing, Seal, SealBroken, load_master_key

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
PLACE = "12/raw"


@settings(deadline=None)
@given(text=st.text(), place=st.text())
def test_sealed_text_opens_in_its_place(text: str, place: str) -> None:
    """Any text comes back as it was."""
    seal = Seal(KEY)

    assert seal.open(seal.seal(text, place), place) == text


@settings(deadline=None)
@given(places=st.lists(st.text(), min_size=2, max_size=2, unique=True))
def test_sealed_text_opens_nowhere_else(places: list[str]) -> None:
    """A value that was moved to another record or field does not open."""
    sealed = Seal(KEY).seal("山田", places[0])

    with pytest.raises(SealBroken):
        Seal(KEY).open(sealed, places[1])


def test_sealed_text_does_not_open_under_another_key() -> None:
    """Each conversation's key opens its own fields only."""
    with pytest.raises(SealBroken, match=f"^{PLACE}$"):
        Seal(OTHER_KEY).open(Seal(KEY).seal("山田", PLACE), PLACE)


def test_every_altered_byte_is_noticed() -> None:
    """Nonce, ciphertext and tag: none can be changed, none cut off."""
    sealed = Seal(KEY).seal("山田太郎", PLACE)
    altered = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]
    cut = [sealed[:i] for i in range(len(sealed))]
    for broken in [*altered, *cut, sealed + b"\0"]:
        with pytest.raises(SealBroken):
            Seal(KEY).open(broken, PLACE)


def test_same_text_is_sealed_differently_each_time() -> None:
    """Nobody can tell from the database that two residents wrote the same."""
    sealed = {Seal(KEY).seal("はい", PLACE) for _ in range(100)}

    assert len({value[:12] for value in sealed}) == len(sealed) == 100
    assert all("はい".encode() not in value for value in sealed)


def test_conversation_key_unwraps_for_its_conversation() -> None:
    """The stored key opens what the fresh one sealed."""
    wrapped, fresh = KeyRing(KEY).new_key("c1")
    sealed = fresh.seal("山田", PLACE)

    assert KeyRing(KEY).unwrap(wrapped, "c1").open(sealed, PLACE) == "山田"


@pytest.mark.parametrize(
    ("master", "conversation"), [(OTHER_KEY, "c1"), (KEY, "c2")], ids=["master-key", "conversation"]
)
def test_conversation_key_unwraps_nowhere_else(master: bytes, conversation: str) -> None:
    """Neither another master key nor another conversation's row gives the key away."""
    wrapped, _ = KeyRing(KEY).new_key("c1")

    with pytest.raises(SealBroken, match=f"^{conversation}$"):
        KeyRing(master).unwrap(wrapped, conversation)


def test_master_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """The first start makes the key; later starts read it; nobody else may."""
    path = tmp_path / "keys" / "master.key"
    first, second = load_master_key(path), load_master_key(path)

    assert first == second == path.read_bytes()
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_two_wards_have_two_keys(tmp_path: Path) -> None:
    """The key is random."""
    assert load_master_key(tmp_path / "a") != load_master_key(tmp_path / "b")


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_master_key_of_the_wrong_length_is_refused(tmp_path: Path, size: int) -> None:
    """A damaged key file is named at the start, not at the first conversation."""
    path = tmp_path / "master.key"
    path.write_bytes(b"x" * size)

    with pytest.raises(SealBroken, match=rf"master\.key: expected 32 bytes of key, found {size}$"):
        load_master_key(path)


def test_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Of several processes that start on an empty folder one makes the key, the others read it."""
    together = Barrier(4)

    def start(path: Path) -> bytes:
        together.wait()
        return load_master_key(path)

    with ThreadPoolExecutor(4) as pool:
        for number in range(600):
            path = tmp_path / str(number) / "master.key"
            keys = set(pool.map(start, [path] * 4))

            assert keys == {path.read_bytes()}


def test_key_folder_of_others_is_no_place_for_a_key(tmp_path: Path) -> None:
    """The mask of the process does not widen the rights of the key."""
    before = os.umask(0)
    try:
        load_master_key(tmp_path / "keys" / "master.key")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "keys" / "master.key").stat().st_mode) == 0o600
