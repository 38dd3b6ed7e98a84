"""What a dialect makes of a message, and what it asks to be looked up first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from carriers.messages import CarrierEvent
from kernel import identifiers
from kernel.refusals import Reason


class FacilityOf(NamedTuple):
    """A facility that a message names: our id and its kind."""

    id: str
    kind: str


class StopOf(NamedTuple):
    """A stop of a published route: its trip and the vehicle that drives it."""

    trip_id: str
    vehicle_id: str


@dataclass
class Asked:
    """What messages name: collected over a batch and looked up with one query per kind."""

    vehicles: set[str] = field(default_factory=set)  # UUIDs, GRAIs, GIAIs
    facilities: set[str] = field(default_factory=set)  # GLNs, UUIDs
    trips: set[str] = field(default_factory=set)
    stops: set[str] = field(default_factory=set)
    locations: set[str] = field(default_factory=set)  # UUIDs of OTM locations sent before


@dataclass(frozen=True)
class Known:
    """What the platform knows of that, for one sender; what is absent is unknown."""

    vehicles: Mapping[str, str] = field(default_factory=dict)  # as asked → our vehicle's UUID
    facilities: Mapping[str, FacilityOf] = field(default_factory=dict)
    trips: Mapping[str, str] = field(default_factory=dict)  # trip → vehicle of its current route
    stops: Mapping[str, StopOf] = field(default_factory=dict)
    locations: Mapping[str, bytes] = field(default_factory=dict)  # the location as it was sent

    def vehicle(self, native: str) -> str:
        """Return how a canonical event names a vehicle: our UUID, else the sender's own id."""
        return self.vehicles.get(native) or f"ref:{native}"


@dataclass(frozen=True)
class Made:
    """A canonical event, and where in the message its members come from: by canonical pointer,
    with the part of the message that it stands for under `""`."""

    event: CarrierEvent
    origin: Mapping[str, str]

    def pointer(self, canonical: str) -> str:
        """Return the place in the message that a place in the event was made from."""
        while canonical and canonical not in self.origin:
            canonical = canonical.rpartition("/")[0]
        return self.origin.get(canonical, "")


@dataclass
class Translated:
    """What became of one message. With `reasons` it is refused; `notes` say what was kept but
    has no canonical event; `route` and `registers` are what it writes beside events."""

    kind: str
    native_id: str
    made: list[Made] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)
    occurred_at: datetime | None = None
    vehicle: str | None = None  # as canonical events name it
    is_state: bool = False  # an entity that is sent again as it changes, not something told once
    route: dict[str, Any] | None = None

    def add(self, event: CarrierEvent, origin: Mapping[str, str]) -> None:
        """Take a canonical event up."""
        self.made.append(Made(event, origin))


class Namer:
    """Ids of canonical events: the same message, the same ids, for ever.

    `first` is the id of the first event of a message; each further one is derived from the
    message's native id and the event's type, so that it does not depend on its place.
    """

    def __init__(self, sender: UUID, dialect: str, *native: str) -> None:
        self._sender = sender
        self._name = (dialect, *native)

    def of(self, event_type: str = "") -> str:
        """Return the id of the message's event of a type."""
        parts = (*self._name, event_type) if event_type else self._name
        return str(identifiers.derived(self._sender, *parts))
