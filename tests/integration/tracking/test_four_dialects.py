"""A day told in four dialects means the same, except for what a dialect cannot say."""

from datetime import timedelta

import days
import pytest
import tellers
from django.db import transaction

from tests import fleet, standards
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

EVENING = TUESDAY + timedelta(hours=4)

# What a dialect cannot say, by derived table and column (of all rows, or of those with the value of
# a column that is named first; None: the whole table); docs/api/dialects.md says it in words.
CANNOT_SAY = {
    "mds": {
        # No word for a delivery that failed because nobody was there.
        "stops": {
            ("outcome", "failed"): {"outcome": "", "reason": "", "attempts": 0, "outcome_at": None}
        },
        "stations": None,
        "exceptions": None,
    },
    "otm": {},
    "epcis": {
        # No step that begins or ends a trip: it is known since its first stop was reached, 400 m
        # at 8 m/s after 320 s, and half a second.
        "trips": {
            "state": {"ended": "planned"},
            "started_at": None,
            "ended_at": None,
            "touched_at": TUESDAY + timedelta(seconds=370.5),
        },
    },
}


@pytest.fixture
def van(carrier):
    return fleet.vehicle(carrier, "van-7", grai=tellers.GRAI)


@pytest.fixture
def story(van):
    return tellers.Story(van)


@pytest.fixture
def derived(hel, hel_city, van, carrier, sender, domain_clock, tracking):
    """Return `derived(tell)`: what the tables say after a day was told; then it is undone."""
    days.zone(hel_city, days.box(0, -100, 200, 200))
    days.curb(hel, 90, 55)
    fleet.facility(carrier, "hub", kind="station", gln=tellers.GLN)
    domain_clock(EVENING)

    def run(tell):
        with transaction.atomic():
            tell()
            tracking(as_of=EVENING)
            found = tables()
            transaction.set_rollback(True)
        return found

    return run


def tables():
    """Return the derived tables, ids that stem from the ids of events aside."""
    from curbs.models import CurbSession
    from roads.models import SegmentSpeed
    from tracking import models

    rows = {
        "vehicles": models.VehicleState,
        "trips": models.TripState,
        "stops": models.StopProgress,
        "visits": models.ZoneVisit,
        "stations": models.StationVisit,
        "exceptions": models.ServiceException,
        "references": models.UnresolvedReference,
        "units": models.FacilityUnit,
        "stays": CurbSession,
        "speeds": SegmentSpeed,
    }
    found = {
        name: sorted(map(plain, model.objects.values()), key=str) for name, model in rows.items()
    }
    for row in found["stations"]:
        del row["trip_id"]  # OTM names the trip of every action; we need not
    return found


def plain(row):
    """Return a row without ids of its own or of events; positions to a hundredth of a millimetre,
    since km/h are not m/s to the last bit."""
    return {
        name: plain(value)
        if isinstance(value, dict)
        else round(value, 9)
        if isinstance(value, float)
        else str(value)
        for name, value in row.items()
        if name not in ("id", "xid") and not name.endswith("event_id")
    }


def natively(actor, events):
    result = days.send(actor, events, EVENING)
    assert result.accepted == len(events), result.counts


@pytest.fixture
def reference(derived, story, sender, van):
    """What the day means when it is told in our own words."""

    def tell():
        days.route(van, sender, list(tellers.STOPS))
        natively(sender, tellers.cityhub(story))

    found = derived(tell)
    # The day is worth comparing: three stops, a zone entered three times, stays at the curb.
    assert [(row["outcome"], row["reason"]) for row in by_stop(found, story)] == [
        ("served", ""),
        ("failed", "recipient_absent"),
        ("served", ""),
    ]
    assert [row["state"] for row in found["trips"]] == ["ended"]
    assert len(found["visits"]) == 3
    assert len(found["stays"]) >= 2
    return found


def by_stop(found, story):
    rows = {row["stop_id"]: row for row in found["stops"]}
    return [rows[story.stops[stop]] for stop in tellers.STOPS]


def unsaid(reference, dialect):
    """Return the reference as the dialect can say it."""
    made = {name: [dict(row) for row in rows] for name, rows in reference.items()}
    for table, columns in CANNOT_SAY[dialect].items():
        if columns is None:
            del made[table]
            continue
        for row in made[table]:
            for column, becomes in columns.items():
                if isinstance(column, tuple):
                    changes = becomes if row[column[0]] == column[1] else {}
                    row |= {name: str(value) for name, value in changes.items()}
                    continue
                value = row[column]
                row[column] = (
                    str(becomes) if not isinstance(becomes, dict) else becomes.get(value, value)
                )
    return {name: sorted(rows, key=str) for name, rows in made.items()}


def test_a_day_told_in_mds_means_the_same(derived, reference, story, api, sender, van):
    client = api()

    def tell():
        days.route(van, sender, list(tellers.STOPS))
        for path, messages in tellers.mds(story).items():
            answer = client.post(f"/mds/agency/v2/{path}", messages, format="json")
            assert answer.json() == {
                "success": len(messages),
                "total": len(messages),
                "failures": [],
            }
        # MDS takes nothing back: the void of the wrong arrival comes in our own words. The event
        # has the id that the provider gave it.
        natively(sender, [one for one in tellers.cityhub(story) if "voids" in one])

    found = derived(tell)
    assert differences(found, unsaid(reference, "mds")) == []
    # A failure that cannot be said is missing; so is the station, which is off the streets.
    exceptions = [(row["kind"], row["detail"]) for row in found["exceptions"]]
    assert exceptions == [("missing_scan", "outcome")]
    assert found["stations"] == []


def test_a_day_told_in_otm_means_the_same(derived, reference, story, api):
    client = api()

    def tell():
        told = tellers.otm(story)
        (trip,) = told["trips"]
        answer = client.put("/otm/v5/trips", trip, format="json")
        assert answer.status_code == 200, answer.content
        answer = client.post("/otm/v5/events", told["events"], format="json")
        assert answer.json()["accepted"] == len(told["events"]), answer.content[:500]
        (wrong,) = [facts["id"] for _, _, facts in story.told if facts.get("wrong")]
        assert client.delete(f"/otm/v5/events/{wrong}").status_code == 204

    assert differences(derived(tell), unsaid(reference, "otm")) == []


def test_a_day_told_in_epcis_means_the_same(derived, reference, story, api, sender, van):
    client = api()

    def tell():
        days.route(van, sender, list(tellers.STOPS))
        answer = client.post("/epcis/v2/capture", tellers.epcis(story), format="json")
        job = client.get(answer["Location"]).json()
        assert (job["success"], job["errors"]) == (True, []), job["errors"][:3]

    assert differences(derived(tell), unsaid(reference, "epcis")) == []


def test_a_day_told_backwards_and_twice_means_the_same(derived, reference, story, api, sender, van):
    client = api()

    def tell():
        days.route(van, sender, list(tellers.STOPS))
        document = tellers.epcis(story)
        document["epcisBody"]["eventList"].reverse()
        for _ in range(2):
            client.post("/epcis/v2/capture", document, format="json")

    assert differences(derived(tell), unsaid(reference, "epcis")) == []


@standards.needed
def test_the_messages_of_the_day_are_valid_by_the_published_schemas(story):
    told = tellers.mds(story)
    for message in told["telemetry"]:
        assert standards.mds("telemetry").is_valid(message)
    for message in told["events"]:
        assert standards.mds("event").is_valid(message), message
    for kind, messages in tellers.otm(story).items():
        for message in messages:
            faults = list(standards.otm(kind).iter_errors(message))
            assert not faults, (faults[0].json_path, faults[0].message[:300])
    assert standards.epcis().is_valid(tellers.epcis(story))


def differences(found, expected):
    """Return what differs, by table, row and column: said in full when a test fails."""
    told = []
    for name, rows in expected.items():
        if len(rows) != len(found[name]):
            told.append(f"{name}: {len(found[name])} rows, not {len(rows)}")
        for number, (one, other) in enumerate(zip(found[name], rows, strict=False)):
            told += [
                f"{name} {number} {column}: {one[column]}, not {other[column]}"
                for column in other
                if one[column] != other[column]
            ]
    return told
