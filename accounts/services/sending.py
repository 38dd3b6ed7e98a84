"""Sending webhooks: a job of the tick, outside of every consumer's transaction.

Deliveries are claimed (their next attempt is put off for a minute, and that is committed), sent
side by side without a transaction, and what came of them is written. A crash in between sends
again after the minute: at least once, with the same id. All times are wall time but `as_of`.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from accounts import rules
from accounts.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.services import deliveries
from foundation import posting, targets
from foundation.posting import Outcome
from kernel import signing
from kernel.clock import wall

AT_ONCE = 64
EACH = 16
"""How many are sent at once, and of these to one endpoint; one only to an endpoint in trouble."""
LEASE = timedelta(seconds=60)
PATIENCE_S = 12.0
"""How long a tick waits for all of them: names that do not resolve hang longer than a post."""

State = WebhookDelivery.State


@dataclass(frozen=True)
class _Sent:
    delivery: WebhookDelivery
    outcome: Outcome


def send_due(as_of: datetime) -> int:
    """Send what is due, once each, and return how many were tried or settled (a job of the tick).

    Whoever may not hear a piece of news any more (a mandate has ended) does not get it.
    """
    given_up = _give_up()
    claimed = _claim()
    allowed = _allowed(claimed, as_of)
    for sent in _post_all(allowed):
        _record(sent)
    return given_up + len(claimed)


def _give_up() -> int:
    """Let go of what has waited for three days."""
    return WebhookDelivery.objects.filter(
        state=State.PENDING,
        endpoint__active=True,
        queued_at__lt=wall() - rules.LONGEST_WAIT,
        next_try_at__lte=wall(),
    ).update(state=State.DEAD, next_try_at=None)


@transaction.atomic
def _claim() -> list[WebhookDelivery]:
    moment = wall()
    turn = Window(RowNumber(), partition_by="endpoint_id", order_by=["next_try_at", "id"])
    due = WebhookDelivery.objects.due(moment).annotate(turn=turn, failures=F("endpoint__failures"))
    few = due.filter(turn__lte=EACH).order_by("next_try_at", "id")[:AT_ONCE]
    ids = [row.id for row in few if row.turn == 1 or not row.failures]
    rows = list(
        WebhookDelivery.objects.due(moment)
        .filter(id__in=ids)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("endpoint", "organisation")
        .order_by("id")
    )
    WebhookDelivery.objects.filter(id__in=[row.id for row in rows]).update(
        next_try_at=moment + LEASE
    )
    return rows


def _allowed(claimed: Sequence[WebhookDelivery], as_of: datetime) -> list[WebhookDelivery]:
    grants = (
        deliveries.grants_of({row.organisation_id for row in claimed}, as_of) if claimed else {}
    )
    heard = [
        row for row in claimed if deliveries.may_hear(row.organisation, row.topic, row, grants)
    ]
    kept = {row.id for row in heard}
    refused = [row.id for row in claimed if row.id not in kept]
    if refused:
        WebhookDelivery.objects.filter(id__in=refused).update(
            state=State.WITHHELD, next_try_at=None
        )
    return heard


def _post_all(rows: Sequence[WebhookDelivery]) -> list[_Sent]:
    """Post side by side; the threads see no database."""
    if not rows:
        return []
    http_too = targets.plain_http()
    pool = ThreadPoolExecutor(max_workers=min(len(rows), AT_ONCE), thread_name_prefix="webhook")
    futures: dict[Future[Outcome], WebhookDelivery] = {
        pool.submit(_post, row, http_too): row for row in rows
    }
    done, _late = wait(futures, timeout=PATIENCE_S)
    pool.shutdown(wait=False, cancel_futures=True)
    late = Outcome(None, "timeout", int(PATIENCE_S * 1000))
    return [
        _Sent(row, future.result() if future in done else late) for future, row in futures.items()
    ]


def _post(row: WebhookDelivery, http_too: bool) -> Outcome:
    try:
        target = targets.find(row.endpoint.url, http_too=http_too)
    except targets.Refused:
        return Outcome(None, "target_refused", 0)
    moment = wall()
    body = row.body.encode()
    headers = signing.headers(
        row.endpoint.secrets_at(moment), str(row.message_id), int(moment.timestamp()), body
    )
    return posting.post(target, body, headers)


@transaction.atomic
def _record(sent: _Sent) -> None:
    """Write what came of an attempt: on the delivery, in its log, on the endpoint."""
    row, outcome, moment = sent.delivery, sent.outcome, wall()
    endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=row.endpoint_id).first()
    if endpoint is None:  # it was removed meanwhile, with its log
        return
    WebhookAttempt.objects.create(
        delivery=row,
        at=moment,
        status=outcome.status,
        error=outcome.error,
        milliseconds=outcome.milliseconds,
    )
    row.attempts += 1
    if outcome.taken:
        row.state, row.delivered_at, row.next_try_at = State.DELIVERED, moment, None
    else:
        pause = None if outcome.status == rules.GONE else rules.pause_after(row.attempts)
        row.next_try_at = None if pause is None else moment + pause
        row.state = State.DEAD if pause is None else State.PENDING
    row.save(update_fields=["attempts", "state", "delivered_at", "next_try_at"])
    _after(endpoint, outcome, moment)


def _after(endpoint: WebhookEndpoint, outcome: Outcome, moment: datetime) -> None:
    if outcome.taken:
        failures, resume_at = 0, None
    elif rules.is_out_of_order(outcome.status):
        # Posts that were sent side by side and failed together are one failure.
        if endpoint.resume_at is not None and endpoint.resume_at > moment:
            return
        failures = endpoint.failures + 1
        resume_at = moment + rules.rest_after(failures)
    else:
        failures, resume_at = endpoint.failures, endpoint.resume_at
    # 410: the receiver wants no more (Standard Webhooks, "Endpoint deactivation").
    active = endpoint.active and outcome.status != rules.GONE
    if (failures, resume_at, active) != (endpoint.failures, endpoint.resume_at, endpoint.active):
        endpoint.failures, endpoint.resume_at, endpoint.active = failures, resume_at, active
        endpoint.save(update_fields=["failures", "resume_at", "active"])
