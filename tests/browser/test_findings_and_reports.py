"""From positions to a finding, its evidence, and the report that counts it."""

import pytest

from compliance.models import Finding
from tests import factories, fleet

pytestmark = pytest.mark.django_db(transaction=True)


def drive_through(town):
    """Let the van cross the pedestrian zone within six minutes, and the machinery judge it."""
    from foundation import ticks

    client = factories.api_client(town.carrier)
    events = [
        fleet.position(
            town.van,
            fleet.minutes(-10 + number / 6),
            lng=24.9410 + number * 0.00018,
            lat=60.1705,
            accuracy_m=8,
            speed_mps=1.0,
        )
        for number in range(36)
    ]
    answer = client.post("/api/v1/events", events, format="json")
    assert answer.json()["accepted"] == 36, answer.json()
    ticks.tick(factories.TUESDAY)


def test_what_broke_a_rule_is_counted_and_leads_to_its_evidence(town, people, axe, shoot):
    drive_through(town)
    finding = Finding.objects.get()

    page = people(town.official)
    page.goto(f"{page.base}/reports/")
    assert axe(page) == []
    page.get_by_role("link", name="Compliance").click()
    page.locator("[data-chart][data-ready] svg").wait_for()
    assert axe(page) == []
    shoot(page, "report-compliance")
    row = page.get_by_role("row").filter(has_text=town.zone.name)
    assert row.get_by_role("cell").first.inner_text() == "1"

    row.get_by_role("link").click()
    assert axe(page) == []
    page.get_by_role("rowheader").get_by_role("link").click()
    page.wait_for_url(f"**/findings/{finding.id}/")
    page.locator(".map-frame[data-ready]").wait_for()
    page.get_by_text("No goods vehicles at any time.").first.wait_for()
    assert page.get_by_role("cell", name="inside").count() > 5
    assert axe(page) == []
    shoot(page, "finding", full_page=True)

    with page.expect_download() as download:
        page.goto(f"{page.base}/reports/compliance/")
        page.get_by_role("link", name="CSV").click()
    text = download.value.path().read_text()
    assert town.zone.name in text


def test_the_report_of_speeds_says_when_nothing_was_measured(town, people, axe):
    page = people(town.official)
    page.goto(f"{page.base}/reports/congestion/?on=2026-01-01")
    page.get_by_text("Nothing was counted in this period.").wait_for()
    assert axe(page) == []


def test_the_sign_in_page_and_its_errors_can_be_read_by_everybody(town, people, axe):
    page = people()
    page.goto(f"{page.base}/accounts/login/")
    assert axe(page) == []
    page.fill("[name=login]", "nobody@example.org")
    page.fill("[name=password]", "wrong")
    page.click("form[data-sign-in] button[type=submit]")
    page.get_by_role("alert").wait_for()
    assert axe(page) == []
    for path in ("/accessibility/", "/membership/", "/no-such-page/"):
        page.goto(page.base + path)
        assert axe(page) == []
