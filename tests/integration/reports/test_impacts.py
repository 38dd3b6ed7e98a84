"""The impact of a draft: who fares worse and who better, and that publishing rests on it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.gis.geos import Point

from carriers.models import RoutePlan, Stop
from curbs.models import CurbSession
from curbs.services import bookings
from foundation.models import OutboxMessage
from kernel.periods import Period
from kernel.refusals import Refusal
from kernel.verdicts import Access, Obligation, Verdict
from reports.comparing import Standing, standing
from reports.models import Impact
from reports.services import impacts
from tests import curb_factories, factories, zone_factories
from tests.factories import TUESDAY
from tracking.models import ZoneVisit
from zones.models import Regulation, RegulationVersion
from zones.services import grounds, publishing, regulations

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OVER_12_T = [{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 12_000}}]
SQUARE = [[24.93, 60.16], [24.96, 60.16], [24.96, 60.19], [24.93, 60.19], [24.93, 60.16]]
NO_DIESEL = [{"what": {"effect": "prohibit"}, "who": {"fuel": ["diesel"]}}]


@pytest.fixture
def city(hel, hel_city):
    hel.settings = {"zones": {"review": False}}
    hel.save()
    return factories.actor_of(hel_city)


@pytest.fixture
def zone(hel, city):
    """A zone around the curbs of these tests; lorries over 12 t are banned."""
    return zone_factories.zone(hel, rows=OVER_12_T, west=24.93, south=60.16, side=0.03)


@pytest.fixture
def curb(hel):
    return curb_factories.zone(curb_factories.line(hel))


def drafted(city, zone, rows=NO_DIESEL, legal_from=TUESDAY):
    regulation = Regulation.objects.get(zone=zone)
    return regulations.add_version(
        actor=city, regulation_id=regulation.id, rows=rows, legal_from=legal_from, now=TUESDAY
    )


def visited(vehicle, zone, at):
    return ZoneVisit.objects.create(
        id=uuid4(),
        city_id=vehicle.city_id,
        organisation_id=vehicle.organisation_id,
        vehicle_id=vehicle.id,
        touched_at=at,
        zone_id=zone.id,
        entered_at=at,
        left_at=at + timedelta(minutes=20),
        last_inside_at=at + timedelta(minutes=20),
        metres=900,
        points=20,
        crossing=False,
        gap_s=0,
        first_event_id=uuid4(),
        last_event_id=uuid4(),
    )


def planned_stop(vehicle, at, lng=24.945, lat=60.165):
    route = RoutePlan.objects.create(
        city=vehicle.city,
        organisation=vehicle.organisation,
        vehicle=vehicle,
        trip_id=uuid4(),
        service_on=at.date(),
        revision=1,
        source="sent",
        published_at=TUESDAY,
    )
    return Stop.objects.create(
        route=route,
        seq=1,
        stop_id=uuid4(),
        location=Point(lng, lat, srid=4326),
        planned_arrival_at=at,
    )


def booked(vehicle, curb, after_min=60):
    actor = factories.actor_of(vehicle.organisation)
    wish = curb_factories.asked(curb, vehicle, after_min=after_min, confirm=True)
    return bookings.hold(actor=actor, request=wish, now=TUESDAY)


def counted(impact, kind):
    return impact.counts[kind]["worse"], impact.counts[kind]["better"]


def test_visits_stops_and_bookings_whose_verdict_changes_are_counted_and_listed(
    city, zone, curb, carrier, other_carrier
):
    van = curb_factories.van(carrier)
    electric = curb_factories.van(other_carrier, fuels=["electric"], euro_class="")
    lorry = curb_factories.van(
        other_carrier, fuels=["electric"], euro_class="", category="N3", gross_weight_kg=18_000
    )
    seen = visited(van, zone, TUESDAY - DAY)
    visited(van, zone, TUESDAY - 8 * DAY)  # before the window
    visited(electric, zone, TUESDAY - DAY)
    visited(lorry, zone, TUESDAY - DAY)
    ahead = planned_stop(van, TUESDAY + DAY)
    planned_stop(van, TUESDAY + DAY, lng=24.90)  # outside the zone
    booking = booked(van, curb)
    booked(electric, curb)
    impact = impacts.of_draft(actor=city, version_id=drafted(city, zone).id, now=TUESDAY)
    assert (impact.state, impact.looked_at, impact.total) == ("done", 6, 6)
    assert counted(impact, "visits") == (1, 1)
    assert counted(impact, "stops") == (1, 0)
    assert counted(impact, "bookings") == (1, 0)
    assert counted(impact, "vehicles") == (1, 1)
    assert counted(impact, "carriers") == (1, 1)
    worse = next(item for item in impact.items["visits"] if item["change"] == "worse")
    assert (worse["id"], worse["before"], worse["after"]) == (str(seen.id), "free", "prohibited")
    assert impact.items["stops"][0]["id"] == str(ahead.stop_id)
    assert impact.items["bookings"][0]["id"] == str(booking.id)


def test_what_is_planned_is_judged_by_the_legal_period_and_the_past_as_if_it_had_held(
    city, zone, carrier
):
    van = curb_factories.van(carrier)
    visited(van, zone, TUESDAY - DAY)
    planned_stop(van, TUESDAY + DAY)
    planned_stop(van, TUESDAY + 3 * DAY)
    draft = drafted(city, zone, legal_from=TUESDAY + 2 * DAY)
    impact = impacts.of_draft(actor=city, version_id=draft.id, now=TUESDAY)
    assert counted(impact, "visits") == (1, 0)
    assert counted(impact, "stops") == (1, 0)


def test_what_happened_on_ground_that_was_drawn_since_is_judged_too(city, hel, curb, carrier):
    van = curb_factories.van(carrier)
    CurbSession.objects.create(
        id=uuid4(), city=hel, organisation_id=carrier.id, vehicle_id=van.id, evidence={},
        curb_line=curb.curb_line, curb_zone=curb,
        started_at=TUESDAY - DAY, ended_at=TUESDAY - DAY + HOUR,
    )  # fmt: skip
    planned_stop(van, TUESDAY - 2 * DAY)
    planned_stop(van, TUESDAY + DAY)
    new = grounds.create(
        actor=city, code="new", name="New", kind="other", legal_from=TUESDAY, now=TUESDAY,
        geometry={"type": "Polygon", "coordinates": [SQUARE]},
    )  # fmt: skip
    rule = regulations.create(actor=city, zone_id=new.id, code="new", title="New", now=TUESDAY)
    draft = regulations.add_version(
        actor=city, regulation_id=rule.id, rows=NO_DIESEL, legal_from=TUESDAY, now=TUESDAY
    )
    impact = impacts.of_draft(actor=city, version_id=draft.id, now=TUESDAY)
    assert (counted(impact, "stays"), counted(impact, "stops")) == ((1, 0), (2, 0))


def test_an_impact_is_computed_page_by_page_and_the_tick_goes_on(city, zone, carrier, monkeypatch):
    monkeypatch.setattr(impacts, "PAGE", 2)
    monkeypatch.setattr(impacts, "AT_ONCE", 1)
    van = curb_factories.van(carrier)
    for hours in range(5):
        visited(van, zone, TUESDAY - DAY + hours * HOUR)
    draft = drafted(city, zone)
    impact = impacts.of_draft(actor=city, version_id=draft.id, now=TUESDAY)
    assert (impact.state, impact.looked_at, impact.total) == ("computing", 2, 5)
    while impacts.compute_open(TUESDAY):
        pass
    impact.refresh_from_db()
    assert (impact.state, impact.looked_at) == ("done", 5)
    assert counted(impact, "visits") == (5, 0)
    assert counted(impact, "vehicles") == (1, 0)
    assert impacts.of_draft(actor=city, version_id=draft.id, now=TUESDAY + HOUR).id == impact.id


def test_cases_are_looked_at_with_queries_that_do_not_grow_with_them(
    city, zone, carrier, django_assert_max_num_queries
):
    for _ in range(30):
        visited(curb_factories.van(carrier), zone, TUESDAY - DAY)
    draft = drafted(city, zone)
    with django_assert_max_num_queries(120):
        few = impacts.of_draft(actor=city, version_id=draft.id, now=TUESDAY)
    assert counted(few, "visits") == (30, 0)


def test_publishing_takes_an_impact_of_exactly_this_draft(city, zone):
    draft = drafted(city, zone)
    impact = impacts.of_draft(actor=city, version_id=draft.id, now=TUESDAY)
    regulations.revise(
        actor=city, version_id=draft.id, rows=OVER_12_T, legal_from=TUESDAY, now=TUESDAY
    )

    def publish(impact_id):
        return publishing.publish(
            actor=city,
            version_id=draft.id,
            impact_id=impact_id,
            bookings="cancel",
            now=TUESDAY,
        )

    for wrong in (impact.id, uuid4()):
        with pytest.raises(Refusal) as refused:
            publish(wrong)
        assert refused.value.code == "zones.impact_differs"
        assert refused.value.reasons[0].pointer == "/impact_id"
    fresh = impacts.of_draft(actor=city, version_id=draft.id, now=TUESDAY)
    assert fresh.id != impact.id
    published = publish(fresh.id)
    assert (published.impact_id, published.bookings) == (fresh.id, "cancel")
    news = OutboxMessage.objects.filter(topic="regulation.published").latest("id")
    assert news.payload["bookings"] == "cancel"


def test_an_impact_of_another_city_is_no_impact(city, zone, hd):
    draft = drafted(city, zone)
    impact = impacts.of_draft(actor=city, version_id=draft.id, now=TUESDAY)
    assert impacts.find(hd.id, impact.id) is None
    assert impacts.find(city.city_id, impact.id).version_id == draft.id


def test_an_impact_of_a_draft_that_changed_meanwhile_fails(city, zone, carrier, monkeypatch):
    monkeypatch.setattr(impacts, "AT_ONCE", 0)
    draft = drafted(city, zone)
    impact = impacts.of_draft(actor=city, version_id=draft.id, now=TUESDAY)
    RegulationVersion.objects.filter(pk=draft.pk).update(vacate_by_s=60)
    assert impacts.advance(impact.id, now=TUESDAY).state == "failed"
    assert Impact.objects.get(pk=impact.pk).finished_at == TUESDAY


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (Standing("free"), Standing("prohibited"), "worse"),
        (Standing("undetermined"), Standing("permit"), "better"),
        (Standing("charge", 500), Standing("charge", 600), "worse"),
        (Standing("charge", 500), Standing("charge", 500), "same"),
        (Standing("warning"), Standing("free"), "better"),
    ],
)
def test_standings_are_compared_by_strictness_and_then_by_cost(before, after, change):
    assert after.against(before) == change


def test_the_strictest_part_of_a_case_counts_and_what_is_held_does_not():
    free, banned = Verdict(), Verdict(Access.PROHIBITED)
    assert standing([free, banned, free]).kind == "prohibited"
    assert standing([Verdict(Access.ALLOWED, (Obligation("permit", met=True),))]).kind == "free"
    assert standing([Verdict(Access.ALLOWED, (Obligation("booking"),))]).kind == "booking"


def test_periods_of_cases_are_never_empty(city, zone, carrier):
    van = curb_factories.van(carrier)
    row = visited(van, zone, TUESDAY - DAY)
    ZoneVisit.objects.filter(pk=row.pk).update(left_at=row.entered_at)
    from reports.selectors import cases

    evaluator = impacts.decisions.evaluator(city.city)
    ground = impacts._ground(evaluator, drafted(city, zone), TUESDAY)
    (case,), further = cases.page(ground, "visits", None, 10)
    assert case.period == Period(row.entered_at, row.entered_at + timedelta(seconds=1))
    assert further is None
