"""The form of a draft: its head, and for every row the fields of `portal.rulebook.rows`."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation import texts
from portal import fields
from portal.fields import Field
from portal.rulebook import rows
from portal.rulebook.verdicts import EFFECTS
from zones import language
from zones.language import DAYS
from zones.models import RegulationVersion

HEAD = ("title", "legal_reference", "since", "until", "vacate")
WRITTEN = ("prohibit", "warn", "charge", "require_permit", "require_booking", "allow")
KINDS = "permit-kinds"  # the id of the list of kinds that are known
FORMS = {"days": "checks", "first_day": "date", "last_day": "date", "rest": "textarea"}
MOST = {"reference": 500, "permit": 80}
NOT_READ: dict[str, Any] = {
    "money": gettext_lazy("Give an amount such as 12.50, with two decimals at most."),
    "number": gettext_lazy("Give a whole number."),
}
Options = Sequence[tuple[str, Any]]
FormRow = tuple[int, list[tuple[str, list[Field]]]]
"""The number of a row, and its fields in groups with a title."""


def head(version: RegulationVersion, tz: Any) -> dict[str, str]:
    """Return what stands in the head of the form: days are local."""
    until = version.legal_until
    return {
        "title": version.title,
        "legal_reference": version.legal_reference,
        "since": f"{version.legal_from.astimezone(tz):%Y-%m-%d}",
        "until": "" if until is None else f"{until.astimezone(tz):%Y-%m-%d}",
        "vacate": fields.as_minutes(version.vacate_by_s),
    }


def head_fields(given: Mapping[str, str], wrong: Mapping[str, Any]) -> list[Field]:
    """Return the fields of the head."""
    specs: tuple[tuple[str, str, str, str, int | None], ...] = (
        ("title", _("Title"), "text", "", 200),
        ("legal_reference", _("Legal reference"), "text", "", 500),
        ("since", _("In force from"), "date", "", None),
        ("until", _("In force until"), "date", _("Empty: without an end."), None),
        ("vacate", _("Minutes to leave in for who is inside at the start"), "text", "", 10),
    )
    return [
        Field(name, label, kind, given[name], hint, wrong.get(name, ""), most=most)
        for name, label, kind, hint, most in specs
    ]


def row_given(sent: QueryDict, number: int) -> dict[str, str]:
    """Return the texts of one row of the form, by field; rows count from 1."""
    names = (*rows.PLACES, rows.REST)
    given = {name: fields.text(sent, f"row-{number}-{name}", 20_000) for name in names}
    ticked = (one.replace("\x00", "").strip() for one in sent.getlist(f"row-{number}-days"))
    return given | {"days": ", ".join(ticked)[:20_000]}


def row_fields(
    number: int, given: Mapping[str, str], wrong: Mapping[str, Any], calendars: Options
) -> FormRow:
    """Return the number of a row and its fields in groups: what, who, when, and the rest.

    `calendars` are the city's, by code and name.
    """
    options = _options(given, calendars)
    commas = _("Several with commas between them.")
    euro = _("Such as 5 for cars and vans, VI for lorries and buses.")
    priority = _("Such as 10; empty: 0. A row that admits lifts rows of lower priority.")
    groups: list[tuple[str, list[tuple[str, str, str]]]] = [
        (
            _("What"),
            [
                ("effect", _("Effect"), ""),
                ("permit", _("Kind of permit"), ""),
                ("amount", _("Charge"), _("In the currency, such as 12.50.")),
                ("currency", _("Currency"), _("Three letters, such as EUR.")),
                ("warning_until", _("Warnings only before"), _("A day, such as 2027-01-31.")),
                ("reference", _("Legal reference of the row"), _("Such as § 2 (1) of the order.")),
            ],
        ),
        (
            _("Who"),
            [
                ("category", _("Categories"), _("Such as N1, N2. Empty: all vehicles.")),
                ("fuel", _("Fuels"), commas),
                ("euro_below", _("Euro class below"), euro),
                ("weight_over", _("Gross weight over (kg)"), ""),
                ("weight_up_to", _("Gross weight up to (kg)"), ""),
                ("exempt", _("Exempt: holders of permits"), commas),
            ],
        ),
        (
            _("When"),
            [
                ("days", _("Days"), _("None chosen: every day.")),
                ("from", _("From"), _("Such as 07:00.")),
                ("to", _("To"), _("Such as 19:00; before the start it ends the next day.")),
                ("priority", _("Priority"), priority),
                ("first_day", _("First day of the window"), _("Empty: without a beginning.")),
                ("last_day", _("Last day of the window"), _("Empty: without an end.")),
                ("holidays", _("Public holidays"), ""),
                ("calendar", _("Calendar"), _("Days and times that the city switches on.")),
                ("calendar_mode", _("How the calendar counts"), ""),
            ],
        ),
        (
            _("Everything else"),
            [("rest", _("As JSON of the rule language"), "")],
        ),
    ]

    def field(name: str, label: str, hint: str) -> Field:
        full, among = f"row-{number}-{name}", options.get(name, ())
        kind = FORMS.get(name, "select" if among else "text")
        value: Any = given[name]
        if kind == "checks":
            value = [one.strip() for one in value.split(",")]
        known = KINDS if name in ("permit", "exempt") else ""
        error, most = wrong.get(full, ""), MOST.get(name)
        return Field(full, label, kind, value, hint, error, among, most, known=known)

    return number, [(title, [field(*spec) for spec in specs]) for title, specs in groups]


def _options(given: Mapping[str, str], calendars: Options) -> dict[str, Options]:
    """Return what can be chosen, by field; what the row says already is always among it.

    What holds without a word is not written into a row, and stays where it is written.
    """

    def unsaid(name: str, word: str) -> str:
        return word if given[name] == word else ""

    calendar = given["calendar"]
    other = [] if calendar in ("", *dict(calendars)) else [(calendar, calendar)]
    return {
        "effect": [("", _("Choose")), *((one, str(EFFECTS[one])) for one in WRITTEN)],
        "days": [(code, WEEKDAYS[number]) for number, code in enumerate(DAYS)],
        "holidays": [
            (unsaid("holidays", "any"), _("Like other days")),
            ("only", _("Only on public holidays")),
            ("except", _("Not on public holidays")),
        ],
        "calendar": [("", _("None")), *calendars, *other],
        "calendar_mode": [
            (unsaid("calendar_mode", "only"), _("Only while it is on")),
            ("except", _("Not while it is on")),
        ],
    }


def said(given: Sequence[Mapping[str, str]], wrong: dict[str, Any]) -> list[Any]:
    """Return the rows that the form says; all that is wrong with them stands in `wrong`."""
    found = []
    for number, row in enumerate(given, start=1):
        try:
            found.append(rows.joined(row))
        except rows.Unreadable as error:
            text = _("This is no JSON object. %(reason)s") % {"reason": error}
            wrong[f"row-{number}-{rows.REST}"] = text.strip()
            continue
        for name, sentences in _faults(found[-1], row).items():
            wrong[f"row-{number}-{name}"] = " ".join(sentences)
    return found


def _faults(row: Any, given: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what is wrong with a row, in sentences by field."""
    found = {name: [str(NOT_READ[kind])] for name, kind in rows.unread(given).items()}
    numbers = frozenset(found)
    for fault in language.read([row])[1]:
        pointer = fault.pointer.removeprefix("/0")
        name, text = rows.field_of(pointer, given), texts.said(fault.detail)
        if name == "effect" and not given.get("effect"):
            text = _("Choose an effect.")
        elif name == rows.REST and pointer:
            text = f"{pointer.lstrip('/')}: {text}"
        if name not in numbers and text not in found.setdefault(name, []):
            found[name].append(text)
    return found


def errors(
    head_: Sequence[Field], rows_: Sequence[FormRow], wrong: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return what is wrong, by the labels of its fields, for the summary on top of the page."""
    found = [{"field": field.name, "text": _labelled(field)} for field in head_ if field.error]
    for number, groups in rows_:
        for field in (field for _title, group in groups for field in group if field.error):
            text = _("Row %(number)s, %(text)s") % {"number": number, "text": _labelled(field)}
            found.append({"field": field.name, "text": text})
    named = {one["field"] for one in found}
    return found + [one for one in fields.errors(wrong) if one["field"] not in named]


def _labelled(field: Field) -> str:
    return _("%(label)s: %(text)s") % {"label": field.label, "text": field.error}
