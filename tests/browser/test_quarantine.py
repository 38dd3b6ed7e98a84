"""What lies in quarantine is mended and replayed, with the mouse, the keyboard, and no script."""

import json

import pytest

from carriers.models import BackfillWindow, LoggedPosition, Quarantined
from tests import factories, fleet

pytestmark = pytest.mark.django_db(transaction=True)


def keep(town, count):
    """Let events of a van come before the van is registered, and register it then."""
    from carriers.services import intake

    events = [fleet.position(town.van, fleet.minutes(-n)) for n in range(count)]
    for event in events:
        event["vehicle"] = {"vehicle_id": "ref:van-new"}
    events.append(fleet.position(town.van, fleet.minutes(60)))
    actor = factories.actor_of(town.carrier)
    intake.take(actor=actor, body=json.dumps(events).encode(), now=factories.TUESDAY)
    assert Quarantined.objects.count() == count + 1
    fleet.vehicle(town.carrier, "van-new")


def keep_unknown(town):
    """Let an event of a vehicle come that nobody registered, and one that contradicts another."""
    from carriers.services import intake

    ghost, first = (fleet.position(town.van, fleet.minutes(-n)) for n in (1, 2))
    ghost["vehicle"] = {"vehicle_id": "ref:GHOST-1"}
    events = [ghost, first, first | {"place": {"lat": 60.0, "lng": 24.0}}]
    actor = factories.actor_of(town.carrier)
    intake.take(actor=actor, body=json.dumps(events).encode(), now=factories.TUESDAY)


def work():
    from carriers.services import replays

    while replays.work(factories.TUESDAY):
        pass


def test_a_carrier_mends_its_events_with_keyboard_and_mouse(town, people, axe, shoot):
    keep(town, 5)
    page = people(town.planner)
    page.goto(f"{page.base}/quarantine/")
    main = page.get_by_role("navigation", name="Main")
    main.locator("summary").filter(has_text="Data").press("Enter")
    nav = main.get_by_role("link", name="Quarantine")
    assert "6" in nav.inner_text()
    assert axe(page) == []
    shoot(page, "quarantine", full_page=True)

    page.get_by_role("button", name="Replay telemetry.position").last.focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("The event was taken into the log.").wait_for()
    assert LoggedPosition.objects.count() == 1

    page.get_by_label("Choose all events of this page").focus()
    page.keyboard.press("Space")
    assert page.locator("input[name=item]:checked").count() == 5
    assert page.get_by_text("5 / 5").is_visible()
    page.get_by_role("button", name="Replay the chosen ones").click()
    page.get_by_text("0 of 5 events have been replayed.").wait_for()
    assert axe(page) == []
    shoot(page, "quarantine-replay-running")
    work()
    page.get_by_text("The replay of 5 events has ended.").wait_for()  # the page follows by itself
    assert page.get_by_role("row").filter(has_text="still waiting").count() == 1
    assert axe(page) == []
    shoot(page, "quarantine-replay")

    page.get_by_role("rowheader").get_by_role("link").click()
    page.get_by_text("more than 5 minutes in the future").first.wait_for()
    assert axe(page) == []
    shoot(page, "quarantined-event", full_page=True)
    page.get_by_role("button", name="Dismiss").click()
    page.get_by_role("alert").get_by_text("Say why the event is dismissed.").wait_for()
    assert axe(page) == []
    page.get_by_label("Reason").fill("The clock of this device is broken")
    page.get_by_role("button", name="Dismiss").click()
    page.get_by_text("The event was dismissed.").wait_for()
    page.get_by_text("Nothing is kept here.").wait_for()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_filters_stay_in_their_card_and_apart(town, people, shoot, width):
    keep_unknown(town)
    page = people(town.planner)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{page.base}/quarantine/")
    assert page.get_by_text("ref:GHOST-1").count() == 2
    shoot(page, f"quarantine-{width}", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    why, kind = (page.get_by_label(name).bounding_box() for name in ("Why it", "Event type"))
    card = page.locator("section.card").first.bounding_box()
    assert why["x"] + why["width"] < card["x"] + card["width"]
    beside = kind["x"] - (why["x"] + why["width"])
    below = kind["y"] - (why["y"] + why["height"])
    assert max(beside, below) >= 12


def test_all_that_match_are_replayed_without_javascript(town, people):
    keep(town, 3)
    plain = people(town.planner, java_script_enabled=False)
    plain.goto(f"{plain.base}/quarantine/?code=event.vehicle_unknown")
    plain.get_by_role("button", name="Replay all 3 events").click()
    plain.get_by_text("0 of 3 events have been replayed.").wait_for()
    work()
    plain.get_by_role("link", name="Show how far it is now").click()
    plain.get_by_text("The replay of 3 events has ended.").wait_for()
    assert LoggedPosition.objects.count() == 3


def test_an_official_opens_a_backfill_window(town, people, axe, shoot):
    page = people(town.official)
    page.goto(f"{page.base}/backfill/")
    assert axe(page) == []
    page.get_by_role("button", name="Open the window").click()
    page.get_by_role("alert").wait_for()
    assert axe(page) == []
    shoot(page, "backfill-errors", full_page=True)
    page.get_by_label("Carrier", exact=True).select_option(label=town.carrier.name)
    page.get_by_label("First day of the events").fill("2026-04-20")
    page.get_by_label("Last day of the events").fill("2026-04-21")
    page.get_by_label("Open until the end of").fill("2026-05-13")
    page.get_by_label("Reason").fill("Their gateway was down")
    page.get_by_role("button", name="Open the window").click()
    page.get_by_text("The window is open.").wait_for()
    assert page.get_by_role("row").filter(has_text="Their gateway was down").count() == 1
    assert axe(page) == []
    shoot(page, "backfill", full_page=True)
    page.get_by_role("button", name="Close").click()
    page.get_by_text("The window is closed.").wait_for()
    assert BackfillWindow.objects.get().closed_at == factories.TUESDAY
