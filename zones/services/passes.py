"""Day passes: permits for one local day, so many of them a year for a plate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.actors import Actor
from foundation import audit, outbox
from kernel.identifiers import normalise_plate
from kernel.money import Money
from kernel.periods import Period
from kernel.refusals import Refusal
from kernel.schedules import local_midnight
from zones import codes
from zones.book import RuleBook
from zones.language import DayPass
from zones.models import AccessZone, Permit, PermitQuerySet
from zones.selectors import books

LOCK_CLASS = 0x70617373  # "pass"


@dataclass(frozen=True)
class Taken:
    """A pass that was taken, what it costs, and how many its plate may take this year yet."""

    permit: Permit
    price: Money | None
    left: int


@transaction.atomic
def take(
    *,
    actor: Actor,
    organisation_id: UUID,
    plate: str,
    zone_id: UUID,
    kind: str,
    on: date,
    now: datetime,
) -> Taken:
    """Return a day pass for a plate in a zone on a local day.

    The caller has made sure that the plate is the organisation's. Raises `zones.zone_not_found`,
    `zones.pass_unknown`, `zones.pass_too_late`, `zones.pass_taken`, `zones.pass_quota`.
    """
    book, plate = books.book(actor.city_id), normalise_plate(plate)
    zone = AccessZone.objects.of_city(actor.city_id).filter(pk=zone_id).first()
    if zone is None:
        raise Refusal(codes.ZONE_NOT_FOUND, _("This city has no such zone."), pointer="/zone_id")
    day = _day(book, on)
    sold = _offered(book, zone_id, kind, on)
    if sold is None:
        raise Refusal(
            codes.PASS_UNKNOWN, _("No rule of the zone knows this pass."), pointer="/kind"
        )
    _require_in_time(sold, day, now)
    own = Permit.objects.of_city(actor.city_id).filter(plate=plate, kind=kind)
    _lock(plate, kind)
    used = _used(own, book, on)
    if used.filter(starts_at=day.start).exists():
        raise Refusal(codes.PASS_TAKEN, _("The vehicle has a pass for this day."), pointer="/on")
    left = sold.per_year - used.count()
    if left <= 0:
        detail = _("The vehicle has used all passes of the year.")
        raise Refusal(codes.PASS_QUOTA, detail, pointer="/on", per_year=sold.per_year)
    permit = Permit.objects.create(
        city=actor.city,
        kind=kind,
        plate=plate,
        organisation_id=organisation_id,
        starts_at=day.start,
        ends_at=day.end,
        issued_at=now,
        issued_by=actor.user_id or actor.client_id,
    )
    permit.zones.set([zone])
    _tell(actor, permit, zone, now)
    price = None if sold.amount is None else Money(sold.amount, sold.currency or "")
    return Taken(permit, price, left - 1)


def _day(book: RuleBook, on: date) -> Period:
    return Period(local_midnight(on, book.tz), local_midnight(on + timedelta(days=1), book.tz))


def _offered(book: RuleBook, zone_id: UUID, kind: str, on: date) -> DayPass | None:
    """Return the pass as the zone's rules of the day know it; where rows differ, the strictest."""
    found = list(_passes(book, zone_id, kind, on))
    if not found:
        return None
    return DayPass(
        kind,
        min(one.per_year for one in found),
        max(one.lead_time_h for one in found),
        *max(((one.amount, one.currency) for one in found), key=lambda pair: pair[0] or 0),
    )


def _passes(book: RuleBook, zone_id: UUID, kind: str, on: date) -> Iterable[DayPass]:
    day = _day(book, on)
    for regulation in book.regulations(zone_id):
        if regulation.legal.overlaps(day):
            for row in regulation.rows:
                yield from (one for one in row.on(on).day_passes if one.kind == kind)


def _require_in_time(sold: DayPass, day: Period, now: datetime) -> None:
    assert day.end is not None
    latest = day.start - timedelta(hours=sold.lead_time_h) if sold.lead_time_h else day.end
    if now >= latest:
        detail = _("The pass had to be taken before this time.")
        raise Refusal(codes.PASS_TOO_LATE, detail, pointer="/on", latest=latest.isoformat())


def _used(own: PermitQuerySet, book: RuleBook, on: date) -> PermitQuerySet:
    """Return the passes of the local year; one revoked before its day does not count."""
    first, following = date(on.year, 1, 1), date(on.year + 1, 1, 1)
    return own.filter(
        starts_at__gte=local_midnight(first, book.tz),
        starts_at__lt=local_midnight(following, book.tz),
    ).exclude(revoked_at__lte=F("starts_at"))


def _lock(plate: str, kind: str) -> None:
    """Let requests for passes of a plate wait for each other, so that none exceeds the quota."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_CLASS, f"{plate}|{kind}"]
        )


def _tell(actor: Actor, permit: Permit, zone: AccessZone, now: datetime) -> None:
    outbox.add(
        city_id=actor.city_id,
        topic="permit.issued",
        key=permit.id,
        payload={
            "permit_id": permit.id,
            "kind": permit.kind,
            "zone_ids": [zone.id],
            "starts_at": permit.starts_at,
            "ends_at": permit.ends_at,
        },
        at=now,
    )
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action="zones.pass_taken",
        subject=permit.id,
        at=now,
        inputs={"kind": permit.kind, "zone": zone.code},
        outcome={"starts_at": permit.starts_at, "ends_at": permit.ends_at},
    )
