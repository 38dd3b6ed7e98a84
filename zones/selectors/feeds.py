"""Our own feed of rules: everything that was ever recorded, or what changed since an instant.

The unit is the zone: one of which any part changed comes whole, with all grounds and versions, so
that a reader replaces what it has by id. A write that commits late is not lost: a delta reaches a
minute further back than it is asked for.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import shapely
from django.db.models import Q

from zones.exchange import ground
from zones.models import (
    AccessZone,
    Calendar,
    CalendarDay,
    CalendarSwitch,
    Regulation,
    RegulationVersion,
    RuleBookChange,
    ZoneGeometry,
)

OVERLAP = timedelta(minutes=1)


def mark(city_id: UUID) -> int:
    """Return the number of changes of a city's rules: the same number, the same feed."""
    found = RuleBookChange.objects.filter(city_id=city_id).values_list("counter", flat=True)
    return found.first() or 0


def zones(
    city_id: UUID, since: datetime | None, as_of: datetime, seen: Collection[UUID] | None = None
) -> list[dict[str, Any]]:
    """Return zones with grounds, regulations and published versions; five queries.

    Changed since is also what began since then: its predecessor has another state.
    """
    chosen = AccessZone.objects.of_city(city_id).order_by("code")
    if seen is not None:
        chosen = chosen.filter(id__in=seen)
    if since is not None:
        chosen = chosen.filter(id__in=_changed(city_id, since - OVERLAP, as_of))
    found = {zone.id: _zone(zone) for zone in chosen}
    for row in ZoneGeometry.objects.filter(zone_id__in=found).order_by("zone_id", "number"):
        found[row.zone_id]["grounds"].append(_ground(row))
    regulations: dict[UUID, dict[str, Any]] = {}
    for row in Regulation.objects.filter(zone_id__in=found).order_by("code"):
        regulations[row.id] = {
            "id": row.id,
            "code": row.code,
            "title": row.title,
            "versions": [],
        }
        found[row.zone_id]["regulations"].append(regulations[row.id])
    recorded = RegulationVersion.objects.filter(regulation_id__in=regulations).recorded()
    for version in recorded.order_by("regulation_id", "number"):
        regulations[version.regulation_id]["versions"].append(_version(version))
    for zone in found.values():  # a regulation of which nothing was published is nobody's business
        zone["regulations"] = [one for one in zone["regulations"] if one["versions"]]
    return list(found.values())


def calendars(city_id: UUID, since: datetime | None) -> list[dict[str, Any]]:
    """Return the city's calendars with all days and times ever recorded; three queries."""
    chosen = Calendar.objects.of_city(city_id).order_by("code")
    if since is not None:
        days = _recorded(CalendarDay.objects.of_city(city_id), since - OVERLAP)
        times = _recorded(CalendarSwitch.objects.of_city(city_id), since - OVERLAP)
        changed = days.values("calendar_id").union(times.values("calendar_id"))
        chosen = chosen.filter(id__in=changed)
    found = {
        row.id: {"id": row.id, "code": row.code, "name": row.name, "days": [], "times": []}
        for row in chosen
    }
    for day in CalendarDay.objects.filter(calendar_id__in=found).order_by("on", "recorded_from"):
        found[day.calendar_id]["days"].append({"on": day.on} | _record(day))
    for time in CalendarSwitch.objects.filter(calendar_id__in=found):
        told = {"on_from": _utc(time.on_from), "on_until": _utc(time.on_until)}
        found[time.calendar_id]["times"].append(told | _record(time))
    return list(found.values())


def _record(row: Any) -> dict[str, Any]:
    return {"recorded_from": _utc(row.recorded_from), "recorded_until": _utc(row.recorded_until)}


def _changed(city_id: UUID, since: datetime, as_of: datetime) -> Any:
    grounds = _recorded(ZoneGeometry.objects.of_city(city_id), since)
    versions = RegulationVersion.objects.of_city(city_id).filter(
        Q(published_at__gte=since)
        | Q(recorded_until__gte=since)
        | Q(recorded_from__isnull=False, legal_from__gte=since, legal_from__lte=as_of)
    )
    return grounds.values("zone_id").union(versions.values("regulation__zone_id"))


def _recorded(rows: Any, since: datetime) -> Any:
    return rows.filter(Q(recorded_from__gte=since) | Q(recorded_until__gte=since))


def _zone(zone: AccessZone) -> dict[str, Any]:
    return {
        "id": zone.id,
        "code": zone.code,
        "name": zone.name,
        "kind": zone.kind,
        "grounds": [],
        "regulations": [],
    }


def _ground(row: ZoneGeometry) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "geometry": ground.to_geojson(shapely.from_wkb(bytes(row.geometry.wkb))),
        "grace_s": row.grace_s,
        **_periods(row),
    }


def _version(row: RegulationVersion) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "state": row.state,
        "title": row.title,
        "rows": row.rows,
        "legal_reference": row.legal_reference,
        "vacate_by_s": row.vacate_by_s,
        "published_at": _utc(row.published_at),
        "hash": row.content_hash,
        **_periods(row),
    }


def _periods(row: Any) -> dict[str, Any]:
    return {name: _utc(getattr(row, name)) for name in ("legal_from", "legal_until")} | _record(row)


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)
