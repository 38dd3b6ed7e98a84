"""Visits and stays, read from the floors below as acts to be judged."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from compliance.models import Finding
from compliance.rules import Act, ActKind
from curbs.models import CurbSession
from kernel.periods import Period
from tracking.models import ZoneVisit
from tracking.rules.told import by_the_minute
from tracking.selectors import visits as tracked


def visits(ids: Collection[UUID]) -> list[Act]:
    """Return visits by id."""
    return [_visit(row) for row in tracked.by_ids(ids)] if ids else []


def visits_in(
    city_id: UUID, zone_ids: Collection[UUID], start: datetime, end: datetime | None
) -> list[Act]:
    """Return the visits to zones that overlap `[start, end)`; an end of None is open."""
    return [_visit(row) for row in tracked.overlapping(city_id, zone_ids, start, end)]


def visits_of(vehicle_id: UUID, start: datetime, end: datetime) -> list[Act]:
    """Return the visits of a vehicle that overlap `[start, end)`."""
    return [_visit(row) for row in tracked.of_vehicle(vehicle_id, start, end)]


def stays(ids: Collection[UUID]) -> list[Act]:
    """Return stays by id."""
    return _stays(Q(id__among=ids)) if ids else []


def stays_in(
    city_id: UUID, curb_zone_ids: Collection[UUID], start: datetime, end: datetime | None
) -> list[Act]:
    """Return the stays at curb zones that overlap `[start, end)`."""
    return _stays(Q(city_id=city_id, curb_zone_id__in=curb_zone_ids) & _overlapping(start, end))


def stays_of(vehicle_id: UUID, start: datetime, end: datetime) -> list[Act]:
    """Return the stays of a vehicle that overlap `[start, end)`."""
    return _stays(Q(vehicle_id=vehicle_id) & _overlapping(start, end))


def found_between(city_id: UUID, start: datetime, end: datetime | None) -> list[Act]:
    """Return the acts with a finding that overlaps `[start, end)`."""
    rows = Finding.objects.of_city(city_id).standing().filter(seen_until_at__gt=start)
    if end is not None:
        rows = rows.filter(from_at__lt=end)
    ids = set(rows.values_list("act_id", flat=True))
    return [*visits(ids), *stays(ids)]


def _overlapping(start: datetime, end: datetime | None) -> Q:
    condition = Q(ended_at__isnull=True) | Q(ended_at__gt=start)
    return condition if end is None else condition & Q(started_at__lt=end)


def _stays(condition: Q) -> list[Act]:
    rows: Iterable[CurbSession] = CurbSession.objects.filter(condition)
    return [_stay(row) for row in rows]


def _visit(row: ZoneVisit) -> Act:
    """Return a visit as an act. One that goes on ends, and is described, as its news tells it:
    what was not told must not depend on when somebody happened to look."""
    seen = {
        "entered_at": row.entered_at.isoformat(),
        "left_at": None if row.left_at is None else row.left_at.isoformat(),
        "first_event_id": str(row.first_event_id),
    }
    if row.left_at is not None:
        seen |= {
            "metres": row.metres,
            "points": row.points,
            "crossing": row.crossing,
            "gap_s": row.gap_s,
            "last_event_id": str(row.last_event_id),
        }
    end = row.left_at or max(by_the_minute(row.last_inside_at), row.entered_at)
    return Act(
        kind=ActKind.VISIT,
        id=row.id,
        city_id=row.city_id,
        organisation_id=row.organisation_id,
        vehicle_id=row.vehicle_id,
        place_id=row.zone_id,
        period=Period(row.entered_at, end),
        running=row.left_at is None,
        seen=seen,
    )


def _stay(row: CurbSession) -> Act:
    end = row.ended_at
    if end is None:
        seen = row.evidence.get("last_seen_at")
        end = row.started_at if seen is None else datetime.fromisoformat(seen)
    return Act(
        kind=ActKind.STAY,
        id=row.id,
        city_id=row.city_id,
        organisation_id=row.organisation_id,
        vehicle_id=row.vehicle_id,
        place_id=row.curb_zone_id,
        period=Period(row.started_at, max(end, row.started_at)),
        running=row.ended_at is None,
        seen={
            **row.evidence,
            "started_at": row.started_at.isoformat(),
            "ended_at": None if row.ended_at is None else row.ended_at.isoformat(),
        },
    )
