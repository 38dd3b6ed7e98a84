"""The entities of OTM 5.6 as far as they are read.

Source: opentripmodel/documentation (f351824), otm-api-v5.6.yaml. `entityType` is required there
and missing in every published sample: the path says it too, so it may be left out. Members that
are not named here stay in the kept original.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from carriers.adapters.reading import Moment

Lifecycle = Literal["requested", "planned", "projected", "actual", "realized"]
Id = Annotated[str, Meta(min_length=1, max_length=200)]
ResultReason = Literal[
    "damage", "deliveredElsewhere", "deliveredToWrongReceiver", "inaccessibleAddress",
    "incomplete", "invalidAddress", "invalidShippingLabel", "receiverAbsent",
    "rejectedByReceiver", "other",
]  # fmt: skip
"""5.6 names two of them, later versions all ten."""


class Quantity(Struct):
    """A value with a unit as free text."""

    value: float
    unit: str


class Geo(Struct):
    """A geoReference of any type; the members of the others are not read."""

    type: str
    lat: Annotated[float, Meta(ge=-90, le=90)] | UnsetType = UNSET
    lon: Annotated[float, Meta(ge=-180, le=180)] | UnsetType = UNSET
    speed: Quantity | UnsetType = UNSET
    heading: Quantity | UnsetType = UNSET
    bearing: Quantity | UnsetType = UNSET
    bearingType: Literal["absolute", "relative"] | UnsetType = UNSET
    geometry: Any = UNSET


class _Link(Struct, kw_only=True):
    associationType: Literal["inline", "reference", "attributeRestriction"]
    uuid: Id | UnsetType = UNSET
    roles: list[str] | UnsetType = UNSET


class Vehicle(Struct, kw_only=True):
    """A vehicle."""

    id: Id | UnsetType = UNSET
    entityType: Literal["vehicle"] | UnsetType = UNSET
    vehicleType: str | UnsetType = UNSET
    fuel: str | UnsetType = UNSET
    emissionStandard: str | UnsetType = UNSET
    loadCapacities: list[Quantity] | UnsetType = UNSET
    length: Quantity | UnsetType = UNSET
    width: Quantity | UnsetType = UNSET
    height: Quantity | UnsetType = UNSET
    licensePlate: str | UnsetType = UNSET


class VehicleLink(_Link, kw_only=True):
    """A vehicle, inline or by reference."""

    entity: Vehicle | UnsetType = UNSET


class Location(Struct, kw_only=True):
    """A place."""

    id: Id | UnsetType = UNSET
    entityType: Literal["location"] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    geoReference: Geo | UnsetType = UNSET
    gln: str | UnsetType = UNSET
    type: str | UnsetType = UNSET


class LocationLink(_Link, kw_only=True):
    """A place, inline or by reference."""

    entity: Location | UnsetType = UNSET


class Goods(Struct, kw_only=True):
    """Items or transport equipment."""

    id: Id | UnsetType = UNSET
    barCode: str | UnsetType = UNSET
    quantity: int | UnsetType = UNSET


class GoodsLink(_Link, kw_only=True):
    """Goods, inline or by reference."""

    entity: Goods | UnsetType = UNSET


class Consignment(Struct, kw_only=True):
    """What is carried for somebody."""

    id: Id | UnsetType = UNSET
    goods: list[GoodsLink] | UnsetType = UNSET


class ConsignmentLink(_Link, kw_only=True):
    """A consignment, inline or by reference."""

    entity: Consignment | UnsetType = UNSET


class Result(Struct):
    """What came of an action."""

    status: Literal["succeeded", "failed", "partiallySucceeded", "cancelled"]
    reason: ResultReason | UnsetType = UNSET
    remark: str | UnsetType = UNSET


class ConstraintLink(Struct):
    """A constraint; only an inline time window is read."""

    entity: Any = UNSET


class Actor(Struct):
    """The end of a handover."""

    roles: list[str] | UnsetType = UNSET


class Action(Struct, kw_only=True):
    """Any action; by an updateEvent it comes with its `entityType` instead of `actionType`."""

    actionType: str | UnsetType = UNSET
    entityType: str | UnsetType = UNSET
    id: Id | UnsetType = UNSET
    name: str | UnsetType = UNSET
    lifecycle: Lifecycle | UnsetType = UNSET
    creationDate: Moment | UnsetType = UNSET
    lastModified: Moment | UnsetType = UNSET
    result: Result | UnsetType = UNSET
    sequenceNr: int | UnsetType = UNSET
    startTime: Moment | UnsetType = UNSET
    endTime: Moment | UnsetType = UNSET
    location: LocationLink | UnsetType = UNSET
    trip: "TripLink | UnsetType" = UNSET
    stop: "ActionLink | UnsetType" = UNSET
    vehicle: VehicleLink | UnsetType = UNSET
    consignment: ConsignmentLink | UnsetType = UNSET
    to: Actor | UnsetType = UNSET
    constraint: ConstraintLink | UnsetType = UNSET
    actions: "list[ActionLink] | UnsetType" = UNSET

    @property
    def does(self) -> str:
        """Return what the action is: stop, load, unload, handOver, …"""
        return str(self.actionType or self.entityType or "")


class ActionLink(_Link, kw_only=True):
    """An action, inline or by reference."""

    entity: Action | UnsetType = UNSET


class Trip(Struct, kw_only=True):
    """A trip with what was done and is to be done on it."""

    id: Id | UnsetType = UNSET
    entityType: Literal["trip"] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    status: (
        Literal[
            "draft", "requested", "confirmed", "inTransit", "completed", "cancelled", "accepted",
            "modified",
        ]
        | UnsetType
    ) = UNSET  # fmt: skip
    creationDate: Moment | UnsetType = UNSET
    lastModified: Moment | UnsetType = UNSET
    vehicle: VehicleLink | UnsetType = UNSET
    actions: list[ActionLink] | UnsetType = UNSET


class TripLink(_Link, kw_only=True):
    """A trip, inline or by reference."""

    entity: Trip | UnsetType = UNSET


class Event(Struct, kw_only=True):
    """Any event. Its time is `creationDate`: OTM has no other."""

    eventType: str
    id: Id | UnsetType = UNSET
    lifecycle: Lifecycle | UnsetType = UNSET
    creationDate: Moment | UnsetType = UNSET
    vehicle: VehicleLink | UnsetType = UNSET
    trip: TripLink | UnsetType = UNSET
    geoReference: Geo | UnsetType = UNSET
    fuel: str | UnsetType = UNSET
    amount: Quantity | UnsetType = UNSET
    entity: msgspec.Raw | UnsetType = field(default=UNSET)


EVENT_TYPES = frozenset((
    "associationCreatedEvent", "associationRemovedEvent", "updateEvent", "locationUpdateEvent",
    "startMovingEvent", "stopMovingEvent", "startWaitingEvent", "stopWaitingEvent",
    "startEngineEvent", "stopEngineEvent", "sensorUpdateEvent", "fuelConsumedEvent",
    "emissionEvent",
))  # fmt: skip
ACTION_TYPES = frozenset((
    "stop", "load", "unload", "handOver", "move", "attachTransportEquipment",
    "detachTransportEquipment", "refuel", "break", "wait", "genericAction",
))  # fmt: skip
Message = Trip | Vehicle | Location | Action | Event
KINDS: dict[str, type[Message]] = {
    "trips": Trip,
    "vehicles": Vehicle,
    "locations": Location,
    "actions": Action,
    "events": Event,
}
