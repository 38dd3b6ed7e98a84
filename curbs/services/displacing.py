"""Bookings that a new rule leaves no place: cancelled, with the reason and with alternatives."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import City
from carriers.models import Vehicle
from curbs import decisions, locks
from curbs.evaluator import AtCurb, Evaluator
from curbs.models import Booking
from curbs.rules import blocking
from curbs.selectors import availability
from curbs.services import steps
from curbs.services.placing import verdicts_there
from curbs.states import State
from kernel.periods import Period
from kernel.verdicts import ReasonGiven


@transaction.atomic
def cancel_forbidden(*, city: City, zone_id: UUID, version_id: UUID, now: datetime) -> int:
    """Cancel the bookings to come in a zone that a version of its rules forbids. Returns how many.

    A booking that other rules forbid alone is none of this version's business, and one that is
    checked in stays. Each is told why (`cancelled_for`) and where or when else it could stand.
    """
    evaluator = decisions.evaluator(city)
    due = _due(city, evaluator, zone_id, now)
    if not due:
        return 0
    vehicles = Vehicle.objects.of_city(city.id).in_bulk({booking.vehicle_id for booking in due})
    whole = Period(
        min(booking.during.lower for booking in due) - availability.EITHER_WAY,
        max(booking.during.upper for booking in due) + availability.EITHER_WAY,
    )
    cards = {id_: (vehicle.plate, vehicle.facts()) for id_, vehicle in vehicles.items()}
    permits = decisions.permits_of(evaluator, cards, whole)
    cancelled = 0
    for booking in due:
        vehicle = vehicles[booking.vehicle_id]
        verdicts = verdicts_there(evaluator, vehicle, permits[vehicle.id])
        curb = evaluator.curbs.zone(booking.curb_zone_id)
        assert curb is not None, "its bookings were found by it"
        period = Period(booking.during.lower, booking.during.upper)
        against = [
            given
            for _, verdict in verdicts(curb, period)
            if not verdict.admissible
            for given in blocking(verdict)
            if given.rule.version == version_id
        ]
        if against:
            alternatives = availability.alternatives(
                curbs=evaluator.curbs,
                zone=curb,
                length_m=None if vehicle.length_m is None else float(vehicle.length_m),
                period=period,
                verdicts=verdicts,
                terms=steps.terms(booking),
                now=now,
            )
            booking.cancelled_for = _told(version_id, against, alternatives)
            booking.ended_at = now
            columns = ["ended_at", "cancelled_for"]
            steps.become(booking, State.CANCELLED, actor=None, now=now, columns=columns)
            cancelled += 1
    return cancelled


def _due(city: City, evaluator: Evaluator, zone_id: UUID, now: datetime) -> list[Booking]:
    """Return the bookings to come at curbs in the zone: their lines shared, their rows locked."""
    coming = Booking.objects.of_city(city.id).filter(
        state__in=[State.HELD, State.CONFIRMED], during__startswith__gt=now
    )
    curbs = {
        (curb_id, start)
        for curb_id, start in coming.values_list("curb_zone", "during__startswith")
        if zone_id in evaluator.zone_ids(AtCurb(curb_id), start)
    }
    chosen = coming.filter(curb_zone__in={curb_id for curb_id, _ in curbs})
    locks.share_lines(set(chosen.values_list("curb_line", flat=True)))
    rows = chosen.select_related("city").order_by("id").select_for_update(of=["self"])
    return [row for row in rows if (row.curb_zone_id, row.during.lower) in curbs]


def _told(version_id: UUID, against: list[ReasonGiven], alternatives: Any) -> dict[str, Any]:
    """Return what the holder of a cancelled booking is told."""
    first = against[0]
    rows: dict[str, int] = {}
    for given in against:
        rows.setdefault(given.sentence, given.rule.row)
    return {
        "code": "curb.not_admissible",
        "rule_code": first.rule.code,
        "version_id": str(version_id),
        "sentences": list(rows),
        "rows": list(rows.values()),
        "remedies": sorted({remedy for given in against for remedy in given.remedies}),
        "alternatives": alternatives,
    }
