"""What stands still, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from carriers.models import Facility
from carriers.selectors import vehicles
from portal import words
from portal.tables import Column

COLUMNS = (
    Column("since", gettext_lazy("Since"), ("first_failed_at",)),
    Column("who", gettext_lazy("Vehicle or facility")),
    Column("consumer", gettext_lazy("What reads"), ("consumer",)),
    Column("event", gettext_lazy("Event at fault"), ("event_type",)),
    Column("error", gettext_lazy("Error")),
    Column("attempts", gettext_lazy("Attempts"), ("failures",), numeric=True),
    Column("do", gettext_lazy("What to do")),
)

CONSUMERS = {
    "tracking.vehicles": gettext_lazy("Trips, visits and stays"),
    "tracking.facilities": gettext_lazy("Units at facilities"),
    "tracking.ground": gettext_lazy("Changes of zones and curbs"),
    "compliance.findings": gettext_lazy("Findings"),
    "curbs.check_in": gettext_lazy("Check-in at the curb"),
    "reports.findings": gettext_lazy("Reports"),
    "accounts.webhooks": gettext_lazy("Webhooks"),
}


@dataclass(frozen=True)
class Shown:
    """One row of the table."""

    id: UUID
    since: str
    who: str
    kind: str
    consumer: str
    event_type: str
    event_id: UUID
    event_at: str
    error: str
    attempts: int
    retry_at: str


def shown(rows: Iterable[Any], actor: Actor) -> list[Shown]:
    """Return stopped subjects in words; two queries for all of them."""
    found = list(rows)
    ids = {row.subject_id for row in found}
    vans = vehicles.summary(ids)
    places = Facility.objects.of_city(actor.city_id).filter(pk__in=ids)
    names = dict(places.values_list("id", "name"))
    return [_shown(row, vans.get(row.subject_id), names, actor.city.tz) for row in found]


def _shown(row: Any, van: Any, names: dict[UUID, str], tz: Any) -> Shown:
    if van is not None:
        who, kind = van.plate or van.label, "vehicle"
    else:
        who, kind = names.get(row.subject_id, ""), "facility"
    return Shown(
        id=row.pk,
        since=words.moment(row.first_failed_at, tz),
        who=who or _("not a vehicle and not a facility"),
        kind=kind,
        consumer=str(CONSUMERS.get(row.consumer, row.consumer)),
        event_type=row.event_type,
        event_id=row.event_id,
        event_at=words.moment(row.event_at, tz),
        error=row.error,
        attempts=row.failures,
        retry_at=words.moment(row.retry_at, tz),
    )
