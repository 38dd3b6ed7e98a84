"""The back office's geometry editor draws a zone without another host."""

import pytest

from zones.models import AccessZone

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_official_draws_a_zone(town, people, shoot):
    page = people(town.official)
    page.goto(f"{page.base}/admin/zones/accesszone/add/")
    page.fill("[name=code]", "drawn")
    page.fill("[name=name]", "Drawn by hand")
    page.select_option("[name=kind]", "other")
    editor = page.locator(".geometry-editor[data-ready]")
    editor.wait_for()
    editor.locator("canvas").scroll_into_view_if_needed()
    box = editor.locator("canvas").bounding_box()
    corners = [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7)]
    for x, y in corners:
        at = box["x"] + box["width"] * x, box["y"] + box["height"] * y
        page.mouse.move(*at, steps=4)
        page.mouse.click(*at)
        page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    page.locator(".geometry-editor[data-parts='1']").wait_for()
    shoot(page, "geometry-editor")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/zones/accesszone/")

    ground = AccessZone.objects.get(code="drawn").geometries.get()
    west, south, east, north = ground.geometry.extent
    assert ground.geometry.num_coords == 5
    assert 24.93 < west < east < 24.96
    assert 60.16 < south < north < 60.18


def test_a_shape_that_crosses_itself_is_refused_with_a_sentence(town, people):
    page = people(town.official)
    page.goto(f"{page.base}/admin/zones/accesszone/{town.zone.id}/change/")
    page.locator(".geometry-editor[data-ready]").wait_for()
    page.get_by_text("As GeoJSON", exact=True).click()
    bow = "[[24.94,60.17],[24.95,60.18],[24.95,60.17],[24.94,60.18],[24.94,60.17]]"
    page.locator(".geometry-editor textarea").fill(f'{{"type":"Polygon","coordinates":[{bow}]}}')
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Self-intersection").first.wait_for()
    assert town.zone.geometries.count() == 1
