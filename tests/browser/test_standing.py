"""What stands still: an official skips an event by keyboard alone."""

import pytest

from accounts.models import StandingStill
from foundation.models import DroppedRow
from kernel.identifiers import uuid7
from tests import fleet

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_official_skips_the_event_that_a_vehicle_stopped_at(town, people, axe, shoot):
    for number, (subject, consumer) in enumerate(
        [(town.van.id, "tracking.vehicles"), (uuid7(), "curbs.check_in")]
    ):
        StandingStill.objects.create(
            consumer=consumer, shard=0, city_id=town.van.city_id, subject_id=subject, xid=0,
            after_id=uuid7(), row_id=uuid7(), event_id=uuid7(), event_type="telemetry.position",
            event_at=fleet.minutes(-30), error="ValueError (tracking/rules/motion.py:57, feed)",
            failures=3 + number, first_failed_at=fleet.minutes(-20 - number),
            failed_at=fleet.minutes(-5), retry_at=fleet.minutes(5),
        )  # fmt: skip
    page = people(town.official)
    page.goto(f"{page.base}/standing/")
    assert axe(page) == []
    shoot(page, "standing")

    row = page.get_by_role("row").filter(has_text=town.van.plate)
    row.get_by_role("link", name="Skip").press("Enter")
    page.get_by_role("heading", name="Skip this event?").wait_for()
    assert axe(page) == []
    shoot(page, "standing-skip")
    page.get_by_role("button", name="Skip this event").press("Enter")
    page.get_by_text("The event is skipped.").wait_for()
    assert axe(page) == []
    assert DroppedRow.objects.count() == 1
