"""Rules on ids and links: the product's own list of services, and what leads where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.scenarios.lint.findings import Remark
from bot.scenarios.lint.material import Material
from bot.scenarios.lint.registry import rule
from bot.scenarios.model import TOPICS
from bot.scenarios.yamlfile import YamlFile


@rule("LNT101", "warning", "手続きのID")
def known_services(material: Material) -> Iterator[Remark]:
    """A service's id stands in ``data/catalog.yml``, in the group of its folder."""
    for file in material.scenarios:
        name, group = _id(file), file.path.split("/")[-2]
        entry = material.services.services.get(name)
        place = material.place(file, ("id",))
        if entry is None:
            todo = "綴りを直すか、新しい手続きなら data/catalog.yml に足してください。"
            yield Remark(place, "手続きのIDは data/catalog.yml にあるものです", f"「{name}」", todo)
        elif entry.group != group:
            todo = f"ファイルを {entry.group} に移すか、data/catalog.yml を直してください。"
            yield Remark(place, f"「{name}」の分野は {entry.group} です", group, todo)


@rule("LNT102", "error", "要る項目")
def required_topics(material: Material) -> Iterator[Remark]:
    """A service has every topic, except those that ``data/catalog.yml`` says make no sense for it."""
    for file in material.scenarios:
        raw: Any = file.value
        entry = material.services.services.get(raw["id"])
        missing = [t for t in TOPICS if entry and t not in (*raw["topics"], *entry.without)]
        if missing:
            place = material.place(file, ("topics",))
            todo = "項目を書くか、当てはまらなければ data/catalog.yml の without に足してください。"
            came = f"{'、'.join(missing)} がない"
            yield Remark(place, "決められた項目がすべて要ります", came, todo)


@rule("LNT103", "warning", "ward.yml の手続き")
def used_ward_services(material: Material) -> Iterator[Remark]:
    """Every entry of ``services`` in ``ward.yml`` belongs to a scenario."""
    raw: Any = material.ward.value
    for name in raw["services"]:
        if name not in material.catalogue.scenarios:
            place = material.place(material.ward, ("services", name))
            todo = "綴りを直すか、使わない値なら消してください。"
            yield Remark(place, "services の名前は手続きのIDです", f"「{name}」", todo)


@rule("LNT104", "error", "next の行き先")
def useful_links(material: Material) -> Iterator[Remark]:
    """``next`` leads elsewhere, and to each place once."""
    for file in material.scenarios:
        raw: Any = file.value
        for key, topic in raw["topics"].items():
            seen = {f"{raw['id']}.{key}"}
            for index, name in enumerate(topic.get("next", ())):
                target = name if "." in name else f"{raw['id']}.{name}"
                if target in seen:
                    place = material.place(file, ("topics", key, "next", index))
                    todo = "この行き先を消すか、ほかの行き先にしてください。"
                    yield Remark(
                        place, "next には、ほかの案内を1回ずつ書きます", f"「{name}」", todo
                    )
                seen.add(target)


@rule("LNT105", "warning", "next の行き先の日付")
def living_links(material: Material) -> Iterator[Remark]:
    """``next`` leads to an answer that is in force today."""
    for file in material.scenarios:
        raw: Any = file.value
        for key, topic in raw["topics"].items():
            for index, name in enumerate(topic.get("next", ())):
                target = material.catalogue.topic(name if "." in name else f"{raw['id']}.{name}")
                if target is not None and target.answer_on(material.today) is None:
                    place = material.place(file, ("topics", key, "next", index))
                    todo = "行き先の日付を直すか、next から消してください。"
                    expected = "next の行き先は、今日使える案内です"
                    yield Remark(place, expected, f"「{name}」は今日の文がない", todo)


@rule("LNT106", "error", "ボタンの言葉")
def labelled_options(material: Material) -> Iterator[Remark]:
    """A button that leads to a phrase has its words in ``labels``."""
    for key, phrase in material.catalogue.phrases.items():
        for index, option in enumerate(phrase.options):
            kind, _, target = option.partition(":")
            label = f"option.{target}"
            if kind == "phrase" and label not in material.catalogue.labels:
                place = material.place(material.phrases, ("phrases", key, "options", index))
                todo = f"phrases.yml の labels に「{label}」を足してください。"
                yield Remark(
                    place, "ボタンには、labels の言葉が要ります", f"「{label}」がない", todo
                )


@rule("LNT107", "warning", "使わない出典")
def used_sources(material: Material) -> Iterator[Remark]:
    """Every source of a file stands behind an answer."""
    for file in material.scenarios:
        raw: Any = file.value
        used = {name for topic in raw["topics"].values() for name in topic["sources"]}
        for topic in raw["topics"].values():
            used |= {name for c in topic.get("changes", ()) for name in c.get("sources", ())}
        for name in raw["sources"]:
            if name not in used:
                place = material.place(file, ("sources", name))
                todo = "項目の sources に足すか、使わない出典なら消してください。"
                yield Remark(
                    place, "出典は、どれかの項目が使います", f"「{name}」はどこにもない", todo
                )


@rule("LNT108", "error", "プログラムが呼ぶ言葉")
def called_words(material: Material) -> Iterator[Remark]:
    """``phrases.yml`` has every phrase and label that the program calls by name."""
    wanted = (
        ("phrases", material.services.phrases, material.catalogue.phrases),
        ("labels", material.services.labels, material.catalogue.labels),
    )
    for part, names, there in wanted:
        for name in names:
            if name not in there:
                place = material.place(material.phrases, (part,))
                todo = "元のファイルから戻してください（文は変えられます）。"
                expected = f"{part} には、プログラムが呼ぶ言葉がすべて要ります"
                yield Remark(place, expected, f"「{name}」がない", todo)


def _id(file: YamlFile) -> str:
    raw: Any = file.value
    return str(raw["id"])
