"""Backfill windows: an official lets a carrier send what is older than the log takes."""

import json
import uuid
from datetime import timedelta

import pytest

from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

WINDOWS = "/api/v1/backfill-windows"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _tuesday(domain_clock):
    """Domain time is TUESDAY."""


@pytest.fixture
def van(carrier):
    from tests import fleet

    return fleet.vehicle(carrier, "van-7")


@pytest.fixture
def official(api, hel_city):
    return api(organisation=hel_city)


def wish(organisation, **changes):
    """Return a window for the 20th to the 16th day before TUESDAY, open for two days."""
    facts = {
        "organisation_id": str(organisation.id),
        "events_from": (TUESDAY - 20 * DAY).isoformat(),
        "events_until": (TUESDAY - 16 * DAY).isoformat(),
        "open_until": (TUESDAY + 2 * DAY).isoformat(),
        "reason": "Their gateway was down",
    }
    return facts | changes


def opened(official, organisation, **changes):
    answer = official.post(WINDOWS, wish(organisation, **changes), format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.fixture
def send(api, van):
    """Return `send(ages)`: send a position of each age and return (status, code) of each."""
    from tests import fleet

    client = api()

    def post(*ages, now=TUESDAY):
        items = [fleet.position(van, now - age) for age in ages]
        answer = client.post("/api/v1/events", json.dumps(items), content_type="application/json")
        return [(one["status"], one.get("code", "")) for one in answer.json()["results"]]

    return post


TAKEN, LATE = ("accepted", ""), ("refused", "event.too_late")


def test_a_window_admits_its_period_of_its_carrier_and_nothing_else(
    send, official, carrier, other_carrier
):
    from carriers.models import LoggedPosition

    opened(official, other_carrier)
    assert send(17 * DAY) == [LATE]
    opened(official, carrier)
    second = timedelta(seconds=1)
    ages = (20 * DAY + second, 20 * DAY, 17 * DAY, 16 * DAY, 15 * DAY, 14 * DAY)
    assert send(*ages) == [LATE, TAKEN, TAKEN, LATE, LATE, TAKEN]
    assert set(LoggedPosition.objects.values_list("lateness", flat=True)) == {"backfill"}


def test_a_window_closes_by_itself_and_by_hand(send, official, carrier, domain_clock):
    from foundation.models import AuditEntry

    first = opened(official, carrier)
    later = domain_clock(TUESDAY + 2 * DAY)
    assert send(19 * DAY, now=later) == [LATE]
    assert official.get(WINDOWS, {"open": "true"}).json()["items"] == []
    closed = official.post(f"{WINDOWS}/{first['id']}/close")
    assert (closed.status_code, closed.json()["code"]) == (409, "backfill.closed")

    second = opened(official, carrier, open_until=(later + DAY).isoformat())
    assert send(19 * DAY, now=later) == [TAKEN]
    answer = official.post(f"{WINDOWS}/{second['id']}/close")
    assert (answer.status_code, answer.json()["is_open"]) == (200, False)
    assert send(19 * DAY, now=later) == [LATE]
    assert AuditEntry.objects.filter(action="backfill.opened").count() == 2
    entry = AuditEntry.objects.get(action="backfill.closed")
    assert entry.subject == second["id"]


def test_a_batch_asks_for_windows_once_and_only_when_something_is_too_old(van, official, carrier):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from carriers.services import intake
    from tests import factories, fleet

    opened(official, carrier)
    sender = factories.actor_of(carrier)

    def asked(*ages):
        items = json.dumps([fleet.position(van, TUESDAY - age) for age in ages]).encode()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            intake.take(actor=sender, body=items, now=TUESDAY)
        return sum("carriers_backfillwindow" in query["sql"] for query in captured)

    assert asked(DAY, 13 * DAY) == 0
    assert asked(17 * DAY, 18 * DAY, 300 * DAY, DAY) == 1


def ago(days, seconds=0):
    """Return the instant so many days and seconds before TUESDAY, in text."""
    return (TUESDAY - days * DAY - timedelta(seconds=seconds)).isoformat()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"events_until": ago(21)}, "backfill.period_empty"),
        ({"open_until": ago(0)}, "backfill.period_empty"),
        ({"events_until": ago(-1)}, "backfill.not_past"),
        ({"events_from": ago(29, 1)}, "backfill.beyond_retention"),
        ({"organisation_id": str(uuid.uuid4())}, "carriers.organisation_not_found"),
        ({"reason": ""}, "request.invalid"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused_with_its_member(official, carrier, changes, code):
    answer = official.post(WINDOWS, wish(carrier, **changes), format="json")
    (member,) = changes
    errors = [(error["code"], error["pointer"]) for error in answer.json()["errors"]]
    assert (code, f"/{member}") in errors
    assert official.get(WINDOWS).json()["items"] == []


def test_a_window_never_reaches_what_has_left_the_log_meanwhile(
    send, official, carrier, domain_clock
):
    far = TUESDAY - 29 * DAY
    opened(
        official, carrier, events_from=far.isoformat(), open_until=(TUESDAY + 9 * DAY).isoformat()
    )
    assert send(28 * DAY) == [TAKEN]
    later = domain_clock(TUESDAY + 5 * DAY)
    assert send(29 * DAY, now=later) == [TAKEN]
    assert send(29 * DAY + timedelta(seconds=1), now=later) == [LATE]


def test_positions_kept_longer_from_now_on_do_not_bring_back_what_is_gone(
    official, carrier, settings
):
    from carriers.models import RetiredPartition

    RetiredPartition.objects.create(
        name="carriers_position_20260411",
        log="carriers_position",
        ends_at=TUESDAY.replace(month=4, day=12, hour=0),
        retired_at=TUESDAY,
    )
    settings.HUB_POSITION_DAYS = 90
    april = {"events_from": "2026-04-12T23:59:59Z"}
    answer = official.post(WINDOWS, wish(carrier, **april), format="json")
    assert answer.json()["code"] == "backfill.beyond_retention"
    opened(official, carrier, events_from="2026-04-13T00:00:00Z")


def test_a_carrier_sees_its_own_windows_and_opens_none(api, official, carrier, other_carrier):
    window = opened(official, carrier)
    own = api()
    assert [one["id"] for one in own.get(WINDOWS).json()["items"]] == [window["id"]]
    assert api(organisation=other_carrier).get(WINDOWS).json()["items"] == []
    assert own.post(WINDOWS, wish(carrier), format="json").status_code == 403
    assert own.post(f"{WINDOWS}/{window['id']}/close").status_code == 403
