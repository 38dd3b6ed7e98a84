"""The rule book of a city: every recorded geometry, regulation and calendar, ready to be asked.

A snapshot without a database. `zones.selectors.books` loads it and keeps it per process under the
city's change counter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry

from kernel import periods
from kernel.periods import Period
from kernel.schedules import DayCalendar
from kernel.vehicles import VehicleFacts
from zones import acts, geography, rules
from zones.acts import Breach
from zones.class_permits import ClassPermit
from zones.compiled import CompiledRegulation, HeldBooking, HeldPermit
from zones.geography import Crossing, Geography, Shape
from zones.honouring import Booked, honouring

KEPT_VIEWS = 32


class ZoneCard(NamedTuple):
    """What a zone is called."""

    id: UUID
    code: str
    name: str
    kind: str


class NamedDay(NamedTuple):
    """A day of one of the city's calendars, with its recorded period."""

    calendar: str
    on: date
    recorded: Period


class Switched(NamedTuple):
    """A time in which one of the city's calendars is switched on, with its recorded period."""

    calendar: str
    on: Period
    recorded: Period


@dataclass(frozen=True)
class RuleBook:
    """All zones of a city. `known_at` None means: as recorded now."""

    city_id: UUID
    tz: ZoneInfo
    change: int
    cards: Mapping[UUID, ZoneCard]
    shapes: Sequence[Shape]
    versions: Mapping[UUID, Sequence[CompiledRegulation]]
    holidays: frozenset[date] = frozenset()
    named_days: Sequence[NamedDay] = ()
    switched: Sequence[Switched] = ()
    class_permits: Sequence[ClassPermit] = ()
    honours: Mapping[UUID, datetime] = field(default_factory=dict)
    """Versions that leave bookings made before they were recorded in peace, and when that was."""
    _views: dict[datetime, "_View"] = field(default_factory=dict, repr=False, compare=False)

    def with_version(self, version: CompiledRegulation) -> "RuleBook":
        """Return the book in which one more version stands: what if it were published?"""
        versions = dict(self.versions)
        versions[version.zone_id] = (*versions.get(version.zone_id, ()), version)
        return replace(self, versions=versions, _views={})

    def with_ground(
        self, zone_id: UUID, ground: BaseGeometry, legal: Period, recorded: Period
    ) -> "RuleBook":
        """Return the book in which a zone has this ground whenever it has no other."""
        shape = Shape(zone_id, 0, ground, legal, recorded)
        return replace(self, shapes=(shape, *self.shapes), _views={})

    # Places

    def zones_at(
        self, lng: float, lat: float, at: datetime, *, known_at: datetime | None = None
    ) -> list[UUID]:
        """Return the zones that contain a position at an instant."""
        return self.geography(known_at).zones_at(lng, lat, at)

    def crossings(
        self, path: Sequence[tuple[datetime, float, float]], *, known_at: datetime | None = None
    ) -> list[Crossing]:
        """Return when a timed path of (time, lng, lat) is inside which zone."""
        return self.geography(known_at).crossings(path)

    def geometry(
        self, zone_id: UUID, at: datetime, *, known_at: datetime | None = None
    ) -> BaseGeometry | None:
        """Return a zone's geometry at an instant, or None when it then is not in force."""
        return self.geography(known_at).geometry(zone_id, at)

    def geography(self, known_at: datetime | None = None) -> Geography:
        """Return the zones as recorded at an instant: for decisions."""
        return self._view(known_at).geography

    @cached_property
    def geography_of_acts(self) -> Geography:
        """Return the zones by which acts are judged: no ground that was recorded afterwards."""
        return Geography(geography.for_acts(self.shapes))

    # Rules

    def regulations(
        self, zone_id: UUID, at: datetime | None = None, *, known_at: datetime | None = None
    ) -> list[CompiledRegulation]:
        """Return the regulations of a zone, each cut to when it rules (at `at`, if given)."""
        known = self._view(known_at).regulations(zone_id)
        return [rule for rule in known if at is None or rule.legal.contains(at)]

    def regulations_honouring(
        self, zone_id: UUID, booked: Sequence[Booked], *, known_at: datetime | None = None
    ) -> list[CompiledRegulation]:
        """Return the regulations of a zone as they rule over who has made these bookings there."""
        versions = honouring(self.history(zone_id), self.honours, booked)
        return [rule for rule in rules.in_force(versions, known_at) if rule.rows]

    def history(self, zone_id: UUID) -> Sequence[CompiledRegulation]:
        """Return every version ever recorded for a zone, closed ones too."""
        return self.versions.get(zone_id, ())

    def days(self, known_at: datetime | None = None) -> DayCalendar:
        """Return public holidays and the city's calendars."""
        kept = self.named_days or self.switched
        return (self._view(known_at) if kept else self._now).days

    @cached_property
    def days_changed_at(self) -> list[datetime]:
        """Return when the record of a calendar changed."""
        records = [day.recorded for day in self.named_days]
        return periods.edges([*records, *(time.recorded for time in self.switched)])

    def grace(self, zone_id: UUID, at: datetime) -> timedelta:
        """Return the grace of a zone for an act that began at `at`.

        As recorded now, and never less than what was recorded then (`zones.acts`).
        """
        own = self._shapes_of.get(zone_id, ())
        known = (*geography.in_force(own), *geography.in_force(own, at))
        graces = [shape.grace for shape in known if shape.legal.contains(at)]
        return max(graces, default=timedelta())

    @cached_property
    def _shapes_of(self) -> dict[UUID, list[Shape]]:
        shapes: dict[UUID, list[Shape]] = {}
        for shape in self.shapes:
            shapes.setdefault(shape.zone_id, []).append(shape)
        return shapes

    def judge(
        self,
        zone_id: UUID,
        act: Period,
        facts: VehicleFacts,
        *,
        permits: Sequence[HeldPermit] = (),
        bookings: Sequence[HeldBooking] = (),
        booked: Sequence[Booked] = (),
    ) -> list[Breach]:
        """Return the breaches of a visit to a zone, over its whole length.

        `booked` are the vehicle's bookings there that a version may have to honour.
        """
        return acts.judge(
            act=act,
            grace=self.grace(zone_id, act.start),
            versions=honouring(self.history(zone_id), self.honours, booked),
            facts=facts,
            tz=self.tz,
            days_known=self.days,
            days_changed_at=self.days_changed_at,
            permits=permits,
            bookings=bookings,
        )

    def _view(self, known_at: datetime | None) -> "_View":
        if known_at is None:
            return self._now
        view = self._views.get(known_at)
        if view is None:
            if len(self._views) >= KEPT_VIEWS:
                self._views.clear()
            view = self._views[known_at] = _View(self, known_at)
        return view

    @cached_property
    def _now(self) -> "_View":
        return _View(self, None)


class _View:
    """The book as recorded at one instant; its parts are made when first asked for."""

    def __init__(self, book: RuleBook, known_at: datetime | None) -> None:
        self._book, self._known_at = book, known_at
        self._regulations: dict[UUID, list[CompiledRegulation]] = {}

    @cached_property
    def geography(self) -> Geography:
        return Geography(geography.in_force(self._book.shapes, self._known_at))

    def regulations(self, zone_id: UUID) -> list[CompiledRegulation]:
        known = self._regulations.get(zone_id)
        if known is None:
            ruling = rules.in_force(self._book.history(zone_id), self._known_at)
            known = [rule for rule in ruling if rule.rows]  # without the gaps of suspensions
            self._regulations[zone_id] = known
        return known

    @cached_property
    def days(self) -> DayCalendar:
        named: dict[str, set[date]] = {}
        for day in filter(self._is_known, self._book.named_days):
            named.setdefault(day.calendar, set()).add(day.on)
        switched: dict[str, tuple[Period, ...]] = {}
        for time in filter(self._is_known, self._book.switched):
            switched[time.calendar] = (*switched.get(time.calendar, ()), time.on)
        return DayCalendar(
            self._book.holidays,
            {name: frozenset(days) for name, days in named.items()},
            switched,
        )

    def _is_known(self, entry: NamedDay | Switched) -> bool:
        if self._known_at is None:
            return entry.recorded.end is None
        return entry.recorded.contains(self._known_at)
