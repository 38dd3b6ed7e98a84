"""Whoever holds a curb hears by webhook what becomes of the booking, and nobody else."""

import json
from datetime import timedelta

import pytest

from accounts.models import WebhookDelivery
from accounts.services import webhooks
from curbs import news
from curbs.services import bookings
from foundation.models import OutboxMessage
from tests import curb_factories as make
from tests import factories, zone_factories
from tests.factories import TUESDAY
from zones.models import Regulation
from zones.services import regulations

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _loopback(settings, domain_clock):
    settings.HUB_WEBHOOK_NETWORKS = ("127.0.0.0/8",)


@pytest.fixture
def curb(hel):
    return make.zone(make.line(hel))


@pytest.fixture
def van(carrier):
    return make.van(carrier)


def subscribe(organisation):
    return webhooks.register(
        actor=factories.actor_of(organisation),
        url="https://127.0.0.1/hook",
        topics=["booking.changed"],
        now=TUESDAY - MINUTE,
    )


def booked(vehicle, curb, by=None):
    actor = by or factories.actor_of(vehicle.organisation)
    wish = make.asked(curb, vehicle, after_min=60, confirm=True)
    return bookings.hold(actor=actor, request=wish, now=TUESDAY)


def told(endpoint):
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("at", "message_id")
    return [json.loads(row.body)["data"] for row in rows]


def test_a_booking_that_the_city_takes_back_is_told_with_the_reason_and_what_is_free(
    hel, hel_city, carrier, other_carrier, curb, van, drain
):
    zone = zone_factories.zone(
        hel, rows=[{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 12_000}}],
        west=24.93, south=60.16, side=0.03,
    )  # fmt: skip
    mine, theirs, city = (subscribe(one) for one in (carrier, other_carrier, hel_city))
    booking = booked(van, curb)
    drain(as_of=TUESDAY)
    official, now = factories.actor_of(hel_city), TUESDAY + MINUTE
    until_noon = [
        {
            "what": {"effect": "prohibit"},
            "who": {"fuel": ["diesel"]},
            "when": [{"from": "06:00", "to": "12:00"}],
            "sentence": "No diesel.",
        }
    ]
    draft = regulations.add_version(
        actor=official, regulation_id=Regulation.objects.get(zone=zone).id, rows=until_noon,
        legal_from=TUESDAY, now=now,
    )  # fmt: skip
    regulations.publish(actor=official, version_id=draft.id, bookings="cancel", now=now)
    drain(as_of=TUESDAY + 2 * MINUTE)
    made, cancelled = told(mine)
    assert (made["change"], made["state"], made["version"]) == ("confirmed", "confirmed", 1)
    assert made["booking_id"] == cancelled["booking_id"] == str(booking.id)
    assert (cancelled["change"], cancelled["state"], cancelled["version"]) == (
        "cancelled", "cancelled", 2,
    )  # fmt: skip
    reason = cancelled["cancelled_for"]
    assert (reason["sentences"], reason["version_id"]) == (["No diesel."], str(draft.id))
    assert reason["alternatives"]["times"]
    assert "cancelled_for" not in made
    assert told(city) == [made, cancelled]
    assert told(theirs) == []


def test_an_agent_hears_of_what_it_may_read(carrier, tpl, curb, van, drain):
    factories.mandate(carrier, tpl, "curbs:read", "curbs:book", vehicle_ids=[van.id])
    agents = subscribe(tpl)
    by_the_agent = booked(van, curb, by=factories.actor_of(tpl))
    booked(make.van(carrier), curb)
    drain(as_of=TUESDAY)
    assert [one["booking_id"] for one in told(agents)] == [str(by_the_agent.id)]


def test_many_messages_are_described_with_one_query(carrier, curb, django_assert_num_queries):
    for _ in range(3):
        booked(make.van(carrier), curb)
    messages = list(OutboxMessage.objects.filter(topic="booking.changed"))
    assert len(messages) == 3
    with django_assert_num_queries(1):
        pieces = news.read(messages)
    assert {piece.owner_id for piece in pieces.values()} == {carrier.id}
