"""Speeds that vehicles drove, kept as sums by way and quarter of an hour."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

QUARTER = timedelta(minutes=15)


class SpeedSample(NamedTuple):
    """A vehicle drove `speed_mps` on the way at an instant."""

    way_id: int
    at: datetime
    speed_mps: float


def record_speeds(*, city_id: UUID, samples: Iterable[SpeedSample], sign: int = 1) -> int:
    """Add samples to the sums of their quarters of an hour; return how many quarters changed.

    Runs in the caller's transaction, the one that moves its checkpoint: so a batch counts once.
    With `sign=-1` samples are taken back, for a caller that derives them anew. Sums are integers
    (mm/s): the order of arrival leaves no trace. Rows are written in key order, which keeps two
    callers from waiting for each other. A quarter of which nothing is left is no row.
    """
    sums: dict[tuple[datetime, int], list[int]] = defaultdict(lambda: [0, 0])
    for way_id, at, speed_mps in samples:
        entry = sums[quarter_of(at), way_id]
        entry[0] += sign
        entry[1] += sign * round(speed_mps * 1000)
    if not sums:
        return 0
    rows = [
        {"quarter_at": at, "way_id": way, "samples": count, "sum_mmps": total}
        for (at, way), (count, total) in sorted(sums.items())
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [city_id, msgspec.json.encode(rows).decode()])
    if sign < 0:
        _drop_empty(city_id, list(sums))
    return len(rows)


_ADD = """
INSERT INTO roads_segmentspeed (city_id, quarter_at, way_id, samples, sum_mmps)
SELECT %s, quarter_at, way_id, samples, sum_mmps
FROM json_to_recordset(%s)
     AS added(quarter_at timestamptz, way_id bigint, samples int, sum_mmps bigint)
ORDER BY quarter_at, way_id
ON CONFLICT (city_id, quarter_at, way_id) DO UPDATE
SET samples = roads_segmentspeed.samples + excluded.samples,
    sum_mmps = roads_segmentspeed.sum_mmps + excluded.sum_mmps
"""


def quarter_of(at: datetime) -> datetime:
    """Return the start of the quarter of an hour that contains `at`."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def _drop_empty(city_id: UUID, cells: list[tuple[datetime, int]]) -> None:
    """Delete the rows of quarters and ways of which nothing is left."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM roads_segmentspeed USING unnest(%s::timestamptz[], %s::bigint[])"
            " AS asked(at, way) WHERE city_id = %s AND quarter_at = asked.at"
            " AND way_id = asked.way AND samples = 0",
            [[at for at, _ in cells], [way for _, way in cells], city_id],
        )
