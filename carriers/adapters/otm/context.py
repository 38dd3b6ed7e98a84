"""What an OTM action stands in: its trip, vehicle and stop, and the places sent before."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct

from carriers.adapters import reading
from carriers.adapters.otm.messages import Action, Consignment, Location, Trip
from carriers.adapters.otm.naming import STATIONS, id_or_ref, linked
from carriers.adapters.translated import FacilityOf, Known
from kernel import identifiers


@dataclass(frozen=True)
class Context:
    """Where an action stands. `base` is the JSON pointer of the action."""

    sender: UUID
    known: Known
    base: str = ""
    trip: str | None = None
    vehicle: str | None = None
    stop: Action | None = None
    stop_id: str | None = None
    location: Location | None = None
    told_at: Any = UNSET  # when the message around it was made
    locations: dict[str, Location] = field(default_factory=dict)
    consignments: dict[str, Consignment] = field(default_factory=dict)

    def at(self, step: str) -> "Context":
        """Return the context one step deeper in the message."""
        return replace(self, base=f"{self.base}{step}")

    def place_at(self, link: Any) -> Location | None:
        """Return the location at the end of an association, also one that was sent before."""
        if link is UNSET:
            return None
        if link.entity is not UNSET:
            return link.entity  # type: ignore[no-any-return]
        named = linked(link)
        if named is None:
            return None
        return self.locations.get(named) or _decoded(self.known.locations.get(named.lower()))

    def facility(self) -> FacilityOf | None:
        """Return the facility that the location is, if we know it as one."""
        if self.location is None:
            return None
        names = (self.location.id, self.location.gln)
        for name in names:
            found = self.known.facilities.get(str(name).lower()) if name is not UNSET else None
            if found is not None:
                return found
        return None

    @property
    def is_station(self) -> bool:
        """Whether the vehicle loads here: a facility that is no locker, or a type of station."""
        facility = self.facility()
        if facility is not None:
            return facility.kind not in LOCKERS
        return self.location is not None and str(self.location.type or "") in STATIONS

    @property
    def is_locker(self) -> bool:
        """Whether people take their parcels out here."""
        facility = self.facility()
        return facility is not None and facility.kind in LOCKERS


LOCKERS = frozenset({"locker", "pickup_point"})


def _decoded(raw: bytes | None) -> Location | None:
    if raw is None:
        return None
    found = reading.read(raw, Location)
    return found if isinstance(found, Location) else None


def identity(entity: Any, sender: UUID) -> str:
    """Return an entity's own id, else one derived from its content: the same, if sent again."""
    if entity.id is not UNSET:
        return str(entity.id).lower()
    plain = msgspec.to_builtins(entity, enc_hook=_plain)
    form = msgspec.json.encode(plain, order="sorted")
    return str(identifiers.derived(sender, "otm", sha256(form).hexdigest()))


def _plain(value: Any) -> Any:
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value)
    return value.at.isoformat()


def inlined(entity: Struct) -> Iterator[Struct]:
    """Yield every entity that stands inline in another, at any depth."""
    for name in entity.__struct_fields__:
        value = getattr(entity, name)
        for link in value if isinstance(value, list) else [value]:
            inner = getattr(link, "entity", UNSET)
            if isinstance(inner, Struct):
                yield inner
                yield from inlined(inner)


def around(entity: Action | Trip, sender: UUID, known: Known) -> Context:
    """Return the context of a message: what it inlines can be referred to anywhere in it."""
    context = Context(sender, known)
    for inner in inlined(entity):
        if isinstance(inner, Location) and inner.id is not UNSET and inner.geoReference:
            context.locations[inner.id] = inner
        elif isinstance(inner, Consignment) and inner.id is not UNSET:
            context.consignments.setdefault(inner.id, inner)
    return context


def of_trip(trip: Trip, context: Context) -> Context:
    """Return the context of a trip's actions."""
    trip_id = None if trip.id is UNSET else id_or_ref(trip.id)
    named = linked(trip.vehicle)
    vehicle = (
        context.known.vehicle(named.lower()) if named else context.known.trips.get(str(trip_id))
    )
    told_at = trip.lastModified or trip.creationDate
    return replace(context, trip=trip_id, vehicle=vehicle, told_at=told_at)
