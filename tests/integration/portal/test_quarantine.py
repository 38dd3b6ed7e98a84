"""The pages of the quarantine and of backfill windows: whose rows, which words, what they do."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from carriers.models import BackfillWindow, LoggedPosition, Quarantined, Replay
from carriers.services import intake, replays
from tests import factories, fleet
from tests.factories import TUESDAY


def kept(organisation, *vehicles, **members):
    """Return the rows of positions of vehicles that their organisation has not registered."""
    events = [
        fleet.position(fleet.vehicle(organisation, ref), TUESDAY) | members for ref in vehicles
    ]
    ids = [event["event_id"] for event in events]
    for event in events:
        event["vehicle"] = {"vehicle_id": f"ref:{event['event_id'][:8]}"}
    actor = factories.actor_of(organisation)
    intake.take(actor=actor, body=json.dumps(events).encode(), now=TUESDAY)
    return [Quarantined.objects.get(event_id=event_id) for event_id in ids]


def mend(row):
    """Register the vehicle that a row names."""
    fleet.vehicle(row.organisation, str(row.event_id)[:8])


def page(client, name, *args, **query):
    answer = client.get(reverse(f"portal:{name}", args=args), query)
    return answer.status_code, answer.content.decode()


def test_a_carrier_sees_its_own_rows_and_the_city_all_with_a_count_in_the_navigation(
    as_person, carrier, other_carrier, hel_city
):
    (mine,), (theirs,) = kept(carrier, "van-7"), kept(other_carrier, "van-7")
    _, text = page(as_person(carrier), "quarantine")
    assert str(mine.id) in text
    assert str(theirs.id) not in text
    assert '<span class="nav-count">1<' in text
    assert page(as_person(carrier), "quarantined", theirs.id)[0] == 404
    _, text = page(as_person(hel_city, "city_official"), "quarantine")
    assert str(mine.id) in text
    assert str(theirs.id) in text
    assert '<span class="nav-count">2<' in text


def test_an_officer_has_no_quarantine(as_person, hel_city):
    officer = as_person(hel_city, "enforcement_officer")
    assert page(officer, "quarantine")[0] == 403
    assert reverse("portal:quarantine") not in page(officer, "tower")[1]


def test_a_vehicle_that_is_not_the_senders_is_not_named(as_person, carrier, other_carrier):
    theirs = fleet.vehicle(other_carrier, "secret-van")
    event = fleet.position(theirs, TUESDAY) | {"carrier_id": str(carrier.id)}
    actor = factories.actor_of(carrier)
    result = intake.take(actor=actor, body=json.dumps([event]).encode(), now=TUESDAY)
    assert result.quarantined == 1
    assert theirs.plate not in page(as_person(carrier), "quarantine")[1]


def test_the_list_is_narrowed_and_what_means_nothing_finds_nothing(as_person, carrier):
    (row,) = kept(carrier, "van-7")
    client = as_person(carrier)

    def shows(**query):
        status, text = page(client, "quarantine", **query)
        assert status == 200
        return reverse("portal:quarantined", args=[row.id]) in text

    assert shows(code="event.vehicle_unknown", on="2026-05-12")
    assert not shows(code="event.clock_ahead")
    assert not shows(on="2026-05-11")
    assert not shows(state="dismissed")
    assert not shows(on="tomorrow")
    assert not shows(organisation="nobody")
    assert shows(sort="nonsense", page="x", state="lost")


def test_a_name_stands_beside_the_reason_that_it_belongs_to(as_person, carrier):
    early = (TUESDAY + timedelta(minutes=6)).isoformat()
    (row,) = kept(carrier, "van-7", occurred_at=early)
    assert [one["code"] for one in row.reasons] == ["event.clock_ahead", "event.vehicle_unknown"]
    _, text = page(as_person(carrier), "quarantine")
    cells = text.partition("<tbody>")[2].split("<td>")
    (why,) = (cell for cell in cells if "more than 5 minutes in the future" in cell)
    assert "and 1 more reason" in why
    assert "ref:" not in why


def test_one_event_is_replayed_from_the_list_and_the_list_stays_as_it_was(as_person, carrier):
    (row,) = kept(carrier, "van-7")
    client = as_person(carrier)
    address = reverse("portal:replay-one", args=[row.id])
    answer = client.post(address, follow=True)
    assert "The event still waits: The sender has registered no such vehicle." in (
        answer.content.decode()
    )
    mend(row)
    answer = client.post(address, {"query": "code=event.vehicle_unknown"})
    assert answer["Location"] == "/quarantine/?code=event.vehicle_unknown"
    assert LoggedPosition.objects.count() == 1
    again = client.post(address)
    assert (again.status_code, "before" in again.content.decode()) == (409, True)


def test_the_event_is_shown_as_it_was_sent_and_its_markup_is_text(as_person, carrier):
    (row,) = kept(carrier, "van-7", ext={"note": "<script>alert(1)</script>"})
    _, text = page(as_person(carrier), "quarantined", row.id)
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
    assert "Register the vehicle with the id that the event names, then replay." in text


def test_an_unknown_vehicle_is_called_what_its_sender_calls_it(as_person, carrier):
    (row,) = kept(carrier, "van-7")
    said = f"ref:{str(row.event_id)[:8]}"
    client = as_person(carrier)
    _, text = page(client, "quarantine")
    assert text.count(said) == 2  # beside the reason, and where a plate would be
    _, text = page(client, "quarantined", row.id)
    assert f'<strong class="mono">{said}</strong>' in text
    assert f"<dd>{said}</dd>" in text


def test_dismissing_needs_a_reason(as_person, carrier):
    (row,) = kept(carrier, "van-7")
    client = as_person(carrier)
    address = reverse("portal:dismiss-one", args=[row.id])
    answer = client.post(address, {"reason": "  "})
    assert (answer.status_code, 'href="#reason"' in answer.content.decode()) == (422, True)
    assert client.post(address, {"reason": "A test vehicle"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.note) == ("dismissed", "A test vehicle")
    assert "A test vehicle" in page(client, "quarantined", row.id)[1]


def test_chosen_events_or_all_that_match_are_replayed_together(as_person, carrier):
    rows = kept(carrier, "van-7", "van-8", "van-9")
    for row in rows[:2]:
        mend(row)
    client = as_person(carrier)
    where = reverse("portal:quarantine")
    nothing = client.post(where, {"do": "selected"})
    assert nothing.status_code == 422
    assert "Choose at least one event to replay." in nothing.content.decode()
    assert client.post(f"{where}?on=tomorrow", {"do": "all"}).status_code == 422
    answer = client.post(where, {"do": "selected", "item": [str(rows[0].id), "x"]})
    replay = Replay.objects.get()
    assert answer["Location"] == reverse("portal:quarantine-replay", args=[replay.id])
    assert replay.total == 1
    answer = client.post(f"{where}?code=event.vehicle_unknown", {"do": "all"}, follow=True)
    assert "0 of 3 events have been replayed." in answer.content.decode()
    while replays.work(TUESDAY):
        pass
    last = Replay.objects.order_by("-id").first()
    status, part = page(client, "replay-part", last.id)
    assert status == 200
    assert "The replay of 3 events has ended." in part
    assert "hx-get" not in part
    assert part.count("still waiting") == 2  # the count, and the row of the one that was not taken
    stranger = as_person(factories.organisation(carrier.city))
    assert page(stranger, "quarantine-replay", last.id)[0] == 404


def test_an_official_opens_and_closes_a_window_and_a_carrier_sees_its_own(
    as_person, carrier, other_carrier, hel_city
):
    official = as_person(hel_city, "city_official")
    where = reverse("portal:backfill")
    wish = {
        "organisation": str(carrier.id),
        "first_day": "2026-04-20",
        "last_day": "2026-04-21",
        "open_until": "2026-05-13",
        "reason": "Their gateway was down",
    }
    assert official.post(where, wish).status_code == 302
    window = BackfillWindow.objects.get()
    # Helsinki is three hours ahead: its 20 April began at 21:00 the evening before.
    assert window.events_from.isoformat() == "2026-04-19T21:00:00+00:00"
    assert window.events_until - window.events_from == timedelta(days=2)
    assert window.open_until.isoformat() == "2026-05-13T21:00:00+00:00"
    carriers = as_person(carrier)
    _, text = page(carriers, "backfill")
    assert "Their gateway was down" in text
    assert "Open the window" not in text
    assert carriers.post(where, wish).status_code == 403
    assert "Their gateway" not in page(as_person(other_carrier), "backfill")[1]
    official = as_person(hel_city, "city_official")
    close = reverse("portal:close-backfill", args=[window.id])
    assert official.post(close).status_code == 302
    assert official.post(close).status_code == 409


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"organisation": ""}, "organisation", "Choose a carrier."),
        ({"first_day": "soon"}, "first_day", "Give the first day of the events."),
        ({"first_day": "2026-04-01"}, "first_day", "the first day to choose is 14 Apr 2026."),
        ({"last_day": "2026-04-10"}, "last_day", "must end after it begins"),
        ({"last_day": "2026-05-20"}, "last_day", "must lie in the past"),
        ({"open_until": "2026-05-01"}, "open_until", "must close after it opens"),
        ({"reason": ""}, "reason", "Say why the window is opened."),
    ],
)
def test_a_window_that_makes_no_sense_is_explained_beside_its_field(
    as_person, carrier, hel_city, changes, field, sentence
):
    wish = {
        "organisation": str(carrier.id),
        "first_day": "2026-04-20",
        "last_day": "2026-04-21",
        "open_until": "2026-05-13",
        "reason": "Their gateway was down",
    }
    official = as_person(hel_city, "city_official")
    answer = official.post(reverse("portal:backfill"), wish | changes)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#{field}"' in text
    assert sentence in text
    assert BackfillWindow.objects.count() == 0


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "der erste wählbare Tag ist der 14. Apr 2026."),
        ("fr", "le premier jour possible est le 14 avr 2026."),
    ],
)
def test_the_first_day_of_a_window_is_told_in_the_readers_language(
    client, domain_clock, carrier, hel_city, language, sentence
):
    client.force_login(factories.person(hel_city, "city_official"))
    wish = {
        "organisation": str(carrier.id),
        "first_day": "2026-04-01",
        "last_day": "2026-04-21",
        "open_until": "2026-05-13",
        "reason": "Their gateway was down",
    }
    answer = client.post(reverse("portal:backfill"), wish, headers={"accept-language": language})
    assert sentence in answer.content.decode()
