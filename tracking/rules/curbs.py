"""What drivers say of curbs without standing at them: that one is claimed, or blocked."""

from collections.abc import Iterator

from tracking.rules.geography import Geography
from tracking.rules.told import CurbReport, Told, seconds
from tracking.rules.trips import Namer

_KINDS = {"curb.claimed": "claimed", "curb.blocked": "blocked"}


def report(told: Told, geography: Geography, name: Namer) -> Iterator[CurbReport]:
    """Yield the report that an event makes, at the curb it names or the nearest within reach."""
    kind = _KINDS.get(told.event_type)
    if kind is None:
        return
    curb_zone_id = told.curb_zone_id
    if curb_zone_id is None and told.lng is not None:
        curb_zone_id = geography.curb_at(told.x, told.y, seconds(told.at))
    yield CurbReport(
        id=name(f"report {kind}", told.event_id, told.event_id),
        kind=kind,
        curb_zone_id=curb_zone_id,
        at=told.at,
        lng=told.lng,
        lat=told.lat,
        reason=told.reason,
        event_id=told.event_id,
        touched_at=told.at,
    )
