"""Bookings: who gets which metres, who is refused and why, and what happens when time passes."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from psycopg.types.range import Range

from curbs import codes
from curbs.models import Booking, CurbLine
from curbs.querysets import as_range
from curbs.services import bookings
from foundation.models import AuditEntry, OutboxMessage
from kernel.periods import Period
from kernel.refusals import Refusal
from tests import curb_factories as make
from tests import factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def curb(hel):
    """A zone of 30 m: three vans."""
    return make.zone(make.line(hel))


@pytest.fixture
def actor(carrier):
    return factories.actor_of(carrier)


@pytest.fixture
def van(carrier):
    return make.van(carrier)


def hold(actor, curb, van, now=TUESDAY, **changes):
    return bookings.hold(actor=actor, request=make.asked(curb, van, **changes), now=now)


def test_a_hold_has_metres_a_price_a_reference_and_five_minutes(actor, curb, van):
    booking = hold(actor, curb, van)
    assert booking.state == "held"
    assert (booking.metres.lower, booking.metres.upper) == (0, 8)
    assert (booking.price_amount, booking.currency) == (100, "EUR")
    assert booking.reference.startswith("HEL-")
    assert booking.hold_expires_at == TUESDAY + timedelta(minutes=5)
    assert booking.policy_version.number == 1


def test_a_fourth_van_is_refused_and_told_where_else(actor, carrier, hel, curb):
    nearby = make.zone(make.line(hel))
    for _ in range(3):
        hold(actor, curb, make.van(carrier))
    with pytest.raises(Refusal) as refused:
        hold(actor, curb, make.van(carrier))
    (reason,) = refused.value.reasons
    assert reason.code == codes.METRES_TAKEN
    assert reason.facts["longest_free_m"] == 6.0
    times = [found["from"] for found in reason.facts["alternatives"]["times"]]
    assert times[:2] == [
        (TUESDAY + timedelta(minutes=90)).isoformat(),
        (TUESDAY + timedelta(minutes=30)).isoformat(),
    ]
    (other,) = reason.facts["alternatives"]["zones"]
    assert other["curb_zone_id"] == str(nearby.id)
    assert other["distance_m"] == 111  # 0.001 degrees of latitude


def test_a_refusal_leaves_no_trace_but_its_answer(actor, curb, hel):
    car = make.van(actor.organisation, category="M1")
    with pytest.raises(Refusal) as refused:
        hold(actor, curb, car)
    assert [r.detail for r in refused.value.reasons] == ["Only goods vehicles may stop here."]
    assert Booking.objects.count() == 0
    assert not OutboxMessage.objects.filter(topic="booking.changed").exists()


def test_the_booking_itself_meets_the_need_for_a_booking(actor, curb, van):
    assert hold(actor, curb, van, confirm=True).state == "confirmed"


def test_another_carriers_vehicle_is_not_there(curb, carrier, other_carrier):
    stranger = factories.actor_of(other_carrier)
    with pytest.raises(Refusal) as refused:
        hold(stranger, curb, make.van(carrier))
    assert refused.value.status == 404


def test_an_agent_books_for_its_principal_and_both_are_audited(curb, carrier, other_carrier):
    mandate = factories.mandate(carrier, other_carrier, "curbs:book")
    agent = factories.actor_of(other_carrier)
    booking = hold(agent, curb, make.van(carrier))
    assert booking.organisation_id == carrier.id
    assert booking.booked_by_id == other_carrier.id
    assert booking.mandate_id == mandate.id
    entry = AuditEntry.objects.get(action="booking.held")
    assert (entry.organisation_id, entry.on_behalf_of) == (other_carrier.id, carrier.id)
    assert entry.inputs["policy_version"] == str(booking.policy_version_id)


def test_every_change_leaves_the_outbox_with_a_growing_version(actor, curb, van):
    booking = hold(actor, curb, van)
    step = {"actor": actor, "booking_id": booking.id}
    bookings.confirm(**step, now=TUESDAY)
    bookings.check_in(**step, now=TUESDAY + timedelta(minutes=58))
    bookings.check_out(**step, now=TUESDAY + timedelta(minutes=70))
    told = OutboxMessage.objects.filter(topic="booking.changed").order_by("id")
    assert [(m.payload["change"], m.payload["version"]) for m in told] == [
        ("held", 1),
        ("confirmed", 2),
        ("checked_in", 3),
        ("completed", 4),
    ]
    assert {m.key for m in told} == {van.id}


def test_who_checks_out_frees_the_rest_of_the_time(actor, carrier, curb):
    vans = [make.van(carrier) for _ in range(3)]
    first, *_ = [hold(actor, curb, v, confirm=True) for v in vans]
    bookings.check_in(actor=actor, booking_id=first.id, now=TUESDAY + timedelta(minutes=60))
    bookings.check_out(actor=actor, booking_id=first.id, now=TUESDAY + timedelta(minutes=70))
    now = TUESDAY + timedelta(minutes=70)
    late = hold(actor, curb, make.van(carrier), now=now, after_min=70, minutes=15)
    assert (late.metres.lower, late.metres.upper) == (0, 8)


def test_a_hold_that_ran_out_holds_no_metres_and_cannot_be_confirmed(actor, carrier, curb):
    holds = [hold(actor, curb, make.van(carrier)) for _ in range(3)]
    later = TUESDAY + timedelta(minutes=5)
    assert hold(actor, curb, make.van(carrier), now=later).metres.lower == 0
    assert Booking.objects.filter(state="expired").count() == 3
    with pytest.raises(Refusal) as refused:
        bookings.confirm(actor=actor, booking_id=holds[0].id, now=later)
    assert refused.value.code == codes.WRONG_STATE


def test_a_hold_can_be_confirmed_until_the_second_it_runs_out(actor, curb, van):
    booking = hold(actor, curb, van)
    with pytest.raises(Refusal) as refused:
        bookings.confirm(actor=actor, booking_id=booking.id, now=TUESDAY + timedelta(minutes=5))
    assert refused.value.code == codes.HOLD_EXPIRED
    just_before = TUESDAY + timedelta(minutes=4, seconds=59)
    confirmed = bookings.confirm(actor=actor, booking_id=booking.id, now=just_before)
    assert confirmed.state == "confirmed"


def test_a_vehicle_that_does_not_come_loses_the_rest_of_its_time(actor, carrier, curb):
    booked = hold(actor, curb, make.van(carrier), confirm=True)
    assert bookings.no_shows(now=TUESDAY + timedelta(minutes=74, seconds=59)) == 0
    assert bookings.no_shows(now=TUESDAY + timedelta(minutes=75)) == 1
    booked.refresh_from_db()
    assert booked.state == "no_show"
    with pytest.raises(Refusal) as refused:
        bookings.check_in(actor=actor, booking_id=booked.id, now=TUESDAY + timedelta(minutes=76))
    assert refused.value.code == codes.WRONG_STATE


def test_check_in_opens_fifteen_minutes_before_the_start(actor, curb, van):
    booked = hold(actor, curb, van, confirm=True)
    with pytest.raises(Refusal) as refused:
        bookings.check_in(
            actor=actor, booking_id=booked.id, now=TUESDAY + timedelta(minutes=44, seconds=59)
        )
    assert refused.value.code == codes.TOO_EARLY
    opens = TUESDAY + timedelta(minutes=45)
    assert bookings.check_in(actor=actor, booking_id=booked.id, now=opens).state == "checked_in"


def test_a_booking_is_extended_on_its_own_metres_at_its_own_price(actor, curb, van):
    booked = hold(actor, curb, van, confirm=True)
    until = TUESDAY + timedelta(minutes=120)
    longer = bookings.extend(actor=actor, booking_id=booked.id, until=until, now=TUESDAY)
    assert (longer.during.upper, longer.price_amount) == (until, 200)


def test_an_extension_into_the_metres_of_another_is_refused(actor, carrier, curb):
    booked = hold(actor, curb, make.van(carrier), confirm=True)
    hold(actor, curb, make.van(carrier), after_min=90)
    with pytest.raises(Refusal) as refused:
        bookings.extend(
            actor=actor,
            booking_id=booked.id,
            until=TUESDAY + timedelta(minutes=100),
            now=TUESDAY,
        )
    assert [r.code for r in refused.value.reasons] == [codes.METRES_TAKEN]


def test_several_bookings_are_held_together_or_not_at_all(actor, carrier, hel, curb):
    other = make.zone(make.line(hel))
    wishes = [make.asked(zone, make.van(carrier)) for zone in (curb, other, curb)]
    made = bookings.hold_many(actor=actor, requests=wishes, now=TUESDAY)
    assert [b.metres.lower for b in made] == [0, 0, 8]
    more = [make.asked(curb, make.van(carrier)) for _ in range(2)]
    with pytest.raises(Refusal) as refused:
        bookings.hold_many(actor=actor, requests=more, now=TUESDAY)
    assert [(r.code, r.pointer) for r in refused.value.reasons] == [(codes.METRES_TAKEN, "/1")]
    assert Booking.objects.count() == 3


def test_a_new_zone_version_opens_no_second_ledger_for_the_same_metres(actor, carrier, hel):
    line = make.line(hel, metres=60)
    first = make.zone(line, 0, 16)
    for _ in range(2):
        hold(actor, first, make.van(carrier))
    second = make.zone(line, 16, 24)
    assert hold(actor, second, make.van(carrier)).metres.lower == 16
    with pytest.raises(Refusal) as refused:
        make.zone(line, 10, 20)
    assert refused.value.code == codes.ZONES_OVERLAP


def test_the_database_refuses_a_second_holder_of_a_metre(actor, carrier, curb):
    booked = hold(actor, curb, make.van(carrier))
    twin = Booking.objects.get(pk=booked.pk)
    twin.pk = twin.id = make.van(carrier).id
    twin.reference, twin.metres = "HEL-AAAA-AA", Range(7, 9, "[)")
    with pytest.raises(IntegrityError, match="curbs_booking_no_metre_twice"), transaction.atomic():
        twin.save(force_insert=True)


@pytest.mark.parametrize("column", ["metres", "during"])
def test_the_database_refuses_empty_ranges(actor, carrier, curb, column):
    booked = hold(actor, curb, make.van(carrier))
    empty = {
        "metres": Range(5, 5, "[)"),
        "during": as_range(Period(TUESDAY, TUESDAY)),
    }[column]
    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.filter(pk=booked.pk).update(**{column: empty})


def test_the_database_refuses_to_move_a_curb_line(curb):
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        CurbLine.objects.update(street_name="Elsewhere")
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        CurbLine.objects.all()._raw_delete("default")
