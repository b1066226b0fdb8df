"""What one file names, another must have."""

from __future__ import annotations

import pytest

from bot.scenarios.integrity import option_exists

from .folders import GOMI, JUMINHYO, DataFolder

TEXT = "{ja: 燃やすごみと資源に分けます。}"
FEE = "手数料は{{ services.juminhyo.fee }}円です。"


@pytest.mark.parametrize(
    ("code", "file", "old", "new", "at", "words"),
    [
        pytest.param("SCN012", GOMI, "[list]", "[lost]", "[lost]", "「lost」", id="source"),
        pytest.param(
            "SCN012",
            JUMINHYO,
            "[fees]",
            "[fees, lost]",
            "[fees,",
            "「lost」",
            id="source of a change",
        ),
        pytest.param("SCN013", GOMI, "owner: seiso", "owner: x", "owner", "「x」", id="owner"),
        pytest.param(
            "SCN014", JUMINHYO, "[procedure,", "[online,", "next:", "「online」", id="own topic"
        ),
        pytest.param(
            "SCN014",
            JUMINHYO,
            "gomi_bunbetsu.procedure",
            "a.amount",
            "next:",
            "a.amount",
            id="other",
        ),
        pytest.param(
            "SCN015",
            JUMINHYO,
            "koseki.name",
            "koseki.fax",
            "koseki.fax",
            "counters.koseki.fax",
            id="second line of a text",
        ),
        pytest.param(
            "SCN015",
            JUMINHYO,
            FEE,
            "{{ ward.name.fr }}",
            "ward.name.fr",
            "ward.name.fr",
            id="first line of a text",
        ),
        pytest.param(
            "SCN015", "phrases.yml", "ward.name", "ward.nam", "ward.nam", "ward.nam", id="phrase"
        ),
        pytest.param(
            "SCN016", GOMI, TEXT, '{ja: "{{ ward.name }"}', "ward.name", "{{", id="one brace lost"
        ),
        pytest.param(
            "SCN016", GOMI, TEXT, '{ja: "{{ Ward.Name }}"}', "Ward.Name", "{{", id="capitals"
        ),
        pytest.param("SCN016", GOMI, TEXT, '{ja: "a }} b"}', "a }} b", "{{", id="end only"),
        pytest.param(
            "SCN017",
            "phrases.yml",
            "service:juminhyo",
            "service:a",
            "service:a",
            "service:a",
            id="option",
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_one_finding(
    data: DataFolder, code: str, file: str, old: str, new: str, at: str, words: str
) -> None:
    """Each kind of reference has its code, its line, and a message that names it."""
    data.replace(file, old, new)

    problem = data.problem()
    place = (f"data/{file}", data.line_of(file, at), code)
    assert place == (problem.path, problem.line, problem.code)
    assert words in problem.message


@pytest.mark.parametrize(
    ("payload", "exists"),
    [
        ("menu", True),
        ("menus", False),
        ("service:juminhyo", True),
        ("service:juminhyo.amount", False),
        ("service:greeting", False),
        ("answer:juminhyo.amount", True),
        ("answer:juminhyo.online", False),
        ("answer:juminhyo", False),
        ("answer:other.amount", False),
        ("phrase:greeting", True),
        ("phrase:juminhyo", False),
        ("group:todoke", True),
        ("group:kosodate", False),
        ("", False),
        ("juminhyo", False),
        (":", False),
    ],
)
def test_an_option_exists_if_something_published_answers_it(
    data: DataFolder, payload: str, exists: bool
) -> None:
    """Menu, services, answers, phrases and groups can be offered; nothing else can."""
    assert exists is option_exists(data.read(), payload)


def test_every_dead_reference_is_found_at_once(data: DataFolder) -> None:
    """One reading finds what is wrong in all files."""
    data.replace(GOMI, "owner: seiso", "owner: nobody")
    data.replace(JUMINHYO, "[procedure,", "[online,")
    data.replace("phrases.yml", "service:juminhyo", "service:other")

    assert sorted(p.code for p in data.problems()) == ["SCN013", "SCN014", "SCN017"]


@pytest.mark.parametrize("path", ["ward", "counters.koseki", "services"])
def test_a_placeholder_that_is_no_text_is_a_finding(data: DataFolder, path: str) -> None:
    """A name that leads to a whole table could not be shown to anyone."""
    data.replace(GOMI, TEXT, f'{{ja: "{{{{ {path} }}}}"}}')

    assert data.problem().code == "SCN015"


def test_a_placeholder_without_a_value_today_is_a_finding(data: DataFolder) -> None:
    """A fee that is known only from a later day on could not be shown until then."""
    data.replace("ward.yml", "- {value: 300}", "- {valid_from: 2998-04-01, value: 300}")
    data.replace("ward.yml", "valid_from: 2027-04-01", "valid_from: 2999-04-01")

    assert {"SCN015"} == {problem.code for problem in data.problems()}
