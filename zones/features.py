"""Zones as GeoJSON features (RFC 7946), with what rules in them. Pure: reads a rule book."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import shapely

from zones.book import RuleBook
from zones.geography import Shape


def of(
    book: RuleBook, shape: Shape, at: datetime, known_at: datetime | None = None
) -> dict[str, Any]:
    """Return one version of a zone's ground as a feature, with the rules in force at `at`."""
    card = book.cards[shape.zone_id]
    return {
        "type": "Feature",
        "id": card.id,
        "geometry": msgspec.json.decode(shapely.to_geojson(shape.geometry)),
        "properties": {
            "id": card.id,
            "code": card.code,
            "name": card.name,
            "kind": card.kind,
            "grace_s": int(shape.grace.total_seconds()),
            "legal_from": shape.legal.start.astimezone(UTC),
            "legal_until": None if shape.legal.end is None else shape.legal.end.astimezone(UTC),
            "recorded_from": shape.recorded.start.astimezone(UTC),
            "regulations": [
                {
                    "regulation_id": rule.id,
                    "version_id": rule.version,
                    "code": rule.code,
                    "sentences": [row.sentence for row in rule.rows],
                }
                for rule in book.regulations(card.id, at, known_at=known_at)
            ],
        },
    }


def at_instant(
    book: RuleBook, at: datetime, known_at: datetime | None = None
) -> list[dict[str, Any]]:
    """Return the zones in force at an instant as features, by code."""
    features = [
        of(book, shape, at, known_at)
        for shape in book.geography(known_at).shapes
        if shape.legal.contains(at)
    ]
    return sorted(features, key=lambda feature: feature["properties"]["code"])


def newest(book: RuleBook, zone_id: UUID) -> dict[str, Any]:
    """Return a zone with the ground that was drawn last, as of its first instant."""
    shape = max((s for s in book.shapes if s.zone_id == zone_id), key=lambda s: s.number)
    return of(book, shape, shape.legal.start)


def calendars_at(book: RuleBook, at: datetime, known_at: datetime | None = None) -> list[str]:
    """Return the calendars that hold at an instant: of which it is a day, or that are on."""
    days, today = book.days(known_at).at(at), at.astimezone(book.tz).date()
    return sorted(days.on | {name for name, named in days.named.items() if today in named})
