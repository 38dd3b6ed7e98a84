"""Calendars and switches: what is on shows at once in decisions and feeds."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from foundation.models import AuditEntry
from tests import zone_factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

INSIDE = {"lng": 24.945, "lat": 60.165}
BAN = {"what": {"effect": "prohibit"}, "when": [{"calendar": "snow"}]}
ONE, TWO, THREE = (f"2026-05-12T{hour}:00:00+00:00" for hour in ("08", "09", "10"))


@pytest.fixture
def city(api, hel, hel_city, domain_clock):
    """The city's machine client; one rule of its zone holds while `snow` does."""
    zone_factories.zone(hel, rows=[BAN], west=24.94, south=60.16, side=0.01)
    return api(organisation=hel_city)


@pytest.fixture
def snow(city):
    answer = city.post("/api/v1/calendars", {"code": "snow", "name": "Snow"}, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def change(client, snow, *days, to="days"):
    return client.post(f"/api/v1/calendars/{snow['id']}/{to}", {"days": days}, format="json")


def switch(city, snow, to, **sent):
    return city.post(f"/api/v1/calendars/{snow['id']}/{to}", sent, format="json")


def decided(**more):
    asked = {"facts": {"category": "N1"}, "place": INSIDE} | more
    return APIClient().post("/api/v1/decisions", asked, format="json").json()


def test_a_switch_announced_ahead_is_an_edge_of_a_horizon_and_the_next_change(city, snow):
    assert decided()["access"] == "unregulated"
    answer = switch(city, snow, "on", since=TWO, until=THREE)
    assert answer.status_code == 200, answer.content
    assert answer.json()["holds"] is False
    found = decided(period={"from": ONE, "until": "2026-05-12T11:00:00+00:00"})
    assert [(i["from"], i["access"]) for i in found["intervals"]] == [
        (ONE, "unregulated"), (TWO, "prohibited"), (THREE, "unregulated"),
    ]  # fmt: skip
    assert decided()["next_change_at"] == TWO
    then = decided(at=TWO)
    assert then["access"] == "prohibited"
    assert then["reasons"][0]["sentence"] == ("No access: all vehicles, while “snow” applies.")
    before = decided(at=TWO, known_at="2026-05-12T06:59:59+00:00")
    assert before["access"] == "unregulated"  # nobody had said so yet


def test_feeds_name_what_is_on_and_say_that_they_changed(city, snow):
    reader = APIClient()
    zones, rules = reader.get("/api/v1/zones"), reader.get("/api/v1/rules")
    assert zones.json()["calendars"] == []
    assert switch(city, snow, "on").json()["holds"] is True
    again = reader.get("/api/v1/zones", headers={"If-None-Match": zones["ETag"]})
    assert (again.status_code, again.json()["calendars"]) == (200, ["snow"])
    since = rules.json()["as_of"]
    delta = reader.get("/api/v1/rules", {"since": since}).json()
    assert [(c["code"], c["times"]) for c in delta["calendars"]] == [
        (
            "snow",
            [
                {
                    "on_from": "2026-05-12T07:00:00Z",
                    "on_until": None,
                    "recorded_from": "2026-05-12T07:00:00Z",
                    "recorded_until": None,
                }
            ],
        )
    ]
    (listed,) = reader.get("/api/v1/calendars").json()["items"]
    assert (listed["holds"], len(listed["times"])) == (True, 1)


def test_a_switch_is_the_citys_and_every_turn_of_it_is_audited(city, snow, api, carrier):
    stranger = switch(api(organisation=carrier), snow, "on")
    assert stranger.status_code == 403
    assert switch(city, snow, "on").status_code == 200
    twice = switch(city, snow, "on", since=TWO)
    assert (twice.status_code, twice.json()["code"]) == (409, "zones.already_on")
    assert twice.json()["errors"][0]["pointer"] == "/since"
    empty = switch(city, snow, "on", since=TWO, until=TWO)
    assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (422, "/until")
    assert switch(city, snow, "off").json()["times"] == []
    none = switch(city, snow, "off")
    assert (none.status_code, none.json()["code"]) == (409, "zones.already_off")
    audited = AuditEntry.objects.filter(subject=snow["id"]).order_by("id")
    assert [entry.action.partition(".")[2] for entry in audited] == [
        "calendar_created", "calendar_switched_on", "calendar_switched_off",
    ]  # fmt: skip


def test_a_day_is_put_in_and_taken_out_and_what_was_known_before_stays_readable(
    city, snow, api, carrier, domain_clock
):
    """TUESDAY is 2026-05-12 in Helsinki; the rule holds on days of the calendar."""
    assert change(api(organisation=carrier), snow, "2026-05-12").status_code == 403
    answer = change(city, snow, "2026-05-12", "2026-05-14")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["holds"], answer.json()["days"]) == (True, ["2026-05-12", "2026-05-14"])
    assert decided()["access"] == "prohibited"
    assert change(city, snow, "2026-05-14").json()["days"] == ["2026-05-12", "2026-05-14"]
    domain_clock(TUESDAY + timedelta(hours=1))
    gone = change(city, snow, "2026-05-12", "2026-05-13", to="days/withdraw").json()
    assert (gone["holds"], gone["days"]) == (False, ["2026-05-14"])
    assert decided(at=TWO)["access"] == "unregulated"
    assert decided(at=TWO, known_at=TUESDAY.isoformat())["access"] == "prohibited"
    for days in (["tomorrow"], ["0001-01-01"], []):
        refused = change(city, snow, *days)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"].startswith("/days")
    changes = AuditEntry.objects.filter(action="zones.calendar_changed").order_by("id")
    assert [entry.outcome for entry in changes] == [
        {"added": ["2026-05-12", "2026-05-14"], "removed": []},
        {"added": [], "removed": ["2026-05-12"]},
    ]
