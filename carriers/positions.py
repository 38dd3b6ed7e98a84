"""Plain positions on their way to the log, by columns. Pure.

What is said here in columns, `carriers.rules` says of one event; both make the same rows.
"""

from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256

import numpy as np
from msgspec import UNSET

from carriers import plain, rules
from carriers.plain import More, Plain
from carriers.rules import Ages, Named, Names, Statement
from kernel.instants import Micros
from kernel.wire import EPOCH, MICRO

_RECORD = np.dtype([("vehicle", "V16"), ("at", ">i8"), ("fix", ">f8", 5)])
_CLASSES = ("", "backfill", "late", "on_time")


class Positions:
    """Plain positions of one sender and one class of lateness: a column of each member.

    `indexes` are their places in the batch, `ids` the event ids, `packed_ids` 16 bytes of each,
    `named` and `vehicles` the vehicles, each once and of each row. `instants` and `effective` are
    microseconds since 2000. `more` is empty, or of each row what it says besides, its trip by our
    id. `records` have 64 bytes of each row.
    """

    def __init__(
        self,
        said: Plain,
        effective: Micros,
        lateness: str,
        names: Names,
        ages: Ages,
    ) -> None:
        by_name = {text: names.of("vehicle", text) for text in said.vehicle_names}
        self.indexes = said.places
        self.sender = names.sender
        self.lateness = lateness
        self.ids = said.lower_ids
        self.packed_ids = said.packed_ids
        self.named = list(by_name.values())
        self.vehicles = list(map(by_name.__getitem__, said.vehicles))
        self.instants = said.instants
        self.effective = effective
        self.fixes = np.frombuffer(said.fixes).reshape(-1, 5)
        rows = np.empty(len(said), _RECORD)
        rows["vehicle"] = np.frombuffer(b"".join([one.id.bytes for one in self.vehicles]), "V16")
        rows["at"], rows["fix"] = said.instants, self.fixes
        self.records = rows.tobytes()
        by_trip = {text: names.of("trip", text) for text in said.trip_names}
        self.trips = {one.text: one for one in by_trip.values()}
        self.more = [_resolved(one, by_trip) for one in said.more]
        self._said, self._names, self._ages = said, names, ages

    def __len__(self) -> int:
        return len(self.indexes)

    @cached_property
    def contents(self) -> list[bytes]:
        """Return what the content hash of each is made of: its record, and in canonical form what
        it says besides."""
        records, size = self.records, _RECORD.itemsize
        found = [records[start : start + size] for start in range(0, len(records), size)]
        if not self.more:
            return found
        lines = iter(plain.encoded([one for one in self.more if one is not None]))
        return [
            record if more is None else record + next(lines)
            for record, more in zip(found, self.more, strict=True)
        ]

    @cached_property
    def rows(self) -> dict[str, int]:
        """Return the row of each event id."""
        return {event_id: row for row, event_id in enumerate(self.ids)}

    def content_hash(self, row: int) -> bytes:
        """Return the content hash of a row (`rules.seal`)."""
        return sha256(self.contents[row]).digest()

    def key(self, row: int) -> bytes:
        """Return the identity of a row: 16 bytes of the sender, 16 of the event id."""
        return self._names.key + self.packed_ids[row * 16 : (row + 1) * 16]

    def statement(self, row: int) -> Statement:
        """Return a row as what it would be by itself, sealed."""
        made = rules.prepare(self.indexes[row], self._said.event(row), self._names, self._ages)
        assert isinstance(made, Statement)  # what is too late has no place among columns
        made.content_hash = self.content_hash(row)
        return made

    def statements(self) -> list[Statement]:
        """Return every row as a statement."""
        return [self.statement(row) for row in range(len(self))]


def _resolved(more: More | None, trips: Mapping[str, Named]) -> More | None:
    if more is None or more.trip_id is UNSET:
        return more
    return More(more.schema_version, more.clock, trips[more.trip_id].text)


def _effective(said: Plain) -> Micros:
    """Return when each happened, by a clock that is put right where it is known to be wrong."""
    if not said.more:
        return said.instants
    skews = [0 if one is None else rules.skew_us(one.clock) for one in said.more]
    return said.instants - np.array(skews, np.int64)


def columns(said: Plain, names: Names, ages: Ages) -> tuple[list[Positions], list[int]]:
    """Return plain positions of one sender on their way, and the indexes of those that have to be
    looked at one by one: too old, or ahead of the time."""
    at = _effective(said)
    since = (ages.backfill_since, ages.late_since, ages.on_time_since)
    bounds = np.array([(bound - EPOCH) // MICRO for bound in since], np.int64)
    classes = np.searchsorted(bounds, at, side="right")
    classes[at > (ages.ahead_after - EPOCH) // MICRO] = 0
    made: list[Positions] = []
    left: list[int] = []
    found = np.unique(classes).tolist()
    for number in found:
        part, effective = said, at
        if len(found) > 1:
            rows = np.flatnonzero(classes == number)
            part, effective = said.only(rows.tolist()), at[rows]
        if number:
            made.append(Positions(part, effective, _CLASSES[number], names, ages))
        else:
            left += part.places
    return made, left
