"""Rules on layout, all of which ``--fix`` can mend (``fixing.py``)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.scenarios.lint.findings import Place, Remark
from bot.scenarios.lint.fixing import disorder, widened
from bot.scenarios.lint.material import Material
from bot.scenarios.lint.registry import rule


@rule("LNT701", "warning", "行の終わりの空白", fixable=True)
def clean_line_ends(material: Material) -> Iterator[Remark]:
    """No line ends in spaces."""
    for path, lines in material.sources.items():
        for number, line in enumerate(lines, start=1):
            if line != line.rstrip():
                todo = "消してください（--fix で消せます）。"
                place = Place(path, number, len(line.rstrip()) + 1)
                yield Remark(place, "行の終わりに空白を置きません", "余分な空白", todo)


@rule("LNT702", "warning", "全角と半角", fixable=True)
def usual_widths(material: Material) -> Iterator[Remark]:
    """Letters and digits are half width, kana full width; matching makes no difference."""
    for text in (*material.texts, *(example.text for example in material.examples)):
        for offset, row in text.rows():
            if widened(row) != row:
                todo = "直してください（--fix で直せます）。"
                expected = "英字と数字は半角、カタカナは全角です"
                yield Remark(text.place(offset), expected, f"「{row.strip()[:20]}」", todo)


@rule("LNT703", "warning", "項目の順", fixable=True)
def usual_order(material: Material) -> Iterator[Remark]:
    """The parts of a scenario stand in the order of the authoring page."""
    for file in material.scenarios:
        found = disorder(material.catalogue.files[file.path])
        if found:
            line, keys = found
            todo = "並べかえてください（--fix で並べかえられます）。"
            expected = "項目は、手引きの順に並べます"
            yield Remark(Place(file.path, line), expected, "、".join(keys), todo)
