"""What rules in a city and what will, for the exports."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from accounts.models import City
from kernel.periods import Period
from zones.book import RuleBook
from zones.exchange.published import (
    PublishedRegulation,
    PublishedVersion,
    PublishedZone,
    Publisher,
)
from zones.geography import Shape
from zones.models import RegulationVersion, ZoneGeometry
from zones.selectors.books import book


def published(
    city_id: UUID, at: datetime, seen: Collection[UUID] | None = None
) -> list[PublishedZone]:
    """Return the zones with rules in force at `at` or later, by code; three queries at most.

    Versions are cut to when they rule. A zone shows the ground in force at `at`, else the first to
    come. `seen` limits the zones to those that the reader may see.
    """
    known = book(city_id)
    ruling = {
        zone_id: [
            rule
            for rule in known.regulations(zone_id)
            if rule.legal.end is None or rule.legal.end > at
        ]
        for zone_id in known.cards
        if seen is None or zone_id in seen
    }
    ids = [rule.version for rules in ruling.values() for rule in rules]
    rows = {
        row.id: row
        for row in RegulationVersion.objects.of_city(city_id)
        .filter(id__in=ids)
        .select_related("regulation")
    }
    numbers = {
        (zone_id, number): geometry_id
        for geometry_id, zone_id, number in ZoneGeometry.objects.of_city(city_id)
        .filter(recorded_until=None)
        .values_list("id", "zone_id", "number")
    }
    shapes = _shapes(known, at)
    found = []
    for zone_id, rules in ruling.items():
        shape = shapes.get(zone_id)
        if not rules or shape is None:
            continue
        periods = [(rows[rule.version], rule.legal) for rule in rules]
        card = known.cards[zone_id]
        found.append(
            PublishedZone(
                id=zone_id,
                code=card.code,
                name=card.name,
                kind=card.kind,
                geometry_id=numbers[zone_id, shape.number],
                geometry=shape.geometry,
                grace_s=int(shape.grace.total_seconds()),
                legal=shape.legal,
                recorded_from=shape.recorded.start,
                regulations=_regulations(periods),
            )
        )
    return sorted(found, key=lambda zone: zone.code)


def publisher(city: City) -> Publisher:
    """Return who publishes the rules of a city."""
    return Publisher(
        name=city.name,
        country=city.country,
        language=(city.languages or ["en"])[0],
        currency=city.currency,
        time_zone=city.time_zone,
    )


def _shapes(known: RuleBook, at: datetime) -> dict[UUID, Shape]:
    """Return for each zone the first ground that is in force at the instant or later."""
    found: dict[UUID, Shape] = {}
    for shape in known.geography().shapes:
        if shape.legal.end is None or shape.legal.end > at:
            other = found.get(shape.zone_id)
            if other is None or shape.legal.start < other.legal.start:
                found[shape.zone_id] = shape
    return found


def _regulations(
    periods: Iterable[tuple[RegulationVersion, Period]],
) -> tuple[PublishedRegulation, ...]:
    groups: dict[UUID, list[tuple[RegulationVersion, Period]]] = {}
    for row, legal in periods:
        groups.setdefault(row.regulation_id, []).append((row, legal))
    found = [
        PublishedRegulation(
            id=regulation_id,
            code=group[0][0].regulation.code,
            title=group[0][0].regulation.title,
            versions=tuple(_version(row, legal) for row, legal in sorted(group, key=_start)),
        )
        for regulation_id, group in groups.items()
    ]
    return tuple(sorted(found, key=lambda regulation: regulation.code))


def _start(one: tuple[RegulationVersion, Period]) -> datetime:
    return one[1].start


def _version(row: RegulationVersion, legal: Period) -> PublishedVersion:
    return PublishedVersion(
        id=row.id,
        number=row.number,
        title=row.title,
        rows=row.rows,
        legal=legal,
        legal_reference=row.legal_reference,
        published_at=row.published_at or row.recorded_from,
        vacate_by_s=row.vacate_by_s,
    )
