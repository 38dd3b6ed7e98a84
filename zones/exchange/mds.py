"""Zones as MDS 2.0 Policy and Geography documents.

A ban that MDS can say is a rule of the kind `count` with a maximum of no vehicles; everything else
is a rule of the kind `user`, which informs and limits nothing, with the sentence as its message.
Source: Mobility Data Specification 2.0, Policy and Geography.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kernel.identifiers import derived
from zones import sentences
from zones.exchange import ground, saying
from zones.exchange.published import PublishedVersion, PublishedZone, Publisher, Unsaid
from zones.exchange.saying import CannotSay, Saying
from zones.language import DAYS, Day, When, Who

VERSION = "2.0.0"
EARLIEST = 1_514_764_800_000
"""The first instant that a timestamp of MDS may name (2018-01-01), in milliseconds."""
MODE = "delivery-robots"
"""The one mode of MDS 2.0 that carries goods; there is none for vans and lorries."""
_TYPES: dict[str, frozenset[str]] = {
    "car": frozenset({"M1"}),
    "bus": frozenset({"M2", "M3"}),
    "truck": frozenset({"N1", "N2", "N3"}),
    "moped": frozenset({"L1e", "L2e"}),
    "motorcycle": frozenset({"L3e", "L4e"}),
    "bicycle": frozenset({"bicycle"}),
    "cargo_bicycle": frozenset({"cargo_bicycle"}),
}
_STATES: dict[str, list[str]] = {"on_trip": [], "stopped": [], "reserved": [], "available": []}


def policies(
    zones: Iterable[PublishedZone], publisher: Publisher
) -> tuple[list[dict[str, Any]], list[Unsaid]]:
    """Return a policy for each version, and what MDS could not say."""
    made: list[dict[str, Any]] = []
    unsaid: list[Unsaid] = []
    known: set[UUID] = set()
    for zone in zones:
        for regulation in zone.regulations:
            for version in regulation.versions:
                if version.legal.end is not None and milliseconds(version.legal.end) <= EARLIEST:
                    unsaid.append(
                        Unsaid(zone.id, zone.code, regulation.code, "", "a period before 2018")
                    )
                    continue
                rules = list(_rules(zone, version, unsaid))
                made.append(_policy(regulation.title, version, rules, publisher))
                if version.id in known:  # it rules again after another one
                    start = version.legal.start.isoformat()
                    made[-1]["policy_id"] = derived(version.id, "mds-policy", start)
                known.add(version.id)
        unsaid += saying.about_zone(zone)
    return made, unsaid


def geography(zone: PublishedZone) -> dict[str, Any]:
    """Return the ground of a zone as a geography."""
    told: dict[str, Any] = {
        "name": zone.name,
        "description": zone.code,
        "geography_type": "policy_zone",
        "geography_id": zone.geometry_id,
        "geography_json": {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {},
                    "geometry": ground.to_geojson(zone.geometry),
                }
            ],
        },
        "published_date": milliseconds(zone.recorded_from),
    }
    if milliseconds(zone.legal.start) >= told["published_date"]:
        told["effective_date"] = milliseconds(zone.legal.start)
    if zone.legal.end is not None and milliseconds(zone.legal.end) > told["published_date"]:
        told["retire_date"] = milliseconds(zone.legal.end)
    return told


def milliseconds(at: datetime) -> int:
    """Return an instant as MDS writes it: milliseconds since 1970, not before 2018."""
    return max(EARLIEST, round(at.astimezone(UTC).timestamp() * 1000))


def _policy(
    title: str,
    version: PublishedVersion,
    rules: list[dict[str, Any]],
    publisher: Publisher,
) -> dict[str, Any]:
    told = {
        "name": title,
        "mode_id": MODE,
        "policy_id": version.id,
        "description": " ".join(sentences.of_row(row) for row in version.read),
        "currency": publisher.currency,
        "start_date": milliseconds(version.legal.start),
        "published_date": milliseconds(version.published_at),
        "rules": rules,
    }
    if version.legal.end is not None:
        told["end_date"] = milliseconds(version.legal.end)
    return told


def _rules(
    zone: PublishedZone, version: PublishedVersion, unsaid: list[Unsaid]
) -> Iterator[dict[str, Any]]:
    for one in saying.rows(zone):
        if one.version is not version:
            continue
        try:
            limits = list(_limits(one))
        except CannotSay as error:
            unsaid.append(one.unsaid(str(error)))
            limits = [{"rule_type": "user"}]
        for number, limit in enumerate(limits):
            yield {
                "name": one.name,
                "rule_id": derived(version.id, "mds-rule", one.name, str(number)),
                "geographies": [zone.geometry_id],
                "states": _STATES,
                "messages": {"en": sentences.of_row(one.row)},
                **limit,
            }


def _limits(one: Saying) -> Iterator[dict[str, Any]]:
    """Yield a limit for each stretch of a day. Raises CannotSay."""
    saying.plain_ban(one)
    if saying.exempt(one.row) is not None:
        raise CannotSay("exemption by class")
    limit: dict[str, Any] = {"rule_type": "count", "rule_units": "devices", "maximum": 0}
    limit |= _vehicles(one.row.who)
    if not one.row.when:
        yield limit
        return
    for window in one.row.when:
        for stretch in _stretches(window):
            yield limit | stretch


def _vehicles(who: Who) -> dict[str, Any]:
    if who == Who():
        return {}
    if who.category is None or who != Who(category=who.category):
        raise CannotSay("who is not given by category alone")
    given = set(who.category)
    types = [name for name, categories in _TYPES.items() if categories <= given]
    if {category for name in types for category in _TYPES[name]} != given:
        raise CannotSay("categories that are no vehicle type of MDS")
    return {"vehicle_types": types}


def _stretches(window: When) -> Iterator[dict[str, Any]]:
    """Yield a window without midnight inside; the last second of a stretch is part of it."""
    dated = window.from_on or window.until_on or window.on is not None or window.not_on
    if window.holidays != "any" or window.calendar or dated:
        raise CannotSay("holidays, calendars or dates")
    if window.from_ == window.to:
        raise CannotSay("an empty window")
    if window.from_ < window.to:
        yield _stretch(window.from_, window.to, window.days)
        return
    yield _stretch(window.from_, "24:00", window.days)
    if window.to != "00:00":
        following = tuple(DAYS[(DAYS.index(day) + 1) % 7] for day in window.days)
        yield _stretch("00:00", window.to, following)


def _stretch(start: str, end: str, days: tuple[Day, ...]) -> dict[str, Any]:
    told: dict[str, Any] = {"start_time": f"{start}:00", "end_time": _second_before(end)}
    if set(days) != set(DAYS):
        told["days"] = [day for day in DAYS if day in days]
    return told


def _second_before(clock: str) -> str:
    hours, minutes = (int(part) for part in clock.split(":"))
    left = hours * 60 + minutes - 1
    return f"{left // 60:02d}:{left % 60:02d}:59"
