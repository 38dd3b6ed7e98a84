"""What becomes of bookings when a rule is published: honoured or cancelled, as the city chose."""

from datetime import timedelta
from uuid import uuid4

import pytest

from compliance import judging
from compliance.rules import Act, ActKind
from curbs import decisions
from curbs.models import Booking
from curbs.services import bookings
from foundation.models import OutboxMessage
from kernel.periods import Period
from tests import curb_factories as make
from tests import factories, zone_factories
from tests.factories import TUESDAY
from zones.models import Regulation
from zones.services import regulations

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NO_DIESEL = [
    {
        "what": {"effect": "prohibit"},
        "who": {"fuel": ["diesel"]},
        "unless": {"permit": ["resident"]},
        "sentence": "No diesel.",
    }
]
OVER_12_T = [{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 12_000}}]


@pytest.fixture
def city(hel_city):
    return factories.actor_of(hel_city)


@pytest.fixture
def zone(hel):
    return zone_factories.zone(hel, rows=OVER_12_T, west=24.93, south=60.16, side=0.03)


@pytest.fixture
def curb(hel):
    return make.zone(make.line(hel))


@pytest.fixture
def van(carrier):
    return make.van(carrier)


def booked(vehicle, curb, after_min=60, now=TUESDAY):
    actor = factories.actor_of(vehicle.organisation)
    wish = make.asked(curb, vehicle, after_min=after_min, confirm=True)
    return bookings.hold(actor=actor, request=wish, now=now)


def publish(city, zone, choice, rows=NO_DIESEL, legal_from=TUESDAY):
    regulation = Regulation.objects.get(zone=zone)
    now = TUESDAY + timedelta(minutes=1)
    draft = regulations.add_version(
        actor=city, regulation_id=regulation.id, rows=rows, legal_from=legal_from, now=now
    )
    return regulations.publish(actor=city, version_id=draft.id, bookings=choice, now=now)


def verdict(hel, vehicle, place, at):
    held = decisions.bookings_of([vehicle.id], Period(at, at + HOUR))
    return decisions.decide(
        city=hel,
        facts=vehicle.facts(),
        place=place,
        at=at,
        bookings=held.get(vehicle.id, ()),
    )


def test_a_booking_that_the_new_rule_forbids_is_cancelled_with_reason_and_alternatives(
    hel, city, zone, curb, van, drain
):
    booking = booked(van, curb)
    elsewhere = make.zone(
        make.line(hel, coordinates=[(24.9280, 60.1690), (24.9290, 60.1690)], surveyed_m=55)
    )
    version = publish(city, zone, "cancel")
    drain(as_of=TUESDAY + timedelta(minutes=2))
    booking.refresh_from_db()
    assert booking.state == "cancelled"
    told = booking.cancelled_for
    assert (told["sentences"], told["version_id"]) == (["No diesel."], str(version.id))
    assert told["remedies"] == ["permit:resident"]
    assert told["alternatives"]["times"] == []  # the rule holds all day there
    assert str(curb.id) not in str(told["alternatives"]["zones"])
    news = OutboxMessage.objects.filter(topic="booking.changed").latest("id").payload
    assert (news["state"], news["cancelled_for"]["sentences"]) == ("cancelled", ["No diesel."])
    assert elsewhere.id != curb.id


def test_another_time_is_offered_when_the_rule_does_not_hold_all_day(city, zone, curb, van, drain):
    booking = booked(van, curb)  # 11:00 to 11:30 in Helsinki
    until_noon = [{**NO_DIESEL[0], "when": [{"from": "06:00", "to": "12:00"}]}]
    publish(city, zone, "cancel", rows=until_noon)
    drain(as_of=TUESDAY + timedelta(minutes=2))
    booking.refresh_from_db()
    times = booking.cancelled_for["alternatives"]["times"]
    assert times
    assert all(one["from"] >= "2026-05-12T09:00:00+00:00" for one in times)  # noon in Helsinki


def test_bookings_that_the_rule_allows_or_does_not_reach_stay(
    hel, carrier, city, zone, curb, van, drain
):
    electric = make.van(carrier, fuels=["electric"], euro_class="")
    outside = make.zone(
        make.line(hel, coordinates=[(24.90, 60.168), (24.901, 60.168)], surveyed_m=55)
    )
    kept = [booked(electric, curb), booked(van, outside), booked(make.van(carrier), curb, 23 * 60)]
    publish(city, zone, "cancel", rows=[{**NO_DIESEL[0], "when": [{"to": "12:00"}]}])
    drain(as_of=TUESDAY + timedelta(minutes=2))
    states = Booking.objects.in_bulk([one.id for one in kept])
    assert {states[one.id].state for one in kept[:2]} == {"confirmed"}
    # The third one is on Wednesday at 9: the rule holds until noon.
    assert states[kept[2].id].state == "cancelled"


def test_a_booking_made_before_is_honoured_by_decisions_and_one_made_after_is_not(
    hel, carrier, city, zone, curb, van, drain
):
    booking = booked(van, curb)
    publish(city, zone, "grandfather")
    drain(as_of=TUESDAY + timedelta(minutes=2))
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    place, inside = decisions.AtCurb(curb.id), booking.during.lower
    assert verdict(hel, van, place, inside).admissible
    assert verdict(hel, van, decisions.InZone(zone.id), inside).admissible
    # Half an hour to come and to go belongs to the booking, no more.
    after = booking.during.upper + timedelta(minutes=30)
    assert verdict(hel, van, decisions.InZone(zone.id), after - timedelta(seconds=1)).admissible
    assert not verdict(hel, van, decisions.InZone(zone.id), after).admissible
    assert not verdict(hel, make.van(carrier), place, inside).admissible


def test_the_rule_before_still_rules_over_who_is_honoured(hel, carrier, city, zone, curb):
    van = make.van(carrier)
    booking = booked(van, curb)
    van.gross_weight_kg = 12_500
    van.save()
    publish(city, zone, "grandfather")
    answer = verdict(hel, van, decisions.InZone(zone.id), booking.during.lower)
    assert not answer.admissible
    assert {reason.sentence for reason in answer.reasons} == {"No access: vehicles over 12 t."}


@pytest.mark.parametrize(("choice", "findings"), [("grandfather", 0), ("cancel", 1)])
def test_a_visit_for_an_honoured_booking_is_no_finding(
    hel, city, zone, curb, van, choice, findings
):
    booking = booked(van, curb)
    publish(city, zone, choice)
    visit = Act(
        kind=ActKind.VISIT,
        id=uuid4(),
        city_id=hel.id,
        organisation_id=van.organisation_id,
        vehicle_id=van.id,
        place_id=zone.id,
        period=Period(booking.during.lower, booking.during.upper),
        running=False,
        seen={},
    )
    assert len(judging.judge(hel, [visit])) == findings
