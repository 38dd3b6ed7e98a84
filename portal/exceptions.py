"""Service exceptions and unresolved references in the words of a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from accounts.actors import Actor
from carriers.selectors import facilities, routes, vehicles
from portal import words
from portal.tables import Column, Table, table
from portal.vehicles import names_of
from tracking.models import ServiceException, UnresolvedReference

COLUMNS = (
    Column("when", gettext_lazy("When"), ("started_at",)),
    Column("what", gettext_lazy("Exception"), ("kind", "detail")),
    Column("place", gettext_lazy("Place")),
    Column("who", gettext_lazy("Vehicle and carrier"), ("organisation_id", "vehicle_id")),
    Column("lasted", gettext_lazy("Lasted")),
    Column("state", gettext_lazy("State")),
)
REFERENCES = (
    Column("when", gettext_lazy("When"), ("said_at",)),
    Column("name", gettext_lazy("Named in vain"), ("kind", "name")),
    Column("event", gettext_lazy("Event"), ("event_type",)),
    Column("who", gettext_lazy("Vehicle and carrier"), ("organisation_id", "vehicle_id")),
)


@dataclass(frozen=True)
class Shown:
    """An exception as a page shows it."""

    id: UUID
    started_at: datetime
    started: str
    when: str
    kind: str
    sentence: str
    place: str
    plate: str
    organisation_name: str
    lasted: str
    is_open: bool


@dataclass(frozen=True)
class Named:
    """A reference as a page shows it."""

    said_at: datetime
    said: str
    kind: str
    name: str
    event_type: str
    plate: str
    organisation_name: str


def visible(actor: Actor) -> Any:
    """Return the exceptions the reader may see."""
    return ServiceException.objects.visible_to(actor, scopes.VEHICLES_READ)


def listed(request: HttpRequest, rows: Any, actor: Actor) -> Table:
    """Return a sorted page of exceptions."""
    return table(request, rows, COLUMNS, default="-when", prepare=lambda page: shown(page, actor))


def shown(rows: Iterable[ServiceException], actor: Actor) -> list[Shown]:
    """Return exceptions in words; four queries for all of them."""
    found = list(rows)
    plates = vehicles.summary({row.vehicle_id for row in found if row.vehicle_id})
    companies = names_of({row.organisation_id for row in found})
    houses = facilities.names_of({row.facility_id for row in found if row.facility_id})
    stops = routes.stops_of({row.stop_id for row in found if row.stop_id})

    def place(row: ServiceException) -> str:
        stop = stops.get(row.stop_id) if row.stop_id else None
        if stop is not None and stop.route.organisation_id == row.organisation_id:
            return stop.name or stop.address or stop.stop_ref
        return houses.get(row.facility_id, "") if row.facility_id else ""

    return [
        Shown(
            id=row.pk,
            started_at=row.started_at,
            started=words.stamp(row.started_at, actor.city.tz),
            when=words.span(row.started_at, row.ended_at, actor.city.tz),
            kind=row.get_kind_display(),
            sentence=sentence(row),
            place=place(row),
            plate=_plate(plates, row.vehicle_id),
            organisation_name=companies.get(row.organisation_id, ""),
            lasted=_lasted(row),
            is_open=row.ended_at is None,
        )
        for row in found
    ]


def unresolved(request: HttpRequest, actor: Actor) -> Table:
    """Return a sorted page of the references that lead nowhere."""
    rows = UnresolvedReference.objects.visible_to(actor, scopes.VEHICLES_READ)

    def prepare(page: Iterable[UnresolvedReference]) -> list[Named]:
        found = list(page)
        plates = vehicles.summary({row.vehicle_id for row in found if row.vehicle_id})
        companies = names_of({row.organisation_id for row in found})
        return [
            Named(
                said_at=row.said_at,
                said=words.stamp(row.said_at, actor.city.tz),
                kind=row.get_kind_display(),
                name=row.name,
                event_type=row.event_type,
                plate=_plate(plates, row.vehicle_id),
                organisation_name=companies.get(row.organisation_id, ""),
            )
            for row in found
        ]

    return table(request, rows, REFERENCES, default="-when", prepare=prepare)


def sentence(row: ServiceException) -> str:
    """Return what happened, in a sentence."""
    facts = row.facts | {"units": ", ".join(row.facts.get("units", ()))}
    if row.kind in _LASTING:
        time = words.seconds(facts.get("lasted_s", facts["limit_s"]))
        key = f"{row.kind} open" if row.ended_at is None else row.kind
        return str(_SENTENCES[key]) % {"time": time, "limit": words.seconds(facts["limit_s"])}
    if row.kind == ServiceException.Kind.LATE:
        return _("Arrived %(time)s after the window had ended.") % {
            "time": words.seconds(facts["late_s"])
        }
    if row.detail == "load_mismatch" and facts.get("counted") is not None:
        return _("Loaded %(counted)s units where %(expected)s were expected.") % facts
    text = _SENTENCES.get(f"{row.kind} {row.detail}")
    return "" if text is None else str(text) % facts


_LASTING = {ServiceException.Kind.DWELL_SPIKE, ServiceException.Kind.SILENT_VEHICLE}
_SENTENCES = {
    "dwell_spike": gettext_lazy("At the stop for %(time)s; the limit is %(limit)s."),
    "dwell_spike open": gettext_lazy("At the stop for more than %(limit)s, and still there."),
    "silent_vehicle": gettext_lazy("Said nothing for %(time)s while its trip was under way."),
    "silent_vehicle open": gettext_lazy(
        "Has said nothing for more than %(limit)s while its trip is under way."
    ),
    "missing_scan outcome": gettext_lazy(
        "Left the stop and went on; nothing says what came of it."
    ),
    "missing_scan departure": gettext_lazy(
        "The trip ended, and nothing says when it left the stop."
    ),
    "misload load_mismatch": gettext_lazy("The load is not the one that was expected."),
    "misload not_loaded": gettext_lazy("Delivered, but never loaded for the trip: %(units)s."),
    "out_of_sequence gate_out_unverified": gettext_lazy(
        "Left the station before its load was verified."
    ),
    "out_of_sequence station_step": gettext_lazy("At the station, %(step)s came after %(after)s."),
    "out_of_sequence trip_step": gettext_lazy("%(step)s, when the trip was already %(after)s."),
    "out_of_sequence stop_step": gettext_lazy("%(step)s, when the stop was already %(after)s."),
    "out_of_sequence after_trip": gettext_lazy("%(step)s, though the trip was %(after)s."),
    "out_of_sequence stop_seq": gettext_lazy("Stop %(stop_seq)s was reached after stop %(after)s."),
    "out_of_sequence delivered_twice": gettext_lazy("Delivered a second time: %(units)s."),
    "out_of_sequence unit_step": gettext_lazy("%(unit)s: %(step)s does not follow on what was."),
}


def _plate(plates: dict[UUID, vehicles.Label], vehicle_id: UUID | None) -> str:
    label = plates.get(vehicle_id) if vehicle_id else None
    return "" if label is None else label.plate or label.label


def _lasted(row: ServiceException) -> str:
    if row.ended_at is None or row.ended_at == row.started_at:
        return ""
    return words.seconds((row.ended_at - row.started_at).total_seconds())
