"""What a finding rests on: the positions around it, and its journal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as lazy
from shapely import LineString, Point

from carriers.models import LoggedPosition
from compliance.models import Finding, FindingJournal
from curbs.models import CurbZone
from portal import maps, words
from zones.selectors import books

AROUND = timedelta(seconds=90)
MOST = 400


@dataclass(frozen=True)
class Fix:
    """One position of the vehicle; `inside` None where the place is not a zone."""

    at: str
    lng: float
    lat: float
    accuracy: str
    inside: bool | None


def fixes(row: Finding, tz: Any) -> list[Fix]:
    """Return the vehicle's positions during the breach and 90 s around it, as they are kept."""
    start = row.from_at - AROUND
    end = (row.until_at or row.from_at) + AROUND
    positions = LoggedPosition.objects.filter(
        subject_id=row.vehicle_id, effective_at__gte=start, effective_at__lt=end
    ).order_by("effective_at", "event_id")[:MOST]
    zone = books.book(row.city_id).geometry(row.zone_id, row.from_at) if row.zone_id else None
    return [
        Fix(
            at=f"{one.effective_at.astimezone(tz):%H:%M:%S}",
            lng=one.lng,
            lat=one.lat,
            accuracy="" if one.accuracy_m is None else f"{one.accuracy_m:.0f} m",
            inside=None if zone is None else bool(zone.covers(Point(one.lng, one.lat))),
        )
        for one in positions
        if one.lng is not None
    ]


def track(found: list[Fix]) -> dict[str, Any]:
    """Return the positions as GeoJSON: a line and its points."""
    points = [maps.feature(Point(fix.lng, fix.lat), inside=fix.inside) for fix in found]
    if len(found) > 1:
        line = LineString([(fix.lng, fix.lat) for fix in found])
        return maps.collection([maps.feature(line), *points])
    return maps.collection(points)


def places_of(rows: Iterable[Finding]) -> dict[UUID, tuple[float, float]]:
    """Return lng and lat of each finding: where the vehicle was when it began, or the curb.

    Two queries; what was not kept is left out.
    """
    found = list(rows)
    curbs = {row.curb_zone_id: row.pk for row in found if row.curb_zone_id}
    middles = {
        zone.pk: zone.geometry.interpolate_normalized(0.5).coords
        for zone in CurbZone.objects.filter(pk__in=curbs)
    }
    placed = {row.pk: middles[row.curb_zone_id] for row in found if row.curb_zone_id in middles}
    moving = [row for row in found if row.zone_id]
    with connection.cursor() as cursor:
        cursor.execute(
            _NEAREST,
            [
                [row.pk for row in moving],
                [row.vehicle_id for row in moving],
                [row.from_at for row in moving],
            ],
        )
        return placed | {pk: (lng, lat) for pk, lng, lat in cursor.fetchall()}


_NEAREST = """
SELECT asked.id, near.lng, near.lat
FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS asked(id, vehicle_id, at)
CROSS JOIN LATERAL (
    SELECT lng, lat FROM carriers_position
    WHERE subject_id = asked.vehicle_id AND lng IS NOT NULL
      AND effective_at BETWEEN asked.at - interval '2 minutes' AND asked.at + interval '2 minutes'
    ORDER BY abs(extract(epoch FROM effective_at - asked.at)) LIMIT 1
) AS near
"""


# What an adjustment names, in the words of the page; versions are told by the rule's own box.
_FIELDS = {
    "from_at": lazy("Began"),
    "until_at": lazy("Ended"),
    "kind": lazy("Kind"),
    "severity": lazy("Severity"),
    "rule_code": lazy("Code"),
    "rule_row": lazy("Row"),
    "version_id": lazy("Version"),
    "sentence": lazy("Sentence"),
}


def journal(row: Finding, tz: Any) -> list[dict[str, str]]:
    """Return what became of the finding, oldest first; times as the city's clocks show them."""
    return [
        {
            "label": str(entry.get_entry_display()),
            "at": words.recorded(entry.at, tz),
            "note": _changes(entry, tz),
        }
        for entry in row.journal.all()
    ]


def _changes(entry: FindingJournal, tz: Any) -> str:
    """Return what an adjustment changed, with the value before and after."""
    if entry.entry != FindingJournal.Entry.ADJUSTED:
        return ""
    names = sorted(set(entry.before) & set(entry.after))
    return ", ".join(
        words.labelled(
            str(_FIELDS.get(name, name)),
            f"{_value(name, entry.before[name], tz)} → {_value(name, entry.after[name], tz)}",
        )
        for name in names
    )


def _value(name: str, value: Any, tz: Any) -> str:
    """Return a value of the journal for people: a time of the city, a dash for what is open."""
    if value is None:
        return "–"
    if name.endswith("_at"):
        return words.recorded(datetime.fromisoformat(value), tz)
    return str(value)
