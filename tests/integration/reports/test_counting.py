"""Counts kept by news of findings, from a stay at the curb to the report."""

from datetime import date, timedelta

import pytest

from compliance.models import Finding
from curbs.services import bookings, sessions
from kernel.identifiers import uuid7
from reports.selectors.compliance import compliance
from tests import curb_factories as make
from tests import factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db
ON = date(2026, 5, 12)


@pytest.fixture
def curb(hel):
    return make.zone(make.line(hel))


def stand(van, curb, *stays, at):
    """Tell that the vehicle stood at the curb for these minutes after TUESDAY."""
    sessions.replace(
        city_id=van.city_id,
        organisation_id=van.organisation_id,
        vehicle_id=van.id,
        stays=[
            sessions.Stay(
                id=id_,
                curb_zone_id=curb.id,
                curb_line_id=curb.curb_line_id,
                started_at=TUESDAY + timedelta(minutes=start),
                ended_at=TUESDAY + timedelta(minutes=end),
            )
            for id_, start, end in stays
        ],
        since=None,
        at=at,
    )


def report(organisation, by="zone"):
    actor = factories.actor_of(organisation)
    lines = compliance(actor=actor, start_on=ON, end_on=ON + timedelta(days=1), by=by).lines
    return [(line.label, line.violations, line.seconds_over) for line in lines]


def test_an_unbooked_stay_is_in_the_report_and_leaves_it_when_it_never_was(
    hel_city, carrier, curb, drain
):
    van, later = make.van(carrier), TUESDAY + timedelta(hours=2)
    stand(van, curb, (uuid7(), 10, 30), at=later)
    drain(as_of=later)
    assert Finding.objects.get().kind == "booking"
    assert report(hel_city) == [(curb.name, 1, 1200)]
    assert report(carrier, by="rule") == [(curb.code, 1, 1200)]
    stand(van, curb, at=later)
    drain(as_of=later)
    assert Finding.objects.get().state == "withdrawn"
    assert report(hel_city) == []


def test_a_booked_stay_is_in_no_report(hel_city, carrier, curb, drain):
    van, later = make.van(carrier), TUESDAY + timedelta(hours=2)
    bookings.hold(
        actor=factories.actor_of(carrier), request=make.asked(curb, van, confirm=True), now=TUESDAY
    )
    stand(van, curb, (uuid7(), 61, 89), at=later)
    drain(as_of=later)
    assert Finding.objects.count() == 0
    assert report(hel_city) == []
