"""Reads of the quarantine: by filters, counts, words of who sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count

from accounts import scopes
from accounts.actors import Actor
from carriers.models import Quarantined

STATES = ("open", "accepted", "dismissed")


@dataclass(frozen=True)
class Filter:
    """What narrows the quarantine; None is no limit. The period is that of the first receipt."""

    code: str | None = None
    event_type: str | None = None
    organisation_id: UUID | None = None
    vehicle_id: UUID | None = None
    received_from: datetime | None = None
    received_until: datetime | None = None

    def narrow(self, rows: Any) -> Any:
        """Return the rows that match."""
        same = {
            name: value
            for name in ("code", "event_type", "organisation_id", "vehicle_id")
            if (value := getattr(self, name)) is not None
        }
        return rows.filter(**same).received(self.received_from, self.received_until)

    def as_json(self) -> dict[str, Any]:
        """Return what is limited, for the audit."""
        return {name: str(value) for name, value in vars(self).items() if value is not None}


def visible(actor: Actor) -> Any:
    """Return the items that an actor may see and mend: a sender's own, its principals', and for
    the city all of it."""
    return Quarantined.objects.visible_to(actor, scopes.EVENTS_WRITE)


def waiting(actor: Actor) -> int:
    """Return how many items wait to be replayed or dismissed."""
    return visible(actor).replayable().count()


def kinds(actor: Actor) -> list[tuple[str, str, int]]:
    """Return which reasons and event types are open, with their numbers."""
    rows = visible(actor).open().order_by().values("code", "event_type").annotate(n=Count("pk"))
    return [(row["code"], row["event_type"], row["n"]) for row in rows]
