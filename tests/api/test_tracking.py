"""What the events mean, read by API: filters, pages, tenants, and what it costs."""

from datetime import timedelta

import pytest

from kernel.identifiers import uuid7
from tests import factories, fleet
from tests.factories import TUESDAY
from tracking.models import (
    CurbReport,
    FacilityUnit,
    ServiceException,
    StationVisit,
    StopProgress,
    TripState,
    UnresolvedReference,
)

pytestmark = pytest.mark.django_db

EXCEPTIONS = "/api/v1/exceptions"


def of(organisation, **members):
    """Return the members of a derived row of one of an organisation's vehicles."""
    whose = {"city_id": organisation.city_id, "organisation_id": organisation.id}
    return {"id": uuid7(), "vehicle_id": uuid7(), "touched_at": TUESDAY} | whose | members


def exception(organisation, minutes=0, **members):
    at = TUESDAY + timedelta(minutes=minutes)
    row = of(organisation, kind="late", started_at=at, ended_at=at, first_event_id=uuid7())
    row |= members
    return ServiceException.objects.create(subject_id=row["vehicle_id"], **row)


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [item["id"] for item in answer.json()["items"]]


def test_a_carrier_reads_its_own_exceptions_and_the_city_all(api, carrier, other_carrier, hel_city):
    mine, theirs = exception(carrier), exception(other_carrier, 1)
    assert ids(api().get(EXCEPTIONS)) == [str(mine.id)]
    assert ids(api(organisation=hel_city).get(EXCEPTIONS)) == [str(theirs.id), str(mine.id)]
    assert api().get(f"{EXCEPTIONS}/{theirs.id}").status_code == 404
    shown = api().get(f"{EXCEPTIONS}/{mine.id}").json()
    assert (shown["kind"], shown["ended_at"]) == ("late", "2026-05-12T07:00:00Z")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["silent", "misload", "late"]),
        ({"kind": "misload"}, ["misload"]),
        ({"open": "true"}, ["silent"]),
        ({"open": "false"}, ["misload", "late"]),
        ({"from": "2026-05-12T07:10:00Z"}, ["silent", "misload"]),
        ({"to": "2026-05-12T07:10:00Z"}, ["late"]),
        ({"from": "2026-05-12T07:10:00Z", "to": "2026-05-12T07:20:00Z"}, ["misload"]),
        ({"vehicle": "van"}, ["late"]),
        ({"trip": "trip"}, ["misload"]),
        ({"stop": "stop"}, ["late"]),
        ({"facility": "depot"}, ["misload"]),
        ({"organisation": "stranger"}, []),
    ],
)
def test_filters_narrow_the_list_of_exceptions(api, carrier, other_carrier, query, expected):
    named = {"van": uuid7(), "trip": uuid7(), "stop": uuid7(), "depot": uuid7()}
    rows = {
        "late": exception(carrier, 0, vehicle_id=named["van"], stop_id=named["stop"]),
        "misload": exception(
            carrier, 10, kind="misload", trip_id=named["trip"], facility_id=named["depot"]
        ),
        "silent": exception(carrier, 20, kind="silent_vehicle", ended_at=None),
    }
    named["stranger"] = other_carrier.id
    asked = {name: named.get(value, value) for name, value in query.items()}
    answer = api().get(EXCEPTIONS, asked)
    assert ids(answer) == [str(rows[name].id) for name in expected]


@pytest.mark.parametrize(
    ("name", "value"),
    [("kind", "odd"), ("open", "maybe"), ("vehicle", "x"), ("from", "noon"), ("limit", "0")],
)
def test_a_filter_that_means_nothing_is_refused_by_name(api, name, value):
    answer = api().get(EXCEPTIONS, {name: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == name


def test_pages_lose_and_repeat_nothing(api, carrier):
    rows = [exception(carrier, minutes // 2) for minutes in range(7)]  # two at each minute
    client, found, url = api(), [], f"{EXCEPTIONS}?limit=2"
    while url:
        page = client.get(url).json()
        found += [item["id"] for item in page["items"]]
        url = page["next"]
    assert sorted(found) == sorted(str(row.id) for row in rows)


def test_a_list_costs_the_same_queries_however_long_it_is(api, carrier, django_assert_num_queries):
    client = api()
    exception(carrier)
    client.get(EXCEPTIONS)
    with django_assert_num_queries(2):  # the token, the page
        client.get(EXCEPTIONS)
    for minutes in range(50):
        exception(carrier, minutes)
    with django_assert_num_queries(2):
        assert len(ids(client.get(EXCEPTIONS))) == 51


def test_a_trip_is_read_with_its_stops_in_order_and_its_station_visits(api, carrier, other_carrier):
    trip_id, van_id = uuid7(), uuid7()
    named = {"trip_id": trip_id, "vehicle_id": van_id}
    TripState.objects.create(state="started", **of(carrier, **named))
    second, first = (
        StopProgress.objects.create(
            stop_id=uuid7(), stop_seq=seq, state="arrived", **of(carrier, **named)
        )
        for seq in (2, 1)
    )
    StationVisit.objects.create(step="gate_out", first_event_id=uuid7(), **of(carrier, **named))
    foreign = of(other_carrier, trip_id=trip_id)
    StopProgress.objects.create(stop_id=uuid7(), state="arrived", **foreign)
    answer = api().get(f"/api/v1/trips/{trip_id}").json()
    assert (answer["state"], answer["vehicle_id"]) == ("started", str(van_id))
    assert [stop["stop_id"] for stop in answer["stops"]] == [
        str(first.stop_id),
        str(second.stop_id),
    ]
    assert [visit["step"] for visit in answer["station_visits"]] == ["gate_out"]
    stranger = api(organisation=other_carrier).get(f"/api/v1/trips/{trip_id}")
    assert (stranger.status_code, stranger.json()["code"]) == (404, "request.not_found")


def test_trips_and_station_visits_are_listed_with_filters(api, carrier):
    trip, other = (
        TripState.objects.create(state=state, trip_id=uuid7(), **of(carrier))
        for state in ("started", "ended")
    )
    assert len(api().get("/api/v1/trips").json()["items"]) == 2
    (found,) = api().get("/api/v1/trips", {"state": "ended"}).json()["items"]
    assert found["trip_id"] == str(other.trip_id)
    assert api().get("/api/v1/trips", {"to": TUESDAY.isoformat()}).json()["items"] == []
    visit = StationVisit.objects.create(
        first_event_id=uuid7(), trip_id=trip.trip_id, facility_id=uuid7(), **of(carrier)
    )
    for name, value, count in (("trip", trip.trip_id, 1), ("facility", uuid7(), 0)):
        items = api().get("/api/v1/station-visits", {name: value}).json()["items"]
        assert [item["id"] for item in items] == [str(visit.id)] * count


def unit(organisation, facility, **members):
    facts = {"unit": "sscc:1", "state": "ready", "inside": True, "first_event_id": uuid7()}
    ids = {"facility_id": facility.id, "operator_id": facility.organisation_id}
    return FacilityUnit.objects.create(**of(organisation) | ids | facts | members)


def test_at_a_locker_each_sees_its_own_units_and_the_operator_and_the_city_all(
    api, carrier, other_carrier, tpl, hel_city
):
    locker = fleet.facility(other_carrier, "locker", kind="locker")
    url = f"/api/v1/facilities/{locker.id}/units"
    mine, theirs = unit(carrier, locker), unit(tpl, locker)
    assert ids(api().get(url)) == [str(mine.id)]
    for whole in (other_carrier, hel_city):
        assert set(ids(api(organisation=whole).get(url))) == {str(mine.id), str(theirs.id)}


def test_units_are_narrowed_by_state_and_by_who_is_inside(api, carrier):
    locker = fleet.facility(carrier, "locker", kind="locker")
    url = f"/api/v1/facilities/{locker.id}/units"
    assert ids(api().get(url)) == []
    inside, gone = unit(carrier, locker), unit(carrier, locker, state="collected", inside=False)
    assert ids(api().get(url, {"inside": "true"})) == [str(inside.id)]
    assert ids(api().get(url, {"state": "collected"})) == [str(gone.id)]
    assert api().get(f"/api/v1/facilities/{uuid7()}/units").status_code == 404


def test_the_state_of_a_facility_counts_what_the_reader_may_see(api, carrier, other_carrier):
    locker = fleet.facility(other_carrier, "locker", kind="locker")
    for state, inside in (
        ("ready", True),
        ("ready", True),
        ("expired", True),
        ("collected", False),
    ):
        unit(carrier, locker, state=state, inside=inside)
    unit(other_carrier, locker, state="deposited")
    url = f"/api/v1/facilities/{locker.id}/state"
    counts = {"units_inside": 3, "deposited": 0, "ready": 2, "expired": 1, "handed_over": 0}
    assert api().get(url).json() == {"facility_id": str(locker.id)} | counts
    whole = api(organisation=other_carrier).get(url).json()
    assert (whole["units_inside"], whole["deposited"]) == (4, 1)
    assert api().get(f"/api/v1/facilities/{uuid7()}/state").status_code == 404


def test_unresolved_references_are_their_senders_and_the_citys(
    api, carrier, other_carrier, hel_city
):
    row = of(carrier, kind="curb", name="bay-9", event_id=uuid7(), event_type="curb.claimed")
    UnresolvedReference.objects.create(subject_id=row["vehicle_id"], said_at=TUESDAY, **row)
    url = "/api/v1/unresolved-references"
    for organisation, count in ((carrier, 1), (other_carrier, 0), (hel_city, 1)):
        items = api(organisation=organisation).get(url).json()["items"]
        assert [item["name"] for item in items] == ["bay-9"] * count
    assert api().get(url, {"kind": "zone"}).json()["items"] == []


def test_reports_on_curbs_are_narrowed_by_curb_and_kind(api, carrier):
    curb_zone_id = uuid7()
    row = of(carrier, kind="blocked", curb_zone_id=curb_zone_id, at=TUESDAY, event_id=uuid7())
    CurbReport.objects.create(**row)
    url = "/api/v1/curb-reports"
    for query, count in (
        ({"curb_zone": curb_zone_id}, 1),
        ({"curb_zone": uuid7()}, 0),
        ({"kind": "claimed"}, 0),
        ({"from": TUESDAY.isoformat()}, 1),
    ):
        assert len(api().get(url, query).json()["items"]) == count


def test_a_token_without_the_scope_reads_nothing(carrier):
    client = factories.api_client(carrier, ["events:write"])
    for path in ("exceptions", "trips", "station-visits", "unresolved-references", "curb-reports"):
        assert client.get(f"/api/v1/{path}").status_code == 403
