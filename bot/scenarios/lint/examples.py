"""Rules on examples: how many, and no two that teach the same or the contrary."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from bot.scenarios.lint.findings import Remark
from bot.scenarios.lint.likeness import alike_pairs, grams, same_key
from bot.scenarios.lint.material import Example, Material
from bot.scenarios.lint.registry import rule

_MARKUP = re.compile(r"\{\{|\}\}|\{[^{}]*\|[^{}]*\}")


@rule("LNT201", "error", "質問例の数")
def enough_examples(material: Material) -> Iterator[Remark]:
    """A topic has enough examples in each language in which it has an answer."""
    counts = Counter((example.key, example.text.locale) for example in material.examples)
    for text in material.texts:
        wanted = material.settings.examples.minimum.get(text.locale, 0)
        if text.kind != "answer" or len(text.where) != 4:
            continue
        key = f"{_service(text.file.path)}.{text.where[1]}"
        number = counts[key, text.locale]
        if number < wanted:
            place = material.place(text.file, ("topics", text.where[1], "examples", text.locale))
            todo = f"言い方を変えて、あと {wanted - number} 個書いてください。"
            expected = f"{text.locale} の質問例は {wanted} 個以上です"
            yield Remark(place, expected, f"{number} 個", todo)


def _service(path: str) -> str:
    return path.rsplit("/", 1)[-1].removesuffix(".yml")


@rule("LNT202", "error", "同じ質問例", fixable=True)
def no_repetition(material: Material) -> Iterator[Remark]:
    """An example stands once in its topic (width and case make no difference)."""
    for first, second in _same(material.examples):
        if first.key == second.key:
            came = f"{first.text.place().line} 行目と同じ「{second.text.raw}」"
            todo = "どちらか一方を消してください（--fix で消せます）。"
            yield Remark(second.text.place(), "同じ質問例は1回だけです", came, todo)


@rule("LNT203", "error", "ほとんど同じ質問例")
def no_near_repetition(material: Material) -> Iterator[Remark]:
    """No two examples of a topic differ only in a letter or two."""
    least = material.settings.examples.alike_within
    same = {(id(a), id(b)) for a, b in _same(material.examples)}
    for first, second in _alike(material.examples, least, ()):
        if first.key == second.key and (id(first), id(second)) not in same:
            came = f"{first.text.place().line} 行目「{first.text.raw}」と「{second.text.raw}」"
            todo = "言い方を大きく変えるか、一方を消してください。"
            yield Remark(second.text.place(), "質問例は、1つずつ言い方が違います", came, todo)


@rule("LNT204", "error", "2つの項目にある質問例")
def no_contradiction(material: Material) -> Iterator[Remark]:
    """No example stands under two topics."""
    for first, second in _same(material.examples):
        if first.key != second.key:
            yield _contradiction(first, second, "同じ")


@rule("LNT205", "error", "2つの項目でほとんど同じ質問例")
def no_near_contradiction(material: Material) -> Iterator[Remark]:
    """No example stands nearly so under two topics; polite endings make no difference."""
    limits = material.settings.examples
    same = {(id(a), id(b)) for a, b in _same(material.examples)}
    for first, second in _alike(material.examples, limits.alike_across, limits.endings):
        if first.key != second.key and (id(first), id(second)) not in same:
            yield _contradiction(first, second, "ほとんど同じ")


def _contradiction(first: Example, second: Example, how: str) -> Remark:
    other = first.text.place()
    came = f"「{second.text.raw}」は {first.key}（{other.path}:{other.line}）の「{first.text.raw}」と{how}"
    todo = "どちらの案内が答えるべきかを決めて一方を消すか、違いのわかる言葉を入れてください。"
    return Remark(second.text.place(), "質問例は、1つの項目にだけ書きます", came, todo)


@rule("LNT207", "error", "質問例の中の記号")
def plain_examples(material: Material) -> Iterator[Remark]:
    """An example is what a resident types: no ward value and no reading."""
    for example in material.examples:
        found = _MARKUP.search(example.text.raw)
        if found:
            todo = "利用者が打ちこむとおりの文にしてください。"
            expected = "質問例には {{ … }} もよみがなも書けません"
            yield Remark(example.text.place(found.start()), expected, f"「{found[0]}」", todo)


def _same(examples: Sequence[Example]) -> Iterator[tuple[Example, Example]]:
    """Yield each example with the first one that reads the same in the same language."""
    first: dict[tuple[str, str], Example] = {}
    for example in examples:
        key = (example.text.locale, same_key(example.text.raw))
        if key in first:
            yield first[key], example
        else:
            first[key] = example


def _alike(
    examples: Sequence[Example], least: float, endings: Sequence[str]
) -> Iterator[tuple[Example, Example]]:
    by_locale: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_locale[example.text.locale].append(example)
    for locale, group in by_locale.items():
        sets = [grams(example.text.raw, locale, endings) for example in group]
        for one, other in sorted(alike_pairs(sets, least)):
            yield group[one], group[other]
