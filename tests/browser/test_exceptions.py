"""From a bad morning's events to the exceptions that the city and the carrier read."""

import pytest

from tests import factories, fleet

pytestmark = pytest.mark.django_db(transaction=True)


def bad_morning(town):
    """Let the van leave without a verified load, name a curb that nobody has, and fall silent."""
    from foundation import ticks

    client = factories.api_client(town.carrier)
    depot = fleet.facility(town.carrier, "depot", name="Depot South")
    station = {"trip_id": "ref:morning", "facility_id": str(depot.id)}
    events = [
        fleet.event(town.van, "station.gate_in", fleet.minutes(-60), **station),
        fleet.event(town.van, "station.gate_out", fleet.minutes(-40), **station),
        fleet.event(town.van, "trip.started", fleet.minutes(-39), trip_id="ref:morning"),
        fleet.event(
            town.van,
            "curb.claimed",
            fleet.minutes(-30),
            place={"curb_zone_id": "bay-of-yesterday"},
        ),
    ]
    answer = client.post("/api/v1/events", events, format="json")
    assert answer.json()["accepted"] == 4, answer.json()
    ticks.tick(factories.TUESDAY)


def test_what_goes_wrong_is_listed_filtered_and_taken_along(town, people, axe, shoot):
    bad_morning(town)
    page = people(town.official)
    assert axe(page) == []
    shoot(page, "tower-with-exceptions", full_page=True)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Exceptions").click()
    assert axe(page) == []
    shoot(page, "exceptions", full_page=True)
    row = page.get_by_role("row").filter(has_text="Silent vehicle")
    assert "Has said nothing for more than 15 min 00 s" in row.inner_text()
    assert "lasting" in row.inner_text()
    assert "Depot South" in page.get_by_role("row").filter(has_text="Out of sequence").inner_text()

    page.get_by_label("Kind").select_option("out_of_sequence")
    page.get_by_role("button", name="Filter").press("Enter")
    page.wait_for_url("**/exceptions/?kind=out_of_sequence*")
    assert page.get_by_role("row").filter(has_text="Silent vehicle").count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 2
    assert "gate_out_unverified" in lines[1]

    page.get_by_role("link", name="Names that lead nowhere").click()
    assert page.get_by_role("rowheader").filter(has_text="bay-of-yesterday").count() == 1
    assert axe(page) == []
    shoot(page, "names-that-lead-nowhere", full_page=True)


def test_a_planner_reads_the_exceptions_of_the_own_vehicles_only(town, people):
    bad_morning(town)
    page = people(town.other_planner)
    page.goto(f"{page.base}/exceptions/")
    page.get_by_text("No service exceptions.").wait_for()
