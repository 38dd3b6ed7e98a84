"""A city with rows of every kind, and strangers who must not see or touch them.

Each parameter of a URL has an owner and an id in `World.ids`; each URL whose request needs a body
has one in `BODIES`, so that a stranger's request fails for whose id it names, not for its shape.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.models import (
    City,
    Organisation,
    StandingStill,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.scopes import CARRIER, CITY_STAFF
from accounts.services import setup
from carriers.models import Original, Vehicle
from compliance.models import Finding, PlateCheck
from compliance.services import evidence
from kernel.identifiers import uuid7
from reports.services import counting
from routing.models import Plan, Run
from tests import curb_factories, factories, fleet, zone_factories
from tests.factories import TUESDAY
from tracking.models import (
    CurbReport,
    FacilityUnit,
    ServiceException,
    StationVisit,
    StopProgress,
    TripState,
    UnresolvedReference,
)
from zones.models import ZoneGeometry

API = ("api/", "cds/", "mds/", "otm/", "epcis/")
SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.17], [24.94, 60.16]]
    ],
}
SOON = "2026-05-13T08:00:00+03:00"


@dataclass
class World:
    """Helsinki with one row of each kind, and a second city beside it."""

    hel: City
    hd: City
    owner: Organisation
    agent: Organisation
    ids: dict[str, UUID | str] = field(default_factory=dict)

    @property
    def hel_city(self) -> Organisation:
        return setup.city_organisation(self.hel)

    @property
    def hd_city(self) -> Organisation:
        return setup.city_organisation(self.hd)


# Whose the row behind a parameter is: `carrier` (private), `city` (the city's, to write),
# `everybody` (public within the city).
OWNERS = {
    "mandate_id": "carrier",
    "zone_id": "city",
    "regulation_id": "city",
    "version_id": "city",
    "impact_id": "city",
    "import_id": "city",
    "permit_id": "city",
    "calendar_id": "city",
    "policy_id": "everybody",
    "geography_id": "everybody",
    "curb_zone_id": "everybody",
    "booking_id": "carrier",
    "vehicle_id": "carrier",
    "route_id": "carrier",
    "finding_id": "carrier",
    "dispute_id": "carrier",
    "open_dispute_id": "city",
    "exception_id": "carrier",
    "trip_id": "carrier",
    "facility_id": "carrier",
    "run_id": "carrier",
    "plan_id": "carrier",
    "original_id": "carrier",
    "device_id": "carrier",
    "capture_id": "carrier",
    "otm_trip_id": "carrier",
    "otm_action_id": "carrier",
    "otm_vehicle_id": "carrier",
    "otm_location_id": "carrier",
    "otm_event_id": "carrier",
    "event_id": "carrier",
    "quarantined_id": "carrier",
    "replay_id": "carrier",
    "window_id": "city",
    "stopped_id": "city",
    "webhook_id": "carrier",
    "delivery_id": "carrier",
    "check_id": "carrier",
}

BODIES: dict[str, Any] = {
    "calendar-days": {"days": ["2026-12-24"]},
    "calendar-days-withdraw": {"days": ["2026-12-24"]},
    "zone-grounds": {"geometry": SQUARE, "legal_from": SOON},
    "regulation-versions": {"rows": [{"what": {"effect": "prohibit"}}], "legal_from": SOON},
    "regulation-version": {"rows": [{"what": {"effect": "prohibit"}}], "legal_from": SOON},
    "regulation-unreview": {"reason": "a mistake"},
    "regulation-suspend": {"reason": "a march"},
    "regulation-publish": lambda ids: {"impact_id": str(ids["impact_id"]), "bookings": "cancel"},
    "regulation-annul": {"reason": "a mistake"},
    "zone-templates": {"template": "PLAIN-OFF-PEAK"},
    "quarantined-dismiss": {"reason": "a test"},
    "webhook-replay": {"from": "2026-05-12T08:00:00+03:00", "until": SOON},
    "finding-disputes": {"reason": "Secret reason"},
    "dispute-decision": {"outcome": "dismissed", "reasons": "a test"},
    "booking-extend": {"until": "2026-05-12T15:00:00+03:00"},
}

# What a list has to be asked with.
QUERIES: dict[str, dict[str, str]] = {"rules-unsaid": {"standard": "zfe"}}

# Requests that are not about rows of tenants.
NOT_ABOUT_ROWS = {
    "schema": "describes the API",
    "api-docs": "describes the API",
    "clock": "gives the time",
    "self-checks": "writes nothing; tests/api/test_self_checks.py tries another's vehicle",
    "me": "gives the sender",
    "rule-templates": "ships with the platform",
    "day-passes": "names a vehicle in its body; tests/api/test_day_passes.py tries another's",
    "report-impact": "names a draft; tests/api/test_impact.py tries another's",
    "report-congestion": "sums over all carriers, the city's alone; tests/api/test_reports.py",
    "events": "names its sender in each event; tests/api/test_events.py tries another's",
    **dict.fromkeys(
        ("mds-trips", "mds-telemetry", "mds-events"),
        "names its sender in each message; tests/api/test_mds.py tries another's",
    ),
    **dict.fromkeys(
        ("otm-trips", "otm-actions", "otm-vehicles", "otm-locations", "otm-events"),
        "takes messages; tests/api/test_otm.py tries another sender",
    ),
}


def build(hel: City, hd: City) -> World:
    """Return the world, written through the API by those whose rows they are."""
    world = World(
        hel=hel,
        hd=hd,
        owner=factories.organisation(hel, "owner"),
        agent=factories.organisation(hel, "agent", kind="logistics_provider"),
    )
    _accounts(world)
    _zones(world)
    _carriers(world)
    _dialects(world)
    _curbs(world)
    _findings(world)
    _plans(world)
    _meaning(world)
    _stopped(world)
    return world


def scopes_of(organisation: Organisation) -> frozenset[str]:
    """Return every scope that such an organisation can hold."""
    return CITY_STAFF if organisation.kind == "city" else CARRIER


def everything(organisation: Organisation) -> APIClient:
    """Return a client with every scope that such an organisation can hold."""
    return factories.api_client(organisation, scopes_of(organisation))


def _import(city: APIClient) -> str:
    """Return the import of a file that was only looked at: one zone of the French schema."""
    facts = {"id": "secret-file", "date_debut": "2026-06-01", "vul_critair": "V4"}
    feature = {"type": "Feature", "properties": facts, "geometry": SQUARE}
    sent = {"type": "FeatureCollection", "features": [feature]}
    path = "/api/v1/rules/imports?standard=zfe&dry_run=true"
    return str(post(city, path, sent)["id"])


def post(client: APIClient, path: str, sent: Any = None) -> dict[str, Any]:
    """Send a request that has to succeed and return its answer."""
    answer = client.post(path, sent, format="json")
    assert answer.status_code in (200, 201, 202), (path, answer.content)
    return answer.json()


def _accounts(world: World) -> None:
    sent = {"agent_id": str(world.agent.id), "scopes": ["facilities:write"]}
    world.ids["mandate_id"] = post(everything(world.owner), "/api/v1/mandates", sent)["id"]

    endpoint = WebhookEndpoint.objects.create(
        city=world.hel,
        organisation=world.owner,
        url="https://hooks.example.org/secret",
        topics=["finding.created"],
        secret="whsec_c2VjcmV0",
        created_at=TUESDAY,
    )
    delivery = WebhookDelivery.objects.create(
        city=world.hel,
        organisation=world.owner,
        endpoint=endpoint,
        message_id=uuid7(),
        topic="finding.created",
        at=TUESDAY,
        owner_id=world.owner.id,
        body='{"data": "secret"}',
        queued_at=TUESDAY,
        state="dead",
    )
    WebhookAttempt.objects.create(delivery=delivery, at=TUESDAY, status=500, milliseconds=9)
    world.ids |= {"webhook_id": endpoint.id, "delivery_id": delivery.id}


def _zones(world: World) -> None:
    city = everything(world.hel_city)
    zone = post(
        city,
        "/api/v1/zones",
        {
            "code": "secret-zone",
            "name": "Secret zone",
            "kind": "weight",
            "geometry": SQUARE,
            "legal_from": "2026-05-01T00:00:00+03:00",
        },
    )
    regulation = post(
        city,
        "/api/v1/regulations",
        {"zone_id": zone["id"], "code": "secret-rule", "title": "Secret rule"},
    )
    version = post(
        city,
        f"/api/v1/regulations/{regulation['id']}/versions",
        {"rows": [{"what": {"effect": "prohibit"}}], "legal_from": SOON},
    )
    ruling = post(
        city,
        "/api/v1/regulations",
        {"zone_id": zone["id"], "code": "secret-warning", "title": "Secret warning"},
    )
    warning = {"rows": [{"what": {"effect": "warn"}}], "legal_from": "2027-01-01T00:00:00+02:00"}
    published = post(city, f"/api/v1/regulations/{ruling['id']}/versions", warning)
    world.hel.settings = {"zones": {"review": False}}
    world.hel.save()
    answer = zone_factories.published_by_api(city, published["id"])
    assert answer.status_code == 200, answer.content
    permit = post(
        city, "/api/v1/permits", {"kind": "delivery", "plate": "SEC-1", "starts_at": SOON}
    )
    calendar = post(city, "/api/v1/calendars", {"code": "secret-smog", "name": "Secret smog"})
    world.ids |= {
        "calendar_id": calendar["id"],
        "zone_id": zone["id"],
        "regulation_id": regulation["id"],
        "version_id": version["id"],
        "impact_id": city.get("/api/v1/reports/impact", {"draft": version["id"]}).json()["id"],
        "import_id": _import(city),
        "permit_id": permit["id"],
        "policy_id": published["id"],
        "geography_id": ZoneGeometry.objects.get(zone_id=zone["id"]).id,
    }


def _carriers(world: World) -> None:
    owner = everything(world.owner)
    here = {"lng": 24.94, "lat": 60.17}
    van = {
        "ref": "secret-van",
        "plate": "SECRET7",
        "category": "N1",
        "fuels": ["diesel"],
        "euro_class": "6",
        "gross_weight_kg": 3500,
        "length_m": 6.5,
    }
    vehicle_id = post(owner, "/api/v1/vehicles", van)["id"]
    depot = {"kind": "depot", "name": "Secret depot", "location": here}
    facility_id = post(owner, "/api/v1/facilities", depot)["id"]
    route = {
        "trip_id": "ref:secret-trip",
        "vehicle_id": vehicle_id,
        "service_on": "2026-05-12",
        "stops": [{"stop_id": "ref:secret-stop", "location": here, "name": "Secret shop"}],
    }
    world.ids |= {
        "vehicle_id": vehicle_id,
        "facility_id": facility_id,
        "route_id": post(owner, "/api/v1/routes", route)["id"],
    }
    known = fleet.position(Vehicle.objects.get(pk=vehicle_id), TUESDAY)
    assert post(owner, "/api/v1/events", [known])["accepted"] == 1
    unknown = fleet.position(Vehicle.objects.get(pk=vehicle_id), TUESDAY) | {
        "vehicle": {"vehicle_id": "ref:secret-unknown"}
    }
    answer = post(owner, "/api/v1/events", [unknown])
    assert answer["quarantined"] == 1, answer
    (kept,) = owner.get("/api/v1/events/quarantine").json()["items"]
    replay = post(owner, "/api/v1/events/quarantine/replay", {"ids": [kept["id"]]})
    window = {
        "organisation_id": str(world.owner.id),
        "events_from": "2026-04-20T00:00:00+03:00",
        "events_until": "2026-04-21T00:00:00+03:00",
        "open_until": SOON,
        "reason": "Secret outage",
    }
    opened = post(everything(world.hel_city), "/api/v1/backfill-windows", window)
    world.ids |= {
        "event_id": known["event_id"],
        "quarantined_id": kept["id"],
        "replay_id": replay["id"],
        "window_id": opened["id"],
    }


def _dialects(world: World) -> None:
    owner, otm = everything(world.owner), {name: str(uuid7()) for name in OTM}
    van = {"device_id": str(world.ids["vehicle_id"]), "provider_id": str(world.owner.id)}
    here = {"location": {"lat": 60.17, "lng": 24.94}}
    at = {"timestamp": 1778569200000, **here}  # TUESDAY
    described = {"vehicle_id": "SECRET7", "vehicle_type": "truck", "propulsion_types": ["electric"]}
    post_mds(owner, "telemetry", van | at | TRIPLESS | {"telemetry_id": str(uuid7())})
    told = {
        "event_id": str(uuid7()),
        "vehicle_state": "available",
        "event_types": ["comms_restored"],
    }
    post_mds(owner, "events", van | at | told)
    answer = owner.put("/mds/agency/v2/vehicles", [van | described], format="json")
    assert answer.status_code == 200, answer.content
    by_vehicle = {
        "associationType": "reference",
        "entityType": "vehicle",
        "uuid": str(world.ids["vehicle_id"]),
    }
    for name, sent in {
        "locations": {"entityType": "location", "name": "Secret shop", "type": "customer"},
        "vehicles": {"entityType": "vehicle", "licensePlate": "SECRET8"},
        "trips": {"entityType": "trip", "name": "Secret trip", "vehicle": by_vehicle},
        "actions": {"actionType": "break", "lifecycle": "realized", "name": "Secret break"},
        "events": {
            "eventType": "startEngineEvent",
            "creationDate": TUESDAY.isoformat(),
            "name": "Secret start",
            "vehicle": by_vehicle,
        },
    }.items():
        answer = owner.put(f"/otm/v5/{name}", {"id": otm[name]} | sent, format="json")
        assert answer.status_code == 200, answer.content
        world.ids[f"otm_{name.removesuffix('s')}_id"] = otm[name]
    seen = {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "packing",
        "epcList": ["https://example.org/secret/1"],
        "eventTime": TUESDAY.isoformat(),
        "eventTimeZoneOffset": "+00:00",
    }
    captured = owner.post("/epcis/v2/capture", seen, format="json")
    assert captured.status_code == 202, captured.content
    world.ids |= {
        "device_id": world.ids["vehicle_id"],
        "capture_id": captured["Location"].rpartition("/")[2],
        "original_id": Original.objects.filter(dialect="mds").first().id,
    }


OTM = ("locations", "vehicles", "trips", "actions", "events")
TRIPLESS: dict[str, Any] = {"trip_ids": None, "journey_id": None}


def post_mds(client: APIClient, path: str, sent: dict[str, Any]) -> None:
    """Send one message of MDS that has to be taken."""
    answer = post(client, f"/mds/agency/v2/{path}", [sent])
    assert answer["failures"] == [], answer


def _curbs(world: World) -> None:
    zone = curb_factories.zone(curb_factories.line(world.hel, street_name="Secret street"))
    wish = {
        "curb_zone_id": str(zone.id),
        "vehicle_id": str(world.ids["vehicle_id"]),
        "from": "2026-05-12T14:00:00+03:00",
        "until": "2026-05-12T14:30:00+03:00",
    }
    booking = post(everything(world.owner), "/api/v1/bookings", wish)
    world.ids |= {"curb_zone_id": zone.id, "booking_id": booking["id"]}


def _findings(world: World) -> None:
    finding = Finding.objects.create(
        id=uuid7(),
        city=world.hel,
        organisation=world.owner,
        vehicle_id=world.ids["vehicle_id"],
        act_kind="visit",
        act_id=uuid7(),
        zone_id=world.ids["zone_id"],
        regulation_id=world.ids["regulation_id"],
        version_id=world.ids["version_id"],
        rule_row=0,
        rule_code="secret-rule",
        kind="prohibited",
        severity="violation",
        from_at=TUESDAY,
        seen_until_at=TUESDAY,
        seconds_over=60,
        sentence="Secret sentence",
        opened_at=TUESDAY,
        changed_at=TUESDAY,
    )
    counting.count(city=world.hel, finding_ids=[finding.id])
    check = {"plate": "SECRET7", "zone_id": str(world.ids["zone_id"])}
    world.ids["check_id"] = post(everything(world.hel_city), "/api/v1/checks", check)["id"]
    assert PlateCheck.objects.get().organisation_id == world.owner.id
    confirmed = Finding.objects.get(pk=finding.id)
    confirmed.pk = uuid7()
    confirmed.state, confirmed.until_at, confirmed.confirmed_at = "confirmed", TUESDAY, TUESDAY
    confirmed.save(force_insert=True)
    evidence.freeze([confirmed.pk], TUESDAY)
    dispute = post(
        everything(world.owner),
        f"/api/v1/findings/{confirmed.pk}/disputes",
        {"reason": "Secret reason"},
    )
    world.ids |= {
        "finding_id": finding.id,
        "dispute_id": dispute["id"],
        "open_dispute_id": dispute["id"],
    }


def _plans(world: World) -> None:
    whose = {
        "city": world.hel,
        "organisation": world.owner,
        "service_on": TUESDAY.date(),
        "vehicle_ids": [world.ids["vehicle_id"]],
    }
    run = Run.objects.create(**whose, reason="Secret reason", created_at=TUESDAY)
    plan = Plan.objects.create(**whose, run=run, certified_at=TUESDAY, certified_under={}, rounds=1)
    world.ids |= {"run_id": run.id, "plan_id": plan.id}


def _meaning(world: World) -> None:
    vehicle = {
        "city_id": world.hel.id,
        "organisation_id": world.owner.id,
        "vehicle_id": world.ids["vehicle_id"],
        "touched_at": TUESDAY,
    }
    world.ids |= {"trip_id": uuid7(), "exception_id": uuid7()}
    trip = vehicle | {"trip_id": world.ids["trip_id"]}
    subject = vehicle | {"subject_id": vehicle["vehicle_id"]}
    event = {"event_id": uuid7(), "event_type": "curb.claimed", "said_at": TUESDAY}
    TripState.objects.create(id=world.ids["trip_id"], state="started", **trip)
    StopProgress.objects.create(id=uuid7(), stop_id=uuid7(), state="arrived", **trip)
    StationVisit.objects.create(id=uuid7(), first_event_id=uuid7(), **trip)
    ServiceException.objects.create(
        id=world.ids["exception_id"],
        kind="silent_vehicle",
        started_at=TUESDAY,
        first_event_id=uuid7(),
        **subject,
    )
    UnresolvedReference.objects.create(id=uuid7(), kind="curb", name="secret", **event, **subject)
    CurbReport.objects.create(id=uuid7(), kind="blocked", at=TUESDAY, event_id=uuid7(), **vehicle)
    FacilityUnit.objects.create(
        id=uuid7(),
        operator_id=world.owner.id,
        facility_id=world.ids["facility_id"],
        unit="sscc:secret",
        state="ready",
        inside=True,
        first_event_id=uuid7(),
        **vehicle,
    )


def _stopped(world: World) -> None:
    row = StandingStill.objects.create(
        consumer="tracking.vehicles",
        shard=0,
        city_id=world.hel.id,
        subject_id=world.ids["vehicle_id"],
        xid=0,
        after_id=uuid7(),
        row_id=uuid7(),
        event_id=uuid7(),
        event_type="telemetry.position",
        event_at=TUESDAY,
        error="ValueError",
        first_failed_at=TUESDAY,
        failed_at=TUESDAY,
        retry_at=TUESDAY,
    )
    world.ids["stopped_id"] = row.id


@dataclass(frozen=True)
class Endpoint:
    """A route of ours with its view class, parameters and methods."""

    route: str
    name: str
    view: Any
    parameters: tuple[str, ...]
    methods: tuple[str, ...]

    def path(self, ids: dict[str, Any]) -> str:
        """Return the path with these ids in it."""
        path = self.route
        for converter in self.parameters:
            start = path.index("<")
            path = path[:start] + str(ids[converter]) + path[path.index(">") + 1 :]
        return "/" + path

    def scope(self, method: str) -> str | None:
        """Return the scope that a method needs."""
        rule = self.view.scope
        return rule.get(method.upper()) if isinstance(rule, dict) else rule

    def __str__(self) -> str:
        return self.route


def endpoints() -> list[Endpoint]:
    """Return every endpoint for machines, from the table of URLs."""
    return [
        _endpoint(route, pattern)
        for route, pattern in _walk(get_resolver().url_patterns)
        if route.startswith(API)
    ]


def _walk(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route, pattern


def _endpoint(route: str, pattern: URLPattern) -> Endpoint:
    view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
    methods = ("get", "post", "put", "patch", "delete")
    return Endpoint(
        route=route,
        name=pattern.name or route,
        view=view,
        parameters=tuple(part.split(">")[0].rpartition(":")[2] for part in route.split("<")[1:]),
        methods=tuple(method for method in methods if hasattr(view, method)),
    )


def marks_of(city: City) -> set[str]:
    """Return what would give a row of a city away: its id, and that of a message in its dialect."""
    rows = list(rows_of(city))
    natives = {row.native_id.partition("|")[0] for row in rows if isinstance(row, Original)}
    return {str(row.pk) for row in rows} | natives


def rows_of(city: City) -> Iterator[Any]:
    """Return every row of a city, of every model with a tenancy (organisations aside)."""
    for model in apps.get_models():
        tenancy = getattr(model, "tenancy", None)
        if tenancy is not None and model is not Organisation:
            yield from model.objects.filter(**{tenancy.city: city.id})
