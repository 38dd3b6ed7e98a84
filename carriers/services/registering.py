"""What a message in another dialect says beside events: vehicles, places and planned routes."""

from contextlib import suppress
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from accounts import scopes
from accounts.actors import Actor
from accounts.models import Organisation
from carriers import codes
from carriers.adapters.mds import messages as mds
from carriers.adapters.mds.translate import vehicle_facts as mds_facts
from carriers.adapters.otm import messages as otm
from carriers.adapters.otm.naming import facility_facts, vehicle_facts
from carriers.adapters.reading import Unreadable
from carriers.models import Original, RoutePlan, Vehicle
from carriers.services import facilities, originals, routes
from carriers.services import vehicles as fleet
from carriers.wishes import FacilityIn, RouteIn, VehicleIn, VehiclePatch
from foundation.api.decoding import decode
from kernel import identifiers
from kernel.refusals import Reason, Refusal

Vehicles = Literal["new", "known", "either"]
"""Whether a vehicle that a message describes has to be new or to be known."""


def entity(
    *,
    actor: Actor,
    sender: Organisation,
    parsed: Any,
    raw: bytes,
    vehicles: Vehicles,
    now: datetime,
) -> list[Reason]:
    """Register the vehicle or place that a message describes; what was said before is changed.

    Returns the reasons against it; a message that describes neither has none.
    """
    try:
        if isinstance(parsed, mds.Vehicle):
            _vehicle(actor, sender, mds_facts(parsed), raw, vehicles, now)
        elif isinstance(parsed, otm.Vehicle):
            _vehicle(actor, sender, vehicle_facts(parsed), raw, vehicles, now)
        elif isinstance(parsed, otm.Location):
            facts = facility_facts(parsed)
            if facts is not None:
                wish = _wish(facts | {"organisation_id": str(sender.id)}, FacilityIn)
                facilities.register(actor=actor, wish=wish, now=now)
    except Unreadable as fault:
        return [fault.reason]
    except Refusal as refusal:
        return list(refusal.reasons)
    return []


def _vehicle(
    actor: Actor,
    sender: Organisation,
    facts: dict[str, Any],
    raw: bytes,
    wanted: Vehicles,
    now: datetime,
) -> None:
    """Register a vehicle or change its facts. An id that is one of our vehicles' means that one,
    else it is the sender's own."""
    ref = facts.pop("ref")
    known = _known(sender, ref)
    vehicle_id = known.id if known else identifiers.ref_id(sender.id, "vehicle", ref)
    if not actor.acts_for(sender.id, scopes.VEHICLES_WRITE, vehicle_id):
        detail = "You hold no mandate of this organisation for this vehicle."
        raise Refusal(codes.NOT_YOURS, detail)
    if wanted == "known" and known is None:
        raise Refusal(codes.UNREGISTERED, "Register the vehicle first.", pointer="/device_id")
    if wanted == "new" and known is not None:
        if _is_latest(sender, ref, raw):
            return
        detail = "This vehicle is registered with other facts; change them by PUT."
        raise Refusal(codes.ALREADY_REGISTERED, detail, pointer="/device_id")
    if known is not None and known.ref.lower() != ref.lower():
        patch = _wish(facts, VehiclePatch)
        fleet.correct(actor=actor, vehicle_id=known.id, wish=patch, now=now)
        return
    wish = _wish(facts | {"ref": ref, "organisation_id": str(sender.id)}, VehicleIn)
    fleet.register(actor=actor, wish=wish, now=now)


def _known(sender: Organisation, ref: str) -> Vehicle | None:
    ids = {identifiers.ref_id(sender.id, "vehicle", ref)}
    with suppress(ValueError):
        ids.add(UUID(ref))
    return Vehicle.objects.filter(organisation=sender, id__in=ids).first()


def _is_latest(sender: Organisation, native_id: str, raw: bytes) -> bool:
    """Return whether a vehicle was registered last with exactly this message."""
    rows = Original.objects.of_kind("mds", "vehicles").filter(organisation=sender)
    last = rows.named(native_id).first()
    return last is not None and bytes(last.content_hash) == originals.digest(raw)


def route(
    *, actor: Actor, sender: Organisation, planned: dict[str, Any], now: datetime
) -> list[Reason]:
    """Publish a planned route, unless the sender's last one says the same; returns the reasons
    against it."""
    try:
        day_of = datetime.fromisoformat(planned["day_of"])
        if day_of.tzinfo is None:
            raise ValueError(planned["day_of"])
    except ValueError:
        detail = "Times are RFC 3339 with T and an offset: 2026-11-22T10:00:00+02:00."
        return [Reason(codes.INVALID, detail, pointer="/actions")]
    facts = {name: value for name, value in planned.items() if name != "day_of"}
    day = day_of.astimezone(sender.city.tz).date().isoformat()
    try:
        wish = _wish(facts | {"service_on": day, "organisation_id": str(sender.id)}, RouteIn)
        if not _told_before(wish, sender):
            routes.publish(actor=actor, route=wish, now=now)
    except Refusal as refusal:
        return list(refusal.reasons)
    return []


def _wish[T](facts: dict[str, Any], kind: type[T]) -> T:
    """Return facts as a wish, checked like one that was sent."""
    return decode(msgspec.json.encode(facts), kind)


_OF_STOP = (
    "name", "kind", "window_start_at", "window_end_at", "planned_arrival_at", "service_s",
)  # fmt: skip


def _told_before(wish: RouteIn, sender: Organisation) -> bool:
    """Return whether the last revision that the sender sent of this trip says the same."""
    trip_id = identifiers.resolve(sender.id, "trip", wish.trip_id)
    last = (
        RoutePlan.objects.filter(organisation=sender, source=RoutePlan.Source.SENT)
        .of_trip(trip_id)
        .order_by("-revision")
        .prefetch_related("stops")
        .first()
    )
    if last is None:
        return False
    vehicle_id = identifiers.resolve(sender.id, "vehicle", wish.vehicle_id)
    whole = (vehicle_id, wish.service_on, wish.start_at, wish.end_at)
    if whole != (last.vehicle_id, last.service_on, last.start_at, last.end_at):
        return False
    if [_point(wish.start_location), _point(wish.end_location)] != [
        _point(last.start_location),
        _point(last.end_location),
    ]:
        return False
    wished = [
        (identifiers.resolve(sender.id, "stop", stop.stop_id), _point(stop.location), _facts(stop))
        for stop in wish.stops
    ]
    stops = sorted(last.stops.all(), key=lambda stop: stop.seq)
    return wished == [(stop.stop_id, _point(stop.location), _facts(stop)) for stop in stops]


def _facts(stop: Any) -> tuple[Any, ...]:
    return tuple(getattr(stop, name) for name in _OF_STOP)


def _point(place: Any) -> tuple[float, float] | None:
    """Return (lng, lat) of a wished or stored position."""
    if place is None:
        return None
    return (place.lng, place.lat) if hasattr(place, "lng") else (place.x, place.y)
