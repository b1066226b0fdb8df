"""From files to one frozen catalogue, or to every finding at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.scenarios.model import Phrase, Source
from bot.scenarios.problems import Problem, ScenarioError
from bot.scenarios.reading import (
    read_catalogue,
    read_with_files,
    revision_of,
    with_changed_scenarios,
)

from .folders import GOMI, JUMINHYO, MINIMAL, DataFolder, copy_minimal

EVERY_FILE = [JUMINHYO, GOMI, "ward.yml", "phrases.yml", "zones.yml", "zone_examples.yml"]


def test_a_scenario_holds_what_its_file_says(data: DataFolder) -> None:
    """Id, group (the folder), names, aliases, owner and zone are those of the file."""
    scenario = data.read().scenarios["juminhyo"]

    expected = ("juminhyo", "todoke", ("住民票",), "koseki", "blue", ["amount", "procedure"])
    assert expected == (
        scenario.id,
        scenario.group,
        scenario.also,
        scenario.owner,
        scenario.zone,
        list(scenario.topics),
    )
    assert scenario.name == {"ja": "住民票の写し", "en": "Certificate of residence"}


def test_a_topic_holds_examples_sources_and_what_is_asked_next(data: DataFolder) -> None:
    """Follow-up questions are named in full, and sources stand by value."""
    topic = data.read().topic("juminhyo.amount")

    assert topic is not None
    assert topic.follow_ups == ("juminhyo.procedure", "gomi_bunbetsu.procedure")
    assert topic.examples["ja"] == ("住民票はいくらですか", "住民票 手数料")
    guide = Source("住民票の案内", "https://www.city.mihon.example/juminhyo", date(2026, 10, 1))
    assert (guide,) == topic.answers[0].sources


def test_a_phrase_holds_its_words_and_what_residents_say(data: DataFolder) -> None:
    """Outcome, options and examples are optional; the words are not."""
    phrases = data.read().phrases

    greeting = Phrase(
        id="greeting",
        texts={"ja": "こんにちは。", "en": "Hello."},
        outcome="chitchat",
        examples={"ja": ("こんにちは", "おはよう"), "en": ("hello",)},
        options=("menu",),
    )
    assert greeting == phrases["greeting"]
    assert (phrases["welcome"].outcome, phrases["welcome"].examples) == (None, {})


def test_labels_ward_and_files_are_at_hand(data: DataFolder) -> None:
    """The catalogue carries the ward's values and the very text of each file."""
    catalogue = data.read()

    assert catalogue.labels["option.menu"] == {"ja": "メニュー", "en": "Menu"}
    assert catalogue.ward["ward"]["site"] == "https://www.city.mihon.example/"  # type: ignore[call-overload,index]
    assert {f"data/{name}" for name in EVERY_FILE} == set(catalogue.files)
    assert (MINIMAL / GOMI).read_text("utf-8") == catalogue.files[f"data/{GOMI}"]


def test_a_catalogue_cannot_be_changed(data: DataFolder) -> None:
    """What is published is a value."""
    catalogue = data.read()

    with pytest.raises(FrozenInstanceError):
        catalogue.revision = "other"  # type: ignore[misc]


@pytest.mark.parametrize("file", ["ward.yml", "phrases.yml"])
def test_a_missing_file_is_scn000(data: DataFolder, file: str) -> None:
    """Without the ward's values or the bot's words nothing can be read."""
    (data.path / file).unlink()

    problem = data.problem()
    assert (f"data/{file}", 0, "SCN000") == (problem.path, problem.line, problem.code)


def test_findings_of_all_files_come_together_in_order(data: DataFolder) -> None:
    """One reading finds a missing file, broken YAML and a wrong value, sorted by file and line."""
    (data.path / "ward.yml").unlink()
    data.replace(GOMI, "zone: blue", "zone: red")
    data.replace(JUMINHYO, "also: [住民票]", "also: [住民票")

    found = [(problem.path, problem.code) for problem in data.problems()]
    expected = [(GOMI, "SCN004"), (JUMINHYO, "YML002"), ("ward.yml", "SCN000")]
    assert [(f"data/{file}", code) for file, code in expected] == found


def test_a_finding_reads_as_file_line_code_and_message() -> None:
    """Editors and people can jump to a finding, and an error shows all of them."""
    problems = [Problem("data/b.yml", 2, "SCN001", "乙"), Problem("data/a.yml", 9, "SCN002", "甲")]

    error = ScenarioError(problems)
    assert str(error) == "data/a.yml:9: SCN002 甲\ndata/b.yml:2: SCN001 乙"
    assert (problems[1], problems[0]) == error.problems


def test_an_id_that_is_not_the_file_name_is_scn010(data: DataFolder) -> None:
    """A service is found under its name: the id and the file's name agree."""
    data.replace(GOMI, "id: gomi_bunbetsu", "id: gomi")

    assert (f"data/{GOMI}", 1, "SCN010") == _place(data.problem())


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param(GOMI, "2026-09-30", "2026-09-31", id="reviewed_on"),
        pytest.param(JUMINHYO, "valid_from: 2027-04-01", "valid_from: 2027-02-29", id="valid_from"),
        pytest.param(GOMI, "[list]\n", "[list]\n    valid_until: 2026-13-01\n", id="valid_until"),
    ],
)
def test_a_day_that_no_calendar_has_is_scn018(
    data: DataFolder, file: str, old: str, new: str
) -> None:
    """A date of the right shape must be a date, wherever it stands."""
    data.replace(file, old, new)

    line = data.line_of(file, new.strip().splitlines()[-1].strip())
    assert (f"data/{file}", line, "SCN018") == _place(data.problem())


def test_a_day_that_no_calendar_has_is_found_in_the_wards_values(data: DataFolder) -> None:
    """A fee that starts on 30 February is a finding like any other."""
    data.replace("ward.yml", "valid_from: 2027-04-01", "valid_from: 2027-02-30")

    assert _place(data.problem()) == ("data/ward.yml", 22, "SCN018")


def test_one_service_in_two_groups_is_scn011_in_both(data: DataFolder) -> None:
    """A service that stands in two folders would lose one of its files."""
    twin = "scenarios/kurashi/juminhyo.yml"
    shutil.copy(data.path / JUMINHYO, data.path / twin)

    expected = [(f"data/{file}", 1, "SCN011") for file in (twin, JUMINHYO)]
    assert expected == [_place(problem) for problem in data.problems()]


def test_a_folder_that_is_no_group_is_scn019(data: DataFolder) -> None:
    """A service of an unknown group would stand in no menu."""
    (data.path / "scenarios" / "todoke").rename(data.path / "scenarios" / "todokede")

    problem = data.problem()
    assert _place(problem) == ("data/scenarios/todokede/juminhyo.yml", 0, "SCN019")
    assert "kosodate" in problem.message


def test_the_revision_names_the_content(tmp_path: Path) -> None:
    """Equal files have one revision wherever they lie, and any change gives another."""
    here, there = copy_minimal(tmp_path / "here"), copy_minimal(tmp_path / "there")
    before = here.read().revision

    assert before == there.read().revision
    there.replace(GOMI, "燃やす", "燃える")
    assert before != there.read().revision


@given(order=st.permutations(EVERY_FILE))
def test_the_order_in_which_files_were_made_is_no_matter(
    tmp_path_factory: pytest.TempPathFactory, order: list[str]
) -> None:
    """The same files give the same catalogue, whichever the file system lists first."""
    folder = tmp_path_factory.mktemp("order") / "data"
    for file in order:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(MINIMAL / file, folder / file)

    read, expected = read_catalogue(folder), read_catalogue(MINIMAL)
    assert expected == read
    assert list(expected.scenarios) == list(read.scenarios)


def _place(problem: Problem) -> tuple[str, int, str]:
    return problem.path, problem.line, problem.code


def test_an_unchanged_file_is_taken_from_an_earlier_reading(data: DataFolder) -> None:
    """It is neither parsed nor checked again; what changed is, and so is every reference."""
    before = read_with_files(data.path)
    data.replace(JUMINHYO, "住民票 手数料", "住民票 手数料は")
    after = read_with_files(data.path, before=before)
    same = {file.path: file for file in before.files}
    taken = {file.path for file in after.files if file is same.get(file.path)}

    assert taken == set(same) - {f"data/{JUMINHYO}"}
    assert after.catalogue == read_with_files(data.path).catalogue
    assert after.catalogue.revision == revision_of(data.path) != before.catalogue.revision


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        pytest.param("id: gomi_bunbetsu", "id: gomi", "SCN010", id="the changed file"),
        pytest.param("  procedure:", "  documents:", "SCN014", id="a reference of another file"),
    ],
)
def test_mistakes_are_found_beside_an_earlier_reading(
    data: DataFolder, old: str, new: str, code: str
) -> None:
    """Knowing the other files hides nothing."""
    before = read_with_files(data.path)
    data.replace(GOMI, old, new)
    with pytest.raises(ScenarioError) as caught:
        read_with_files(data.path, before=before)

    assert code in {problem.code for problem in caught.value.problems}


def test_a_file_that_is_gone_or_no_text_is_told_beside_an_earlier_reading(
    data: DataFolder,
) -> None:
    """What cannot be compared is read, and reading it says what is wrong."""
    before = read_with_files(data.path)
    (data.path / JUMINHYO).write_bytes(b"\xff")
    (data.path / "ward.yml").unlink()
    with pytest.raises(ScenarioError) as caught:
        read_with_files(data.path, before=before)

    assert {"SCN000", "YML001"} <= {problem.code for problem in caught.value.problems}


def _changed_text(data: DataFolder) -> None:
    file = data.path / GOMI
    file.write_text(file.read_text("utf-8").replace("name:", "# 直し\nname:", 1), "utf-8")


def _new_scenario(data: DataFolder) -> None:
    text = (data.path / GOMI).read_text("utf-8")
    new = data.path / "scenarios" / "hoken_zei" / "atarashii.yml"
    new.parent.mkdir(exist_ok=True)
    new.write_text(text.replace("gomi_bunbetsu", "atarashii"), "utf-8")


def _scenario_gone(data: DataFolder) -> None:
    (data.path / GOMI).unlink()


@pytest.mark.parametrize("change", [_changed_text, _new_scenario, _scenario_gone])
def test_changed_scenarios_alone_give_the_whole_catalogue(
    data: DataFolder, change: Callable[[DataFolder], None]
) -> None:
    """Reading only what differs gives what reading everything gives, in the same order."""
    before = data.read()
    change(data)
    whole = read_catalogue(data.path, is_checked=True)
    partly = with_changed_scenarios(whole.files, before)

    assert partly == whole
    assert list(whole.scenarios) == list(partly.scenarios)


def test_other_changes_want_everything_read(data: DataFolder) -> None:
    """Whatever else differs may change the meaning of every scenario."""
    before = data.read()
    files = {**before.files, f"{data.path.name}/ward.yml": "# neu\n"}

    assert with_changed_scenarios(files, before) is None
