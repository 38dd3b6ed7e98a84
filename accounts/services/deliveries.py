"""Deliveries of webhooks: put down, put down again. Sending them is `sending`'s."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import codes, news, rules
from accounts.actors import Actor, Grant
from accounts.models import Mandate, Organisation, WebhookDelivery, WebhookEndpoint
from foundation import audit
from foundation.models import OutboxMessage
from kernel.clock import wall
from kernel.refusals import Refusal

KEPT = timedelta(days=30)
MOST_AT_ONCE = 10_000


def queue(*, messages: Sequence[OutboxMessage], as_of: datetime) -> int:
    """Put messages down for every endpoint that wants them and may hear them; return how many.

    What happened before an endpoint was registered is not told to it. A message that is read
    again (after a crash) changes nothing.
    """
    topics = {message.topic for message in messages}
    cities = {message.city_id for message in messages}
    endpoints = list(WebhookEndpoint.objects.wanting(cities, topics).select_related("organisation"))
    if not endpoints:
        return 0
    grants = grants_of({endpoint.organisation_id for endpoint in endpoints}, as_of)
    pieces = _pieces(messages, {endpoint.city_id for endpoint in endpoints})
    moment = wall()
    rows = [
        _delivery(endpoint, message, pieces[message.id], moment)
        for message in messages
        for endpoint in endpoints
        if message.id in pieces
        and _wants(endpoint, message)
        and may_hear(endpoint.organisation, message.topic, pieces[message.id], grants)
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows)


def grants_of(agent_ids: Iterable[UUID], at: datetime) -> dict[UUID, list[Grant]]:
    """Return the mandates in force for organisations, by organisation. One query."""
    found: dict[UUID, list[Grant]] = defaultdict(list)
    for row in Mandate.objects.in_force(at).filter(agent_id__in=list(agent_ids)):
        grant = Grant(row.principal_id, frozenset(row.scopes), frozenset(row.vehicle_ids), row.id)
        found[row.agent_id].append(grant)
    return found


def may_hear(
    organisation: Organisation,
    topic: str,
    piece: news.Piece | WebhookDelivery,
    grants: dict[UUID, list[Grant]],
) -> bool:
    """Return whether an organisation may be told a piece of news now."""
    return rules.hears(
        organisation_id=organisation.id,
        is_city=organisation.kind == Organisation.Kind.CITY,
        grants=grants.get(organisation.id, ()),
        scope=news.TOPICS[topic].scope,
        owner_id=piece.owner_id,
        vehicle_id=piece.vehicle_id,
    )


def _pieces(messages: Sequence[OutboxMessage], city_ids: set[UUID]) -> dict[UUID, news.Piece]:
    by_topic: dict[str, list[OutboxMessage]] = defaultdict(list)
    for message in messages:
        if message.city_id in city_ids:
            by_topic[message.topic].append(message)
    found: dict[UUID, news.Piece] = {}
    for name, theirs in by_topic.items():
        found |= news.TOPICS[name].read(theirs)
    return found


def _wants(endpoint: WebhookEndpoint, message: OutboxMessage) -> bool:
    return (
        endpoint.city_id == message.city_id
        and message.topic in endpoint.topics
        and endpoint.created_at <= message.at
    )


def _delivery(
    endpoint: WebhookEndpoint, message: OutboxMessage, piece: news.Piece, moment: datetime
) -> WebhookDelivery:
    body = {"type": message.topic, "timestamp": message.at, "data": piece.data}
    return WebhookDelivery(
        city_id=message.city_id,
        organisation_id=endpoint.organisation_id,
        endpoint=endpoint,
        message_id=message.id,
        topic=message.topic,
        at=message.at,
        owner_id=piece.owner_id,
        vehicle_id=piece.vehicle_id,
        body=msgspec.json.encode(body).decode(),
        queued_at=moment,
        next_try_at=moment,
    )


@transaction.atomic
def replay_one(*, actor: Actor, delivery_id: UUID, now: datetime) -> WebhookDelivery:
    """Put one delivery of the actor's organisation down again, and return it.

    Raises `webhook.delivery_not_found` for what is not there and for others' alike.
    """
    row = (
        WebhookDelivery.objects.of_city(actor.city_id)
        .filter(pk=delivery_id, organisation_id=actor.organisation_id)
        .select_for_update()
        .first()
    )
    if row is None:
        raise Refusal(codes.DELIVERY_NOT_FOUND, _("Your organisation has no such delivery."))
    _again([row.id])
    row.refresh_from_db()
    _note(actor, row.endpoint_id, {"delivery_id": row.id}, 1, now)
    return row


@transaction.atomic
def replay(
    *,
    actor: Actor,
    endpoint: WebhookEndpoint,
    start: datetime | None,
    end: datetime | None,
    states: Sequence[str] = (),
    now: datetime,
) -> int:
    """Put the deliveries of news that happened in `[start, end)` down again; return how many.
    None leaves a side open.

    `states` narrows it (`dead`, `delivered`, `withheld`); what waits already is left as it is.
    Raises `webhook.period_invalid` when the period is empty, `webhook.too_many_deliveries` above
    10,000.
    """
    if start is not None and end is not None and end <= start:
        raise Refusal(
            codes.WEBHOOK_PERIOD, _("The period ends before it starts."), pointer="/until"
        )
    rows = endpoint.deliveries.between(start, end).exclude(state=WebhookDelivery.State.PENDING)
    if states:
        rows = rows.filter(state__in=states)
    ids = list(rows.values_list("id", flat=True)[: MOST_AT_ONCE + 1])
    if len(ids) > MOST_AT_ONCE:
        raise Refusal(
            codes.WEBHOOK_TOO_MANY,
            _("That is too much at once. Give a shorter period."),
            pointer="/until",
            at_most=MOST_AT_ONCE,
        )
    _again(ids)
    _note(actor, endpoint.id, {"from": start, "until": end, "states": list(states)}, len(ids), now)
    return len(ids)


def _again(ids: Sequence[UUID]) -> None:
    moment = wall()
    WebhookDelivery.objects.filter(id__in=ids).update(
        state=WebhookDelivery.State.PENDING,
        attempts=0,
        queued_at=moment,
        next_try_at=moment,
        delivered_at=None,
    )


def _note(
    actor: Actor, endpoint_id: UUID, inputs: dict[str, object], count: int, now: datetime
) -> None:
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action="webhook.replayed",
        subject=endpoint_id,
        at=now,
        inputs=inputs,
        outcome={"count": count},
    )


def forget_old(as_of: datetime) -> int:
    """Delete deliveries that were put down more than 30 days of wall time ago, at most 10,000 at
    a time; return how many (a job of the tick)."""
    old = WebhookDelivery.objects.filter(queued_at__lt=wall() - KEPT)
    ids = list(old.values_list("id", flat=True)[:MOST_AT_ONCE])
    WebhookDelivery.objects.filter(id__in=ids).delete()
    return len(ids)
