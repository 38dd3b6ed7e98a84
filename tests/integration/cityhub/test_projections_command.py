"""`./hub manage projections`: how consumers fare, rebuilding, and mending what stands still."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from accounts.models import StandingStill
from foundation import outbox
from foundation.models import AuditEntry, Checkpoint, DroppedRow
from kernel.identifiers import uuid7
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db


def projections(*arguments):
    """Return what the command prints."""
    out = io.StringIO()
    call_command("projections", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def figures(*arguments):
    return json.loads(projections("--json", *arguments).splitlines()[-1])


@pytest.fixture
def stopped(hel):
    return StandingStill.objects.create(
        consumer="curbs.check_in", shard=0, city_id=hel.id, subject_id=uuid7(), xid=0,
        after_id=uuid7(), row_id=uuid7(), event_id=uuid7(), event_type="stay.changed",
        event_at=TUESDAY, error="KeyError (curbs/consumers.py:30, consume)",
        first_failed_at=TUESDAY, failed_at=TUESDAY, retry_at=TUESDAY,
    )  # fmt: skip


def test_it_shows_how_far_each_consumer_is_behind_in_rows_and_seconds(hel, domain_clock):
    key = uuid7()
    for _ in range(3):
        outbox.add(city_id=hel.id, topic="stay.changed", key=key, payload={}, at=TUESDAY)
    domain_clock(TUESDAY + timedelta(seconds=90))
    by_name = {one["consumer"]: one for one in figures()["consumers"]}
    one = by_name["curbs.check_in"]
    assert (one["stream"], one["lag_rows"], one["lag_s"], one["stopped"]) == ("outbox", 3, 90, 0)
    assert [(s["lag_rows"], s["lag_s"]) for s in one["shards"]] == [(3, 90)]
    assert by_name["tracking.vehicles"]["lag_rows"] == 0


def test_it_shows_what_stands_still_and_what_keeps_a_shard(stopped, domain_clock):
    projections()  # makes the checkpoints
    Checkpoint.objects.filter(consumer="compliance.findings", shard=3).update(error="no answer")
    found = figures()
    assert [row["event_id"] for row in found["stopped"]] == [str(stopped.event_id)]
    assert found["xmin"]["age_s"] >= 0
    text = projections()
    assert f"stopped {stopped.id}: curbs.check_in" in text
    assert "no answer" in text


def test_it_retries_and_skips_in_the_name_of_the_city(stopped, domain_clock):
    assert figures("retry") == {"retry": [str(stopped.id)]}
    assert figures("skip", str(stopped.id)) == {"skip": [str(stopped.id)]}
    assert DroppedRow.objects.get().row_id == stopped.row_id
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["consumers.retried", "consumers.skipped"]
    with pytest.raises(CommandError, match="nothing stands still"):
        projections("skip", str(uuid7()))


def test_it_says_when_nothing_stands_still(hel, domain_clock):
    assert projections("retry") == "Nothing stands still.\n"
    assert figures("retry") == {"retry": []}


def test_progress_is_for_a_terminal_only(hel, domain_clock):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    file, terminal = io.StringIO(), Terminal()
    call_command("projections", "rebuild", stdout=io.StringIO(), stderr=file)
    call_command("projections", "rebuild", stdout=io.StringIO(), stderr=terminal)
    assert file.getvalue() == ""
    assert "\rtracking.vehicles: shard " in terminal.getvalue()


def test_it_rebuilds_by_name_or_all(hel, domain_clock):
    nothing = {"done": 0, "frozen": 0, "failed": 0}
    assert figures("rebuild") == {"tracking.facilities": nothing, "tracking.vehicles": nothing}
    assert figures("rebuild", "tracking.vehicles") == {"tracking.vehicles": nothing}
    with pytest.raises(CommandError, match="cannot be rebuilt"):
        projections("rebuild", "nobody")
