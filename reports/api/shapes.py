"""What the reports answer."""

from datetime import date, datetime
from typing import Any

import msgspec

from reports.selectors.compliance import ComplianceReport, Line
from reports.selectors.congestion import CongestionReport, SpeedLine


class ComplianceLine(msgspec.Struct):
    """Findings of one zone, carrier, rule, hour, day or kind."""

    key: str
    label: str
    violations: int
    warnings: int
    provisional: int
    confirmed: int
    seconds_over: int
    findings_url: str


class ComplianceOut(msgspec.Struct, rename={"from_": "from"}):
    """Findings that began on the local days from `from` until before `to`."""

    from_: date
    to: date
    by: str
    totals: dict[str, int]
    items: list[ComplianceLine]


class CongestionLine(msgspec.Struct):
    """Speeds on a street in a quarter of an hour."""

    street: str | None
    quarter_at: datetime | None
    samples: int
    mean_kmh: float
    free_flow_kmh: float | None
    delay_index: float | None


class CongestionOut(msgspec.Struct):
    """Speeds on one local day."""

    on: date
    by: str
    items: list[CongestionLine]


def compliance(report: ComplianceReport) -> dict[str, Any]:
    """Return the report as JSON."""
    return {
        "from": report.start_on.isoformat(),
        "to": report.end_on.isoformat(),
        "by": report.by,
        "totals": report.totals,
        "items": [compliance_line(line) for line in report.lines],
    }


def compliance_line(line: Line) -> dict[str, Any]:
    """Return one row, for JSON and CSV alike."""
    return {
        "key": line.key,
        "label": line.label,
        "violations": line.violations,
        "warnings": line.warnings,
        "provisional": line.provisional,
        "confirmed": line.confirmed,
        "seconds_over": line.seconds_over,
        "findings_url": line.findings_url,
    }


def congestion(report: CongestionReport) -> dict[str, Any]:
    """Return the report as JSON."""
    return {
        "on": report.on.isoformat(),
        "by": report.by,
        "items": [congestion_line(line) for line in report.lines],
    }


def congestion_line(line: SpeedLine) -> dict[str, Any]:
    """Return one row, for JSON and CSV alike."""
    index = line.delay_index
    return {
        "street": line.street,
        "quarter_at": line.quarter_at.isoformat() if line.quarter_at else None,
        "samples": line.samples,
        "mean_kmh": line.mean_kmh,
        "free_flow_kmh": line.free_flow_kmh,
        "delay_index": None if index is None else round(index, 2),
    }
