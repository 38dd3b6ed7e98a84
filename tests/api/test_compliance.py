from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from compliance.models import Finding, FindingJournal
from tests import factories
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

ZONE = UUID(int=7)


@pytest.fixture(autouse=True)
def _clock(domain_clock):
    """Domain time stands on TUESDAY."""


def finding(organisation, **changes):
    facts = {
        "id": uuid4(),
        "city": organisation.city,
        "organisation": organisation,
        "vehicle_id": UUID(int=1),
        "act_kind": "visit",
        "act_id": uuid4(),
        "zone_id": ZONE,
        "regulation_id": UUID(int=2),
        "version_id": UUID(int=3),
        "rule_row": 0,
        "rule_code": "heavy",
        "kind": "prohibited",
        "severity": "violation",
        "from_at": TUESDAY,
        "until_at": TUESDAY + timedelta(minutes=10),
        "seen_until_at": TUESDAY + timedelta(minutes=10),
        "seconds_over": 600,
        "opened_at": TUESDAY,
        "changed_at": TUESDAY,
        "evidence": {"grace_s": 30},
    }
    return Finding.objects.create(**(facts | changes))


def ids(client, **query):
    answer = client.get("/api/v1/findings", query)
    assert answer.status_code == 200, answer.content
    return [UUID(item["id"]) for item in answer.json()["items"]]


def test_a_carrier_sees_its_own_findings_and_the_city_all(api, carrier, other_carrier, hel_city):
    mine, theirs = finding(carrier), finding(other_carrier)
    assert ids(api(organisation=carrier)) == [mine.id]
    assert set(ids(api(organisation=hel_city))) == {mine.id, theirs.id}


def test_another_carriers_finding_is_not_there(api, carrier, other_carrier):
    theirs = finding(other_carrier)
    answer = api(organisation=carrier).get(f"/api/v1/findings/{theirs.id}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "request.not_found"


def test_another_citys_findings_are_not_there(api, hd_carrier, hel_city):
    theirs = finding(hd_carrier)
    assert ids(api(organisation=hel_city)) == []
    assert api(organisation=hel_city).get(f"/api/v1/findings/{theirs.id}").status_code == 404


def test_a_mandate_shows_the_principals_findings_until_it_is_revoked(api, carrier, tpl):
    mine = finding(carrier)
    mandate = factories.mandate(carrier, tpl, "findings:read")
    client = api(organisation=tpl)
    assert ids(client) == [mine.id]
    mandate.revoked_at = TUESDAY
    mandate.save()
    assert ids(client) == []
    assert client.get(f"/api/v1/findings/{mine.id}").status_code == 404


def test_a_mandate_for_one_vehicle_shows_that_vehicles_findings(api, carrier, tpl):
    shown = finding(carrier)
    finding(carrier, vehicle_id=UUID(int=9))
    factories.mandate(carrier, tpl, "findings:read", vehicle_ids=[UUID(int=1)])
    assert ids(api(organisation=tpl)) == [shown.id]


def test_findings_are_filtered_by_place_state_severity_and_time(api, carrier):
    hour = timedelta(hours=1)
    early = finding(carrier, from_at=TUESDAY - hour, severity="warning", kind="warning")
    late = finding(carrier, zone_id=UUID(int=8), state="withdrawn")
    client = api()
    assert ids(client) == [late.id, early.id]
    assert ids(client, zone=str(ZONE)) == [early.id]
    assert ids(client, state="withdrawn") == [late.id]
    assert ids(client, severity="warning") == [early.id]
    assert ids(client, **{"from": TUESDAY.isoformat()}) == [late.id]
    assert ids(client, to=TUESDAY.isoformat()) == [early.id]


def test_a_filter_that_means_nothing_is_refused(api):
    answer = api().get("/api/v1/findings", {"state": "guilty"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "state"


def test_pages_follow_each_other(api, carrier):
    made = [finding(carrier, from_at=TUESDAY - timedelta(minutes=n)) for n in range(3)]
    client = api()
    first = client.get("/api/v1/findings", {"limit": 2})
    assert [UUID(item["id"]) for item in first.json()["items"]] == [made[0].id, made[1].id]
    rest = client.get(first.json()["next"])
    assert [UUID(item["id"]) for item in rest.json()["items"]] == [made[2].id]


def test_a_finding_comes_with_its_evidence_and_its_journal(api, carrier):
    mine = finding(carrier)
    FindingJournal.objects.create(finding=mine, entry="opened", at=TUESDAY, after={"kind": "x"})
    read = api().get(f"/api/v1/findings/{mine.id}").json()
    assert read["evidence"] == {"grace_s": 30}
    assert [(entry["entry"], entry["after"]) for entry in read["journal"]] == [
        ("opened", {"kind": "x"})
    ]


def test_findings_need_a_token_with_their_scope(api, client, hel):
    assert client.get("/api/v1/findings").status_code == 401
    assert api({"events:write"}).get("/api/v1/findings").status_code == 403
