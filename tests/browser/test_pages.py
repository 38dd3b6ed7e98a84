"""The bar fits in one row, its menus open by keyboard; a carrier registers a webhook."""

import pytest

from accounts.models import WebhookEndpoint

pytestmark = pytest.mark.django_db(transaction=True)


def bar_height(page):
    return page.locator(".bar").bounding_box()["height"]


def test_an_officials_navigation_fits_at_1280_pixels_in_every_language(town, people, shoot):
    page = people(town.official)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{page.base}/reports/")
    for language in ("English", "Deutsch", "Français"):
        page.locator(".bar-end summary").first.click()
        page.get_by_role("button", name=language).click()
        page.locator(f".bar-end summary:has-text('{language}')").wait_for()
        shoot(page, f"bar-{language}")
        assert bar_height(page) < 70, language


def test_menus_open_by_keyboard_and_on_a_phone(town, people, axe, shoot):
    page = people(town.planner)
    data = page.locator(".nav summary").filter(has_text="Data")
    data.focus()
    page.keyboard.press("Enter")
    assert axe(page, without=["#map"]) == []
    page.keyboard.press("Escape")
    assert not page.get_by_role("link", name="Webhooks").is_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Register an endpoint").wait_for()
    assert axe(page) == []

    page.get_by_label("Address").fill("http://127.0.0.1:9/hook")
    page.get_by_role("checkbox", name="A finding is made").check()
    page.get_by_role("button", name="Register the endpoint").click()
    page.get_by_text("There is a problem").wait_for()  # this machine is no public address
    shoot(page, "webhooks-refused", full_page=True)
    assert not WebhookEndpoint.objects.exists()

    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".nav summary").filter(has_text="Compliance").click()
    shoot(page, "menu-phone")
    panel = page.locator(".nav details[open] .menu-panel").bounding_box()
    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= 390
    page.get_by_role("link", name="Checks").click()
    page.get_by_role("link", name="Check yourself").click()
    page.get_by_role("button", name="Check the stop").click()
    page.get_by_text("would be made").wait_for()
    assert axe(page) == []
    shoot(page, "self-check-phone", full_page=True)
