"""From fixes that a carrier posts to findings that it reads, over HTTP, and back when they change.

The zone is a square of about 555 m by 1,113 m; a lorry drives through it from west to east at
about 11 m/s: 0.001 degrees of longitude (55.5 m) every 5 s, 10 fixes inside, 50 s.
"""

from datetime import timedelta

import pytest

from compliance.models import Finding
from foundation import ticks
from tests import fleet
from tests.factories import TUESDAY
from zones.services import grounds, regulations

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NIGHT = {"what": {"effect": "prohibit"}, "when": [{"from": "22:00", "to": "06:00"}]}
BAN = {"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 7500}}
SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.17], [24.94, 60.16]]
    ],
}


@pytest.fixture
def official(actor, hel_city, domain_clock):
    return actor(organisation=hel_city)


@pytest.fixture
def lorry(carrier):
    return fleet.vehicle(carrier, "lorry-1", gross_weight_kg=12_000)


@pytest.fixture
def publish(official):
    zone = grounds.create(
        actor=official, code="z", name="Z", kind="weight", geometry=SQUARE, grace_s=30,
        legal_from=TUESDAY - DAY, now=TUESDAY - DAY,
    )  # fmt: skip
    rule = regulations.create(
        actor=official, zone_id=zone.id, code="heavy", title="Heavy", now=TUESDAY - DAY
    )

    def publish(row=BAN, now=TUESDAY - DAY, legal_from=TUESDAY - DAY):
        draft = regulations.add_version(
            actor=official, regulation_id=rule.id, rows=[row], legal_from=legal_from, now=now
        )
        return regulations.publish(actor=official, version_id=draft.id, now=now)

    return publish


def drive(lorry, start, *, lat=60.165):
    """Return fixes every 5 s from 24.9355 to 24.9545; inside from 24.94 to 24.95."""
    return [
        fleet.position(
            lorry, start + timedelta(seconds=5 * n), lng=24.9355 + 0.001 * n, lat=lat,
            accuracy_m=5.0, speed_mps=11.1,
        )
        for n in range(20)
    ]  # fmt: skip


def post(client, events):
    answer = client.post("/api/v1/events", events, format="json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["accepted"] == len(events)


def read(client, **query):
    return client.get("/api/v1/findings", query).json()["items"]


def test_a_drive_through_a_closed_zone_is_found_read_and_confirmed(
    api, lorry, publish, drain, domain_clock
):
    version = publish()
    client = api()
    domain_clock(TUESDAY + timedelta(minutes=5))
    post(client, drive(lorry, TUESDAY))
    drain()
    (found,) = read(client)
    assert (found["state"], found["kind"], found["version_id"]) == (
        "provisional",
        "prohibited",
        str(version.id),
    )
    # 24.94 is crossed 4.5 fixes (22.5 s) after the start, 24.95 after 72.5 s.
    assert found["seconds_over"] == pytest.approx(50, abs=2)
    assert found["from_at"].startswith("2026-05-12T07:00:2")
    evidence = client.get(f"/api/v1/findings/{found['id']}").json()["evidence"]
    assert evidence["act"]["points"] >= 9
    domain_clock(TUESDAY + DAY + timedelta(minutes=2))
    ticks.tick(strict=True)
    assert [item["state"] for item in read(client)] == ["confirmed"]


def test_a_drive_along_the_edge_is_found_by_nobody(api, lorry, publish, drain, domain_clock):
    publish()
    domain_clock(TUESDAY + timedelta(minutes=5))
    post(api(), drive(lorry, TUESDAY, lat=60.1706))  # 67 m north of the zone
    drain()
    assert read(api()) == []


def test_the_order_of_arrival_does_not_matter(api, lorry, publish, drain, domain_clock):
    publish()
    domain_clock(TUESDAY + timedelta(minutes=5))
    events = drive(lorry, TUESDAY)
    for part in (events[10:], events[:10]):
        post(api(), part)
        drain()
    (found,) = read(api())
    assert found["seconds_over"] == pytest.approx(50, abs=2)
    assert Finding.objects.standing().count() == 1


def test_a_night_ban_across_midnight_makes_one_finding(api, lorry, publish, drain, domain_clock):
    publish(NIGHT)
    midnight = TUESDAY + timedelta(hours=14)  # 00:00 on Wednesday in Helsinki
    domain_clock(midnight + timedelta(minutes=5))
    post(api(), drive(lorry, midnight - timedelta(seconds=45)))
    drain()
    (found,) = read(api())
    assert found["from_at"] < "2026-05-12T21:00:00Z" < found["until_at"]


def test_a_rule_published_after_the_drive_does_not_reach_back(
    api, lorry, publish, drain, domain_clock
):
    domain_clock(TUESDAY + timedelta(minutes=5))
    post(api(), drive(lorry, TUESDAY))
    drain()
    publish(now=TUESDAY + timedelta(minutes=5))
    drain()
    assert read(api()) == []


def test_a_late_first_event_keeps_the_id_of_the_finding(api, lorry, publish, drain, domain_clock):
    """The visit gets another id of its first event; disputes and checks point at the finding."""
    publish()
    domain_clock(TUESDAY + timedelta(minutes=5))
    events = drive(lorry, TUESDAY)
    late = events[5:7]  # the first two fixes inside
    post(api(), [event for event in events if event not in late])
    drain()
    (found,) = read(api())
    first_visit = found["act_id"]
    post(api(), late)
    drain()
    (now,) = read(api())
    assert now["act_id"] != first_visit
    assert (now["id"], now["state"]) == (found["id"], "provisional")
    assert Finding.objects.count() == 1


def test_a_late_fix_between_keeps_the_id_of_a_finding_however_the_rest_arrived(
    api, lorry, publish, drain, domain_clock
):
    publish()
    domain_clock(TUESDAY + timedelta(minutes=5))
    events = drive(lorry, TUESDAY)
    seen = set()
    for part in (events[10:], events[7:10], events[4:7], events[:4]):
        post(api(), part)
        drain()
        seen |= {item["id"] for item in read(api(), standing="true")}
    assert len(seen) == 1
    (found,) = read(api())
    assert found["seconds_over"] == pytest.approx(50, abs=2)
