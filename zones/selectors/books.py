"""Loads a city's rule book and keeps it per process under the city's change counter."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import holidays
import shapely

from accounts.models import City
from kernel.periods import Period
from zones.book import NamedDay, RuleBook, Switched, ZoneCard
from zones.compiled import CompiledRegulation, compile_regulation
from zones.geography import Shape
from zones.models import (
    AccessZone,
    CalendarDay,
    CalendarSwitch,
    RegulationVersion,
    RuleBookChange,
    Suspension,
    ZoneGeometry,
)
from zones.selectors import permits

HOLIDAY_YEARS = range(2005, 2046)
KEPT_BOOKS = 16
_books: dict[UUID, RuleBook] = {}


def book(city_id: UUID, change: int | None = None) -> RuleBook:
    """Return the city's rule book, current as of this call: one query unless the rules changed,
    none when the caller has read their counter.

    Ask it with `known_at=` for what was recorded at an earlier instant. Raises City.DoesNotExist.
    """
    if change is None:
        counters = RuleBookChange.objects.filter(city_id=city_id)
        change = counters.values_list("counter", flat=True).first() or 0
    known = _books.get(city_id)
    if known is None or known.change != change:
        if len(_books) >= KEPT_BOOKS:
            _books.clear()
        known = _books[city_id] = load(city_id, change)
    return known


def forget() -> None:
    """Forget all books (tests that put an older database back)."""
    _books.clear()


def load(city_id: UUID, change: int) -> RuleBook:
    """Return the book read from the database: seven queries."""
    city = City.objects.get(pk=city_id)
    cards = {
        zone.id: ZoneCard(zone.id, zone.code, zone.name, zone.kind)
        for zone in AccessZone.objects.of_city(city_id)
    }
    versions: dict[UUID, list[CompiledRegulation]] = {}
    rows = RegulationVersion.objects.of_city(city_id).recorded().select_related("regulation")
    gaps = _gaps(city_id)
    honours: dict[UUID, datetime] = {}
    for row in rows.order_by("regulation_id", "number"):
        known = versions.setdefault(row.regulation.zone_id, [])
        compiled = _compiled(row)
        # Of equal numbers the first one rules: a suspension stands before what it suspends.
        known += [_gap(gap, compiled) for gap in gaps.get(row.id, ())]
        known.append(compiled)
        if row.bookings == RegulationVersion.Bookings.GRANDFATHER:
            honours[row.id] = compiled.recorded.start
    return RuleBook(
        city_id=city_id,
        tz=city.tz,
        change=change,
        cards=cards,
        shapes=tuple(_shape(row) for row in ZoneGeometry.objects.of_city(city_id)),
        versions=versions,
        holidays=public_holidays(city.country, city.subdivision),
        honours=honours,
        named_days=tuple(
            NamedDay(day.calendar.code, day.on, Period(day.recorded_from, day.recorded_until))
            for day in CalendarDay.objects.of_city(city_id).select_related("calendar")
        ),
        switched=tuple(
            Switched(
                time.calendar.code,
                time.on,
                Period(time.recorded_from, time.recorded_until),
            )
            for time in CalendarSwitch.objects.of_city(city_id).select_related("calendar")
        ),
        class_permits=permits.by_class(city_id),
    )


@lru_cache(maxsize=64)
def public_holidays(country: str, subdivision: str) -> frozenset[date]:
    """Return the public holidays of a country and its subdivision (package `holidays`)."""
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=HOLIDAY_YEARS)
    except NotImplementedError:
        found = _without_subdivision(country)
    return frozenset(found)


def _without_subdivision(country: str) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=HOLIDAY_YEARS))
    except NotImplementedError:
        return frozenset()


def draft(
    row: RegulationVersion, *, now: datetime, legal_from: datetime | None = None
) -> CompiledRegulation:
    """Return a version that is not recorded yet as if it had been at `now`.

    `legal_from` lets it begin at another time than it says.
    """
    return compile_regulation(
        regulation_id=row.regulation_id,
        version_id=row.id,
        number=row.number,
        code=row.regulation.code,
        zone_id=row.regulation.zone_id,
        rows=row.rows,
        legal=Period(legal_from or row.legal_from, row.legal_until),
        recorded=Period(row.recorded_from or now),
        vacate_by=timedelta(seconds=row.vacate_by_s),
    )


def _compiled(row: RegulationVersion) -> CompiledRegulation:
    return compile_regulation(
        regulation_id=row.regulation_id,
        version_id=row.id,
        number=row.number,
        code=row.regulation.code,
        zone_id=row.regulation.zone_id,
        rows=row.rows,
        legal=Period(row.legal_from, row.legal_until),
        recorded=_recorded(row.recorded_from, row.recorded_until),
        vacate_by=timedelta(seconds=row.vacate_by_s),
    )


def _gaps(city_id: UUID) -> dict[UUID, list[Suspension]]:
    found: dict[UUID, list[Suspension]] = {}
    for gap in Suspension.objects.of_city(city_id):
        found.setdefault(gap.version_id, []).append(gap)
    return found


def _gap(gap: Suspension, suspended: CompiledRegulation) -> CompiledRegulation:
    """Return a suspension as a version of the same number that says nothing."""
    return replace(
        suspended,
        version=gap.id,
        legal=Period(gap.legal_from, gap.legal_until),
        recorded=Period(gap.recorded_from, gap.recorded_until),
        rows=(),
    )


def _recorded(start: datetime | None, end: datetime | None) -> Period:
    assert start is not None, "only recorded versions are in the book"
    return Period(start, end)


def _shape(row: ZoneGeometry) -> Shape:
    return Shape(
        zone_id=row.zone_id,
        number=row.number,
        geometry=shapely.from_wkb(bytes(row.geometry.wkb)),
        legal=Period(row.legal_from, row.legal_until),
        recorded=Period(row.recorded_from, row.recorded_until),
        grace=timedelta(seconds=row.grace_s),
    )
