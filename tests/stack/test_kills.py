"""Whatever is killed, whenever: what a resident was told is in the log, once, and as it was told.

The seed stands in the name of each test; ``KILL_SEED=<seed> pytest tests/stack/test_kills.py`` draws the
same kills and messages again. ``KILLS`` sets how many parts of the quick run are killed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from .journals import (
    as_shown,
    messages_in,
    replies_that_differ,
    times_logged,
    transcript_of,
    turns_counted,
)
from .product import ENGINE, FAKE_ENGINE, GATEWAY, SERVE, WITH_FAKE_ENGINE, Product
from .siege import SUPERVISOR, Outcome, besieged, compare_notes

SEED = os.environ["KILL_SEED"]
KILLS = int(os.environ.get("KILLS", "100"))
WEIGHTS = {FAKE_ENGINE: 4, GATEWAY: 2, SUPERVISOR: 2}
WITH_RASA = [ENGINE, ENGINE, GATEWAY, GATEWAY, SUPERVISOR]

QUICK = pytest.param("quick", id=f"{KILLS}-kills-seed-{SEED}")
REAL = pytest.param("real", id=f"{len(WITH_RASA)}-kills-with-rasa-seed-{SEED}")

pytestmark = pytest.mark.stack
under_kills = pytest.mark.parametrize("outcome", [QUICK, REAL], indirect=True)
under_many_kills = pytest.mark.parametrize("outcome", [QUICK], indirect=True)


@pytest.fixture(scope="module")
def outcome(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    compiled: Path,
    small_ward: Path,
) -> Iterator[Outcome]:
    """Run the product under kills: a hundred with the fake engine, or a few with Rasa."""
    folder = tmp_path_factory.mktemp("siege")
    if request.param == "quick":
        product = Product(folder, compiled, WITH_FAKE_ENGINE, MADOGUCHI_SCENARIOS=small_ward)
    else:
        product = Product(folder, compiled, SERVE)
    with besieged(product, SEED) as siege:
        if request.param == "quick":
            siege.kill_any(WEIGHTS, KILLS)
        else:
            siege.kill_each(WITH_RASA)
        outcome = compare_notes(siege)
    yield outcome
    outcome.log.close()


@under_kills
def test_each_acknowledged_message_is_logged_exactly_once(outcome: Outcome) -> None:
    """A message whose reply was shown stands in the log once, however often it was sent."""
    logged = {c.id: times_logged(outcome.log.of(c)) for c in outcome.conversations}

    assert {c.id: Counter(said.id for said in c.journal) for c in outcome.conversations} == logged


@under_kills
def test_the_log_holds_each_shown_message_once_as_it_was_shown(outcome: Outcome) -> None:
    """The log's messages of a conversation are those of the journal: none lacks, none is doubled."""
    for conversation in outcome.conversations:
        assert transcript_of(conversation) == messages_in(outcome.log.of(conversation))


@under_kills
def test_the_transcript_is_what_the_resident_was_shown(outcome: Outcome) -> None:
    """The transcript over HTTP tells the conversation as the resident's own journal does."""
    for conversation in outcome.conversations:
        transcript = outcome.transcripts[conversation.id]

        assert transcript_of(conversation) == [as_shown(line) for line in transcript]


@under_kills
def test_seq_has_no_gap(outcome: Outcome) -> None:
    """The messages of each conversation are numbered 1, 2, 3 … to the end."""
    for transcript in outcome.transcripts.values():
        assert list(range(1, len(transcript) + 1)) == [line["seq"] for line in transcript]


@under_kills
def test_a_repeated_message_gets_the_same_bytes(outcome: Outcome) -> None:
    """A message sent again, at once or after all the kills, is answered with the stored reply."""
    first = {c.id: next(iter(c.journal.values()))[0] for c in outcome.conversations}

    assert replies_that_differ(outcome.conversations) == []
    assert first == outcome.asked_again


@under_kills
def test_a_broken_event_stream_goes_on_without_gap_or_repetition(outcome: Outcome) -> None:
    """A listener that reconnects after each kill hears every message of the transcript once."""
    transcripts = {key: outcome.transcripts[key] for key in outcome.heard}

    assert transcripts == outcome.heard


@under_kills
def test_the_records_of_the_log_are_numbered_without_a_gap(outcome: Outcome) -> None:
    """No killed transaction leaves a hole in the log, and SQLite finds the file sound."""
    numbers = [record.number for record in outcome.log.every()]

    assert list(range(1, len(numbers) + 1)) == numbers
    assert outcome.log.damage() == "ok"


@under_many_kills
def test_the_state_moves_on_once_with_each_turn(outcome: Outcome) -> None:
    """The fake engine's count of turns, which travels in the state, rises by one at each of its turns."""
    for conversation in outcome.conversations:
        counted = list(turns_counted(outcome.log.of(conversation)))

        assert counted == list(range(1, len(counted) + 1))
