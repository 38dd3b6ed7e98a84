"""The impact of a draft in the words of a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from carriers.selectors import vehicles
from portal import bookings, words
from portal.rulebook import verdicts
from portal.vehicles import names_of
from reports.models import Impact
from reports.selectors.cases import DAYS
from zones.models import RegulationVersion
from zones.selectors import books

KINDS: dict[str, Any] = {
    "vehicles": gettext_lazy("Vehicles"),
    "carriers": gettext_lazy("Carriers"),
    "visits": gettext_lazy("Visits of the last seven days"),
    "stays": gettext_lazy("Stays at curbs of the last seven days"),
    "stops": gettext_lazy("Planned stops"),
    "bookings": gettext_lazy("Bookings to come"),
    "plans": gettext_lazy("Plans to come"),
}


@dataclass(frozen=True)
class Shown:
    """How far it is, how many fare worse and better, and who they are."""

    id: UUID
    running: bool
    failed: bool
    looked_at: int
    total: int
    sentence: str
    counts: list[tuple[str, int, int]]
    lists: list[tuple[str, bool, list[dict[str, str]]]]
    """Each with its label, and whether it is of bookings, which have a reference and a curb."""


def shown(impact: Impact, actor: Actor) -> Shown:
    """Return an impact in words; three queries for all names."""
    running = impact.state == Impact.State.COMPUTING
    failed = impact.state == Impact.State.FAILED
    items = [item for listed in impact.items.values() for item in listed]
    plates = vehicles.summary({UUID(item["vehicle_id"]) for item in items})
    companies = names_of({UUID(item["organisation_id"]) for item in items})
    booked = _booked(impact.items.get("bookings", ()), actor)
    tz = actor.city.tz
    return Shown(
        id=impact.pk,
        running=running,
        failed=failed,
        looked_at=impact.looked_at,
        total=impact.total,
        sentence=_sentence(impact, running, failed),
        counts=[
            (str(label), impact.counts[kind]["worse"], impact.counts[kind]["better"])
            for kind, label in KINDS.items()
            if kind in impact.counts
        ],
        lists=[
            (
                str(KINDS[kind]),
                kind == "bookings",
                [
                    _item(item, plates, companies, tz) | booked.get(item["id"], {})
                    for item in listed
                ],
            )
            for kind, listed in impact.items.items()
            if listed and kind in KINDS
        ],
    )


def drawn_within(impact: Impact, version: RegulationVersion, tz: Any) -> str:
    """Return the day since which the zone has ground, when it had none seven days before."""
    shapes = books.book(impact.city_id).geography().shapes
    own = [s.legal.start for s in shapes if s.zone_id == version.regulation.zone_id]
    first = min((start for start in own if start is not None), default=None)
    if first is None or first <= impact.requested_at - DAYS:
        return ""
    return words.dated(first.astimezone(tz))


def _sentence(impact: Impact, running: bool, failed: bool) -> str:
    if failed:
        return _("The draft was changed while this was computed. Open the page anew.")
    said = {"done": impact.looked_at, "total": impact.total}
    if running:
        return _("%(done)s of about %(total)s cases have been looked at.") % said
    if not impact.looked_at:
        return _("There was no case to look at: nothing has driven there or is planned.")
    changed = sum(len(listed) for listed in impact.items.values())
    if not changed:
        return _("All %(total)s cases were looked at; none of them changes.") % {
            "total": impact.looked_at
        }
    return _("All %(total)s cases were looked at.") % {"total": impact.looked_at}


def _booked(items: Iterable[dict[str, str]], actor: Actor) -> dict[str, dict[str, str]]:
    """Return of each booking its reference with the address of its page, and its curb."""
    ids = [item["id"] for item in items]
    return {
        str(row.pk): {
            "reference": row.reference,
            "url": reverse("portal:booking", args=[row.pk]),
            "curb": row.curb_zone.name,
        }
        for row in (bookings.visible(actor).filter(pk__in=ids) if ids else ())
    }


def _item(item: dict[str, str], plates: Any, companies: dict[UUID, str], tz: Any) -> dict[str, str]:
    vehicle = plates.get(UUID(item["vehicle_id"]))
    before, after = (verdicts.KINDS.get(item[name], ("", "")) for name in ("before", "after"))
    return {
        "plate": (vehicle.plate or vehicle.label) if vehicle else "",
        "organisation": companies.get(UUID(item["organisation_id"]), ""),
        "at": words.moment(datetime.fromisoformat(item["at"]), tz),
        "before": str(before[0]),
        "after": str(after[0]),
        "tone": after[1],
    }
