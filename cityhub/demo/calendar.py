"""When the demo plays: a fixed working Tuesday in Helsinki."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Helsinki")
MIDNIGHT = datetime(2026, 9, 15, tzinfo=ZONE)
EVE = MIDNIGHT - timedelta(hours=12)


def at(seconds: float) -> datetime:
    """Domain time at seconds of the demo day (no change of the clocks lies near)."""
    return MIDNIGHT + timedelta(seconds=round(seconds, 1))


def seconds(instant: datetime) -> float:
    """Seconds of the demo day at an instant; the inverse of `at`."""
    return (instant - MIDNIGHT).total_seconds()
