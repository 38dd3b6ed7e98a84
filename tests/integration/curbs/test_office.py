"""The curb in the back office, as an official works with it."""

import json

import pytest

from curbs.models import CurbLine, CurbPolicyVersion, CurbZone
from foundation.models import AuditEntry
from tests import curb_factories as make
from tests import factories

pytestmark = pytest.mark.django_db
LINE = {"type": "LineString", "coordinates": [[24.94, 60.168], [24.941, 60.168]]}


@pytest.fixture
def office(client, hel_city, domain_clock):
    client.force_login(factories.person(hel_city, "city_official"))
    return client


def add(office, kind, **fields):
    return office.post(f"/admin/curbs/{kind}/add/", fields, follow=False)


def test_every_list_opens(office, hel):
    make.zone(make.line(hel))
    for kind in ("curbline", "curbzone", "curbpolicyversion", "booking", "curbsession"):
        assert office.get(f"/admin/curbs/{kind}/").status_code == 200, kind


def test_an_official_draws_a_line_lays_a_zone_and_publishes_a_policy(office, hel):
    answer = add(
        office, "curbline", code="esplanadi-1", street_name="Esplanadi", side="N",
        geometry=json.dumps(LINE),
    )  # fmt: skip
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    line = CurbLine.objects.get(code="esplanadi-1")
    assert 55 < line.length_m < 56  # 0.001 degrees of longitude at 60.168 N
    zone = {
        "curb_line": str(line.id), "code": "E1", "name": "Bay", "from_m": "0", "to_m": "24",
        "slot_price": "50", "legal_from_0": "2026-05-12", "legal_from_1": "00:00:00",
    }  # fmt: skip
    assert add(office, "curbzone", **zone).status_code == 302
    made = CurbZone.objects.get(code="E1")
    policy = {
        "curb_zone": str(made.id), "title": "Loading", "slot_price": "80", "grace_s": "30",
        "rows": json.dumps([{"what": {"effect": "require_booking"}}]), "vacate_by_s": "0",
        "bookable": "on", "legal_from_0": "2026-05-13", "legal_from_1": "00:00:00",
    }  # fmt: skip
    answer = add(office, "curbpolicyversion", **policy)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert CurbPolicyVersion.objects.get(number=2).slot_price == 80
    actions = AuditEntry.objects.order_by("at", "id").values_list("action", flat=True)
    assert list(actions) == ["curb_line.drawn", "curb_zone.laid", "curb_policy.published"]


def test_a_zone_over_another_one_is_refused_in_the_form(office, hel):
    line = make.line(hel)
    make.zone(line, 0, 30)
    zone = {
        "curb_line": str(line.id), "code": "E2", "name": "Bay", "from_m": "20", "to_m": "40",
        "slot_price": "0", "legal_from_0": "2026-05-12", "legal_from_1": "00:00:00",
    }  # fmt: skip
    answer = add(office, "curbzone", **zone)
    assert answer.status_code == 200
    assert "Another curb zone covers these metres" in answer.content.decode()


def test_what_was_laid_down_is_shown_and_not_changed(office, hel):
    zone = make.zone(make.line(hel))
    for kind, row in (("curbline", zone.curb_line), ("curbzone", zone)):
        page = office.get(f"/admin/curbs/{kind}/{row.pk}/change/")
        assert page.status_code == 200
        assert 'name="_save"' not in page.content.decode()
