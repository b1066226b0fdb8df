"""Rules on words that mislead: numbers that ring somewhere, and other municipalities' names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from bot.scenarios.lint.findings import Place, Remark
from bot.scenarios.lint.material import Material
from bot.scenarios.lint.registry import rule
from bot.scenarios.rendering import RUBY

_HYPHENS = str.maketrans("‐‑‒–—―−－ー", "-" * 9)
_PHONE = re.compile(
    r"(?<![0-9A-Za-z/.-])(?:0[0-9]{1,4}-[0-9]{1,4}-[0-9]{2,5}|\(0[0-9]{1,4}\) ?[0-9]{1,4}-[0-9]{4}"
    r"|0[0-9]{1,3} [0-9]{2,4} [0-9]{4}|0[0-9]{3}-[0-9]{6}|0[0-9]{9,10}"
    r"|\+81[-0-9]{9,14}|#[0-9]{4})(?![0-9-])"
    r"|(?<![0-9])1[0-9]{2}(?=番(?!地|号|目|街))"
)
_URL = re.compile(r"https?://[!-~]+")


@rule("LNT305", "error", "電話番号")
def harmless_numbers(material: Material) -> Iterator[Remark]:
    """A phone number is a placeholder or one of the listed national and metropolitan numbers."""
    for place, text in _written(material):
        shown = _URL.sub("", unicodedata.normalize("NFKC", text).translate(_HYPHENS))
        for found in _PHONE.finditer(shown):
            if not _is_allowed(found[0], material):
                start = material.settings.phones.placeholder
                expected = f"電話番号は {start} で始まる仮の番号か、一覧にある番号です"
                todo = "仮の番号にするか、公的な番号なら確かめて data/lint.yml の phones に足してください。"
                yield Remark(place, expected, f"「{found[0]}」", todo)


def _is_allowed(number: str, material: Material) -> bool:
    phones = material.settings.phones
    digits = re.sub(r"[^0-9#]", "", number.replace("+81", "0"))
    if digits.startswith(re.sub(r"[^0-9]", "", phones.placeholder)):
        return True
    return digits in {re.sub(r"[^0-9#]", "", allowed) for allowed in phones.allowed}


def _written(material: Material) -> Iterator[tuple[Place, str]]:
    for text in (*material.texts, *(example.text for example in material.examples)):
        for offset, row in text.rows():
            yield text.place(offset), row
    yield from _ward_phones(material, material.ward.value, ())


def _ward_phones(
    material: Material, node: Any, where: tuple[Any, ...]
) -> Iterator[tuple[Place, str]]:
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in entries:
        if key == "phone" and isinstance(value, str):
            yield material.place(material.ward, (*where, key)), value
        elif isinstance(value, (dict, list)):
            yield from _ward_phones(material, value, (*where, key))


@rule("LNT306", "error", "ほかの区や市の名前")
def own_ward_only(material: Material) -> Iterator[Remark]:
    """An answer names no other ward or city, except as part of a listed office's name."""
    places = material.settings.places
    names = re.compile("|".join(sorted(map(re.escape, places.names), key=len, reverse=True)))
    allowed = re.compile("|".join(sorted(map(re.escape, places.allowed), key=len, reverse=True)))
    for text in material.texts:
        for offset, row in text.rows():
            bare = RUBY.sub(r"\1", row)
            for found in names.finditer(allowed.sub("", bare) if places.allowed else bare):
                todo = "{{ ward.name }} にするか、国や都の機関なら data/lint.yml の places に足してください。"
                expected = "答えには、ほかの区や市の名前を書きません"
                yield Remark(text.place(offset), expected, f"「{found[0]}」", todo)
