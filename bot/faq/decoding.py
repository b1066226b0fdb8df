"""The bytes of a spreadsheet export as text, whatever program of the last thirty years has written them."""

from __future__ import annotations

import codecs
from itertools import islice

_SIGNATURES = {
    b"PK\x03\x04": "Excel ブック（.xlsx）か zip",
    b"\xd0\xcf\x11\xe0": "古い Excel ブック（.xls）",
    b"%PDF": "PDF",
}
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SAMPLE = 4000


class NotText(Exception):
    """The file is no text in any encoding that a Japanese spreadsheet writes."""


def decode(content: bytes) -> tuple[str, str]:
    """Return the text and the name of its encoding.

    Raises:
        NotText: it is another kind of file, or fits no encoding.

    """
    for signature, kind in _SIGNATURES.items():
        if content.startswith(signature):
            raise NotText(f"中身は CSV ではなく {kind} です。CSV（UTF-8）で保存し直してください")
    for encoding in _guesses(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise NotText("文字コードがわかりません。UTF-8 か Shift_JIS で保存し直してください")


def _guesses(content: bytes) -> list[str]:
    marked = [name for mark, name in _MARKS.items() if content.startswith(mark)]
    if marked:
        return marked
    if b"\0" in content[:_SAMPLE]:
        # An ASCII letter of UTF-16 is a zero byte with it, before it in big endian, behind it in little.
        zeros_first = content[:_SAMPLE:2].count(0) > content[1:_SAMPLE:2].count(0)
        return ["utf-16-be"] if zeros_first else ["utf-16-le"]
    if b"\x1b$" in content:
        return ["iso2022_jp"]
    legacy = sorted(("cp932", "euc_jp"), key=lambda encoding: _oddity(content, encoding))
    return ["utf-8", *legacy]


def _oddity(content: bytes, encoding: str) -> int:
    """Count half-width kana: EUC-JP read as Shift_JIS is full of them, real text nearly free."""
    text = content.decode(encoding, "replace")
    return sum("\uff61" <= c <= "\uff9f" or c == "\ufffd" for c in islice(text, _SAMPLE))
