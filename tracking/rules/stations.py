"""Station visits: gate in, dock arrival, load started, load verified, dock departure, gate out.

A second gate-in begins another visit, and so does another station. After the vehicle has left, a
scan still belongs to its visit unless it names another trip or was made there already. What a scan
leaves out agrees with everything. Of each scan the first counts, of the counts the last.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from tracking.rules import units
from tracking.rules.lapses import Where, lapse
from tracking.rules.told import Lapse, StationVisit, Told
from tracking.rules.trips import Namer

NOWHERE = UUID(int=0)
STEPS = (
    "gate_in", "dock_arrival", "load_started", "load_verified", "dock_departure", "gate_out",
)  # fmt: skip
_RANK = {step: rank for rank, step in enumerate(STEPS)}


class Yard(Struct, array_like=True):
    """The visit to a station that a vehicle is in or was in last, its load that is not right, and
    the units loaded, by trip ("" where the scan named none)."""

    visit: StationVisit | None = None
    misload: Lapse | None = None
    loaded: dict[str, bytes] = {}


def scan(yard: Yard, told: Told, name: Namer) -> Iterator[StationVisit | Lapse]:
    """Take one event of a station; yield the visit as it now is, and what is wrong with it."""
    if told.classifier != "actual":
        return
    step = told.event_type.partition(".")[2]
    visit = yard.visit
    if visit is None or _begins(visit, told, step):
        visit, yard.misload = _begun(told, name), None
        yard.loaded.pop("", None)
    yield from _out_of_turn(visit, told, step, name)
    yard.visit = visit = _scanned(visit, told, step)
    yield visit
    yield from _load(yard, visit, told, step, name)


def is_loaded(yard: Yard, told: Told) -> list[str] | None:
    """Return which of an event's units were loaded for its trip; None when no load is known."""
    packed = yard.loaded.get(str(told.trip_id), b"") + yard.loaded.get("", b"")
    return units.known(packed, told.units) if packed else None


def take(yard: Yard, told: Told) -> None:
    """Take units on board: loaded at a station or picked up on the way."""
    if told.units:
        trip = "" if told.trip_id is None else str(told.trip_id)
        yard.loaded[trip] = units.added(yard.loaded.get(trip, b""), told.units)


def forget(yard: Yard, trips: frozenset[str]) -> None:
    """Drop the loads of trips that are over and forgotten."""
    yard.loaded = {key: held for key, held in yard.loaded.items() if key in trips or key == ""}


def _begins(visit: StationVisit, told: Told, step: str) -> bool:
    if step == "gate_in" and visit.gate_in_at is not None:
        return True
    if _differ(visit.facility_id, told.facility_id):
        return True
    left = visit.gate_out_at is not None
    return left and (
        step == "gate_in"
        or _differ(visit.trip_id, told.trip_id)
        or _time_of(visit, step) is not None
    )


def _differ(known: UUID | None, said: UUID | None) -> bool:
    return known is not None and said is not None and known != said


def _time_of(visit: StationVisit, step: str) -> datetime | None:
    at: datetime | None = getattr(visit, f"{step}_at", visit.mismatch_at)
    return at


def _begun(told: Told, name: Namer) -> StationVisit:
    place = told.facility_id or told.trip_id or NOWHERE
    return StationVisit(
        id=name("station", place, told.event_id),
        facility_id=told.facility_id,
        trip_id=told.trip_id,
        step="",
        first_event_id=told.event_id,
        touched_at=told.at,
    )


def _scanned(visit: StationVisit, told: Told, step: str) -> StationVisit:
    changes: dict[str, object] = {
        "facility_id": visit.facility_id or told.facility_id,
        "trip_id": visit.trip_id or told.trip_id,
        "touched_at": told.at,
    }
    if step in _RANK or step == "unload_verified":
        changes[f"{step}_at"] = _time_of(visit, step) or told.at
    if _RANK.get(step, -1) > _RANK.get(visit.step, -1):
        changes["step"] = step
    if step == "unload_verified":
        counted = told.units_counted
        changes["units_unloaded"] = len(told.units) if counted is None else counted
    if step in {"load_verified", "load_mismatch"}:
        changes["units_expected"] = told.units_expected
        changes["units_counted"] = told.units_counted
        if step == "load_verified":
            changes["units_loaded"] = len(told.units) if told.units else told.units_counted
        if _is_wrong(told, step):
            changes["mismatch_at"] = visit.mismatch_at or told.at
    return structs.replace(visit, **changes)


def _is_wrong(told: Told, step: str) -> bool:
    if step == "load_mismatch":
        return True
    expected, counted = told.units_expected, told.units_counted
    return expected is not None and counted is not None and expected != counted


def _out_of_turn(visit: StationVisit, told: Told, step: str, name: Namer) -> Iterator[Lapse]:
    rank = _RANK.get(step)
    if rank is None:
        return
    behind = _RANK.get(visit.step, -1)
    if rank < behind and _time_of(visit, step) is None:
        facts: dict[str, object] = {"step": step, "after": visit.step}
        yield _lapse(name, visit, told, "out_of_sequence", "station_step", facts)
    if step == "gate_out" and visit.load_verified_at is None and visit.gate_out_at is None:
        yield _lapse(name, visit, told, "out_of_sequence", "gate_out_unverified", {})


def _load(yard: Yard, visit: StationVisit, told: Told, step: str, name: Namer) -> Iterator[Lapse]:
    """Take what the scan says of the load: a misload begins with the first word that the load is
    wrong, and ends when it is verified as right or the vehicle leaves with it."""
    if step == "load_verified":
        take(yard, told)
    if step in {"load_verified", "load_mismatch"} and _is_wrong(told, step):
        facts = {"expected": told.units_expected, "counted": told.units_counted}
        if yard.misload is None:
            yard.misload = _lapse(name, visit, told, "misload", "load_mismatch", {}, lasts=True)
        yard.misload = structs.replace(yard.misload, facts=facts, touched_at=told.at)
        yield yard.misload
    elif step in {"load_verified", "gate_out"} and yard.misload is not None:
        facts = yard.misload.facts | {"resolved": step == "load_verified"}
        yield structs.replace(yard.misload, ended_at=told.at, facts=facts, touched_at=told.at)
        yard.misload = None


def _lapse(
    name: Namer,
    visit: StationVisit,
    told: Told,
    kind: str,
    detail: str,
    facts: dict[str, object],
    *,
    lasts: bool = False,
) -> Lapse:
    facility_id = told.facility_id or visit.facility_id
    trip_id = told.trip_id or visit.trip_id
    place = facility_id or trip_id or NOWHERE
    where = Where(facility_id, trip_id)
    return lapse(name, kind, detail, place, told, where=where, facts=facts, lasts=lasts)
