"""What is written in a cell, as a value; each reader raises ``ValueError`` with what was expected."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Union

from bot.scenarios.facilities.model import CLASSES, Walk

_DAYS = "月火水木金土日"
_DAY_RANGE = re.compile(rf"([{_DAYS}])曜?日?[~〜\-から]+([{_DAYS}])")
_TIME = re.compile(r"([0-9]{1,2})(?::|時)([0-9]{2})?分?\Z")
_EXTENDED = re.compile(r"延長[^。]*?([0-9]{1,2}(?::[0-9]{2}|時(?:[0-9]{2}分)?))まで")
_STATION = re.compile(r"([^\s、,。/・]+?駅)[^、,。]*?(?:徒歩|歩いて)約?([0-9]+)分")
_LOW = r"(?:生後([0-9]+)(日|か月|ヶ月|カ月|ケ月)|満?([0-9]+)歳)(?:児|から)?(?:クラス)?"
_HIGH = r"(?:満?([0-9]+)歳(?:児)?(?:クラス)?|小学校?[0-9]年生?|就学前|小学校就学前|)(?:まで)?"
_AGES = re.compile(rf"{_LOW}(?:[~〜\-–—]?{_HIGH})\Z")
_YES, _NO = {"有", "あり", "1", "○", "可"}, {"無", "なし", "0", "×", "不可", ""}
_JAPAN = {"緯度": (20.0, 46.0), "経度": (122.0, 154.0)}


Ages = tuple[frozenset[int], Union[tuple[int, str], None]]
"""The classes that are taken, and the lowest age where it is below one year."""


def folded(cell: str) -> str:
    """Return the cell in one width of letters and without spaces."""
    return "".join(unicodedata.normalize("NFKC", cell).split())


def number(cell: str) -> int | None:
    """Read a whole number, not negative; an empty cell has none."""
    text = folded(cell).replace(",", "")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise ValueError("0以上の整数を、数字だけで書いてください")
    return int(text)


def class_number(cell: str) -> int | None:
    """Read a figure of one age class; ``-`` and an empty cell say that there is no such class."""
    return None if folded(cell) in {"", "-", "‐", "−", "ー"} else number(cell)


def ages(cell: str) -> Ages:
    """Read the ages that are taken: the classes, and the lowest age where it is below one year."""
    if not folded(cell):
        return frozenset(), None
    match = _AGES.match(folded(cell))
    if match is None:
        raise ValueError("「生後57日～5歳」「1歳～2歳」のように書いてください")
    count, unit, low, high = match.groups()
    is_single = high is None and folded(cell).endswith(("歳", "歳児"))
    first = int(low) if low else int(count) // (365 if unit == "日" else 12)
    last = int(high) if high else (first if is_single else CLASSES[-1])
    if last < first:
        raise ValueError(f"{first}歳から{last}歳は、順が逆です")
    if first > CLASSES[-1] or last > 20:
        raise ValueError("年齢は0歳から5歳のクラスで書いてください")
    youngest = (int(count), "days" if unit == "日" else "months") if count and first == 0 else None
    return frozenset(range(first, min(last, CLASSES[-1]) + 1)), youngest


def days(cell: str) -> frozenset[int]:
    """Read days of the week, as 月火水木金土 or 月～土; 祝 is allowed and not kept."""
    text = folded(cell).replace("曜日", "").replace("曜", "").replace("・", "").replace("、", "")
    spans = _DAY_RANGE.sub(
        lambda m: _DAYS[_DAYS.index(m[1]) : _DAYS.index(m[2]) + 1], text.replace("毎日", _DAYS)
    )
    rest = spans.replace("祝日", "").replace("祝", "")
    if rest.strip(_DAYS):
        raise ValueError("「月火水木金土」のように書いてください")
    return frozenset(map(_DAYS.index, rest))


def minutes(cell: str) -> int | None:
    """Read a time of the day as minutes after midnight."""
    text = folded(cell)
    if not text:
        return None
    match = _TIME.match(text)
    if match is None or int(match[1]) > 30 or int(match[2] or 0) > 59:
        raise ValueError("「07:15」のように書いてください")
    return int(match[1]) * 60 + int(match[2] or 0)


def extended(cell: str) -> int | None:
    """Find in a remark until when extended care lasts."""
    match = _EXTENDED.search(folded(cell))
    return minutes(match[1]) if match else None


def walks(cell: str) -> tuple[tuple[str, int], ...]:
    """Find each station in a description of the way, line names still before it, and its minutes."""
    return tuple((m[1], int(m[2])) for m in _STATION.finditer(folded(cell)))


def walk(written: str, minutes: int, stations: frozenset[str]) -> Walk | None:
    """Tell the station from the line that is written before it."""
    known = [station for station in stations if written.endswith(station)]
    return Walk(max(known, key=len), minutes) if known else None


def is_yes(cell: str) -> bool:
    """Read 有 or 無."""
    text = folded(cell)
    if text not in _YES | _NO:
        raise ValueError("「有」か「無」を書いてください")
    return text in _YES


def coordinate(cell: str, column: str) -> None:
    """Check a latitude or longitude against where Japan lies."""
    if not folded(cell):
        return
    low, high = _JAPAN[column]
    try:
        value = float(folded(cell))
    except ValueError:
        raise ValueError("「35.601234」のような数を書いてください") from None
    if not low <= value <= high:
        raise ValueError(
            f"日本の外です（{column}は {low:.0f} から {high:.0f}）。緯度と経度の入れ替わりを確かめてください"
        )


def phone(cell: str) -> str:
    """Read a telephone number, or none."""
    text = folded(cell)
    if text and not re.fullmatch(r"0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}", text):
        raise ValueError("「03-0000-0000」のように、0 から始めて - で区切ってください")
    return text


def url(cell: str) -> str:
    """Read an address of a page, or none."""
    text = folded(cell)
    if text and not re.fullmatch(r"https?://[!-~]+", text):
        raise ValueError("https:// から始まるアドレスを書いてください")
    return text


def day(cell: str) -> date:
    """Read a date, with hyphens or slashes."""
    match = re.fullmatch(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})", folded(cell))
    try:
        return date(*map(int, match.groups()))  # type: ignore[union-attr]  # None is caught below
    except (AttributeError, ValueError):
        raise ValueError("暦にある日を「2026-11-01」のように書いてください") from None


def month(cell: str) -> str:
    """Read a month as ``2026-12``."""
    match = re.fullmatch(r"([0-9]{4})[-/年]([0-9]{1,2})月?", folded(cell))
    if match is None or not 1 <= int(match[2]) <= 12:
        raise ValueError("「2026-12」のように書いてください")
    return f"{match[1]}-{int(match[2]):02d}"
