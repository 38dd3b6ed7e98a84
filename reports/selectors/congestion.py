"""Speeds by street and quarter of an hour against free flow."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.actors import Actor
from kernel.refusals import Refusal
from reports import codes
from reports.rules import delay
from reports.selectors.days import next_day, period_of
from roads.selectors.speeds import QuarterSpeed, by_quarter, last_quarter

BY = ("street_quarter", "street", "quarter")


@dataclass(frozen=True)
class SpeedLine:
    """Speeds of a street (all its ways together), of a quarter of an hour, or of both.

    Means weigh every measured speed the same; free flow is weighed by the same measurements.
    `delay_index` is free flow over mean, at least 1: 1.5 takes half as long again. Metres per
    second inside; `kmh` helpers for people.
    """

    street: str | None
    quarter_at: datetime | None
    samples: int
    mean_mps: float
    free_flow_mps: float | None
    delay_index: float | None

    @property
    def mean_kmh(self) -> float:
        return round(self.mean_mps * 3.6, 1)

    @property
    def free_flow_kmh(self) -> float | None:
        return None if self.free_flow_mps is None else round(self.free_flow_mps * 3.6, 1)


@dataclass(frozen=True)
class CongestionReport:
    """Speeds on one local day."""

    on: date
    by: str
    street: str
    lines: tuple[SpeedLine, ...]


def latest_day(actor: Actor) -> date | None:
    """Return the last local day on which something was measured."""
    measured = last_quarter(actor.city.id)
    return measured and measured.astimezone(actor.city.tz).date()


def congestion(*, actor: Actor, on: date, by: str, street: str = "") -> CongestionReport:
    """Return the report of a day, of one street when it is named.

    For the city only, because a street with one carrier on it would show that carrier. Raises
    Refusal `reports.city_only`.
    """
    if not actor.is_city:
        raise Refusal(codes.CITY_ONLY, _("Speeds of all carriers are shown to the city only."))
    period = period_of(on, next_day(on), actor.city.tz)
    assert period.end is not None
    speeds = by_quarter(actor.city.id, period.start, period.end)
    wanted = (speed for speed in speeds if not street or speed.name == street)
    return CongestionReport(on, by, street, tuple(summed(wanted, by, actor)))


def summed(speeds: Iterable[QuarterSpeed], by: str, actor: Actor) -> list[SpeedLine]:
    """Return one line for each street and quarter (as `by` says), by street and time."""
    groups: dict[tuple[str | None, datetime | None], list[QuarterSpeed]] = defaultdict(list)
    for speed in speeds:
        name = speed.name or _("unnamed (%(way)s)") % {"way": speed.way_id}
        key = (None if by == "quarter" else name, None if by == "street" else speed.quarter_at)
        groups[key].append(speed)
    ordered = sorted(groups, key=lambda key: (key[0] or "", key[1].timestamp() if key[1] else 0))
    return [_line(*key, groups[key], actor) for key in ordered]


def _line(
    street: str | None, quarter_at: datetime | None, speeds: list[QuarterSpeed], actor: Actor
) -> SpeedLine:
    samples = sum(speed.samples for speed in speeds)
    mean = sum(speed.mean_mps * speed.samples for speed in speeds) / samples
    known = [(s.free_flow_mps, s.samples) for s in speeds if s.free_flow_mps]
    free = sum(mps * n for mps, n in known) / sum(n for _, n in known) if known else None
    local = quarter_at.astimezone(actor.city.tz) if quarter_at else None
    return SpeedLine(street, local, samples, mean, free, delay(mean, free))
