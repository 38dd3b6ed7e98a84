"""What entering costs: visits, days and caps, reckoned by hand."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from curbs import charges
from kernel.money import Money
from kernel.periods import Period
from kernel.verdicts import Access, Obligation, RuleRef, Verdict

HELSINKI = ZoneInfo("Europe/Helsinki")
NOON = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)  # in Helsinki
RULE, OTHER = (RuleRef(UUID(int=n), UUID(int=n), 0, f"R{n}") for n in (1, 2))


def charged(amount, per, rule=RULE, *, cap=None, currency="EUR", met=False):
    money = Money(amount, currency)
    limit = None if cap is None else Money(cap, currency)
    return Verdict(Access.ALLOWED, (Obligation("charge", met, money, limit, "", rule, per),))


def visit(verdict, start=NOON, hours=1.0):
    return [(Period(start, start + timedelta(hours=hours)), verdict)]


def due(*visits):
    return charges.over(visits, HELSINKI)


def test_a_charge_per_visit_is_due_for_each_visit():
    later = NOON + timedelta(hours=3)
    toll = charged(1440, "visit")
    assert due(visit(toll), visit(toll, later)) == [Money(2880, "EUR")]


def test_a_charge_per_day_is_due_once_however_many_visits_there_are():
    later = NOON + timedelta(hours=3)
    ticket = charged(750, "day")
    assert due(visit(ticket), visit(ticket, later)) == [Money(750, "EUR")]


def test_a_visit_across_local_midnight_is_due_for_both_days():
    before_midnight = datetime(2026, 5, 12, 20, 30, tzinfo=UTC)  # 23:30 in Helsinki
    assert due(visit(charged(750, "day"), before_midnight)) == [Money(1500, "EUR")]
    assert due(visit(charged(750, "day"), before_midnight, 0.5)) == [Money(750, "EUR")]
    assert due(visit(charged(1440, "visit"), before_midnight)) == [Money(1440, "EUR")]


def test_no_day_costs_more_than_the_cap_of_its_rule():
    toll = charged(1440, "visit", cap=2000)
    visits = [visit(toll, NOON + timedelta(hours=2 * n)) for n in range(3)]
    assert due(*visits) == [Money(2000, "EUR")]
    tomorrow = visit(toll, NOON + timedelta(days=1))
    assert due(*visits, tomorrow) == [Money(3440, "EUR")]


def test_rules_add_up_and_currencies_do_not():
    both = [*visit(charged(750, "day")), *visit(charged(300, "visit", OTHER))]
    assert due(both) == [Money(1050, "EUR")]
    pound = visit(charged(1250, "day", OTHER, currency="GBP"))
    assert due(visit(charged(750, "day")), pound) == [Money(750, "EUR"), Money(1250, "GBP")]


def test_what_is_paid_by_a_pass_and_free_hours_cost_nothing():
    assert due(visit(charged(750, "day", met=True))) == []
    free = (Period(NOON, NOON + timedelta(hours=1)), Verdict(Access.ALLOWED))
    paid = (Period(NOON + timedelta(hours=1), NOON + timedelta(hours=2)), charged(750, "day"))
    assert due([free]) == []
    assert due([free, paid]) == [Money(750, "EUR")]


def test_at_an_instant_all_that_is_unpaid_is_due():
    assert charges.at_once(charged(750, "day")) == [Money(750, "EUR")]
    assert charges.at_once(charged(750, "day", met=True)) == []
