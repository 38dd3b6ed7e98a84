"""Files of rules as jobs: a small one at once, a large one page by page, and both say the same."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.urls import reverse

from foundation import jobs, ticks
from foundation.models import AuditEntry
from tests import factories
from tests.factories import TUESDAY
from zones.imports import RuleImport
from zones.models import AccessZone, RegulationVersion
from zones.services import importing, rule_imports

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(domain_clock):
    """Domain time stands on TUESDAY."""


@pytest.fixture
def official(hel_city):
    return factories.actor_of(hel_city)


def zones_of_schema_zfe(*names):
    """Return a file with a zone of 111 m by 55 m for each name, one beside the other."""
    features = []
    for number, name in enumerate(names):
        west = 24.9 + number / 500
        ring = [[west, 60.16], [west + 1e-3, 60.16], [west + 1e-3, 60.161], [west, 60.161],
                [west, 60.16]]  # fmt: skip
        facts = {"id": name, "date_debut": "2026-06-01", "vul_critair": "V4"}
        square = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": facts, "geometry": square})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


SEVEN = zones_of_schema_zfe("a", "b", "c", "d", "a", "e", "b")  # five, two of them twice


def ask(official, content=SEVEN, **changes):
    facts = {"name": "rules.json", "form": "zfe", "now": TUESDAY}
    return rule_imports.ask(actor=official, content=content, **(facts | changes))


def outcomes(job):
    found = rule_imports.report(job)
    return [item["outcome"] for item in found.items], importing.counts(found)


def worked_off(job):
    """Return an import after the tick has taken page after page, and how far each came."""
    steps = []
    while job.running:
        assert rule_imports.advance(job.id, now=TUESDAY) is not None
        job.refresh_from_db()
        steps.append((job.looked_at, job.total))
    return job, steps


def test_a_small_file_is_taken_at_once(official):
    job = ask(official)
    assert job.state == "done"
    assert bytes(job.content) == b""
    assert AccessZone.objects.count() == 5
    assert AuditEntry.objects.filter(action="zones.rules_imported").count() == 1


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_large_file_is_taken_by_the_tick_page_by_page_and_reports_what_a_small_one_does(
    official, monkeypatch, dry_run
):
    at_once = ask(official, dry_run=True)
    monkeypatch.setattr(rule_imports, "SMALL", 10)
    monkeypatch.setattr(rule_imports, "PAGE", 3)
    job = ask(official, dry_run=dry_run)
    assert (job.state, job.looked_at) == ("computing", 0)
    assert not AccessZone.objects.exists()
    assert rule_imports.advance(job.id, now=TUESDAY).looked_at == 3
    assert AccessZone.objects.count() == (0 if dry_run else 3)  # each page commits
    done, steps = worked_off(job)
    assert steps == [(6, 7), (7, 7)]
    assert done.state == "done"
    assert outcomes(done) == outcomes(at_once)
    assert outcomes(done)[0] == ["taken"] * 4 + ["unchanged", "taken", "unchanged"]
    assert AccessZone.objects.count() == (0 if dry_run else 5)
    assert RegulationVersion.objects.count() == (0 if dry_run else 5)
    assert rule_imports.advance(job.id, now=TUESDAY) is None


def test_the_api_answers_202_with_the_place_that_says_how_far_it_is(api, hel_city, monkeypatch):
    monkeypatch.setattr(rule_imports, "SMALL", 10)
    monkeypatch.setattr(rule_imports, "PAGE", 4)
    monkeypatch.setattr(rule_imports, "PAGES_A_TICK", 1)
    client = api(organisation=hel_city)
    answer = client.generic("POST", "/api/v1/rules/imports?standard=zfe", SEVEN, "application/json")
    assert answer.status_code == 202
    assert answer.json()["state"] == "computing"
    rule_imports.go_on(TUESDAY)
    half = client.get(answer["Location"]).json()
    assert (half["looked_at"], half["total"], len(half["items"])) == (4, 7, 4)
    ticks.tick(TUESDAY, strict=True)
    whole = client.get(answer["Location"]).json()
    assert (whole["state"], whole["zones"], len(whole["items"])) == ("done", 5, 7)


def test_the_page_shows_how_far_it_is_and_then_the_report(client, hel_city, monkeypatch):
    monkeypatch.setattr(rule_imports, "SMALL", 10)
    monkeypatch.setattr(rule_imports, "PAGE", 4)
    client.force_login(factories.person(hel_city, "city_official"))
    from django.core.files.uploadedfile import SimpleUploadedFile

    sent = {"file": SimpleUploadedFile("rules.json", SEVEN), "standard": "zfe", "do": "write"}
    answer = client.post(reverse("portal:import-rules"), sent)
    job = RuleImport.objects.get()
    assert answer["Location"] == reverse("portal:rule-import", args=[job.id])
    part = reverse("portal:import-part", args=[job.id])
    assert f'hx-get="{part}"' in client.get(answer["Location"]).content.decode()
    rule_imports.advance(job.id, now=TUESDAY)
    text = client.get(part).content.decode()
    assert "4 of 7 zones of the file have been taken." in text
    assert '<progress max="7" value="4"' in text
    rule_imports.advance(job.id, now=TUESDAY)
    text = client.get(part).content.decode()
    assert "hx-get" not in text
    assert "zones drawn: <strong>5</strong>" in text


def test_an_import_is_the_citys_alone(client, official, hd, carrier):
    from accounts.services import setup

    job = ask(official)
    for person in (
        factories.person(setup.city_organisation(hd), "city_official"),
        factories.person(carrier),
    ):
        client.force_login(person)
        for name in ("rule-import", "import-part"):
            assert client.get(reverse(f"portal:{name}", args=[job.id])).status_code in (403, 404)


def test_a_job_that_breaks_has_failed_and_lets_the_others_pass(official, monkeypatch):
    monkeypatch.setattr(rule_imports, "SMALL", 10)
    broken, sound = ask(official, b'{"broken": 1}'), ask(official, now=TUESDAY + timedelta(1))
    real = rule_imports.advance

    def advance(job_id, *, now):
        if job_id == broken.id:
            raise ZeroDivisionError
        return real(job_id, now=now)

    assert jobs.go_on(RuleImport, advance, pages=3, now=TUESDAY) == 2
    states = dict(RuleImport.objects.values_list("id", "state"))
    assert states == {broken.id: "failed", sound.id: "done"}


def test_a_job_that_met_with_trouble_of_the_database_is_tried_again(official, monkeypatch):
    monkeypatch.setattr(rule_imports, "SMALL", 10)
    job = ask(official)

    def advance(job_id, *, now):
        raise OperationalError

    with pytest.raises(OperationalError):
        jobs.go_on(RuleImport, advance, pages=3, now=TUESDAY)
    job.refresh_from_db()
    assert job.running


def test_reports_are_kept_for_thirty_days(official):
    ask(official, dry_run=True)
    assert rule_imports.forget_old(TUESDAY + timedelta(days=30)) == 0
    assert rule_imports.forget_old(TUESDAY + timedelta(days=30, seconds=1)) == 1
    assert not RuleImport.objects.exists()
