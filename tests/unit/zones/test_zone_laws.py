"""The law: the verdict over a horizon is the verdict at every instant of it.

The oracle reads the raw rows, minute by minute, and shares no code with the evaluator.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.periods import Period
from kernel.schedules import DayCalendar
from kernel.vehicles import VehicleFacts
from kernel.verdicts import Access
from tests.unit.zones.rulebook import regulation
from zones import rules

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
HOLIDAYS = frozenset({date(2026, 3, 29), date(2026, 12, 25), date(2027, 1, 1)})

clocks = st.sampled_from(
    ["00:00", "01:30", "02:30", "03:00", "06:00", "12:00", "22:00", "23:59", "24:00"]
)
windows = st.fixed_dictionaries(
    {"from": clocks, "to": clocks},
    optional={
        "days": st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True),
        "holidays": st.sampled_from(["only", "except"]),
        "from_on": st.sampled_from(["2026-03-29", "2026-10-25", "2027-01-01"]),
    },
)
who = st.fixed_dictionaries(
    {},
    optional={
        "gross_weight_over_kg": st.sampled_from([3499, 3500, 7500]),
        "body": st.sampled_from([["van"], ["rigid"]]),
    },
)
rows = st.fixed_dictionaries(
    {"what": st.sampled_from([{"effect": "prohibit"}, {"effect": "allow"}, {"effect": "warn"}])},
    optional={
        "who": who,
        "when": st.lists(windows, min_size=1, max_size=2),
        "unless": st.builds(lambda w: {"who": w}, who),
        "priority": st.integers(0, 2),
        "warning_until": st.sampled_from(["2026-03-29", "2026-10-25", "2027-01-01"]),
    },
)
vehicles = st.builds(
    VehicleFacts,
    gross_weight_kg=st.sampled_from([None, 3500, 3501, 7501]),
    body=st.sampled_from([None, "van", "rigid"]),
)
starts = st.sampled_from(["2026-03-28", "2026-10-24", "2026-12-31", "2026-06-01"])
zones_ = st.sampled_from(["Europe/Helsinki", "America/New_York"])


@pytest.mark.law
@settings(max_examples=120, deadline=None)
@given(st.lists(rows, min_size=1, max_size=4), vehicles, starts, zones_)
def test_the_horizon_and_every_instant_of_it_agree_with_the_oracle(rows, facts, first, zone):
    tz = ZoneInfo(zone)
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    period = Period(start, start + timedelta(days=2))
    compiled = [regulation(*rows)]
    days = DayCalendar(holidays=HOLIDAYS)
    missing = {name for name in ("gross_weight_kg", "body") if getattr(facts, name) is None}
    complete = not missing
    pieces = rules.intervals(regulations=compiled, facts=facts, period=period, tz=tz, days=days)
    assert [p.start for p, _ in pieces[1:]] == [p.end for p, _ in pieces[:-1]]
    for minute in range(0, 2880, 5):
        at = start + timedelta(minutes=minute)
        over = next(verdict for piece, verdict in pieces if piece.contains(at))
        once = rules.decide(regulations=compiled, facts=facts, at=at, tz=tz, days=days)
        assert over == once, at
        expected = _oracle(rows, facts, at.astimezone(tz))
        if complete or once.access is not Access.UNDETERMINED:
            assert once.access.value == expected, at
        else:  # rows are asked one by one: facts that would cancel out between them are asked for
            assert set(once.missing_facts) <= missing
            assert _some_row_is_open(rows, facts, at.astimezone(tz)), at


def _oracle(rows, facts, shown):
    """Try every way in which the missing facts may turn out: what all agree on is the answer."""
    weights = [facts.gross_weight_kg] if facts.gross_weight_kg else [1, 3500, 5000, 9000]
    bodies = [facts.body] if facts.body else ["van", "rigid", "other"]
    outcomes = {_sure(rows, w, b, shown) for w in weights for b in bodies}
    if outcomes == {"prohibited"}:
        return "prohibited"
    if "prohibited" in outcomes:
        return "undetermined"
    certain = [r for r in rows if _open(r, shown)]
    return "allowed" if _anybody_speaks(certain, facts, weights, bodies) else "unregulated"


def _some_row_is_open(rows, facts, shown):
    """Whether asking is right: a row that would prohibit, and it or what may silence it is open."""
    weights = [facts.gross_weight_kg] if facts.gross_weight_kg else [1, 3500, 5000, 9000]
    bodies = [facts.body] if facts.body else ["van", "rigid", "other"]
    certain = [(row, _speaks(row, weights, bodies)) for row in rows if _open(row, shown)]
    allowing = [(row, sure) for row, sure in certain if row["what"]["effect"] == "allow"]
    for row, sure in certain:
        if row["what"]["effect"] != "prohibit" or sure is False:
            continue
        if "warning_until" in row and shown.date().isoformat() < row["warning_until"]:
            continue
        above = [s for a, s in allowing if a.get("priority", 0) > row.get("priority", 0)]
        if True not in above and (sure is None or None in above):
            return True
    return False


def _speaks(row, weights, bodies):
    """Return True, False, or None for open; `who` and `unless` are asked one after the other."""
    asked = {_means(row.get("who", {}), w, b) for w in weights for b in bodies}
    exempt = {_exempt(row, w, b) for w in weights for b in bodies}
    if asked == {False} or exempt == {True}:
        return False
    return True if asked == {True} and exempt == {False} else None


def _anybody_speaks(rows, facts, weights, bodies):
    """A row that may speak is named, save an allowance that nobody needs and cannot be sure of."""
    for row in rows:
        answers = {_means(row.get("who", {}), w, b) for w in weights for b in bodies}
        if answers == {False}:
            continue
        if row["what"]["effect"] == "allow":
            exempt = {_exempt(row, w, b) for w in weights for b in bodies}
            if (answers == {True} or exempt == {True}) and exempt in ({True}, {False}):
                return True
            continue
        if not _silenced(row, rows, weights, bodies):
            return True
    return False


def _silenced(row, rows, weights, bodies):
    if {_exempt(row, w, b) for w in weights for b in bodies} == {True}:
        return False
    return any(
        other["what"]["effect"] == "allow"
        and other.get("priority", 0) > row.get("priority", 0)
        and all(
            _means(other.get("who", {}), w, b) and not _exempt(other, w, b)
            for w in weights
            for b in bodies
        )
        for other in rows
    )


def _sure(rows, weight, body, shown):
    speaking = [
        row
        for row in rows
        if _open(row, shown)
        and _means(row.get("who", {}), weight, body)
        and not _exempt(row, weight, body)
    ]
    admitted = [r.get("priority", 0) for r in speaking if r["what"]["effect"] == "allow"]
    for row in speaking:
        if row["what"]["effect"] != "prohibit":
            continue
        if "warning_until" in row and shown.date().isoformat() < row["warning_until"]:
            continue
        if not any(priority > row.get("priority", 0) for priority in admitted):
            return "prohibited"
    return "other"


def _exempt(row, weight, body):
    return "unless" in row and _means(row["unless"]["who"], weight, body)


def _means(who, weight, body):
    if "gross_weight_over_kg" in who and not weight > who["gross_weight_over_kg"]:
        return False
    return "body" not in who or body in who["body"]


def _open(row, shown):
    return "when" not in row or any(_in_window(w, shown) for w in row["when"])


def _in_window(window, shown):
    hhmm = f"{shown.hour:02}:{shown.minute:02}"
    begin, end = window["from"], window["to"]
    if begin == end:
        return False
    today, yesterday = shown.date(), shown.date() - timedelta(days=1)
    if begin < end:
        return begin <= hhmm < end and _day_counts(window, today)
    return (hhmm >= begin and _day_counts(window, today)) or (
        hhmm < end and _day_counts(window, yesterday)
    )


def _day_counts(window, day):
    if DAYS[day.weekday()] not in window.get("days", DAYS):
        return False
    if day.isoformat() < window.get("from_on", "0000"):
        return False
    festive = day in HOLIDAYS
    return {"only": festive, "except": not festive, None: True}[window.get("holidays")]
