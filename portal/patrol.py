"""Checks of plates in the words of a page: the verdict in a line, the grace that is left."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from accounts.actors import Actor
from accounts.models import City
from carriers.models import Vehicle
from compliance.models import PlateCheck
from compliance.selectors import presence
from curbs.evaluator import AtCurb, AtPoint, InZone, Place
from curbs.selectors import snapshots
from kernel.plates import readings
from portal import words
from portal.rulebook.verdicts import language
from portal.vehicles import SILENT_AFTER, is_live, names_of
from tracking.selectors import vehicles as tracked
from zones.selectors import books

SHOWN = 20
VERDICTS: dict[str, tuple[Any, str]] = {
    "prohibited": (gettext_lazy("Not allowed here"), "bad"),
    "undetermined": (gettext_lazy("Cannot be decided"), "warn"),
    "permit": (gettext_lazy("Permit missing"), "bad"),
    "booking": (gettext_lazy("Booking missing"), "bad"),
    "warning": (gettext_lazy("Not allowed: warning only"), "warn"),
    "allowed": (gettext_lazy("Allowed here"), "ok"),
    "unregulated": (gettext_lazy("No rule speaks against it"), "ok"),
}


@dataclass(frozen=True)
class Grace:
    """The grace of one rule: what is left of it, or when it ended."""

    sentence: str
    text: str


@dataclass(frozen=True)
class Shown:
    """A check as a page shows it."""

    id: UUID
    url: str
    plate: str
    organisation: str
    place: str
    when: str
    verdict: str
    tone: str
    sentences: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    graces: list[Grace] = field(default_factory=list)
    allowed_until: str = ""
    permits: list[str] = field(default_factory=list)
    bookings: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    seen: str = ""
    again: str = ""


@dataclass(frozen=True)
class Spot:
    """A place to choose from a list: `curb:<id>` or `zone:<id>`."""

    value: str
    label: str


def visible(actor: Actor) -> Any:
    """Return the checks the reader may see."""
    return PlateCheck.objects.visible_to(actor, scopes.FINDINGS_READ)


def shown(rows: Iterable[PlateCheck], actor: Actor) -> list[Shown]:
    """Return checks in words; one query for the names of all carriers."""
    checks = list(rows)
    companies = names_of({row.organisation_id for row in checks if row.organisation_id})
    names = Names(actor.city)
    return [_shown(row, companies, names, actor.city.tz) for row in checks]


class Names:
    """Names of zones and curbs, from the snapshots that every process keeps."""

    def __init__(self, city: City) -> None:
        self._zones = books.book(city.id).cards
        self._curbs = snapshots.book(city.id)

    def zone(self, zone_id: UUID) -> str:
        card = self._zones.get(zone_id)
        return card.name if card else ""

    def curb(self, curb_zone_id: UUID) -> str:
        zone = self._curbs.zone(curb_zone_id)
        return f"{zone.name}, {zone.street_name}" if zone else ""

    def of(self, row: PlateCheck) -> str:
        """Return where a check was made."""
        if row.zone_id is not None:
            return self.zone(row.zone_id)
        if row.curb_zone_id is not None:
            return self.curb(row.curb_zone_id)
        curb = row.answer.get("curb")
        if curb:
            return self.curb(UUID(curb["curb_zone_id"]))
        return f"{row.lat:.5f}, {row.lng:.5f}"


def _shown(row: PlateCheck, companies: dict[UUID, str], names: Names, tz: Any) -> Shown:
    said = row.answer
    label, tone = VERDICTS[_verdict(row)]
    coming = said["next_breach_at"]
    return Shown(
        id=row.id,
        url=reverse("portal:patrol-check", args=[row.id]),
        plate=row.plate,
        organisation=companies.get(row.organisation_id, "") if row.organisation_id else "",
        place=names.of(row),
        when=words.moment(row.at, tz),
        verdict=str(label),
        tone=tone,
        sentences=list(dict.fromkeys(_sentence(reason) for reason in said["reasons"])),
        missing=[fact(name) for name in said["missing_facts"]],
        graces=[_grace(one, row.at, tz) for one in said["graces"]],
        allowed_until=words.moment(_at(coming), tz) if coming else "",
        permits=[_permit(one, tz) for one in said["permits"]],
        bookings=[words.span(_at(one["from"]), _at(one["until"]), tz) for one in said["bookings"]],
        present=list(_present(said["presence"], names, tz)),
        seen=_seen(said["presence"], tz),
        again=_where(row),
    )


def fact(name: str) -> str:
    """Return what people call a fact of a vehicle; a sticker's scheme keeps its name."""
    try:
        return str(Vehicle._meta.get_field(name).verbose_name)
    except FieldDoesNotExist:
        return name


def _sentence(reason: dict[str, Any]) -> str:
    """Return what a rule said, in the reader's language."""
    return str(reason["sentences"].get(language(), reason["sentence"]))


def _verdict(row: PlateCheck) -> str:
    if row.access in ("prohibited", "undetermined"):
        return row.access
    duties = row.answer["obligations"]
    unmet = [duty["kind"] for duty in duties if not duty["met"]]
    for kind in ("permit", "booking", "warning"):
        if kind in unmet:
            return kind
    return row.access


def _grace(said: dict[str, Any], at: datetime, tz: Any) -> Grace:
    until, left = _at(said["until"]), said["left_s"]
    ends = f"{until.astimezone(tz):%H:%M:%S}"
    sentence = said.get("sentences", {}).get(language(), said["sentence"])
    if not left:
        return Grace(sentence, _("The grace ended at %(time)s.") % {"time": ends})
    facts = {"left": words.seconds(left), "time": ends}
    return Grace(sentence, _("%(left)s of grace left, until %(time)s.") % facts)


def _permit(said: dict[str, Any], tz: Any) -> str:
    if said["until"] is None:
        return said["kind"]
    end = words.moment(_at(said["until"]), tz)
    return _("%(kind)s, until %(end)s") % {"kind": said["kind"], "end": end}


def _present(said: dict[str, Any], names: Names, tz: Any) -> Iterable[str]:
    stay = said["stay"]
    if stay:
        place = names.curb(UUID(stay["curb_zone_id"]))
        yield f"{place}, {words.span(_at(stay['started_at']), None, tz)}"
    for visit in said["visits"]:
        place = names.zone(UUID(visit["zone_id"]))
        yield f"{place}, {words.span(_at(visit['entered_at']), None, tz)}"


def _seen(said: dict[str, Any], tz: Any) -> str:
    return words.moment(_at(said["seen_at"]), tz) if said["seen_at"] else ""


def _where(row: PlateCheck) -> str:
    if row.curb_zone_id is not None:
        return f"curb:{row.curb_zone_id}"
    return f"zone:{row.zone_id}" if row.zone_id is not None else ""


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def spots(city: City, at: datetime) -> dict[str, list[Spot]]:
    """Return the curbs and zones in force, by name."""
    curbs = [
        Spot(f"curb:{zone.id}", f"{zone.name}, {zone.street_name} ({zone.code})")
        for zone in snapshots.book(city.id).in_force(at)
    ]
    book = books.book(city.id)
    zones = [
        Spot(f"zone:{card.id}", card.name)
        for card in book.cards.values()
        if book.geometry(card.id, at) is not None
    ]
    return {
        "curbs": sorted(curbs, key=lambda spot: spot.label),
        "zones": sorted(zones, key=lambda spot: spot.label),
    }


def place_of(where: str, lng: str, lat: str) -> Place | None:
    """Return the place that a form names: an entry of the list, else a position; else None."""
    kind, _colon, text = where.partition(":")
    try:
        if kind == "curb":
            return AtCurb(UUID(text))
        if kind == "zone":
            return InZone(UUID(text))
        east, north = float(lng), float(lat)
    except ValueError:
        return None
    inside = -180 <= east <= 180 and -90 <= north <= 90
    return AtPoint(east, north, stopping=True) if inside else None


def last_seen(actor: Actor, plate: str, now: datetime) -> Place | str:
    """Return where the vehicle of a plate is, when it reported within the last ten minutes; else
    why that is not known."""
    vehicle = presence.vehicle_of_plate(actor.city_id, readings(plate, actor.city.country))
    state = None if vehicle is None else tracked.states_of([vehicle.id]).get(vehicle.id)
    if state is None:
        return _("It is not known where this vehicle is. Choose a place or use your position.")
    if state.fix_at is None:
        text = _(
            "This vehicle last reported on %(at)s, without a position. Choose a place or use your"
            " position."
        )
        return text % {"at": words.moment(state.seen_at, actor.city.tz)}
    if is_live(state, now):
        return AtPoint(state.lng, state.lat, stopping=True)
    text = _(
        "This vehicle last reported its position on %(at)s. That is more than %(minutes)s minutes"
        " ago, so it may be elsewhere by now. Choose a place or use your position."
    )
    at, limit = words.moment(state.fix_at, actor.city.tz), SILENT_AFTER // timedelta(minutes=1)
    return text % {"at": at, "minutes": limit}


@dataclass(frozen=True)
class Here:
    """A vehicle that is at a place, to be checked by one press."""

    plate: str
    organisation: str
    since: str
    lasting: str


def here(actor: Actor, place: Place, now: datetime) -> list[Here]:
    """Return the vehicles with a plate that are in a zone or at a curb, the longest first."""
    found = presence.vehicles_in(
        actor.city_id,
        zone_id=place.zone_id if isinstance(place, InZone) else None,
        curb_zone_id=place.curb_zone_id if isinstance(place, AtCurb) else None,
        at=now,
    )
    return [
        Here(
            plate=vehicle.plate,
            organisation=vehicle.organisation.name,
            since=words.span(since, None, actor.city.tz),
            lasting=words.seconds(max(now - since, timedelta()).total_seconds()),
        )
        for vehicle, since in found
        if vehicle.plate
    ]
