"""The patrol page: for officers alone; a plate never stands in an address."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.services import setup
from compliance.models import PlateCheck
from curbs.models import CurbSession
from tests import curb_factories, zone_factories
from tests.factories import TUESDAY
from tracking.models import VehicleState, ZoneVisit

CLOSED = {
    "who": {"category": ["N1", "N2", "N3"]},
    "what": {"effect": "prohibit"},
    "sentence": "No goods vehicles.",
}
PATROL = reverse("portal:patrol")


@pytest.fixture
def officer(as_person, hel_city):
    return as_person(hel_city, "enforcement_officer")


@pytest.fixture
def zone(hel):
    return zone_factories.zone(hel, rows=[CLOSED], west=24.98, south=60.18, side=0.002)


@pytest.fixture
def van(carrier):
    return curb_factories.van(carrier, plate="ABC123")


def enter(van, zone, before):
    return ZoneVisit.objects.create(
        id=uuid4(), city_id=van.city_id, organisation_id=van.organisation_id, vehicle_id=van.id,
        touched_at=TUESDAY, zone_id=zone.id, entered_at=TUESDAY - before, last_inside_at=TUESDAY,
        metres=50, points=3, crossing=False, gap_s=0, first_event_id=uuid4(),
        last_event_id=uuid4(),
    )  # fmt: skip


def report(van, seen_before):
    VehicleState.objects.create(
        vehicle_id=van.id, city_id=van.city_id, organisation_id=van.organisation_id, shard=0,
        seen_at=TUESDAY - seen_before, fix_at=TUESDAY - seen_before, lng=24.981, lat=60.181,
        status="driving",
    )  # fmt: skip


def ask(client, **sent):
    answer = client.post(PATROL, sent, follow=True)
    return answer, answer.content.decode()


def test_neither_carriers_nor_visitors_see_the_patrol_page(client, as_person, carrier, hel):
    assert client.get(PATROL).status_code == 302
    planner = as_person(carrier)
    assert planner.get(PATROL).status_code == 403
    assert planner.post(PATROL, {"plate": "ABC-123"}).status_code == 403
    assert PATROL not in planner.get("/").content.decode()


def test_a_plate_at_a_place_gives_the_verdict_with_its_sentence_and_the_grace(officer, zone, van):
    enter(van, zone, timedelta(seconds=10))
    answer, page = ask(officer, plate="fin abc-123", where=f"zone:{zone.id}")
    assert answer.status_code == 200
    for text in (
        "ABC123", "Not allowed here", "No goods vehicles.", "20 s of grace left, until 10:00:20.",
        "Blue-Vans", zone.name,
    ):  # fmt: skip
        assert text in page
    address = answer.redirect_chain[-1][0]
    assert address == reverse("portal:patrol-check", args=[PlateCheck.objects.get().id])
    assert "ABC" not in address.upper()
    log = officer.get(PATROL).content.decode()
    assert address in log


def test_when_the_grace_is_over_the_page_says_since_when(officer, zone, van):
    enter(van, zone, timedelta(minutes=5))
    _, page = ask(officer, plate="ABC-123", where=f"zone:{zone.id}")
    assert "The grace ended at 09:55:30." in page


def test_a_plate_alone_is_checked_where_the_vehicle_last_reported(officer, zone, van):
    report(van, timedelta(minutes=9))
    _, page = ask(officer, plate="ABC-123")
    assert "Not allowed here" in page
    row = PlateCheck.objects.get()
    assert (row.lng, row.lat) == (24.981, 60.181)


def test_who_is_silent_is_nowhere_and_the_page_asks_for_a_place(officer, zone, van):
    answer, page = ask(officer, plate="ABC-123")
    assert answer.status_code == 422
    assert "It is not known where this vehicle is. Choose a place or use your position." in page
    report(van, timedelta(minutes=11))
    answer, page = ask(officer, plate="ABC-123")
    assert answer.status_code == 422
    assert (
        "This vehicle last reported its position on Tue 12 May 09:49. That is more than 10 minutes"
        " ago, so it may be elsewhere by now. Choose a place or use your position."
    ) in page
    VehicleState.objects.update(fix_at=None, lng=None, lat=None)
    _, page = ask(officer, plate="ABC-123")
    assert "This vehicle last reported on Tue 12 May 09:49, without a position." in page
    assert 'value="ABC-123"' in page
    assert not PlateCheck.objects.exists()


def test_the_position_of_the_phone_counts(officer, zone, van):
    _, page = ask(officer, plate="ABC-123", lng="24.981", lat="60.181")
    assert "Not allowed here" in page


def test_a_place_alone_shows_who_is_there_and_nobody_who_left(officer, zone, van, carrier):
    enter(van, zone, timedelta(minutes=5))
    gone = curb_factories.van(carrier, plate="GONE1")
    visit = enter(gone, zone, timedelta(minutes=5))
    ZoneVisit.objects.filter(pk=visit.pk).update(left_at=TUESDAY - timedelta(minutes=1))
    answer, page = ask(officer, plate="", where=f"zone:{zone.id}")
    assert answer.redirect_chain[-1][0] == f"{PATROL}?where=zone:{zone.id}"
    assert "ABC123" in page
    assert "GONE1" not in page
    assert not PlateCheck.objects.exists()  # to look at a place is no check of a plate


def test_a_curb_shows_who_stands_there(officer, van, hel):
    curb = curb_factories.zone(curb_factories.line(hel), 0, 30)
    CurbSession.objects.create(
        id=uuid4(), city=hel, organisation_id=van.organisation_id, vehicle_id=van.id,
        curb_line=curb.curb_line, curb_zone=curb, started_at=TUESDAY - timedelta(minutes=7),
    )  # fmt: skip
    page = officer.get(PATROL, {"where": f"curb:{curb.id}"}).content.decode()
    assert "ABC123" in page
    assert "7 min 00 s" in page
    _, page = ask(officer, plate="ABC123", where=f"curb:{curb.id}")
    assert "Booking missing" in page
    assert "Only with a booking." in page


def test_an_unknown_plate_is_undetermined_and_no_offence(officer, zone):
    _, page = ask(officer, plate="ZZZ-999", where=f"zone:{zone.id}")
    for text in ("Cannot be decided", "Nobody registered this plate.", "That is no offence."):
        assert text in page


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"plate": ""}, "Enter a plate, or choose a place."),
        ({"plate": "--", "where": "zone"}, "A plate has 3 to 16 letters and digits."),
        ({"plate": "!!"}, "A plate has 3 to 16 letters and digits."),
        ({"plate": "ABC-123", "where": "zone:x"}, "It is not known where this vehicle is."),
        ({"plate": "ABC-123", "lng": "x", "lat": "y"}, "It is not known where this vehicle is."),
        ({"plate": "ABC-123", "lng": "nan", "lat": "1"}, "It is not known where this vehicle is."),
        ({"plate": "ABC-123", "where": f"zone:{uuid4()}"}, "No such zone."),
    ],
)
def test_what_cannot_be_checked_is_said_beside_its_field(officer, zone, sent, text):
    if sent.get("where") == "zone":
        sent = sent | {"where": f"zone:{zone.id}"}
    answer, page = ask(officer, **sent)
    assert answer.status_code == 422
    assert text in page


def test_checks_and_places_of_another_city_are_not_there(as_person, officer, hd, zone, van):
    ask(officer, plate="ABC-123", where=f"zone:{zone.id}")
    check = PlateCheck.objects.get()
    enter(van, zone, timedelta(minutes=5))
    abroad = as_person(setup.city_organisation(hd), "enforcement_officer")
    assert abroad.get(reverse("portal:patrol-check", args=[check.id])).status_code == 404
    page = abroad.get(PATROL, {"where": f"zone:{zone.id}"}).content.decode()
    assert "ABC123" not in page
    assert f'value="zone:{zone.id}"' not in page
