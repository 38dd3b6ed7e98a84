"""The page of what stands still: for the city's officials alone."""

import pytest
from django.urls import reverse

from accounts.models import StandingStill
from foundation.models import AuditEntry, DroppedRow
from kernel.identifiers import uuid7
from tests import fleet
from tests.factories import TUESDAY


def stopped(subject_id, city_id, consumer="curbs.check_in"):
    """Return a vehicle whose check-in stopped at a message."""
    return StandingStill.objects.create(
        consumer=consumer, shard=0, city_id=city_id, subject_id=subject_id, xid=0,
        after_id=uuid7(), row_id=uuid7(), event_id=uuid7(), event_type="stay.changed",
        event_at=TUESDAY, error="KeyError (curbs/consumers.py:30, consume)",
        first_failed_at=TUESDAY, failed_at=TUESDAY, retry_at=TUESDAY,
    )  # fmt: skip


@pytest.fixture
def row(carrier):
    return stopped(fleet.vehicle(carrier, "van-7").id, carrier.city_id)


def test_an_official_sees_who_stands_still_since_when_and_at_which_event(as_person, hel_city, row):
    page = as_person(hel_city, "city_official").get(reverse("portal:standing")).content.decode()
    for text in ("VAN-7", "Check-in at the curb", "stay.changed", str(row.event_id), "KeyError"):
        assert text in page


def test_neither_carriers_nor_officers_nor_another_city_see_it(
    as_person, carrier, hel_city, hd, row
):
    from accounts.services import setup

    assert as_person(carrier).get(reverse("portal:standing")).status_code == 403
    officer = as_person(hel_city, "enforcement_officer")
    assert officer.get(reverse("portal:standing")).status_code == 403
    abroad = as_person(setup.city_organisation(hd), "city_official")
    assert str(row.event_id) not in abroad.get(reverse("portal:standing")).content.decode()
    for name in ("portal:standing-retry", "portal:standing-skip"):
        assert abroad.post(reverse(name, args=[row.id])).status_code == 404
    assert abroad.get(reverse("portal:standing-skip", args=[row.id])).status_code == 404


def test_skipping_takes_two_steps_and_names_its_author(as_person, hel_city, row):
    official = as_person(hel_city, "city_official")
    address = reverse("portal:standing-skip", args=[row.id])
    assert "cannot be undone" in official.get(address).content.decode()
    assert not DroppedRow.objects.exists()
    assert official.post(address, follow=True).status_code == 200
    assert DroppedRow.objects.get().row_id == row.row_id
    entry = AuditEntry.objects.get(action="consumers.skipped")
    assert entry.user_id is not None
    assert entry.subject == str(row.subject_id)


def test_an_official_has_it_tried_again(as_person, hel_city, row):
    before = row.retry_at
    official = as_person(hel_city, "city_official")
    official.post(reverse("portal:standing-retry", args=[row.id]))
    row.refresh_from_db()
    assert row.retry_at > before
    assert AuditEntry.objects.filter(action="consumers.retried").count() == 1


def test_the_city_reads_retries_and_skips_by_api(api, hel_city, row):
    client = api(["consumers:mend"], hel_city)
    (item,) = client.get("/api/v1/consumers/stopped").json()["items"]
    assert (item["id"], item["subject_id"]) == (str(row.id), str(row.subject_id))
    assert "shard" not in item
    for verb in ("retry", "skip"):
        answer = client.post(
            f"/api/v1/consumers/stopped/{row.id}/{verb}", HTTP_IDEMPOTENCY_KEY=verb
        )
        assert answer.status_code == 200, answer.content
    path = f"/api/v1/consumers/stopped/{uuid7()}/retry"
    missing = client.post(path, HTTP_IDEMPOTENCY_KEY="no")
    assert (missing.status_code, missing.json()["code"]) == (404, "consumers.not_stopped")
