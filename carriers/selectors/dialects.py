"""What messages in another dialect name, looked up: one query per kind and sender."""

from uuid import UUID

from django.db.models import Q

from carriers.adapters.translated import Asked, FacilityOf, Known, StopOf
from carriers.models import Facility, Original, RoutePlan, Stop, Vehicle
from kernel import identifiers


def known(asked: Asked, *, sender_id: UUID, city_id: UUID) -> Known:
    """Return what the platform knows of what messages of a sender name.

    Vehicles, trips and stops are the sender's own; a facility may be another organisation's of
    the same city (a locker that many use), the sender's own goes first.
    """
    return Known(
        vehicles=vehicles(asked.vehicles, sender_id),
        facilities=_facilities(asked.facilities, sender_id, city_id),
        trips=_trips(asked.trips, sender_id),
        stops=_stops(asked.stops, sender_id),
        locations=_locations(asked.locations, sender_id),
    )


def withdrawn(sender_id: UUID, native_ids: set[str]) -> set[str]:
    """Return which of these ids of OTM events the sender has withdrawn. One query."""
    if not native_ids:
        return set()
    rows = Original.objects.of_kind("otm", "deletions").filter(
        organisation_id=sender_id, native_id__in=native_ids
    )
    return set(rows.values_list("native_id", flat=True))


def vehicles(asked: set[str], sender_id: UUID) -> dict[str, str]:
    """Return the sender's vehicles by what names them: our id, or a GS1 key (`grai:`, `giai:`).
    One query."""
    if not asked:
        return {}
    keys = {name for name in asked if is_gs1(name)}
    ids = {name: found for name in asked - keys if (found := _uuid(name))}
    rows = Vehicle.objects.filter(organisation_id=sender_id).filter(
        Q(id__in=set(ids.values()))
        | Q(grai__in=[key[5:] for key in keys if key.startswith("grai:")])
        | Q(giai__in=[key[5:] for key in keys if key.startswith("giai:")])
    )
    found = {}
    for vehicle_id, grai, giai in rows.values_list("id", "grai", "giai"):
        named = {name for name, one in ids.items() if one == vehicle_id}
        named |= keys & {f"grai:{grai}", f"giai:{giai}"}
        found |= dict.fromkeys(named, str(vehicle_id))
    return found


def is_gs1(name: str) -> bool:
    """Return whether a vehicle is named by the GS1 key of an asset."""
    return name.startswith(("grai:", "giai:"))


def _facilities(asked: set[str], sender_id: UUID, city_id: UUID) -> dict[str, FacilityOf]:
    if not asked:
        return {}
    ids: dict[UUID, str] = {}
    for name in asked:
        ids[identifiers.ref_id(sender_id, "facility", name)] = name
        found = _uuid(name)
        if found is not None:
            ids[found] = name
    rows = Facility.objects.of_city(city_id).filter(Q(id__in=ids) | Q(gln__in=asked))
    facilities: dict[str, FacilityOf] = {}
    others: dict[str, list[FacilityOf]] = {}
    for row in rows:
        facility = FacilityOf(str(row.id), row.kind)
        if row.id in ids:
            facilities[ids[row.id]] = facility
        if row.gln in asked and row.organisation_id == sender_id:
            facilities[row.gln] = facility
        elif row.gln in asked:
            others.setdefault(row.gln, []).append(facility)
    # Two others that claim one GLN: nobody knows which is meant.
    unique = {gln: found[0] for gln, found in others.items() if len(found) == 1}
    return unique | facilities


def _trips(asked: set[str], sender_id: UUID) -> dict[str, str]:
    if not asked:
        return {}
    ids = {identifiers.resolve(sender_id, "trip", name): name for name in asked}
    rows = RoutePlan.objects.current().filter(organisation_id=sender_id, trip_id__in=ids)
    return {
        ids[trip_id]: str(vehicle_id)
        for trip_id, vehicle_id in rows.values_list("trip_id", "vehicle_id")
    }


def _stops(asked: set[str], sender_id: UUID) -> dict[str, StopOf]:
    if not asked:
        return {}
    ids = {identifiers.resolve(sender_id, "stop", name): name for name in asked}
    rows = Stop.objects.filter(
        stop_id__in=ids, route__organisation_id=sender_id, route__is_current=True
    ).order_by("route__service_on", "route_id")
    return {
        ids[stop_id]: StopOf(str(trip_id), str(vehicle_id))
        for stop_id, trip_id, vehicle_id in rows.values_list(
            "stop_id", "route__trip_id", "route__vehicle_id"
        )
    }


def _locations(asked: set[str], sender_id: UUID) -> dict[str, bytes]:
    if not asked:
        return {}
    rows = Original.objects.of_kind("otm", "locations").filter(
        organisation_id=sender_id, native_id__in=asked
    )
    ordered = rows.order_by("order_id").values_list("native_id", "content")
    return {native_id: content.encode() for native_id, content in ordered}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
