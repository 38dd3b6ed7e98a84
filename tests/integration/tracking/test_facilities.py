"""Lockers and hubs, folded by their own projection from what several senders say."""

import uuid
from datetime import timedelta

import days
import pytest

from tests import factories, fleet
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

NOW = TUESDAY + timedelta(hours=4)
PARCEL = {"scheme": "sscc", "id": "003401234567891001"}
OTHER = {"scheme": "carrier", "id": "A-17"}


@pytest.fixture
def locker(other_carrier):
    return fleet.facility(other_carrier, "locker", kind="locker")


@pytest.fixture
def operator(other_carrier):
    return factories.actor_of(other_carrier)


def test_a_deposit_by_a_van_is_the_lockers_and_says_nothing_of_the_van(
    locker, operator, carrier, other_carrier, sender, van, tracking
):
    from foundation.models import OutboxMessage
    from tracking.models import FacilityUnit, FoldState

    by_van = {"vehicle": {"vehicle_id": str(van.id)}, "place": {"compartment": "B7"}}
    deposit = days.at_facility(carrier, locker, "ooh.deposited", 0, PARCEL, OTHER, **by_van)
    days.send(sender, [deposit], NOW)
    ready = days.at_facility(other_carrier, locker, "ooh.ready", 60, PARCEL)
    days.send(operator, [ready], NOW)
    tracking()
    units = {row.unit: row for row in FacilityUnit.objects.all()}
    parcel = units[f"sscc:{PARCEL['id']}"]
    assert (parcel.organisation_id, parcel.operator_id) == (carrier.id, other_carrier.id)
    assert (parcel.state, parcel.inside, parcel.compartment) == ("ready", True, "B7")
    assert (parcel.facility_id, parcel.vehicle_id) == (locker.id, van.id)
    assert (parcel.deposited_at, parcel.ready_at) == (TUESDAY, TUESDAY + timedelta(seconds=60))
    assert units[f"carrier:{carrier.id}:A-17"].state == "deposited"
    assert [(row.subject_id, row.kind) for row in FoldState.objects.all()] == [
        (locker.id, "facility")
    ]
    told = OutboxMessage.objects.get(topic="unit.changed")
    assert (told.key, told.payload["change"]) == (locker.id, "appeared")
    assert len(told.payload["unit_ids"]) == 2


def test_a_void_takes_a_unit_back_out_and_one_sender_cannot_void_anothers_word(
    locker, operator, carrier, other_carrier, sender, tracking
):
    from tracking.models import FacilityUnit

    deposit = days.at_facility(carrier, locker, "ooh.deposited", 0, PARCEL)
    collected = days.at_facility(other_carrier, locker, "ooh.collected", 60, PARCEL)
    days.send(sender, [deposit], NOW)
    days.send(operator, [collected], NOW)
    tracking()

    def void(organisation, target):
        return {
            "event_id": str(uuid.uuid4()),
            "event_type": "event.voided",
            "classifier": "actual",
            "carrier_id": str(organisation.id),
            "occurred_at": NOW.isoformat(),
            "voids": {"event_id": target["event_id"], "reason": "did_not_occur"},
        }

    days.send(sender, [void(carrier, collected)], NOW)
    tracking()
    assert FacilityUnit.objects.get().state == "collected"
    days.send(operator, [void(other_carrier, collected)], NOW)
    tracking()
    unit = FacilityUnit.objects.get()
    assert (unit.state, unit.inside, unit.collected_at) == ("deposited", True, None)
    days.send(sender, [void(carrier, deposit)], NOW)
    tracking()
    assert not FacilityUnit.objects.exists()


def test_what_cannot_follow_at_a_locker_is_an_exception_of_its_sender(
    locker, carrier, sender, tracking
):
    from tracking.models import ServiceException

    days.send(sender, [days.at_facility(carrier, locker, "ooh.collected", 0, PARCEL)], NOW)
    tracking()
    row = ServiceException.objects.get()
    assert (row.kind, row.detail, row.organisation_id) == (
        "out_of_sequence",
        "unit_step",
        carrier.id,
    )
    assert (row.subject_id, row.facility_id, row.vehicle_id) == (locker.id, locker.id, None)


def test_custody_with_a_vehicle_is_the_vehicles(locker, carrier, sender, van, tracking):
    from tracking.models import FacilityUnit, FoldState

    with_van = {"vehicle": {"vehicle_id": str(van.id)}}
    days.send(
        sender,
        [days.at_facility(carrier, locker, "custody.handed_over", 0, PARCEL, **with_van)],
        NOW,
    )
    tracking()
    assert not FacilityUnit.objects.exists()
    assert FoldState.objects.get().kind == "vehicle"


def test_a_rebuild_of_a_facility_gives_the_same_tables(
    locker, operator, carrier, other_carrier, sender, tracking
):
    from foundation.models import OutboxMessage
    from tracking.services import projection

    day = days.locker_day([carrier, other_carrier], locker, 3)
    for actor, organisation in ((sender, carrier), (operator, other_carrier)):
        days.send(actor, [e for e in day if e["carrier_id"] == str(organisation.id)], NOW)
    tracking()
    before, told = days.dump(), OutboxMessage.objects.count()
    assert len(before["units"]) > 3
    subject = (locker.city_id, locker.organisation_id, locker.id)
    projection.rebuild([subject], as_of=NOW, kind="facility")
    assert days.dump() == before
    assert OutboxMessage.objects.count() == told
