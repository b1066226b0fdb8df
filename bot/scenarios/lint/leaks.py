"""Rules that keep the measure honest: no example may repeat a question of ``data/golden/``.

A finding names the golden file but MUST NOT show its text: whoever reads the finding would learn it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.scenarios.lint.findings import Place, Remark
from bot.scenarios.lint.likeness import alike_pairs, fold, grams
from bot.scenarios.lint.material import Material
from bot.scenarios.lint.registry import rule


@rule("LNT206", "error", "評価の質問と同じ質問例")
def unseen_golden(material: Material) -> Iterator[Remark]:
    """No example equals or nearly equals a golden question, except very short ones."""
    limits = material.settings.examples
    asked = [(g.path, q) for g in material.golden for q in g.questions if _long(material, q)]
    examples = [e for e in material.examples if _long(material, e.text.raw)]
    sets = [grams(question, "") for _, question in asked]
    sets += [grams(example.text.raw, "") for example in examples]
    seen: set[tuple[int, str]] = set()
    for one, other in sorted(alike_pairs(sets, limits.alike_golden)):
        if not one < len(asked) <= other or (other, asked[one][0]) in seen:
            continue
        seen.add((other, asked[one][0]))
        todo = (
            "質問例を消すか、まったく違う言い方に変えてください（評価の質問は見ないでください）。"
        )
        came = f"{asked[one][0]} の質問と同じか、ほとんど同じ"
        place = examples[other - len(asked)].text.place()
        yield Remark(place, "質問例は、評価の質問を写しません", came, todo)


def _long(material: Material, question: str) -> bool:
    return len(fold(question)) >= material.settings.examples.golden_shortest


@rule("LNT208", "error", "評価の質問の形")
def readable_golden(material: Material) -> Iterator[Remark]:
    """Every row of a golden file is JSON with a ``text``, its own or in its turns."""
    for golden in material.golden:
        for line in golden.unreadable:
            expected = '評価の質問は、1行に1つの {"text": …} です'
            todo = "その行を直してください。直すまで、その行は見比べられません。"
            yield Remark(Place(golden.path, line), expected, "読めない行", todo)
