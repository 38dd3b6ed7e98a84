"""What entering costs: the charges of verdicts, added up over visits and days. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from kernel.money import Money
from kernel.periods import Period
from kernel.verdicts import Obligation, RuleRef, Verdict

Visit = Sequence[tuple[Period, Verdict]]
"""One stretch inside a zone: adjoining pieces, each with the verdict over it."""


def at_once(verdict: Verdict) -> list[Money]:
    """Return what is due for being there now, by currency."""
    return _added(duty.amount for duty in _due(verdict) if duty.amount is not None)


def over(visits: Iterable[Visit], tz: ZoneInfo) -> list[Money]:
    """Return what is due for visits, by currency.

    A charge per visit is due once for each visit in which it applies, one per day once for each
    local day on which it does; no rule takes more on a day than its cap. A visit counts for the
    day on which its charge first applies.
    """
    by_day: dict[tuple[RuleRef, date], Money] = {}
    caps: dict[RuleRef, Money] = {}
    for visit in visits:
        for rule, days in _days(visit, tz).items():
            duty, first = days[min(days)], min(days)
            assert duty.amount is not None
            for day in sorted(days) if duty.per == "day" else [first]:
                known = by_day.get((rule, day))
                if known is None or duty.per != "day":
                    by_day[rule, day] = _plus(known, duty.amount)
            if duty.cap is not None:
                caps[rule] = duty.cap
    return _added(
        min(amount, caps[rule]) if rule in caps else amount for (rule, _), amount in by_day.items()
    )


def _days(visit: Visit, tz: ZoneInfo) -> dict[RuleRef, dict[date, Obligation]]:
    """Return the local days on which each rule charges within a visit."""
    found: dict[RuleRef, dict[date, Obligation]] = defaultdict(dict)
    for period, verdict in visit:
        for duty in _due(verdict):
            assert duty.rule is not None
            for day in _touched(period, tz):
                found[duty.rule].setdefault(day, duty)
    return found


def _touched(period: Period, tz: ZoneInfo) -> Iterable[date]:
    """Yield the local days that a period touches; an empty one touches that of its start."""
    first = period.start.astimezone(tz).date()
    end = period.end or period.start
    last = max(first, (end - timedelta(microseconds=1)).astimezone(tz).date())
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _due(verdict: Verdict) -> Iterable[Obligation]:
    return (
        duty
        for duty in verdict.obligations
        if duty.kind == "charge" and not duty.met and duty.amount is not None
    )


def _plus(known: Money | None, amount: Money) -> Money:
    return amount if known is None else known + amount


def _added(amounts: Iterable[Money]) -> list[Money]:
    sums: dict[str, Money] = {}
    for amount in amounts:
        sums[amount.currency] = _plus(sums.get(amount.currency), amount)
    return [sums[currency] for currency in sorted(sums)]
