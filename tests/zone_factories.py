"""Makers of access zones with published rules for tests."""

import itertools
from datetime import UTC, datetime
from typing import Any

from accounts.models import City
from accounts.services import setup
from tests import factories
from zones.models import AccessZone
from zones.services import grounds, regulations

_numbers = itertools.count(1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def zone(
    city: City,
    *,
    rows: list[dict[str, Any]],
    west: float,
    south: float,
    side: float,
    grace_s: int = 30,
) -> AccessZone:
    """Return a square zone (`side` in degrees) with one regulation in force since LONG_AGO."""
    number = next(_numbers)
    actor = factories.actor_of(setup.city_organisation(city))
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    made = grounds.create(
        actor=actor,
        code=f"zone-{number}",
        name=f"Zone {number}",
        kind="low_emission",
        geometry={"type": "Polygon", "coordinates": [ring]},
        legal_from=LONG_AGO,
        now=LONG_AGO,
        grace_s=grace_s,
    )
    regulation = regulations.create(
        actor=actor, zone_id=made.id, code=f"rule-{number}", title="Rule", now=LONG_AGO
    )
    version = regulations.add_version(
        actor=actor, regulation_id=regulation.id, rows=rows, legal_from=LONG_AGO, now=LONG_AGO
    )
    regulations.publish(actor=actor, version_id=version.id, now=LONG_AGO)
    return made


def published_by_api(client: Any, version_id: Any) -> Any:
    """Return the answer to publishing a draft on its own impact, bookings left in peace."""
    impact = client.get("/api/v1/reports/impact", {"draft": str(version_id)}).json()
    sent = {"impact_id": impact.get("id", str(version_id)), "bookings": "grandfather"}
    path = f"/api/v1/regulations/versions/{version_id}/publish"
    return client.post(path, sent, format="json")
