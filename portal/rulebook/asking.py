"""“Test a vehicle now”: a form's facts, the verdict with the rules that spoke, and a week of it.

The evaluator answers; a draft is asked in the book in which it stands in its predecessor's place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from curbs import decisions
from curbs.evaluator import Evaluator, InZone, Question
from kernel.periods import Period
from kernel.vehicles import VehicleFacts, euro_rank
from kernel.verdicts import Verdict
from portal import fields, words
from portal.fields import Field
from portal.rulebook import verdicts
from zones import rules
from zones.compiled import HeldPermit
from zones.models import RegulationVersion
from zones.selectors import books

CATEGORIES = (
    ("N1", gettext_lazy("N1: van up to 3.5 t")),
    ("N2", gettext_lazy("N2: lorry up to 12 t")),
    ("N3", gettext_lazy("N3: lorry over 12 t")),
    ("M1", gettext_lazy("M1: passenger car")),
    ("M2", gettext_lazy("M2: bus up to 5 t")),
    ("M3", gettext_lazy("M3: bus over 5 t")),
    ("L6e", gettext_lazy("L6e: light quadricycle")),
    ("L7e", gettext_lazy("L7e: heavy quadricycle")),
    ("cargo_bicycle", gettext_lazy("Cargo bicycle")),
)
FUELS = (
    ("diesel", gettext_lazy("Diesel")),
    ("petrol", gettext_lazy("Petrol")),
    ("electric", gettext_lazy("Electric")),
    ("hydrogen", gettext_lazy("Hydrogen")),
    ("hybrid", gettext_lazy("Hybrid")),
    ("lpg", gettext_lazy("Liquefied petroleum gas")),
    ("cng", gettext_lazy("Natural gas")),
)
NAMES = (
    "category", "fuel", "euro", "weight", "length", "registered", "sticker", "purpose", "permits",
    "on", "time", "row",
)  # fmt: skip
HOURS = range(24)


@dataclass(frozen=True)
class Asked:
    """A vehicle, the permits it holds, and when; `row`: only this row of the version, else all."""

    facts: VehicleFacts
    permits: tuple[str, ...]
    at: datetime
    row: int | None = None


@dataclass
class Form:
    """The form as it was sent: texts by name, what is wrong with them, and what they mean."""

    given: dict[str, str]
    wrong: dict[str, str] = field(default_factory=dict)
    asked: Asked | None = None


def read(sent: Mapping[str, Any], version: RegulationVersion, actor: Actor, now: datetime) -> Form:
    """Return the form; without a time the first instant at which the version can rule."""
    given = {name: fields.text(sent, name, 200) for name in NAMES}
    local = max(now, version.legal_from).astimezone(actor.city.tz)
    given["on"] = given["on"] or f"{local:%Y-%m-%d}"
    given["time"] = given["time"] or f"{local:%H:%M}"
    form = Form(given)
    facts = _facts(form)
    at = _instant(form, actor)
    row = fields.whole(given["row"], len(version.rows) - 1) if version.rows else None
    if not form.wrong and at is not None:
        kinds = tuple(one.strip() for one in given["permits"].split(",") if one.strip())
        form.asked = Asked(facts, kinds, at, row)
    return form


def _facts(form: Form) -> VehicleFacts:
    given, wrong = form.given, form.wrong
    weight = fields.whole(given["weight"], 1_000_000)
    if given["weight"] and weight is None:
        wrong["weight"] = _("Give the gross weight in whole kilograms.")
    if given["euro"] and euro_rank(given["euro"]) is None:
        wrong["euro"] = _("Give the Euro class as on the certificate, such as 5, 6d or VI.")
    registered = fields.day(given["registered"])
    if given["registered"] and registered is None:
        wrong["registered"] = _("This is no day of the calendar.")
    scheme, _equals, value = given["sticker"].partition("=")
    if given["sticker"] and not (scheme.strip() and value.strip()):
        wrong["sticker"] = _("Write scheme and value, such as critair=2.")
    return VehicleFacts(
        category=given["category"] or None,
        fuels=frozenset({given["fuel"]} if given["fuel"] else ()),
        euro_class=given["euro"] or None,
        gross_weight_kg=weight,
        length_m=_metres(form),
        first_registration_on=registered,
        stickers={scheme.strip(): value.strip()} if value.strip() else {},
        special_purpose=frozenset({given["purpose"]} if given["purpose"] else ()),
    )


def _metres(form: Form) -> float | None:
    typed = form.given["length"].replace(",", ".")
    if not typed:
        return None
    try:
        metres = float(typed)
    except ValueError:
        metres = -1.0
    if not 0 < metres < 100:
        form.wrong["length"] = _("Give the length in metres, such as 6.5.")
        return None
    return metres


def _instant(form: Form, actor: Actor) -> datetime | None:
    on = fields.day(form.given["on"])
    if on is None:
        form.wrong["on"] = _("This is no day of the calendar.")
    try:
        clock = time.fromisoformat(form.given["time"])
    except ValueError:
        form.wrong["time"] = _("Give a time of day, such as 09:30.")
        return None
    if on is None:
        return None
    return datetime.combine(on, clock.replace(tzinfo=None), actor.city.tz).astimezone(UTC)


def form_fields(form: Form, version: RegulationVersion) -> list[Field]:
    """Return the fields of the form, in the order of the page."""
    unknown = ("", _("not known"))
    rows = [("", _("all rules of the zone"))]
    rows += [(str(i), _("row %(n)d alone") % {"n": i + 1}) for i in range(len(version.rows))]
    specs: list[tuple[str, Any, str, Any, Any]] = [
        ("category", _("Category"), "select", (unknown, *CATEGORIES), ""),
        ("fuel", _("Fuel"), "select", (unknown, *FUELS), ""),
        ("euro", _("Euro class"), "text", (), _("As on the certificate: 5, 6d, VI.")),
        ("weight", _("Gross weight in kilograms"), "text", (), ""),
        ("length", _("Length in metres"), "text", (), ""),
        ("registered", _("First registration"), "date", (), ""),
        ("sticker", _("Sticker"), "text", (), _("Scheme and value: critair=2.")),
        ("purpose", _("Special purpose"), "text", (), ""),
        ("permits", _("Permits held"), "text", (), _("Kinds, with commas between them.")),
        ("on", _("Day"), "date", (), ""),
        ("time", _("Time"), "time", (), ""),
        ("row", _("By which rules"), "select", tuple(rows), ""),
    ]
    return [
        Field(name, label, kind, form.given[name], hint, form.wrong.get(name, ""), options)
        for name, label, kind, options, hint in specs
    ]


def evaluator(version: RegulationVersion, actor: Actor, now: datetime) -> Evaluator:
    """Return the evaluator of the city, with a draft in its predecessor's place."""
    found = decisions.evaluator(actor.city)
    if version.recorded_from is not None:
        return found
    draft = books.draft(version, now=now)
    return replace(found, zones=found.zones.with_version(draft))


def over(
    known: Evaluator, version: RegulationVersion, asked: Asked, period: Period
) -> list[tuple[Period, Verdict]]:
    """Return the verdict over a period, by all rules of the zone or by one row alone."""
    permits = tuple(HeldPermit(kind, period) for kind in asked.permits)
    if asked.row is None:
        question = Question(asked.facts, permits)
        return known.over(question, InZone(version.regulation.zone_id), period)
    start = version.recorded_from or period.start
    compiled = books.draft(version, now=start)
    alone = replace(compiled, rows=compiled.rows[asked.row : asked.row + 1])
    return rules.intervals(
        regulations=[alone],
        facts=asked.facts,
        period=period,
        tz=known.zones.tz,
        days=known.zones.days(),
        permits=permits,
    )


@dataclass(frozen=True)
class Answer:
    """The verdict in words, and the rules that spoke: what each did, its sentence, its place."""

    label: str
    tone: str
    when: str
    until: str
    reasons: list[tuple[str, str, str]]


def answer(
    version: RegulationVersion, pieces: list[tuple[Period, Verdict]], asked: Asked, tz: Any
) -> Answer:
    """Return what holds at the instant asked for."""
    period, verdict = next(piece for piece in pieces if piece[0].contains(asked.at))
    label, tone = verdicts.label(verdict)
    reasons = []
    for reason in verdict.reasons:
        place = _("row %(n)d") % {"n": reason.rule.row + 1}
        if reason.rule.version != version.id:
            place = _("row %(n)d of %(code)s") % {
                "n": reason.rule.row + 1,
                "code": reason.rule.code,
            }
        reasons.append((verdicts.effect(reason), verdicts.sentence(reason), place))
    last = pieces[-1][0].end
    until = "" if period.end is None or period.end == last else words.moment(period.end, tz)
    return Answer(label, tone, words.moment(asked.at, tz), until, reasons)


@dataclass(frozen=True)
class Cell:
    """An hour of a day: what holds in it, in the order of time, each with the minute it begins."""

    parts: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Week:
    """Seven days as headings, and an hour a row."""

    title: str
    days: list[str]
    hours: list[tuple[str, list[Cell]]]


def week_of(at: datetime, tz: Any) -> Period:
    """Return the local week, Monday to Sunday, that has an instant."""
    local = at.astimezone(tz).date()
    monday = local - timedelta(days=local.weekday())
    return Period(_local(monday, 0, tz), _local(monday + timedelta(days=7), 0, tz))


def week(pieces: list[tuple[Period, Verdict]], period: Period, tz: Any) -> Week:
    """Return the grid of a week; hours that the clock change skips are empty."""
    monday = period.start.astimezone(tz).date()
    days = [monday + timedelta(days=n) for n in range(7)]
    labelled = [(piece, verdicts.label(verdict)) for piece, verdict in pieces]
    title = words.day(period.start, tz)
    return Week(
        title=_("Week from %(day)s") % {"day": title},
        days=[words.day(_local(day, 12, tz), tz) for day in days],
        hours=[
            (f"{hour:02d}:00", [_cell(labelled, day, hour, tz) for day in days]) for hour in HOURS
        ],
    )


def _cell(labelled: list[tuple[Period, tuple[str, str]]], day: date, hour: int, tz: Any) -> Cell:
    start, end = _local(day, hour, tz), _local(day, hour + 1, tz)
    parts: list[tuple[str, str, str]] = []
    for piece, (label, tone) in labelled:
        common = piece.intersection(Period(start, end)) if start < end else None
        if common is None or common.empty or (parts and parts[-1][1:] == (label, tone)):
            continue
        began = "" if common.start == start else words.clock(common.start, tz)
        parts.append((began, label, tone))
    return Cell(parts)


def _local(day: date, hour: int, tz: Any) -> datetime:
    naive = datetime.combine(day, time()) + timedelta(hours=hour)
    return naive.replace(tzinfo=tz).astimezone(UTC)
