"""What one carrier says of an id is nothing to another that uses the same one."""

import pytest

from kernel.identifiers import uuid7
from tests.factories import TUESDAY
from tracking.models import StopProgress, TripState
from tracking.selectors import vehicles

pytestmark = pytest.mark.django_db


def test_another_carriers_word_about_a_stop_or_trip_does_not_count(carrier, other_carrier):
    """Else a stranger who guesses the id of a stop could have it dropped from a plan."""
    stop_id, trip_id = uuid7(), uuid7()
    said = {"city_id": carrier.city_id, "vehicle_id": uuid7(), "touched_at": TUESDAY}
    said["organisation_id"] = other_carrier.id
    StopProgress.objects.create(id=uuid7(), stop_id=stop_id, state="departed", **said)
    TripState.objects.create(id=uuid7(), trip_id=trip_id, state="completed", **said)
    assert vehicles.stops_of([stop_id], [carrier.id]) == {}
    assert vehicles.trips_of([trip_id], [carrier.id]) == {}
    assert vehicles.stops_of([stop_id], [other_carrier.id])[stop_id].state == "departed"
