"""Findings by zone, carrier, rule, hour, day or kind. Every row links to the findings behind it."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, Sum

from accounts.actors import Actor
from accounts.models import Organisation
from accounts.scopes import REPORTS_READ
from curbs.selectors import snapshots
from kernel.periods import Period
from reports.models import FindingCount
from reports.selectors.days import next_day, period_of
from zones.selectors import book

BY: dict[str, tuple[str, ...]] = {
    "zone": ("place_kind", "place_id"),
    "carrier": ("organisation_id",),
    "rule": ("regulation_id", "rule_code"),
    "hour": ("hour",),
    "day": ("on",),
    "kind": ("kind",),
}
HOURS = range(24)


@dataclass(frozen=True)
class Line:
    """One row of the report. `findings_url` leads to what was counted."""

    key: str
    label: str
    violations: int
    warnings: int
    provisional: int
    confirmed: int
    seconds_over: int
    findings_url: str


@dataclass(frozen=True)
class ComplianceReport:
    """Findings that began on the local days `[start_on, end_on)`; withdrawn ones do not count."""

    start_on: date
    end_on: date
    by: str
    lines: tuple[Line, ...]

    @property
    def totals(self) -> dict[str, int]:
        """Return the sums over all lines."""
        names = ("violations", "warnings", "provisional", "confirmed", "seconds_over")
        return {name: sum(getattr(line, name) for line in self.lines) for name in names}


def compliance(*, actor: Actor, start_on: date, end_on: date, by: str) -> ComplianceReport:
    """Return the report over the findings that the actor may see.

    The city sees all; a carrier its own and those of principals whose mandate lets it. Raises
    Refusal for days that are not in order.
    """
    period = period_of(start_on, end_on, actor.city.tz)
    standing = (
        FindingCount.objects.visible_to(actor, REPORTS_READ)
        .filter(on__gte=start_on, on__lt=end_on)
        .exclude(state="withdrawn")
    )
    rows = standing.values(*BY[by]).annotate(
        violations=_sum("findings", severity="violation"),
        warnings=_sum("findings", severity="warning"),
        provisional=_sum("findings", state="provisional"),
        confirmed=_sum("findings", state="confirmed"),
        seconds_over=_sum("seconds"),
    )
    found = [row for row in rows if row["violations"] or row["warnings"]]
    span = _times(period)
    named = _labels(actor, by, found)
    lines = [_line(by, row, named, _span(actor, by, row) or span) for row in found]
    if by == "hour":
        lines = _every_hour(lines, span)
    return ComplianceReport(start_on, end_on, by, tuple(_ordered(by, lines)))


def _sum(column: str, **condition: str) -> Any:
    return Sum(column, filter=Q(**condition), default=0)


def _line(by: str, row: dict[str, Any], named: dict[str, str], span: dict[str, str]) -> Line:
    key = _key(by, row)
    return Line(
        key=key,
        label=named.get(key, key),
        violations=row["violations"],
        warnings=row["warnings"],
        provisional=row["provisional"],
        confirmed=row["confirmed"],
        seconds_over=row["seconds_over"],
        findings_url=_url(span, **_drill(by, row)),
    )


def _key(by: str, row: dict[str, Any]) -> str:
    value = row[{"zone": "place_id", "rule": "regulation_id"}.get(by, BY[by][0])]
    return value.isoformat() if isinstance(value, date) else str(value)


def _drill(by: str, row: dict[str, Any]) -> dict[str, str]:
    """Return the query that the findings behind a row answer to."""
    match by:
        case "zone":
            return {row["place_kind"]: str(row["place_id"])}
        case "carrier":
            return {"organisation": str(row["organisation_id"])}
        case "rule":
            return {"regulation": str(row["regulation_id"])}
        case "hour":
            return {"hour": str(row["hour"])}
        case "kind":
            return {"kind": row["kind"]}
        case _:
            return {}


def _span(actor: Actor, by: str, row: dict[str, Any]) -> dict[str, str] | None:
    """Return the time of a row that has one of its own: a local day."""
    if by != "day":
        return None
    day = period_of(row["on"], next_day(row["on"]), actor.city.tz)
    return _times(day)


def _times(period: Period) -> dict[str, str]:
    assert period.end is not None, "reports have an end"
    return {"from": period.start.isoformat(), "to": period.end.isoformat()}


def _url(span: dict[str, str], **query: str) -> str:
    return "/api/v1/findings?" + urlencode(span | {"standing": "true"} | query)


def _labels(actor: Actor, by: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return what people call the keys of the rows."""
    if by == "zone":
        return _places(actor.city.id)
    if by == "carrier":
        ids = [row["organisation_id"] for row in rows]
        named = Organisation.objects.filter(id__in=ids).values_list("id", "name")
        return {str(id_): name for id_, name in named}
    if by == "rule":
        return {str(row["regulation_id"]): row["rule_code"] for row in rows}
    return {}


def _places(city_id: UUID) -> dict[str, str]:
    zones = {str(card.id): card.name for card in book(city_id).cards.values()}
    curbs = {str(zone.id): zone.name for zone in snapshots.book(city_id).zones}
    return zones | curbs


def _every_hour(lines: list[Line], span: dict[str, str]) -> list[Line]:
    """Return a line for each hour of the day, those without findings too."""
    known = {line.key: line for line in lines}
    return [
        known.get(key) or Line(key, key, 0, 0, 0, 0, 0, _url(span, hour=key))
        for key in map(str, HOURS)
    ]


def _ordered(by: str, lines: list[Line]) -> list[Line]:
    if by == "hour":
        return lines
    if by == "day":
        return sorted(lines, key=lambda line: line.key)
    return sorted(lines, key=lambda line: (-line.violations, -line.warnings, line.label, line.key))
