"""Officers check plates. The zone is closed to goods vehicles with a grace of 30 s; TUESDAY is
10:00 in Helsinki."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from compliance.models import PlateCheck
from compliance.services import checks
from curbs.models import CurbSession
from curbs.services import bookings
from foundation.models import AuditEntry
from tests import curb_factories, factories, zone_factories
from tests.factories import TUESDAY
from tracking.models import VehicleState, ZoneVisit
from zones.services import permits

pytestmark = pytest.mark.django_db

CHECKS = "/api/v1/checks"
GOODS = {"category": ["N1", "N2", "N3"]}
CLOSED = {
    "id": "no-goods",
    "who": GOODS,
    "what": {"effect": "prohibit"},
    "sentence": "No goods vehicles.",
}
FROM_ELEVEN = CLOSED | {"when": [{"from": "11:00", "to": "18:00"}]}


@pytest.fixture(autouse=True)
def _clock(domain_clock):
    """Domain time stands on TUESDAY."""


@pytest.fixture
def officer(api, hel_city):
    return api(["enforcement:check", "findings:read"], hel_city)


@pytest.fixture
def zone(hel):
    return zone_factories.zone(hel, rows=[CLOSED], west=24.98, south=60.18, side=0.002)


@pytest.fixture
def van(carrier):
    return curb_factories.van(carrier, plate="ABC123")


def check(client, plate="ABC-123", **place):
    return client.post(CHECKS, {"plate": plate} | place, format="json")


def checked(client, plate="ABC-123", **place):
    answer = check(client, plate, **place)
    assert answer.status_code == 201, answer.content
    return answer.json()


def visit(van, zone, entered_at, left_at=None):
    return ZoneVisit.objects.create(
        id=uuid4(), city_id=van.city_id, organisation_id=van.organisation_id, vehicle_id=van.id,
        touched_at=entered_at, zone_id=zone.id, entered_at=entered_at, left_at=left_at,
        last_inside_at=entered_at, metres=50, points=3, crossing=False, gap_s=0,
        first_event_id=uuid4(), last_event_id=uuid4(),
    )  # fmt: skip


def stay(van, curb, started_at, ended_at=None):
    return CurbSession.objects.create(
        id=uuid4(), city=van.city, organisation_id=van.organisation_id, vehicle_id=van.id,
        curb_line=curb.curb_line, curb_zone=curb, started_at=started_at, ended_at=ended_at,
        evidence={},
    )  # fmt: skip


def seconds(count):
    return TUESDAY + timedelta(seconds=count)


def problems(answer):
    return [(error["code"], error.get("pointer", "")) for error in answer.json()["errors"]]


def test_a_plate_is_found_however_it_is_written_and_the_verdict_has_its_sentence(
    officer, zone, van
):
    for plate in ("ABC-123", "abc 123", "FIN-ABC-123", "fin abc 123"):
        answer = checked(officer, plate, zone_id=str(zone.id))
        assert (answer["plate"], answer["vehicle_id"]) == ("ABC123", str(van.id))
        assert (answer["access"], answer["admissible"]) == ("prohibited", False)
        assert [reason["sentence"] for reason in answer["reasons"]] == ["No goods vehicles."]


def test_who_is_not_known_to_be_there_has_the_whole_grace(officer, zone, van):
    (grace,) = checked(officer, zone_id=str(zone.id))["graces"]
    assert (grace["left_s"], grace["kind"], grace["severity"]) == (30, "prohibited", "violation")
    assert grace["sentence"] == "No goods vehicles."


def test_grace_is_said_in_every_language(officer, hel, van):
    row = {name: said for name, said in CLOSED.items() if name != "sentence"}
    zone = zone_factories.zone(hel, rows=[row], west=24.97, south=60.18, side=0.002)
    (grace,) = checked(officer, zone_id=str(zone.id))["graces"]
    assert grace["sentences"] == {
        "en": grace["sentence"],
        "de": "Keine Zufahrt: Güterfahrzeuge (N1, N2, N3).",
        "fr": "Accès interdit\xa0: véhicules de marchandises (N1, N2, N3).",
    }


@pytest.mark.parametrize(("inside_s", "left_s"), [(10, 20), (30, 0), (300, 0)])
def test_grace_runs_from_the_entry(officer, zone, van, inside_s, left_s):
    entered = visit(van, zone, seconds(-inside_s))
    answer = checked(officer, zone_id=str(zone.id))
    (grace,) = answer["graces"]
    assert grace["left_s"] == left_s
    assert grace["until"] == seconds(30 - inside_s).isoformat()
    assert [one["visit_id"] for one in answer["presence"]["visits"]] == [str(entered.id)]


def test_a_rule_to_come_is_no_breach_yet_but_says_when_it_will_be(officer, hel, van):
    zone = zone_factories.zone(hel, rows=[FROM_ELEVEN], west=24.99, south=60.18, side=0.002)
    answer = checked(officer, zone_id=str(zone.id))
    assert (answer["admissible"], answer["graces"]) == (True, [])
    assert answer["next_breach_at"] == seconds(3600).isoformat()


def test_an_instant_in_the_past_is_judged_by_where_the_vehicle_was_then(officer, zone, van):
    visit(van, zone, seconds(-600), left_at=seconds(-300))
    answer = checked(officer, zone_id=str(zone.id), at=seconds(-590).isoformat())
    assert answer["graces"][0]["left_s"] == 20
    assert len(answer["presence"]["visits"]) == 1
    assert checked(officer, zone_id=str(zone.id))["presence"]["visits"] == []


def test_a_permit_under_any_writing_of_the_plate_counts(officer, zone, van, hel_city, actor, hel):
    exempting = CLOSED | {"unless": {"permit": ["delivery"]}}
    other = zone_factories.zone(hel, rows=[exempting], west=24.96, south=60.18, side=0.002)
    assert not checked(officer, zone_id=str(other.id))["admissible"]
    permits.issue(
        actor=actor(organisation=hel_city), kind="delivery", plate="FIN-ABC-123",
        starts_at=seconds(-60), ends_at=seconds(60), now=TUESDAY,
    )  # fmt: skip
    answer = checked(officer, zone_id=str(other.id))
    assert answer["admissible"]
    assert [one["kind"] for one in answer["permits"]] == ["delivery"]
    assert not checked(officer, zone_id=str(zone.id))["admissible"]  # closed all the same


def test_at_a_curb_the_booking_and_the_stay_are_shown(officer, carrier, van, hel):
    curb = curb_factories.zone(curb_factories.line(hel), 0, 30)
    without = checked(officer, curb_zone_id=str(curb.id))
    assert (without["admissible"], without["bookings"]) == (False, [])
    assert [one["kind"] for one in without["graces"]] == ["booking"]
    held = curb_factories.asked(curb, van, after_min=0, confirm=True)
    bookings.hold(actor=factories.actor_of(carrier), request=held, now=TUESDAY)
    there = stay(van, curb, TUESDAY)
    answer = checked(officer, curb_zone_id=str(curb.id))
    assert answer["admissible"]
    assert answer["graces"] == []
    assert answer["bookings"] == [
        {
            "curb_zone_id": str(curb.id),
            "from": TUESDAY.isoformat(),
            "until": (TUESDAY + timedelta(minutes=30)).isoformat(),
        }
    ]
    assert answer["presence"]["stay"]["stay_id"] == str(there.id)
    # The booking ends at 10:30; from then on the stay is one without.
    assert answer["next_breach_at"] == (TUESDAY + timedelta(minutes=30)).isoformat()


def test_another_vehicles_booking_is_not_this_ones(officer, carrier, other_carrier, van, hel):
    curb = curb_factories.zone(curb_factories.line(hel), 0, 30)
    other = curb_factories.van(other_carrier)
    held = curb_factories.asked(curb, other, after_min=0, confirm=True)
    bookings.hold(actor=factories.actor_of(other_carrier), request=held, now=TUESDAY)
    answer = checked(officer, curb_zone_id=str(curb.id))
    assert (answer["admissible"], answer["bookings"]) == (False, [])


def test_a_position_means_the_zones_and_the_curb_there(officer, zone, van, hel):
    inside = checked(officer, place={"lng": 24.981, "lat": 60.181})
    assert [reason["sentence"] for reason in inside["reasons"]] == ["No goods vehicles."]
    curb = curb_factories.zone(curb_factories.line(hel), 0, 30)
    lng, lat = curb.curb_line.geometry.coords[0]
    at_the_curb = checked(officer, place={"lng": lng, "lat": lat})
    assert at_the_curb["curb"]["curb_zone_id"] == str(curb.id)
    assert "Only with a booking." in [r["sentence"] for r in at_the_curb["reasons"]]


def test_a_plate_that_nobody_registered_is_undetermined_and_the_citys_to_see(
    officer, api, zone, carrier
):
    answer = checked(officer, "ZZZ-999", zone_id=str(zone.id))
    assert (answer["vehicle_id"], answer["organisation_id"]) == (None, None)
    assert (answer["access"], answer["missing_facts"]) == ("undetermined", ["category"])
    assert answer["graces"] == []  # what is not known makes no finding
    assert api(organisation=carrier).get(CHECKS).json()["items"] == []
    assert len(officer.get(CHECKS).json()["items"]) == 1


def test_every_check_is_logged_and_seen_by_the_vehicles_organisation_but_not_who_asked(
    officer, api, zone, van, carrier, other_carrier
):
    made = checked(officer, zone_id=str(zone.id))
    assert made["checked_by"]["client_id"] is not None
    (seen,) = api(organisation=carrier).get(CHECKS).json()["items"]
    assert seen == made | {"checked_by": None}
    assert api(organisation=carrier).get(f"{CHECKS}/{made['id']}").json() == seen
    stranger = api(organisation=other_carrier)
    assert stranger.get(CHECKS).json()["items"] == []
    assert stranger.get(f"{CHECKS}/{made['id']}").status_code == 404
    entry = AuditEntry.objects.get(action="plate.checked")
    assert entry.subject == made["id"]
    assert entry.outcome["access"] == "prohibited"
    assert "ABC123" not in str([entry.inputs, entry.outcome])


def test_a_mandate_shows_an_agent_its_principals_checks(officer, api, zone, van, carrier, tpl):
    checked(officer, zone_id=str(zone.id))
    mandate = factories.mandate(carrier, tpl, "findings:read")
    agent = api(organisation=tpl)
    assert len(agent.get(CHECKS).json()["items"]) == 1
    mandate.revoked_at = TUESDAY
    mandate.save()
    assert agent.get(CHECKS).json()["items"] == []


def test_checks_are_narrowed_by_vehicle_and_time(officer, zone, van, domain_clock):
    early = checked(officer, zone_id=str(zone.id))["id"]
    domain_clock(seconds(60))
    late = checked(officer, "ZZZ-999", zone_id=str(zone.id))["id"]

    def ids(**query):
        return [item["id"] for item in officer.get(CHECKS, query).json()["items"]]

    assert ids() == [late, early]
    assert ids(vehicle=str(van.id)) == [early]
    assert ids(to=seconds(30).isoformat()) == [early]
    assert ids(**{"from": seconds(30).isoformat()}) == [late]
    assert officer.get(CHECKS, {"vehicle": "van"}).status_code == 422


def test_a_carrier_cannot_check_and_the_public_neither(api, client, zone, van):
    assert check(api(), zone_id=str(zone.id)).status_code == 403
    answer = client.post(CHECKS, {"plate": "ABC-123"}, content_type="application/json")
    assert answer.status_code == 401
    assert not PlateCheck.objects.exists()


def test_another_citys_vehicles_zones_and_checks_are_not_there(officer, hd, hd_carrier, api, zone):
    curb_factories.van(hd_carrier, plate="HDXY77")
    theirs = zone_factories.zone(hd, rows=[CLOSED], west=8.68, south=49.41, side=0.002)
    assert checked(officer, "HD-XY 77", zone_id=str(zone.id))["vehicle_id"] is None
    answer = check(officer, zone_id=str(theirs.id))
    assert (answer.status_code, problems(answer)) == (404, [("zones.zone_not_found", "/zone_id")])
    from accounts.services import setup

    abroad = api(["enforcement:check", "findings:read"], setup.city_organisation(hd))
    assert abroad.get(CHECKS).json()["items"] == []


def test_of_two_carriers_that_registered_a_plate_the_one_whose_vehicle_reports_is_meant(
    officer, zone, van, other_carrier
):
    other = curb_factories.van(other_carrier, plate="ABC123")
    VehicleState.objects.create(
        vehicle_id=van.id, city_id=van.city_id, organisation_id=van.organisation_id, shard=0,
        seen_at=seconds(-60), status="driving",
    )  # fmt: skip
    assert checked(officer, zone_id=str(zone.id))["vehicle_id"] == str(van.id)
    VehicleState.objects.create(
        vehicle_id=other.id, city_id=van.city_id, organisation_id=other_carrier.id, shard=0,
        seen_at=seconds(-30), status="driving",
    )  # fmt: skip
    assert checked(officer, zone_id=str(zone.id))["vehicle_id"] == str(other.id)


@pytest.mark.parametrize(
    ("sent", "code", "pointer"),
    [
        ({"plate": "ABC-123"}, "check.place_missing", ""),
        ({"plate": "ABC-123", "zone_id": str(UUID(int=1)), "curb_zone_id": str(UUID(int=2))},
         "check.place_missing", ""),
        ({"plate": "ABC-123", "curb_zone_id": str(UUID(int=2))}, "curb.zone_not_found",
         "/curb_zone_id"),
        ({"plate": "--", "place": {"lng": 24.9, "lat": 60.1}}, "check.plate_invalid", "/plate"),
        ({"plate": "A" * 17, "place": {"lng": 24.9, "lat": 60.1}}, "check.plate_invalid", "/plate"),
        ({"plate": "ABC-123", "place": {"lng": 24.9, "lat": 60.1},
          "at": "2026-05-12T10:02:00+03:00"}, "check.in_the_future", "/at"),
        ({"plate": "ABC-123", "place": {"lng": 240, "lat": 60.1}}, "request.invalid", "/place/lng"),
        ({"plate": "ABC-123", "at": "yesterday"}, "request.invalid", "/at"),
        ({"plate": 7}, "request.invalid", "/plate"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_refused_and_not_logged(officer, sent, code, pointer):
    answer = officer.post(CHECKS, sent, format="json")
    assert answer.status_code in (404, 422)
    assert (code, pointer) in problems(answer)
    assert not PlateCheck.objects.exists()


def test_a_check_takes_a_bounded_number_of_queries(
    officer, zone, van, django_assert_max_num_queries
):
    checked(officer, zone_id=str(zone.id))
    for minutes in range(1, 20):
        visit(van, zone, seconds(-60 * minutes), left_at=seconds(-60 * minutes + 5))
    with django_assert_max_num_queries(20):
        checked(officer, zone_id=str(zone.id))


def test_a_check_is_forgotten_after_ninety_days_some_at_a_time(officer, zone, van, monkeypatch):
    for _number in range(3):
        checked(officer, zone_id=str(zone.id))
    assert checks.forget_old(TUESDAY + timedelta(days=90)) == 0
    monkeypatch.setattr(checks, "FORGOTTEN_AT_ONCE", 2)
    too_old = TUESDAY + timedelta(days=90, microseconds=1)
    assert [checks.forget_old(too_old) for _round in range(3)] == [2, 1, 0]
    assert AuditEntry.objects.filter(action="plate.checked").count() == 3
