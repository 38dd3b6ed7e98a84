"""Who is where: the vehicle behind a plate, its visits and its stay at an instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from carriers.models import Vehicle
from curbs.models import CurbSession
from tracking.models import VehicleState, ZoneVisit
from tracking.selectors import vehicles as tracked
from tracking.selectors import visits

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Presence:
    """What is known of a vehicle at an instant; nothing of a plate that nobody registered."""

    visits: tuple[ZoneVisit, ...] = ()
    stay: CurbSession | None = None
    state: VehicleState | None = None

    def since_in(self, zone_id: UUID) -> datetime | None:
        """Return since when it is in a zone, None when it is not known to be there."""
        return min((v.entered_at for v in self.visits if v.zone_id == zone_id), default=None)

    def since_at(self, curb_zone_id: UUID) -> datetime | None:
        """Return since when it stands at a curb zone, None when it is not known to."""
        stay = self.stay
        return stay.started_at if stay is not None and stay.curb_zone_id == curb_zone_id else None

    def as_json(self) -> dict[str, Any]:
        """Return it as our API writes it."""
        stay, state = self.stay, self.state
        return {
            "visits": [
                {
                    "visit_id": str(visit.id),
                    "zone_id": str(visit.zone_id),
                    "entered_at": visit.entered_at.isoformat(),
                }
                for visit in self.visits
            ],
            "stay": stay
            and {
                "stay_id": str(stay.id),
                "curb_zone_id": str(stay.curb_zone_id),
                "started_at": stay.started_at.isoformat(),
            },
            "seen_at": state.seen_at.isoformat() if state else None,
        }


def vehicle_of_plate(city_id: UUID, readings: Sequence[str]) -> Vehicle | None:
    """Return the vehicle that carries a plate: by the likeliest reading that somebody registered.

    Where several carriers registered the same plate, the one whose vehicle reported last.
    """
    rows = list(
        Vehicle.objects.of_city(city_id)
        .filter(plate__in=readings, active=True)
        .select_related("organisation")
        .order_by("-registered_at", "-id")
    )
    if not rows:
        return None
    best = min(readings.index(row.plate) for row in rows)
    same = [row for row in rows if row.plate == readings[best]]
    if len(same) == 1:
        return same[0]
    seen = {id_: state.seen_at for id_, state in tracked.states_of([r.id for r in same]).items()}
    return max(same, key=lambda row: (row.id in seen, seen.get(row.id, row.registered_at)))


def of_vehicle(vehicle_id: UUID, at: datetime) -> Presence:
    """Return where a vehicle was at an instant. Three queries."""
    stay = (
        CurbSession.objects.filter(vehicle_id=vehicle_id, started_at__lte=at)
        .filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at))
        .order_by("-started_at", "id")
        .first()
    )
    inside = visits.of_vehicle(vehicle_id, at, at + INSTANT)
    return Presence(tuple(inside), stay, tracked.states_of([vehicle_id]).get(vehicle_id))


def vehicles_in(
    city_id: UUID, *, zone_id: UUID | None, curb_zone_id: UUID | None, at: datetime
) -> list[tuple[Vehicle, datetime]]:
    """Return the vehicles that are in a zone or stand at a curb zone, the longest there first."""
    if zone_id is not None:
        inside = visits.overlapping(city_id, [zone_id], at, at + INSTANT)
        since = {visit.vehicle_id: visit.entered_at for visit in reversed(inside)}
    else:
        rows = CurbSession.objects.of_city(city_id).filter(
            Q(ended_at__isnull=True) | Q(ended_at__gt=at),
            curb_zone_id=curb_zone_id,
            started_at__lte=at,
        )
        since = {row.vehicle_id: row.started_at for row in rows.order_by("-started_at", "id")}
    found = Vehicle.objects.of_city(city_id).filter(id__in=since).select_related("organisation")
    pairs = [(vehicle, since[vehicle.id]) for vehicle in found]
    return sorted(pairs, key=lambda pair: (pair[1], pair[0].id))
