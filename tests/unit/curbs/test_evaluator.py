"""Zones and curbs composed: at a point, in a zone, at a curb, along a path; and stays judged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from shapely import LineString, box

from curbs import acts
from curbs.book import CurbBook, Policy, Recorded, Zone
from curbs.evaluator import AtCurb, AtPoint, Evaluator, InZone, Question
from curbs.rules import Metres, Stay
from kernel.geometry import projection
from kernel.periods import Period
from kernel.vehicles import VehicleFacts
from zones.book import RuleBook, ZoneCard
from zones.compiled import compile_regulation
from zones.geography import Shape

HELSINKI = ZoneInfo("Europe/Helsinki")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
TEN = datetime(2026, 5, 12, 7, 0, tzinfo=UTC)  # ten in the morning in Helsinki, a Tuesday
ALWAYS = Period(LONG_AGO)
AREA, CURB, LINE = UUID(int=1), UUID(int=2), UUID(int=3)
BAN = [
    {
        "id": "ban",
        "who": {"category": ["N3"]},
        "what": {"effect": "prohibit"},
        "sentence": "No heavy trucks.",
    }
]
BAY = [
    {
        "id": "goods",
        "who": {"not": {"category": ["N1", "N2", "N3"]}},
        "what": {"effect": "prohibit"},
        "sentence": "Goods vehicles only.",
    },
    {
        "id": "book",
        "when": [{"from": "07:00", "to": "20:00"}],
        "what": {"effect": "require_booking"},
        "sentence": "Only with a booking.",
    },
]
VAN, CAR, TRUCK = (VehicleFacts(category=c) for c in ("N1", "M1", "N3"))
GEOMETRY = LineString([(24.940, 60.168), (24.941, 60.168)])


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def policy(
    number=1, rows=BAY, stay=None, recorded=ALWAYS, grace_s=30, vacate_by=timedelta()
) -> Policy:
    regulation = compile_regulation(
        regulation_id=CURB,
        version_id=UUID(int=100 + number),
        number=number,
        code="K1",
        zone_id=CURB,
        rows=rows,
        legal=ALWAYS,
        recorded=recorded,
        vacate_by=vacate_by,
    )
    return Policy(regulation.version, number, "Bay", stay or Stay(), grace_s, rows, regulation)


def curb_zone(*policies: Policy) -> Zone:
    metric = projection(3879).to_metric(GEOMETRY)
    return Zone(
        id=CURB,
        code="K1",
        name="Bay",
        line_id=LINE,
        street_name="Esplanadi",
        side="N",
        metres=Metres(Decimal(0), Decimal(30)),
        geometry=GEOMETRY,
        metric=metric,
        when=Recorded(ALWAYS, ALWAYS),
        currency="EUR",
        policies=policies or (policy(),),
        published_at=LONG_AGO,
    )


def rule_book() -> RuleBook:
    ban = compile_regulation(
        regulation_id=UUID(int=10),
        version_id=UUID(int=11),
        number=1,
        code="BAN",
        zone_id=AREA,
        rows=BAN,
        legal=ALWAYS,
        recorded=ALWAYS,
    )
    area = Shape(AREA, 1, box(24.93, 60.16, 24.95, 60.18), ALWAYS, ALWAYS)
    card = ZoneCard(AREA, "centre", "Centre", "other")
    return RuleBook(UUID(int=9), HELSINKI, 1, {AREA: card}, [area], {AREA: [ban]})


def evaluator(zone: Zone | None = None) -> Evaluator:
    return Evaluator(rule_book(), CurbBook(UUID(int=9), 1, 3879, [zone or curb_zone()]))


def sentences(verdict) -> list[str]:
    return [reason.sentence for reason in verdict.reasons]


def test_at_a_curb_its_policy_and_the_zone_around_it_both_speak():
    verdict = evaluator().at(Question(TRUCK), AtCurb(CURB), TEN)
    assert verdict.access == "prohibited"
    assert sentences(verdict) == ["Only with a booking.", "No heavy trucks."]


def test_a_booking_of_this_curb_meets_the_need_and_one_elsewhere_does_not():
    here = ((CURB, Period(TEN, TEN + minutes(30))),)
    elsewhere = ((UUID(int=77), Period(TEN, TEN + minutes(30))),)
    assert evaluator().at(Question(VAN, bookings=here), AtCurb(CURB), TEN).admissible
    assert not evaluator().at(Question(VAN, bookings=elsewhere), AtCurb(CURB), TEN).admissible


def test_a_booking_at_another_curb_in_a_zone_meets_the_need_of_the_zone_alone():
    """At the curb, too: as it does for the visit to the zone."""
    other = replace(curb_zone(), id=UUID(int=4))
    need = [{"what": {"effect": "require_booking"}, "sentence": "Book a curb in the centre."}]
    book = rule_book().with_version(
        compile_regulation(
            regulation_id=UUID(int=20), version_id=UUID(int=21), number=1, code="NEED",
            zone_id=AREA, rows=need, legal=ALWAYS, recorded=ALWAYS,
        )
    )  # fmt: skip
    there = Evaluator(book, CurbBook(UUID(int=9), 1, 3879, [curb_zone(), other]))
    held = ((other.id, Period(TEN, TEN + minutes(30))),)
    verdict = there.at(Question(VAN, bookings=held), AtCurb(CURB), TEN)
    assert {duty.rule.code: duty.met for duty in verdict.obligations} == {"K1": False, "NEED": True}
    assert there.at(Question(VAN, bookings=held), InZone(AREA), TEN).admissible


def test_over_a_period_the_verdict_changes_with_the_booking():
    booked = ((CURB, Period(TEN, TEN + minutes(30))),)
    pieces = evaluator().over(
        Question(VAN, bookings=booked), AtCurb(CURB), Period(TEN, TEN + minutes(60))
    )
    assert [(p.start - TEN, v.admissible) for p, v in pieces] == [
        (minutes(0), True),
        (minutes(30), False),
    ]


def test_a_point_asks_the_zone_and_only_a_stop_asks_the_curb_beside_it():
    beside = (24.9405, 60.16804)  # 4.5 m north of the curb
    assert sentences(evaluator().at(Question(CAR), AtPoint(*beside), TEN)) == []
    stopping = evaluator().at(Question(CAR), AtPoint(*beside, stopping=True), TEN)
    assert sentences(stopping) == ["Goods vehicles only.", "Only with a booking."]
    off = AtPoint(24.9405, 60.16815, stopping=True)  # 16.7 m north of it
    assert sentences(evaluator().at(Question(CAR), off, TEN)) == []


def test_a_path_through_the_zone_is_judged_where_it_is_inside():
    path = [(TEN, 24.92, 60.17), (TEN + minutes(8), 24.96, 60.17)]
    (crossing,) = evaluator().along(Question(TRUCK), path)
    assert (crossing.zone_id, crossing.verdict.access) == (AREA, "prohibited")
    assert crossing.period.start - TEN == minutes(2)  # a quarter of the way
    assert evaluator().along(Question(VAN), path)[0].verdict.admissible


def test_in_a_zone_the_curbs_do_not_speak():
    assert sentences(evaluator().at(Question(CAR), InZone(AREA), TEN)) == []


def judged(zone: Zone, facts, start: float, end: float, bookings=()):
    found = acts.judge_stay(
        zones=rule_book(),
        curb_zone=zone,
        act=Period(TEN + minutes(start), TEN + minutes(end)),
        facts=facts,
        bookings=bookings,
    )
    return [(b.rule.row, b.kinds, b.seconds) for b in found]


def test_a_stay_without_a_booking_breaks_the_row_that_asks_for_one():
    assert judged(curb_zone(), VAN, 0, 20) == [(1, ("booking",), 1200.0)]


def test_a_booked_stay_is_legal_and_half_a_minute_over_is_within_the_grace():
    booked = [Period(TEN, TEN + minutes(30))]
    assert judged(curb_zone(), VAN, 0, 30, booked) == []
    assert judged(curb_zone(), VAN, 0, 30.5, booked) == []
    assert judged(curb_zone(), VAN, 0, 31, booked) == [(1, ("booking",), 60.0)]


def test_a_stay_beyond_the_maximum_is_a_breach_of_its_own():
    short = curb_zone(policy(stay=Stay(max_stay=minutes(20))))
    booked = [Period(TEN, TEN + minutes(60))]
    assert judged(short, VAN, 0, 20.5, booked) == []
    assert judged(short, VAN, 0, 25, booked) == [(acts.MAX_STAY_ROW, ("max_stay",), 300.0)]


def test_a_shorter_maximum_recorded_after_the_stay_began_does_not_convict_it():
    later = Period(TEN + minutes(5))
    zone = curb_zone(
        policy(stay=Stay(max_stay=minutes(60))),
        policy(number=2, stay=Stay(max_stay=minutes(10)), recorded=later),
    )
    booked = [Period(TEN, TEN + minutes(60))]
    assert judged(zone, VAN, 0, 40, booked) == []
    assert judged(zone, VAN, 6, 40, booked) == [(acts.MAX_STAY_ROW, ("max_stay",), 1440.0)]


def test_the_wrong_class_and_the_missing_booking_are_one_incident_of_one_policy():
    assert judged(curb_zone(), CAR, 0, 20) == [(0, ("prohibited", "booking"), 1200.0)]
