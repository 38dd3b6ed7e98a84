"""Bulk replays: asked for at once, worked off in chunks by the tick, with a result per item."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from accounts import resolving, scopes
from accounts.actors import Actor
from carriers import codes
from carriers.models import Quarantined, Replay, ReplayedItem
from carriers.selectors import quarantine as reading
from carriers.selectors.quarantine import Filter
from carriers.services import quarantine, replaying
from carriers.services.outcomes import ItemResult
from foundation import audit
from kernel.refusals import Reason, Refusal

MOST = 10_000
"""Items of one replay: as many as a batch may hold."""
CHUNK = 500
CHUNKS_A_TICK = 2
_NOTE = """
UPDATE carriers_replayeditem item
SET status = told.status, code = told.code, detail = told.detail
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS told(id, status, code, detail)
WHERE item.id = told.id AND item.status = ''
"""


@transaction.atomic
def ask(
    *,
    actor: Actor,
    now: datetime,
    ids: Collection[UUID] | None = None,
    chosen: Filter | None = None,
) -> Replay:
    """Ask for a replay of items by their ids, or of all replayable ones that a filter chooses.

    Returns the replay with what it has to do; `left_out` counts what was more than 10,000. Ids
    that are not there or not theirs are named in its `chosen`. Audited. Raises
    `quarantine.no_choice` (422) when neither is given, or both.
    """
    if (ids is None) == (chosen is None):
        raise Refusal(codes.NO_CHOICE, _("Give either ids or a filter."))
    rows = reading.visible(actor)
    rows = rows.filter(pk__in=ids) if chosen is None else chosen.narrow(rows.replayable())
    found = list(rows.order_by("id").values_list("id", "organisation_id")[: MOST + 1])
    more = max(rows.count() - MOST, 0) if len(found) > MOST else 0
    replay = Replay.objects.create(
        city=actor.city,
        organisation=actor.organisation,
        user_id=actor.user_id,
        client_id=actor.client_id,
        chosen=_told(ids, chosen, {row_id for row_id, _owner in found}),
        total=len(found[:MOST]),
        left_out=more,
        asked_at=now,
        finished_at=None if found else now,
    )
    ReplayedItem.objects.bulk_create(
        [ReplayedItem(replay=replay, quarantined_id=row_id) for row_id, _owner in found[:MOST]],
        batch_size=2000,
    )
    _audit_asked(actor, replay, [owner for _id, owner in found[:MOST]], now)
    return replay


def _told(
    ids: Collection[UUID] | None, chosen: Filter | None, found: Collection[UUID]
) -> dict[str, Any]:
    if chosen is not None:
        return {"filter": chosen.as_json()}
    asked = list(dict.fromkeys(ids or ()))
    return {"ids": len(asked), "not_found": [str(one) for one in asked if one not in found]}


def _audit_asked(actor: Actor, replay: Replay, owners: Sequence[UUID], now: datetime) -> None:
    """Write one row of the audit per principal whose mandate is used, and one for the rest."""
    for principal, count in Counter(quarantine.principal(actor, one) for one in owners).items():
        audit.record(
            city_id=actor.city_id,
            actor=actor,
            action="quarantine.replay_asked",
            subject=replay.pk,
            at=now,
            inputs=replay.chosen,
            outcome={"items": count},
            on_behalf_of=principal,
        )


def work(as_of: datetime) -> int:
    """Go on with the replays under way, the oldest first, some chunks at a time (a job of the
    tick); returns how many items were done."""
    done = 0
    for _chunk in range(CHUNKS_A_TICK):
        replay = Replay.objects.filter(finished_at=None).order_by("id").first()
        if replay is None:
            break
        done += advance(replay, as_of)
    return done


def advance(replay: Replay, now: datetime) -> int:
    """Replay the next chunk; each item's result commits with the event. Returns how many."""
    items = list(
        ReplayedItem.objects.filter(replay=replay, status="")
        .select_related("quarantined__organisation__city")
        .order_by("id")[:CHUNK]
    )
    by_row = {item.quarantined_id: item for item in items}
    against = _against(replay, items, now)
    _note([_told_against(item, one) for item, one in against])
    for item, _reason in against:
        del by_row[item.quarantined_id]

    def note(pairs: list[tuple[Quarantined, ItemResult]]) -> None:
        _note([(by_row[row.pk], one.status, one.code, one.detail) for row, one in pairs])

    replaying.take_each([item.quarantined for item in by_row.values()], now=now, note=note)
    _count(replay, now)
    return len(items)


def _against(
    replay: Replay, items: Sequence[ReplayedItem], now: datetime
) -> list[tuple[ReplayedItem, Reason]]:
    """Return the items that cannot be replayed, each with the reason, as things are now."""
    actor = _asker(replay, now)
    mine = set(
        reading.visible(actor)
        .filter(pk__in=[item.quarantined_id for item in items])
        .values_list("pk", flat=True)
    )
    gone = Reason(codes.NOT_YOURS, _("The mandate for this carrier has ended."))
    found = []
    for item in items:
        known = item.quarantined_id in mine
        against = replaying.reason_against(item.quarantined) if known else gone
        if against is not None:
            found.append((item, against))
    return found


def _told_against(item: ReplayedItem, reason: Reason) -> tuple[ReplayedItem, str, str, str]:
    """Return what is noted of an item that is not replayed. What another replay or its sender
    settled meanwhile was not refused: it is in the log, or dismissed."""
    if reason.code != codes.NOT_OPEN:
        return item, "refused", str(reason.code), reason.detail
    if item.quarantined.state == Quarantined.Resolution.ACCEPTED:
        return item, "duplicate", "", ""
    return item, "dismissed", str(reason.code), reason.detail


def _asker(replay: Replay, now: datetime) -> Actor:
    """Return who asked, with the mandates that hold now: a revoked one ends at once."""
    return Actor(
        city=replay.city,
        organisation=replay.organisation,
        user_id=replay.user_id,
        client_id=replay.client_id,
        scopes=frozenset({scopes.EVENTS_WRITE}),
        grants=resolving.grants_of(replay.organisation_id, now),
    )


def _note(results: Sequence[tuple[ReplayedItem, str, str, str]]) -> None:
    """Write down status, code and detail of items; what another worker wrote first stands."""
    if not results:
        return
    items, statuses, reasons, details = zip(*results, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE, [[item.pk for item in items], *map(list, (statuses, reasons, details))]
        )


@transaction.atomic
def _count(replay: Replay, now: datetime) -> None:
    """Bring the replay's figures up to date, and end it when nothing is left to do."""
    rows = replay.items.order_by().values_list("status").annotate(n=Count("pk"))
    counts = dict(rows)
    left = counts.pop("", 0)
    replay.done, replay.counts = replay.total - left, counts
    if not left:
        replay.finished_at = now
        audit.record(
            city_id=replay.city_id,
            actor=_asker(replay, now),
            action="quarantine.replay_finished",
            subject=replay.pk,
            at=now,
            inputs=replay.chosen,
            outcome=counts,
        )
    replay.save(update_fields=["done", "counts", "finished_at"])
