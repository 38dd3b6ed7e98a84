"""What differs between the folds of vehicles and of facilities; the machinery is the same."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from carriers.selectors import horizon
from carriers.selectors.log import LogEvent
from tracking.models import FoldState
from tracking.rules import facilities
from tracking.rules import fold as folding
from tracking.rules.fold import Folded, State
from tracking.rules.told import Row, Told
from tracking.rules.watch import Lasting
from tracking.services.grounds import Ground

VEHICLE, FACILITY = FoldState.Kind.VEHICLE, FoldState.Kind.FACILITY


@dataclass
class Task:
    """One subject's part of a batch. `since`: the snapshot that a rewind goes back to; `held`:
    the rows that were open in it, as they were; `lasting`:
    the exceptions that the clock has raised; `operator_id`: who runs the facility, if it is one."""

    kind: str
    subject_id: UUID
    city_id: UUID
    organisation_id: UUID
    state: Any
    fresh: list[LogEvent] = field(default_factory=list)
    rewinds: bool = False
    since: datetime | None = None
    stays_since: datetime | None = None
    held: dict[UUID, Row] = field(default_factory=dict)
    folded: Folded | None = None
    operator_id: UUID | None = None
    lasting: list[UUID] = field(default_factory=list)
    due_at: datetime | None = None

    @property
    def vehicle_id(self) -> UUID | None:
        """The vehicle, if the subject is one."""
        return self.subject_id if self.kind == VEHICLE else None


class Subjects(Protocol):
    """How the subjects of one kind are folded."""

    stream: str

    def edge(self) -> datetime | None:
        """Return the time from which on the log holds all of them; what was before is frozen."""

    def of(self, rows: Iterable[LogEvent]) -> list[LogEvent]:
        """Return the rows that are about such subjects, and all voids."""

    def begun(self) -> Any:
        """Return the state before the first event."""

    def thaw(self, frozen: bytes) -> Any:
        """Return the state that was frozen."""

    def fold(self, task: Task, events: Iterable[Told], ground: Ground) -> Folded:
        """Return what the task's fold comes to after its events."""

    def lasting(self, task: Task, ground: Ground) -> Iterable[Lasting]:
        """Return the exceptions that begin when nothing more is said."""


class Vehicles:
    """Vehicles, by all that is said of them."""

    stream = "events"

    def edge(self) -> datetime | None:
        return horizon.whole_since()

    def of(self, rows: Iterable[LogEvent]) -> list[LogEvent]:
        return [row for row in rows if row.vehicle_id == row.subject_id or row.voids_event_id]

    def begun(self) -> State:
        return State()

    def thaw(self, frozen: bytes) -> State:
        return folding.thaw(frozen)

    def fold(self, task: Task, events: Iterable[Told], ground: Ground) -> Folded:
        return folding.fold(
            task.state,
            events,
            ground.geography,
            city_id=task.city_id,
            vehicle_id=task.subject_id,
            limits=ground.limits,
        )

    def lasting(self, task: Task, ground: Ground) -> Iterable[Lasting]:
        return folding.lasting(
            task.state, city_id=task.city_id, vehicle_id=task.subject_id, limits=ground.limits
        )


class Facilities:
    """Facilities, by what several senders say of units there; nothing there is silent."""

    stream = "statements"

    def edge(self) -> datetime | None:
        return None  # what is said of facilities is kept as long as any late event may come

    def of(self, rows: Iterable[LogEvent]) -> list[LogEvent]:
        return [row for row in rows if row.facility_id == row.subject_id or row.voids_event_id]

    def begun(self) -> facilities.Shelf:
        return facilities.Shelf()

    def thaw(self, frozen: bytes) -> facilities.Shelf:
        return facilities.thaw(frozen)

    def fold(self, task: Task, events: Iterable[Told], ground: Ground) -> Folded:
        return facilities.fold(
            task.state, events, city_id=task.city_id, facility_id=task.subject_id
        )

    def lasting(self, task: Task, ground: Ground) -> Iterable[Lasting]:
        return ()


OF_KIND: dict[str, Subjects] = {VEHICLE: Vehicles(), FACILITY: Facilities()}
CONSUMERS = {VEHICLE: "tracking.vehicles", FACILITY: "tracking.facilities"}
"""The name of each kind's projection, under which it keeps its place in the log."""
