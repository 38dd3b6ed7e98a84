"""The quarantine, its replays, and backfill windows."""

from typing import Any
from uuid import UUID

from msgspec import UNSET
from rest_framework.response import Response

from accounts import scopes
from carriers import codes
from carriers.api import kept
from carriers.models import BackfillWindow, Quarantined, Replay, ReplayedItem
from carriers.selectors.quarantine import STATES, Filter
from carriers.services import quarantine, replaying, replays, windows
from foundation.api import query
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.views import HubView

IDS_LIMIT = 1024 * 1024
"""Bytes of a list of ids to replay: 10,000 of 39 each, with room for blanks."""

FILTERS = {
    "state": "open (default), accepted or dismissed.",
    "code": "A reason, such as event.vehicle_unknown.",
    "event_type": "An event type.",
    "organisation_id": "A sender.",
    "vehicle_id": "A vehicle.",
    "from": "First received at or after this time.",
    "until": "First received before this time.",
}


class QuarantineView(HubView):
    """Events that were kept but not taken."""

    scope = scopes.EVENTS_WRITE
    rows = Quarantined.objects

    @schema(
        response=kept.QuarantinedOut,
        paged=True,
        parameters=FILTERS,
        refusals=(422,),
        summary="List quarantined events",
    )
    def get(self, request: Any) -> Response:
        state = query.choice(request, "state", STATES) or "open"
        chosen = Filter(
            code=request.GET.get("code") or None,
            event_type=request.GET.get("event_type") or None,
            organisation_id=query.identifier(request, "organisation_id"),
            vehicle_id=query.identifier(request, "vehicle_id"),
            received_from=query.instant(request, "from"),
            received_until=query.instant(request, "until"),
        )
        return self.page(kept.quarantined, chosen.narrow(Quarantined.objects.in_state(state)))


class QuarantinedView(HubView):
    """One of them."""

    scope = scopes.EVENTS_WRITE
    missing = codes.QUARANTINED_NOT_FOUND
    rows = Quarantined.objects

    @schema(response=kept.QuarantinedOut, summary="Read a quarantined event")
    def get(self, request: Any, quarantined_id: UUID) -> Response:
        return Response(kept.quarantined(self.one(quarantined_id)))


class QuarantinedReplayView(HubView):
    """One of them through the intake again."""

    scope = scopes.EVENTS_WRITE
    rows = Quarantined.objects

    @schema(response=kept.ReplayOneOut, refusals=(409,), summary="Replay a quarantined event")
    @idempotent
    def post(self, request: Any, quarantined_id: UUID) -> Response:
        row, result = replaying.one(actor=self.actor, quarantined_id=quarantined_id, now=self.now)
        return Response(kept.replayed_one(row, result))


class QuarantinedDismissView(HubView):
    """One of them let rest."""

    scope = scopes.EVENTS_WRITE
    rows = Quarantined.objects

    @schema(
        request=kept.DismissIn,
        response=kept.QuarantinedOut,
        refusals=(409,),
        summary="Dismiss a quarantined event, with a reason",
    )
    @idempotent
    def post(self, request: Any, quarantined_id: UUID) -> Response:
        wish = body(request, kept.DismissIn)
        row = quarantine.dismiss(
            actor=self.actor, quarantined_id=quarantined_id, reason=wish.reason, now=self.now
        )
        return Response(kept.quarantined(row))


class BulkReplayView(HubView):
    """Many of them through the intake again: asked for here, worked off within seconds."""

    scope = scopes.EVENTS_WRITE
    rows = Replay.objects

    @schema(
        request=kept.ReplayIn,
        response=kept.ReplayOut,
        status=202,
        summary="Replay quarantined events by ids or a filter",
    )
    @idempotent
    def post(self, request: Any) -> Response:
        wish = body(request, kept.ReplayIn, limit=IDS_LIMIT)
        replay = replays.ask(
            actor=self.actor,
            ids=None if wish.ids is UNSET else wish.ids,
            chosen=kept.filter_of(wish.filter),
            now=self.now,
        )
        where = f"/api/v1/events/quarantine/replays/{replay.pk}"
        return Response(kept.replay(replay), status=202, headers={"Location": where})


class ReplaysView(HubView):
    """Bulk replays."""

    scope = scopes.EVENTS_WRITE
    rows = Replay.objects

    @schema(response=kept.ReplayOut, paged=True, summary="List bulk replays, the newest first")
    def get(self, request: Any) -> Response:
        return self.page(kept.replay, order=("-id",))


class ReplayView(HubView):
    """One bulk replay: how far it is."""

    scope = scopes.EVENTS_WRITE
    rows = Replay.objects

    @schema(response=kept.ReplayOut, summary="Read how far a bulk replay is")
    def get(self, request: Any, replay_id: UUID) -> Response:
        return Response(kept.replay(self.one(replay_id)))


class ReplayItemsView(HubView):
    """The results of a bulk replay, item by item."""

    scope = scopes.EVENTS_WRITE
    rows = ReplayedItem.objects

    @schema(
        response=kept.ReplayedItemOut,
        paged=True,
        parameters={"status": "Only items with this status."},
        summary="Read the results of a bulk replay",
    )
    def get(self, request: Any, replay_id: UUID) -> Response:
        self.one(replay_id, Replay.objects)
        rows = ReplayedItem.objects.filter(replay_id=replay_id).select_related("quarantined")
        status = request.GET.get("status")
        return self.page(kept.replayed, rows.filter(status=status) if status else rows)


class BackfillWindowsView(HubView):
    """Windows in which a sender may send what is older than the log takes."""

    scope = {"GET": scopes.EVENTS_WRITE, "POST": scopes.EVENTS_STEWARD}
    rows = BackfillWindow.objects

    @schema(
        response=kept.WindowOut,
        paged=True,
        parameters={"organisation_id": "A sender.", "open": "true: only those open now."},
        summary="List backfill windows",
    )
    def get(self, request: Any) -> Response:
        rows = BackfillWindow.objects.all()
        sender = query.identifier(request, "organisation_id")
        if sender is not None:
            rows = rows.of_senders([sender])
        if query.choice(request, "open", ("true",)):
            rows = rows.open_at(self.now)
        return self.page(lambda row: kept.window(row, self.now), rows)

    @schema(
        request=kept.WindowIn,
        response=kept.WindowOut,
        status=201,
        summary="Open a backfill window",
    )
    @idempotent
    def post(self, request: Any) -> Response:
        wish = body(request, kept.WindowIn)
        window = windows.open_window(
            actor=self.actor,
            organisation_id=wish.organisation_id,
            events_from=wish.events_from,
            events_until=wish.events_until,
            open_until=wish.open_until,
            reason=wish.reason,
            now=self.now,
        )
        return Response(kept.window(window, self.now), status=201)


class BackfillWindowView(HubView):
    """One backfill window."""

    scope = scopes.EVENTS_WRITE
    missing = codes.WINDOW_NOT_FOUND
    rows = BackfillWindow.objects

    @schema(response=kept.WindowOut, summary="Read a backfill window")
    def get(self, request: Any, window_id: UUID) -> Response:
        return Response(kept.window(self.one(window_id), self.now))


class BackfillWindowCloseView(HubView):
    """The end of a backfill window, at once."""

    scope = scopes.EVENTS_STEWARD
    rows = BackfillWindow.objects

    @schema(response=kept.WindowOut, refusals=(409,), summary="Close a backfill window")
    @idempotent
    def post(self, request: Any, window_id: UUID) -> Response:
        window = windows.close(actor=self.actor, window_id=window_id, now=self.now)
        return Response(kept.window(window, self.now))
