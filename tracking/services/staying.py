"""Curb stays, written through the curbs' own door."""

from datetime import datetime
from typing import Any

from curbs.services import sessions
from tracking.rules.told import Stay
from tracking.services.grounds import Ground
from tracking.services.subjects import Task


def keep(task: Task, ground: Ground, *, as_of: datetime, announce: bool) -> None:
    """Make the stays that the fold found the vehicle's stays from the first one touched on."""
    assert task.folded is not None
    touched = task.folded.stays_since
    if touched is None and not task.rewinds:
        return
    since = touched
    if task.rewinds:
        since = task.stays_since
        if since is not None and touched is not None:
            since = min(since, touched)
    rows = task.held | task.folded.rows
    found = [row for row in rows.values() if isinstance(row, Stay)]
    curbs = ground.curbs
    stays = []
    for stay in sorted(found, key=lambda stay: (stay.started_at, stay.id)):
        zone = curbs.zone(stay.curb_zone_id)
        if zone is not None:
            stays.append(_stay(stay, zone.line_id))
    sessions.replace(
        city_id=task.city_id,
        organisation_id=task.organisation_id,
        vehicle_id=task.subject_id,
        stays=stays,
        since=since,
        at=as_of,
        announce=announce,
    )


def _stay(stay: Stay, line_id: Any) -> sessions.Stay:
    return sessions.Stay(
        id=stay.id,
        curb_zone_id=stay.curb_zone_id,
        curb_line_id=line_id,
        started_at=stay.started_at,
        ended_at=stay.ended_at,
        evidence={
            "last_seen_at": stay.last_seen_at.isoformat(),
            "checked_in": stay.declared,
            "checked_out_at": _text(stay.checked_out_at),
            "lng": stay.lng,
            "lat": stay.lat,
            "points": stay.points,
            "first_event_id": str(stay.first_event_id),
        },
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
