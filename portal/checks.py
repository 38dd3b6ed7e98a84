"""Checks of plates as the vehicle's organisation sees them, and the check of oneself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from accounts.actors import Actor
from accounts.models import ApiClient, User
from accounts.services import setup
from compliance.models import Finding, PlateCheck
from compliance.rules import ActKind, Found
from compliance.selfcheck import Checked
from curbs import answers
from curbs.answers import Answer, Asked
from curbs.evaluator import AtCurb, InZone, Place
from curbs.remedies import Change
from portal import patrol, words
from portal.findings import RulesSaid
from portal.rulebook.asking import CATEGORIES, FUELS
from portal.tables import Column

COLUMNS = (
    Column("at", gettext_lazy("When"), ("checked_at",)),
    Column("plate", gettext_lazy("Vehicle"), ("plate",)),
    Column("place", gettext_lazy("Place")),
    Column("answer", gettext_lazy("What was answered"), ("access", "admissible")),
    Column("office", gettext_lazy("Checked by")),
)
PLATES = 200
NAMED: dict[Any, Any] = {**dict(CATEGORIES), **dict(FUELS)}


def visible(actor: Actor) -> QuerySet[PlateCheck]:
    """Return the checks the reader may see: of its vehicles and its principals', for the city
    all."""
    return PlateCheck.objects.visible_to(actor, scopes.FINDINGS_READ)


@dataclass(frozen=True)
class Listed:
    """A check in a list; `office`: who asked, for carriers without a name."""

    check: patrol.Shown
    url: str
    office: str


def listed(rows: Iterable[PlateCheck], actor: Actor) -> list[Listed]:
    """Return checks in words; five queries for all of them."""
    found = list(rows)
    offices = _offices(found, actor)
    return [
        Listed(check, reverse("portal:check", args=[row.pk]), offices[row.pk])
        for row, check in zip(found, patrol.shown(found, actor), strict=True)
    ]


def _offices(rows: list[PlateCheck], actor: Actor) -> dict[UUID, str]:
    """Return who asked, by check: who of the city it was is for the city to know."""
    office = setup.city_organisation(actor.city).name
    if not actor.is_city:
        return {row.pk: office for row in rows}
    people = User.objects.filter(pk__in={row.officer_id for row in rows if row.officer_id})
    clients = ApiClient.objects.filter(pk__in={row.client_id for row in rows if row.client_id})
    names: dict[Any, str] = {one.pk: str(one) for one in (*people, *clients)}
    return {row.pk: names.get(row.officer_id or row.client_id, office) for row in rows}


def plates(actor: Actor) -> list[tuple[str, str]]:
    """Return vehicles that were checked, as id and plate, to narrow the list by."""
    rows = visible(actor).exclude(vehicle_id=None).order_by("plate", "vehicle_id")
    pairs = rows.values_list("vehicle_id", "plate").distinct()[:PLATES]
    return [(str(vehicle_id), plate) for vehicle_id, plate in pairs]


@dataclass(frozen=True)
class WouldBe:
    """A finding that would be made, with what would help: sets of changes, each enough."""

    title: str
    sentence: str
    place: str
    when: str
    over: str
    tone: str
    helps: list[str]


@dataclass(frozen=True)
class Outcome:
    """What a check of oneself says: where the vehicle would be, and what would be found."""

    places: list[tuple[str, str]]
    findings: list[WouldBe]
    untimed: int


def outcome(checked: Checked, untimed: int, vehicle_id: UUID, actor: Actor, now: Any) -> Outcome:
    """Return a check of oneself in words; some twenty queries, however much was found."""
    names, tz = patrol.Names(actor.city), actor.city.tz
    places = []
    for act in checked.acts:
        name = names.zone if act.kind is ActKind.VISIT else names.curb
        places.append((name(act.place_id), words.span(act.period.start, act.period.end, tz)))
    rules = RulesSaid({found.values["version_id"] for found in checked.findings})
    helpful = _helpful(checked.findings, vehicle_id, actor, now)
    findings = [
        _would_be(found, answer, names, rules, tz)
        for found, answer in zip(checked.findings, helpful, strict=True)
    ]
    return Outcome(places, findings, untimed)


def _helpful(found: Any, vehicle_id: UUID, actor: Actor, now: Any) -> list[Any]:
    """Return for each finding the decision at its beginning, with what would make it admissible."""
    questions = [
        Asked(_place(one), None, one.values["from_at"], None, vehicle_id, remedies=True)
        for one in found
    ]
    return answers.answer(actor=actor, questions=questions, now=now) if questions else []


def _place(found: Found) -> Place:
    zone_id = found.values["zone_id"]
    return AtCurb(found.values["curb_zone_id"]) if zone_id is None else InZone(zone_id)


def _would_be(found: Found, answer: Any, names: patrol.Names, rules: RulesSaid, tz: Any) -> WouldBe:
    said, place = found.values, _place(found)
    violation = said["severity"] == Finding.Severity.VIOLATION
    sets = answer.remedies if isinstance(answer, Answer) else ()
    return WouldBe(
        title=str(Finding.Kind(said["kind"]).label),
        sentence=rules.sentence(said["version_id"], said["rule_row"], said["sentence"]),
        place=names.curb(place.curb_zone_id)
        if isinstance(place, AtCurb)
        else names.zone(said["zone_id"]),
        when=words.span(said["from_at"], said["until_at"], tz),
        over=words.seconds(said["seconds_over"]),
        tone="bad" if violation else "warn",
        helps=[" + ".join(_change(one, tz) for one in together) for together in sets],
    )


def _change(change: Change, tz: Any) -> str:
    """Return one thing that could be otherwise, in words."""
    value = change.value
    if change.kind == "permit":
        return _("a permit “%(kind)s”") % {"kind": value}
    if change.kind == "booking":
        return _("a booking of this curb")
    if change.kind == "time":
        return _("to come at %(time)s or later") % {"time": words.moment(value, tz)}
    said = {"fact": patrol.fact(change.fact), "value": _value(value)}
    return _("a vehicle with another “%(fact)s”: %(value)s") % said


def _value(value: Any) -> str:
    """Return the value of a fact as people write it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, frozenset):
        return ", ".join(str(NAMED.get(one, one)) for one in sorted(value))
    if isinstance(value, date):
        return words.dated(value)
    return str(NAMED.get(value, value))
