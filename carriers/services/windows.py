"""Backfill windows: opened and closed by officials of the city."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import scopes
from accounts.actors import Actor
from accounts.models import Organisation
from carriers import codes
from carriers.models import BackfillWindow
from carriers.selectors import horizon
from foundation import audit
from kernel.refusals import Reason, Refusal


@transaction.atomic
def open_window(
    *,
    actor: Actor,
    organisation_id: UUID,
    events_from: datetime,
    events_until: datetime,
    open_until: datetime,
    reason: str,
    now: datetime,
) -> BackfillWindow:
    """Let an organisation of the city send events of a past period until `open_until`, from now
    on, and return the window. Audited.

    Raises a Refusal with all reasons: an unknown organisation (404), an empty period, a period
    that is not past, or one of which the log no longer keeps what it takes to fold it (422).
    """
    organisation = Organisation.objects.of_city(actor.city_id).filter(pk=organisation_id).first()
    reasons = _against(organisation, events_from, events_until, open_until, now)
    if reasons or organisation is None:
        raise Refusal.of(reasons)
    window = BackfillWindow.objects.create(
        city=actor.city,
        organisation=organisation,
        events_from=events_from,
        events_until=events_until,
        open_from=now,
        open_until=open_until,
        reason=reason,
        opened_at=now,
        opened_by_user=actor.user_id,
        opened_by_client=actor.client_id,
    )
    _audit(actor, "backfill.opened", window, {"reason": reason}, now)
    return window


def _against(
    organisation: Organisation | None,
    events_from: datetime,
    events_until: datetime,
    open_until: datetime,
    now: datetime,
) -> list[Reason]:
    reasons = []
    if organisation is None:
        detail = _("This city has no such organisation.")
        reasons.append(Reason(codes.ORGANISATION_NOT_FOUND, detail, "/organisation_id"))
    if events_until <= events_from:
        detail = _("The period of the events must end after it begins.")
        reasons.append(Reason(codes.WINDOW_PERIOD, detail, "/events_until"))
    if open_until <= now:
        detail = _("A window must close after it opens.")
        reasons.append(Reason(codes.WINDOW_PERIOD, detail, "/open_until"))
    if events_until > now:
        detail = _("The period of the events must lie in the past.")
        reasons.append(Reason(codes.WINDOW_AHEAD, detail, "/events_until"))
    since = horizon.foldable_since(now, horizon.retired_until())
    if events_from < since:
        detail = _("The log still takes what happened since %(since)s.") % {
            "since": since.isoformat()
        }
        facts = {"since": since}
        reasons.append(Reason(codes.WINDOW_BEYOND, detail, "/events_from", facts))
    return reasons


@transaction.atomic
def close(*, actor: Actor, window_id: UUID, now: datetime) -> BackfillWindow:
    """Close a window before its time, at once, and return it. Audited.

    Raises `backfill.not_found` (404) and `backfill.closed` (409).
    """
    rows = BackfillWindow.objects.visible_to(actor, scopes.EVENTS_STEWARD)
    window = rows.select_for_update(of=("self",)).filter(pk=window_id).first()
    if window is None:
        raise Refusal(codes.WINDOW_NOT_FOUND, _("There is no such backfill window."))
    if not window.is_open(now):
        raise Refusal(codes.WINDOW_CLOSED, _("This window is closed already."))
    window.closed_at = now
    window.save(update_fields=["closed_at"])
    _audit(actor, "backfill.closed", window, {}, now)
    return window


def _audit(
    actor: Actor, action: str, window: BackfillWindow, more: dict[str, str], now: datetime
) -> None:
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action=action,
        subject=window.pk,
        at=now,
        inputs={"organisation_id": window.organisation_id, **more},
        outcome={
            "events_from": window.events_from,
            "events_until": window.events_until,
            "open_until": window.open_until,
            "closed_at": window.closed_at,
        },
    )
