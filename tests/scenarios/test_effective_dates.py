"""Which wording is in force on which Japanese day."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.scenarios.model import Answer, Topic
from bot.scenarios.today import JST, jst_date, jst_today

from .folders import GOMI, JUMINHYO, DataFolder, copy_minimal

TEXT = "    answer: {ja: 燃やすごみと資源に分けます。}\n"
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def words_on(topic: Topic | None, day: str) -> str | None:
    """Return the Japanese wording that is in force on ``day``."""
    answer = topic.answer_on(date.fromisoformat(day)) if topic else None
    return answer.texts["ja"] if answer else None


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "day", "holds"),
    [
        pytest.param(None, None, "1900-01-01", True, id="always"),
        pytest.param("2026-04-01", None, "2026-03-31", False, id="the day before"),
        pytest.param("2026-04-01", None, "2026-04-01", True, id="the first day"),
        pytest.param(None, "2026-03-31", "2026-03-31", True, id="the last day"),
        pytest.param(None, "2026-03-31", "2026-04-01", False, id="the day after"),
        pytest.param("2026-04-01", "2026-04-01", "2026-04-01", True, id="one day only"),
        pytest.param("2026-04-02", "2026-04-01", "2026-04-01", False, id="never"),
    ],
)
def test_both_ends_belong_to_the_time_in_force(
    valid_from: str | None, valid_until: str | None, day: str, holds: bool
) -> None:
    """A wording holds from its first to its last day, both included."""
    ends = [date.fromisoformat(end) if end else None for end in (valid_from, valid_until)]

    assert holds is Answer({"ja": "x"}, (), *ends).holds_on(date.fromisoformat(day))


def test_a_change_takes_over_on_its_day(data: DataFolder) -> None:
    """The wording of today ends on the day before the announced one begins."""
    topic = data.read().topic("juminhyo.amount")

    before, after = words_on(topic, "2027-03-31"), words_on(topic, "2027-04-01")
    assert before is not None
    assert "手数料は" in before
    assert after == "値上げしました。"


def test_a_change_has_its_own_sources_or_those_of_its_topic(data: DataFolder) -> None:
    """A change that names no sources rests on those of the topic."""
    later = "      - valid_from: 2028-04-01\n        answer: {ja: もう一度。}\n    examples:\n"
    data.replace(
        JUMINHYO, "    examples:\n      ja: [住民票はいくら", f"{later}      ja: [住民票はいくら"
    )
    topic = data.read().topic("juminhyo.amount")

    assert topic is not None
    titles = [[source.title for source in answer.sources] for answer in topic.answers]
    assert titles == [["住民票の案内"], ["手数料の一覧"], ["住民票の案内"]]


def test_a_topic_may_end_and_begin_again(data: DataFolder) -> None:
    """Between its last day and the next change nothing is in force."""
    changes = "    changes: [{valid_from: 2027-06-01, answer: {ja: 再開}}]\n"
    data.replace(GOMI, TEXT, f"    valid_until: 2027-03-31\n{TEXT}{changes}")
    topic = data.read().topic("gomi_bunbetsu.procedure")

    days = ["2027-03-31", "2027-04-01", "2027-05-31", "2027-06-01"]
    expected = ["燃やすごみと資源に分けます。", None, None, "再開"]
    assert expected == [words_on(topic, day) for day in days]


def test_a_topic_may_begin_later(data: DataFolder) -> None:
    """A service announced for a day has no answer before it."""
    data.replace(GOMI, TEXT, f"    valid_from: 2027-01-01\n{TEXT}")
    topic = data.read().topic("gomi_bunbetsu.procedure")

    assert [words_on(topic, day) for day in ("2026-12-31", "2027-01-01")] == [
        None,
        "燃やすごみと資源に分けます。",
    ]


@given(starts=st.sets(DAYS, max_size=4), day=DAYS, data=st.data())
def test_on_any_day_the_latest_change_that_has_come_is_in_force(
    tmp_path_factory: pytest.TempPathFactory, starts: set[date], day: date, data: st.DataObject
) -> None:
    """Exactly one wording holds on each day, in whatever order the changes were written."""
    written = data.draw(st.permutations(sorted(starts)))
    changes = ", ".join(f"{{valid_from: {d}, answer: {{ja: {d}}}}}" for d in written)
    folder = copy_minimal(tmp_path_factory.mktemp("changes"))
    folder.replace(GOMI, TEXT, f"{TEXT}    changes: [{changes}]\n")
    topic = folder.read().topic("gomi_bunbetsu.procedure")

    assert topic is not None
    begun = [start.isoformat() for start in starts if start <= day]
    assert max(begun, default="燃やすごみと資源に分けます。") == words_on(topic, day.isoformat())
    assert sum(answer.holds_on(day) for answer in topic.answers) == 1


def test_a_topic_is_found_by_its_full_name_only(data: DataFolder) -> None:
    """``service.topic`` names a topic; half a name, or a wrong one, names none."""
    catalogue = data.read()

    found = {
        name: catalogue.topic(name) for name in ("juminhyo", "juminhyo.online", "x.amount", "")
    }
    assert dict.fromkeys(found) == found
    assert (
        next(t.key for t in catalogue.topics() if t is catalogue.topic("juminhyo.amount"))
        == "juminhyo.amount"
    )


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-22T14:59:59+00:00", "2026-11-22"),
        ("2026-11-22T15:00:00+00:00", "2026-11-23"),
        ("2026-12-31T23:59:59+09:00", "2026-12-31"),
        ("2026-12-31T07:00:00-08:00", "2027-01-01"),
    ],
)
def test_the_day_begins_at_midnight_in_japan(moment: str, expected: str) -> None:
    """Whatever the clock of the machine says, the counter's day is the Japanese one."""
    assert date.fromisoformat(expected) == jst_date(datetime.fromisoformat(moment))


def test_today_is_the_japanese_day_of_this_moment() -> None:
    """Today, asked between two readings of the clock, is the day of one of them."""
    before = datetime.now(timezone.utc)
    today = jst_today()
    after = datetime.now(timezone.utc)

    assert today in {jst_date(before), jst_date(after)}
    assert timedelta(hours=9) == JST.utcoffset(None)
