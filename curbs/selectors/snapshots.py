"""The curbs of a city in this process's memory, for as long as their edition stands."""

from collections import defaultdict
from datetime import timedelta
from threading import Lock
from uuid import UUID

from shapely import LineString
from shapely import from_wkb as shape_of

from accounts.models import City
from curbs.book import CurbBook, Policy, Recorded, Zone
from curbs.models import CurbEdition, CurbPolicyVersion, CurbZone
from curbs.rules import Metres, Stay
from kernel.geometry import projection
from kernel.money import Money
from kernel.periods import Period
from zones.compiled import CompiledRegulation, compile_regulation

COUNTERS = """
    COALESCE((SELECT counter FROM zones_rulebookchange WHERE city_id = %s), 0),
    COALESCE((SELECT number FROM curbs_curbedition WHERE city_id = %s), 0)
"""
"""For a SELECT: the counters that move with a city's rules and with its curbs (two parameters)."""

_books: dict[UUID, CurbBook] = {}
_lock = Lock()


def book(city_id: UUID, edition: int | None = None) -> CurbBook:
    """Return the curbs of a city. One query while their edition stands, none when the caller has
    read it."""
    if edition is None:
        edition = edition_of(city_id)
    held = _books.get(city_id)
    if held is not None and held.edition == edition:
        return held
    with _lock:
        built = _build(City.objects.get(pk=city_id), edition)
        _books[city_id] = built
    return built


def edition_of(city_id: UUID) -> int:
    """Return the counter that moves with every change of the city's curbs."""
    number = CurbEdition.objects.filter(city=city_id).values_list("number", flat=True).first()
    return number or 0


def forget() -> None:
    """Drop all snapshots (tests: a rolled-back edition may come again with other curbs)."""
    _books.clear()


def _build(city: City, edition: int) -> CurbBook:
    policies: dict[UUID, list[CurbPolicyVersion]] = defaultdict(list)
    for row in CurbPolicyVersion.objects.filter(city=city).order_by("number"):
        policies[row.curb_zone_id].append(row)
    rows = CurbZone.objects.filter(city=city).select_related("curb_line").order_by("code", "id")
    zones = [_zone(row, tuple(_policy(p, row) for p in policies[row.id]), city) for row in rows]
    return CurbBook(city.id, edition, city.srid, zones)


def _zone(row: CurbZone, policies: tuple[Policy, ...], city: City) -> Zone:
    geometry = shape_of(bytes(row.geometry.wkb))
    assert isinstance(geometry, LineString)
    metric = projection(city.srid).to_metric(geometry)
    assert isinstance(metric, LineString)
    return Zone(
        id=row.id,
        code=row.code,
        name=row.name,
        line_id=row.curb_line_id,
        street_name=row.curb_line.street_name,
        side=row.curb_line.side,
        metres=Metres(row.metres.lower, row.metres.upper),
        geometry=geometry,
        metric=metric,
        when=_recorded(row),
        currency=city.currency,
        policies=policies,
        published_at=row.published_at,
    )


def _policy(row: CurbPolicyVersion, zone: CurbZone) -> Policy:
    return Policy(
        id=row.id,
        number=row.number,
        title=row.title,
        stay=Stay(
            max_stay=_minutes(row.max_stay_min),
            no_return=_minutes(row.no_return_min),
            per_quarter=Money(row.slot_price, row.currency) if row.slot_price else None,
            bookable=row.bookable,
        ),
        grace_s=row.grace_s,
        rows=row.rows,
        regulation=compiled(row, zone),
    )


def compiled(row: CurbPolicyVersion, zone: CurbZone) -> CompiledRegulation:
    """Return a policy version as a compiled regulation; its regulation and zone is the curb zone.

    Raises ValueError when a row is not in the rule language.
    """
    return compile_regulation(
        regulation_id=zone.id,
        version_id=row.id,
        number=row.number,
        code=zone.code,
        zone_id=zone.id,
        rows=row.rows,
        legal=Period(row.legal_from, row.legal_until),
        recorded=Period(row.recorded_from, row.recorded_until),
        vacate_by=timedelta(seconds=row.vacate_by_s),
    )


def _recorded(row: CurbZone) -> Recorded:
    return Recorded(
        legal=Period(row.legal_from, row.legal_until),
        recorded=Period(row.recorded_from, row.recorded_until),
        end_recorded_at=row.end_recorded_at,
    )


def _minutes(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(minutes=count)
