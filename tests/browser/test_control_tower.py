"""The control tower: the map, the vehicles that appear on it, and the tables that say the same."""

import pytest

from tests import factories, fleet

pytestmark = pytest.mark.django_db(transaction=True)


def drive(town, lng, lat, minute):
    """Let the carrier report a position of its van, and the machinery work it up."""
    from foundation import ticks

    client = factories.api_client(town.carrier)
    event = fleet.position(town.van, fleet.minutes(minute), lng=lng, lat=lat)
    answer = client.post("/api/v1/events", [event], format="json")
    assert answer.json()["accepted"] == 1, answer.json()
    ticks.tick(factories.TUESDAY)


def drawn(page, layer):
    """Return the ids of what the map draws in a layer at this moment."""
    return page.evaluate(
        "layer => [...new Set(window.cityMap.queryRenderedFeatures({layers: [layer]})"
        ".map(feature => feature.properties.id))]",
        layer,
    )


def comes_to_draw(page, layer, ids):
    """Return whether the map draws exactly these in a layer, within half a minute.

    A map draws in frames of its own, and news may make it draw a source again.
    """
    for _ in range(150):
        found = sorted(drawn(page, layer))
        if found == sorted(ids):
            return True
        page.wait_for_timeout(200)
    raise AssertionError(f"{layer} draws {found}, not {sorted(ids)}")


def test_a_vehicle_that_reports_appears_on_the_map_and_in_the_table(town, people, axe, shoot):
    page = people(town.official)
    frame = page.locator(".map-frame[data-ready]")
    frame.wait_for()
    page.locator("[data-live][data-state=live]").wait_for()
    assert comes_to_draw(page, "zones-fill", [str(town.zone.id)])
    assert comes_to_draw(page, "curbs", [str(town.curb.id)])

    drive(town, 24.9445, 60.1700, minute=-1)

    page.locator(".map-frame[data-vehicles='1']").wait_for(timeout=10_000)
    assert comes_to_draw(page, "vehicles", [str(town.van.id)])
    assert page.locator("[data-figure=vehicles]").inner_text() == "1"

    page.reload()
    page.get_by_role("link", name="Curbs", exact=True).click()
    page.get_by_role("cell", name="free", exact=True).first.wait_for()
    page.get_by_role("link", name="Vehicles", exact=True).click()
    page.get_by_role("rowheader", name=town.van.plate).wait_for()
    page.locator(".map-frame[data-ready]").wait_for()
    assert axe(page) == []
    shoot(page, "control-tower")


def test_a_carrier_sees_its_own_vehicles_and_no_others(town, people):
    drive(town, 24.9445, 60.1700, minute=-1)
    page = people(town.other_planner)
    page.locator(".map-frame[data-ready]").wait_for()
    page.locator("[data-live][data-state=live]").wait_for()
    page.wait_for_timeout(1500)
    assert drawn(page, "vehicles") == []
    assert page.get_by_text(town.van.plate).count() == 0


def test_a_visitor_sees_zones_and_curbs_in_the_dark_too(town, people, axe, shoot):
    page = people(color_scheme="dark")
    page.goto(page.base)
    page.locator(".map-frame[data-ready]").wait_for()
    assert comes_to_draw(page, "zones-fill", [str(town.zone.id)])
    assert page.locator("[data-live]").count() == 0
    assert axe(page) == []
    shoot(page, "zones-and-curbs-dark")
