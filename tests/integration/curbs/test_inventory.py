"""Curb zones that end, and others that follow on the same metres."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from curbs import codes
from curbs.models import CurbZone
from curbs.selectors import snapshots
from curbs.services import bookings, inventory, setup
from foundation.models import AuditEntry
from kernel.refusals import Refusal
from tests import curb_factories as make
from tests import factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db
TONIGHT = TUESDAY + timedelta(hours=12)


@pytest.fixture
def official(hel_city):
    return factories.actor_of(hel_city)


def end(official, zone, until=TONIGHT):
    return inventory.end_zone(actor=official, curb_zone_id=zone.id, legal_until=until, now=TUESDAY)


def test_an_ended_zone_makes_room_for_another_on_the_same_metres(hel, official):
    line = make.line(hel)
    old = make.zone(line, 0, 30)
    end(official, old)
    new = setup.create_zone(
        line=line, code="N1", name="New", from_m=10, to_m=40, policy={}, legal_from=TONIGHT,
        now=TUESDAY,
    )  # fmt: skip
    book = snapshots.book(hel.id)
    before, after = TONIGHT - timedelta(seconds=1), TONIGHT
    assert [z.id for z in book.in_force(before)] == [old.id]
    assert [z.id for z in book.in_force(after)] == [new.id]
    assert AuditEntry.objects.filter(action="curb_zone.ended").count() == 1


def test_as_of_a_time_before_the_end_was_known_the_zone_has_none(hel, official):
    zone = make.zone(make.line(hel))
    end(official, zone)
    book, later = snapshots.book(hel.id), TONIGHT + timedelta(hours=1)
    assert book.in_force(later) == []
    assert [z.id for z in book.in_force(later, TUESDAY - timedelta(seconds=1))] == [zone.id]


def test_a_zone_with_bookings_beyond_is_not_ended(hel, official, carrier):
    zone = make.zone(make.line(hel))
    actor = factories.actor_of(carrier)
    wish = make.asked(zone, make.van(carrier), confirm=True)
    bookings.hold(actor=actor, request=wish, now=TUESDAY)
    with pytest.raises(Refusal) as refused:
        end(official, zone, TUESDAY + timedelta(minutes=89))
    (reason,) = refused.value.reasons
    assert (reason.code, reason.facts["bookings"]) == (codes.ZONE_STILL_BOOKED, 1)
    assert end(official, zone, TUESDAY + timedelta(minutes=90)).legal_until is not None


def test_a_booking_across_the_end_of_a_zone_is_refused(hel, official, carrier):
    zone = make.zone(make.line(hel))
    end(official, zone, TUESDAY + timedelta(minutes=80))
    with pytest.raises(Refusal) as refused:
        bookings.hold(
            actor=factories.actor_of(carrier),
            request=make.asked(zone, make.van(carrier)),
            now=TUESDAY,
        )
    assert codes.CLOSED in [reason.code for reason in refused.value.reasons]


def test_a_zone_ends_once_and_the_database_sees_to_it(hel, official):
    zone = make.zone(make.line(hel))
    end(official, zone)
    with pytest.raises(Refusal) as refused:
        end(official, zone)
    assert refused.value.code == codes.ZONE_HAS_ENDED
    rows = CurbZone.objects.filter(pk=zone.pk)
    for change in ({"legal_until": None}, {"name": "Other"}):
        with pytest.raises(DatabaseError, match="only ends"), transaction.atomic():
            rows.update(**change)


def test_only_the_city_writes_the_curb(hel, carrier):
    zone = make.zone(make.line(hel))
    with pytest.raises(Refusal) as refused:
        end(factories.actor_of(carrier), zone)
    assert refused.value.status == 403


def test_a_curb_line_with_swapped_axes_is_refused(hel, official):
    line = {"code": "L9", "street_name": "Bulevardi", "side": "", "now": TUESDAY}
    with pytest.raises(Refusal) as refused:
        inventory.draw_line(
            actor=official, coordinates=[(60.165, 24.935), (60.166, 24.936)], **line
        )
    (reason,) = refused.value.reasons
    assert (reason.code, reason.pointer) == (codes.GEOMETRY_ELSEWHERE, "/geometry")
    assert "seem to be swapped" in str(reason.detail)
