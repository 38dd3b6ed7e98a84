"""From events of EPCIS to canonical events. Table: docs/api/dialects.md.

One event becomes one canonical event or none: a step that no canonical event says is kept.
"""

from hashlib import sha256
from typing import Any, get_args, get_type_hints
from uuid import UUID

import msgspec
from msgspec import UNSET

from carriers import codes
from carriers.adapters import units
from carriers.adapters.epcis import messages
from carriers.adapters.epcis.messages import (
    AggregationEvent,
    AssociationEvent,
    Event,
    ObjectEvent,
    TransactionEvent,
)
from carriers.adapters.epcis.reading import Named, named, unit_of
from carriers.adapters.translated import Asked, FacilityOf, Known, Namer, Translated
from carriers.messages import CarrierEvent, Outcome, Place, VehicleRef, Voids
from kernel import identifiers
from kernel.refusals import Reason

ATTEMPTED = "/epcis/BizStep-delivery_attempted"
"""CBV has no step for a delivery that failed; this is the end of a URI of ours for it."""
REASON_MEMBER = "cityhub:reason"
_MISMATCHES = frozenset({"mismatch_instance", "mismatch_quantity"})
_LOCKERS = frozenset({"locker", "pickup_point"})
_REASONS = frozenset(
    reason for option in get_args(get_type_hints(Outcome)["reason"]) for reason in get_args(option)
)
_ORIGIN = {
    "/occurred_at": "/eventTime",
    "/event_id": "/eventID",
    "/vehicle": "/epcList",
    "/units": "/epcList",
    "/trip_id": "/bizTransactionList",
    "/stop_id": "/bizTransactionList",
    "/place": "/readPoint/id",
    "/facility_id": "/readPoint/id",
    "/outcome": f"/{REASON_MEMBER}",
}
_OF_PARENT = {"/vehicle": "/parentID", "/units": "/childEPCs"}


def read(kind: str, raw: bytes) -> Event | list[Reason]:
    """Return an event, or the reasons against it; `kind` says nothing, the event says its type."""
    return messages.read(raw)


def kind_of(raw: bytes) -> str:
    """Return the kind of an item of a file: EPCIS has one."""
    return "events"


def asks(event: Event, asked: Asked) -> None:
    """Note what has to be looked up for an event."""
    found = named(event)
    asked.vehicles.update(found.assets)
    if found.place is not None and found.place.gln is not UNSET:
        asked.facilities.add(found.place.gln)
    asked.trips.update(one for one in (found.trip,) if one and not one.startswith("ref:"))
    asked.stops.update(one for one in (found.stop,) if one and not one.startswith("ref:"))


def native_id(raw: bytes, event: Event, sender: UUID) -> str:
    """Return the id of an event: its eventID, else one derived from its content.

    The canonical form leaves out what does not belong to the event itself (`recordTime`,
    `errorDeclaration`, `@context`) and sorts the members, so that the same event sent twice, or
    later declared an error, has the same id.
    """
    if event.eventID is not UNSET:
        return event.eventID
    value = msgspec.json.decode(raw)
    for name in ("recordTime", "errorDeclaration", "@context"):
        value.pop(name, None)
    form = msgspec.json.encode(value, order="sorted")
    return f"urn:uuid:{identifiers.derived(sender, 'epcis', sha256(form).hexdigest())}"


def translate(kind: str, event: Event, sender: UUID, known: Known, raw: bytes) -> Translated:
    """Return the canonical event that an event stands for, if there is one."""
    found = named(event)
    made = Translated(event.type[:64], native_id(raw, event, sender))
    made.occurred_at = event.eventTime.at
    made.reasons += found.faults
    said = _Said(event, found, known, raw)
    made.vehicle = said.vehicle
    event_type, why_not = said.meaning()
    if event.errorDeclaration is not UNSET:
        made.kind = "errorDeclaration"
    if event_type is None:
        made.notes.append(Reason(codes.NOT_MAPPED, why_not, pointer="/bizStep"))
    elif event.errorDeclaration is not UNSET:
        made.add(_void(event, made.native_id, sender), {"/occurred_at": "/errorDeclaration"})
    else:
        of_parent = _OF_PARENT if isinstance(event, AggregationEvent) else {}
        one = said.canonical(event_type, Namer(sender, "epcis", made.native_id).of(), sender)
        made.add(one, _ORIGIN | of_parent)
    return made


def _void(event: Event, native: str, sender: UUID) -> CarrierEvent:
    declared = event.errorDeclaration
    assert not isinstance(declared, msgspec.UnsetType)
    corrected = [Namer(sender, "epcis", uri).of() for uri in declared.correctiveEventIDs or ()]
    return CarrierEvent(
        event_id=Namer(sender, "epcis", native).of("event.voided"),
        event_type="event.voided",
        classifier="actual",
        carrier_id=str(sender),
        occurred_at=declared.declarationTime.at,
        voids=Voids(
            event_id=Namer(sender, "epcis", native).of(),
            reason="did_not_occur" if declared.reason == "did_not_occur" else "incorrect_data",
            replaced_by=corrected or UNSET,
        ),
    )


class _Said:
    """One event with what the platform knows of whom it names."""

    def __init__(self, event: Event, found: Named, known: Known, raw: bytes) -> None:
        self._event = event
        self._found = found
        self._raw = raw
        self._stop = known.stops.get(found.stop or "")
        self._trip_id = found.trip or (self._stop.trip_id if self._stop else None)
        self._facility = self._facility_of(known)
        self.vehicle = self._vehicle_of(known)

    def _facility_of(self, known: Known) -> FacilityOf | None:
        place = self._found.place
        if place is None or place.gln is UNSET:
            return None
        return known.facilities.get(place.gln)

    def _vehicle_of(self, known: Known) -> str | None:
        """Return the vehicle: a known asset, else the only one named, else the trip's."""
        ours = [asset for asset in self._found.assets if asset in known.vehicles]
        if ours:
            self._asset = ours[0]
            return known.vehicles[ours[0]]
        self._asset = ""
        by_trip = known.trips.get(self._trip_id or "")
        if by_trip is None and self._stop is not None:
            by_trip = self._stop.vehicle_id
        if by_trip is not None:
            return by_trip
        if len(self._found.assets) == 1:
            self._asset = self._found.assets[0]
            return f"ref:{self._asset}"
        return None

    def meaning(self) -> tuple[Any, str]:
        """Return the canonical type, or None and why there is none."""
        event = self._event
        step = getattr(event, "bizStep", UNSET)
        if step is UNSET or isinstance(event, AssociationEvent):
            return None, f"{event.type[:60]} without a step of ours has no event."
        found: Any = None
        if isinstance(event, AggregationEvent):
            found = self._of_aggregation(event, step)
        elif isinstance(event, ObjectEvent | TransactionEvent) and event.action != "DELETE":
            found = self._of_objects(event, step)
        if found is None:
            detail = f"{step[:60]} of this {event.type[:40]} at this place has no event."
            return None, detail
        if self.vehicle is None and not found.startswith(("ooh.", "custody.")):
            return None, f"{step[:60]} names no vehicle (GRAI, GIAI or the trip of a route)."
        if found.startswith(("stop.", "delivery.", "pickup.")) and self._trip_id is None:
            return None, f"{step[:60]} names a stop, but no trip."
        return found, ""

    def _of_aggregation(self, event: AggregationEvent, step: str) -> str | None:
        told = (event.action, step)
        if step == "loading" and event.disposition in _MISMATCHES and self._facility:
            return "station.load_mismatch"
        if self._found.stop is not None:
            at_stop = {("ADD", "loading"): "pickup.succeeded",
                       ("DELETE", "unloading"): "delivery.succeeded"}  # fmt: skip
            return at_stop.get(told)
        if self._facility is None:
            return None
        if self._facility.kind in _LOCKERS:
            locker = {("ADD", "storing"): "ooh.deposited", ("DELETE", "storing"): "ooh.collected"}
            return locker.get(told)
        station = {("ADD", "loading"): "station.load_verified",
                   ("DELETE", "unloading"): "station.unload_verified"}  # fmt: skip
        return station.get(told)

    def _of_objects(self, event: ObjectEvent | TransactionEvent, step: str) -> str | None:
        place = self._found.place
        if step == "sensor_reporting":
            placed = place is not None and place.lat is not UNSET
            return "telemetry.position" if placed else None
        if self._found.stop is not None:
            return self._at_stop(step)
        if self._facility is None or place is None:
            return None
        if self._facility.kind in _LOCKERS:
            return {"holding": "ooh.expired", "accepting": "custody.handed_over"}.get(step)
        docked = place.gln_extension is not UNSET
        if step == "inspecting":
            return self._inspected(event)
        if step == "receiving" and event.disposition == "returned":
            return "return.received"
        return {
            "arriving": "station.dock_arrival" if docked else "station.gate_in",
            "departing": "station.dock_departure" if docked else "station.gate_out",
            "staging_outbound": "station.load_started",
            "accepting": "custody.handed_over",
        }.get(step)

    def _at_stop(self, step: str) -> str | None:
        if step.endswith(ATTEMPTED):
            return "delivery.failed" if self._reason() else "delivery.attempted"
        return {
            "arriving": "stop.arrived",
            "departing": "stop.departed",
            "accepting": "custody.handed_over",
        }.get(step)

    def _inspected(self, event: ObjectEvent | TransactionEvent) -> str | None:
        if event.disposition in _MISMATCHES:
            return "station.load_mismatch" if self._units() else None
        persistent = getattr(event, "persistentDisposition", UNSET) or messages.Persistent()
        verified = "completeness_verified" in (persistent.set or ())
        return "station.load_verified" if verified and self._units() else None

    def _reason(self) -> str | None:
        value = msgspec.json.decode(self._raw).get(REASON_MEMBER)
        return value if value in _REASONS else None

    def _units(self) -> list[Any]:
        return [one for one in self._found.units if one.id != unit_of(self._asset)]

    def canonical(self, event_type: Any, event_id: str, sender: UUID) -> CarrierEvent:
        """Return the canonical event of a type."""
        found, at_stop = self._found, event_type.startswith(("stop.", "delivery.", "pickup."))
        event = CarrierEvent(
            event_id=event_id,
            event_type=event_type,
            classifier="actual",
            carrier_id=str(sender),
            occurred_at=self._event.eventTime.at,
            trip_id=self._trip_id or UNSET,
            stop_id=(found.stop or UNSET) if at_stop else UNSET,
            place=self._place(event_type),
        )
        if self.vehicle is not None and not event_type.startswith("ooh."):
            event.vehicle = VehicleRef(vehicle_id=self.vehicle)
        if event_type != "telemetry.position":
            event.units = self._units() or UNSET
        if event_type == "delivery.failed":
            reason: Any = self._reason()
            event.outcome = Outcome(status="failed", reason=reason)
        return event

    def _place(self, event_type: str) -> Any:
        place = self._found.place
        if place is None:
            return UNSET
        if event_type == "telemetry.position":
            _with_motion(place, self._event)
        if self._facility is not None and event_type.startswith("ooh."):
            place.ooh_point_id = self._facility.id
            place.compartment = place.gln_extension
        elif self._facility is not None:
            place.station_id = self._facility.id
        return place


def _with_motion(place: Place, event: Event) -> None:
    """Add speed and heading from the sensors; a unit that is unknown leaves them out."""
    for element in getattr(event, "sensorElementList", UNSET) or ():
        for report in element.sensorReport:
            if report.value is UNSET or report.uom is UNSET:
                continue
            try:
                if report.type == "Speed":
                    place.speed_mps = units.speed_mps(report.value, report.uom)
                elif report.type == "Angle":
                    place.heading_deg = units.heading_deg(report.value, report.uom)
            except ValueError:
                continue
