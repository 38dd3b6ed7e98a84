"""Plans under a rule that was published after them: marked, and proposals outdated; and the mark
lifted when the rule forbids nothing any more."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.gis.geos import LineString, Point

from carriers.models import RoutePlan
from curbs.services import setup
from foundation.models import OutboxMessage
from kernel.identifiers import uuid7
from routing.models import Plan, PlanRoute, PlanStop, Run
from tests import curb_factories, factories, zone_factories
from tests.factories import TUESDAY
from zones.models import Regulation
from zones.services import calendars, grounds, regulations, suspending

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
INSIDE, OUTSIDE = (24.945, 60.165), (24.90, 60.165)
NO_DIESEL = [
    {"what": {"effect": "prohibit"}, "who": {"fuel": ["diesel"]}, "sentence": "No diesel."}
]
OVER_12_T = [{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 12_000}}]


@pytest.fixture
def city(hel_city):
    return factories.actor_of(hel_city)


@pytest.fixture
def zone(hel):
    return zone_factories.zone(hel, rows=OVER_12_T, west=24.93, south=60.16, side=0.03)


def planned(vehicle, state, place, at=TUESDAY + HOUR):
    whose = {"city": vehicle.city, "organisation": vehicle.organisation, "service_on": at.date()}
    run = Run.objects.create(**whose, vehicle_ids=[vehicle.id], created_at=TUESDAY)
    plan = Plan.objects.create(
        **whose,
        run=run,
        vehicle_ids=[vehicle.id],
        state=state,
        certified_at=TUESDAY,
        certified_under={},
        rounds=1,
    )
    facts = whose | {"vehicle": vehicle, "trip_id": uuid4(), "published_at": TUESDAY}
    is_open = state != "accepted"
    route = RoutePlan.objects.create(**facts, revision=1, source="sent", is_current=is_open)
    if not is_open:
        RoutePlan.objects.create(**facts, revision=2, source="plan")
    way = PlanRoute.objects.create(
        plan=plan,
        seq=1,
        route=route,
        vehicle_id=vehicle.id,
        trip_id=route.trip_id,
        profile="truck",
        start_at=TUESDAY,
        end_at=at + HOUR,
        driven_s=600,
        distance_m=3000,
        line=LineString(OUTSIDE, place, srid=4326),
        offsets_s=[0, 600],
    )
    PlanStop.objects.create(
        planned=way,
        seq=1,
        stop_id=uuid4(),
        location=Point(*place, srid=4326),
        arrive_at=at,
        start_at=at,
        depart_at=at + timedelta(minutes=5),
    )
    return plan


def publish(city, zone):
    regulation = Regulation.objects.get(zone=zone)
    draft = regulations.add_version(
        actor=city, regulation_id=regulation.id, rows=NO_DIESEL, legal_from=TUESDAY, now=TUESDAY
    )
    return regulations.publish(actor=city, version_id=draft.id, now=TUESDAY)


def states(*plans):
    known = Plan.objects.in_bulk([plan.id for plan in plans])
    return [(known[plan.id].state, len(known[plan.id].infeasible)) for plan in plans]


def test_a_proposal_is_outdated_and_an_accepted_plan_names_the_stops_it_cannot_serve(
    carrier, city, zone, drain
):
    van = curb_factories.van(carrier)
    electric = curb_factories.van(carrier, fuels=["electric"], euro_class="")
    proposed, accepted = (planned(van, state, INSIDE) for state in ("proposed", "accepted"))
    clean, outside = planned(electric, "proposed", INSIDE), planned(van, "proposed", OUTSIDE)
    driven = planned(van, "accepted", INSIDE, at=TUESDAY - HOUR)
    version = publish(city, zone)
    drain(as_of=TUESDAY)
    assert states(proposed, accepted, clean, outside, driven) == [
        ("outdated", 1),
        ("accepted", 1),
        ("proposed", 0),
        ("proposed", 0),
        ("accepted", 0),
    ]
    accepted.refresh_from_db()
    (stop,) = accepted.infeasible
    assert (stop["sentence"], stop["version_id"]) == ("No diesel.", str(version.id))
    news = OutboxMessage.objects.filter(topic="plan.infeasible", key=carrier.id)
    assert {row.payload["plan_id"] for row in news} == {str(proposed.id), str(accepted.id)}


def test_a_rule_that_rules_again_marks_what_was_planned_while_it_did_not(
    carrier, city, zone, drain
):
    version = publish(city, zone)
    suspending.suspend(actor=city, version_id=version.id, reason="A march", now=TUESDAY)
    drain(as_of=TUESDAY)
    plan = planned(curb_factories.van(carrier), "accepted", INSIDE)
    suspending.resume(actor=city, version_id=version.id, now=TUESDAY + HOUR / 2)
    drain(as_of=TUESDAY + HOUR / 2)
    assert states(plan) == [("accepted", 1)]


def test_a_calendar_that_changes_marks_what_rules_forbid_that_ask_for_it(
    carrier, city, hel, zone, drain
):
    """A stop to come while the calendar is on; neither one after it nor one by other rules."""
    rows = [row | {"when": [{"calendar": "smog"}]} for row in NO_DIESEL]
    zone_factories.zone(hel, rows=rows, west=24.93, south=60.16, side=0.03)
    smog = calendars.create(actor=city, code="smog", name="Smog", now=TUESDAY)
    other = calendars.create(actor=city, code="market", name="Market", now=TUESDAY)
    van = curb_factories.van(carrier)
    within, after = (planned(van, "accepted", INSIDE, at=TUESDAY + n * HOUR) for n in (1, 5))
    tomorrow = planned(van, "proposed", INSIDE, at=TUESDAY + 24 * HOUR)
    until = TUESDAY + 3 * HOUR
    calendars.switch_on(actor=city, calendar_id=other.id, now=TUESDAY)
    drain(as_of=TUESDAY)
    assert states(within, after, tomorrow) == [("accepted", 0), ("accepted", 0), ("proposed", 0)]
    calendars.switch_on(actor=city, calendar_id=smog.id, until=until, now=TUESDAY)
    drain(as_of=TUESDAY)
    assert states(within, after, tomorrow) == [("accepted", 1), ("accepted", 0), ("proposed", 0)]
    day = (TUESDAY + 24 * HOUR).date()
    calendars.set_days(actor=city, code="smog", days=[day], now=TUESDAY)
    drain(as_of=TUESDAY)
    assert states(within, after, tomorrow) == [("accepted", 1), ("accepted", 0), ("outdated", 1)]


def replace(plan):
    """Send another route for the trip of a plan."""
    row = plan.routes.get()
    revisions = RoutePlan.objects.filter(trip_id=row.trip_id).order_by("revision")
    last = revisions.last()
    revisions.update(is_current=False)
    last.pk, last.revision, last.is_current = uuid7(), last.revision + 1, True
    last.save(force_insert=True)


@pytest.mark.parametrize("state", ["proposed", "accepted"])
def test_a_plan_in_whose_place_another_way_has_come_is_not_looked_at(
    carrier, city, zone, drain, state
):
    plan = planned(curb_factories.van(carrier), state, INSIDE)
    replace(plan)
    publish(city, zone)
    drain(as_of=TUESDAY)
    assert states(plan) == [(state, 0)]


def test_a_policy_of_a_curb_zone_marks_stops_at_it_and_the_next_one_lifts_the_marks(
    carrier, hel, drain
):
    line = curb_factories.line(hel)
    curb = curb_factories.zone(line, rows=[{"what": {"effect": "allow"}}])
    van = curb_factories.van(carrier)
    lng, lat = line.geometry.coords[0]
    at_it = planned(van, "accepted", (lng + 0.0001, lat + 0.00005))  # 5.6 m beside the curb
    across = planned(van, "accepted", (lng + 0.0001, lat + 0.0002))  # 22 m
    setup.add_policy(zone=curb, policy={"rows": NO_DIESEL}, legal_from=TUESDAY, now=TUESDAY)
    drain(as_of=TUESDAY)
    assert states(at_it, across) == [("accepted", 1), ("accepted", 0)]
    later = TUESDAY + HOUR / 4
    setup.add_policy(zone=curb, policy={"rows": OVER_12_T}, legal_from=later, now=later)
    drain(as_of=later)
    assert states(at_it, across) == [("accepted", 0), ("accepted", 0)]
    assert news("plan.feasible") == [(str(at_it.id), 1)]


def test_a_calendar_marks_stops_at_curbs_whose_policy_asks_for_it(carrier, city, hel, drain):
    line = curb_factories.line(hel)
    curb_factories.zone(line, rows=[row | {"when": [{"calendar": "smog"}]} for row in NO_DIESEL])
    smog = calendars.create(actor=city, code="smog", name="Smog", now=TUESDAY)
    plan = planned(curb_factories.van(carrier), "accepted", line.geometry.coords[0])
    calendars.switch_on(actor=city, calendar_id=smog.id, now=TUESDAY)
    drain(as_of=TUESDAY)
    assert states(plan) == [("accepted", 1)]


def news(topic):
    rows = OutboxMessage.objects.filter(topic=topic).order_by("id")
    return [(row.payload["plan_id"], len(row.payload["stops"])) for row in rows]


@pytest.mark.parametrize("end", ["suspended", "annulled", "succeeded"])
def test_a_mark_is_lifted_when_the_rule_forbids_it_no_more(carrier, city, zone, drain, end):
    van = curb_factories.van(carrier)
    accepted, proposed = (planned(van, state, INSIDE) for state in ("accepted", "proposed"))
    version = publish(city, zone)
    drain(as_of=TUESDAY)
    later = TUESDAY + HOUR / 4
    if end == "suspended":
        suspending.suspend(actor=city, version_id=version.id, reason="A march", now=later)
    elif end == "annulled":
        regulations.annul(actor=city, version_id=version.id, reason="A mistake", now=later)
    else:
        draft = regulations.add_version(
            actor=city, regulation_id=version.regulation_id, rows=OVER_12_T, legal_from=later,
            now=later,
        )  # fmt: skip
        regulations.publish(actor=city, version_id=draft.id, now=later)
    drain(as_of=later)
    assert states(accepted, proposed) == [("accepted", 0), ("outdated", 1)]
    assert news("plan.feasible") == [(str(accepted.id), 1)]
    drain(as_of=later)
    assert len(news("plan.feasible")) == 1


def test_a_mark_of_another_rule_stands(carrier, city, hel, zone, drain):
    plan = planned(curb_factories.van(carrier), "accepted", INSIDE)
    other = zone_factories.zone(hel, rows=OVER_12_T, west=24.93, south=60.16, side=0.03)
    first, _second = publish(city, zone), publish(city, other)
    drain(as_of=TUESDAY)
    assert states(plan) == [("accepted", 2)]
    suspending.suspend(actor=city, version_id=first.id, reason="A march", now=TUESDAY)
    drain(as_of=TUESDAY)
    assert states(plan) == [("accepted", 1)]
    assert news("plan.feasible") == []  # the stop cannot be served yet


def test_a_stop_is_marked_for_each_rule_that_forbids_it(carrier, city, hel, drain):
    """Two zones ask for one calendar: when the one is suspended the other still forbids."""
    rows = [row | {"when": [{"calendar": "smog"}]} for row in NO_DIESEL]
    where = {"rows": rows, "west": 24.93, "south": 60.16, "side": 0.03}
    first, second = zone_factories.zone(hel, **where), zone_factories.zone(hel, **where)
    smog = calendars.create(actor=city, code="smog", name="Smog", now=TUESDAY)
    plan = planned(curb_factories.van(carrier), "accepted", INSIDE)
    calendars.switch_on(actor=city, calendar_id=smog.id, now=TUESDAY)
    drain(as_of=TUESDAY)
    assert states(plan) == [("accepted", 2)]
    for zone, left in (first, 1), (second, 0):
        version = Regulation.objects.get(zone=zone).versions.get()
        suspending.suspend(actor=city, version_id=version.id, reason="A march", now=TUESDAY)
        drain(as_of=TUESDAY)
        assert states(plan) == [("accepted", left)]
    assert news("plan.feasible") == [(str(plan.id), 1)]


def test_a_rule_that_silences_another_lifts_its_mark_for_as_long_as_it_rules(
    carrier, city, zone, drain
):
    plan = planned(curb_factories.van(carrier), "accepted", INSIDE)
    publish(city, zone)
    drain(as_of=TUESDAY)
    assert states(plan) == [("accepted", 1)]
    feast = regulations.create(
        actor=city, zone_id=zone.id, code="feast", title="Feast", now=TUESDAY
    )
    draft = regulations.add_version(
        actor=city,
        regulation_id=feast.id,
        rows=[{"what": {"effect": "allow"}, "priority": 5}],
        legal_from=TUESDAY,
        now=TUESDAY,
    )
    regulations.publish(actor=city, version_id=draft.id, now=TUESDAY)
    drain(as_of=TUESDAY)
    assert states(plan) == [("accepted", 0)]
    regulations.annul(actor=city, version_id=draft.id, reason="A mistake", now=TUESDAY)
    drain(as_of=TUESDAY)
    assert states(plan) == [("accepted", 1)]


def test_ground_that_is_drawn_anew_marks_stops_on_it_and_lifts_the_marks_of_others(
    carrier, city, zone, drain
):
    van = curb_factories.van(carrier)
    inside, outside = planned(van, "accepted", INSIDE), planned(van, "accepted", OUTSIDE)
    publish(city, zone)
    drain(as_of=TUESDAY)
    assert states(inside, outside) == [("accepted", 1), ("accepted", 0)]
    west = [[24.89, 60.16], [24.92, 60.16], [24.92, 60.18], [24.89, 60.16]]
    geometry = {"type": "Polygon", "coordinates": [west]}
    grounds.set_ground(
        actor=city, zone_id=zone.id, geometry=geometry, legal_from=TUESDAY, now=TUESDAY
    )
    drain(as_of=TUESDAY)
    assert states(inside, outside) == [("accepted", 0), ("accepted", 1)]
    assert news("plan.feasible") == [(str(inside.id), 1)]


def test_a_calendar_that_is_switched_off_lifts_its_marks(carrier, city, hel, drain):
    rows = [row | {"when": [{"calendar": "smog"}]} for row in NO_DIESEL]
    zone_factories.zone(hel, rows=rows, west=24.93, south=60.16, side=0.03)
    smog = calendars.create(actor=city, code="smog", name="Smog", now=TUESDAY)
    plan = planned(curb_factories.van(carrier), "accepted", INSIDE)
    calendars.switch_on(actor=city, calendar_id=smog.id, now=TUESDAY)
    drain(as_of=TUESDAY)
    assert states(plan) == [("accepted", 1)]
    calendars.switch_off(actor=city, calendar_id=smog.id, now=TUESDAY + HOUR / 4)
    drain(as_of=TUESDAY + HOUR / 4)
    assert states(plan) == [("accepted", 0)]
