"""What a booking's page tells when a new rule took its place: why, and what was free instead."""

from datetime import timedelta

import pytest
from django.urls import reverse

from curbs.services import bookings
from tests import curb_factories as make
from tests import factories, zone_factories
from tests.factories import TUESDAY
from zones.models import Regulation
from zones.services import regulations

NO_DIESEL = {"what": {"effect": "prohibit"}, "who": {"fuel": ["diesel"]}}
IN_GERMAN = {"accept-language": "de"}


@pytest.fixture
def elsewhere(hel):
    """A curb 110 m north of the other one, outside of the zone."""
    line = make.line(hel, coordinates=[(24.9400, 60.1690), (24.94108, 60.1690)])
    return make.zone(line, code="NORTH")


@pytest.fixture
def displaced(hel, hel_city, carrier, elsewhere, drain):
    """A booking from 11:00 to 11:30 at a curb whose zone bans diesel until noon ever since."""
    line = make.line(hel, coordinates=[(24.9400, 60.1680), (24.94108, 60.1680)])
    zone = zone_factories.zone(hel, rows=[], west=24.935, south=60.1585, side=0.01)
    van = make.van(carrier)
    asked = make.asked(make.zone(line), van, confirm=True)
    booking = bookings.hold(actor=factories.actor_of(carrier), request=asked, now=TUESDAY)
    city, soon = factories.actor_of(hel_city), TUESDAY + timedelta(minutes=1)
    version = regulations.add_version(
        actor=city,
        regulation_id=Regulation.objects.get(zone=zone).id,
        rows=[NO_DIESEL | {"when": [{"from": "06:00", "to": "12:00"}]}],
        legal_from=TUESDAY,
        title="Mornings without diesel",
        now=soon,
    )
    regulations.publish(actor=city, version_id=version.id, bookings="cancel", now=soon)
    drain(as_of=soon)
    booking.refresh_from_db()
    assert booking.state == "cancelled"
    return booking


def text_of(client, name, *args, **more):
    return client.get(reverse(f"portal:{name}", args=args), **more).content.decode()


def test_the_holder_reads_the_rule_in_its_language_and_books_elsewhere(
    as_person, carrier, displaced, elsewhere
):
    planner = as_person(carrier)
    text = text_of(planner, "booking", displaced.id)
    assert "<li>No access: vehicles running on diesel, 06:00–12:00.</li>" in text
    query = f"?vehicle={displaced.vehicle_id}&amp;on=2026-05-12&amp;minutes=30"
    there = reverse("portal:choose-slot", args=[elsewhere.id]) + query
    assert f'href="{there}">{elsewhere.name}, 111 m away</a>' in text
    later = reverse("portal:choose-slot", args=[displaced.curb_zone_id]) + query
    assert f'href="{later}">Tue 12 May 12:00–12:30</a>' in text
    assert planner.get(there.replace("&amp;", "&")).status_code == 200
    assert "/rules/versions/" not in text
    in_german = text_of(planner, "booking", displaced.id, headers=IN_GERMAN)
    assert "Keine Zufahrt: Fahrzeuge mit Diesel als Antrieb, 06:00–12:00." in in_german


def test_an_official_reads_the_same_with_the_version_and_books_nothing(
    as_person, hel_city, displaced, elsewhere
):
    text = text_of(as_person(hel_city, "city_official"), "booking", displaced.id)
    assert "<li>No access: vehicles running on diesel, 06:00–12:00.</li>" in text
    version = displaced.cancelled_for["version_id"]
    assert reverse("portal:rule-version", args=[version]) in text
    assert f"{elsewhere.name}, 111 m away" in text
    assert "/bookings/new/" not in text


def test_it_stands_among_those_to_come_marked_until_its_time_is_over(
    as_person, carrier, displaced, domain_clock
):
    planner = as_person(carrier)
    coming = text_of(planner, "bookings")
    assert displaced.reference in coming
    assert '<span class="tag bad">cancelled by the city</span>' in coming
    assert displaced.reference not in planner.get("/bookings/?which=past").content.decode()
    domain_clock(displaced.during.upper)
    assert displaced.reference not in text_of(planner, "bookings")
    assert displaced.reference in planner.get("/bookings/?which=past").content.decode()


def test_what_has_passed_is_not_offered_any_more(
    as_person, carrier, displaced, elsewhere, domain_clock
):
    planner = as_person(carrier)
    domain_clock(displaced.during.lower + timedelta(minutes=75))  # 12:15
    text = text_of(planner, "booking", displaced.id)
    assert elsewhere.name not in text
    assert "12:00–12:30" not in text
    assert "12:30–13:00" in text
    domain_clock(displaced.during.upper + timedelta(hours=2))  # two hours either way were looked at
    text = text_of(planner, "booking", displaced.id)
    assert "Nothing that could still be booked was free instead." in text
    assert "/bookings/new/" not in text
