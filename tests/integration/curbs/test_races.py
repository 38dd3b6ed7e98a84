"""Fifty vehicles at once for the same metres: exactly as many win as fit, and nobody crashes."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, connections

from curbs.models import Booking
from curbs.services import bookings
from kernel.refusals import Refusal
from tests import curb_factories as make
from tests import factories
from tests.factories import TUESDAY

THREADS = 50
pytestmark = pytest.mark.django_db(transaction=True)


def run_at_once(calls):
    """Run all calls at the same moment in threads; return the results and refusals."""
    barrier = Barrier(len(calls))

    def one(call):
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return call()
        except Refusal as refused:
            return str(refused.code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def overlapping_pairs():
    """Return how many pairs of holding bookings share a metre and an instant (must be none)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM curbs_booking a JOIN curbs_booking b ON a.id < b.id"
            " AND a.curb_line = b.curb_line AND a.metres && b.metres AND a.during && b.during"
            " WHERE a.state IN ('held','confirmed','checked_in')"
            " AND b.state IN ('held','confirmed','checked_in')"
        )
        return cursor.fetchone()[0]


def race(actor, requests, now=TUESDAY):
    """Return how often each outcome came about."""
    calls = [
        lambda r=request: bookings.hold(actor=actor, request=r, now=now).state
        for request in requests
    ]
    return Counter(run_at_once(calls))


def test_fifty_vans_race_for_thirty_metres_and_three_win(hel, carrier):
    curb = make.zone(make.line(hel))
    actor = factories.actor_of(carrier)
    vans = [make.van(carrier) for _ in range(THREADS)]
    outcome = race(actor, [make.asked(curb, van) for van in vans])
    assert outcome == {"held": 3, "curb.metres_taken": 47}
    assert overlapping_pairs() == 0


def test_fifty_vans_fill_four_hundred_metres_without_a_refusal(hel, carrier):
    curb = make.zone(make.line(hel, metres=400), 0, 400)
    actor = factories.actor_of(carrier)
    vans = [make.van(carrier) for _ in range(THREADS)]
    assert race(actor, [make.asked(curb, van) for van in vans]) == {"held": 50}
    assert overlapping_pairs() == 0


def test_expired_holds_are_released_in_the_race_itself(hel, carrier):
    curb = make.zone(make.line(hel))
    actor = factories.actor_of(carrier)
    for _ in range(3):
        bookings.hold(actor=actor, request=make.asked(curb, make.van(carrier)), now=TUESDAY)
    vans = [make.van(carrier) for _ in range(20)]
    later = TUESDAY + timedelta(minutes=6)
    outcome = race(actor, [make.asked(curb, van) for van in vans], now=later)
    assert outcome == {"held": 3, "curb.metres_taken": 17}
    assert Booking.objects.filter(state="expired").count() == 3


def test_one_vehicle_sent_twenty_times_holds_its_metres_once(hel, carrier):
    curb = make.zone(make.line(hel, metres=400), 0, 400)
    actor = factories.actor_of(carrier)
    van = make.van(carrier)
    outcome = race(actor, [make.asked(curb, van) for _ in range(20)])
    assert outcome == {"held": 1, "curb.vehicle_already_booked": 19}


def test_holding_extending_and_cancelling_at_once_never_crashes_or_doubles(hel, carrier):
    curb = make.zone(make.line(hel))
    actor = factories.actor_of(carrier)
    booked = [
        bookings.hold(
            actor=actor, request=make.asked(curb, make.van(carrier), confirm=True), now=TUESDAY
        )
        for _ in range(3)
    ]
    until = TUESDAY + timedelta(minutes=120)
    vans = [make.van(carrier) for _ in range(12)]
    calls = [
        lambda: bookings.cancel(actor=actor, booking_id=booked[0].id, now=TUESDAY).state,
        *(
            lambda b=b: (
                bookings.extend(actor=actor, booking_id=b.id, until=until, now=TUESDAY).state
            )
            for b in booked[1:]
        ),
        *(
            lambda v=v, m=m: (
                bookings.hold(
                    actor=actor, request=make.asked(curb, v, after_min=m), now=TUESDAY
                ).state
            )
            for v, m in zip(vans, [60, 80, 90, 100] * 3, strict=True)
        ),
    ]
    outcome = Counter(run_at_once(calls))
    assert set(outcome) <= {"held", "cancelled", "confirmed", "curb.metres_taken"}
    assert outcome["cancelled"] == 1
    assert overlapping_pairs() == 0


@pytest.mark.parametrize("with_key", [True, False])
def test_a_race_over_http_has_winners_and_refusals_and_no_server_error(
    domain_clock, hel, carrier, with_key
):
    """With a key the whole request is one transaction: a lost try must let go of its locks too."""
    curb = make.zone(make.line(hel))
    vans = [make.van(carrier) for _ in range(20)]
    clients = [factories.api_client(carrier) for _ in vans]

    def book(client, van):
        period = make.asked(curb, van).period
        wish = {
            "curb_zone_id": str(curb.id),
            "vehicle_id": str(van.id),
            "from": period.start.isoformat(),
            "until": period.end.isoformat(),
        }
        headers = {"HTTP_IDEMPOTENCY_KEY": f"race-{van.id}"} if with_key else {}
        answer = client.post("/api/v1/bookings", wish, format="json", **headers)
        if answer.status_code == 409:
            assert answer.json()["errors"][0]["alternatives"]["times"]
        return answer.status_code

    calls = [lambda c=c, v=v: book(c, v) for c, v in zip(clients, vans, strict=True)]
    assert Counter(run_at_once(calls)) == {201: 3, 409: 17}
    assert overlapping_pairs() == 0
