"""Reads of the event log: the stream for consumers, and one subject's live events."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from foundation import bulk, streams
from foundation.streams import Cursor

_SHARED = (
    "id, xid::text::bigint AS xid_number, shard, city_id, subject_id, sender_id, event_id,"
    " occurred_at, effective_at, received_at, lateness, trip_id, session_id, seq, lng, lat,"
    " accuracy_m, speed_mps, heading_deg, payload::text AS payload"
)
_POSITION = (
    f"{_SHARED}, 'telemetry.position' AS event_type, 'actual' AS classifier,"
    " subject_id AS vehicle_id, NULL::uuid AS stop_id, NULL::uuid AS facility_id,"
    " NULL::uuid AS voids_event_id, NULL::timestamptz AS voids_effective_at"
)
_EVENT = (
    f"{_SHARED}, event_type, classifier, vehicle_id, stop_id, facility_id, voids_event_id,"
    " voids_effective_at"
)

_COLUMNS = {"carriers_position": _POSITION, "carriers_event": _EVENT}


class LogEvent(msgspec.Struct, gc=False):
    """One row of the log. `vehicle_id` is None where the subject is a facility."""

    id: UUID
    xid: int
    shard: int
    city_id: UUID
    subject_id: UUID
    sender_id: UUID
    event_id: UUID
    occurred_at: datetime
    effective_at: datetime
    received_at: datetime
    lateness: str
    trip_id: UUID | None
    session_id: str | None
    seq: int | None
    lng: float | None
    lat: float | None
    accuracy_m: float | None
    speed_mps: float | None
    heading_deg: float | None
    payload: dict[str, Any]
    event_type: str
    classifier: str
    vehicle_id: UUID | None
    stop_id: UUID | None
    facility_id: UUID | None
    voids_event_id: UUID | None
    voids_effective_at: datetime | None

    @property
    def meaning(self) -> tuple[datetime, str, int, str]:
        """Return the place in the order of meaning."""
        seq = -1 if self.seq is None else self.seq
        return self.effective_at, self.session_id or "", seq, self.event_id.hex


class EventStream:
    """The log as a stream: positions and other events in one order of commit."""

    name = "events"
    tables: tuple[str, ...] = ("carriers_position", "carriers_event")

    def read(
        self, *, after: dict[int, Cursor], limit: int, topics: frozenset[str] = frozenset()
    ) -> list[LogEvent]:
        """Return the first `limit` rows of some shards, each after its cursor, ordered by
        (xid, id). The log has no topics."""
        behind = (
            "one.shard = c.shard AND (one.xid, one.id) > (c.xid, c.id)"
            f" AND one.xid < {streams.HORIZON}"
        )
        each = f"{streams.AFTER} CROSS JOIN LATERAL"
        return self._read(behind, streams.places(after), limit, each)

    def read_subject(
        self, *, shard: int, subject: UUID, after: Cursor, upto: Cursor, limit: int
    ) -> list[LogEvent]:
        """Return at most `limit` rows of one subject after a cursor and up to another."""
        between = (
            "subject_id = %s AND shard = %s AND (xid, id) > (%s::xid8, %s)"
            " AND (xid, id) <= (%s::xid8, %s)"
        )
        place = [subject, shard, str(after.xid), after.id, str(upto.xid), upto.id]
        return self._read(between, place, limit)

    def _read(self, where: str, values: list[Any], limit: int, each: str = "") -> list[LogEvent]:
        """Return rows under a condition (on `one`, for each row of another table where there is
        one), merged in the order of commit."""
        parts = " UNION ALL ".join(
            f"SELECT found.* FROM {each} (SELECT {_COLUMNS[table]} FROM {table} one WHERE {where}"
            " ORDER BY xid, id LIMIT %s) found"
            for table in self.tables
        )
        with bulk.binary_cursor() as cursor:
            cursor.execute(
                f"{parts} ORDER BY xid_number, id LIMIT %s",
                [*[*values, limit] * len(self.tables), limit],
                binary=True,
            )
            return [_event(row) for row in cursor.fetchall()]

    def subject_of(self, row: LogEvent) -> UUID:
        """Return the vehicle or facility that an event is about."""
        return row.subject_id

    def told(self, row: LogEvent) -> tuple[str, UUID, datetime]:
        """Return type, id and effective time of an event."""
        return row.event_type, row.event_id, row.effective_at

    def pending(self, *, after: dict[int, Cursor]) -> dict[int, int]:
        """Return how many rows lie behind the cursor of each shard, where there are any."""
        return streams.pending([(self.tables, after)])[0]

    def oldest(self, *, after: dict[int, Cursor]) -> dict[int, datetime]:
        """Return when the first row behind the cursor of each shard was received."""
        found: dict[int, datetime] = {}
        for table in self.tables:
            for shard, at in streams.oldest_in(table, "received_at", after).items():
                found[shard] = min(at, found.get(shard, at))
        return found


class StatementStream(EventStream):
    """The log without positions, for who does not ask where vehicles are."""

    name = "statements"
    tables = ("carriers_event",)


def subject_events(
    *, city_id: UUID, subject_id: UUID, start: datetime, end: datetime | None = None
) -> list[LogEvent]:
    """Return the live events of a subject in [start, end), in the order of meaning."""
    found = events_since({subject_id: start}, until=end)
    rows = [row for row in found if row.city_id == city_id]
    return live(rows, voided_among(rows))


def events_since(
    starts: dict[UUID, datetime | None],
    *,
    until: datetime | None = None,
    upto: Cursor | None = None,
) -> list[LogEvent]:
    """Return the events of subjects that happened at or after the start given for each (None:
    from the beginning), before `until`, and not read later than `upto`. Voids are left out.

    What happened at t was not received before t − 5 min, so older partitions are not opened.
    """
    if not starts:
        return []
    known = [start for start in starts.values() if start is not None]
    oldest = min(known) - timedelta(minutes=6) if len(known) == len(starts) else None
    conditions = ["effective_at >= COALESCE(asked.since, '-infinity')"]
    values: list[Any] = []
    for condition, value in (
        ("received_at >= %s", oldest),
        ("effective_at < %s", until),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    if upto is not None:
        conditions.append("(xid, id) <= (%s::xid8, %s)")
        values += [str(upto.xid), upto.id]
    asked = (
        "FROM unnest(%s::uuid[], %s::timestamptz[]) AS asked(subject_id, since)"
        " JOIN {table} USING (subject_id) WHERE " + " AND ".join(conditions)
    )
    given = [list(starts), list(starts.values()), *values]
    with bulk.binary_cursor() as cursor:
        cursor.execute(
            f"SELECT {_POSITION} {asked.format(table='carriers_position')} UNION ALL"
            f" SELECT {_EVENT} {asked.format(table='carriers_event')}"
            " AND voids_event_id IS NULL",
            [*given, *given],
            binary=True,
        )
        return [_event(row) for row in cursor.fetchall()]


class Stretch(NamedTuple):
    """A time of a subject to be read, and whose question it is."""

    key: UUID
    city_id: UUID
    subject_id: UUID
    start: datetime
    end: datetime


def around(asked: Sequence[Stretch], *, most: int) -> dict[UUID, list[LogEvent]]:
    """Return the live events of each stretch `[start, end)`, in the order of meaning, by its key:
    at most the first `most` of positions and of other events. One query for the events, one for
    what is void."""
    if not asked:
        return {}
    parts = " UNION ALL ".join(
        "SELECT asked.key, found.* FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[],"
        " %s::timestamptz[], %s::timestamptz[]) AS asked(key, city_id, subject_id, since, til)"
        f" CROSS JOIN LATERAL (SELECT {_COLUMNS[table]} FROM {table} one"
        " WHERE one.subject_id = asked.subject_id AND one.city_id = asked.city_id"
        " AND one.effective_at >= asked.since AND one.effective_at < asked.til"
        # What happened at t was not received before t − 5 min.
        f" AND one.received_at >= %s{more} ORDER BY one.effective_at, one.event_id LIMIT %s) found"
        for table, more in (
            ("carriers_position", ""),
            ("carriers_event", " AND one.voids_event_id IS NULL"),
        )
    )
    oldest = min(one.start for one in asked) - timedelta(minutes=6)
    given = [*(list(column) for column in zip(*asked, strict=True)), oldest, most]
    found: dict[UUID, list[LogEvent]] = {one.key: [] for one in asked}
    with bulk.binary_cursor() as cursor:
        cursor.execute(parts, [*given, *given], binary=True)
        for key, *row in cursor.fetchall():
            found[key].append(_event(tuple(row)))
    voided = voided_among([row for rows in found.values() for row in rows])
    return {key: live(rows, voided) for key, rows in found.items()}


Box = Sequence[float]
"""West, south, east, north in degrees."""


def drove_within(
    subjects: Sequence[UUID], boxes: Sequence[Box], *, since: datetime, until: datetime | None
) -> list[UUID]:
    """Return the vehicles that were in one of the boxes in a period, or between two of whose
    positions in a row one of them lies; in the order given."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH driven AS (SELECT subject_id, lng, lat, effective_at,"
            "  lag(lng) OVER way AS from_lng, lag(lat) OVER way AS from_lat"
            "  FROM carriers_position WHERE subject_id = ANY(%(subjects)s)"
            "  AND effective_at >= %(before)s AND received_at >= %(received)s"
            "  AND effective_at < COALESCE(%(until)s::timestamptz, 'infinity')"
            "  WINDOW way AS (PARTITION BY subject_id ORDER BY effective_at))"
            " SELECT DISTINCT subject_id FROM driven"
            " JOIN unnest(%(west)s::float[], %(south)s::float[], %(east)s::float[],"
            "  %(north)s::float[]) AS box(west, south, east, north)"
            " ON GREATEST(lng, from_lng) >= west AND LEAST(lng, from_lng) <= east"
            " AND GREATEST(lat, from_lat) >= south AND LEAST(lat, from_lat) <= north"
            " WHERE effective_at >= %(since)s",
            {
                "subjects": list(subjects),
                "before": since - timedelta(days=1),
                "received": since - timedelta(days=1, minutes=6),
                "since": since,
                "until": until,
                **dict(
                    zip(
                        ("west", "south", "east", "north"),
                        map(list, zip(*boxes, strict=True)),
                        strict=True,
                    )
                ),
            },
        )
        found = {subject for (subject,) in cursor.fetchall()}
    return [subject for subject in subjects if subject in found]


Keys = set[tuple[UUID, UUID]]
"""Events by sender and the sender's id."""

SKIPPED = "event.skipped"
"""The type of a void that an official wrote for an event that could not be taken. No sender can
write one: the schema does not know the type."""


def voided_among(rows: Sequence[LogEvent]) -> Keys:
    """Return (sender, event id) of those rows that an accepted void names."""
    return void_now_and_then(rows)[0]


def void_now_and_then(rows: Sequence[LogEvent], upto: Cursor | None = None) -> tuple[Keys, Keys]:
    """Return the rows that are void, and those of them whose void lies up to the cursor.

    What is folded goes by the first: a void counts from the moment it is there, also for who has
    not read up to it, else nobody would get past an event that cannot be folded. What is added up
    once, and taken back when the void is read, goes by the second.
    """
    read = "true" if upto is None else "(xid, id) <= (%s::xid8, %s)"
    place = [] if upto is None else [str(upto.xid), upto.id]
    found = _voids(f"sender_id, voids_event_id, {read}", place, [row.event_id for row in rows])
    now = {(sender, event) for sender, event, _ in found}
    return now, {(sender, event) for sender, event, was_read in found if was_read}


def first_voids(event_ids: Sequence[UUID]) -> dict[tuple[UUID, UUID], Cursor]:
    """Return by sender and event where the first void of each event stands in the stream."""
    found: dict[tuple[UUID, UUID], Cursor] = {}
    for sender, event, xid, row_id in _voids(
        "sender_id, voids_event_id, xid::text::bigint, id", [], event_ids
    ):
        place = Cursor(xid, row_id)
        found[sender, event] = min(place, found.get((sender, event), place))
    return found


def _voids(columns: str, values: list[Any], event_ids: Sequence[UUID]) -> list[tuple[Any, ...]]:
    if not event_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM carriers_event WHERE voids_event_id = ANY(%s::uuid[])",
            [*values, bulk.uuids(event_ids)],
        )
        return list(cursor.fetchall())


def live(rows: Sequence[LogEvent], voided: set[tuple[UUID, UUID]]) -> list[LogEvent]:
    """Return the rows that no void names, in the order of meaning."""
    return sorted(unvoided(rows, voided), key=lambda row: row.meaning)


def unvoided(rows: Sequence[LogEvent], voided: set[tuple[UUID, UUID]]) -> Sequence[LogEvent]:
    """Return the rows that no void names, in the order given."""
    if not voided:
        return rows
    return [row for row in rows if (row.sender_id, row.event_id) not in voided]


def _event(row: tuple[Any, ...]) -> LogEvent:
    event = LogEvent(*row)
    event.payload = msgspec.json.decode(row[19]) if row[19] else {}
    return event
