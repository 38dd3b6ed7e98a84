"""Webhooks: endpoints of the sender's organisation, their deliveries, replays."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from rest_framework.response import Response

from accounts import codes
from accounts.api import webhook_shapes as shapes
from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.scopes import WEBHOOKS_WRITE
from accounts.services import deliveries, webhooks
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.query import choice, instant
from foundation.api.views import HubView

LOG = {
    "state": "pending, delivered, dead or withheld.",
    "topic": "Only deliveries of this topic.",
    "from": "Only news that happened at this time or later.",
    "to": "Only news that happened before this time.",
}


class WebhooksView(HubView):
    """The endpoints of the sender's organisation."""

    scope = WEBHOOKS_WRITE
    rows = WebhookEndpoint.objects

    @schema(response=shapes.WebhookOut, paged=True, summary="List webhook endpoints")
    def get(self, request: Any) -> Response:
        return self.page(shapes.webhook)

    @schema(
        request=shapes.WebhookIn,
        response=shapes.WebhookSecret,
        status=201,
        refusals=(409,),
        summary="Register a webhook endpoint",
    )
    @idempotent
    def post(self, request: Any) -> Response:
        wish = body(request, shapes.WebhookIn)
        endpoint = webhooks.register(
            actor=self.actor, url=wish.url, topics=wish.topics, now=self.now
        )
        return Response(shapes.with_secret(endpoint), status=201)


class WebhookView(HubView):
    """One endpoint."""

    scope = WEBHOOKS_WRITE
    missing = codes.WEBHOOK_NOT_FOUND
    rows = WebhookEndpoint.objects

    @schema(response=shapes.WebhookOut, summary="Read a webhook endpoint")
    def get(self, request: Any, webhook_id: UUID) -> Response:
        return Response(shapes.webhook(self.one(webhook_id)))

    @schema(
        request=shapes.WebhookChange,
        response=shapes.WebhookOut,
        summary="Change a webhook endpoint, switch it off or on",
    )
    def patch(self, request: Any, webhook_id: UUID) -> Response:
        wish = body(request, shapes.WebhookChange)
        self.one(webhook_id)
        endpoint = webhooks.change(
            actor=self.actor,
            endpoint_id=webhook_id,
            url=wish.url,
            topics=wish.topics,
            active=wish.active,
            now=self.now,
        )
        return Response(shapes.webhook(endpoint))

    @schema(response=None, status=204, summary="Remove a webhook endpoint with its log")
    def delete(self, request: Any, webhook_id: UUID) -> Response:
        self.one(webhook_id)
        webhooks.remove(actor=self.actor, endpoint_id=webhook_id, now=self.now)
        return Response(status=204)


class WebhookRotateView(HubView):
    """A new secret; the one before goes on signing for a while."""

    scope = WEBHOOKS_WRITE
    missing = codes.WEBHOOK_NOT_FOUND
    rows = WebhookEndpoint.objects

    @schema(
        request=shapes.RotateIn,
        response=shapes.WebhookSecret,
        summary="Give a webhook endpoint a new secret",
    )
    @idempotent
    def post(self, request: Any, webhook_id: UUID) -> Response:
        wish = body(request, shapes.RotateIn, may_be_left_out=True)
        endpoint = webhooks.rotate_secret(
            actor=self.actor,
            endpoint_id=webhook_id,
            overlap=timedelta(seconds=wish.overlap_s),
            now=self.now,
        )
        return Response(shapes.with_secret(endpoint))


class WebhookReplayView(HubView):
    """Deliveries of a range of time, once more."""

    scope = WEBHOOKS_WRITE
    missing = codes.WEBHOOK_NOT_FOUND
    rows = WebhookEndpoint.objects

    @schema(
        request=shapes.ReplayIn,
        response=shapes.ReplayOut,
        status=202,
        summary="Replay the deliveries of a range of time",
    )
    @idempotent
    def post(self, request: Any, webhook_id: UUID) -> Response:
        wish = body(request, shapes.ReplayIn)
        queued = deliveries.replay(
            actor=self.actor,
            endpoint=self.one(webhook_id),
            start=wish.from_,
            end=wish.until,
            states=wish.states,
            now=self.now,
        )
        return Response({"queued": queued}, status=202)


class WebhookDeliveriesView(HubView):
    """What was delivered to an endpoint, waits or was given up; the latest news first."""

    scope = WEBHOOKS_WRITE
    missing = codes.WEBHOOK_NOT_FOUND
    rows = WebhookDelivery.objects

    @schema(
        response=shapes.DeliveryOut,
        paged=True,
        summary="List the deliveries of a webhook endpoint",
        parameters=LOG,
    )
    def get(self, request: Any, webhook_id: UUID) -> Response:
        endpoint = self.one(webhook_id, WebhookEndpoint.objects)
        rows = WebhookDelivery.objects.between(instant(request, "from"), instant(request, "to"))
        rows = rows.filter(endpoint=endpoint)
        state = choice(request, "state", WebhookDelivery.State.values)
        if state is not None:
            rows = rows.filter(state=state)
        if topic := request.GET.get("topic"):
            rows = rows.filter(topic=topic)
        return self.page(shapes.delivery, rows, order=("-at", "-id"))


class WebhookDeliveryView(HubView):
    """One delivery with its attempts."""

    scope = WEBHOOKS_WRITE
    missing = codes.DELIVERY_NOT_FOUND
    rows = WebhookDelivery.objects

    @schema(response=shapes.DeliveryDetail, summary="Read a delivery with its attempts")
    def get(self, request: Any, delivery_id: UUID) -> Response:
        row = self.one(delivery_id)
        log = [shapes.attempt(entry) for entry in row.log.order_by("-id")[:100]]
        return Response(shapes.delivery(row) | {"log": log})


class WebhookDeliveryReplayView(HubView):
    """One delivery, once more."""

    scope = WEBHOOKS_WRITE
    rows = WebhookDelivery.objects

    @schema(response=shapes.DeliveryOut, status=202, summary="Replay a delivery")
    @idempotent
    def post(self, request: Any, delivery_id: UUID) -> Response:
        row = deliveries.replay_one(actor=self.actor, delivery_id=delivery_id, now=self.now)
        return Response(shapes.delivery(row), status=202)
