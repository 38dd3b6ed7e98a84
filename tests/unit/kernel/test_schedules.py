"""Helsinki in 2026: 29 March 03:00 → 04:00 and 25 October 04:00 → 03:00, both at 01:00 UTC."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.periods import Period
from kernel.schedules import (
    ALWAYS,
    DayCalendar,
    Schedule,
    Span,
    active_at,
    intervals,
    local_midnight,
)

HELSINKI = ZoneInfo("Europe/Helsinki")
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def local(year, month, day, hour=0, minute=0, fold=0):
    return datetime(year, month, day, hour, minute, tzinfo=HELSINKI, fold=fold)


def utc(year, month, day, hour=0, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def every(start, end, **more):
    return Schedule((Span(start * 60, end * 60, **more),))


def test_a_window_starts_at_its_start_and_is_over_at_its_end():
    window = every(8, 20)
    assert not active_at(window, local(2026, 3, 10, 7, 59), HELSINKI)
    assert active_at(window, local(2026, 3, 10, 8), HELSINKI)
    assert active_at(window, local(2026, 3, 10, 19, 59), HELSINKI)
    assert not active_at(window, local(2026, 3, 10, 20), HELSINKI)


def test_a_night_window_belongs_to_the_weekday_on_which_it_starts():
    friday_night = every(22, 6, days=frozenset({FRI}))
    assert active_at(friday_night, local(2026, 3, 13, 22), HELSINKI)
    assert active_at(friday_night, local(2026, 3, 14, 5, 59), HELSINKI)
    assert not active_at(friday_night, local(2026, 3, 14, 6), HELSINKI)
    assert not active_at(friday_night, local(2026, 3, 14, 22), HELSINKI)
    assert not active_at(friday_night, local(2026, 3, 13, 5), HELSINKI)


def test_twenty_four_hundred_is_the_midnight_at_the_end_of_the_day():
    evening = every(18, 24, days=frozenset({TUE}))
    assert active_at(evening, local(2026, 3, 10, 23, 59), HELSINKI)
    assert not active_at(evening, local(2026, 3, 11), HELSINKI)


def test_a_window_until_midnight_may_be_written_either_way():
    period = Period(local(2026, 3, 9), local(2026, 3, 16))
    assert intervals(every(22, 0), period, HELSINKI) == intervals(every(22, 24), period, HELSINKI)


def test_equal_start_and_end_are_never_active_and_the_whole_day_always_is():
    period = Period(local(2026, 3, 10), local(2026, 3, 12))
    assert intervals(every(8, 8), period, HELSINKI) == []
    assert not active_at(every(8, 8), local(2026, 3, 10, 8), HELSINKI)
    assert intervals(every(0, 24), period, HELSINKI) == [period]
    assert intervals(ALWAYS, period, HELSINKI) == [period]


def test_weeks_of_a_night_window_come_out_in_utc():
    got = intervals(every(22, 6), Period(local(2026, 3, 10, 12), local(2026, 3, 12, 12)), HELSINKI)
    assert got == [
        Period(utc(2026, 3, 10, 20), utc(2026, 3, 11, 4)),
        Period(utc(2026, 3, 11, 20), utc(2026, 3, 12, 4)),
    ]


def test_the_night_of_the_spring_change_is_an_hour_shorter():
    got = intervals(every(22, 6), Period(local(2026, 3, 28, 12), local(2026, 3, 29, 12)), HELSINKI)
    assert got == [Period(utc(2026, 3, 28, 20), utc(2026, 3, 29, 3))]
    assert got[0].duration == timedelta(hours=7)


def test_the_night_of_the_autumn_change_is_an_hour_longer():
    got = intervals(
        every(22, 6), Period(local(2026, 10, 24, 12), local(2026, 10, 25, 12)), HELSINKI
    )
    assert got == [Period(utc(2026, 10, 24, 19), utc(2026, 10, 25, 4))]
    assert got[0].duration == timedelta(hours=9)


def test_a_window_inside_the_skipped_hour_does_not_happen():
    window = Schedule((Span(3 * 60 + 10, 3 * 60 + 50),))
    assert intervals(window, Period(local(2026, 3, 29), local(2026, 3, 30)), HELSINKI) == []


def test_a_window_that_starts_in_the_skipped_hour_starts_when_the_clocks_have_moved():
    window = Schedule((Span(3 * 60 + 30, 5 * 60),))
    got = intervals(window, Period(local(2026, 3, 29), local(2026, 3, 30)), HELSINKI)
    assert got == [Period(utc(2026, 3, 29, 1), utc(2026, 3, 29, 2))]


def test_a_window_inside_the_repeated_hour_happens_twice():
    window = Schedule((Span(3 * 60 + 15, 3 * 60 + 45),))
    got = intervals(window, Period(local(2026, 10, 25), local(2026, 10, 26)), HELSINKI)
    assert got == [
        Period(utc(2026, 10, 25, 0, 15), utc(2026, 10, 25, 0, 45)),
        Period(utc(2026, 10, 25, 1, 15), utc(2026, 10, 25, 1, 45)),
    ]


def test_holidays_can_be_left_out_or_be_the_only_days():
    days = DayCalendar(holidays=frozenset({date(2026, 5, 1)}))
    workdays = every(8, 20, holidays="except")
    assert not active_at(workdays, local(2026, 5, 1, 12), HELSINKI, days)
    assert active_at(workdays, local(2026, 4, 30, 12), HELSINKI, days)
    assert active_at(every(8, 20, holidays="only"), local(2026, 5, 1, 12), HELSINKI, days)
    assert not active_at(every(8, 20, holidays="only"), local(2026, 4, 30, 12), HELSINKI, days)


def test_a_night_window_asks_whether_its_first_day_is_a_holiday():
    days = DayCalendar(holidays=frozenset({date(2026, 5, 1)}))
    night = every(22, 6, holidays="except")
    assert active_at(night, local(2026, 5, 1, 3), HELSINKI, days)
    assert not active_at(night, local(2026, 5, 2, 3), HELSINKI, days)


def test_a_named_calendar_switches_a_window_on_or_off():
    days = DayCalendar(named={"episode": frozenset({date(2026, 1, 14)})})
    assert active_at(every(7, 20, calendar="episode"), local(2026, 1, 14, 9), HELSINKI, days)
    assert not active_at(every(7, 20, calendar="episode"), local(2026, 1, 15, 9), HELSINKI, days)
    off = every(7, 20, calendar="episode", calendar_mode="except")
    assert not active_at(off, local(2026, 1, 14, 9), HELSINKI, days)
    assert active_at(off, local(2026, 1, 15, 9), HELSINKI, days)


SNOW = Period(local(2026, 1, 14, 9, 30), local(2026, 1, 15, 2, 15))
SNOWING = DayCalendar(switched={"snow": (SNOW,)})


@pytest.mark.parametrize(("mode", "on"), [("only", True), ("except", False)])
def test_a_calendar_that_is_switched_on_holds_from_its_instant_to_its_instant(mode, on):
    day = every(0, 24, calendar="snow", calendar_mode=mode)
    step = timedelta(microseconds=1)
    for at, expected in (
        (SNOW.start - step, not on),
        (SNOW.start, on),
        (SNOW.end - step, on),
        (SNOW.end, not on),
    ):
        assert active_at(day, at, HELSINKI, SNOWING) is expected


def test_intervals_begin_and_end_where_a_calendar_is_switched():
    night = every(22, 6, calendar="snow")  # that of the 14th, and the rest of it on the 15th
    period = Period(local(2026, 1, 13), local(2026, 1, 17))
    assert intervals(night, period, HELSINKI, SNOWING) == [
        Period(utc(2026, 1, 14, 20), utc(2026, 1, 15, 0, 15))
    ]
    but = every(8, 20, calendar="snow", calendar_mode="except", from_on=date(2026, 1, 14))
    assert intervals(but, period, HELSINKI, SNOWING) == [
        Period(utc(2026, 1, 14, 6), utc(2026, 1, 14, 7, 30)),
        Period(utc(2026, 1, 15, 6), utc(2026, 1, 15, 18)),
        Period(utc(2026, 1, 16, 6), utc(2026, 1, 16, 18)),
    ]


def test_a_calendar_of_a_day_holds_whether_or_not_it_is_switched_on_besides():
    both = DayCalendar(named={"snow": frozenset({date(2026, 1, 14)})}, switched={"snow": (SNOW,)})
    day = every(8, 20, calendar="snow")
    period = Period(local(2026, 1, 14), local(2026, 1, 17))
    assert intervals(day, period, HELSINKI, both) == [
        Period(utc(2026, 1, 14, 6), utc(2026, 1, 14, 18))
    ]


def test_dates_bound_the_days_on_which_a_window_may_start():
    winter = every(22, 6, from_on=date(2026, 11, 1), until_on=date(2026, 11, 3))
    assert not active_at(winter, local(2026, 11, 1, 5), HELSINKI)
    assert active_at(winter, local(2026, 11, 1, 22), HELSINKI)
    assert active_at(winter, local(2026, 11, 3, 5), HELSINKI)
    assert not active_at(winter, local(2026, 11, 3, 22), HELSINKI)


def test_local_midnight_is_an_instant():
    assert local_midnight(date(2026, 7, 1), HELSINKI) == utc(2026, 6, 30, 21)
    assert local_midnight(date(2026, 1, 1), HELSINKI) == utc(2025, 12, 31, 22)
    # Santiago's clocks skip midnight: on 6 September 2026 the day begins at 01:00 (04:00 UTC).
    assert local_midnight(date(2026, 9, 6), ZoneInfo("America/Santiago")) == utc(2026, 9, 6, 4)


def test_minutes_outside_the_day_and_open_periods_are_refused():
    with pytest.raises(ValueError, match="1440"):
        Span(0, 1441)
    with pytest.raises(ValueError, match="ends"):
        intervals(ALWAYS, Period(utc(2026, 1, 1)), HELSINKI)


spans = st.builds(
    Span,
    start=st.integers(0, 1440),
    end=st.integers(0, 1440),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    holidays=st.sampled_from(["any", "only", "except"]),
)


@pytest.mark.law
@settings(max_examples=150, deadline=None)
@given(
    st.lists(spans, min_size=1, max_size=3),
    st.sampled_from(["2026-03-27", "2026-10-23", "2026-12-30", "2028-02-27"]),
    st.sampled_from(["Europe/Helsinki", "America/New_York", "Australia/Lord_Howe"]),
)
def test_intervals_agree_with_the_clock_on_the_wall_minute_by_minute(spans, first, zone):
    tz = ZoneInfo(zone)
    days = DayCalendar(holidays=frozenset({date(2026, 3, 29), date(2027, 1, 1)}))
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    period = Period(start, start + timedelta(days=4))
    got = intervals(Schedule(tuple(spans)), period, tz, days)
    for minute in range(0, 4 * 1440, 7):
        now = start + timedelta(minutes=minute)
        shown = now.astimezone(tz)
        assert any(p.contains(now) for p in got) == any(
            _shows(span, shown, days) for span in spans
        ), now


def _shows(span, shown, days):
    """Read the clock as a passer-by would: today's window, or what is left of yesterday's."""
    minute = shown.hour * 60 + shown.minute
    today, yesterday = shown.date(), shown.date() - timedelta(days=1)

    def starts(day):
        festive = day in days.holidays
        wanted = {"any": True, "only": festive, "except": not festive}[span.holidays]
        return wanted and day.weekday() in span.days

    if span.start == span.end:
        return False
    if span.start < span.end:
        return starts(today) and minute >= span.start and minute < span.end
    return (starts(today) and minute >= span.start) or (starts(yesterday) and minute < span.end)
