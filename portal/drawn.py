"""Reports as a chart and a table: the same numbers twice, and links to them as data."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from compliance.models import Finding
from portal import words
from reports.selectors.compliance import ComplianceReport, Line
from reports.selectors.congestion import CongestionReport, SpeedLine

MOST_STREETS = 20
FEW = 10  # a street measured less often comes after the others


@dataclass(frozen=True)
class Cell:
    text: str
    url: str = ""
    numeric: bool = False


@dataclass(frozen=True)
class Heading:
    label: str
    numeric: bool = False


@dataclass(frozen=True)
class Field:
    """A control of the filter: a select when it has choices, else an input."""

    name: str
    label: str
    value: str
    type: str = "text"
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Report:
    """All that the page of a report shows."""

    title: str
    about: str
    fields: tuple[Field, ...]
    chart_title: str
    chart: dict[str, Any]
    table_title: str
    note: str
    columns: tuple[Heading, ...]
    rows: list[list[Cell]] = field(default_factory=list)
    address: str = ""

    @property
    def json(self) -> str:
        return self.address

    @property
    def csv(self) -> str:
        return f"{self.address}&format=csv"


def compliance(found: ComplianceReport, first: date, last: date, address: str) -> Report:
    """Return the compliance report for a page; every row leads to its findings."""
    by = {
        "zone": _("Zone or curb"),
        "carrier": _("Carrier"),
        "rule": _("Rule"),
        "hour": _("Hour of the day"),
        "day": _("Day"),
        "kind": _("Kind"),
    }
    totals = found.totals
    labels = [_label(found.by, line) for line in found.lines]
    return Report(
        title=_("Compliance"),
        about=_("Findings that began on these days; withdrawn ones do not count."),
        fields=(
            Field("from", _("From"), first.isoformat(), "date"),
            Field("to", _("To"), last.isoformat(), "date"),
            Field("by", _("Grouped by"), found.by, choices=tuple(by.items())),
        ),
        chart_title=_("Findings by %(group)s") % {"group": by[found.by].lower()},
        chart={
            "kind": "bars",
            "description": _("%(violations)d violations and %(warnings)d warnings; see the table.")
            % totals,
            "unit": "",
            "categories": labels,
            "series": [
                _series(_("Violations"), "bad", [line.violations for line in found.lines]),
                _series(_("Warnings"), "warn", [line.warnings for line in found.lines]),
            ],
        },
        table_title=_("Findings"),
        note=_("%(violations)d violations, %(warnings)d warnings in all") % totals,
        columns=(
            Heading(by[found.by]),
            *(
                Heading(label, numeric=True)
                for label in (
                    _("Violations"),
                    _("Warnings"),
                    _("Provisional"),
                    _("Confirmed"),
                    _("Time over"),
                )
            ),
        ),
        rows=[
            _counted(line, label)
            for line, label in zip(found.lines, labels, strict=True)
            if line.violations or line.warnings or found.by != "hour"
        ],
        address=address,
    )


def _series(name: str, tone: str, values: list[int]) -> dict[str, Any]:
    return {"name": name, "tone": tone, "values": values}


def _label(by: str, line: Line) -> str:
    if by == "hour":
        return f"{int(line.key):02d}:00"
    if by == "day":
        return words.weekday(date.fromisoformat(line.key))
    if by == "kind":
        return str(dict(Finding.Kind.choices).get(line.key, line.key))
    return line.label


def _counted(line: Line, label: str) -> list[Cell]:
    drill = "/findings/?" + line.findings_url.partition("?")[2]
    counts = (line.violations, line.warnings, line.provisional, line.confirmed)
    return [
        Cell(label, drill),
        *(Cell(str(count), numeric=True) for count in counts),
        Cell(words.seconds(line.seconds_over), numeric=True),
    ]


def congestion(
    streets: CongestionReport, quarters: CongestionReport, tz: Any, address: str
) -> Report:
    """Return the congestion report: speed in per cent of free flow, slowest streets first."""
    slowest = sorted(
        (line for line in streets.lines if line.free_flow_mps),
        key=lambda line: (line.samples < FEW, _share(line), -line.samples, line.street or ""),
    )
    chosen = [quarters.street] if quarters.street else [one.street for one in slowest]
    shown = chosen[:MOST_STREETS]
    names = tuple((line.street or "", line.street or "") for line in streets.lines)
    return Report(
        title=_("Congestion"),
        about=_("How fast goods vehicles drove, in per cent of free flow."),
        fields=(
            Field("on", _("Day"), streets.on.isoformat(), "date"),
            Field(
                "street",
                _("Street"),
                quarters.street,
                choices=(("", _("The slowest streets")), *names),
            ),
        ),
        chart_title=_("Speed by street and quarter of an hour, in per cent of free flow"),
        chart=_heat(quarters, shown, tz),
        table_title=_("Streets") if not quarters.street else quarters.street,
        note=_("%(count)d streets were measured") % {"count": len(streets.lines)},
        columns=(
            Heading(_("Time") if quarters.street else _("Street")),
            Heading(_("Measurements"), numeric=True),
            Heading(_("Mean km/h"), numeric=True),
            Heading(_("Free flow km/h"), numeric=True),
            Heading(_("Per cent of free flow"), numeric=True),
        ),
        rows=_rows(slowest, quarters, tz),
        address=address,
    )


def _share(line: SpeedLine) -> float:
    return line.mean_mps / line.free_flow_mps if line.free_flow_mps else 1.0


def _rows(slowest: list[SpeedLine], quarters: CongestionReport, tz: Any) -> list[list[Cell]]:
    lines = list(quarters.lines) if quarters.street else slowest
    return [
        [
            Cell(words.clock(line.quarter_at, tz))
            if quarters.street and line.quarter_at
            else Cell(line.street or "", f"?on={quarters.on}&street={line.street}"),
            Cell(str(line.samples), numeric=True),
            Cell(formats.number_format(line.mean_kmh, 1), numeric=True),
            Cell(formats.number_format(line.free_flow_kmh or 0, 1), numeric=True),
            Cell(f"{min(_share(line), 9.99) * 100:.0f}", numeric=True),
        ]
        for line in lines
    ]


def _heat(quarters: CongestionReport, shown: list[str | None], tz: Any) -> dict[str, Any]:
    lines = [one for one in quarters.lines if one.street in shown and one.quarter_at]
    times = sorted({one.quarter_at for one in lines if one.quarter_at})
    column = {at: n for n, at in enumerate(times)}
    row = {street: n for n, street in enumerate(shown)}
    return {
        "kind": "heat",
        "description": _("Speeds of %(count)d streets; the table says the same.")
        % {"count": len(shown)},
        "unit": "%",
        "x": [words.clock(at, tz) for at in times],
        "y": [street or "" for street in shown],
        "cells": [
            [column[one.quarter_at], row[one.street], round(min(_share(one), 1.0) * 100)]
            for one in lines
            if one.quarter_at
        ],
        "low": _("standstill"),
        "high": _("free flow"),
    }
