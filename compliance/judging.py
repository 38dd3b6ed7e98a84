"""Judges acts of one city with everything that the floors below know: no query per act."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import City
from carriers.selectors import vehicles
from compliance.rules import Act, ActKind, Found, findings_of
from curbs import acts as curb_acts
from curbs import decisions
from curbs.evaluator import Evaluator
from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from zones.acts import Breach
from zones.compiled import HeldPermit

Bookings = tuple[tuple[UUID, Period], ...]


def judge(city: City, acts: Sequence[Act]) -> list[Found]:
    """Return the findings that the acts ought to have: six queries, however many acts."""
    judged = [act for act in acts if not act.period.empty]
    if not judged:
        return []
    ids = {act.vehicle_id for act in judged}
    cards = {id_: ("", VehicleFacts()) for id_ in ids} | vehicles.cards_of(ids)
    whole = Period(min(act.period.start for act in judged), max(_end(act) for act in judged))
    evaluator = decisions.evaluator(city)
    permits = decisions.permits_of(evaluator, cards, whole)
    bookings = decisions.bookings_of(ids, whole)
    found: list[Found] = []
    for act in judged:
        known = cards[act.vehicle_id][1]
        held, booked = permits.get(act.vehicle_id, ()), bookings.get(act.vehicle_id, ())
        breaches = _breaches(evaluator, act, known, held, booked)
        if breaches:
            found += findings_of(act, breaches, _evidence(evaluator, act, known, held, booked))
    return found


def _breaches(
    evaluator: Evaluator,
    act: Act,
    facts: VehicleFacts,
    permits: Sequence[HeldPermit],
    bookings: Bookings,
) -> list[Breach]:
    if act.kind is ActKind.VISIT:
        return curb_acts.judge_visit(
            evaluator=evaluator,
            zone_id=act.place_id,
            act=act.period,
            facts=facts,
            permits=permits,
            bookings=bookings,
        )
    curb_zone = evaluator.curbs.zone(act.place_id)
    if curb_zone is None:
        return []
    return curb_acts.judge_stay(
        zones=evaluator.zones,
        curb_zone=curb_zone,
        act=act.period,
        facts=facts,
        permits=permits,
        bookings=[period for zone_id, period in bookings if zone_id == act.place_id],
    )


def _evidence(
    evaluator: Evaluator,
    act: Act,
    facts: VehicleFacts,
    permits: Sequence[HeldPermit],
    bookings: Bookings,
) -> dict[str, Any]:
    """Return what the judgement rested on, without the plate."""
    if act.kind is ActKind.VISIT:
        grace = evaluator.zones.grace(act.place_id, act.period.start)
    else:
        curb_zone = evaluator.curbs.zone(act.place_id)
        assert curb_zone is not None
        grace = curb_acts.grace_of(curb_zone, act.period.start)
    booked = [held.period for held in evaluator.held(bookings) if act.place_id in held.places]
    first = facts.first_registration_on
    return {
        "grace_s": int(grace.total_seconds()),
        "vehicle": {
            "category": facts.category,
            "body": facts.body,
            "fuels": sorted(facts.fuels),
            "euro_class": facts.euro_class,
            "gross_weight_kg": facts.gross_weight_kg,
            "length_m": facts.length_m,
            "first_registration_on": None if first is None else first.isoformat(),
            "stickers": dict(facts.stickers),
            "special_purpose": sorted(facts.special_purpose),
        },
        "permits": sorted({permit.kind for permit in permits}),
        "bookings": [
            [period.start.isoformat(), period.end and period.end.isoformat()] for period in booked
        ],
    }


def _end(act: Act) -> datetime:
    assert act.period.end is not None
    return act.period.end
