"""Which backfill windows let which events in."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Subquery

from carriers.models import BackfillWindow, RetiredPartition
from carriers.selectors import horizon

_RETIRED = Subquery(
    RetiredPartition.objects.filter(log=horizon.POSITIONS)
    .values("log")
    .annotate(until=Max("ends_at"))
    .values("until")
)


class Admission:
    """Whether an open window admits an event (`rules.Admits`); asks the database once, and only
    when it is asked itself."""

    def __init__(self, senders: Collection[UUID], now: datetime) -> None:
        self._senders = senders
        self._now = now
        self._windows: list[tuple[UUID, datetime, datetime]] | None = None

    def __call__(self, sender_id: UUID, effective_at: datetime) -> bool:
        if self._windows is None:
            self._windows = self._read()
        return any(
            owner == sender_id and start <= effective_at < end
            for owner, start, end in self._windows
        )

    def _read(self) -> list[tuple[UUID, datetime, datetime]]:
        rows = BackfillWindow.objects.of_senders(self._senders).open_at(self._now)
        found = rows.annotate(retired=_RETIRED).values_list(
            "organisation_id", "events_from", "events_until", "retired"
        )
        return [
            (owner, max(start, horizon.foldable_since(self._now, retired)), end)
            for owner, start, end, retired in found
        ]
