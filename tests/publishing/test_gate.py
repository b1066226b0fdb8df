"""What may go live, what may not, what is logged of it, and the way back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from bot.dialogue.publications import UnknownRevision
from bot.publishing.candidate import CandidateFailed
from bot.publishing.gate import MODELS, NothingToRollBack, Refused, golden_rows, live_model
from bot.scenarios.problems import ScenarioError
from bot.scenarios.reading import read_catalogue
from tests.publishing.conftest import ROOT, Desk

pytestmark = pytest.mark.slow

QUESTION = {"text": "写しの値段", "service": "juminhyo", "topic": "amount", "outcome": "answered"}
RIGHT, WRONG = "utter_faq/juminhyo.amount", "utter_faq/toshokan.overview"


def logged(desk: Desk) -> list[dict[str, Any]]:
    """Return the envelopes of all publishing events, in order."""
    query = "SELECT envelope FROM records WHERE type LIKE 'revision_%' ORDER BY number"
    with closing(sqlite3.connect(desk.settings.data_dir / "madoguchi.db")) as database:
        return [json.loads(envelope) for (envelope,) in database.execute(query)]


def rate(desk: Desk, right: int, of: int) -> None:
    """Have ``of`` questions, of which the worker answers the first ``right`` ones rightly."""
    desk.ask(*({**QUESTION, "text": f"問{n}"} for n in range(of)))
    for n in range(of):
        key = RIGHT if n < right else WRONG
        desk.worker.teach(f"問{n}", key, (key.removeprefix("utter_faq/"),))


def test_first_publication_has_nothing_to_compare_with(desk: Desk) -> None:
    """An empty database takes the folder as it stands, and asks no question."""
    rate(desk, right=0, of=3)
    revision = desk.publish()
    (event,) = logged(desk)

    assert (revision, None, {}, []) == (
        event["revision"],
        event["replaces"],
        event["figures"],
        desk.judged,
    )


def test_text_alone_is_neither_trained_nor_measured(desk: Desk) -> None:
    """Another wording goes live with the model of the former one, and says which file it is in."""
    rate(desk, right=3, of=3)
    desk.publish()
    desk.edit_text("新しい文です。")
    desk.publish()
    first, second = logged(desk)

    assert desk.judged == []
    assert first["model"] == second["model"]
    assert second["files"] == ["scenarios/todoke/juminhyo.yml"]
    assert first["revision"] == second["replaces"]


def test_what_is_worse_is_refused_with_the_reasons(desk: Desk) -> None:
    """Figures before and after, the service that lost, the questions; nothing changes."""
    rate(desk, right=10, of=10)
    desk.publish()
    desk.edit_question("写しは何円")
    gate = desk.gate()
    gate._verdicts(gate.live(), gate_rows(desk), {})  # as measured when it went live
    rate(desk, right=6, of=10)
    candidate = gate.candidate(desk.data)
    with pytest.raises(Refused) as refused:
        gate.publish(candidate)
    gate.close()

    assert candidate.comparison is not None
    told = "\n".join([*refused.value.reasons, *candidate.comparison.lines()])
    assert "100.0 % → 60.0 %（10 問）" in told
    assert "juminhyo の正答が 10 問から 6 問に減ります。" in told
    assert "問9" in told
    assert len(logged(desk)) == 1


def gate_rows(desk: Desk) -> Any:
    """Return the golden questions of the folder."""
    return golden_rows(desk.data, read_catalogue(desk.data))


def test_somebody_may_accept_what_is_worse_and_says_why(desk: Desk) -> None:
    """The reason stands in the log, with the figures."""
    rate(desk, right=10, of=10)
    desk.publish()
    gate = desk.gate()
    gate._verdicts(gate.live(), gate_rows(desk), {})
    gate.close()
    desk.edit_question("写しは何円")
    rate(desk, right=6, of=10)
    desk.publish(accepted="制度が変わったため")
    event = logged(desk)[-1]

    assert event["accepted"] == "制度が変わったため"
    assert event["figures"]["service"] == {"before": 10, "after": 6, "n": 10}


def test_what_is_not_worse_goes_live_with_its_figures(desk: Desk) -> None:
    """Other questions are measured on both sides, once each, and the figures are logged."""
    rate(desk, right=5, of=5)
    desk.publish()
    desk.edit_question("写しは何円")
    desk.publish(accepted="要らない理由")
    desk.edit_question("写しはおいくら")
    desk.publish()
    events = logged(desk)

    assert desk.judged == [5, 5, 5]  # the live one the first time, then only candidates
    assert events[-1]["figures"]["topic"] == {"before": 5, "after": 5, "n": 5}
    assert events[1]["accepted"] is None


def test_questions_about_a_new_service_count_as_new(desk: Desk) -> None:
    """What is live cannot be blamed for what it does not know."""
    desk.ask(QUESTION)
    desk.worker.teach(QUESTION["text"], RIGHT, ("juminhyo.amount",))
    file = desk.data / "scenarios" / "kurashi" / "toshokan.yml"
    kept = file.read_text("utf-8")
    file.unlink()
    desk.train()
    desk.publish()
    file.write_text(kept, "utf-8")
    desk.train()
    new = {**QUESTION, "text": "本を借りたい", "service": "toshokan", "topic": "procedure"}
    desk.ask(QUESTION, new)
    desk.worker.teach("本を借りたい", "utter_faq/toshokan.procedure", ("toshokan.procedure",))
    desk.publish()

    figures = logged(desk)[-1]["figures"]
    assert (figures["new"], figures["new_right"], figures["service"]["n"]) == (1, 1, 1)


def test_every_golden_question_that_is_shipped_can_be_read() -> None:
    """A file in another shape would stop every publication."""
    catalogue = read_catalogue(ROOT / "data")

    assert len(golden_rows(ROOT / "data", catalogue)) > 1000


def test_mistakes_stop_before_anything_else(desk: Desk) -> None:
    """A folder with findings is not trained, measured or published."""
    desk.publish()
    (desk.data / "scenarios" / "todoke" / "juminhyo.yml").write_text("id: [", "utf-8")
    gate = desk.gate()
    with pytest.raises(ScenarioError):
        gate.candidate(desk.data)
    gate.close()

    assert len(logged(desk)) == 1


def test_worker_that_does_not_answer_refuses_nothing_and_publishes_nothing(desk: Desk) -> None:
    """Search alone says nothing about a model: the evaluation fails instead."""
    rate(desk, right=1, of=1)
    desk.publish()
    desk.edit_question("写しは何円")
    desk.worker.respond_instead(500)
    with pytest.raises(CandidateFailed):
        desk.publish()

    assert len(logged(desk)) == 1


def test_question_that_needs_no_worker_is_measured_all_the_same(desk: Desk) -> None:
    """An emergency is answered by the gateway alone."""
    emergency = {"text": "家が燃えています、助けてください", "outcome": "emergency"}
    desk.ask(QUESTION, emergency)
    desk.worker.teach(QUESTION["text"], RIGHT, ("juminhyo.amount",))
    desk.publish()
    desk.edit_question("写しは何円")
    desk.publish()

    assert logged(desk)[-1]["figures"]["outcome"] == {"before": 2, "after": 2, "n": 2}


def test_rollback_goes_to_the_revision_before(desk: Desk) -> None:
    """Texts and model of the former revision are live again, the folder stays, the log says who."""
    first = desk.publish()
    desk.edit_question("写しは何円")
    second = desk.publish()
    gate = desk.gate()
    publication = gate.rollback()
    unpublished = gate.unpublished_files(gate.candidate(desk.data).published.catalogue)
    gate.close()
    event = logged(desk)[-1]

    assert (first, second) == (event["revision"], event["replaces"])
    assert event["by"]
    assert publication.model == live_model(desk.settings.data_dir).resolve().name
    assert MODELS.joinpath(publication.model).exists()
    assert unpublished == ("scenarios/todoke/juminhyo.yml",)


def test_rollback_takes_any_revision_that_was_live_and_no_other(desk: Desk) -> None:
    """By name, also over several steps; a name that was never live is refused."""
    first = desk.publish()
    for number in range(2):
        desk.edit_text(f"文{number}")
        desk.publish()
    gate = desk.gate()
    publication = gate.rollback(first)
    with pytest.raises(UnknownRevision):
        gate.rollback("r0000000000000000")
    gate.close()

    assert (4, first) == (publication.number, publication.revision)


def test_nothing_can_be_rolled_back_before_a_second_revision(desk: Desk) -> None:
    """An empty database and one with a single revision have no way back."""
    gate = desk.gate()
    with pytest.raises(NothingToRollBack):
        gate.rollback()
    desk.publish()
    with pytest.raises(NothingToRollBack):
        gate.rollback()
    gate.close()


def test_same_folder_again_is_live_already(desk: Desk) -> None:
    """Publishing twice changes nothing and trains nothing."""
    revision = desk.publish()
    gate = desk.gate()
    candidate = gate.candidate(desk.data)
    gate.close()

    assert candidate.is_live
    assert candidate.published.revision == revision
