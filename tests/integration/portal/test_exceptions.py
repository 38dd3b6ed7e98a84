"""The pages of service exceptions: words, filters, file, tenants."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse

from kernel.identifiers import uuid7
from tests import factories, fleet
from tests.factories import TUESDAY
from tracking.models import ServiceException, UnresolvedReference

pytestmark = pytest.mark.django_db

LIST, FILE = "portal:exceptions", "portal:exceptions-file"


@pytest.fixture
def page(client, domain_clock):
    """Return `page(organisation, name, **query)`: what somebody of it reads there."""

    def read(organisation, name=LIST, **query):
        role = "city_official" if organisation.kind == "city" else "carrier_planner"
        client.force_login(factories.person(organisation, role))
        answer = client.get(reverse(name), query)
        assert answer.status_code == 200
        return answer.content.decode()

    return read


def exception(organisation, ref, kind, detail="", **members):
    van = fleet.vehicle(organisation, ref)
    facts = {
        "started_at": TUESDAY,
        "ended_at": TUESDAY + timedelta(minutes=20),
        "first_event_id": uuid7(),
        "touched_at": TUESDAY,
        "city_id": organisation.city_id,
        "organisation_id": organisation.id,
        "subject_id": van.id,
        "vehicle_id": van.id,
    }
    return ServiceException.objects.create(id=uuid7(), kind=kind, detail=detail, **facts | members)


@pytest.mark.parametrize(
    ("kind", "detail", "facts", "open_", "sentence"),
    [
        ("late", "", {"late_s": 300}, False, "Arrived 5 min 00 s after the window had ended."),
        ("silent_vehicle", "", {"limit_s": 900, "lasted_s": 1200}, False, "Said nothing for 20"),
        ("silent_vehicle", "", {"limit_s": 900}, True, "Has said nothing for more than 15 min"),
        ("dwell_spike", "", {"limit_s": 1800, "lasted_s": 2400}, False, "At the stop for 40 min"),
        ("dwell_spike", "", {"limit_s": 1800}, True, "At the stop for more than 30 min"),
        ("missing_scan", "outcome", {}, False, "nothing says what came of it"),
        ("missing_scan", "departure", {}, False, "nothing says when it left the stop"),
        ("misload", "not_loaded", {"units": ["sscc:9"]}, False, "never loaded for the trip: ssc"),
        ("misload", "load_mismatch", {"expected": 5, "counted": 4}, False, "4 units where 5"),
        ("misload", "load_mismatch", {"expected": None, "counted": None}, True, "The load is not"),
        ("out_of_sequence", "stop_seq", {"stop_seq": 4, "after": 5}, False, "Stop 4 was reached"),
        ("out_of_sequence", "gate_out_unverified", {}, False, "before its load was verified"),
        ("out_of_sequence", "delivered_twice", {"units": ["sscc:1"]}, False, "second time: sscc:1"),
        (
            "out_of_sequence", "unit_step", {"unit": "sscc:1", "step": "ooh.ready", "after": ""},
            False, "sscc:1: ooh.ready does not follow",
        ),
        (
            "out_of_sequence", "trip_step", {"step": "trip.paused", "after": "ended"},
            False, "trip.paused, when the trip was already ended.",
        ),
    ],
)  # fmt: skip
def test_every_exception_is_told_in_a_sentence(page, carrier, kind, detail, facts, open_, sentence):
    ended = {"ended_at": None} if open_ else {}
    exception(carrier, "van-1", kind, detail, facts=facts, **ended)
    text = page(carrier)
    assert sentence in text
    assert "VAN-1" in text


def test_a_carrier_sees_its_own_and_the_city_all(page, carrier, other_carrier, hel_city):
    exception(carrier, "van-1", "late", facts={"late_s": 60})
    exception(other_carrier, "truck-1", "late", facts={"late_s": 60})
    text = page(carrier)
    assert "VAN-1" in text
    assert "TRUCK-1" not in text
    text = page(hel_city)
    assert "VAN-1" in text
    assert "TRUCK-1" in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"kind": "late"}, True),
        ({"kind": "misload"}, False),
        ({"open": "true"}, False),
        ({"open": "false"}, True),
        ({"on": "2026-05-12"}, True),
        ({"on": "2026-05-11"}, False),
        ({"vehicle": "nobody"}, False),
        ({"on": "tomorrow"}, False),
    ],
)
def test_filters_narrow_the_page_and_the_file_alike(page, carrier, query, shown):
    exception(carrier, "van-1", "late", facts={"late_s": 60})
    assert ("VAN-1" in page(carrier, **query)) is shown
    assert ("VAN-1" in page(carrier, FILE, **query)) is shown


def test_the_file_is_a_table_whose_cells_are_no_formulas(page, carrier):
    row = exception(carrier, "=van", "late", facts={"late_s": 60})
    (line,) = csv.DictReader(io.StringIO(page(carrier, FILE)))
    assert line["id"] == str(row.id)
    assert line["started_at"] == "2026-05-12T07:00:00+00:00"
    assert line["sentence"] == "Arrived 1 min 00 s after the window had ended."
    assert not line["vehicle"].startswith("=")


def test_a_page_costs_the_same_queries_however_long_it_is(
    client, carrier, domain_clock, django_assert_max_num_queries
):
    client.force_login(factories.person(carrier))
    for number in range(3):
        exception(carrier, f"van-{number}", "late", facts={"late_s": 60})
    with django_assert_max_num_queries(20) as few:
        client.get(reverse(LIST))
    for number in range(3, 40):
        exception(carrier, f"van-{number}", "late", facts={"late_s": 60})
    with django_assert_max_num_queries(len(few)):
        client.get(reverse(LIST))


def test_names_that_lead_nowhere_are_shown_to_their_sender(page, carrier, other_carrier):
    van = fleet.vehicle(carrier, "van-1")
    UnresolvedReference.objects.create(
        id=uuid7(),
        city_id=carrier.city_id,
        organisation_id=carrier.id,
        subject_id=van.id,
        vehicle_id=van.id,
        touched_at=TUESDAY,
        kind="curb",
        name="bay-9",
        event_id=uuid7(),
        event_type="curb.checked_in",
        said_at=TUESDAY,
    )
    text = page(carrier, "portal:references")
    assert "bay-9" in text
    assert "curb.checked_in" in text
    assert "bay-9" not in page(other_carrier, "portal:references")


def test_the_control_tower_counts_what_began_today_and_what_lasts(page, carrier):
    exception(carrier, "van-1", "late", facts={"late_s": 60})
    exception(carrier, "van-2", "silent_vehicle", ended_at=None, facts={"limit_s": 900})
    text = page(carrier, "portal:tower-figures")
    assert "today; 1 last now" in text
