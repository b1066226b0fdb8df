"""The search itself: what is found meets every criterion, and more criteria never find more."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.facilities.search import (
    Criteria,
    counted,
    find,
    payload_of,
    read_payload,
)
from bot.dialogue.published import Published
from bot.scenarios.facilities.model import Facilities, Facility, Figures, Walk
from bot.scenarios.facilities.reading import facility_texts, read_facilities
from tests.conftest import ROOT

FACILITIES, _ = read_facilities(facility_texts(ROOT / "data")[0])
WORDS = FACILITIES.words


def _some(values: object) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(values)), max_size=3)  # type: ignore[call-overload]


CRITERIA = st.builds(
    Criteria,
    kinds=_some(WORDS.kinds),
    areas=_some(WORDS.areas),
    stations=_some(WORDS.stations),
    ids=st.frozensets(st.sampled_from([f.id for f in FACILITIES.every]), max_size=2),
    ages=st.frozensets(st.integers(0, 5), max_size=2),
    features=_some(WORDS.features),
    within=st.none() | st.integers(1, 20),
    opens_by=st.none() | st.integers(6 * 60, 10 * 60),
    closes_after=st.none() | st.integers(16 * 60, 22 * 60),
)


@settings(max_examples=300, deadline=None)
@given(CRITERIA)
def test_every_facility_found_meets_every_criterion(criteria: Criteria) -> None:
    """Checked against the facility's own values, not by the search's own words."""
    for facility in find(FACILITIES, criteria):
        _check(facility, criteria)


def _check(facility: Facility, wanted: Criteria) -> None:
    assert not wanted.kinds or facility.kind in wanted.kinds
    assert not wanted.ids or facility.id in wanted.ids
    assert not wanted.areas or any(facility.town.startswith(area) for area in wanted.areas)
    walks = [w for w in facility.walks if not wanted.stations or w.station in wanted.stations]
    assert not (wanted.stations or wanted.within) or walks
    assert wanted.within is None or min(w.minutes for w in walks) <= wanted.within
    assert all(age in facility.classes for age in wanted.ages)
    if "vacancy" in wanted.features:
        assert facility.figures is not None
        free = facility.figures.vacancies
        assert all(free[age] > 0 for age in wanted.ages or [max(free, key=lambda a: free[a])])
    assert "extended" not in wanted.features or facility.extended is not None
    assert "saturday" not in wanted.features or 5 in facility.days
    assert "sunday" not in wanted.features or 6 in facility.days
    assert (wanted.features & {"temporary", "sick"}) <= facility.features
    if wanted.opens_by is not None:
        assert facility.opens is not None
        assert facility.opens <= wanted.opens_by
    ends = max(facility.closes or 0, facility.extended or 0)
    assert wanted.closes_after is None or ends >= wanted.closes_after


@settings(max_examples=300, deadline=None)
@given(CRITERIA, CRITERIA, st.sampled_from([f.name for f in fields(Criteria)]))
def test_a_further_criterion_never_finds_more(one: Criteria, other: Criteria, name: str) -> None:
    """Setting one that was not set, and asking for more ages or features, only takes away."""
    before = one.without(name)
    after = replace(before, **{name: getattr(other, name)})
    more = replace(one, ages=one.ages | other.ages, features=one.features | other.features)

    assert {f.id for f in find(FACILITIES, after)} <= {f.id for f in find(FACILITIES, before)}
    assert {f.id for f in find(FACILITIES, more)} <= {f.id for f in find(FACILITIES, one)}


@settings(max_examples=200, deadline=None)
@given(CRITERIA)
def test_the_order_is_the_stated_one(criteria: Criteria) -> None:
    """By walking time from the station that was named, else by the reading of the name."""
    found = find(FACILITIES, criteria)
    keys = [(f.minutes_from(criteria.stations) if criteria.stations else 0, f.kana) for f in found]

    assert keys == sorted(keys)


@settings(max_examples=300, deadline=None)
@given(CRITERIA)
def test_a_payload_says_all_of_a_search(criteria: Criteria) -> None:
    """A button and a remembered search mean the same later as when they were made."""
    assert (criteria, {"for": "a.b", "page": "2"}) == read_payload(
        payload_of(criteria, **{"for": "a.b", "page": 2}), FACILITIES
    )


@pytest.mark.parametrize(
    "payload",
    [
        "answer:hoiku_kuki.overview",
        "facilities:kinds=castle",
        "facilities:areas=nowhere",
        "facilities:stations=nowhere",
        "facilities:features=nothing",
        "facilities:ids=K9999",
        "facilities:ages=7",
        "facilities:ages=one",
        "facilities:within=-1",
        "facilities:closes_after=soon",
    ],
)
def test_payload_that_names_what_is_not_published_is_not_read(payload: str) -> None:
    """After a publication, an old button leads nowhere rather than somewhere else."""
    assert read_payload(payload, FACILITIES) is None


def test_a_follow_up_replaces_what_it_names_and_keeps_the_rest() -> None:
    """A new age or place takes the place of the old one; features come on top."""
    first = Criteria(
        kinds=frozenset({"ninka"}), stations=frozenset({"みなも駅"}), ages=frozenset({1}), within=5
    )
    age = first.then(Criteria(ages=frozenset({2})))
    free = age.then(Criteria(features=frozenset({"vacancy"})))
    town = free.then(Criteria(areas=frozenset({"水鏡町"})))

    assert (age.ages, age.stations, age.within) == ({2}, {"みなも駅"}, 5)
    assert (free.ages, free.features) == ({2}, {"vacancy"})
    assert (town.areas, town.stations, town.within) == ({"水鏡町"}, frozenset(), None)
    assert town.kinds == {"ninka"}


def test_a_new_station_takes_the_place_of_a_town() -> None:
    """Where is one question, whichever way it is answered."""
    town = Criteria(areas=frozenset({"水鏡町"}))

    assert town.then(Criteria(stations=frozenset({"月影駅"}))).areas == frozenset()


def test_names_of_criteria_can_be_taken_back_one_by_one() -> None:
    """Each criterion that is named can be dropped, until none is left."""
    criteria = Criteria(
        kinds=frozenset({"ninka"}), ages=frozenset({1}), features=frozenset({"vacancy", "sunday"})
    )
    for name in criteria.names():
        criteria = criteria.without(name)

    assert not criteria


def test_facility_without_times_or_walks_meets_no_such_criterion(published: Published) -> None:
    """What the tables do not tell is not assumed."""
    bare = Facility("X", "みず", "ミズ", "", "ninka", "水鏡町", "住所", "", "")
    facilities = Facilities((bare,), published.catalogue.facilities.words)

    assert find(facilities, Criteria()) == [bare]
    for wanted in (
        Criteria(within=30),
        Criteria(opens_by=600),
        Criteria(closes_after=600),
        Criteria(ages=frozenset({0})),
        Criteria(features=frozenset({"vacancy"})),
    ):
        assert find(facilities, wanted) == []


def test_vacancy_is_that_of_every_age_that_is_named() -> None:
    """Two children need a place each."""
    figures = Figures({0: 5, 3: 5}, {0: 0, 3: 2})
    nursery = Facility(
        *("X", "みず", "ミズ", "", "ninka", "水鏡町", "住所", "", ""),
        walks=(Walk("水鏡駅", 3),),
        classes=frozenset({0, 3}),
        figures=figures,
    )
    facilities = Facilities((nursery,), WORDS)
    free = frozenset({"vacancy"})
    ages = [frozenset({3}), frozenset({0}), frozenset({0, 3}), frozenset[int]()]

    assert [len(find(facilities, Criteria(ages=a, features=free))) for a in ages] == [1, 0, 0, 1]
    assert counted(facilities, [Criteria(ages=ages[1], features=free)]) == []
