"""What the live stream tells: whose vehicles, since when, and nothing twice or never."""

import asyncio
from threading import Event, Thread

import pytest
from django.db import connection, connections, transaction
from django.test import AsyncClient, RequestFactory
from django.utils import translation

from accounts.models import Membership
from accounts.resolving import SESSION_KEY
from foundation import outbox
from portal.live import reading, views
from portal.live.hub import Changed, News
from tests import curb_factories, factories
from tests.factories import TUESDAY
from tracking.models import VehicleState

pytestmark = pytest.mark.django_db(transaction=True)


def reports(van, lng=24.94):
    """Let the projection say that a van was seen."""
    from foundation.fields import CurrentTransaction

    facts = {
        "city_id": van.city_id, "organisation_id": van.organisation_id, "shard": 0,
        "seen_at": TUESDAY, "fix_at": TUESDAY, "lng": lng, "lat": 60.17, "speed_mps": 5.0,
        "status": "driving", "xid": CurrentTransaction(),
    }  # fmt: skip
    VehicleState.objects.update_or_create(vehicle_id=van.id, defaults=facts)


def seen(news):
    """Return the plates that news name, and whether they begin anew."""
    told = dict(news.events).get("vehicles")
    return None if told is None else ([one["plate"] for one in told["vehicles"]], told["reset"])


@pytest.fixture
def world(domain_clock, carrier, other_carrier):
    vans = curb_factories.van(carrier), curb_factories.van(other_carrier)
    for van in vans:
        reports(van)
    return vans


def test_who_begins_gets_all_of_their_own_vehicles(world, carrier):
    mine, _theirs = world
    news = reading.since(factories.actor_of(carrier), None, TUESDAY)
    assert seen(news) == ([mine.plate], True)


def test_the_city_sees_every_vehicle(world, hel_city):
    news = reading.since(factories.actor_of(hel_city), None, TUESDAY)
    plates, _reset = seen(news)
    assert sorted(plates) == sorted(van.plate for van in world)


def test_who_comes_back_gets_only_what_changed(world, carrier):
    mine, theirs = world
    actor = factories.actor_of(carrier)
    cursor = reading.since(actor, None, TUESDAY).cursor
    reports(theirs, lng=24.95)
    assert seen(reading.since(actor, cursor, TUESDAY)) is None
    reports(mine, lng=24.95)
    assert seen(reading.since(actor, cursor, TUESDAY)) == ([mine.plate], False)


def test_a_cursor_that_lies_ahead_begins_anew(world, carrier):
    news = reading.since(factories.actor_of(carrier), 2**60, TUESDAY)
    assert seen(news)[1] is True


def test_a_transaction_that_commits_late_is_not_skipped(world, carrier):
    mine, theirs = world
    actor = factories.actor_of(carrier)
    cursor = reading.since(actor, None, TUESDAY).cursor
    written, may_commit = Event(), Event()

    def commits_late():
        with transaction.atomic():
            reports(mine, lng=24.96)
            written.set()
            may_commit.wait(10)
        connections.close_all()

    slow = Thread(target=commits_late)
    slow.start()
    written.wait(10)
    reports(theirs, lng=24.97)  # a younger transaction that commits first
    between = reading.since(actor, cursor, TUESDAY)
    may_commit.set()
    slow.join(10)
    after = reading.since(actor, between.cursor, TUESDAY)
    assert seen(between) is None
    assert seen(after) == ([mine.plate], False)


def test_a_revoked_mandate_ends_what_is_told(world, carrier, tpl):
    mandate = factories.mandate(carrier, tpl, "vehicles:read")
    mine, _theirs = world
    assert seen(reading.since(factories.actor_of(tpl), None, TUESDAY)) == ([mine.plate], True)
    mandate.revoked_at = TUESDAY
    mandate.save()
    assert seen(reading.since(factories.actor_of(tpl), None, TUESDAY)) == ([], True)


def test_what_is_announced_is_named_by_its_kind(world, carrier, hel):
    actor = factories.actor_of(carrier)
    cursor = reading.since(actor, None, TUESDAY).cursor
    outbox.add(city_id=hel.id, topic="booking.changed", key=hel.id, payload={}, at=TUESDAY)
    assert [name for name, _data in reading.since(actor, cursor, TUESDAY).events] == ["bookings"]


def test_news_are_written_as_server_sent_events_with_the_cursor_last():
    text = views.as_bytes(News(42, (("vehicles", {"reset": True}), ("findings", {})))).decode()
    assert text == (
        'event: vehicles\ndata: {"reset":true}\n\nid: 42\nevent: findings\ndata: {}\n\n'
    )


def test_the_stream_begins_with_what_is_there(world, carrier):
    mine, _theirs = world
    person = factories.person(carrier)

    async def first_lines():
        client = AsyncClient()
        await client.aforce_login(person)
        answer = await client.get("/live/vehicles")
        assert answer["Content-Type"] == "text/event-stream"
        stream = aiter(answer.streaming_content)
        lines = [await anext(stream), await anext(stream)]
        await stream.aclose()
        return b"".join(lines).decode()

    try:
        text = asyncio.run(first_lines())
    finally:
        connection.close()
    assert "event: vehicles" in text
    assert mine.plate in text


def opened(person, chosen=None, language="en"):
    """Return the group and the reader of a person's live page."""
    request = RequestFactory().get("/live/vehicles")
    request.user, request.session = person, {SESSION_KEY: chosen and str(chosen.pk)}
    with translation.override(language):
        return views._open(request)


def test_a_page_is_told_in_its_own_language_whatever_the_thread_did_before(world, carrier):
    person = factories.person(carrier)
    german, read = opened(person, language="de")
    with translation.override("fr"):
        (told,) = dict(read(None).events)["vehicles"]["vehicles"]
    assert told["status"] == "fährt"
    assert opened(person, language="en")[0] != german


def test_who_left_an_organisation_reads_for_it_no_more(world, carrier, other_carrier):
    person = factories.person(other_carrier)
    chosen = Membership.objects.create(user=person, organisation=carrier, role="carrier_planner")
    group, read = opened(person, chosen)
    assert group == opened(factories.person(carrier))[0]
    assert seen(read(None)) == ([world[0].plate], True)
    chosen.delete()  # from now on the person acts for the other carrier
    with pytest.raises(Changed):
        read(None)
