from datetime import timedelta
from uuid import UUID

import shapely

from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from tests.unit.zones.rulebook import HELSINKI, LONG_AGO, ZONE, local, regulation
from zones.book import RuleBook, ZoneCard
from zones.geography import Shape

BAN = {"what": {"effect": "prohibit"}}
NOON = local("2026-03-10T12:00")


def ground(grace_s, number=1, recorded=None, legal=None):
    return Shape(
        zone_id=ZONE,
        number=number,
        geometry=shapely.box(24.94, 60.16, 24.95, 60.17),
        legal=legal or Period(LONG_AGO),
        recorded=recorded or Period(LONG_AGO),
        grace=timedelta(seconds=grace_s),
    )


def book(*shapes, versions=()):
    return RuleBook(
        city_id=UUID(int=1),
        tz=HELSINKI,
        change=1,
        cards={ZONE: ZoneCard(ZONE, "z", "Z", "other")},
        shapes=shapes,
        versions={ZONE: versions},
    )


def test_the_grace_is_that_of_the_ground_at_the_beginning_of_the_act():
    later = ground(60, number=2, legal=Period(NOON))
    assert book(ground(30), later).grace(ZONE, NOON - timedelta(seconds=1)) == timedelta(seconds=30)
    assert book(ground(30), later).grace(ZONE, NOON) == timedelta(seconds=60)
    assert book().grace(ZONE, NOON) == timedelta()


def test_less_grace_that_is_recorded_later_does_not_reach_back_and_more_does():
    recorded = Period(NOON + timedelta(hours=1))
    assert book(ground(30), ground(10, 2, recorded)).grace(ZONE, NOON) == timedelta(seconds=30)
    assert book(ground(30), ground(90, 2, recorded)).grace(ZONE, NOON) == timedelta(seconds=90)
    after = NOON + timedelta(hours=2)
    assert book(ground(30), ground(10, 2, recorded)).grace(ZONE, after) == timedelta(seconds=10)


def test_a_visit_is_judged_with_the_grace_of_its_zone():
    act = Period(NOON, NOON + timedelta(seconds=45))
    ban = regulation(BAN)
    assert len(book(ground(30), versions=[ban]).judge(ZONE, act, VehicleFacts())) == 1
    assert book(ground(60), versions=[ban]).judge(ZONE, act, VehicleFacts()) == []


def test_rules_can_be_asked_for_by_instant_and_by_knowledge():
    version = regulation(BAN, legal=Period(NOON), recorded=Period(NOON + timedelta(hours=1)))
    rules = book(ground(30), versions=[version])
    assert [r.version for r in rules.regulations(ZONE)] == [version.version]
    assert rules.regulations(ZONE, NOON - timedelta(seconds=1)) == []
    assert rules.regulations(ZONE, NOON, known_at=NOON) == []
    assert len(rules.regulations(ZONE, NOON, known_at=NOON + timedelta(hours=1))) == 1
    assert rules.history(UUID(int=9)) == ()
