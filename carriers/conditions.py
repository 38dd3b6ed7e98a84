"""The conditional rules of the canonical event: which type demands which members.

Source: `allOf` of `carrier_event.schema.json`. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from msgspec import UNSET

from carriers import codes
from carriers.messages import CarrierEvent, EventType, Place
from kernel.refusals import Reason

_STATED_AHEAD = frozenset({"stop.eta_updated", "trip.planned"})
_ACTUAL_FAMILIES = frozenset({"telemetry", "ooh", "delivery", "event"})
_WITHOUT_VEHICLE = frozenset({"ooh", "custody", "event"})
_NEEDS_REASON = frozenset({"delivery.failed", "delivery.partial", "pickup.failed", "ooh.rejected"})
_NEEDS_UNITS = frozenset(
    {"station.load_verified", "station.unload_verified", "station.load_mismatch"}
)
_ANY = frozenset({"planned", "projected", "actual"})


@dataclass(frozen=True, slots=True)
class Demands:
    """What one event type requires beyond the shape."""

    classifiers: frozenset[str]
    vehicle: bool
    stop: bool
    position: bool
    curb: bool
    locker: bool
    units: bool
    reason: bool
    voids: bool


def _demands(event_type: str) -> Demands:
    family = event_type.partition(".")[0]
    if event_type in _STATED_AHEAD:
        classifiers = frozenset({"planned", "projected"})
    else:
        classifiers = frozenset({"actual"}) if family in _ACTUAL_FAMILIES else _ANY
    return Demands(
        classifiers=classifiers,
        vehicle=family not in _WITHOUT_VEHICLE,
        stop=family in {"stop", "delivery", "pickup"},
        position=event_type == "telemetry.position",
        curb=family == "curb",
        locker=family == "ooh",
        units=event_type in _NEEDS_UNITS,
        reason=event_type in _NEEDS_REASON,
        voids=event_type == "event.voided",
    )


DEMANDS: dict[str, Demands] = {name: _demands(name) for name in get_args(EventType)}


def broken(event: CarrierEvent) -> list[Reason]:
    """Return every conditional rule that `event` breaks; empty when it is valid."""
    return list(_broken(event, DEMANDS[event.event_type]))


def _broken(event: CarrierEvent, demands: Demands) -> Iterator[Reason]:
    if event.classifier not in demands.classifiers:
        allowed = ", ".join(sorted(demands.classifiers))
        detail = f"{event.event_type} may be {allowed}, not {event.classifier}."
        yield Reason(codes.CLASSIFIER, detail, pointer="/classifier")
    if demands.vehicle and event.vehicle is UNSET:
        yield _missing(event, "/vehicle")
    if demands.stop:
        if event.trip_id is UNSET:
            yield _missing(event, "/trip_id")
        if event.stop_id is UNSET:
            yield _missing(event, "/stop_id")
    if demands.voids and event.voids is UNSET:
        yield _missing(event, "/voids")
    if demands.reason:
        yield from _broken_outcome(event)
    if demands.units or demands.locker:
        yield from _broken_units(event, demands)
    if demands.position or demands.curb or demands.locker or demands.units:
        yield from _broken_place(event, demands)


def _broken_outcome(event: CarrierEvent) -> Iterator[Reason]:
    if event.outcome is UNSET:
        yield _missing(event, "/outcome")
    elif event.outcome.reason is UNSET:
        yield _missing(event, "/outcome/reason")


def _broken_units(event: CarrierEvent, demands: Demands) -> Iterator[Reason]:
    counted = event.units_expected is not UNSET and event.units_counted is not UNSET
    if event.units is UNSET and (demands.locker or not counted):
        yield _missing(event, "/units")


def _broken_place(event: CarrierEvent, demands: Demands) -> Iterator[Reason]:
    place = event.place
    if place is UNSET:
        yield _missing(event, "/place")
        return
    if demands.position:
        yield from _missing_coordinates(event, place)
    if demands.curb and place.curb_zone_id is UNSET:
        yield from _missing_coordinates(event, place)
    if demands.locker and place.ooh_point_id is UNSET:
        yield _missing(event, "/place/ooh_point_id")


def _missing_coordinates(event: CarrierEvent, place: Place) -> Iterator[Reason]:
    if place.lat is UNSET:
        yield _missing(event, "/place/lat")
    if place.lng is UNSET:
        yield _missing(event, "/place/lng")


def _missing(event: CarrierEvent, pointer: str) -> Reason:
    return Reason(codes.MISSING, f"{event.event_type} needs {pointer}.", pointer=pointer)
