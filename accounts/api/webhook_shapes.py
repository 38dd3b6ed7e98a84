"""What the endpoints of webhooks take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from accounts.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Topics = Annotated[
    list[Annotated[str, msgspec.Meta(max_length=80)]], msgspec.Meta(min_length=1, max_length=50)
]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class WebhookIn(msgspec.Struct, forbid_unknown_fields=True):
    """An endpoint to register."""

    url: Url
    topics: Topics


class WebhookChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of an endpoint; what is left out stays."""

    url: Url | None = None
    topics: Topics | None = None
    active: bool | None = None


class RotateIn(msgspec.Struct, forbid_unknown_fields=True):
    """For how many seconds of wall time the old secret goes on signing (at most a week)."""

    overlap_s: Annotated[int, msgspec.Meta(ge=0, le=604_800)] = 86_400


class ReplayIn(msgspec.Struct, rename={"from_": "from"}, forbid_unknown_fields=True):
    """Deliveries of news that happened in `[from, until)`; no `states` = all that do not wait."""

    from_: Instant
    until: Instant
    states: list[Literal["delivered", "dead", "withheld"]] = []


class ReplayOut(msgspec.Struct):
    """How many deliveries were put down again."""

    queued: int


class WebhookOut(msgspec.Struct):
    """An endpoint. `failures` in a row; it is left alone until `resume_at`."""

    id: UUID
    url: str
    topics: list[str]
    active: bool
    created_at: datetime
    previous_secret_until: datetime | None
    failures: int
    resume_at: datetime | None


class WebhookSecret(WebhookOut):
    """An endpoint with its secret, shown this once."""

    secret: str


class DeliveryOut(msgspec.Struct):
    """A delivery: `message_id` is the header webhook-id. `next_try_at` is its own: nothing is tried
    before the `resume_at` of its endpoint, nor while that is switched off."""

    id: UUID
    webhook_id: UUID
    message_id: UUID
    topic: str
    at: datetime
    state: str
    attempts: int
    queued_at: datetime
    next_try_at: datetime | None
    delivered_at: datetime | None


class AttemptOut(msgspec.Struct):
    """An attempt: an HTTP status, or what went wrong in a word."""

    at: datetime
    status: int | None
    error: str
    milliseconds: int


class DeliveryDetail(DeliveryOut):
    """A delivery with every attempt, the latest first."""

    log: list[AttemptOut]


def webhook(row: WebhookEndpoint) -> dict[str, Any]:
    """Return an endpoint as JSON data, without its secret."""
    return {name: getattr(row, name) for name in WebhookOut.__struct_fields__}


def with_secret(row: WebhookEndpoint) -> dict[str, Any]:
    """Return an endpoint with its secret as JSON data."""
    return webhook(row) | {"secret": row.secret}


def delivery(row: WebhookDelivery) -> dict[str, Any]:
    """Return a delivery as JSON data; what it says is the receiver's to keep."""
    names = (name for name in DeliveryOut.__struct_fields__ if name != "webhook_id")
    return {"webhook_id": row.endpoint_id} | {name: getattr(row, name) for name in names}


def attempt(row: WebhookAttempt) -> dict[str, Any]:
    """Return an attempt as JSON data."""
    return {name: getattr(row, name) for name in AttemptOut.__struct_fields__}
