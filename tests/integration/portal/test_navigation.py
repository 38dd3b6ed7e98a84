"""The main navigation: what each role may open, and what is folded into menus."""

import re

import pytest
from django.urls import reverse

from tests import factories, zone_factories

pytestmark = pytest.mark.django_db


def navigation(client, address):
    """Return the labels of the bar in order; those of a menu as a pair with its pages."""
    nav = client.get(address).content.decode().partition('<ul class="nav">')[2]
    nav = nav.partition("</nav>")[0]
    found = []
    for item in re.split(r"<li><details", nav):
        menu, _end, rest = item.rpartition("</details>")
        if menu:
            name = re.search(r"<summary[^>]*>([^<]+)", menu)[1].strip()
            found.append((name, links(menu)))
        found += links(rest)
    return found


def links(html):
    return [label.strip() for label in re.findall(r"<a [^>]*>([^<]+)", html)]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("city_official", [
            "Control tower", "Bookings", ("Compliance", ["Findings", "Disputes", "Checks"]),
            "Rules", "Patrol", "Exceptions", "Reports",
            ("Data", ["Quarantine", "Webhooks", "Standing still"]),
        ]),
        ("enforcement_officer", [
            "Control tower", "Bookings", ("Compliance", ["Findings", "Disputes", "Checks"]),
            "Patrol",
        ]),
        ("carrier_planner", [
            "Control tower", "Bookings", ("Compliance", ["Findings", "Disputes", "Checks"]),
            "Exceptions", "Reports", ("Data", ["Quarantine", "Webhooks"]),
        ]),
    ],
)  # fmt: skip
def test_each_role_has_one_row_of_entries(client, domain_clock, hel_city, carrier, role, expected):
    organisation = carrier if role == "carrier_planner" else hel_city
    client.force_login(factories.person(organisation, role))
    assert navigation(client, reverse("portal:tower")) == expected


def test_a_menu_says_that_the_reader_is_on_one_of_its_pages(client, domain_clock, carrier):
    client.force_login(factories.person(carrier))
    text = client.get(reverse("portal:webhooks")).content.decode()
    assert "<summary data-current>Data" in text
    assert f'<a href="{reverse("portal:webhooks")}" aria-current="page">' in text
    assert "<summary>Compliance" in text


@pytest.mark.parametrize(("role", "may"), [("city_official", True), ("enforcement_officer", False)])
def test_a_city_without_zones_says_so_and_where_to_begin(
    client, hel, hel_city, domain_clock, role, may
):
    client.force_login(factories.person(hel_city, role))
    text = client.get(reverse("portal:tower")).content.decode()
    assert "This city has no zone yet." in text
    assert ("Draw the first one" in text) is may
    zone_factories.zone(hel, rows=[], west=24.94, south=60.16, side=0.01)
    assert "no zone yet" not in client.get(reverse("portal:tower")).content.decode()
