"""Curb lines, zones and policies: what a city lays down. Used when a city pack is loaded.

Lines and zones are never changed. A zone with other metres is another zone; a policy that changes
is another version, which rules from its legal start on.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from psycopg.types.range import Range
from shapely import LineString

from accounts.models import City
from accounts.regions import require_here
from curbs import codes, locks
from curbs.book import cut
from curbs.models import CurbEdition, CurbLine, CurbPolicyVersion, CurbZone
from curbs.rules import CENTIMETRE, Metres
from curbs.states import State
from foundation import outbox
from kernel.geometry import projection
from kernel.refusals import Reason, Refusal
from zones import language
from zones.codes import RULE_INVALID

POLICY_PUBLISHED = "curb_policy.published"
TOLERANCE = Decimal("0.02")
HALF_A_METRE = Decimal("0.5")


@transaction.atomic
def create_line(
    *,
    city: City,
    code: str,
    street_name: str,
    coordinates: Sequence[tuple[float, float]],
    now: datetime,
    side: str = "",
    surveyed_m: Decimal | None = None,
) -> CurbLine:
    """Lay down one side of a street.

    `coordinates` are lng/lat in the direction in which metres are counted. The length is measured
    on them in the city's projected system, or is `surveyed_m` where that differs by no more than
    2 % or half a metre. A line with the same code and coordinates is returned as it is.
    Raises Refusal `curb.geometry_invalid`, `curb.geometry_elsewhere`.
    """
    if len(coordinates) < 2:
        raise Refusal(
            codes.GEOMETRY_INVALID, _("A curb line needs two points."), pointer="/geometry"
        )
    line = LineString(coordinates)
    require_here(line.bounds, city, codes.GEOMETRY_ELSEWHERE)
    measured = _length(line, city.srid)
    length = measured if surveyed_m is None else Decimal(surveyed_m).quantize(CENTIMETRE)
    if abs(length - measured) > max(measured * TOLERANCE, HALF_A_METRE):
        detail = _("Curb line %(line)s measures %(measured)s m on the map, not %(length)s m.") % {
            "line": code,
            "measured": measured,
            "length": length,
        }
        raise Refusal(codes.GEOMETRY_INVALID, detail, pointer="/length_m")
    geometry = _line(coordinates)
    known = CurbLine.objects.filter(city=city, code=code).first()
    if known is not None:
        if not known.geometry.equals_exact(geometry, 1e-9):
            detail = _(
                "Curb line %(line)s lies elsewhere; a line never moves: give it another code."
            ) % {"line": code}
            raise Refusal(codes.GEOMETRY_INVALID, detail, pointer="/geometry")
        return known
    return CurbLine.objects.create(
        city=city,
        code=code,
        street_name=street_name,
        side=side,
        geometry=geometry,
        length_m=length,
        created_at=now,
    )


@transaction.atomic
def create_zone(
    *,
    line: CurbLine,
    code: str,
    name: str,
    from_m: Decimal,
    to_m: Decimal,
    policy: Mapping[str, Any],
    legal_from: datetime,
    now: datetime,
    legal_until: datetime | None = None,
    recorded_from: datetime | None = None,
) -> CurbZone:
    """Make metres of a line a curb zone with its first policy; see `add_policy` for its keys.

    A zone of the same code and metres that is in force is returned as it is (its policy gets a new
    version when it differs). Raises Refusal `curb.metres_off_the_line` or `curb.zones_overlap`.
    """
    metres = Range(Decimal(from_m), Decimal(to_m), "[)")
    if not 0 <= metres.lower < metres.upper <= line.length_m:
        detail = _("Curb line %(line)s has the metres 0 to %(length)s.") % {
            "line": line.code,
            "length": line.length_m,
        }
        raise Refusal(codes.METRES_OFF_THE_LINE, detail, pointer="/metres")
    known = (
        CurbZone.objects.recorded_at(now)
        .filter(curb_line=line, code=code, metres=metres)
        .exclude(legal_until__lte=legal_from)
    )
    zone = known.first() or _insert_zone(
        line, code, name, metres, legal_from, legal_until, recorded_from or now, now
    )
    add_policy(
        zone=zone,
        policy=policy,
        legal_from=legal_from,
        now=now,
        legal_until=legal_until,
        recorded_from=recorded_from,
    )
    return zone


@transaction.atomic
def end_zone(*, zone: CurbZone, legal_until: datetime, now: datetime) -> CurbZone:
    """Let a zone without an end be in force no longer than `legal_until`; other metres may follow.

    What was known before `now` stays known: asked as of then, the zone has no end. Raises Refusal
    `curb.zone_has_ended`, `curb.period_invalid`, or `curb.zone_still_booked` where bookings reach
    beyond that time.
    """
    locks.hold_lines([zone.curb_line_id])
    zone.refresh_from_db()
    if zone.legal_until is not None:
        ended = zone.legal_until.isoformat()
        detail = _("Curb zone %(zone)s ends already.") % {"zone": zone.code}
        raise Refusal(codes.ZONE_HAS_ENDED, detail, legal_until=ended)
    if legal_until <= max(zone.legal_from, now):
        detail = _("A zone ends after it began, and not in the past.")
        raise Refusal(codes.PERIOD_INVALID, detail, pointer="/legal_until")
    _nobody_beyond(zone, legal_until, now)
    zone.legal_until, zone.end_recorded_at = legal_until, now
    zone.save(update_fields=["legal_until", "end_recorded_at"])
    _next_edition(zone.city)
    return zone


def _nobody_beyond(zone: CurbZone, legal_until: datetime, now: datetime) -> None:
    beyond = (
        zone.bookings.holding()
        .filter(during__endswith__gt=legal_until)
        .exclude(state=State.HELD, hold_expires_at__lte=now)
    )
    ends = sorted(booking.during.upper for booking in beyond)
    if ends:
        detail = _("%(count)s bookings in curb zone %(zone)s reach beyond that time.") % {
            "count": len(ends),
            "zone": zone.code,
        }
        facts = {"bookings": len(ends), "last_until": ends[-1].isoformat()}
        raise Refusal.of([Reason(codes.ZONE_STILL_BOOKED, detail, "/legal_until", facts)])


@transaction.atomic
def add_policy(
    *,
    zone: CurbZone,
    policy: Mapping[str, Any],
    legal_from: datetime,
    now: datetime,
    legal_until: datetime | None = None,
    recorded_from: datetime | None = None,
) -> CurbPolicyVersion:
    """Publish what is allowed in a zone from `legal_from` on.

    Keys of `policy`: `title`, `rows` (the rule language of zones), `max_stay_min`,
    `no_return_min`, `grace_s`, `vacate_by_s`, `slot_price` (smallest unit for each started quarter
    of an hour), `bookable`, `legal_reference`. The same content again changes nothing.
    """
    _check_rows(policy.get("rows", []))
    digest = content_hash(policy)
    before = zone.policies.recorded_at(now).order_by("number").last()
    if before is not None and before.content_hash == digest:
        return before
    version = CurbPolicyVersion.objects.create(
        number=before.number + 1 if before else 1,
        recorded_from=recorded_from or now,
        legal_from=legal_from,
        legal_until=legal_until,
        published_at=now,
        content_hash=digest,
        **_columns(zone, policy),
    )
    _next_edition(zone.city)
    outbox.add(
        city_id=zone.city_id,
        topic=POLICY_PUBLISHED,
        key=zone.id,
        payload={
            "curb_zone_id": str(zone.id),
            "version_id": str(version.id),
            "number": version.number,
            "change": "published",
            "legal_from": legal_from.isoformat(),
            "legal_until": legal_until.isoformat() if legal_until else None,
        },
        at=now,
    )
    return version


def _check_rows(rows: Any) -> None:
    """Refuse rows that are not in the rule language, all of them with their pointers."""
    listed = rows if isinstance(rows, list) else [rows]
    _, faults = language.read(listed)
    if faults:
        raise Refusal.of([Reason(RULE_INVALID, f.detail, f"/rows{f.pointer}") for f in faults])


def content_hash(policy: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a policy's content, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(policy, sort_keys=True).encode()).hexdigest()


def _columns(zone: CurbZone, policy: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "city": zone.city,
        "curb_zone": zone,
        "title": policy.get("title", zone.name),
        "rows": policy.get("rows", []),
        "max_stay_min": policy.get("max_stay_min"),
        "no_return_min": policy.get("no_return_min"),
        "grace_s": policy.get("grace_s", 0),
        "vacate_by_s": policy.get("vacate_by_s", 0),
        "slot_price": policy.get("slot_price", 0),
        "currency": zone.city.currency,
        "bookable": policy.get("bookable", True),
        "legal_reference": policy.get("legal_reference", ""),
    }


def _insert_zone(
    line: CurbLine,
    code: str,
    name: str,
    metres: "Range[Decimal]",
    legal_from: datetime,
    legal_until: datetime | None,
    recorded_from: datetime,
    now: datetime,
) -> CurbZone:
    piece = cut(
        line.geometry.coords, Metres(metres.lower, metres.upper), line.length_m, line.city.srid
    )
    zone = CurbZone(
        city=line.city,
        curb_line=line,
        code=code,
        name=name,
        metres=metres,
        geometry=_line(piece.coords),
        legal_from=legal_from,
        legal_until=legal_until,
        recorded_from=recorded_from,
        published_at=now,
    )
    try:
        with transaction.atomic():
            zone.save(force_insert=True)
    except IntegrityError as refused:
        if "curbs_zone_no_metre_twice" not in str(refused):
            raise
        detail = _("Another curb zone covers these metres of line %(line)s.") % {"line": line.code}
        raise Refusal(codes.ZONES_OVERLAP, detail, pointer="/metres") from refused
    _next_edition(line.city)
    return zone


def _next_edition(city: City) -> None:
    CurbEdition.objects.get_or_create(city=city)
    CurbEdition.objects.filter(city=city).update(number=F("number") + 1)


def _line(coordinates: Sequence[tuple[float, float]]) -> GEOSGeometry:
    pairs = [[float(lng), float(lat)] for lng, lat in coordinates]
    return GEOSGeometry(json.dumps({"type": "LineString", "coordinates": pairs}), srid=4326)


def _length(line: LineString, srid: int) -> Decimal:
    metric = projection(srid).to_metric(line)
    return Decimal(str(metric.length)).quantize(CENTIMETRE, rounding=ROUND_FLOOR)
