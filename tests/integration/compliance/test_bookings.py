"""A visit or a stay is judged by the bookings that were held when it happened, as decisions are.

A zone in Helsinki asks for a booking, and a curb lies in it; TUESDAY is ten in the morning there,
the booking lasts from 11:00 to 11:30, and the grace is 30 s.
"""

from datetime import timedelta
from uuid import uuid4

import pytest

from compliance import judging
from compliance.models import Finding
from compliance.rules import Act, ActKind
from compliance.selectors import acts
from compliance.services import findings
from curbs import decisions
from curbs.services import bookings, sessions
from foundation import outbox
from kernel.periods import Period
from tests import curb_factories as make
from tests import factories, zone_factories
from tests.factories import TUESDAY
from zones.services import calendars

pytestmark = pytest.mark.django_db
ASKS_FOR_A_BOOKING = [{"what": {"effect": "require_booking"}}]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BOOKED_FROM, BOOKED_UNTIL = TUESDAY + 60 * MINUTE, TUESDAY + 90 * MINUTE


@pytest.fixture
def zone(hel):
    return zone_factories.zone(
        hel, rows=ASKS_FOR_A_BOOKING, west=24.93, south=60.16, side=0.03, grace_s=30
    )


@pytest.fixture
def inside(hel):
    return make.zone(make.line(hel), rows=[])


@pytest.fixture
def outside(hel):
    line = make.line(hel, coordinates=[(24.90, 60.168), (24.901, 60.168)], surveyed_m=55)
    return make.zone(line, rows=[])


@pytest.fixture
def van(carrier):
    return make.van(carrier)


def book(van, curb, now=TUESDAY, **changes):
    wish = make.asked(curb, van, confirm=True, **changes)
    return bookings.hold(actor=factories.actor_of(van.organisation), request=wish, now=now)


def visit(van, zone, start=BOOKED_FROM, end=BOOKED_UNTIL):
    return Act(
        kind=ActKind.VISIT,
        id=uuid4(),
        city_id=van.city_id,
        organisation_id=van.organisation_id,
        vehicle_id=van.id,
        place_id=zone.id,
        period=Period(start, end),
        running=False,
    )


def breaches(hel, act):
    found = judging.judge(hel, [act])
    return [(f.values["kind"], f.values["from_at"], f.values["until_at"]) for f in found]


def inadmissible(hel, van, place, period):
    """Return the parts of a period in which the decisions API says no."""
    held = decisions.bookings_of([van.id], period).get(van.id, ())
    pieces = decisions.over(
        city=hel, facts=van.facts(), place=place, period=period, bookings=held
    )  # fmt: skip
    return [("booking", part.start, part.end) for part, said in pieces if not said.admissible]


def test_a_visit_with_a_booking_at_a_curb_in_the_zone_is_no_finding(hel, zone, inside, van):
    book(van, inside)
    act = visit(van, zone)
    assert inadmissible(hel, van, decisions.InZone(zone.id), act.period) == []
    assert breaches(hel, act) == []


def test_where_the_booking_does_not_reach_the_visit_is_in_breach_as_the_decision_says(
    hel, zone, inside, outside, van
):
    book(van, inside)
    book(van, outside, after_min=90)
    act = visit(van, zone, BOOKED_FROM - 10 * MINUTE, BOOKED_UNTIL + 5 * MINUTE)
    expected = [
        ("booking", BOOKED_FROM - 10 * MINUTE, BOOKED_FROM),
        ("booking", BOOKED_UNTIL, BOOKED_UNTIL + 5 * MINUTE),
    ]
    assert breaches(hel, act) == expected
    assert inadmissible(hel, van, decisions.InZone(zone.id), act.period) == expected
    (first, _) = judging.judge(hel, [act])
    assert first.values["evidence"]["bookings"] == [
        [BOOKED_FROM.isoformat(), BOOKED_UNTIL.isoformat()]
    ]


def test_a_booking_given_up_during_the_visit_counts_until_then(hel, zone, inside, van):
    booking = book(van, inside)
    given_up = BOOKED_FROM + 10 * MINUTE
    actor = factories.actor_of(van.organisation)
    bookings.cancel(actor=actor, booking_id=booking.id, now=given_up)
    assert breaches(hel, visit(van, zone)) == [("booking", given_up, BOOKED_UNTIL)]


def test_a_booking_made_during_the_visit_counts_from_then(hel, zone, inside, van):
    made = BOOKED_FROM + 4 * MINUTE  # up to five minutes later the city still takes it
    book(van, inside, now=made)
    assert breaches(hel, visit(van, zone)) == [("booking", BOOKED_FROM, made)]


def test_a_booking_for_another_time_leaves_a_visit_in_breach(hel, zone, inside, van):
    book(van, inside, after_min=120)
    assert breaches(hel, visit(van, zone)) == [("booking", BOOKED_FROM, BOOKED_UNTIL)]


def test_news_of_a_booking_judge_the_visits_around_it_anew_and_adjust_what_was_confirmed(
    monkeypatch, hel, zone, inside, van, drain
):
    act = visit(van, zone)
    known = {act.id: act}
    monkeypatch.setattr(acts, "visits", lambda ids: [known[id_] for id_ in ids if id_ in known])
    monkeypatch.setattr(
        acts, "visits_of", lambda _, *span: [act] if act.period.overlaps(Period(*span)) else []
    )
    payload = {"ids": [act.id], "change": "appeared"}
    outbox.add(
        city_id=hel.id, topic="visit.changed", key=van.id, payload=payload, at=BOOKED_UNTIL
    )  # fmt: skip
    drain(as_of=BOOKED_UNTIL)
    findings.confirm(BOOKED_UNTIL + DAY)
    finding = Finding.objects.get()
    assert (finding.state, finding.from_at) == ("confirmed", BOOKED_FROM)
    # A booking that was held on the day becomes known: a phone's message that came late, say.
    booking = book(van, inside)
    drain(as_of=BOOKED_UNTIL + DAY + MINUTE)
    finding.refresh_from_db()
    assert finding.state == "withdrawn"
    assert finding.journal.last().because == {"topics": ["booking.changed"]}
    given_up = BOOKED_FROM + 20 * MINUTE
    actor = factories.actor_of(van.organisation)
    bookings.cancel(actor=actor, booking_id=booking.id, now=given_up)
    drain(as_of=BOOKED_UNTIL + DAY + 2 * MINUTE)
    again = Finding.objects.standing().get()
    assert (again.id, again.from_at, again.until_at) == (finding.id, given_up, BOOKED_UNTIL)


def test_judging_visits_costs_one_query_for_the_bookings_of_all(
    hel, zone, inside, carrier, django_assert_num_queries
):
    vans = [make.van(carrier) for _ in range(3)]
    for number, van in enumerate(vans):
        book(van, inside, after_min=60 + 30 * number)
    acts_of_all = [visit(van, zone) for van in vans]
    judging.judge(hel, acts_of_all[:1])
    with django_assert_num_queries(4):  # counters, vehicles, permits, bookings
        found = judging.judge(hel, acts_of_all)
    assert {one.values["vehicle_id"] for one in found} == {vans[1].id, vans[2].id}


@pytest.mark.parametrize(("code", "state"), [("market", "withdrawn"), ("other", "provisional")])
def test_a_changed_calendar_judges_the_stays_at_curbs_whose_policy_asks_for_it(
    hel, hel_city, carrier, van, drain, code, state
):
    rows = [{"what": {"effect": "prohibit"}, "when": [{"calendar": "market"}]}]
    bay = make.zone(make.line(hel), rows=rows)
    official = factories.actor_of(hel_city)
    for known in ("market", "other"):
        calendars.set_days(
            actor=official, code=known, days=[TUESDAY.date()], now=TUESDAY - DAY
        )  # fmt: skip
    stay = sessions.Stay(
        id=uuid4(),
        curb_zone_id=bay.id,
        curb_line_id=bay.curb_line_id,
        started_at=BOOKED_FROM,
        ended_at=BOOKED_UNTIL,
    )
    sessions.replace(
        city_id=hel.id,
        organisation_id=carrier.id,
        vehicle_id=van.id,
        stays=[stay],
        since=None,
        at=BOOKED_UNTIL,
    )
    drain(as_of=BOOKED_UNTIL)
    assert Finding.objects.get().kind == "prohibited"
    calendars.set_days(actor=official, code=code, days=[], now=BOOKED_UNTIL + MINUTE)
    drain(as_of=BOOKED_UNTIL + MINUTE)
    assert Finding.objects.get().state == state
