"""The form of a draft: its head, and for every row the fields of `portal.rulebook.rows`."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from portal import fields
from portal.fields import Field
from portal.rulebook import rows
from portal.rulebook.verdicts import EFFECTS
from zones.models import RegulationVersion

HEAD = ("title", "legal_reference", "since", "until", "vacate")
WRITTEN = ("prohibit", "warn", "charge", "require_permit", "require_booking", "allow")


def head(version: RegulationVersion, tz: Any) -> dict[str, str]:
    """Return what stands in the head of the form: days are local, minutes whole."""
    until = version.legal_until
    return {
        "title": version.title,
        "legal_reference": version.legal_reference,
        "since": f"{version.legal_from.astimezone(tz):%Y-%m-%d}",
        "until": "" if until is None else f"{until.astimezone(tz):%Y-%m-%d}",
        "vacate": str(version.vacate_by_s // 60),
    }


def head_fields(given: Mapping[str, str], wrong: Mapping[str, Any]) -> list[Field]:
    """Return the fields of the head."""
    specs: tuple[tuple[str, str, str, str, int | None], ...] = (
        ("title", _("Title"), "text", "", 200),
        ("legal_reference", _("Legal reference"), "text", "", 500),
        ("since", _("In force from"), "date", "", None),
        ("until", _("In force until"), "date", _("Empty: without an end."), None),
        ("vacate", _("Minutes to leave in for who is inside at the start"), "text", "", 5),
    )
    return [
        Field(name, label, kind, given[name], hint, wrong.get(name, ""), most=most)
        for name, label, kind, hint, most in specs
    ]


def row_given(sent: Mapping[str, Any], number: int) -> dict[str, str]:
    """Return the texts of one row of the form, by field; rows count from 1."""
    names = (*rows.PLACES, rows.REST)
    return {name: fields.text(sent, f"row-{number}-{name}", 20_000) for name in names}


def row_fields(
    number: int, given: Mapping[str, str], wrong: Mapping[str, Any]
) -> tuple[int, list[tuple[str, list[Field]]]]:
    """Return the number of a row and its fields in groups: what, who, when, and the rest."""
    effects = [("", _("Choose")), *((one, str(EFFECTS[one])) for one in WRITTEN)]
    commas = _("Several with commas between them.")
    groups: list[tuple[str, list[tuple[str, str, str]]]] = [
        (
            _("What"),
            [
                ("effect", _("Effect"), ""),
                ("permit", _("Kind of permit"), ""),
                ("amount", _("Charge"), _("In the currency, such as 12.50.")),
                ("currency", _("Currency"), _("Three letters, such as EUR.")),
                ("warning_until", _("Warnings only before"), _("A day, such as 2027-01-31.")),
            ],
        ),
        (
            _("Who"),
            [
                ("category", _("Categories"), _("Such as N1, N2. Empty: all vehicles.")),
                ("fuel", _("Fuels"), commas),
                ("euro_below", _("Euro class below"), ""),
                ("weight_over", _("Gross weight over (kg)"), ""),
                ("weight_up_to", _("Gross weight up to (kg)"), ""),
                ("exempt", _("Exempt: holders of permits"), commas),
            ],
        ),
        (
            _("When"),
            [
                ("days", _("Days"), _("mon, tue, wed, thu, fri, sat, sun. Empty: every day.")),
                ("from", _("From"), _("Such as 07:00.")),
                ("to", _("To"), _("Such as 19:00; before the start it ends the next day.")),
                ("priority", _("Priority"), ""),
            ],
        ),
        (
            _("Everything else"),
            [("rest", _("As JSON of the rule language"), "")],
        ),
    ]

    def field(name: str, label: str, hint: str) -> Field:
        full = f"row-{number}-{name}"
        kind = {"effect": "select", "rest": "textarea"}.get(name, "text")
        options = effects if name == "effect" else ()
        return Field(full, label, kind, given[name], hint, wrong.get(full, ""), options)

    return number, [(title, [field(*spec) for spec in specs]) for title, specs in groups]


def said(given: Sequence[Mapping[str, str]], wrong: dict[str, Any]) -> list[Any]:
    """Return the rows that the form says; JSON that is none stands in `wrong`."""
    found = []
    for number, row in enumerate(given, start=1):
        try:
            found.append(rows.joined(row))
        except rows.Unreadable as error:
            text = _("This is no JSON object. %(reason)s") % {"reason": error}
            wrong[f"row-{number}-{rows.REST}"] = text.strip()
    return found


def place(pointer: str, given: Sequence[Mapping[str, str]]) -> str:
    """Return the field of the form that a pointer such as `/rows/0/what/effect` means."""
    _empty, _rows, index, *steps = pointer.split("/")
    row = given[int(index)]
    name = rows.field_of("/" + "/".join(steps) if steps else "", row)
    return f"row-{int(index) + 1}-{name}"
