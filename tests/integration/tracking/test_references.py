"""Names of zones and curbs that the city does not have: kept, seen, and tried again."""

from datetime import timedelta

import days
import pytest

from tests import curb_factories, fleet
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

NOW = TUESDAY + timedelta(hours=4)


def at(minutes):
    return TUESDAY + timedelta(minutes=minutes)


def references():
    from tracking.models import UnresolvedReference

    rows = UnresolvedReference.objects.order_by("said_at", "name")
    return [(row.kind, row.name, row.event_type) for row in rows]


def test_unknown_names_are_accepted_and_listed_once_per_event(van, carrier, sender, tracking):
    places = {"place": {"curb_zone_id": "bay-9", "geography_ids": ["old-town", "old-town"]}}
    event = fleet.event(van, "curb.checked_in", at(0), **places)
    assert days.send(sender, [event, event], NOW).accepted == 1
    tracking()
    assert references() == [
        ("curb", "bay-9", "curb.checked_in"),
        ("zone", "old-town", "curb.checked_in"),
    ]
    days.send(sender, [days.void(van, event, 60)], NOW)
    tracking()
    assert references() == []


def test_known_names_are_no_references(hel, hel_city, van, sender, tracking):
    zone = days.zone(hel_city, days.box(0, -100, 200, 200), "old-town")
    curb = days.curb(hel, 90, 55)
    spelled = (str(curb.id).upper(), zone.id.hex)
    for names in ((curb.code, "old-town"), (str(curb.id), str(zone.id)), spelled):
        place = {"curb_zone_id": names[0], "geography_ids": [names[1]]}
        days.send(sender, [fleet.event(van, "curb.claimed", at(0), place=place)], NOW)
    tracking()
    assert references() == []


def test_when_the_curb_appears_the_check_in_at_it_becomes_a_stay(hel, van, sender, tracking):
    """As if the curb had been there from the start: the vehicle is folded again."""
    from curbs.models import CurbSession
    from foundation.models import OutboxMessage
    from tracking.services import waking

    place = {"place": {"curb_zone_id": "bay-9"}}
    events = [
        fleet.event(van, "curb.checked_in", at(10), **place),
        fleet.event(van, "curb.checked_out", at(25), **place),
        fleet.event(van, "telemetry.idle", at(90)),
    ]
    days.send(sender, events, NOW)
    tracking()
    assert not CurbSession.objects.exists()
    assert waking.resolve_references(NOW) == 0
    line = curb_factories.line(hel, street_name="Testikatu")
    curb = curb_factories.zone(line, 0, 20, code="bay-9")
    assert waking.resolve_references(NOW) == 2
    assert references() == []
    stay = CurbSession.objects.get()
    assert (stay.curb_zone_id, stay.started_at, stay.ended_at) == (curb.id, at(10), at(25))
    changes = OutboxMessage.objects.filter(topic="reference.changed").order_by("id")
    assert [message.payload["change"] for message in changes] == ["appeared", "withdrawn"]
    assert waking.resolve_references(NOW) == 0


def test_what_is_older_than_the_backfill_is_not_folded_again(hel, van, sender, tracking):
    """Its positions may be gone: to fold them again would lose what they meant."""
    from tracking.services import waking

    place = {"place": {"curb_zone_id": "bay-9"}}
    days.send(sender, [fleet.event(van, "curb.checked_in", at(10), **place)], NOW)
    tracking()
    curb_factories.zone(curb_factories.line(hel), 0, 20, code="bay-9")
    assert waking.resolve_references(at(10) + timedelta(days=14, seconds=1)) == 0
    assert len(references()) == 1
    assert waking.resolve_references(at(10) + timedelta(days=14)) == 1


def test_a_zone_that_appears_resolves_its_name(hel_city, van, sender, tracking):
    from tracking.services import waking

    place = {"place": {"geography_ids": ["old-town"]}}
    days.send(sender, [fleet.event(van, "zone.entered", at(10), **place)], NOW)
    tracking()
    assert references() == [("zone", "old-town", "zone.entered")]
    days.zone(hel_city, days.box(0, -100, 200, 200), "old-town")
    assert waking.resolve_references(NOW) == 1
    assert references() == []


def test_a_name_of_any_length_harms_nobody(van, sender, tracking):
    place = {"place": {"curb_zone_id": "x" * 5000}}
    days.send(sender, [fleet.event(van, "curb.blocked", at(0), **place)], NOW)
    tracking()
    assert [name for _, name, _ in references()] == ["x" * 200]


def test_what_a_driver_says_of_a_curb_is_kept_at_the_curb(hel, van, sender, tracking):
    from tracking.models import CurbReport

    curb = days.curb(hel, 90, 55)
    lng, lat = days.lnglat(100, 52)
    said = {
        "place": {"lng": lng, "lat": lat},
        "outcome": {"status": "failed", "reason": "no_curb_space"},
    }
    days.send(sender, [fleet.event(van, "curb.blocked", at(3), **said)], NOW)
    tracking()
    report = CurbReport.objects.get()
    assert (report.kind, report.curb_zone_id, report.reason) == (
        "blocked",
        curb.id,
        "no_curb_space",
    )
    assert (report.at, report.vehicle_id) == (at(3), van.id)
