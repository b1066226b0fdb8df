"""A message that turns down the last answer and says in the same breath what is meant instead."""

from __future__ import annotations

import re
import unicodedata

_TURNED_DOWN = re.compile(
    r"^(?:(?:いや|いえ|いいえ|ううん)[、,。\s]*)?"
    r"(?:(?:違う|違います|違くて|違って|ちがう|ちがいます|ちがくて)(?:よ|ん?です|んだ|って|の)*[、,。!！\s]+|"
    r"(?:そう|それ|これ|その話|そのこと)?"
    r"(?:じゃなくて|じゃなく|ではなくて|ではなく|でなくて)[、,。!！\s]*|"
    r"(?:いや|いえ|いいえ)[、,。!！]+|"
    r"no[,.!]\s*|not that[,.!]?\s+|i mean\s+|"
    r"不是[,，。、]\s*|我是说|我是說|我说的是|아니요?[,.]?\s+|그게 아니라\s*|"
    r"không phải[,.]?\s+|hindi(?: iyon)?[,.]\s*)"
    r"(?P<rest>.{2,})$",
    re.DOTALL | re.IGNORECASE,
)


def correction_of(text: str) -> str | None:
    """Return what is meant instead, or nothing if the message turns nothing down or only that."""
    found = _TURNED_DOWN.match(unicodedata.normalize("NFKC", text).strip())
    return found["rest"].strip() if found else None
