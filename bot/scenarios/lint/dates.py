"""Rules on dates: what no longer holds, what soon will not, and what nobody has looked at for a year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from bot.scenarios.lint.findings import Remark
from bot.scenarios.lint.material import Material
from bot.scenarios.lint.registry import rule
from bot.scenarios.yamlfile import Where, YamlFile

_DAY = timedelta(days=1)


@rule("LNT401", "error", "期限切れ")
def in_force(material: Material) -> Iterator[Remark]:
    """No topic's last wording has expired."""
    for file, where, until in _ends(material):
        if until < material.today:
            todo = "新しい文を changes に書くか、項目を消してください。"
            yield Remark(
                material.place(file, where), "使える文が要ります", f"{until} で終わり", todo
            )


@rule("LNT402", "warning", "もうすぐ期限")
def not_expiring(material: Material) -> Iterator[Remark]:
    """A topic whose last wording ends soon has its successor."""
    days = material.settings.dates.soon
    for file, where, until in _ends(material):
        if material.today <= until <= material.today + timedelta(days):
            todo = "その次の日からの文を changes に書いてください。"
            expected = f"{days} 日より先まで使える文が要ります"
            yield Remark(material.place(file, where), expected, f"{until} まで", todo)


def _ends(material: Material) -> Iterator[tuple[YamlFile, Where, date]]:
    """Yield where and when the last wording of a topic ends, if it ends."""
    for file in material.scenarios:
        raw: Any = file.value
        for key, topic in raw["topics"].items():
            entries: list[tuple[Where, Any]] = [(("topics", key), topic)]
            changes = enumerate(topic.get("changes", ()))
            entries += [(("topics", key, "changes", i), c) for i, c in changes]
            where, last = max(entries, key=lambda entry: str(entry[1].get("valid_from", "")))
            if "valid_until" in last:
                yield file, (*where, "valid_until"), date.fromisoformat(last["valid_until"])


@rule("LNT403", "warning", "古い確認日")
def reviewed_lately(material: Material) -> Iterator[Remark]:
    """Somebody has compared the source with the answer within the last year."""
    days = material.settings.dates.review
    for file, where, day in _reviews(material):
        if day < material.today - timedelta(days):
            todo = "ページと文を見比べ、合っていればその日の日付にしてください。"
            expected = f"確認日は {days} 日以内です"
            yield Remark(material.place(file, where), expected, str(day), todo)


@rule("LNT404", "error", "未来の確認日")
def reviewed_already(material: Material) -> Iterator[Remark]:
    """No review lies in the future."""
    for file, where, day in _reviews(material):
        if day > material.today:
            todo = "見比べた日に直してください。"
            yield Remark(material.place(file, where), "確認日は今日までの日です", str(day), todo)


def _reviews(material: Material) -> Iterator[tuple[YamlFile, Where, date]]:
    for file in material.scenarios:
        raw: Any = file.value
        for name, source in raw["sources"].items():
            yield (
                file,
                ("sources", name, "reviewed_on"),
                date.fromisoformat(source["reviewed_on"]),
            )


@rule("LNT405", "error", "日付つきの値の順")
def ordered_values(material: Material) -> Iterator[Remark]:
    """A dated value begins without a date and goes on from old to new."""
    for where, entries in _dated(material.ward.value, ()):
        days = [str(entry.get("valid_from", "")) for entry in entries]
        for index, (before, after) in enumerate(zip(days, days[1:]), start=1):
            if before >= after:
                place = material.place(material.ward, (*where, index))
                todo = "古い順に並べ、同じ日は1つにしてください。"
                came = f"{before or '日付なし'} の後に {after or '日付なし'}"
                yield Remark(place, "日付つきの値は、古い順に並べます", came, todo)


def _dated(node: Any, where: Where) -> Iterator[tuple[Where, list[Any]]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _dated(value, (*where, key))
    elif isinstance(node, list) and all(isinstance(e, dict) and "value" in e for e in node):
        yield where, node


@rule("LNT406", "error", "文の期間")
def sensible_periods(material: Material) -> Iterator[Remark]:
    """A wording begins before it ends, and no two begin on the same day."""
    for file in material.scenarios:
        raw: Any = file.value
        for key, topic in raw["topics"].items():
            begins = {str(topic.get("valid_from", ""))}
            entries: list[tuple[Where, Any]] = [(("topics", key), topic)]
            for index, change in enumerate(topic.get("changes", ())):
                where: Where = ("topics", key, "changes", index)
                entries.append((where, change))
                if change["valid_from"] in begins:
                    place = material.place(file, (*where, "valid_from"))
                    todo = "一方の日付を直すか、1つの文にまとめてください。"
                    came = f"{change['valid_from']} が2つ"
                    yield Remark(place, "文の始まりの日は、1つずつ違います", came, todo)
                begins.add(change["valid_from"])
            yield from _backwards(material, file, entries)


def _backwards(
    material: Material, file: YamlFile, entries: list[tuple[Where, Any]]
) -> Iterator[Remark]:
    for where, entry in entries:
        begin, end = entry.get("valid_from", ""), entry.get("valid_until", "9999")
        if begin > end:
            place = material.place(file, (*where, "valid_until"))
            todo = "どちらかの日付を直してください。"
            yield Remark(place, "終わりの日は、始まりの日より後です", f"{begin} から {end}", todo)


@rule("LNT407", "warning", "日付の切れ目")
def without_gaps(material: Material) -> Iterator[Remark]:
    """Where one wording ends, the next one begins."""
    for file, where, end, begin in _meetings(material):
        if end and end + _DAY < begin:
            place = material.place(file, (*where, "valid_from"))
            came = f"{end + _DAY} から {begin - _DAY} までの文がない"
            todo = "前の文の終わりの日か、この文の始まりの日を直してください。"
            yield Remark(place, "文は、切れ目なく続きます", came, todo)


@rule("LNT408", "warning", "期間の重なり")
def without_overlaps(material: Material) -> Iterator[Remark]:
    """No wording is said to hold on after the next one has begun."""
    for file, where, end, begin in _meetings(material):
        if end and end >= begin:
            place = material.place(file, (*where, "valid_from"))
            came = f"{begin} から {end} まで2つの文が重なる"
            todo = f"{begin} からはこの文を使います。前の文の終わりの日を直してください。"
            yield Remark(place, "同じ日の文は1つです", came, todo)


def _meetings(material: Material) -> Iterator[tuple[YamlFile, Where, date | None, date]]:
    """Yield each change of a wording: when the former one ends, if it says so, and this one begins."""
    for file in material.scenarios:
        raw: Any = file.value
        for key, topic in raw["topics"].items():
            changes = sorted(
                enumerate(topic.get("changes", ())), key=lambda numbered: numbered[1]["valid_from"]
            )
            former = topic
            for number, change in changes:
                end = former.get("valid_until")
                begin = date.fromisoformat(change["valid_from"])
                where: Where = ("topics", key, "changes", number)
                yield file, where, date.fromisoformat(end) if end else None, begin
                former = change
