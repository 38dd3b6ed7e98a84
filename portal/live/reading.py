"""What a stream tells: the rows that changed since a cursor and that the reader may see."""

from collections.abc import Hashable, Iterable
from typing import Any

import structlog
from django.db import close_old_connections, connection
from django.http import HttpRequest
from django.utils import translation

from accounts import scopes
from accounts.actors import Actor
from foundation import clock
from foundation.api import actors
from foundation.models import OutboxMessage
from portal import vehicles as shown
from portal.live.hub import Changed, News, Reader
from tracking.models import VehicleState

SIGNALS = {
    "findings": ("finding.",),
    "bookings": ("booking.",),
    "zones": ("regulation.", "zone.", "curb_zone.", "policy."),
}


def group_of(actor: Actor) -> Hashable:
    """Return what all have in common who are told the same, in the same words."""
    return actor.city.id, actor.organisation_id, actor.roles, translation.get_language()


def reader_for(request: HttpRequest, group: Hashable) -> Reader:
    """Return the function that reads for a group in the language of this request.

    It asks anew each time who they may see. Raises Changed when this reader has left the group.
    """
    language = translation.get_language()

    def read(after: int | None) -> News:
        close_old_connections()
        structlog.contextvars.clear_contextvars()  # the thread's last request is another one
        now = clock.now()
        with translation.override(language):
            actor = actors.of(request, now)
            if group_of(actor) != group:
                raise Changed
            return since(actor, after, now)

    return read


def horizon() -> int:
    """Return the transaction id below which everything is decided."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def since(actor: Actor, after: int | None, now: Any) -> News:
    """Return what changed in `[after, horizon)`; everything, marked as reset, without a cursor."""
    upto = horizon()
    reset = after is None or after > upto
    rows = VehicleState.objects.visible_to(actor, scopes.VEHICLES_READ)
    if not reset:
        rows = rows.filter(xid__gte=after)
    changed = shown.as_live(rows.filter(xid__lt=upto) if not reset else rows, actor, now)
    events: list[tuple[str, Any]] = []
    if changed or reset:
        events.append(("vehicles", {"reset": reset, "vehicles": changed}))
    if not reset:
        events += [(name, {}) for name in _signals(actor, after, upto)]
    return News(upto, tuple(events))


def _signals(actor: Actor, after: int | None, upto: int) -> Iterable[str]:
    """Return the topics of which something was announced; their rows are read by the page."""
    topics = set(
        OutboxMessage.objects.filter(city_id=actor.city.id, xid__gte=after, xid__lt=upto)
        .values_list("topic", flat=True)
        .distinct()
    )
    for name, prefixes in SIGNALS.items():
        if any(topic.startswith(prefixes) for topic in topics):
            yield name
