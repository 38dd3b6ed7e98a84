"""Who may look at which page, and whose rows it shows."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.services import setup
from curbs.services import bookings
from tests import curb_factories, factories
from tests.factories import TUESDAY

PASSWORD_FREE = "portal:tower", "portal:accessibility", "portal:map-zones", "portal:map-curbs"
FOR_SIGNED_IN = (
    "portal:bookings",
    "portal:choose-curb",
    "portal:findings",
    "portal:disputes",
    "portal:checks",
    "portal:self-check",
    "portal:webhooks",
    "portal:quarantine",
    "portal:backfill",
    "portal:exceptions",
    "portal:exceptions-file",
    "portal:references",
    "portal:reports",
    "portal:compliance",
    "portal:map-findings",
    "portal:tower-figures",
    "portal:tower-feed",
)


@pytest.fixture
def curb(hel):
    return curb_factories.zone(curb_factories.line(hel), 0, 30)


def booked(organisation, curb, **changes):
    """Return a confirmed booking of an organisation's van."""
    van = curb_factories.van(organisation)
    actor = factories.actor_of(organisation)
    request = curb_factories.asked(curb, van, confirm=True, **changes)
    return bookings.hold(actor=actor, request=request, now=TUESDAY)


@pytest.mark.parametrize("name", PASSWORD_FREE)
def test_a_visitor_may_look_at_the_public_map(client, hel, name):
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", FOR_SIGNED_IN)
def test_a_visitor_is_sent_to_sign_in(client, hel, name):
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_a_visitor_gets_no_stream(client, hel):
    assert client.get(reverse("portal:live-vehicles")).status_code == 401


@pytest.mark.parametrize("name", FOR_SIGNED_IN)
def test_a_planner_may_look_at_the_pages_of_a_carrier(as_person, carrier, name):
    assert as_person(carrier).get(reverse(name)).status_code == 200


def test_an_officer_may_not_book(as_person, hel_city):
    officer = as_person(hel_city, "enforcement_officer")
    assert officer.get(reverse("portal:choose-curb")).status_code == 403


def test_speeds_of_all_carriers_are_for_the_city_only(as_person, carrier, hel_city):
    assert as_person(carrier).get(reverse("portal:congestion")).status_code == 403
    official = as_person(hel_city, "city_official")
    assert official.get(reverse("portal:congestion")).status_code == 200


def test_a_carrier_sees_its_own_bookings_and_no_others(as_person, carrier, other_carrier, curb):
    mine, theirs = booked(carrier, curb), booked(other_carrier, curb)
    page = as_person(carrier).get(reverse("portal:bookings")).content.decode()
    assert mine.reference in page
    assert theirs.reference not in page


def test_another_organisations_booking_is_not_there(as_person, carrier, other_carrier, curb):
    theirs = booked(other_carrier, curb)
    planner = as_person(carrier)
    assert planner.get(reverse("portal:booking", args=[theirs.id])).status_code == 404
    assert planner.post(reverse("portal:cancel-booking", args=[theirs.id])).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == "confirmed"


def test_a_mandate_opens_a_principals_bookings_and_its_end_closes_them(
    as_person, carrier, tpl, curb
):
    booking = booked(carrier, curb)
    mandate = factories.mandate(carrier, tpl, "curbs:read", "curbs:book", "vehicles:read")
    desk = as_person(tpl, "tpl_planner")
    address = reverse("portal:booking", args=[booking.id])
    assert desk.get(address).status_code == 200
    times = reverse("portal:choose-slot", args=[curb.id])
    assert booking.plate in desk.get(times).content.decode()
    mandate.revoked_at = TUESDAY
    mandate.save()
    assert desk.get(address).status_code == 404
    assert booking.plate not in desk.get(times).content.decode()


def test_an_agent_books_for_its_principal(as_person, carrier, tpl, curb):
    factories.mandate(carrier, tpl, "curbs:read", "curbs:book", "vehicles:read")
    van = curb_factories.van(carrier)
    desk = as_person(tpl, "tpl_planner")
    start = TUESDAY + timedelta(hours=2)
    answer = desk.post(
        reverse("portal:choose-slot", args=[curb.id]),
        {"vehicle": van.id, "minutes": 30, "on": "2026-05-12", "start": start.isoformat()},
    )
    assert answer.status_code == 302
    check = desk.get(answer["Location"])
    assert "booked by Harbour-3Pl under a mandate" in check.content.decode()
    done = desk.post(answer["Location"], {"do": "confirm"}, follow=True)
    assert "Booking confirmed" in done.content.decode()


def test_metres_that_are_taken_are_refused_with_a_sentence_and_alternatives(
    as_person, carrier, other_carrier, hel
):
    small = curb_factories.zone(curb_factories.line(hel), 0, 9)
    booked(other_carrier, small)
    van = curb_factories.van(carrier)
    start = TUESDAY + timedelta(minutes=60)
    answer = as_person(carrier).post(
        reverse("portal:choose-slot", args=[small.id]),
        {"vehicle": van.id, "minutes": 30, "on": "2026-05-12", "start": start.isoformat()},
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else has just taken these metres." in page
    assert "Free instead:" in page


@pytest.mark.parametrize("start", ["", "yesterday", "2026-05-12T12:00:00"])
def test_a_start_that_is_no_instant_asks_again(as_person, carrier, curb, start):
    van = curb_factories.van(carrier)
    answer = as_person(carrier).post(
        reverse("portal:choose-slot", args=[curb.id]), {"vehicle": van.id, "start": start}
    )
    assert answer.status_code == 422
    assert "Choose a time to start." in answer.content.decode()


@pytest.mark.parametrize("query", ["?sort=nonsense&page=x", "?page=99999999", "?which=past"])
def test_unknown_parameters_fall_back_to_the_default(as_person, carrier, query):
    assert as_person(carrier).get(reverse("portal:bookings") + query).status_code == 200


@pytest.mark.parametrize("query", ["?zone=x", "?on=tomorrow", "?from=now", "?hour=noon"])
def test_a_filter_of_findings_that_means_nothing_finds_nothing(as_person, carrier, query):
    page = as_person(carrier).get(reverse("portal:findings") + query)
    assert page.status_code == 200
    assert "No findings." in page.content.decode()


def test_the_back_office_is_for_staff_and_shows_their_city_only(as_person, hel_city, hd, carrier):
    setup.create_organisation(city=hd, code="neckar", name="Neckar", kind="carrier")
    official = as_person(hel_city, "city_official")
    page = official.get(reverse("admin:accounts_organisation_changelist")).content.decode()
    assert carrier.name in page
    assert "Neckar" not in page


def test_a_planner_has_no_back_office(as_person, carrier):
    answer = as_person(carrier).get(reverse("admin:index"))
    assert answer.status_code in (302, 403)


def test_a_person_of_two_organisations_chooses_which_to_act_for(as_person, carrier, tpl, curb):
    person = factories.person(carrier)
    setup.create_person(email=person.email, name="", organisation=tpl, role="tpl_planner")
    booking = booked(carrier, curb)
    client = as_person(carrier)
    client.force_login(person)
    address = reverse("portal:booking", args=[booking.id])
    assert client.get(address).status_code == 200
    chosen = person.memberships.get(organisation=tpl)
    answer = client.post(reverse("portal:membership"), {"membership": chosen.pk, "next": "/"})
    assert answer["Location"] == "/"
    assert client.get(address).status_code == 404


def test_nobody_can_choose_a_membership_of_somebody_else(as_person, carrier, tpl):
    theirs = factories.person(tpl, "tpl_planner").memberships.get()
    answer = as_person(carrier).post(reverse("portal:membership"), {"membership": theirs.pk})
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "javascript:x"])
def test_the_way_back_never_leaves_the_host(as_person, carrier, path):
    client = as_person(carrier)
    chosen = factories.person(carrier)
    client.force_login(chosen)
    pk = chosen.memberships.get().pk
    answer = client.post(reverse("portal:membership"), {"membership": pk, "next": path})
    assert answer["Location"] == "/"
