"""What a finding rests on, gathered from the log, the rules, the places and the streets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import shapely
import structlog
from shapely import Point
from shapely.geometry.base import BaseGeometry

from accounts.models import City
from carriers.selectors import log, vehicles
from carriers.selectors.log import LogEvent, Stretch
from compliance import drawing
from compliance.chain import Part
from compliance.models import Finding, FindingJournal
from curbs.models import CurbPolicyVersion
from curbs.selectors import snapshots
from kernel.refusals import Refusal
from roads.network import Network
from roads.selectors import networks
from zones.models import RegulationVersion
from zones.selectors import books

logger = structlog.get_logger(__name__)
AROUND = timedelta(seconds=90)
MOST_EVENTS = 2000
"""So many positions, and so many other events, are held of one finding; if there were more, the
bundle says so."""
PROFILE = "van"
LEAST_SIGMA_M, UNKNOWN_SIGMA_M = 8.0, 15.0
"""How far a fix may lie from the middle of its street: docs/decisions/zone-edges.md."""

_FACTS = (
    "id",
    "state",
    "severity",
    "kind",
    "organisation_id",
    "vehicle_id",
    "act_kind",
    "act_id",
    "zone_id",
    "curb_zone_id",
    "regulation_id",
    "version_id",
    "rule_row",
    "rule_code",
    "sentence",
    "from_at",
    "until_at",
    "seen_until_at",
    "seconds_over",
    "opened_at",
    "changed_at",
    "confirmed_at",
    "set_aside_at",
)


@dataclass(frozen=True)
class _Known:
    """What is read once for many findings of a city."""

    city: City
    events: Mapping[UUID, list[LogEvent]]
    plates: Mapping[UUID, str]
    rules: Mapping[UUID, dict[str, Any]]
    journal: Mapping[UUID, list[dict[str, Any]]]
    streets: "_Streets"


@dataclass(frozen=True)
class _Streets:
    """The city's streets: what names their content, and the network or why there is none."""

    content: str | None
    network: Network | None
    lacking: str = ""


def parts_of(city: City, rows: Sequence[Finding]) -> dict[UUID, list[Part]]:
    """Return the entries of a bundle for each finding, by id: the finding, the vehicle, the rule in
    its version, the judgement, the events around, the path, the map and the journal.

    Seven queries, however many findings; times are UTC instants, positions WGS84.
    """
    known = _Known(
        city=city,
        events=log.around([_stretch(row) for row in rows], most=MOST_EVENTS),
        plates=vehicles.plates_of({row.vehicle_id for row in rows}),
        rules=_rules({row.version_id for row in rows}),
        journal=_journal([row.id for row in rows]),
        streets=_streets(city.id),
    )
    return {row.id: _parts(row, known) for row in rows}


def _stretch(row: Finding) -> Stretch:
    end = max(row.until_at or row.seen_until_at, row.from_at) + AROUND
    return Stretch(row.id, row.city_id, row.vehicle_id, row.from_at - AROUND, end)


def _parts(row: Finding, known: _Known) -> list[Part]:
    place = place_of(row)
    events = known.events[row.id]
    path = _path(events, known.streets)
    facts = {name: _plain(getattr(row, name)) for name in _FACTS}
    told = [_event(event, place if row.zone_id else None) for event in events]
    return [
        ("finding", facts),
        ("vehicle", {"id": str(row.vehicle_id), "plate": known.plates.get(row.vehicle_id, "")}),
        ("rule", known.rules.get(row.version_id, {"id": str(row.version_id)})),
        ("judgement", row.evidence),
        ("place", None if place is None else shapely.geometry.mapping(place)),
        *(("event", one) for one in told),
        ("path", path | {"complete": len(events) < MOST_EVENTS}),
        ("map", {"svg": _map(place, told, path["matched"])}),
        ("journal", known.journal.get(row.id, [])),
    ]


def place_of(row: Finding) -> BaseGeometry | None:
    """Return the ground by which the act was judged: the zone as it counted then, or the curb."""
    if row.zone_id is not None:
        return books.book(row.city_id).geography_of_acts.geometry(row.zone_id, row.from_at)
    curb = snapshots.book(row.city_id).zone(row.curb_zone_id) if row.curb_zone_id else None
    return None if curb is None else curb.geometry


def _event(event: LogEvent, zone: BaseGeometry | None) -> dict[str, Any]:
    told = {
        "event_id": str(event.event_id),
        "event_type": event.event_type,
        "sender_id": str(event.sender_id),
        "occurred_at": event.occurred_at.isoformat(),
        "effective_at": event.effective_at.isoformat(),
        "received_at": event.received_at.isoformat(),
    }
    if event.lng is None or event.lat is None:
        return told
    return told | {
        "lng": event.lng,
        "lat": event.lat,
        "accuracy_m": event.accuracy_m,
        "speed_mps": event.speed_mps,
        "inside": None if zone is None else bool(zone.covers(Point(event.lng, event.lat))),
    }


def _path(events: Sequence[LogEvent], streets: _Streets) -> dict[str, Any]:
    """Return the fixes as a line, and the way that they drove along the streets or why it is not
    known."""
    placed = [e for e in events if e.lng is not None and e.lat is not None]
    matched, lacking = _driven(placed, streets)
    return {
        "fixes": [[e.lng, e.lat] for e in placed],
        "matched": matched,
        "not_matched": lacking or None,
        "streets": streets.content,
    }


def _driven(placed: Sequence[LogEvent], streets: _Streets) -> tuple[list[list[list[float]]], str]:
    """Return the ways along the streets that fixes match, or why there are none."""
    if streets.network is None:
        return [], streets.lacking
    if len(placed) < 2:
        return [], "too_few_positions"
    fixes = [(e.lng or 0.0, e.lat or 0.0) for e in placed]
    sigmas = [max(e.accuracy_m or UNKNOWN_SIGMA_M, LEAST_SIGMA_M) for e in placed]
    found = streets.network.match(fixes, sigmas).ways
    ways = [way.coords.round(6).tolist() for way in found if len(way.points) > 1]
    return ways, "" if ways else "off_the_streets"


def _map(
    place: BaseGeometry | None,
    told: Iterable[Mapping[str, Any]],
    ways: Sequence[Sequence[Sequence[float]]],
) -> str:
    fixes = [(one["lng"], one["lat"], one["inside"]) for one in told if "lng" in one]
    return drawing.svg(place=place, fixes=fixes, ways=ways)


def _streets(city_id: UUID) -> _Streets:
    """Return the streets; that they cannot be opened here and now keeps no evidence from being
    frozen."""
    try:
        view = networks.free_view(city_id, PROFILE)
    except Refusal:  # roads.no_streets: the fixes stand alone
        return _Streets(None, None, "no_streets")
    try:
        return _Streets(view.content, networks.of(view))
    except Exception:  # a full disk, a lost extract, a tool that fails: said in the bundle
        logger.exception("evidence_without_streets", city_id=str(city_id), content=view.content)
        return _Streets(view.content, None, "streets_not_opened")


def _rules(version_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return versions of regulations and of curb policies as they were published. Two queries."""
    ids = list(version_ids)
    rules = RegulationVersion.objects.filter(id__among=ids).select_related("regulation")
    found = {row.id: _version(row, row.regulation.title) for row in rules}
    policies = CurbPolicyVersion.objects.filter(id__among=ids)
    return found | {row.id: _version(row, row.title) for row in policies}


def _version(row: RegulationVersion | CurbPolicyVersion, title: str) -> dict[str, Any]:
    names = ("number", "legal_reference", "legal_from", "legal_until", "recorded_from", "rows")
    return {"id": str(row.id), "title": title} | {
        name: _plain(getattr(row, name)) for name in names
    }


def _journal(finding_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = {}
    names = ("entry", "at", "before", "after", "because")
    rows = FindingJournal.objects.filter(finding_id__in=finding_ids).order_by("id")
    for row in rows:
        told = {name: _plain(getattr(row, name)) for name in names}
        found.setdefault(row.finding_id, []).append(told)
    return found


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it."""
    if value is None or isinstance(value, (str, int, float, dict, list)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
