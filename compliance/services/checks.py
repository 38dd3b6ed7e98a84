"""Checks: an officer asks about a plate at a place, and the answer is logged with who asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from carriers.models import Vehicle
from compliance import codes
from compliance.grace import Grace, graces
from compliance.models import PlateCheck
from compliance.selectors import presence
from compliance.selectors.presence import Presence
from curbs import decisions
from curbs.book import Zone
from curbs.codes import ZONE_NOT_FOUND as CURB_NOT_FOUND
from curbs.evaluator import AtCurb, AtPoint, Evaluator, InZone, Place, Question
from foundation import audit
from kernel.identifiers import normalise_plate
from kernel.periods import Period
from kernel.plates import SHORTEST, readings
from kernel.refusals import Reason, Refusal
from kernel.vehicles import VehicleFacts
from kernel.verdicts import Verdict, as_json
from zones.codes import ZONE_NOT_FOUND
from zones.compiled import HeldPermit

LONGEST_PLATE = 16
FORGOTTEN_AT_ONCE = 2000
SLACK = timedelta(minutes=1)
"""The clock of an officer's phone may be ahead of ours by so much."""


@dataclass(frozen=True)
class _Known:
    """Who carries the plate, what it holds, and where it is."""

    vehicle: Vehicle | None
    question: Question
    presence: Presence


def check(
    *, actor: Actor, plate: str, place: Place, at: datetime | None = None, now: datetime
) -> PlateCheck:
    """Check a plate at a place and an instant (None: now); log it, and return what was found.

    A point means standing there, so that the curb within ten metres counts too. A plate that
    nobody registered is judged by nothing but its permits: rules that need facts stay undetermined.
    Raises a Refusal with all reasons: no plate, a time to come (422), a place that is not there
    (404).
    """
    asked_at = now if at is None else min(at, now) if at <= now + SLACK else at
    evaluator = decisions.evaluator(actor.city)
    reasons = [*_against(plate, asked_at, now), *_against_place(evaluator, place)]
    if reasons:
        raise Refusal.of(reasons)
    known = _known(actor, readings(plate, actor.city.country), asked_at)
    curb = evaluator.curb_of(place, asked_at)
    verdict = evaluator.at(known.question, place, asked_at)
    to_come = _graces(evaluator, known, place, curb, asked_at)
    answer = _answer(known, verdict, to_come, curb, asked_at)
    return _log(actor, plate, place, asked_at, known.vehicle, verdict, answer, now)


def against_plate(plate: str) -> list[Reason]:
    """Return what keeps a text from being a plate; empty when it may be one."""
    if SHORTEST <= len(normalise_plate(plate)) <= LONGEST_PLATE:
        return []
    detail = _("A plate has 3 to 16 letters and digits.")
    return [Reason(codes.CHECK_PLATE, detail, "/plate")]


def _against(plate: str, at: datetime, now: datetime) -> list[Reason]:
    reasons = against_plate(plate)
    if at > now:
        detail = _("Nobody can be checked at a time to come.")
        reasons.append(Reason(codes.CHECK_FUTURE, detail, "/at"))
    return reasons


def _against_place(evaluator: Evaluator, place: Place) -> list[Reason]:
    if isinstance(place, AtCurb) and evaluator.curbs.zone(place.curb_zone_id) is None:
        return [Reason(CURB_NOT_FOUND, _("No such curb zone."), "/curb_zone_id")]
    if isinstance(place, InZone) and place.zone_id not in evaluator.zones.cards:
        return [Reason(ZONE_NOT_FOUND, _("No such zone."), "/zone_id")]
    return []


def _known(actor: Actor, plates: tuple[str, ...], at: datetime) -> _Known:
    vehicle = presence.vehicle_of_plate(actor.city_id, plates)
    facts = VehicleFacts() if vehicle is None else vehicle.facts()
    day = Period(at, at + timedelta(days=2))
    # Whatever way the plate is written on a permit, it counts.
    holders = {UUID(int=number): (plate, facts) for number, plate in enumerate(plates)}
    if vehicle is not None:
        holders[vehicle.id] = (vehicle.plate, facts)
    held = decisions.permits_of(decisions.evaluator(actor.city), holders, day)
    permits = tuple(dict.fromkeys(one for found in held.values() for one in found))
    if vehicle is None:
        return _Known(None, Question(facts, permits), Presence())
    there = presence.of_vehicle(vehicle.id, at)
    bookings = decisions.bookings_of([vehicle.id], _whole(there, day)).get(vehicle.id, ())
    return _Known(vehicle, Question(facts, permits, bookings), there)


def _whole(there: Presence, day: Period) -> Period:
    """Return the day to come and the time that the vehicle has been there."""
    starts = [visit.entered_at for visit in there.visits]
    if there.stay is not None:
        starts.append(there.stay.started_at)
    return Period(min([day.start, *starts]), day.end)


def _graces(
    evaluator: Evaluator, known: _Known, place: Place, curb: Zone | None, at: datetime
) -> list[Grace]:
    there = known.presence
    zones = [(zone_id, there.since_in(zone_id) or at) for zone_id in evaluator.zone_ids(place, at)]
    standing = curb is not None and curb.when.holds(at)
    return graces(
        evaluator=evaluator,
        question=known.question,
        zones=zones,
        curb=(curb, there.since_at(curb.id) or at) if curb is not None and standing else None,
        at=at,
    )


def _answer(
    known: _Known, verdict: Verdict, to_come: list[Grace], curb: Zone | None, at: datetime
) -> dict[str, Any]:
    """Return the answer as JSON data, without the plate."""
    coming = [one.since for one in to_come if one.since > at]
    return as_json(verdict) | {
        "graces": [one.as_json(at) for one in to_come if one.since <= at],
        "next_breach_at": min(coming).isoformat() if coming else None,
        "permits": [_permit(one) for one in known.question.permits if one.period.contains(at)],
        "bookings": [
            {"curb_zone_id": str(zone_id), **_span(period)}
            for zone_id, period in known.question.bookings
            if curb is not None and zone_id == curb.id
        ],
        "presence": known.presence.as_json(),
        "curb": curb and {"curb_zone_id": str(curb.id), "code": curb.code, "name": curb.name},
    }


def _permit(permit: HeldPermit) -> dict[str, Any]:
    zones = sorted(str(zone_id) for zone_id in permit.zones)
    return {"kind": permit.kind, "zone_ids": zones, **_span(permit.period)}


def _span(period: Period) -> dict[str, Any]:
    end = period.end
    return {"from": period.start.isoformat(), "until": end.isoformat() if end else None}


@transaction.atomic
def _log(
    actor: Actor,
    plate: str,
    place: Place,
    at: datetime,
    vehicle: Vehicle | None,
    verdict: Verdict,
    answer: dict[str, Any],
    now: datetime,
) -> PlateCheck:
    row = PlateCheck.objects.create(
        city=actor.city,
        organisation_id=vehicle and vehicle.organisation_id,
        vehicle_id=vehicle and vehicle.id,
        plate=vehicle.plate if vehicle else normalise_plate(plate),
        lng=place.lng if isinstance(place, AtPoint) else None,
        lat=place.lat if isinstance(place, AtPoint) else None,
        zone_id=place.zone_id if isinstance(place, InZone) else None,
        curb_zone_id=place.curb_zone_id if isinstance(place, AtCurb) else None,
        at=at,
        checked_at=now,
        officer_id=actor.user_id,
        client_id=actor.client_id,
        access=verdict.access.value,
        admissible=verdict.admissible,
        answer=answer,
    )
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action="plate.checked",
        subject=row.id,
        at=now,
        inputs={"vehicle_id": row.vehicle_id, "at": at},
        outcome={
            "access": row.access,
            "admissible": row.admissible,
            "versions": sorted({str(reason.rule.version) for reason in verdict.reasons}),
        },
    )
    return row


@transaction.atomic
def forget_old(as_of: datetime) -> int:
    """Delete checks made longer ago than the setting says; returns how many (a job of the tick,
    some thousands at a time). The audit, which knows no plate, keeps that they were made."""
    limit = as_of - timedelta(days=settings.HUB_CHECK_DAYS)
    old = PlateCheck.objects.filter(checked_at__lt=limit).order_by("checked_at")
    ids = list(old.values_list("id", flat=True)[:FORGOTTEN_AT_ONCE])
    PlateCheck.objects.filter(id__in=ids).delete()
    return len(ids)
