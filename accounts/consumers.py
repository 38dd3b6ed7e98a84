"""News for webhooks: put down for delivery in the transaction that moves the checkpoint."""

from collections.abc import Sequence
from datetime import datetime

from accounts import news
from accounts.services import deliveries
from foundation.models import OutboxMessage


class WebhookQueue:
    """Writes a delivery for each endpoint that wants a message and may hear it. Sends nothing."""

    name = "accounts.webhooks"
    stream = "outbox"

    @property
    def topics(self) -> frozenset[str]:
        """The topics that apps have registered by now."""
        return frozenset(news.TOPICS)

    def consume(self, rows: Sequence[OutboxMessage], *, as_of: datetime) -> None:
        """Put messages down for delivery."""
        deliveries.queue(messages=rows, as_of=as_of)
