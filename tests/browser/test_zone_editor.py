"""The zone editor: holes and neighbours by mouse, everything by keyboard, faults where they are."""

import pytest
from playwright.sync_api import expect

from accounts.services import setup
from tests import factories, zone_factories

pytestmark = pytest.mark.django_db(transaction=True)

BAN = {"what": {"effect": "prohibit"}}


@pytest.fixture
def city(demo_day, settings):
    from cityhub import settings as real

    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS
    return factories.helsinki()


@pytest.fixture
def official(city):
    return factories.person(setup.city_organisation(city), "city_official")


@pytest.fixture
def zone(city):
    """A square from 24.940, 60.168, side 0.004."""
    return zone_factories.zone(city, rows=[BAN], west=24.94, south=60.168, side=0.004)


@pytest.fixture
def neighbour(city):
    """A square beside it, across a gap of 0.002; its west edge is at a third of a degree."""
    return zone_factories.zone(city, rows=[BAN], west=24.946 + 1 / 3e6, south=60.168, side=0.004)


def open_editor(page, zone, what="ground"):
    page.goto(f"{page.base}/rules/zones/{zone.id}/{what}/")
    editor = page.locator(".geometry-editor[data-ready]")
    editor.wait_for()
    page.wait_for_load_state("networkidle")
    return editor


def at(page, lng, lat, aside=(0, 0)):
    """Return where a position is on the screen, and so many pixels beside it."""
    page.locator(".geometry-editor canvas").scroll_into_view_if_needed()
    box = page.locator(".geometry-editor canvas").bounding_box()
    place = page.evaluate(f"(({{x, y}}) => [x, y])(window.cityMap.project([{lng}, {lat}]))")
    return box["x"] + place[0] + aside[0], box["y"] + place[1] + aside[1]


def draw(page, points):
    for place in points:
        page.mouse.move(*place, steps=4)
        page.mouse.click(*place)
        page.wait_for_timeout(300)
    page.keyboard.press("Enter")


def test_a_hole_and_a_part_up_to_the_neighbour_are_drawn_by_mouse(
    zone, neighbour, official, people, shoot
):
    page = people(official)
    editor = open_editor(page, zone)
    page.locator(".geometry-editor[data-neighbours='1']").wait_for()
    page.evaluate("window.cityMap.jumpTo({center: [24.945, 60.170], zoom: 14.7})")
    page.get_by_role("button", name="Cut a hole").click()
    west, south, side = 24.941, 60.169, 0.002
    corners = [(west, south), (west + side, south), (west + side, south + side)]
    draw(page, [at(page, *corner) for corner in corners])
    page.locator(".geometry-editor[data-holes='1'][data-faults='0']").wait_for()
    page.keyboard.press("Delete")
    page.locator(".geometry-editor[data-parts='1'][data-holes='0']").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.locator(".geometry-editor[data-holes='1']").wait_for()
    page.get_by_role("button", name="Draw", exact=True).click()
    # From corner to corner, each missed by a few pixels.
    edge = 24.946 + 1 / 3e6
    corners = [(24.944, 60.168), (edge, 60.168), (edge, 60.172), (24.944, 60.172)]
    draw(page, [at(page, *corner, aside=(3, -4)) for corner in corners])
    page.locator(".geometry-editor[data-parts='2']").wait_for()
    expect(editor.locator("output")).to_contain_text("Parts that overlapped were joined.")
    shoot(page, "zone-editor-drawn", full_page=True)
    page.get_by_role("button", name="Record the ground").click()
    page.get_by_text("The ground is recorded.").wait_for()

    ground = zone.geometries.get(number=2).geometry
    (area,) = ground
    assert len(area) == 2  # the outer ring, and the hole
    theirs = neighbour.geometries.get().geometry
    shared = set(area[0].coords) & set(theirs[0][0].coords)
    assert shared == {(edge, 60.168), (edge, 60.172)}
    assert not ground.overlaps(theirs)
    assert ground.intersection(theirs).geom_type == "LineString"


def test_a_hole_is_cut_by_keyboard_and_its_faults_are_shown_where_they_are(
    zone, official, people, axe, shoot
):
    page = people(official)
    editor = open_editor(page, zone)
    page.get_by_text("Points as a table, for the keyboard").focus()
    page.keyboard.press("Enter")
    editor.get_by_role("button", name="Begin a hole").press("Enter")
    outside = [("24.941", "60.169"), ("24.9445", "60.169"), ("24.943", "60,171")]
    for lng, lat in outside:
        for typed in (lng, lat):  # the focus goes back to the first field after each
            page.keyboard.type(typed)
            page.keyboard.press("Tab") if typed == lng else page.keyboard.press("Enter")
    page.locator(".geometry-editor[data-holes='1'][data-faults='2']").wait_for()
    faults = editor.get_by_role("listitem")
    # The hole's lower edge leaves the square at 24.944; the other crosses it further up.
    expect(faults.first).to_contain_text(
        "Hole 1 crosses the boundary of its area, at longitude 24.944000, latitude 60.169000."
    )
    for width in (1280, 390):
        for theme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            page.wait_for_timeout(700)
            assert axe(page) == [], (width, theme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            shoot(page, f"zone-editor-{width}-{theme}", full_page=True)
    far = editor.get_by_label("Longitude of point 2")
    far.fill("24.943")
    far.press("Tab")
    expect(editor.get_by_label("Latitude of point 2")).to_be_focused()
    page.locator(".geometry-editor[data-faults='0']").wait_for()
    page.get_by_role("button", name="Record the ground").press("Enter")
    page.get_by_text("The ground is recorded.").wait_for()
    area = zone.geometries.get(number=2).geometry[0]
    assert set(area[1].coords) == {(24.941, 60.169), (24.943, 60.169), (24.943, 60.171)}


def test_a_zone_is_split_along_a_drawn_line(zone, official, people, axe, shoot):
    page = people(official)
    open_editor(page, zone, "split")
    draw(page, [at(page, 24.942, 60.1679), at(page, 24.942, 60.1721)])
    page.locator(".geometry-editor[data-parts='1']").wait_for()
    page.get_by_role("button", name="Show the parts").click()
    page.get_by_role("heading", name="What becomes of the parts").wait_for()
    page.locator(".geometry-editor[data-ready]").wait_for()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shoot(page, f"zone-split-{width}", full_page=True)
    page.get_by_label("Name", exact=True).fill("East")
    page.get_by_label("Code", exact=True).fill("east")
    page.get_by_role("button", name="Split the zone").click()
    page.get_by_text("The zone is split.").wait_for()
    assert page.get_by_role("heading", name="East").is_visible()
    assert zone.geometries.count() == 2
