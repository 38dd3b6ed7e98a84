"""A visit is judged over its whole length. Times are local to Helsinki, worked out by hand."""

from datetime import date, timedelta

import pytest

from kernel.periods import Period
from kernel.schedules import DayCalendar
from kernel.vehicles import VehicleFacts
from tests.unit.zones.rulebook import HELSINKI, local, regulation
from zones import acts
from zones.rules import HeldPermit

GRACE = timedelta(seconds=30)
VAN = VehicleFacts(category="N1", fuels=frozenset({"diesel"}), euro_class="5")
BAN = {"what": {"effect": "prohibit"}}
NOON = "2026-03-10T12:00"


def visit(start, end):
    return Period(local(start), local(end))


def judged(act, *versions, facts=VAN, **more):
    got = acts.judge(act=act, grace=GRACE, versions=versions, facts=facts, tz=HELSINKI, **more)
    return [(b.period.start, b.period.end, b.severity, b.seconds) for b in got]


def ban(start, end, **more):
    return regulation({**BAN, "when": [{"from": start, "to": end}]}, **more)


def test_a_visit_inside_the_closed_hours_is_one_breach_over_its_length():
    got = judged(visit("2026-03-10T09:00", "2026-03-10T09:10"), ban("08:00", "20:00"))
    assert got == [(local("2026-03-10T09:00"), local("2026-03-10T09:10"), "violation", 600.0)]


@pytest.mark.parametrize(("leaves", "breaches"), [("08:00:30", 0), ("08:00:31", 1)])
def test_an_inadmissible_part_must_outlast_the_grace(leaves, breaches):
    act = visit("2026-03-10T07:30", f"2026-03-10T{leaves}")
    assert len(judged(act, ban("08:00", "20:00"))) == breaches


def test_leaving_one_minute_before_closing_is_no_breach():
    assert judged(visit("2026-03-10T07:30", "2026-03-10T07:59"), ban("08:00", "20:00")) == []


def test_only_the_inadmissible_part_counts():
    got = judged(visit("2026-03-10T07:30", "2026-03-10T08:10"), ban("08:00", "20:00"))
    assert got == [(local("2026-03-10T08:00"), local("2026-03-10T08:10"), "violation", 600.0)]


def test_one_incident_across_midnight_is_one_incident():
    act = visit("2026-03-10T23:50", "2026-03-11T00:20")
    assert len(judged(act, ban("22:00", "06:00"))) == 1
    days = [{"days": ["tue"]}, {"days": ["wed"]}]
    per_day = regulation(*({**BAN, "when": [day]} for day in days))
    got = judged(act, per_day)
    assert got == [(act.start, act.end, "violation", 1800.0)]


def test_the_grace_is_not_given_again_at_midnight():
    act = visit("2026-03-10T23:59:40", "2026-03-11T00:00:20")  # 20 s before and 20 s after
    assert len(judged(act, ban("22:00", "06:00"))) == 1


def test_two_windows_with_a_gap_are_two_incidents():
    rule = regulation(
        {**BAN, "when": [{"from": "08:00", "to": "09:00"}, {"from": "10:00", "to": "11:00"}]}
    )
    got = judged(visit("2026-03-10T08:30", "2026-03-10T10:30"), rule)
    assert [(start, end) for start, end, _, _ in got] == [
        (local("2026-03-10T08:30"), local("2026-03-10T09:00")),
        (local("2026-03-10T10:00"), local("2026-03-10T10:30")),
    ]


def test_each_broken_regulation_is_a_breach_of_its_own():
    act = visit("2026-03-10T09:00", "2026-03-10T09:10")
    got = acts.judge(
        act=act,
        grace=GRACE,
        versions=[regulation(BAN), regulation(BAN, regulation_id=2)],
        facts=VAN,
        tz=HELSINKI,
    )
    assert [breach.rule.code for breach in got] == ["R1", "R2"]


def test_a_warning_is_a_breach_of_severity_warning():
    rule = regulation({**BAN, "warning_until": "2026-04-01"})
    got = judged(visit("2026-03-10T09:00", "2026-03-10T09:10"), rule)
    assert [severity for _, _, severity, _ in got] == ["warning"]


def test_what_is_undetermined_is_no_breach():
    rule = regulation({**BAN, "who": {"euro_below": "6"}})
    act = visit("2026-03-10T09:00", "2026-03-10T09:10")
    assert judged(act, rule, facts=VehicleFacts(category="N1")) == []


def test_a_permit_that_ends_during_the_visit_ends_the_right_to_be_there():
    rule = regulation({**BAN, "unless": {"permit": ["resident"]}})
    held = HeldPermit("resident", visit("2026-03-10T00:00", NOON))
    got = judged(visit("2026-03-10T11:50", "2026-03-10T12:05"), rule, permits=[held])
    assert got == [(local(NOON), local("2026-03-10T12:05"), "violation", 300.0)]


def noon_rule(**more):
    legal = Period(local(NOON))
    recorded = Period(local("2026-03-10T11:00"))
    return regulation(BAN, **{"legal": legal, "recorded": recorded, "vacate_by_s": 900} | more)


def test_who_is_inside_when_the_rule_begins_has_until_vacate_by():
    assert judged(visit("2026-03-10T11:50", "2026-03-10T12:15:30"), noon_rule()) == []
    got = judged(visit("2026-03-10T11:50", "2026-03-10T12:20"), noon_rule())
    assert got == [(local("2026-03-10T12:15"), local("2026-03-10T12:20"), "violation", 300.0)]


def test_who_enters_after_the_rule_began_has_only_the_grace():
    got = judged(visit("2026-03-10T12:01", "2026-03-10T12:10"), noon_rule())
    assert got == [(local("2026-03-10T12:01"), local("2026-03-10T12:10"), "violation", 540.0)]


def test_who_enters_at_the_instant_the_rule_begins_has_only_the_grace():
    got = judged(visit(NOON, "2026-03-10T12:10"), noon_rule())
    assert got == [(local(NOON), local("2026-03-10T12:10"), "violation", 600.0)]


def test_a_window_that_opens_later_than_its_version_gives_no_time_to_leave():
    one = regulation(
        {**BAN, "when": [{"from": "13:00", "to": "14:00"}]},
        legal=Period(local(NOON)),
        vacate_by_s=900,
    )
    got = judged(visit("2026-03-10T12:50", "2026-03-10T13:10"), one)
    assert got == [(local("2026-03-10T13:00"), local("2026-03-10T13:10"), "violation", 600.0)]


def test_the_time_to_leave_of_one_regulation_is_not_that_of_another():
    at_noon = regulation({**BAN, "when": [{"from": "12:00", "to": "14:00"}]})
    other = noon_rule(regulation_id=2)
    got = judged(visit("2026-03-10T11:50", "2026-03-10T12:10"), at_noon, other)
    assert got == [(local(NOON), local("2026-03-10T12:10"), "violation", 600.0)]


def test_hours_that_are_made_longer_afterwards_convict_the_old_hours_alone():
    before = ban("08:00", "09:00")
    longer = ban("08:00", "12:00", number=2, recorded=Period(local("2026-03-12T00:00")))
    got = judged(visit("2026-03-10T08:30", "2026-03-10T10:00"), before, longer)
    assert got == [(local("2026-03-10T08:30"), local("2026-03-10T09:00"), "violation", 1800.0)]


def test_a_new_version_of_the_same_ban_gives_no_new_time_to_leave():
    old = regulation(BAN)
    got = judged(visit("2026-03-10T11:50", "2026-03-10T12:10"), old, noon_rule(number=2))
    assert got == [(local("2026-03-10T11:50"), local("2026-03-10T12:10"), "violation", 1200.0)]


def test_a_rule_recorded_late_does_not_reach_back():
    late = noon_rule(recorded=Period(local("2026-03-10T15:00")), vacate_by_s=0)
    assert judged(visit("2026-03-10T13:00", "2026-03-10T14:00"), late) == []
    got = judged(visit("2026-03-10T14:50", "2026-03-10T15:10"), late)
    assert got == [(local("2026-03-10T15:00"), local("2026-03-10T15:10"), "violation", 600.0)]


def test_who_is_inside_when_a_late_rule_is_recorded_has_time_to_leave_from_then():
    late = noon_rule(recorded=Period(local("2026-03-10T15:00")))
    got = judged(visit("2026-03-10T14:50", "2026-03-10T15:20"), late)
    assert got == [(local("2026-03-10T15:15"), local("2026-03-10T15:20"), "violation", 300.0)]


def test_a_later_milder_version_makes_an_earlier_act_better():
    strict = regulation(BAN)
    mild = regulation(
        {**BAN, "who": {"euro_below": "5"}},
        number=2,
        legal=Period(local("2026-03-01T00:00")),
        recorded=Period(local("2026-03-12T00:00")),
    )
    act = visit("2026-03-10T09:00", "2026-03-10T09:10")
    assert len(judged(act, strict)) == 1
    assert judged(act, strict, mild) == []


def test_a_later_stricter_version_makes_an_earlier_act_no_worse():
    mild = regulation({**BAN, "who": {"euro_below": "5"}})
    strict = regulation(
        BAN,
        number=2,
        legal=Period(local("2026-03-01T00:00")),
        recorded=Period(local("2026-03-12T00:00")),
    )
    assert judged(visit("2026-03-10T09:00", "2026-03-10T09:10"), mild, strict) == []
    assert len(judged(visit("2026-03-12T09:00", "2026-03-12T09:10"), mild, strict)) == 1


def test_a_warning_that_is_later_called_a_ban_stays_a_warning():
    warned = regulation({**BAN, "warning_until": "2026-04-01"})
    banned = regulation(BAN, number=2, recorded=Period(local("2026-03-12T00:00")))
    got = judged(visit("2026-03-10T09:00", "2026-03-10T09:10"), warned, banned)
    assert [severity for _, _, severity, _ in got] == ["warning"]


def test_an_annulled_version_convicts_nobody_any_more():
    annulled = regulation(
        BAN, recorded=Period(local("2026-01-01T00:00"), local("2026-03-12T00:00"))
    )
    assert judged(visit("2026-03-10T09:00", "2026-03-10T09:10"), annulled) == []


def test_a_calendar_day_that_is_declared_late_does_not_reach_back():
    rule = regulation({**BAN, "when": [{"calendar": "episode"}]})
    declared_at = local("2026-03-10T09:05")
    episode = DayCalendar(named={"episode": frozenset({date(2026, 3, 10)})})

    def known(at):
        return DayCalendar() if at is not None and at < declared_at else episode

    got = judged(
        visit("2026-03-10T09:00", "2026-03-10T09:10"),
        rule,
        days_known=known,
        days_changed_at=[declared_at],
    )
    assert got == [(declared_at, local("2026-03-10T09:10"), "violation", 300.0)]


def test_an_act_without_an_end_is_refused():
    with pytest.raises(ValueError, match="end"):
        judged(Period(local(NOON)), regulation(BAN))
