"""Reports over HTTP: who sees which counts, and that they are the findings behind them."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.models import Finding
from reports.models import FindingCount
from reports.services import counting
from roads.models import SegmentSpeed, Street
from tests import factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db
COMPLIANCE, CONGESTION = "/api/v1/reports/compliance", "/api/v1/reports/congestion"
DAYS = {"from": "2026-05-12", "to": "2026-05-13"}


@pytest.fixture(autouse=True)
def _tuesday(domain_clock):
    """Domain time stands on TUESDAY."""


def finding(carrier, *, after_min=0, **changes):
    began = TUESDAY + timedelta(minutes=after_min)
    facts = {
        "id": uuid4(),
        "city": carrier.city,
        "organisation": carrier,
        "vehicle_id": uuid4(),
        "act_kind": "visit",
        "act_id": uuid4(),
        "zone_id": ZONE,
        "regulation_id": RULE,
        "version_id": uuid4(),
        "rule_row": 0,
        "rule_code": "no-diesel",
        "kind": "prohibited",
        "severity": "violation",
        "from_at": began,
        "until_at": began + timedelta(minutes=5),
        "seen_until_at": began + timedelta(minutes=5),
        "seconds_over": 300,
        "opened_at": began,
        "changed_at": began,
    }
    row = Finding.objects.create(**(facts | changes))
    counting.count(city=carrier.city, finding_ids=[row.id])
    return row


ZONE, RULE = uuid4(), uuid4()


def read(organisation, **query):
    return factories.api_client(organisation).get(COMPLIANCE, DAYS | query).json()


def test_findings_are_counted_by_zone_with_states_and_seconds(carrier, hel_city):
    finding(carrier)
    finding(carrier, state="confirmed", confirmed_at=TUESDAY)
    finding(carrier, severity="warning", kind="warning")
    finding(carrier, state="withdrawn")
    report = read(hel_city)
    (line,) = report["items"]
    assert line["key"] == str(ZONE)
    counted = {k: line[k] for k in ("violations", "warnings", "provisional", "confirmed")}
    assert counted == {"violations": 2, "warnings": 1, "provisional": 2, "confirmed": 1}
    assert report["totals"]["seconds_over"] == 900


def test_a_carrier_sees_its_own_and_the_city_all(carrier, other_carrier, hel_city):
    finding(carrier)
    finding(other_carrier)
    assert [i["label"] for i in read(carrier, by="carrier")["items"]] == [carrier.name]
    assert len(read(hel_city, by="carrier")["items"]) == 2


def test_a_mandate_shows_the_principals_counts(carrier, other_carrier):
    finding(carrier)
    assert read(other_carrier)["items"] == []
    factories.mandate(carrier, other_carrier, "reports:read")
    assert read(other_carrier)["totals"]["violations"] == 1


def test_by_hour_every_hour_of_the_local_day_has_a_row(carrier, hel_city):
    finding(carrier)  # ten in the morning in Helsinki
    items = read(hel_city, by="hour")["items"]
    assert [i["key"] for i in items] == [str(hour) for hour in range(24)]
    assert [i["violations"] for i in items if i["violations"]] == [1]
    assert items[10]["violations"] == 1


def test_a_row_leads_to_the_findings_behind_it(carrier, hel_city):
    mine = finding(carrier)
    finding(carrier, after_min=120)
    finding(carrier, state="withdrawn")
    client = factories.api_client(hel_city)
    for by, expected in {
        "zone": 2,
        "carrier": 2,
        "rule": 2,
        "kind": 2,
        "day": 2,
        "hour": 1,
    }.items():
        items = client.get(COMPLIANCE, DAYS | {"by": by}).json()["items"]
        line = next(i for i in items if i["violations"])
        found = client.get(line["findings_url"]).json()["items"]
        assert len(found) == expected == line["violations"], by
        assert str(mine.id) in [f["id"] for f in found], by


def test_counting_a_change_moves_the_finding_and_repeating_it_changes_nothing(carrier, hel_city):
    row = finding(carrier)
    row.state, row.confirmed_at, row.seconds_over = "confirmed", TUESDAY, 400
    row.save()
    for _ in range(3):
        counting.count(city=carrier.city, finding_ids=[row.id])
    (line,) = read(hel_city)["items"]
    assert (line["violations"], line["provisional"], line["confirmed"]) == (1, 0, 1)
    assert line["seconds_over"] == 400


def test_counts_kept_from_news_equal_counts_made_anew(carrier, other_carrier):
    rows = [finding(c, after_min=m) for c in (carrier, other_carrier) for m in (0, 61, 122)]
    for row in rows[::2]:
        row.state = "withdrawn"
        row.save()
        counting.count(city=carrier.city, finding_ids=[row.id])

    def cells():
        kept = FindingCount.objects.exclude(findings=0)
        return sorted(kept.values_list("hour", "organisation_id", "state", "findings", "seconds"))

    before = cells()
    counting.recount(city=carrier.city)
    assert cells() == before


def test_a_report_costs_one_query_of_counts_however_many_findings(carrier, hel_city):
    for minute in range(20):
        finding(carrier, after_min=minute)
    client = factories.api_client(hel_city)
    client.get(COMPLIANCE, DAYS)
    with CaptureQueriesContext(connection) as queries:
        client.get(COMPLIANCE, DAYS)
    assert len([q for q in queries if "reports_" in q["sql"]]) == 1
    assert not [q for q in queries if "compliance_finding" in q["sql"]]


def test_csv_has_a_header_and_the_same_rows(carrier, hel_city):
    finding(carrier)
    client = factories.api_client(hel_city)
    answer = client.get(COMPLIANCE, DAYS | {"by": "rule", "format": "csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["label"], row["violations"]) == ("no-diesel", "1")


def test_days_out_of_order_or_unreadable_are_refused(hel_city):
    client = factories.api_client(hel_city)
    answer = client.get(COMPLIANCE, {"from": "2026-05-13", "to": "2026-05-12"})
    assert (answer.status_code, answer.json()["code"]) == (422, "reports.period_invalid")
    answer = client.get(COMPLIANCE, {"from": "yesterday"})
    assert answer.json()["errors"][0]["parameter"] == "from"


def speed(city, way_id, minute, samples, mps):
    SegmentSpeed.objects.create(
        city=city,
        way_id=way_id,
        quarter_at=TUESDAY + timedelta(minutes=minute),
        samples=samples,
        sum_mmps=round(samples * mps * 1000),
    )


@pytest.fixture
def streets(hel):
    for way_id, free in ((1, 10.0), (2, 14.0)):
        Street.objects.create(
            city=hel,
            way_id=way_id,
            name="Mannerheimintie",
            street_class="primary",
            drivable=True,
            length_m=100,
            free_flow_mps=free,
            geometry="SRID=4326;LINESTRING(24.94 60.16, 24.95 60.16)",
            drawn="SRID=3857;LINESTRING(0 0, 1 1)",
        )
    speed(hel, 1, 0, 3, 5.0)
    speed(hel, 2, 0, 1, 9.0)
    speed(hel, 1, 15, 2, 10.0)


def test_speeds_of_a_street_are_weighed_by_measurements_against_free_flow(hel_city, streets):
    client = factories.api_client(hel_city)
    items = client.get(CONGESTION, {"on": "2026-05-12"}).json()["items"]
    # (3 x 5 + 9) / 4 = 6 m/s = 21.6 km/h; free flow (3 x 10 + 14) / 4 = 11 m/s; 11 / 6 = 1.83
    assert items[0] == {
        "street": "Mannerheimintie",
        "quarter_at": "2026-05-12T10:00:00+03:00",
        "samples": 4,
        "mean_kmh": 21.6,
        "free_flow_kmh": 39.6,
        "delay_index": 1.83,
    }
    assert items[1]["delay_index"] == 1.0


def test_by_street_a_day_is_one_row(hel_city, streets):
    client = factories.api_client(hel_city)
    (line,) = client.get(CONGESTION, {"on": "2026-05-12", "by": "street"}).json()["items"]
    assert (line["samples"], line["quarter_at"]) == (6, None)
    assert client.get(CONGESTION, {"on": "2026-05-13"}).json()["items"] == []


def test_speeds_of_all_carriers_are_the_citys_alone(carrier, streets):
    answer = factories.api_client(carrier).get(CONGESTION)
    assert (answer.status_code, answer.json()["code"]) == (403, "reports.city_only")


def test_the_page_opens_on_the_last_day_that_was_measured(hel_city, streets, client):
    client.force_login(factories.person(hel_city, "city_official"))
    speed(hel_city.city, 1, -24 * 60, 3, 5.0)
    SegmentSpeed.objects.filter(quarter_at__gte=TUESDAY).delete()  # the clock stands on Tuesday
    page = client.get("/reports/congestion/").content.decode()
    assert 'value="2026-05-11"' in page
    assert "Mannerheimintie" in page
