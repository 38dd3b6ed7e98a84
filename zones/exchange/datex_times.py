"""Validity of DATEX II 3: overall periods, recurring times of day and days, public holidays."""

from xml.etree.ElementTree import Element

from kernel.periods import Period
from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange import markup, times
from zones.exchange.conditions import Node, Some, Unknown, Valid
from zones.exchange.drafts import Context, Note
from zones.language import Day

_READ = frozenset(
    {
        "recurringTimePeriodOfDay", "recurringDayWeekMonthPeriod", "recurringSpecialDay",
        "startOfPeriod", "endOfPeriod", "periodName",
    }
)  # fmt: skip


def read(validity: Element, context: Context, notes: list[Note]) -> Node:
    """Return a `validity…` element (with its specification) as a node."""
    if markup.text(validity, "validityStatus") == "suspended":
        notes.append(Note("not_understood", "suspended", _("Its source says it is suspended.")))
    specification = markup.child(validity, "validityTimeSpecification")
    if specification is None:
        notes.append(Note("not_understood", "validity_missing", _("There is no time of validity.")))
        return Unknown()
    overall = times.period(
        markup.text(specification, "overallStartTime"),
        markup.text(specification, "overallEndTime"),
        context,
        notes,
    )
    if overall is None:
        return Unknown()
    holidays = _without_holidays(specification, notes)
    parts = [
        _valid(element, overall, holidays, context, notes)
        for element in markup.children(specification, "validPeriod")
    ]
    if not parts:
        return Valid(overall, times.windows((), (), holidays))
    return parts[0] if len(parts) == 1 else Some(tuple(parts))


def _without_holidays(specification: Element, notes: list[Note]) -> str:
    """Return how holidays count, given the periods that are excepted."""
    mode = "any"
    for exception in markup.children(specification, "exceptionPeriod"):
        if _all_holidays(exception) and not set(map(markup.local, exception)) - {
            "recurringSpecialDay"
        }:
            mode = "except"
        else:
            notes.append(
                Note("not_understood", "exception_period", _("An exception in time is not read."))
            )
    return mode


def _all_holidays(element: Element) -> bool:
    days = markup.children(element, "recurringSpecialDay")
    return bool(days) and all(markup.text(day, "specialDayType") == "publicHoliday" for day in days)


def _valid(
    element: Element, overall: Period, holidays: str, context: Context, notes: list[Note]
) -> Node:
    unread = {markup.local(child) for child in element} - _READ
    spans = _spans(element, notes)
    weekdays = _weekdays(element, notes)
    if markup.child(element, "recurringSpecialDay") is not None:
        if not _all_holidays(element) or holidays == "except":
            unread.add("recurringSpecialDay")
        holidays = "only"
    if unread or spans is None or weekdays is None:
        for name in sorted(unread):
            notes.append(
                Note(
                    "not_understood",
                    "time_unknown",
                    Filled(_("%(name)s has no word here."), name=name),
                )
            )
        return Unknown()
    start, end = markup.text(element, "startOfPeriod"), markup.text(element, "endOfPeriod")
    bounded: Period | None = overall
    if start or end:
        given = times.period(start or overall.start.isoformat(), end, context, notes)
        bounded = None if given is None else overall.intersection(given)
    if bounded is None:
        return Unknown()
    return Valid(bounded, times.windows(spans, weekdays, holidays))


def _spans(element: Element, notes: list[Note]) -> list[tuple[str, str]] | None:
    found = []
    for span in markup.children(element, "recurringTimePeriodOfDay"):
        start = times.clock(markup.text(span, "startTimeOfPeriod"), notes)
        end = times.clock(markup.text(span, "endTimeOfPeriod"), notes, is_end=True)
        if start is None or end is None:
            return None
        found.append((start, end))
    return found


def _weekdays(element: Element, notes: list[Note]) -> list[tuple[Day, ...]] | None:
    found = []
    for group in markup.children(element, "recurringDayWeekMonthPeriod"):
        names = [day.text or "" for day in markup.children(group, "applicableDay")]
        other = {markup.local(child) for child in group} - {"applicableDay"}
        days = times.days(names, notes)
        if other or not days:
            notes.append(
                Note("not_understood", "time_unknown", _("Months and weeks are not read."))
            )
            return None
        found.append(days)
    return found
