"""The evaluator and an oracle that was written another way agree: 0 mismatches.

Whole weeks in which clocks change (one of them at midnight), years end or a leap day lies, under
random rule books that use the whole language. `CITYHUB_TEST_LONG` looks at many more of them.
"""

import bisect
import os
import random
from datetime import date, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from tests.unit.zones import oracle, worlds
from tests.unit.zones.rulebook import HELSINKI, local, regulation
from tests.unit.zones.worlds import said_by
from zones import language, rules
from zones.predicates import compile_who

LONG = bool(os.environ.get("CITYHUB_TEST_LONG"))


def agree(one: worlds.World, instants) -> int:
    """Hold every instant, and the horizon over all of them, to the oracle; return how many."""
    asked = worlds.asked_of(one)
    pieces = rules.intervals(period=Period(*one.week), **asked)
    starts = [piece.start for piece, _ in pieces]
    assert starts[0] == one.week.start
    assert pieces[-1][0].end == one.week.end
    assert all(a.end == b.start for (a, _), (b, _) in pairwise(pieces))
    assert all(a != b for (_, a), (_, b) in pairwise(pieces))
    count = 0
    for at in instants:
        expected = one.expected(at)
        once = rules.decide(at=at, **asked)
        assert said_by(once) == expected, at.astimezone(one.town.tz)
        assert pieces[bisect.bisect_right(starts, at) - 1][1] == once, at
        count += 1
    return count


@pytest.mark.law
@pytest.mark.parametrize("tenth", range(10))
def test_evaluator_and_oracle_agree_at_and_beside_every_bound(tenth):
    many = 300 if LONG else 15
    looked = sum(
        agree(one, worlds.probes(one))
        for seed in range(tenth * many, (tenth + 1) * many)
        if (one := worlds.world(random.Random(seed)))
    )
    assert looked > 50 * many


@pytest.mark.law
def test_evaluator_and_oracle_agree_where_only_an_age_or_the_end_of_warnings_tells():
    looked = sum(agree(one, worlds.probes(one)) for one in worlds.aimed())
    assert looked > 3000


@pytest.mark.law
def test_evaluator_and_oracle_settle_rows_of_every_effect_and_priority_alike():
    for seed in range(20_000 if LONG else 1500):
        one = worlds.settling(random.Random(seed))
        assert agree(one, [one.week.start]) == 1


@pytest.mark.law
@pytest.mark.parametrize(("zone", "first"), worlds.WEEKS)
def test_evaluator_and_oracle_agree_in_every_minute_of_a_week(zone, first):
    found = 0
    for seed in range(10_000, 20_000):
        one = worlds.world(random.Random(seed))
        if one.town.tz.key == zone and one.week.start.date() == first:
            assert agree(one, worlds.minutes(one.week)) > 10_000
            found += 1
            if found == (20 if LONG else 1):
                return
    raise AssertionError("no such week")


@pytest.mark.law
@settings(max_examples=1000 if LONG else 40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_evaluator_and_oracle_agree_on_what_hypothesis_thinks_of(rng):
    one = worlds.world(rng)
    agree(one, worlds.probes(one))


@pytest.mark.law
def test_every_key_alone_is_answered_as_the_oracle_does_beside_every_bound():
    count = 0
    for asked, car, day in worlds.single():
        answer, missing = compile_who(msgspec.convert(asked, language.Who))(worlds.facts(car), day)
        assert (answer, frozenset(missing)) == oracle.who(asked, car, day), (asked, car, day)
        count += 1
    assert count > 3000


@pytest.mark.law
def test_random_rows_use_the_whole_language():
    whos, windows, effects, exempt = set(), set(), set(), set()
    for seed in range(400):
        for book in worlds.world(random.Random(seed)).book:
            for row in book.rows:
                assert language.read([row])[1] == []
                unless = row.get("unless", [])
                entries = unless if isinstance(unless, list) else [unless]
                for who in (row.get("who", {}), *(one.get("who", {}) for one in entries)):
                    whos |= set(_keys(who))
                windows |= {key for window in row.get("when", ()) for key in window}
                effects.add(row["what"]["effect"])
                exempt |= {key for one in entries for key in one}
    assert whos == {name.rstrip("_") for name in language.Who.__struct_fields__}
    assert windows == {name.rstrip("_") for name in language.When.__struct_fields__}
    assert effects == {
        "prohibit", "warn", "charge", "require_permit", "require_booking", "allow",
    }  # fmt: skip
    assert exempt == set(language.Unless.__struct_fields__)


def _keys(who):
    for name, value in who.items():
        yield name
        for part in value if name in ("any", "all") else [value] if name == "not" else ():
            yield from _keys(part)


def test_a_row_of_an_age_of_no_years_speaks_in_a_horizon_as_at_an_instant():
    old = regulation({"what": {"effect": "prohibit"}, "who": {"age_at_least_years": 0}})
    facts = VehicleFacts(first_registration_on=date(2020, 1, 1))
    noon = local("2026-05-05T12:00")
    day = Period(noon, noon + timedelta(hours=1))
    once = rules.decide(regulations=[old], facts=facts, at=noon, tz=HELSINKI)
    pieces = rules.intervals(regulations=[old], facts=facts, period=day, tz=HELSINKI)
    assert once.access.value == "prohibited"
    assert [verdict for _, verdict in pieces] == [once]


@pytest.mark.law
def test_the_latest_version_recorded_rules_where_its_legal_period_lies():
    rng = random.Random(4)
    for _ in range(100):
        versions = [worlds.version(rng, number) for number in range(1, rng.randint(2, 5))]
        for known in (None, worlds.hour(rng)):
            ruling = rules.in_force(versions, known)
            for at in worlds.hours():
                got = sorted((v.id.int, v.number) for v in ruling if v.legal.contains(at))
                assert got == worlds.ruling_at(versions, at, known)
