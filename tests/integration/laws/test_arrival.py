"""The law of the log, with whole days in a real database: how events arrive leaves no trace."""

import os
import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import derived
from tests.integration.laws import judging, play
from tests.integration.laws.play import Conditions, Play

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.law]

LONG = bool(os.environ.get("CITYHUB_TEST_LONG"))
DAYS = 4
EVERY_DAY = (
    "tracking.foldstate",
    "tracking.snapshot",
    "tracking.vehiclestate",
    "tracking.tripstate",
    "tracking.stopprogress",
    "tracking.zonevisit",
    "curbs.curbsession",
    "roads.segmentspeed",
    "compliance.finding",
    "reports.findingcount",
    "reports.countedfinding",
)


def test_every_kind_of_derived_row_comes_of_a_day_and_none_outlives_it(world, tables, days):
    """What the law compares is worth comparing."""
    for seed in range(DAYS):
        sent, found = days(seed)
        assert len(sent) <= 300
        assert len({one.event_id for one in sent}) == len(sent)
        assert [name for name in EVERY_DAY if not found.get(name)] == []
    assert tables.dump() == {}


def test_any_arrival_any_workers_and_any_deaths_give_the_tables_of_the_day_in_order(
    world, tables, days, stage
):
    @settings(
        max_examples=1000 if LONG else 50,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # a smaller chance is not a simpler one
        suppress_health_check=list(HealthCheck),
    )
    @given(
        seed=st.integers(0, DAYS - 1),
        distance=st.sampled_from([0, 60, 3600, 36_000]),
        stops=st.sampled_from([1, 1, 2]),
        size=st.sampled_from([12, 40, 300]),
        workers=st.integers(1, 4),
        limit=st.sampled_from([15, 60, 2000]),
        deaths=st.integers(0, 5),
        chance=st.integers(0, 2**32),
    )
    def arrival(seed, stops, distance, size, workers, limit, deaths, chance):
        sent, expected = days(seed, stops=stops)
        tables.forget()
        dice = random.Random(chance)
        conditions = Conditions(
            workers=workers,
            limit=(limit // 2, limit),
            deaths=0.1,
            faults=deaths,
        )
        asked = play.requests(sent, dice, batch=(size // 2, size), distance=distance)
        played = Play(stage, world, dice, conditions)
        played.run(asked)
        play.finish()
        differing = derived.difference(expected, tables.dump())
        assert not differing, "\n".join([differing, *played.trace[-100:]])
        judging.identities()

    arrival()
