"""``data/zones.yml``: the shipped file, and how mistakes in one are told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.scenarios.model import LOCALES, Catalogue
from bot.scenarios.rendering import render, zone_values

from .folders import DataFolder

ROOT = Path(__file__).resolve().parents[2]
FILE = "zones.yml"
DAY = date(2026, 12, 1)


def test_every_number_has_a_source_and_a_review_date(shipped: Catalogue) -> None:
    """A number that nobody can check may send someone in danger to the wrong place."""
    numbers = shipped.zones.numbers.values()

    assert len(numbers) >= 15
    assert [n.id for n in numbers if not n.sources] == []
    assert all(s.reviewed_on <= date(2100, 1, 1) for n in numbers for s in n.sources)
    assert [s.url for n in numbers for s in n.sources if not s.url.startswith("http")] == []


def test_every_number_is_named_somewhere(shipped: Catalogue) -> None:
    """A number that no kind names is kept up to date for nobody."""
    named = {line.id for kind in shipped.zones.kinds.values() for line in kind.numbers}

    assert set(shipped.zones.numbers) == named


def test_all_zones_have_kinds_with_reasons_and_words(shipped: Catalogue) -> None:
    """Each kind says which duty it rests on, has cues and examples, and speaks every language."""
    kinds = shipped.zones.kinds.values()

    assert {"emergency", "red", "yellow"} == {kind.zone for kind in kinds}
    for kind in kinds:
        assert kind.duties, kind.id
        assert kind.why, kind.id
        assert set(LOCALES) <= set(kind.says), kind.id
        assert {"ja", "en", "zh-Hans", "ko", "vi", "tl"} <= set(kind.cues), kind.id
        assert {"ja", "en", "zh-Hans", "ko", "vi", "tl"} <= set(kind.examples), kind.id


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_can_be_shown(shipped: Catalogue, locale: str) -> None:
    """No reader meets a placeholder or markup, and each number stands in its line."""
    zones = shipped.zones
    for kind in zones.kinds.values():
        for line in kind.numbers or (None,):
            values = zone_values(shipped.ward, zones.numbers, kind.section, line)
            texts = [kind.says, zones.lines["section"]]
            shown = [render(text, locale, values, DAY).text for text in texts]
            if line:
                shown.append(render(zones.lines["number"], locale, values, DAY).text)
                assert line.number in shown[-1]
            assert [text for text in shown if not text or set("{}|") & set(text)] == []


def test_examples_of_an_unknown_kind_are_told(data: DataFolder) -> None:
    """A kind that was renamed in one file alone would no longer be learnt."""
    data.replace("zone_examples.yml", "  own_case:", "  own_cases:")
    problem = data.problem()

    assert (problem.code, problem.path) == ("SCN074", "data/zone_examples.yml")
    assert problem.line == data.line_of("zone_examples.yml", "own_cases")


def test_a_ward_may_have_no_examples(data: DataFolder) -> None:
    """Its cues still work."""
    (data.path / "zone_examples.yml").unlink()
    zones = data.read().zones

    assert [kind.examples for kind in zones.kinds.values()] == [{}, {}]
    assert zones.blue == {}


def test_no_golden_question_is_an_example(shipped: Catalogue) -> None:
    """What measures may not teach."""
    examples = {
        line
        for kind in shipped.zones.kinds.values()
        for lines in kind.examples.values()
        for line in lines
    }
    golden = (ROOT / "data" / "golden" / "zones.jsonl").read_text("utf-8")

    assert [line for line in examples if f'"{line}"' in golden] == []


@pytest.mark.parametrize(
    ("old", "new", "code", "part"),
    [
        ("default_section: koseki", "default_section: nobody", "SCN070", "default_section"),
        ("numbers: [fire]", "numbers: [water]", "SCN071", "numbers: [water]"),
        ("  kind: own_case", "  kind: life", "SCN072", "  kind: life"),
        ("- か$", '- "(か"', "SCN073", '- "(か"'),
        ("{who}…倒れ", "{whom}…倒れ", "SCN073", "{whom}"),
        ("unless: [条件]", "unless: [（条件, 条件)]", "SCN073", "unless"),
        ("ja: [承認しました]", 'ja: ["…"]', "SCN073", '"…"'),
        ("- 火災保険", "- （火災", None, ""),
        ('number: "119"', 'number: "11"', "SCN005", '"11"'),
        ("numbers: [fire]\n    says", "says", "SCN001", "life"),
        ("zone: yellow", "zone: green", "SCN004", "green"),
        (
            '{{ numbers.fire.number }} へ。", ja-easy',
            '{{ numbers.ice.number }}", ja-easy',
            "SCN015",
            "ice",
        ),
    ],
    ids=[
        "section",
        "number",
        "guard",
        "asks",
        "word-list",
        "unless",
        "claim",
        "full-width bracket is plain text",
        "form of a number",
        "emergency without number",
        "zone",
        "placeholder",
    ],
)
def test_a_mistake_is_told_with_its_place(
    data: DataFolder, old: str, new: str, code: str | None, part: str
) -> None:
    """Each finding names the file, the line and what to do."""
    data.replace(FILE, old, new)
    if code is None:
        assert data.read().zones.harmless == (new.removeprefix("- "),)
        return
    problem = data.problems()[0]

    assert (f"data/{FILE}", code) == (problem.path, problem.code)
    assert problem.message


def test_an_emergency_can_not_be_cancelled_by_a_word(data: DataFolder) -> None:
    """`unless` belongs to the yellow and red kinds alone."""
    data.replace(FILE, "numbers: [fire]\n    says", "numbers: [fire]\n    unless: [訓練]\n    says")

    assert data.problem().path == f"data/{FILE}"


def test_a_missing_file_is_scn000(data: DataFolder) -> None:
    """Without the zones nothing is published: an emergency would go unseen."""
    (data.path / FILE).unlink()

    assert data.problem().code == "SCN000"
