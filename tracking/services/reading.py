"""From rows of the log to what the fold is told."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from carriers.selectors.log import LogEvent
from tracking.rules.told import Told
from tracking.services import figures
from tracking.services.grounds import Ground

POSITION = "telemetry.position"

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def told(rows: Sequence[LogEvent], ground: Ground) -> list[Told]:
    """Return the events as the fold is told them, in the order given; positions projected at
    once."""
    figures.FIXES.inc(sum(row.event_type == POSITION for row in rows))
    placed = [row for row in rows if row.lng is not None and row.lat is not None]
    xy = ground.to_metric([row.lng or 0.0 for row in placed], [row.lat or 0.0 for row in placed])
    metric = {row.id: (float(x), float(y)) for row, (x, y) in zip(placed, xy, strict=True)}
    return [_told(row, metric.get(row.id, (0.0, 0.0)), ground) for row in rows]


def _told(row: LogEvent, xy: tuple[float, float], ground: Ground) -> Told:
    payload = row.payload
    outcome = payload.get("outcome") or {}
    place = payload.get("place") or {}
    return Told(
        at=row.effective_at,
        event_id=row.event_id,
        event_type=row.event_type,
        classifier=row.classifier,
        session_id=row.session_id or "",
        seq=-1 if row.seq is None else row.seq,
        trip_id=row.trip_id,
        stop_id=row.stop_id or _uuid(payload.get("stop_id")),
        lng=row.lng,
        lat=row.lat,
        x=xy[0],
        y=xy[1],
        accuracy_m=row.accuracy_m,
        speed_mps=row.speed_mps,
        heading_deg=row.heading_deg,
        curb_zone_id=ground.curb(place["curb_zone_id"]) if "curb_zone_id" in place else None,
        eta_at=_instant(payload.get("eta")),
        outcome=outcome.get("status", ""),
        reason=outcome.get("reason", ""),
    )


def _uuid(text: Any) -> UUID | None:
    return UUID(text) if text else None


def _instant(text: Any) -> datetime | None:
    """Return an instant that a sender told of the future; None when no calendar of ours has it."""
    at = datetime.fromisoformat(text) if text else None
    return at if at is not None and _EARLIEST < at < _LATEST else None
