"""What the fold remembers of a vehicle and the zones near it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tracking.rules.geography import Geography
from tracking.rules.told import Point, Visit

Namer = Callable[[UUID, UUID], UUID]
"""Gives a visit its id, of the zone and the first event inside."""


class Presence(Struct, array_like=True):
    """One vehicle and one zone, while they have to do with each other.

    `visit` is open while the vehicle is inside, closed when it has left and is not yet clear.
    `trail`: outside, the run in doubt; inside, the last point seen inside. `lead` came before it.
    """

    zone_id: UUID
    trail: list[Point]
    lead: Point | None = None
    visit: Visit | None = None
    outside: list[Point] = []

    @property
    def is_inside(self) -> bool:
        """Return whether a visit is open."""
        return self.visit is not None and self.visit.left_at is None

    @property
    def path(self) -> list[Point]:
        """Return the trail and the point before it."""
        return [self.lead, *self.trail] if self.lead is not None else self.trail


class Scene(Struct, array_like=True):
    """The last two points of a vehicle, the zones that it is near to, and how many points went
    to the matcher so far."""

    last: Point | None = None
    before: Point | None = None
    presences: dict[UUID, Presence] = {}
    matched: int = 0


class Step:
    """What one point brings with it: the time told, the names of rows, the zones, the streets."""

    __slots__ = ("at", "geography", "name", "scene")

    def __init__(self, scene: Scene, geography: Geography, name: Namer, at: datetime) -> None:
        self.scene = scene
        self.geography = geography
        self.name = name
        self.at = at
