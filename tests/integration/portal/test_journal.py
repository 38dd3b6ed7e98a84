"""The journal of a finding, in words."""

from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from compliance.models import FindingJournal
from portal import evidence


def test_an_adjustment_is_told_in_city_time_and_a_dash_for_what_was_open():
    entry = FindingJournal(
        entry=FindingJournal.Entry.ADJUSTED,
        at=datetime(2026, 5, 12, 21, 30, tzinfo=UTC),
        before={"until_at": None},
        after={"until_at": "2026-05-12T21:16:39.414000+00:00"},
    )
    finding = SimpleNamespace(journal=SimpleNamespace(all=lambda: [entry]))

    (told,) = evidence.journal(finding, ZoneInfo("Europe/Helsinki"))

    assert told["at"] == "13 May 2026 00:30:00"
    assert told["note"] == "Ended: – → 13 May 2026 00:16:39"
