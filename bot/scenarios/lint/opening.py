"""Rules on ``opening:`` and ``desk:`` of the ward: what handing over to a person rests on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from bot.scenarios.lint.findings import Remark
from bot.scenarios.lint.material import Material
from bot.scenarios.lint.registry import rule

_YEAR_END = (12, 31)


@rule("LNT409", "warning", "祝日の一覧の終わり")
def holidays_ahead(material: Material) -> Iterator[Remark]:
    """The list of national holidays reaches half a year ahead.

    A list goes on to the end of the year of its last day: the Cabinet Office announces whole years.
    """
    holidays = material.catalogue.opening.holidays
    days = material.settings.dates.holidays
    if not holidays:
        return
    end = date(max(holidays).year, *_YEAR_END)
    if end < material.today + timedelta(days):
        place = material.place(material.ward, ("opening", "holidays", "days"))
        todo = "内閣府のページを見て、次の年の祝日と休日を書き足してください。"
        yield Remark(place, f"祝日は {days} 日より先まで要ります", f"{end} まで", todo)


@rule("LNT410", "error", "職員につなぐための値")
def desk_can_work(material: Material) -> Iterator[Remark]:
    """The ward says when its counters are open, and which results its desk knows."""
    raw: Any = material.ward.value
    for name, what in (("opening", "窓口が開いている時間"), ("desk", "会話の結果の符号")):
        if name not in raw:
            place = material.place(material.ward, ())
            todo = f"docs/authoring.md の例を見て、{name} を書いてください。"
            yield Remark(place, f"ward.yml に{what}が要ります", f"{name} がない", todo)
