"""What would make it admissible: all minimal sets of changes. Pure.

A change is a permit or a booking to be held, a later time, or another fact of the vehicle (another
fuel, a better Euro class, less weight …). A set is minimal when none of its parts alone would do.
Every set that is returned was put to the evaluator and found admissible.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any, Literal

from curbs.evaluator import Evaluator, Place, Question
from kernel.periods import Period
from kernel.vehicles import GROSS_WEIGHT_KG, VehicleFacts, euro_rank
from kernel.verdicts import Verdict
from zones.compiled import CompiledRow, HeldPermit
from zones.language import EuroLimit, Who

MOST_TOGETHER = 3
"""Larger sets are of no help to anybody."""
MOST_CHANGES = 14
"""So many changes are put together; rules suggest more only where many speak at once."""
AHEAD = timedelta(days=7)
_CATEGORIES = ("cargo_bicycle", "L6e", "L7e", "N1", "N2", "N3")
"""What goods are carried in, the lightest first."""
_WHOLE_EUROS = ("1", "2", "3", "4", "5", "6", "7", "I", "II", "III", "IV", "V", "VI", "VII")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that could be otherwise. `value` is the kind of the permit, the time, or the
    fact's value; `fact` names the fact."""

    kind: Literal["permit", "booking", "time", "vehicle"]
    value: Any = None
    fact: str = ""


def remedies(
    evaluator: Evaluator, question: Question, place: Place, at: datetime, verdict: Verdict
) -> list[tuple[Change, ...]]:
    """Return the minimal sets of changes that make an inadmissible verdict admissible, the
    smallest first; none for one that is admissible."""
    if verdict.admissible:
        return []
    rows = list(evaluator.rows(question, place, at))
    changes = [*_held(verdict), *_vehicles(rows, verdict, question.facts)]
    found: list[tuple[Change, ...]] = []
    for size in range(1, MOST_TOGETHER + 1):
        for together in combinations(changes[:MOST_CHANGES], size):
            if _is_fresh(together, found) and _helps(evaluator, question, place, at, together):
                found.append(together)
    found += _later(evaluator, question, place, at, changes[:MOST_CHANGES], found)
    return sorted(found, key=len)


def _is_fresh(together: Sequence[Change], found: Iterable[Sequence[Change]]) -> bool:
    """Return whether a set changes each thing once and holds none that was found before."""
    facts = [one.fact for one in together if one.kind == "vehicle"]
    return len(facts) == len(set(facts)) and not any(set(other) <= set(together) for other in found)


def _helps(
    evaluator: Evaluator, question: Question, place: Place, at: datetime, together: Sequence[Change]
) -> bool:
    changed = _changed(evaluator, question, place, at, together)
    return _is_possible(changed.facts) and evaluator.at(changed, place, at).admissible


def _is_possible(facts: VehicleFacts) -> bool:
    """Return whether category and weight go together."""
    least, greatest = GROSS_WEIGHT_KG.get(facts.category or "", (0, 1_000_000))
    return facts.gross_weight_kg is None or least <= facts.gross_weight_kg <= greatest


def _later(
    evaluator: Evaluator,
    question: Question,
    place: Place,
    at: datetime,
    changes: Sequence[Change],
    found: Sequence[Sequence[Change]],
) -> Iterator[tuple[Change, ...]]:
    """Yield the first later time at which it is admissible, else such times after one change."""
    alone = _next_time(evaluator, question, place, at)
    if alone is not None:
        yield (alone,)
        return
    for change in changes:
        if (change,) in found or change.kind == "booking":
            continue
        changed = _changed(evaluator, question, place, at, (change,))
        if not _is_possible(changed.facts):
            continue
        later = _next_time(evaluator, changed, place, at)
        if later is not None:
            yield (change, later)


def _next_time(
    evaluator: Evaluator, question: Question, place: Place, at: datetime
) -> Change | None:
    for period, verdict in evaluator.over(question, place, Period(at, at + AHEAD)):
        if verdict.admissible and period.start > at:
            return Change("time", period.start)
    return None


def _changed(
    evaluator: Evaluator, question: Question, place: Place, at: datetime, together: Sequence[Change]
) -> Question:
    facts, permits, bookings = question.facts, question.permits, question.bookings
    always = Period(at - AHEAD, at + 2 * AHEAD)
    for change in together:
        if change.kind == "vehicle":
            facts = replace(facts, **{change.fact: change.value})
        elif change.kind == "permit":
            permits = (*permits, HeldPermit(change.value, always))
        else:
            curb = evaluator.curb_of(place, at)
            if curb is not None:
                bookings = (*bookings, (curb.id, always))
    return Question(facts, permits, bookings)


def _held(verdict: Verdict) -> list[Change]:
    """Return what the reasons name: permits and bookings."""
    named = dict.fromkeys(remedy for reason in verdict.reasons for remedy in reason.remedies)
    return [
        Change("booking") if remedy == "booking" else Change("permit", remedy.partition(":")[2])
        for remedy in named
    ]


def _vehicles(rows: Iterable[CompiledRow], verdict: Verdict, facts: VehicleFacts) -> list[Change]:
    """Return the facts that could be otherwise: the values at the bounds of the rules there."""
    speaking = {reason.rule for reason in verdict.reasons}
    named: dict[Change, None] = {}
    for row in rows:
        if row.ref in speaking or row.effect == "allow":
            for who in (row.about, *row.unless_about):
                named |= dict.fromkeys(_otherwise(who, facts))
    return list(named)


def _otherwise(who: Who, facts: VehicleFacts) -> Iterator[Change]:
    """Yield values of facts on the other side of a predicate's bounds, where they differ."""
    for change in _values(who, facts):
        if getattr(facts, change.fact) != change.value:
            yield change
    for part in (*(who.any or ()), *(who.all or ()), *((who.not_,) if who.not_ else ())):
        yield from _otherwise(part, facts)


def _values(who: Who, facts: VehicleFacts) -> Iterator[Change]:
    def fact(name: str, value: Any) -> Change:
        return Change("vehicle", value, name)

    if who.fuel is not None or who.fuel_only is not None:
        yield fact("fuels", frozenset({"electric"}))
    own = euro_rank(facts.euro_class) if facts.euro_class else None
    limits = (*_classes(who.euro_below), *_classes(who.euro_at_least))
    for text in (*limits, *_beside(who.euro_in or ())):
        rank = euro_rank(text)
        if rank is not None and (own is None or own.family == rank.family):
            yield fact("euro_class", text)
    for bound in (who.gross_weight_over_kg, who.gross_weight_up_to_kg):
        if bound is not None:
            yield fact("gross_weight_kg", bound)
    for bound in (who.gross_weight_at_least_kg, who.gross_weight_under_kg):
        if bound is not None and bound > 0:
            yield fact("gross_weight_kg", bound - 1)
    for length in (who.length_over_m, who.length_up_to_m):
        if length is not None:
            yield fact("length_m", length)
    if who.width_over_m is not None:
        yield fact("width_m", who.width_over_m)
    if who.height_over_m is not None:
        yield fact("height_m", who.height_over_m)
    if who.particulate_filter is False:
        yield fact("particulate_filter", True)
    if who.blind_spot_detection is False:
        yield fact("blind_spot_detection", True)
    if who.combination is True:
        yield fact("combination", False)
    if who.registered_before is not None:
        yield fact("first_registration_on", who.registered_before)
    if who.registered_from is not None:
        yield fact("first_registration_on", who.registered_from - timedelta(days=1))
    if who.category is not None:
        yield from (fact("category", category) for category in _CATEGORIES)


def _classes(limit: str | EuroLimit | None) -> Iterator[str]:
    given = (limit,) if isinstance(limit, str) else (limit.light, limit.heavy) if limit else ()
    yield from (text for text in given if text)


def _beside(classes: Iterable[str]) -> Iterator[str]:
    """Yield Euro classes, and after each the next whole one of its family."""
    for text in classes:
        yield text
        rank = euro_rank(text)
        for whole in _WHOLE_EUROS:
            above = euro_rank(whole)
            if rank and above and above.family == rank.family and above.rank > rank.rank:
                yield whole
                break


def as_json(together: Iterable[Change]) -> list[dict[str, Any]]:
    """Return a set of changes as the API writes it."""
    return [_json(change) for change in together]


def _json(change: Change) -> dict[str, Any]:
    value = change.value
    if change.kind == "permit":
        return {"kind": "permit", "permit": value}
    if change.kind == "time":
        return {"kind": "time", "at": value.isoformat()}
    if change.kind == "booking":
        return {"kind": "booking"}
    shown = sorted(value) if isinstance(value, frozenset) else value
    if isinstance(value, date):
        shown = value.isoformat()
    return {"kind": "vehicle", "fact": change.fact, "value": shown}
