"""Disputes in the portal: the carrier's form, the official's decision, and who may do what."""

import pytest
from django.urls import reverse

from compliance.models import Dispute
from tests.api.test_compliance import finding
from tests.factories import TUESDAY
from tests.zone_factories import zone
from zones.models import RegulationVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(carrier):
    return finding(carrier, state="confirmed", confirmed_at=TUESDAY)


@pytest.fixture
def disputed(mine):
    return Dispute.objects.create(
        finding=mine, reason="Sent by the police", opened_at=TUESDAY, decide_by_at=TUESDAY
    )


def page_of(row):
    return reverse("portal:finding", args=[row.pk])


def decide(client, dispute, **given):
    return client.post(reverse("portal:decide-dispute", args=[dispute.pk]), given)


def test_a_planner_disputes_a_finding_and_sees_what_was_said(as_person, carrier, mine):
    planner = as_person(carrier)
    assert "Dispute this finding" in planner.get(page_of(mine)).content.decode()
    path = reverse("portal:dispute-finding", args=[mine.pk])
    answer = planner.post(path, {"reason": "Sent by the police", "statement": "By hand <b>"})
    assert answer.status_code == 302
    shown = planner.get(page_of(mine)).content.decode()
    assert "Sent by the police" in shown
    assert "By hand &lt;b&gt;" in shown
    assert "Dispute this finding" not in shown
    assert Dispute.objects.get().state == "open"


def test_a_dispute_without_a_reason_is_asked_for_one_at_its_field(as_person, carrier, mine):
    path = reverse("portal:dispute-finding", args=[mine.pk])
    answer = as_person(carrier).post(path, {"reason": " ", "statement": "Kept"})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert '<a href="#reason">' in shown
    assert 'id="reason-error"' in shown
    assert "Kept</textarea>" in shown


def test_an_official_decides_and_the_finding_is_withdrawn(as_person, hel_city, mine, disputed):
    official = as_person(hel_city, "city_official")
    assert "Who is right?" in official.get(page_of(mine)).content.decode()
    answer = decide(official, disputed, outcome="upheld", reasons="We know of it.")
    assert answer.status_code == 302
    mine.refresh_from_db()
    disputed.refresh_from_db()
    assert (mine.state, disputed.state) == ("withdrawn", "upheld")
    assert "We know of it." in official.get(page_of(mine)).content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [({"reasons": "x"}, "outcome"), ({"outcome": "upheld", "reasons": " "}, "reasons")],
)
def test_a_decision_that_says_too_little_is_asked_for_the_rest(
    as_person, hel_city, disputed, given, field
):
    answer = decide(as_person(hel_city, "city_official"), disputed, **given)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    disputed.refresh_from_db()
    assert disputed.state == "open"


def test_a_dispute_of_a_provisional_finding_waits(as_person, hel_city, carrier):
    early = finding(carrier)
    dispute = Dispute.objects.create(
        finding=early, reason="No", opened_at=TUESDAY, decide_by_at=TUESDAY
    )
    official = as_person(hel_city, "city_official")
    assert "Who is right?" not in official.get(page_of(early)).content.decode()
    assert decide(official, dispute, outcome="upheld", reasons="x").status_code == 409


@pytest.mark.parametrize(
    ("whose", "role"), [("carrier", "carrier_planner"), ("hel_city", "enforcement_officer")]
)
def test_who_is_no_official_does_not_decide(as_person, request, disputed, whose, role):
    client = as_person(request.getfixturevalue(whose), role)
    assert "Who is right?" not in client.get(page_of(disputed.finding)).content.decode()
    assert decide(client, disputed, outcome="upheld", reasons="x").status_code == 403


def test_an_official_opens_no_dispute(as_person, hel_city, mine):
    path = reverse("portal:dispute-finding", args=[mine.pk])
    answer = as_person(hel_city, "city_official").post(path, {"reason": "x"})
    assert answer.status_code == 403
    assert not Dispute.objects.exists()


def test_another_carrier_reaches_neither_finding_nor_dispute_nor_evidence(
    as_person, other_carrier, mine, disputed
):
    stranger = as_person(other_carrier)
    assert stranger.get(page_of(mine)).status_code == 404
    assert stranger.get(reverse("portal:finding-evidence", args=[mine.pk])).status_code == 404
    path = reverse("portal:dispute-finding", args=[mine.pk])
    assert stranger.post(path, {"reason": "x"}).status_code == 404
    assert "Sent by the police" not in stranger.get(reverse("portal:disputes")).content.decode()


def test_the_official_of_another_city_finds_no_dispute(as_person, hd, disputed):
    from accounts.services import setup

    official = as_person(setup.city_organisation(hd), "city_official")
    assert decide(official, disputed, outcome="upheld", reasons="x").status_code == 404


def test_the_list_shows_what_waits_and_what_is_overdue(as_person, hel_city, disputed):
    official = as_person(hel_city, "city_official")
    shown = official.get(reverse("portal:disputes")).content.decode()
    assert "Sent by the police" in shown
    assert "overdue" in shown
    other = official.get(reverse("portal:disputes"), {"state": "upheld"}).content.decode()
    assert "Sent by the police" not in other


def test_the_evidence_is_a_pdf(as_person, carrier, mine):
    answer = as_person(carrier).get(reverse("portal:finding-evidence", args=[mine.pk]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")


def test_a_finding_is_told_in_the_language_of_the_reader(as_person, carrier, hel_city):
    rows = [{"what": {"effect": "prohibit"}, "who": {"fuel": ["diesel"]}}]
    place = zone(hel_city.city, rows=rows, west=24.94, south=60.17, side=0.01)
    version = RegulationVersion.objects.get(regulation__zone=place)
    row = finding(
        carrier,
        zone_id=place.pk,
        version_id=version.pk,
        sentence="No access: vehicles running on diesel.",
    )
    planner = as_person(carrier)
    assert "No access: vehicles running on diesel." in planner.get(page_of(row)).content.decode()
    for path in (page_of(row), reverse("portal:findings")):
        shown = planner.get(path, headers={"accept-language": "de"}).content.decode()
        assert "Keine Zufahrt: Fahrzeuge mit Diesel als Antrieb." in shown
