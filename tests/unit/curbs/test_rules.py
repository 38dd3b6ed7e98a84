"""Which metres a vehicle gets, at what price, and every reason against."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from curbs import codes, rules
from curbs.terms import BookingTerms
from kernel.money import Money
from kernel.periods import Period
from kernel.refusals import Refusal
from kernel.verdicts import Access, Obligation, ReasonGiven, RuleRef, Verdict

NOW = datetime(2026, 9, 15, 8, 0, tzinfo=UTC)
TERMS = BookingTerms()
RULE = RuleRef(UUID(int=1), UUID(int=2), 0, "BAY-1")


def metres(start: str, end: str) -> rules.Metres:
    return rules.Metres(Decimal(start), Decimal(end))


def zone(**changes) -> rules.ZoneTerms:
    given = {
        "id": UUID(int=7),
        "code": "K12",
        "metres": metres("10", "40"),
        "valid": Period(datetime(2026, 1, 1, tzinfo=UTC)),
        "stay": rules.Stay(per_quarter=Money(50, "EUR")),
        "currency": "EUR",
    }
    return rules.ZoneTerms(**(given | changes))


def request(minutes: int = 30, length_m: float | None = 6.5, **changes) -> rules.Request:
    start = changes.pop("start", NOW + timedelta(hours=1))
    period = Period(start, start + timedelta(minutes=minutes))
    return rules.Request(period=period, length_m=length_m, **changes)


def codes_of(**given) -> list[str]:
    with pytest.raises(Refusal) as refused:
        rules.grant(
            given.get("zone", zone()),
            given.get("request", request()),
            given.get("taken", []),
            now=NOW,
            terms=TERMS,
        )
    return [reason.code for reason in refused.value.reasons]


def test_a_vehicle_takes_its_length_and_the_gap_to_manoeuvre():
    assert rules.needed(6.5, Decimal("1.50")) == Decimal("8.00")


def test_the_first_vehicle_stands_at_the_start_of_the_zone():
    granted = rules.grant(zone(), request(), [], now=NOW, terms=TERMS)
    assert granted.metres == metres("10", "18")


def test_the_next_vehicle_stands_behind_the_first():
    granted = rules.grant(zone(), request(), [metres("10", "18")], now=NOW, terms=TERMS)
    assert granted.metres == metres("18", "26")


def test_a_hole_is_used_only_when_the_vehicle_fits_into_it():
    taken = [metres("10", "18"), metres("25.99", "34")]
    assert rules.first_fit(metres("10", "50"), taken, Decimal("8")) == metres("34", "42")
    assert rules.first_fit(metres("10", "50"), taken, Decimal("7.99")) == metres("18", "25.99")


def test_thirty_metres_take_three_vans_of_eight_and_no_fourth():
    taken: list[rules.Metres] = []
    for _ in range(3):
        taken.append(rules.grant(zone(), request(), taken, now=NOW, terms=TERMS).metres)
    assert codes_of(taken=taken) == [codes.METRES_TAKEN]


def test_metres_of_a_neighbouring_zone_on_the_line_do_not_count():
    taken = [metres("0", "12")]
    assert rules.first_fit(metres("10", "40"), taken, Decimal("8")) == metres("12", "20")


def test_every_started_quarter_of_an_hour_is_paid():
    start = NOW
    quarters = {1: 50, 15: 50, 16: 100, 30: 100, 31: 150}
    for minutes, cents in quarters.items():
        period = Period(start, start + timedelta(minutes=minutes))
        assert rules.price(period, Money(50, "EUR"), "EUR") == Money(cents, "EUR")


def test_a_zone_without_a_slot_price_is_free():
    assert rules.price(request().period, None, "SEK") == Money(0, "SEK")


def test_a_vehicle_longer_than_the_zone_is_told_the_lengths():
    with pytest.raises(Refusal) as refused:
        rules.grant(zone(), request(length_m=28.51), [], now=NOW, terms=TERMS)
    (reason,) = refused.value.reasons
    assert reason.code == codes.LENGTH_DOES_NOT_FIT
    assert reason.facts == {"needed_m": 30.01, "zone_m": 30.0}


def test_all_reasons_against_are_given_at_once():
    strict = zone(
        stay=rules.Stay(max_stay=timedelta(minutes=20), bookable=False),
        valid=Period(datetime(2026, 1, 1, tzinfo=UTC), NOW - timedelta(minutes=45)),
    )
    found = codes_of(zone=strict, request=request(length_m=None, start=NOW - timedelta(hours=1)))
    assert found == [
        codes.STARTS_IN_THE_PAST,
        codes.CLOSED,
        codes.NOT_BOOKABLE,
        codes.LENGTH_UNKNOWN,
        codes.LONGER_THAN_MAX_STAY,
    ]


def test_a_prohibition_is_given_with_its_rule_and_sentence():
    verdict = Verdict(Access.PROHIBITED, (), (ReasonGiven(RULE, "prohibit", "Vans only."),))
    asked = request()
    asked = rules.Request(asked.period, 6.5, ((asked.period, verdict),))
    with pytest.raises(Refusal) as refused:
        rules.grant(zone(), asked, [], now=NOW, terms=TERMS)
    (reason,) = refused.value.reasons
    assert (reason.code, reason.detail) == (codes.NOT_ADMISSIBLE, "Vans only.")
    assert reason.facts["rule_code"] == "BAY-1"


def test_an_unmet_permit_stands_in_the_way_and_a_charge_does_not():
    permit = Obligation("permit", permit="resident", rule=RULE)
    charge = Obligation("charge", amount=Money(500, "EUR"), rule=RULE)
    need = ReasonGiven(RULE, "require_permit", "Permit needed.", remedies=("permit:resident",))
    asked = request()
    free = rules.Request(asked.period, 6.5, ((asked.period, Verdict(obligations=(charge,))),))
    assert rules.grant(zone(), free, [], now=NOW, terms=TERMS)
    bound = Verdict(Access.ALLOWED, (permit,), (need,))
    blocked = rules.Request(asked.period, 6.5, ((asked.period, bound),))
    assert codes_of(request=blocked) == [codes.NOT_ADMISSIBLE]


def test_no_booking_is_longer_than_twelve_hours_where_the_zone_sets_no_maximum():
    assert rules.grant(zone(), request(minutes=720), [], now=NOW, terms=TERMS)
    assert codes_of(request=request(minutes=721)) == [codes.LONGER_THAN_MAX_STAY]


def test_a_vehicle_returns_only_after_the_time_of_no_return():
    hour = zone(stay=rules.Stay(no_return=timedelta(minutes=60)))
    asked = request()
    start, end = asked.period.start, asked.period.end

    def codes_with(own: Period) -> list[str]:
        return codes_of(zone=hour, request=rules.Request(asked.period, 6.5, (), (own,)))

    assert codes_with(Period(start - timedelta(minutes=90), start - timedelta(minutes=59))) == [
        codes.RETURN_TOO_SOON
    ]
    assert codes_with(Period(end + timedelta(minutes=59), end + timedelta(minutes=90))) == [
        codes.RETURN_TOO_SOON
    ]
    early = Period(start - timedelta(minutes=90), start - timedelta(minutes=60))
    late = Period(end + timedelta(minutes=60), end + timedelta(minutes=90))
    asked_again = rules.Request(asked.period, 6.5, (), (early, late))
    assert rules.grant(hour, asked_again, [], now=NOW, terms=TERMS)


def test_a_vehicle_does_not_hold_metres_twice_in_one_zone():
    asked = request()
    assert codes_of(request=rules.Request(asked.period, 6.5, (), (asked.period,))) == [
        codes.ALREADY_BOOKED
    ]


def test_bookings_open_fourteen_days_ahead_unless_the_city_says_otherwise():
    assert codes_of(request=request(start=NOW + timedelta(days=14, seconds=1))) == [
        codes.TOO_FAR_AHEAD
    ]
    assert BookingTerms.of({"curbs": {"book_ahead_days": 2}}).book_ahead == timedelta(days=2)
