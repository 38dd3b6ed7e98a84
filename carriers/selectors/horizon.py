"""How far back the log reaches."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from carriers.models import RetiredPartition

POSITIONS = "carriers_position"
SLACK = timedelta(minutes=6)
MARGIN = timedelta(days=1)
"""What is folded anew starts from a snapshot before it; a vehicle that moves has one a day."""


def retired_until() -> datetime | None:
    """Return until when positions have left the log (by time of receipt); None: all are there."""
    rows = RetiredPartition.objects.filter(log=POSITIONS)
    return rows.aggregate(until=Max("ends_at"))["until"]


def foldable_since(now: datetime, retired: datetime | None) -> datetime:
    """Return the earliest effective time of which the log takes an event, whoever lets it in.

    What happened before cannot be folded: its surroundings have left the log, or are about to.
    It never goes back, also when positions are to be kept longer from now on.
    """
    due = now - timedelta(days=settings.HUB_POSITION_DAYS)
    return (due if retired is None else max(due, retired)) + MARGIN


def whole_since() -> datetime | None:
    """Return the effective time from which on the log holds all positions; None: all there were.

    What happened at t was not received before t − 5 min.
    """
    retired = retired_until()
    return None if retired is None else retired + SLACK
