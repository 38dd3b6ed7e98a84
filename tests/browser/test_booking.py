"""A booking from the curb to the reference, and two people who want the same metres."""

import pytest

from curbs.models import Booking

pytestmark = pytest.mark.django_db(transaction=True)


def open_times(page, curb):
    page.goto(f"{page.base}/bookings/new/{curb.id}/?minutes=30")
    return page.get_by_role("button", name="12:00")


def test_of_two_people_one_gets_the_metres_and_the_other_a_clear_sentence(town, people, axe, shoot):
    first, second = people(town.planner), people(town.other_planner)
    button, same_button = open_times(first, town.curb), open_times(second, town.curb)
    assert axe(first) == []
    shoot(first, "booking-times")
    button.click()
    same_button.click()

    first.wait_for_url("**/check/")
    assert axe(first) == []
    shoot(first, "booking-check")
    first.get_by_role("button", name="Confirm booking").click()
    reference = first.locator(".confirmation .reference").inner_text()
    assert axe(first) == []
    shoot(first, "booking-confirmed")
    booking = Booking.objects.get(state="confirmed")
    assert reference == booking.reference
    assert booking.organisation_id == town.carrier.id

    summary = second.get_by_role("alert")
    assert "Somebody else has just taken these metres." in summary.inner_text()
    second.get_by_text("Free instead:").wait_for()
    assert axe(second) == []
    shoot(second, "booking-taken")
    second.locator(".alternatives button").first.click()
    second.wait_for_url("**/check/")
    assert Booking.objects.filter(organisation_id=town.other_carrier.id, state="held").count() == 1


def test_choosing_a_curb_works_from_the_list_and_without_javascript(town, people, axe):
    page = people(town.planner)
    page.goto(f"{page.base}/bookings/new/")
    page.locator(".map-frame[data-ready]").wait_for()
    assert axe(page) == []

    plain = people(town.planner, java_script_enabled=False)
    plain.goto(f"{plain.base}/bookings/new/")
    plain.get_by_role("link", name=town.curb.name).first.click()
    plain.get_by_role("button", name="12:00").click()
    plain.get_by_role("button", name="Confirm booking").click()
    plain.get_by_role("heading", name="Booking confirmed").wait_for()

    page.goto(f"{page.base}/bookings/")
    assert page.get_by_role("rowheader").count() == 1
    assert axe(page) == []
