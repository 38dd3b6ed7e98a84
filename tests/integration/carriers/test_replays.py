"""Replays under real threads: against each other, a sender, a dismissal."""

import json
from contextlib import suppress
from datetime import timedelta

import pytest

from tests.factories import TUESDAY
from tests.integration.carriers.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def take(actor, items, now=TUESDAY):
    from carriers.services import intake

    return intake.take(actor=actor, body=json.dumps(items).encode(), now=now)


@pytest.fixture
def waiting(carrier, sender):
    """Return forty events that were quarantined for a vehicle that has been registered since."""
    from kernel.identifiers import ref_id
    from tests import fleet

    stub = type("Van", (), {"id": ref_id(carrier.id, "vehicle", "van-7")})
    stub.organisation_id = carrier.id
    events = [fleet.position(stub, TUESDAY - timedelta(seconds=n)) for n in range(40)]
    assert take(sender, events).quarantined == 40
    fleet.vehicle(carrier, "van-7")
    return events


def states():
    from carriers.models import Quarantined

    return set(Quarantined.objects.values_list("resolution", flat=True))


def test_two_bulk_replays_and_the_sender_at_once_store_every_event_once(sender, waiting):
    from carriers.models import LoggedPosition, Replay
    from carriers.selectors.quarantine import Filter
    from carriers.services import replays

    runs = [replays.ask(actor=sender, chosen=Filter(), now=TUESDAY) for _ in range(2)]
    works = [
        lambda: replays.advance(Replay.objects.get(pk=runs[0].pk), TUESDAY),
        lambda: replays.advance(Replay.objects.get(pk=runs[1].pk), TUESDAY),
        lambda: take(sender, list(reversed(waiting))),
        lambda: take(sender, waiting[10:30]),
    ]
    at_once(4, lambda number: works[number]())
    stored = LoggedPosition.objects.values_list("event_id", flat=True)
    assert sorted(map(str, stored)) == sorted(event["event_id"] for event in waiting)
    assert states() == {"accepted"}
    for run in Replay.objects.all():
        assert run.state == "finished"
        assert set(run.counts) <= {"accepted", "duplicate"}
        assert sum(run.counts.values()) == 40


def test_one_item_replayed_by_many_at_once_is_stored_once(sender, waiting):
    from carriers.models import LoggedPosition, Quarantined
    from carriers.services import replaying
    from kernel.refusals import Refusal

    row = Quarantined.objects.order_by("id").first()

    def work(_number):
        try:
            return replaying.one(actor=sender, quarantined_id=row.pk, now=TUESDAY)[1].status
        except Refusal as refusal:
            return str(refusal.code)

    found = at_once(6, work)
    assert found.count("accepted") == 1
    assert set(found) <= {"accepted", "duplicate", "quarantine.not_open"}
    assert LoggedPosition.objects.count() == 1


def test_what_is_dismissed_while_it_is_replayed_says_what_the_log_says(sender, waiting):
    from carriers.models import LoggedPosition, Quarantined
    from carriers.services import quarantine, replaying
    from kernel.refusals import Refusal

    def attempt(work):
        with suppress(Refusal):
            work()

    for row in Quarantined.objects.order_by("id"):
        facts = {"actor": sender, "quarantined_id": row.pk, "now": TUESDAY}
        works = [
            lambda facts=facts: replaying.one(**facts),
            lambda facts=facts: quarantine.dismiss(reason="no need", **facts),
        ]
        at_once(2, lambda number, works=works: attempt(works[number]))
    stored = set(LoggedPosition.objects.values_list("event_id", flat=True))
    for row in Quarantined.objects.all():
        assert row.state == ("accepted" if row.event_id in stored else "dismissed")


def test_other_content_that_wins_the_race_makes_the_waiting_one_a_conflict(sender, waiting):
    from carriers.models import LoggedPosition, Quarantined
    from carriers.selectors.quarantine import Filter
    from carriers.services import replays

    moved = [event | {"place": {"lat": 61.0, "lng": 25.0}} for event in waiting]
    run = replays.ask(actor=sender, chosen=Filter(), now=TUESDAY)
    works = [lambda: replays.advance(run, TUESDAY), lambda: take(sender, moved)]
    at_once(2, lambda number: works[number]())
    assert LoggedPosition.objects.count() == 40
    by_event = {row.event_id: row for row in LoggedPosition.objects.all()}
    for row in Quarantined.objects.all():
        right = by_event[row.event_id].lat == row.payload["place"]["lat"]
        assert (row.state, row.is_conflict) == (("accepted", False) if right else ("open", True))


def test_a_replay_goes_on_where_a_crash_left_it(sender, waiting, monkeypatch):
    from carriers.models import LoggedPosition, Replay
    from carriers.selectors.quarantine import Filter
    from carriers.services import intake, replays

    monkeypatch.setattr(replays, "CHUNK", 10)
    run = replays.ask(actor=sender, chosen=Filter(), now=TUESDAY)
    replays.advance(run, TUESDAY)
    write = intake._write

    def dies(*batches):
        write(*batches)
        raise KeyboardInterrupt

    monkeypatch.setattr(intake, "_write", dies)
    with pytest.raises(KeyboardInterrupt):
        replays.work(TUESDAY)
    monkeypatch.setattr(intake, "_write", write)
    assert LoggedPosition.objects.count() == 10
    while replays.work(TUESDAY):
        pass
    assert LoggedPosition.objects.count() == 40
    assert Replay.objects.get().counts == {"accepted": 40}
