"""Webhook endpoints: registered, changed, switched off, given a new secret, removed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import codes, news
from accounts.actors import Actor
from accounts.models import Organisation, WebhookEndpoint
from foundation import audit, targets
from kernel import signing
from kernel.clock import wall
from kernel.refusals import Reason, Refusal

MOST = 20
OVERLAP = timedelta(hours=24)


def register(*, actor: Actor, url: str, topics: Sequence[str], now: datetime) -> WebhookEndpoint:
    """Register an endpoint of the actor's organisation and return it, with its secret.

    Raises a Refusal with all reasons: a URL that the platform does not post to, topics that do
    not exist or need a scope that the actor lacks (422), more endpoints than 20 (409).
    """
    # Before the transaction: to resolve a name can take seconds.
    reasons = [*_against_url(url), *_against_topics(actor, topics)]
    if reasons:
        raise Refusal.of(reasons)
    with transaction.atomic():
        # One at a time for each organisation, so that the limit holds.
        Organisation.objects.select_for_update().get(pk=actor.organisation_id)
        if WebhookEndpoint.objects.filter(organisation_id=actor.organisation_id).count() >= MOST:
            detail = _("Your organisation has as many endpoints as it may have.")
            raise Refusal(codes.WEBHOOK_TOO_MANY_ENDPOINTS, detail, at_most=MOST)
        endpoint = WebhookEndpoint.objects.create(
            city=actor.city,
            organisation_id=actor.organisation_id,
            url=url,
            topics=sorted(set(topics)),
            secret=signing.new_secret(),
            created_at=now,
        )
        _note(actor, endpoint, "registered", now)
    return endpoint


def change(
    *,
    actor: Actor,
    endpoint_id: UUID,
    url: str | None = None,
    topics: Sequence[str] | None = None,
    active: bool | None = None,
    now: datetime,
) -> WebhookEndpoint:
    """Change an endpoint of the actor's organisation and return it; None leaves a part as it is.

    A new URL, and being switched on, make it worth an attempt at once. While it is switched off
    nothing is put down for it. Raises as `register` does, and 404 for others' endpoints.
    """
    reasons = [] if url is None else _against_url(url)
    if topics is not None:
        reasons += _against_topics(actor, topics)
    if reasons:
        raise Refusal.of(reasons)
    with transaction.atomic():
        endpoint = _own(actor, endpoint_id)
        if url is not None:
            endpoint.url = url
        if topics is not None:
            endpoint.topics = sorted(set(topics))
        if active is not None:
            endpoint.active = active
        if url is not None or active:
            endpoint.failures, endpoint.resume_at = 0, None
        endpoint.save()
        _note(actor, endpoint, "changed", now)
    return endpoint


@transaction.atomic
def rotate_secret(
    *, actor: Actor, endpoint_id: UUID, overlap: timedelta = OVERLAP, now: datetime
) -> WebhookEndpoint:
    """Give an endpoint a new secret and return it; for `overlap` of wall time both sign."""
    endpoint = _own(actor, endpoint_id)
    endpoint.previous_secret = endpoint.secret
    endpoint.previous_secret_until = wall() + overlap
    endpoint.secret = signing.new_secret()
    endpoint.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
    _note(actor, endpoint, "secret_rotated", now)
    return endpoint


@transaction.atomic
def remove(*, actor: Actor, endpoint_id: UUID, now: datetime) -> None:
    """Delete an endpoint of the actor's organisation with its log; what waits is not delivered."""
    endpoint = _own(actor, endpoint_id)
    _note(actor, endpoint, "removed", now)
    endpoint.delete()


def _own(actor: Actor, endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = (
        WebhookEndpoint.objects.of_city(actor.city_id)
        .filter(pk=endpoint_id, organisation_id=actor.organisation_id)
        .select_for_update()
        .first()
    )
    if endpoint is None:
        raise Refusal(codes.WEBHOOK_NOT_FOUND, _("Your organisation has no such endpoint."))
    return endpoint


def _against_url(url: str) -> list[Reason]:
    try:
        targets.find(url)
    except targets.Refused as refused:
        return [Reason(codes.WEBHOOK_TARGET, str(refused), "/url")]
    return []


def _against_topics(actor: Actor, topics: Sequence[str]) -> list[Reason]:
    reasons = []
    for index, name in enumerate(topics):
        topic = news.TOPICS.get(name)
        facts: dict[str, Any] = {"topic": name}
        if topic is None:
            detail = _("There is no such topic.")
            facts["topics"] = sorted(news.TOPICS)
            reasons.append(Reason(codes.WEBHOOK_TOPIC, detail, f"/topics/{index}", facts))
        elif topic.scope is not None and not actor.may(topic.scope):
            detail = _("This topic needs a scope that you do not hold.")
            facts["scope"] = topic.scope
            reasons.append(Reason(codes.WEBHOOK_TOPIC_SCOPE, detail, f"/topics/{index}", facts))
    return reasons


def _note(actor: Actor, endpoint: WebhookEndpoint, change: str, now: datetime) -> None:
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action=f"webhook.{change}",
        subject=endpoint.id,
        at=now,
        inputs={"url": endpoint.url, "topics": endpoint.topics},
        outcome={"active": endpoint.active},
    )
