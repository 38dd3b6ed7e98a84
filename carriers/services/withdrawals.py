"""DELETE of an OTM event: what was made of it is voided, never deleted."""

from datetime import datetime
from uuid import UUID

import msgspec

from accounts import scopes
from accounts.actors import Actor
from carriers import codes
from carriers.adapters.translated import Namer, Translated
from carriers.messages import CarrierEvent, Voids
from carriers.models import Original
from carriers.services import intake, originals, outcomes
from kernel.refusals import REGISTRY, Reason, Refusal


def withdraw(*, actor: Actor, native_id: str, now: datetime) -> None:
    """Void every event that was made of an OTM event, in whatever lifecycle it was put.

    A second time has no effect. Raises a Refusal: 404 when the actor sees no such event, the
    intake's reasons when a void is refused.
    """
    visible = Original.objects.visible_to(actor, scopes.EVENTS_WRITE)
    rows = list(visible.of_kind("otm", "events").named(native_id))
    if not rows:
        detail = "There is nothing here, or nothing of yours."
        raise Refusal(codes.MESSAGE_NOT_FOUND, detail, native_id=native_id)
    sender_id = rows[0].organisation_id
    if visible.of_kind("otm", "deletions").named(native_id).exists():
        return
    targets = sorted({event_id for row in rows for event_id in row.event_ids}, key=str)
    voids = [_void(sender_id, native_id, target, now) for target in targets]
    kept = originals.Kept(
        sender_id=sender_id,
        translated=Translated(
            "deletions",
            native_id,
            occurred_at=now,
            vehicle=str(rows[0].vehicle_id) if rows[0].vehicle_id else None,
        ),
        raw=msgspec.json.encode({"deleted": native_id}),
        content_hash=originals.digest(msgspec.json.encode({"deleted": native_id})),
        event_ids=[UUID(void.event_id) for void in voids],
        notes=[],
    )

    def keep(result: outcomes.BatchResult) -> None:
        originals.keep("otm", [kept], actor=actor, now=now)
        reasons = [
            Reason(REGISTRY[one.code], one.detail)
            for one in result.results
            if one.status == "refused"
        ]
        if reasons:
            raise Refusal.of(reasons)

    intake.take_items(actor=actor, items=list(voids), now=now, beside=keep)


def _void(sender_id: UUID, native_id: str, target: UUID, now: datetime) -> CarrierEvent:
    return CarrierEvent(
        event_id=Namer(sender_id, "otm", native_id, str(target)).of("event.voided"),
        event_type="event.voided",
        classifier="actual",
        carrier_id=str(sender_id),
        occurred_at=now,
        voids=Voids(event_id=str(target), reason="did_not_occur"),
    )
