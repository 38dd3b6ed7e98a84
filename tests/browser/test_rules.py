"""From an empty city to rules in force: by keyboard alone, by two people, in few actions."""

import json
import re
import time
from dataclasses import dataclass, field

import httpx
import pytest
from playwright.sync_api import TimeoutError as NothingCame
from playwright.sync_api import expect

from accounts.models import City, User
from accounts.services import setup
from tests import factories
from zones.models import AccessZone, RegulationVersion

pytestmark = pytest.mark.django_db(transaction=True)

MOST_ACTIONS = 60
MOST_SECONDS = 5
SQUARE = [[24.94, 60.168], [24.95, 60.168], [24.95, 60.172], [24.94, 60.172], [24.94, 60.168]]
BOUNDARY = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "Old town"},
            "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
        }
    ],
}
# TUESDAY is 10:00 local: within the peak of the off-peak window (weekdays 07:00-19:00, over 7.5 t),
# and in the first three months of the phased zone, in which it only warns.
LORRY = {"category": "N3", "fuels": ["diesel"], "euro_class": "VI", "gross_weight_kg": 18000}
OLD_VAN = {"category": "N1", "fuels": ["diesel"], "euro_class": "4", "gross_weight_kg": 2800}


@dataclass
class Hands:
    """A keyboard and nothing else; counts what is activated and what is filled in."""

    page: object
    done: list = field(default_factory=list)

    def reach(self, control):
        """Move the focus with Tab until the control has it; that is not counted."""
        control.wait_for()
        for _step in range(400):
            if control.evaluate("one => one === document.activeElement"):
                return control
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {control}")

    def follow(self, name, role="link", exact=True):
        """Activate a link or button, and wait for the page that comes."""
        self.reach(self.page.get_by_role(role, name=name, exact=exact).first)
        self.done.append(f"activate {name}")
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def press(self, name):
        self.follow(name, "button")

    def fill(self, label, text):
        self.reach(self.page.get_by_label(label, exact=True))
        self.done.append(f"fill {label}")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def attach(self, label, path):
        self.reach(self.page.get_by_label(label, exact=True))
        self.done.append(f"fill {label}")
        self.page.wait_for_load_state("networkidle")  # a map that draws itself holds up the keys
        for patience in (5_000, 20_000):
            try:
                with self.page.expect_file_chooser(timeout=patience) as chooser:
                    self.page.keyboard.press("Space")
            except NothingCame:
                continue
            return chooser.value.set_files(path)
        raise AssertionError("no file can be chosen by keyboard")

    def choose(self, option):
        """Choose one of a group of radio buttons: Tab to the group, arrows and Space within."""
        radio = self.page.get_by_role("radio", name=option)
        group = radio.evaluate("one => one.name")
        name = f"input[type=radio][name={group}]"
        for _step in range(400):
            if self.page.evaluate(
                "document.activeElement.matches(arguments[0])".replace(
                    "arguments[0]", json.dumps(name)
                )
            ):
                break
            self.page.keyboard.press("Tab")
        self.done.append(f"fill {option}")
        self.page.keyboard.press("Space")
        for _step in range(100):
            if radio.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows do not reach {option}")


@dataclass(frozen=True)
class Empty:
    city: City
    author: User
    reviewer: User


@pytest.fixture
def empty_city(demo_day, settings):
    """A city with two officials and nothing else."""
    from cityhub import settings as real

    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS
    city = factories.helsinki()
    office = setup.city_organisation(city)
    author, reviewer = (factories.person(office, "city_official") for _one in range(2))
    return Empty(city, author, reviewer)


def write(hands, tmp_path):
    """Make a zone of a file and load two templates."""
    file = tmp_path / "old-town.geojson"
    file.write_text(json.dumps(BOUNDARY))
    hands.follow("Rules")
    hands.follow("New zone")
    hands.fill("Name", "Old town")
    hands.fill("Code", "old-town")
    hands.attach("Boundary as a GeoJSON file", file)
    hands.press("Make the zone")
    for template in ("Low-emission zone in phases", "Off-peak window by weight"):
        hands.follow("Load a template")
        hands.choose(template)
        hands.press("Load as a draft")
        hands.follow("Old town")


def review(hands):
    """Read what waits, and say so."""
    titles = ("Least Euro classes in two phases", "Heavy vehicles outside")
    for waiting, title in zip((2, 1), titles, strict=True):
        hands.follow(f"Rules {waiting} waiting")
        hands.follow(title, exact=False)
        hands.press("I have reviewed it")


def publish(hands):
    """Publish what was reviewed, on its impact."""
    for title in ("Least Euro classes in two phases", "Heavy vehicles outside"):
        hands.follow("Rules")
        hands.follow(title, exact=False)
        hands.follow("Impact and publication")
        hands.choose("Earlier bookings are honoured")
        hands.press("Publish this version")
        hands.page.get_by_text("The version is published.").wait_for()


def within(seconds, ask):
    """Return the first true answer of `ask`, which must come within so many seconds."""
    until = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < until, "too late"
        time.sleep(0.1)
    return found


def test_from_an_empty_city_to_rules_in_force(empty_city, people, axe, shoot, tmp_path):
    author = people(empty_city.author)
    hands = Hands(author)
    write(hands, tmp_path)
    zone = AccessZone.objects.get(code="old-town")
    assert zone.geometries.get().geometry.num_coords == 5
    assert RegulationVersion.objects.filter(state="draft").count() == 2
    reviewer = people(empty_city.reviewer)
    second = Hands(reviewer)
    review(second)
    publish(hands)
    published = time.monotonic()

    api = httpx.Client(base_url=author.base)

    def access(facts):
        answer = api.post("/api/v1/decisions", json={"facts": facts, "zone_id": str(zone.id)})
        return answer.json()

    lorry = within(MOST_SECONDS, lambda: (a := access(LORRY))["access"] == "prohibited" and a)
    assert [one["effect"] for one in lorry["reasons"]] == ["prohibit"]
    van = access(OLD_VAN)
    assert van["access"] == "allowed"
    assert [duty["kind"] for duty in van["obligations"]] == ["warning"]
    versions = {str(one.id) for one in RegulationVersion.objects.filter(state="published")}
    assert len(versions) == 2
    for feed in ("/api/v1/rules", "/api/v1/rules/exports/geojson", "/mds/policy/v2/policies"):
        within(MOST_SECONDS, lambda feed=feed: all(one in api.get(feed).text for one in versions))
    assert time.monotonic() - published < MOST_SECONDS

    done = hands.done + second.done
    assert len(done) <= MOST_ACTIONS, done
    assert "/admin/" not in author.url


def test_pages_of_rules_are_accessible_and_fit(empty_city, people, axe, shoot, tmp_path):
    author, reviewer = people(empty_city.author), people(empty_city.reviewer)
    hands = Hands(author)
    write(hands, tmp_path)
    zone = AccessZone.objects.get()
    heavy = RegulationVersion.objects.get(regulation__code__endswith="off-peak")
    base = f"/rules/versions/{heavy.id}"
    tested = f"{base}/?category=N3&fuel=diesel&euro=VI&weight=18000&on=2026-05-12&time=09:30"
    addresses = {
        "zones": "/rules/zones/",
        "new-zone": "/rules/zones/new/",
        "zone": f"/rules/zones/{zone.id}/",
        "templates": f"/rules/zones/{zone.id}/templates/",
        "version": tested,
        "analysis": f"{base}/analysis/",
        "impact": f"{base}/impact/",
        "edit": f"{base}/edit/",
        "import": "/rules/import/",
        "permits": "/rules/permits/",
        "calendars": "/rules/calendars/",
    }
    for width in (1280, 390):
        author.set_viewport_size({"width": width, "height": 900})
        for name, address in addresses.items():
            author.goto(f"{author.base}{address}")
            author.wait_for_load_state("networkidle")
            shoot(author, f"rules-{name}-{width}", full_page=True)
            assert axe(author) == [], name
            assert author.evaluate("document.documentElement.scrollWidth") <= width, name
    reviewer.goto(f"{reviewer.base}{base}/")
    reviewer.locator("[data-analysis]").wait_for()
    shoot(reviewer, "rules-version-reviewer", full_page=True)
    for language in ("de", "fr"):
        author.locator(".bar-end summary").first.click()
        author.locator(f"button[name=language][value={language}]").click()
        author.goto(f"{author.base}{tested}")
        author.wait_for_load_state("networkidle")
        shoot(author, f"rules-version-{language}", full_page=True)


def test_a_boundary_that_crosses_itself_is_shown_where_it_does(
    empty_city, people, axe, shoot, tmp_path
):
    page = people(empty_city.author)
    page.goto(f"{page.base}/rules/zones/new/")
    page.get_by_label("Name", exact=True).fill("Bow tie")
    page.get_by_label("Code", exact=True).fill("bow")
    bow = [[24.94, 60.17], [24.95, 60.18], [24.95, 60.17], [24.94, 60.18], [24.94, 60.17]]
    typed = json.dumps({"type": "Polygon", "coordinates": [bow]})
    page.get_by_label("Or the boundary as GeoJSON text").fill(typed)
    page.get_by_role("button", name="Make the zone").click()
    # Its two diagonals cross in the middle of the rectangle.
    said = "The boundary crosses itself, at longitude 24.945000, latitude 60.175000."
    page.get_by_role("alert").get_by_text(said).wait_for()
    page.locator(".geometry-editor[data-ready][data-faults='1']").wait_for()
    page.get_by_role("list", name="What is wrong, and where").get_by_text(said).wait_for()
    assert axe(page) == []
    shoot(page, "rules-bow-tie", full_page=True)
    assert page.get_by_label("Name", exact=True).input_value() == "Bow tie"
    assert not AccessZone.objects.exists()
    typed = '{"type": "Polygon", "coordinates": [[[24.94, "x"]]]}'
    page.get_by_label("Or the boundary as GeoJSON text").fill(typed)
    page.get_by_role("button", name="Make the zone").click()
    page.get_by_role("alert").get_by_text("each of two numbers").wait_for()
    page.locator(".geometry-editor[data-ready]").wait_for()


def test_a_boundary_file_that_is_chosen_before_the_map_is_there_comes_onto_it(
    empty_city, people, tmp_path
):
    page = people(empty_city.author)
    file = tmp_path / "square.geojson"
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [SQUARE]}))
    page.goto(f"{page.base}/rules/zones/new/", wait_until="commit")
    page.locator("input[type=file][name=boundary]").set_input_files(file)
    page.locator(".geometry-editor[data-ready][data-parts='1']").wait_for()
    assert "24.9" in page.get_by_label("Or the boundary as GeoJSON text").input_value()


def test_what_was_mended_in_a_file_is_said_while_it_is_on_the_map_and_once_it_is_kept(
    empty_city, people, shoot, tmp_path
):
    page = people(empty_city.author)
    file = tmp_path / "turned.geojson"  # latitude first, and the ring is open
    turned = [[lat, lng] for lng, lat in SQUARE[:-1]]
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [turned]}))
    page.goto(f"{page.base}/rules/zones/new/")
    page.get_by_label("Name", exact=True).fill("Turned")
    page.get_by_label("Code", exact=True).fill("turned")
    page.get_by_label("Grace in minutes").fill("many")  # so that the page comes back
    page.locator(".geometry-editor[data-ready]").wait_for()
    page.locator("input[type=file][name=boundary]").set_input_files(file)
    said = (
        "Latitude stood before longitude; the axes were turned round. "
        "A ring did not end where it began; it was closed."
    )
    output = page.locator(".geometry-editor output")
    expect(output).to_contain_text(re.compile(f"Valid: .*{re.escape(said)}"))
    shoot(page, "rules-mended", full_page=True)
    page.get_by_role("button", name="Make the zone").click()
    page.get_by_role("alert").get_by_text("Give minutes").wait_for()
    expect(output).to_contain_text(re.compile(f"Valid: .*{re.escape(said)}"))
    page.get_by_label("Grace in minutes").fill("5")
    page.get_by_role("button", name="Make the zone").click()
    page.get_by_text("The zone is made.").wait_for()
    for sentence in re.split(r"(?<=\.) ", said):
        page.get_by_text(sentence, exact=True).wait_for()


def test_a_boundary_is_drawn_on_the_map(empty_city, people, shoot):
    page = people(empty_city.author)
    page.goto(f"{page.base}/rules/zones/new/")
    page.get_by_label("Name", exact=True).fill("Drawn")
    page.get_by_label("Code", exact=True).fill("drawn")
    typed = json.dumps({"type": "Polygon", "coordinates": [SQUARE]})
    page.get_by_label("Or the boundary as GeoJSON text").fill(typed)
    page.get_by_label("Grace in minutes").fill("many")  # so that the page comes back
    page.get_by_role("button", name="Make the zone").click()
    page.locator(".geometry-editor[data-ready]").wait_for()
    page.get_by_role("button", name="Draw", exact=True).click()
    canvas = page.locator(".geometry-editor canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for x, y in [(0.45, 0.02), (0.55, 0.02), (0.55, 0.07), (0.45, 0.07)]:  # above the square
        at = box["x"] + box["width"] * x, box["y"] + box["height"] * y
        page.mouse.move(*at, steps=4)
        page.mouse.click(*at)
        page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    page.locator(".geometry-editor[data-parts='2']").wait_for()
    shoot(page, "rules-drawn", full_page=True)
    page.get_by_label("Grace in minutes").fill("5")
    page.get_by_role("button", name="Make the zone").click()
    page.get_by_text("The zone is made.").wait_for()
    ground = AccessZone.objects.get(code="drawn").geometries.get()
    assert ground.geometry.num_geom == 2
    assert ground.grace_s == 300
