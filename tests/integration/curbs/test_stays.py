"""Stays at the curb: written by difference, announced, and checked in by themselves."""

from datetime import timedelta
from uuid import UUID

import pytest

from curbs.models import Booking, CurbSession
from curbs.selectors import bookings as booked
from curbs.services import bookings, sessions
from foundation import consumers
from foundation.models import OutboxMessage
from kernel.periods import Period
from tests import curb_factories as make
from tests import factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db


def minutes(count):
    return timedelta(minutes=count)


@pytest.fixture
def curb(hel):
    return make.zone(make.line(hel))


@pytest.fixture
def van(carrier):
    return make.van(carrier)


def stay(curb, number=1, start=60, end=None, **changes):
    return sessions.Stay(
        id=UUID(int=number),
        curb_zone_id=curb.id,
        curb_line_id=curb.curb_line_id,
        started_at=TUESDAY + minutes(start),
        ended_at=None if end is None else TUESDAY + minutes(end),
        **changes,
    )


def write(van, *stays, since=None, **changes):
    return sessions.replace(
        city_id=van.city_id,
        organisation_id=van.organisation_id,
        vehicle_id=van.id,
        stays=stays,
        since=since,
        at=TUESDAY + minutes(90),
        **changes,
    )


def told():
    return OutboxMessage.objects.filter(topic="stay.changed").count()


def test_stays_are_replaced_and_only_the_difference_is_announced(curb, van):
    write(van, stay(curb, 1, 10, 20), stay(curb, 2, 60))
    difference = write(van, stay(curb, 1, 10, 20), stay(curb, 2, 60, 75), stay(curb, 3, 80))
    assert (difference.appeared, difference.changed) == ((UUID(int=3),), (UUID(int=2),))
    messages = OutboxMessage.objects.filter(topic="stay.changed").order_by("id")
    assert [(m.payload["change"], len(m.payload["stay_ids"])) for m in messages] == [
        ("appeared", 2),
        ("appeared", 1),
        ("changed", 1),
    ]


def test_the_same_stays_again_change_and_announce_nothing(curb, van):
    write(van, stay(curb, 1, 10, 20))
    assert write(van, stay(curb, 1, 10, 20)) == sessions.Difference()
    assert told() == 1


def test_what_started_before_the_rewound_time_stays_as_it_is(curb, van):
    write(van, stay(curb, 1, 10, 20), stay(curb, 2, 60, 70))
    difference = write(van, since=TUESDAY + minutes(30))
    assert difference.withdrawn == (UUID(int=2),)
    assert [row.id for row in CurbSession.objects.all()] == [UUID(int=1)]


def test_a_rebuild_writes_and_announces_nothing(curb, van):
    write(van, stay(curb), announce=False)
    assert CurbSession.objects.count() == 1
    assert told() == 0


def book(van, curb, **changes):
    return bookings.hold(
        actor=factories.actor_of(van.organisation),
        request=make.asked(curb, van, confirm=True, **changes),
        now=TUESDAY,
    )


@pytest.mark.django_db(transaction=True)
def test_a_vehicle_that_stands_where_it_booked_is_checked_in(curb, van):
    booking = book(van, curb)
    write(van, stay(curb, start=62))
    consumers.run_once(as_of=TUESDAY + minutes(63), strict=True)
    booking.refresh_from_db()
    assert (booking.state, booking.checked_in_at) == ("checked_in", TUESDAY + minutes(62))
    assert bookings.no_shows(now=TUESDAY + minutes(80)) == 0


@pytest.mark.django_db(transaction=True)
def test_a_stay_hours_before_the_booking_checks_nobody_in(curb, van):
    booking = book(van, curb)
    write(van, stay(curb, start=5, end=15))
    consumers.run_once(as_of=TUESDAY + minutes(20), strict=True)
    booking.refresh_from_db()
    assert booking.state == "confirmed"


def test_a_vehicle_that_came_an_hour_early_and_stayed_is_no_no_show(curb, van):
    booking = book(van, curb)
    write(van, stay(curb, start=5))
    assert bookings.no_shows(now=TUESDAY + minutes(75)) == 0
    booking.refresh_from_db()
    assert (booking.state, booking.checked_in_at) == ("checked_in", TUESDAY + minutes(45))


def test_a_vehicle_that_left_before_its_time_is_a_no_show(curb, van):
    book(van, curb)
    write(van, stay(curb, start=5, end=60))
    assert bookings.no_shows(now=TUESDAY + minutes(75)) == 1


def test_a_booking_gives_the_right_to_stand_there_until_five_minutes_after_check_out(curb, van):
    booking = book(van, curb)
    actor = factories.actor_of(van.organisation)
    bookings.check_in(actor=actor, booking_id=booking.id, now=TUESDAY + minutes(55))
    bookings.check_out(actor=actor, booking_id=booking.id, now=TUESDAY + minutes(70))
    ((zone_id, right),) = booked.covering([van.id], Period(TUESDAY, TUESDAY + minutes(120)))[van.id]
    assert zone_id == curb.id
    assert right == Period(TUESDAY + minutes(55), TUESDAY + minutes(75))


def test_a_mere_hold_gives_no_right_to_stand_there(curb, van):
    bookings.hold(
        actor=factories.actor_of(van.organisation), request=make.asked(curb, van), now=TUESDAY
    )
    assert booked.covering([van.id], Period(TUESDAY, TUESDAY + minutes(120))) == {}


def test_a_booking_that_nobody_checked_out_of_ends_with_its_time(curb, van):
    booking = book(van, curb)
    actor = factories.actor_of(van.organisation)
    bookings.check_in(actor=actor, booking_id=booking.id, now=TUESDAY + minutes(60))
    assert bookings.finish_overdue(now=TUESDAY + minutes(89)) == 0
    assert bookings.finish_overdue(now=TUESDAY + minutes(90)) == 1
    assert Booking.objects.get().state == "completed"
