"""An officer on the beat: a phone of 390 px, by keyboard alone, with and without a position."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.services import setup
from compliance.models import PlateCheck
from tests import factories
from tests.factories import TUESDAY
from tracking.models import ZoneVisit

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def officer(town):
    return factories.person(setup.city_organisation(town.city), "enforcement_officer")


@pytest.fixture
def inside(town):
    """The van has been in the closed zone for twelve of its thirty seconds of grace."""
    van = town.van
    ZoneVisit.objects.create(
        id=uuid4(), city_id=van.city_id, organisation_id=van.organisation_id, vehicle_id=van.id,
        touched_at=TUESDAY, zone_id=town.zone.id, entered_at=TUESDAY - timedelta(seconds=12),
        last_inside_at=TUESDAY, metres=50, points=3, crossing=False, gap_s=0,
        first_event_id=uuid4(), last_event_id=uuid4(),
    )  # fmt: skip


def fits(page):
    """Return whether nothing has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_plate_is_checked_by_keyboard_on_a_phone(town, people, officer, inside, axe, shoot):
    page = people(officer)
    page.set_viewport_size(PHONE)
    page.goto(f"{page.base}/patrol/")
    assert axe(page) == []
    assert fits(page)
    shoot(page, "patrol-phone")
    plate = page.get_by_label("Number plate")
    plate.focus()
    page.keyboard.type(f"fin {town.van.plate.lower()}")
    page.keyboard.press("Tab")
    page.keyboard.type(town.zone.name)
    page.get_by_role("button", name="Check", exact=True).press("Enter")
    page.get_by_role("heading", name="Not allowed here").wait_for()
    assert page.get_by_text("18 s of grace left, until 10:00:18.").is_visible()
    assert page.get_by_text("No goods vehicles at any time.").is_visible()
    assert axe(page) == []
    assert fits(page)
    shoot(page, "patrol-answer-phone", full_page=True)
    page.get_by_role("link", name="Who else is here").press("Enter")
    page.get_by_role("heading", name="Who is there now").wait_for()
    assert axe(page) == []
    assert fits(page)
    shoot(page, "patrol-place-phone", full_page=True)
    page.get_by_role("button", name=f"Check {town.van.plate}").press("Enter")
    page.get_by_role("heading", name="Not allowed here").wait_for()
    assert PlateCheck.objects.count() == 2


def test_what_is_wrong_is_read_first_and_leads_to_its_field(town, people, officer, axe, shoot):
    page = people(officer)
    page.set_viewport_size(PHONE)
    page.goto(f"{page.base}/patrol/")
    page.get_by_role("button", name="Check", exact=True).press("Enter")
    summary = page.get_by_role("alert")
    summary.wait_for()
    assert axe(page) == []
    shoot(page, "patrol-error-phone")
    summary.get_by_role("link").press("Enter")
    assert page.evaluate("document.activeElement.id") == "plate"


def test_the_phones_position_is_used_where_it_is_offered(town, people, officer):
    lng, lat = 24.944, 60.1705  # inside of the closed zone
    page = people(
        officer, permissions=["geolocation"], geolocation={"longitude": lng, "latitude": lat}
    )
    page.goto(f"{page.base}/patrol/")
    page.get_by_role("button", name="Use my position").press("Enter")
    page.get_by_text("Your position is used.").wait_for()
    page.get_by_label("Number plate").fill(town.van.plate)
    page.get_by_role("button", name="Check", exact=True).press("Enter")
    page.get_by_role("heading", name="Not allowed here").wait_for()
    row = PlateCheck.objects.get()
    assert (row.lng, row.lat) == (lng, lat)
