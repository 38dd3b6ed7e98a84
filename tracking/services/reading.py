"""From rows of the log to what the fold is told."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from carriers.selectors import facilities, routes
from carriers.selectors.log import LogEvent
from carriers.selectors.routes import Promise
from tracking.rules.told import Told
from tracking.services import figures
from tracking.services.grounds import Ground

POSITION = "telemetry.position"

_MOST = 2**31 - 1
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Known:
    """What carriers know beside the log: what routes say of stops, and who runs facilities."""

    promises: dict[tuple[UUID, UUID], list[Promise]]
    operators: dict[UUID, UUID]

    def promise(self, row: LogEvent) -> Promise | None:
        """Return what the route said of the event's stop when the event happened.

        A later revision does not make an arrival late, whenever the arrival is folded.
        """
        if row.event_type != "stop.arrived" or row.stop_id is None:
            return None
        found = self.promises.get((row.sender_id, row.stop_id), [])
        held = [promise for promise in found if promise.published_at <= row.effective_at]
        return held[-1] if held else None


def known(rows: Iterable[LogEvent], facility_ids: Collection[UUID]) -> Known:
    """Return what carriers know of the stops of rows, and of facilities: two queries at most, none
    for positions."""
    arrivals = [row for row in rows if row.event_type == "stop.arrived" and row.stop_id is not None]
    stops = {row.stop_id for row in arrivals if row.stop_id is not None}
    senders = {row.sender_id for row in arrivals}
    return Known(
        promises=routes.promises_of(stops, senders) if stops else {},
        operators=facilities.operators_of(facility_ids) if facility_ids else {},
    )


def told(rows: Sequence[LogEvent], ground: Ground, known: Known) -> list[Told]:
    """Return the events as the fold is told them, in the order given; positions projected at
    once."""
    figures.FIXES.inc(sum(row.event_type == POSITION for row in rows))
    xy = ground.to_metric([row.lng or 0.0 for row in rows], [row.lat or 0.0 for row in rows])
    return [_told(row, at, ground, known) for row, at in zip(rows, xy.tolist(), strict=True)]


def _told(row: LogEvent, xy: Sequence[float], ground: Ground, known: Known) -> Told:
    more: dict[str, Any] = {}
    if row.event_type != "telemetry.position":
        more = _said(row, ground, known)
    elif row.payload:  # a position that says more than where the vehicle is
        more = _ahead(row) | _named(row.payload.get("place"), ground)
    return Told(
        at=row.effective_at,
        event_id=row.event_id,
        event_type=row.event_type,
        classifier=row.classifier,
        session_id=row.session_id or "",
        seq=-1 if row.seq is None else row.seq,
        trip_id=row.trip_id,
        lng=row.lng,
        lat=row.lat,
        x=xy[0],
        y=xy[1],
        accuracy_m=row.accuracy_m,
        speed_mps=row.speed_mps,
        heading_deg=row.heading_deg,
        **more,
    )


def _said(row: LogEvent, ground: Ground, known: Known) -> dict[str, Any]:
    """Return what an event says beyond its place and time."""
    payload = row.payload
    outcome = payload.get("outcome") or {}
    place = payload.get("place") or {}
    promise = known.promise(row)
    return (
        _ahead(row)
        | _named(place, ground)
        | {
            "outcome": outcome.get("status", ""),
            "reason": outcome.get("reason", ""),
            "attempt": _count(outcome.get("attempt")),
            "next_action": outcome.get("next_action", ""),
            "sender_id": row.sender_id,
            "vehicle_id": row.vehicle_id,
            "facility_id": row.facility_id,
            "of_operator": known.operators.get(row.subject_id) == row.sender_id,
            "compartment": place.get("compartment", ""),
            "units": tuple(
                dict.fromkeys(_unit(u, row.sender_id) for u in payload.get("units", ()))
            ),
            "units_expected": _count(payload.get("units_expected")),
            "units_counted": _count(payload.get("units_counted")),
            "window_end_at": promise and promise.window_end_at,
            "service_s": promise and promise.service_s,
            "revision": promise and promise.revision,
            "route_seq": promise and promise.seq,
        }
    )


def _ahead(row: LogEvent) -> dict[str, Any]:
    """Return which stop an event is about, and when the vehicle expects to be there."""
    stop_id = row.stop_id
    if stop_id is None and "stop_id" in row.payload:
        stop_id = UUID(row.payload["stop_id"])
    seq, eta = row.payload.get("stop_seq"), row.payload.get("eta")
    return {"stop_id": stop_id, "stop_seq": seq, "eta_at": _instant(eta)}


def _named(place: dict[str, Any] | None, ground: Ground) -> dict[str, Any]:
    """Return the curb that a place names, and the zones and curbs that the city does not have."""
    if not place:
        return {}
    found: dict[str, Any] = {}
    zones = [_canonical(text) for text in place.get("geography_ids", ())]
    unknown = [("zone", name) for name in zones if name not in ground.zone_names]
    if "curb_zone_id" in place:
        curb = _canonical(place["curb_zone_id"])
        found["curb_zone_id"] = ground.curb_names.get(curb)
        if found["curb_zone_id"] is None:
            unknown.append(("curb", curb))
    if unknown:
        found["unknown"] = tuple(dict.fromkeys(unknown))
    return found


def _count(number: int | None) -> int | None:
    """Return a count that a column can hold; what is larger is as large as can be."""
    return None if number is None else min(number, _MOST)


def _canonical(text: str) -> str:
    """Return an id in its canonical text, anything else as it is."""
    try:
        return str(UUID(text))
    except ValueError:
        return text


def _unit(unit: dict[str, str], sender_id: UUID) -> str:
    """Return a unit as `scheme:id`; what a carrier numbers itself is its own."""
    scheme = unit["scheme"]
    return f"carrier:{sender_id}:{unit['id']}" if scheme == "carrier" else f"{scheme}:{unit['id']}"


def _instant(text: Any) -> datetime | None:
    """Return an instant that a sender told of the future; None when no calendar of ours has it."""
    at = datetime.fromisoformat(text) if text else None
    return at if at is not None and EARLIEST < at < LATEST else None
